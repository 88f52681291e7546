"""What was put off is told anew on its day, if the reason still holds."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from django.db import transaction
from django.db.models import BigIntegerField, Exists, Max, OuterRef, Q, Value
from django.db.models.functions import Cast

from initiatives.models import DUTIES, Nudge, OptOut, Snooze
from initiatives.nudges.calendar import LOOK_BACK
from initiatives.nudges.configuration import configured
from initiatives.nudges.recipients import next_level
from initiatives.nudges.rules import RULE, Rule
from initiatives.nudges.writing import STALE
from kommun.models import Absence

BATCH: Final = 1000
SOON_STALE: Final = STALE / 2  # what has waited so long in vain may not be told in time, so it is written anew


def end_snoozes(*, now: dt.datetime, today: dt.date) -> int:
    """Ends those whose day has come, and writes a nudge for each reason that still holds. How many were written.

    Somebody who is away has peace until they are back; what others wait for goes on to the one who stands in. What has
    not been told at all yet needs no second row.
    """
    written = 0
    while (again := _end_some(now, today)) is not None:
        written += again
    return written


@transaction.atomic
def _end_some(now: dt.datetime, today: dt.date) -> int | None:
    """Of one batch; None when there is none left."""
    same = {"employee": OuterRef("employee")}
    here = ~Q(Exists(Absence.objects.on(today).filter(**same)))
    come = Snooze.objects.filter(Q(rule__in=DUTIES) | here, rule__in=list(RULE), ended_at=None, until_on__lte=today)
    declined = Exists(OptOut.objects.filter(rule=OuterRef("rule"), **same))
    snoozes = list(come.annotate(is_declined=declined).select_for_update(skip_locked=True)[:BATCH])
    if not snoozes:
        return None
    wanted = [snooze for snooze in snoozes if not snooze.is_declined]
    again = [nudge for name, rows in _by_rule(wanted).items() for nudge in _again(RULE[name], rows, now, today)]
    Snooze.objects.filter(pk__in=[snooze.pk for snooze in snoozes]).update(ended_at=now)
    return len(Nudge.objects.bulk_create(again, ignore_conflicts=True))


def _by_rule(snoozes: Sequence[Snooze]) -> dict[str, list[Snooze]]:
    found: dict[str, list[Snooze]] = defaultdict(list)
    for snooze in snoozes:
        found[snooze.rule].append(snooze)
    return found


def _again(rule: Rule, snoozes: Sequence[Snooze], now: dt.datetime, today: dt.date) -> list[Nudge]:
    """The next time of each reason, to the one who can act today. Five queries at most for all of a rule.

    A reason that counts from another moment by now is another reason, and comes when its own time has come.
    """
    reasons, told, set_as = _reasons(rule, snoozes, today), _latest(rule, snoozes, now), configured([rule])
    of_these = Nudge.objects.filter(rule=rule.name, initiative__in=[snooze.initiative_id for snooze in snoozes])
    people_told = set(of_these.order_by().values_list("initiative_id", "subject", "since_at", "level", "to"))
    nudges = []
    for snooze in snoozes:
        key = snooze.initiative_id, snooze.subject, snooze.since_at
        number, is_untold = told.get((*key, snooze.level), (-1, False))
        if key not in reasons or is_untold:
            continue
        step, unit, *people = reasons[key]
        to = people[snooze.level]
        was_told = to != snooze.employee_id and (*key, snooze.level, to) in people_told
        if to is not None and not was_told and set_as[rule.name].for_unit(unit).is_on:
            nudges.append(_nudge(snooze, to, step, number + 1, now, today))
    return nudges


def _reasons(rule: Rule, snoozes: Sequence[Snooze], today: dt.date) -> dict[tuple[Any, ...], Sequence[Any]]:
    """Those that hold today, by initiative, subject and since: the step, the unit, and whom they go to by level."""
    above: Any = next_level(today, by_cost=rule.climbs_by_cost) if rule.can_escalate else Value(None)
    due = rule.due(today, today - LOOK_BACK).filter(pk__in=[snooze.initiative_id for snooze in snoozes])
    rows = due.annotate(recipient=rule.to(today)).annotate(escalated=Cast(above, BigIntegerField()))
    columns = ("pk", "subject", "since", "step", "unit_id", "recipient", "escalated")
    return {row[:3]: row[3:] for row in rows.order_by().values_list(*columns)}


def _nudge(snooze: Snooze, to: int, step: int, number: int, now: dt.datetime, today: dt.date) -> Nudge:
    return Nudge(
        rule=snooze.rule,
        initiative_id=snooze.initiative_id,
        subject=snooze.subject,
        step=step,
        since_at=snooze.since_at,
        level=snooze.level,
        number=number,
        occasion=today,  # so that no time of it that came before is written beside it
        to_id=to,
        created_at=now,
    )


def _latest(rule: Rule, snoozes: Sequence[Snooze], now: dt.datetime) -> dict[tuple[object, ...], tuple[int, bool]]:
    """By initiative, subject, since and level: the number written last, and whether any waits to be told."""
    own = Nudge.objects.filter(
        rule=rule.name, initiative__in=[snooze.initiative_id for snooze in snoozes], is_held_out=False
    )
    rows = own.order_by().values_list("initiative_id", "subject", "since_at", "level")
    waiting = set(rows.filter(letter=None, created_at__gte=now - SOON_STALE))
    return {
        key: (number, key in waiting)
        for *columns, number in rows.annotate(number=Max("number"))
        if (key := tuple(columns))
    }
