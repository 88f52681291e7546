"""What the measures of the soil are reckoned from: counts, medians and sums by unit with all below it, and by period.

Every statement takes the units and the periods that are asked for at once, so their number is the same for one unit and
for all. An initiative belongs to the unit where it lies now, and a person to that of the main employment on the
period's last day. Drafts are never counted. It knows no definition of a measure, and nothing of what may be shown.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.conf import settings
from django.db import connection

from kommun.workdays import ONE_DAY, Workdays

LONGEST_WAIT: Final = 3  # years; an older question counts as if it had been sent then


@dataclass(frozen=True)
class Period:
    """From its first day to its last, both included."""

    first: dt.date
    last: dt.date


@dataclass(frozen=True)
class Asked:
    """Which units, by key, and which periods, none of them yet to come; they follow one another without a gap."""

    units: Sequence[int]
    periods: Sequence[Period]
    today: dt.date

    def named(self) -> dict[str, Any]:
        """As the statements name them. What is to come of the last period is not looked at."""
        return {
            "units": list(self.units),
            "firsts": [period.first for period in self.periods],
            "lasts": [min(period.last, self.today) for period in self.periods],
            "first": self.periods[0].first,
            "last": min(self.periods[-1].last, self.today),
            "today": self.today,
            "zone": settings.TIME_ZONE,
        }


Key = tuple[int, dt.date, str]  # a unit, the first day of a period, and what is counted


def counts(asked: Asked) -> dict[Key, int]:
    """How many of each `Fact`, drivers and employees too. Three statements."""
    return {key: number for sql in (_COUNTS, _EMPLOYEES, _DRIVERS) for key, number in _rows(sql, asked.named())}


def medians(asked: Asked) -> dict[Key, Decimal]:
    """Full working days to a decision, and days until an obstacle was removed. Two statements."""
    since = asked.periods[0].first.replace(day=1, month=1, year=asked.periods[0].first.year - LONGEST_WAIT)
    workdays = Workdays.load(since, asked.today)
    days = [since + ONE_DAY * number for number in range((asked.today - since).days + 1)]
    numbers, passed = [], 0
    for day in days:
        passed += workdays.is_working_day(day)
        numbers.append(passed)
    given = asked.named() | {"days": days, "numbers": numbers, "since": since}
    return {key: Decimal(str(days)) for key, days in _rows(_MEDIANS, given)}


def sums(asked: Asked) -> dict[Key, Decimal]:
    """Hours and kronor of confirmed effects in the months that are over. One statement."""
    return dict(_rows(_SUMS, asked.named()))


def _rows(sql: str, given: dict[str, Any]) -> list[tuple[Key, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return [((unit, first, fact), figure) for unit, first, fact, figure in cursor.fetchall()]


_PERIOD: Final = "period AS (SELECT * FROM unnest(%(firsts)s::date[], %(lasts)s::date[]) AS period(first, last))"
_ON_DAY: Final = "({moment} AT TIME ZONE %(zone)s)::date"
# The units that are asked for and all below them. What lies elsewhere is left out before it is counted.
_PLACE: Final = "place AS MATERIALIZED (SELECT id, path FROM kommun_unit WHERE path && %(units)s::bigint[])"
_ABOVE: Final = """
    JOIN place ON place.id = {rows}.unit_id
    CROSS JOIN LATERAL unnest(place.path) AS above(id) WHERE above.id = ANY(%(units)s)
"""


def _on_day(moment: str) -> str:
    return _ON_DAY.format(moment=moment)


def _in_time(moment: str) -> str:
    """Within what is asked for; as a range of moments, so that an index on them serves."""
    return (
        f"{moment} >= (%(first)s::timestamp AT TIME ZONE %(zone)s)"
        f" AND {moment} < ((%(last)s::date + 1)::timestamp AT TIME ZONE %(zone)s)"
    )


# The first step out of the draft, however often it was taken since.
_STARTED: Final = f"""
    SELECT step.initiative_id, step.at FROM initiatives_transition step
    WHERE step.verb IN ('submit', 'start') AND {_in_time("step.at")} AND NOT EXISTS (
        SELECT FROM initiatives_transition earlier
        WHERE earlier.initiative_id = step.initiative_id AND earlier.number < step.number
            AND earlier.verb IN ('submit', 'start')
    )
"""
_DECIDED: Final = f"""
    SELECT initiative.unit_id, step.at, step.verb, sent.at AS sent_at
    FROM initiatives_transition step
    JOIN initiatives_initiative initiative ON initiative.id = step.initiative_id AND initiative.state <> 'draft'
    LEFT JOIN initiatives_transition sent ON sent.initiative_id = step.initiative_id
        AND sent.number = step.number - 1 AND sent.to_state = 'proposed'
    WHERE step.verb IN ('approve', 'decline', 'silence') AND {_in_time("step.at")}
"""
_REMOVED: Final = f"""
    SELECT initiative.unit_id, obstacle.raised_at, obstacle.closed_at, obstacle.is_removed
    FROM initiatives_obstacle obstacle
    JOIN initiatives_initiative initiative ON initiative.id = obstacle.initiative_id
    WHERE {_in_time("obstacle.closed_at")}
"""
_FACTS: Final = f"""
    SELECT initiative.unit_id, {_on_day("started.at")} AS on_day, 'started' AS fact
    FROM ({_STARTED}) started
    JOIN initiatives_initiative initiative ON initiative.id = started.initiative_id AND initiative.state <> 'draft'
  UNION ALL
    SELECT origin.unit_id, {_on_day("started.at")}, 'taken_over'
    FROM ({_STARTED}) started
    JOIN initiatives_initiative initiative ON initiative.id = started.initiative_id AND initiative.state <> 'draft'
    JOIN initiatives_initiative origin ON origin.id = initiative.origin_id
  UNION ALL
    SELECT decided.unit_id, {_on_day("decided.at")}, told.fact FROM ({_DECIDED}) decided
    CROSS JOIN LATERAL (VALUES ('decided', true), ('silence', decided.verb = 'silence')) AS told(fact, holds)
    WHERE told.holds
  UNION ALL
    SELECT initiative.unit_id, {_on_day("initiative.concluded_at")}, told.fact
    FROM initiatives_initiative initiative
    LEFT JOIN initiatives_outcome outcome ON outcome.initiative_id = initiative.id AND outcome.is_primary
    CROSS JOIN LATERAL (VALUES
        ('ended', true), ('measured', outcome.grade >= 2), ('confirmed', initiative.ending = 'confirmed'),
        ('verified', initiative.ending = 'confirmed' AND outcome.verification = 'confirmed'),
        ('stopped', initiative.ending = 'stopped'), ('lessons', initiative.lesson <> '')
    ) AS told(fact, holds)
    WHERE initiative.state = 'concluded' AND {_in_time("initiative.concluded_at")} AND told.holds
  UNION ALL
    SELECT initiative.unit_id, hold.due_on, told.fact || '_' || hold.months
    FROM initiatives_holdcheck hold
    JOIN initiatives_outcome outcome ON outcome.id = hold.outcome_id
    JOIN initiatives_initiative initiative ON initiative.id = outcome.initiative_id
    CROSS JOIN LATERAL (VALUES ('checked', true), ('held', hold.result = 'held')) AS told(fact, holds)
    WHERE hold.result <> '' AND hold.due_on BETWEEN %(first)s AND %(last)s AND hold.months IN (6, 12) AND told.holds
  UNION ALL
    SELECT removed.unit_id, {_on_day("removed.closed_at")}, told.fact FROM ({_REMOVED}) removed
    CROSS JOIN LATERAL (VALUES ('answered', true), ('removed', removed.is_removed)) AS told(fact, holds)
    WHERE told.holds
  UNION ALL
    SELECT initiative.unit_id, promise.due_on, told.fact
    FROM initiatives_promise promise
    JOIN initiatives_initiative initiative ON initiative.id = promise.initiative_id
    CROSS JOIN LATERAL (VALUES ('promised', true), ('kept', promise.is_kept)) AS told(fact, holds)
    WHERE promise.due_on BETWEEN %(first)s AND %(last)s
        AND (promise.settled_at IS NOT NULL OR promise.due_on < %(today)s) AND told.holds
"""
# Added up unit by unit before they are added up the tree, so that few rows climb it.
_COUNTS: Final = f"""
    WITH {_PERIOD}, {_PLACE}, own AS (
        SELECT facts.unit_id, period.first, facts.fact, count(*) AS number
        FROM ({_FACTS}) facts JOIN place ON place.id = facts.unit_id
        JOIN period ON facts.on_day BETWEEN period.first AND period.last
        GROUP BY 1, 2, 3
    )
    SELECT above.id, own.first, own.fact, sum(own.number)::int FROM own {_ABOVE.format(rows="own")} GROUP BY 1, 2, 3
"""
# Who works there mainly on any of the days asked for, each until leaving the unit or the municipality.
_WORK: Final = """work AS MATERIALIZED (
        SELECT held.employee_id, held.unit_id, held.from_on, least(held.to_on, person.ended_on) AS to_on
        FROM kommun_employment held JOIN place ON place.id = held.unit_id
        JOIN kommun_employee person ON person.id = held.employee_id
        WHERE held.is_main AND held.from_on <= %(last)s
            AND coalesce(least(held.to_on, person.ended_on), 'infinity') >= %(first)s
    )"""
_AT_WORK: Final = "work.from_on <= period.last AND coalesce(work.to_on, 'infinity') >= period.last"
_EMPLOYEES: Final = f"""
    WITH {_PERIOD}, {_PLACE}, {_WORK}, own AS (
        SELECT work.unit_id, period.first, count(*) AS number FROM work JOIN period ON {_AT_WORK} GROUP BY 1, 2
    )
    SELECT above.id, own.first, 'employees', sum(own.number)::int FROM own {_ABOVE.format(rows="own")} GROUP BY 1, 2
"""
# Whoever drives it now, from when it left the draft until it ended, or was declined or taken back.
_DRIVEN: Final = f"""
    SELECT initiative.id, initiative.owner_id, {_on_day("begun.at")} AS from_on,
        CASE WHEN initiative.state IN ('concluded', 'declined', 'withdrawn')
            THEN {_on_day("initiative.state_since_at")} END AS to_on
    FROM initiatives_initiative initiative
    JOIN (
        SELECT initiative_id, min(at) AS at FROM initiatives_transition WHERE verb IN ('submit', 'start') GROUP BY 1
    ) begun ON begun.initiative_id = initiative.id
    WHERE initiative.state <> 'draft'
"""
_DRIVERS: Final = f"""
    WITH {_PERIOD}, {_PLACE}, {_WORK}, driven AS MATERIALIZED ({_DRIVEN}), driver AS (
        SELECT owner_id AS employee_id, from_on, to_on FROM driven
        UNION ALL
        SELECT beside.employee_id, driven.from_on, driven.to_on
        FROM initiatives_codriver beside JOIN driven ON driven.id = beside.initiative_id
    ),
    own AS (
        SELECT DISTINCT work.unit_id, period.first, work.employee_id
        FROM driver JOIN work ON work.employee_id = driver.employee_id JOIN period ON {_AT_WORK}
            AND driver.from_on <= period.last AND coalesce(driver.to_on, 'infinity') >= period.first
    )
    SELECT above.id, own.first, 'drivers', sum(own.number)::int
    FROM (SELECT unit_id, first, count(*) AS number FROM own GROUP BY 1, 2) own
    {_ABOVE.format(rows="own")} GROUP BY 1, 2
"""
_MEDIANS: Final = f"""
    WITH {_PERIOD}, {_PLACE},
    workday AS (SELECT * FROM unnest(%(days)s::date[], %(numbers)s::int[]) AS workday(on_day, number)),
    waited AS (
        SELECT decided.unit_id, {_on_day("decided.at")} AS on_day, 'decided' AS fact, till.number - since.number AS days
        FROM ({_DECIDED}) decided
        JOIN workday till ON till.on_day = {_on_day("decided.at")}
        JOIN workday since ON since.on_day = greatest({_on_day("decided.sent_at")}, %(since)s)
        WHERE decided.sent_at IS NOT NULL
      UNION ALL
        SELECT removed.unit_id, {_on_day("removed.closed_at")}, 'removed',
            {_on_day("removed.closed_at")} - {_on_day("removed.raised_at")}
        FROM ({_REMOVED}) removed WHERE removed.is_removed
    )
    SELECT above.id, period.first, waited.fact, percentile_cont(0.5) WITHIN GROUP (ORDER BY waited.days)
    FROM waited JOIN period ON waited.on_day BETWEEN period.first AND period.last
    {_ABOVE.format(rows="waited")} GROUP BY 1, 2, 3
"""
# A month counts when it is over, and what has faded not from the month in which it did.
_SUMS: Final = f"""
    WITH {_PERIOD}, {_PLACE}, own AS (
        SELECT rollup.unit_id, period.first, sum(rollup.hours_counted) AS hours, sum(rollup.money_counted) AS money
        FROM initiatives_rollup rollup JOIN place ON place.id = rollup.unit_id
        JOIN period ON rollup.month BETWEEN period.first AND period.last
        WHERE rollup.month < date_trunc('month', %(today)s::timestamp) AND rollup.state = 'concluded'
        GROUP BY 1, 2
    )
    SELECT above.id, own.first, told.fact, sum(told.amount) FROM own
    CROSS JOIN LATERAL (VALUES ('hours', own.hours), ('money', own.money)) AS told(fact, amount)
    {_ABOVE.format(rows="own")} GROUP BY 1, 2, 3
"""
