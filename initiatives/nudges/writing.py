"""Writing nudges: what is due by now and not yet told becomes a row, one INSERT … SELECT per rule.

The constraint `nudge_goes_out_once` decides what has been told; two clocks at once write each row once. Nothing here
loops over initiatives.
"""

import datetime as dt
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, F, Min, OuterRef, Q, Subquery

from initiatives.models import Initiative, Measurement, Nudge, Transition
from initiatives.nudges.rules import RULES, Rule
from kommun.workdays import Workdays

LOOK_BACK = dt.timedelta(days=3653)  # a date further back is a slip of the pen, not a reason to remind

ASK_FOR_A_VALUE = ("value_due", "hold_check_due")

INSERT = """
INSERT INTO initiatives_nudge (uuid, rule, initiative_id, step, occasion, to_id, created_at)
SELECT gen_random_uuid(), %s, due.initiative, due.step, calendar.occasion, due.recipient, %s
FROM ({due}) AS due (initiative, step, since, recipient)
JOIN unnest(%s::date[], %s::date[]) AS calendar (since, occasion) USING (since)
JOIN kommun_employee AS person ON person.id = due.recipient
    AND (person.ended_on IS NULL OR person.ended_on >= %s)
WHERE NOT EXISTS (
    SELECT FROM initiatives_nudge AS told
    WHERE (told.rule, told.initiative_id, told.step, told.occasion) = (%s, due.initiative, due.step, calendar.occasion)
)
ORDER BY due.initiative, calendar.occasion
ON CONFLICT ON CONSTRAINT nudge_goes_out_once DO NOTHING
"""


def write_nudges(*, now: dt.datetime, today: dt.date) -> int:
    """Writes everything that is due by `today` and not yet told. How many were written."""
    return sum(_write(rule, now, today) for rule in RULES)


def note_acts() -> None:
    """Notes on the nudges when the initiative moved on, or the value came; whoever did it."""
    step = Transition.objects.filter(initiative=OuterRef("initiative"), number=OuterRef("step") + 1)
    value = Measurement.objects.filter(
        outcome__initiative=OuterRef("initiative"), created_at__gte=OuterRef("created_at")
    ).order_by("created_at")
    unmet = Nudge.objects.filter(acted_at=None)
    unmet.filter(Exists(step)).update(acted_at=Subquery(step.values("at")))
    unmet.filter(Exists(value), rule__in=ASK_FOR_A_VALUE).update(acted_at=Subquery(value.values("created_at")[:1]))


def readdress(*, today: dt.date) -> int:
    """Turns what has not been told yet to the one who can act now: the deputy, or the new owner."""
    return sum(_readdress(rule, today) for rule in RULES)


def untold(today: dt.date) -> Q:
    """Of the nudges: in no letter yet, and the reason still holds. News holds whatever happened afterwards."""
    holds = Q(rule__in=[rule.name for rule in RULES if rule.is_news])
    for rule in RULES:
        if not rule.is_news:
            still = rule.due(today, today - LOOK_BACK).filter(pk=OuterRef("initiative"), step=OuterRef("step"))
            holds |= Q(Exists(still), rule=rule.name)
    return Q(letter=None) & holds


def _write(rule: Rule, now: dt.datetime, today: dt.date) -> int:
    earliest = today - (rule.forgotten_after or LOOK_BACK)
    due = rule.due(today, earliest).annotate(recipient=rule.to(today)).filter(since__lte=today)
    first = due.aggregate(first=Min("since"))["first"]
    if first is None:
        return 0
    sinces, occasions = _calendar(rule, first, today)
    due_sql, due_params = due.order_by().values_list("pk", "step", "since", "recipient").query.sql_with_params()
    params: list[Any] = [rule.name, now, *due_params, sinces, occasions, today, rule.name]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(INSERT.format(due=due_sql), params)
        return int(cursor.rowcount)


def _calendar(rule: Rule, first: dt.date, today: dt.date) -> tuple[list[dt.date], list[dt.date]]:
    """For each day since which something may be due: the occasion that has come by now. Two lists of equal length."""
    workdays = Workdays.load(first, today)
    days = (first + dt.timedelta(days=number) for number in range((today - first).days + 1))
    pairs = [(day, occasion) for day in days if (occasion := rule.occasion(day, today, workdays))]
    return [day for day, _ in pairs], [occasion for _, occasion in pairs]


def _readdress(rule: Rule, today: dt.date) -> int:
    recipient = Initiative.objects.filter(pk=OuterRef("initiative")).values(recipient=rule.to(today))
    waiting = Nudge.objects.filter(letter=None, rule=rule.name).annotate(recipient=Subquery(recipient))
    return waiting.filter(recipient__isnull=False).exclude(to=F("recipient")).update(to=F("recipient"))
