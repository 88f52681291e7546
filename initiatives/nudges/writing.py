"""Writing nudges: what is due by now and not yet told becomes a row, one INSERT … SELECT per rule.

The constraint `nudge_goes_out_once` decides what has been told; two clocks at once write each row once. Nothing here
loops over initiatives.
"""

import datetime as dt
import functools
from collections.abc import Iterable, Sequence
from typing import Any, Final

from django.db import connection
from django.db.models import BigIntegerField, Case, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Cast, TruncDate
from django.db.models.sql import Query
from django.utils import timezone

from initiatives.models import DUTIES, Nudge
from initiatives.nudges import draw
from initiatives.nudges.calendar import LOOK_BACK, Occasion, earliest, occasions
from initiatives.nudges.configuration import Configured, configured
from initiatives.nudges.policy import policy
from initiatives.nudges.recipients import next_level
from initiatives.nudges.rules import RULE, RULES, Rule
from kommun.models import Employee
from kommun.workdays import Workdays

STALE: Final = dt.timedelta(days=90)  # what could not be told for so long is told no more
NEWS: Final = tuple(rule.name for rule in RULES if rule.is_news)
WAITS: Final = Q(acted_at=None) | Q(rule__in=NEWS)  # what has been done is not asked for any more
WATCHED: Final = dt.timedelta(days=30)  # for so long it is seen whether a nudge was acted on
OF_REASON: Final = ("initiative", "rule", "subject", "since_at", "level")
OF_OCCASION: Final = ("first", "last", "level", "number", "on", "days")
COLUMNS: Final = ("pk", "uuid", "subject", "step", "since", "since_on", "unit_id", "owner_id", "recipient", "escalated")

# The reasons are found first, with whom each goes to: asked anew for every pair of rows, that would take minutes.
INSERT: Final = f"""
WITH due (initiative, uuid, subject, step, since, since_on, unit, owner, recipient, escalated) AS MATERIALIZED ({{due}})
INSERT INTO initiatives_nudge
    (uuid, rule, initiative_id, subject, step, since_at, level, number, occasion, to_id, created_at, is_held_out)
SELECT gen_random_uuid(), %s, due.initiative, due.subject, due.step, due.since,
    calendar.level, calendar.number, coalesce(calendar.on_day, due.since_on + calendar.days), person.id, %s,
    calendar.share > 0 AND person.id = due.owner
        AND {draw.SQL.format(initiative="due.uuid", step="due.step")} < calendar.share * {draw.SCALE}
FROM due
LEFT JOIN unnest(%s::bigint[], %s::int[]) AS own (unit, variant) ON own.unit = due.unit
JOIN unnest(%s::int[], %s::date[], %s::date[], %s::int[], %s::int[], %s::date[], %s::int[], %s::numeric[])
    AS calendar (variant, first, last, level, number, on_day, days, share)
    ON due.since_on BETWEEN calendar.first AND calendar.last AND calendar.variant = coalesce(own.variant, 0)
JOIN kommun_employee AS person
    ON person.id = CASE calendar.level WHEN 0 THEN due.recipient ELSE due.escalated END
    AND (person.ended_on IS NULL OR person.ended_on >= %s)
WHERE NOT EXISTS (
    SELECT FROM initiatives_nudge AS told
    WHERE (told.initiative_id, told.rule, told.subject, told.since_at, told.level)
        = (due.initiative, %s, due.subject, due.since, calendar.level)
        AND (told.number >= calendar.number OR told.occasion >= coalesce(calendar.on_day, due.since_on + calendar.days))
) AND NOT EXISTS (
    SELECT FROM initiatives_optout AS declined WHERE (declined.employee_id, declined.rule) = (person.id, %s)
) AND NOT EXISTS (
    SELECT FROM initiatives_snooze AS later
    WHERE (later.employee_id, later.rule, later.initiative_id, later.subject)
        = (person.id, %s, due.initiative, due.subject) AND later.ended_at IS NULL
){{also}}
ON CONFLICT ON CONSTRAINT nudge_goes_out_once DO NOTHING
"""
WHO_IS_HERE: Final = """ AND NOT EXISTS (
    SELECT FROM kommun_absence AS away WHERE away.employee_id = person.id
        AND away.from_on <= %s AND (away.to_on IS NULL OR away.to_on >= %s)
)"""


def write_nudges(*, now: dt.datetime, today: dt.date) -> int:
    """Writes everything that is due by `today` and not yet told. How many were written. One statement per rule."""
    workdays = Workdays.load(today - LOOK_BACK, today)
    set_as, municipal = configured(RULES), policy()
    written = 0
    for rule in RULES:
        listed = _calendar(rule, set_as[rule.name], today, workdays)
        if listed:
            key = municipal.key if municipal.hold_out_is_on else None
            written += _write(rule, set_as[rule.name], listed, key, now, today)
    return written


def note_acts(*, now: dt.datetime) -> None:
    """Notes on the nudges of the last weeks when what they ask for was done; whoever did it. One statement per act."""
    unmet = Nudge.objects.filter(acted_at=None, created_at__gte=now - WATCHED)
    asked = set(unmet.order_by().values_list("rule", flat=True).distinct())
    for act in {rule.acted: None for rule in RULES if not rule.is_news and rule.name in asked}:
        names = [rule.name for rule in RULES if rule.acted is act and not rule.is_news]
        done = Nudge.objects.filter(pk=OuterRef("pk")).annotate(done_at=act()).values("done_at")
        unmet.filter(rule__in=names).annotate(done_at=act()).exclude(done_at=None).update(acted_at=Subquery(done))


def readdress(*, now: dt.datetime, today: dt.date) -> int:
    """Turns what has not been told yet to the one who can act now: the deputy, or the new owner."""
    waiting = Nudge.objects.filter(WAITS, letter=None, is_held_out=False, created_at__gte=now - STALE)
    there = list(waiting.order_by().values_list("rule", "level").distinct())
    return sum(_readdress(waiting, RULE[name], level, today) for name, level in there if name in RULE)


def tell_successors(*, now: dt.datetime, today: dt.date) -> int:
    """What others wait for, and what was told to somebody who is no longer the one to act, is told to the one who is.

    As its next time, and once to each: who is back from a day away has been told already. How many were written.
    """
    told = Nudge.objects.filter(rule__in=DUTIES, letter__isnull=False, acted_at=None, created_at__gte=now - STALE)
    there = list(told.order_by().values_list("rule", "level").distinct())
    set_as = configured(RULE[name] for name, _ in there)
    return sum(_tell_successors(told, RULE[name], level, set_as[name], now, today) for name, level in there)


def still_holds(today: dt.date, rules: Iterable[str] = tuple(RULE)) -> Q:
    """Of the nudges of `rules`: whether what it says is still so. News holds whatever happened afterwards."""
    holds = Q(rule__in=NEWS)
    for name in rules:
        if name in RULE and name not in NEWS:
            holds |= Q(Exists(_reasons(RULE[name], today)), rule=name)
    return holds


def untold(people: Sequence[Employee], now: dt.datetime, today: dt.date) -> QuerySet[Nudge]:
    """To them, in no letter yet, not done, and the reason still holds.

    One query at once, so that only the rules which there are have their reasons looked for.
    """
    waiting = Nudge.objects.filter(WAITS, to__in=people, letter=None, is_held_out=False, created_at__gte=now - STALE)
    there = list(waiting.order_by().values_list("rule", flat=True).distinct())
    return waiting.filter(still_holds(today, there))


def _calendar(rule: Rule, set_as: Configured, today: dt.date, workdays: Workdays) -> list[tuple[int, Occasion]]:
    """For each variant of the figures, what has come of the reasons of each day."""
    counted = workdays if rule.counts_workdays else None
    return [
        (number, occasion)
        for number, figures in enumerate(set_as.variants)
        for occasion in occasions(figures, earliest(rule, today), today, counted)
    ]


def _write(
    rule: Rule,
    set_as: Configured,
    listed: Sequence[tuple[int, Occasion]],
    key: str | None,
    now: dt.datetime,
    today: dt.date,
) -> int:
    zone = timezone.get_current_timezone_name()
    due_sql, due_params = _due(rule, max((each.last for _, each in listed if each.level), default=None), today, zone)
    shares = [set_as.variants[variant].holdout_share if key else 0 for variant, _ in listed]
    also, present = (WHO_IS_HERE, [today, today]) if rule.spares_the_absent else ("", [])
    secret = bytes.fromhex(key or "")
    params: list[Any] = [
        *due_params,
        rule.name.value,
        now,
        *(secret, secret, rule.name.value),
        *(list(set_as.of_unit), list(set_as.of_unit.values())),
        [variant for variant, _ in listed],
        *([getattr(occasion, name) for _, occasion in listed] for name in OF_OCCASION),
        shares,
        today,
        *[rule.name.value] * 3,
        *present,
    ]
    with connection.cursor() as cursor:
        cursor.execute(INSERT.format(due=due_sql, also=also), params)
        return int(cursor.rowcount)


@functools.lru_cache(maxsize=2 * len(RULES))
def _due(rule: Rule, climbed: dt.date | None, today: dt.date, _zone: str) -> tuple[str, tuple[Any, ...]]:
    """The reasons with whom they go to. Who is next above is asked only where it has come so far, by `climbed`.

    Kept for the day: putting the statements together costs more than running them where nothing is due.
    """
    found = rule.due(today, earliest(rule, today)).annotate(since_on=TruncDate("since"), recipient=rule.to(today))
    above: Any = Cast(Value(None), BigIntegerField())
    if climbed:
        asked = next_level(today, by_cost=rule.climbs_by_cost)
        above = Case(When(since_on__lte=climbed, then=asked), default=None, output_field=BigIntegerField())
    query: Query = found.annotate(escalated=above).order_by().values_list(*COLUMNS).query
    return query.sql_with_params()


def _reasons(rule: Rule, today: dt.date) -> Any:
    """Those of the rule that a row of a nudge is about; its columns are OuterRefs."""
    found = rule.due(today, today - LOOK_BACK)
    return found.filter(pk=OuterRef("initiative"), subject=OuterRef("subject"), since=OuterRef("since_at"))


def _tell_successors(
    told: QuerySet[Nudge], rule: Rule, level: int, set_as: Configured, now: dt.datetime, today: dt.date
) -> int:
    of_it = Nudge.objects.filter(**{name: OuterRef(name) for name in OF_REASON})
    moved = (
        told.filter(~Exists(of_it.filter(number__gt=OuterRef("number"))), rule=rule.name, level=level)
        .annotate(recipient=_recipient(rule, level, today), unit=F("initiative__unit_id"))
        .filter(~Exists(of_it.filter(to=OuterRef("recipient"))), recipient__isnull=False)
    )
    again = [_next_time(nudge, now, today) for nudge in moved if set_as.for_unit(nudge.unit).speaks_at(level)]
    return len(Nudge.objects.bulk_create(again, ignore_conflicts=True))


def _next_time(nudge: Any, now: dt.datetime, today: dt.date) -> Nudge:
    """To the `recipient` of the row."""
    same = {name: getattr(nudge, name) for name in ("rule", "initiative_id", "subject", "step", "since_at", "level")}
    return Nudge(**same, number=nudge.number + 1, occasion=today, to_id=nudge.recipient, created_at=now)


def _recipient(rule: Rule, level: int, today: dt.date) -> Subquery:
    """Of the nudges of the rule: who can act on it today."""
    reasons = _reasons(rule, today).annotate(recipient=rule.to(today))
    to = next_level(today, by_cost=rule.climbs_by_cost) if level else F("recipient")
    return Subquery(reasons.values(to=to)[:1], output_field=BigIntegerField())


def _readdress(waiting: QuerySet[Nudge], rule: Rule, level: int, today: dt.date) -> int:
    recipient = _recipient(rule, level, today)
    turned = waiting.filter(rule=rule.name, level=level).annotate(recipient=recipient).filter(recipient__isnull=False)
    return turned.exclude(to=F("recipient")).update(to=F("recipient"))
