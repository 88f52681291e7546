"""The outcome metrics: how many initiatives, where they stand, what they measured, by whatever the roll-up tells apart.

Counts come from the roll-up; what does not add up, a latest value and a median, is read from the outcomes of the groups
that are shown. One statement of SQL, over what every reader sees. It knows no request and no JSON.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import TextChoices

from initiatives.evidence import FEWEST_PEOPLE
from initiatives.models import Rollup
from initiatives.workflow import PRIVATE_STATES, QUIET_STATES, Ending, State
from kommun.models import Unit

FEWEST_EMPLOYEES: Final = FEWEST_PEOPLE  # a group in a smaller part of the organisation is withheld
GRADES: Final = range(6)


class Dimension(TextChoices):
    UNIT = "unit"
    PERIOD = "period"
    INDICATOR = "indicator"
    KIND = "kind"
    ENDING = "ending"
    GRADE = "evidenceGrade"


class PeriodLength(TextChoices):
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@dataclass(frozen=True)
class Question:
    """What is asked for. `part` is the unit that everything lies within; None is the whole municipality."""

    by: frozenset[Dimension] = frozenset()
    period: PeriodLength = PeriodLength.MONTH
    part: Unit | None = None
    indicator: UUID | None = None
    least_grade: int = 0


@dataclass(frozen=True)
class Group:
    """The figures of one group. When `is_withheld` only what tells the group is given, and every figure is None.

    An ending is that of the outcome that decided it, and counts for no other's indicator. An initiative belongs to the
    period in which it was submitted, a value to that of its date, and a shift to that of its outcome's latest value.
    `latest_value` and `shift` exist only where all values are of one indicator.
    """

    unit_code: str | None
    unit_name: str | None
    period_start: dt.date | None
    period_end: dt.date | None
    indicator: UUID | None
    indicator_name: str | None
    unit_of_measure: str | None
    kind: str | None
    ending: str | None  # empty for what has not ended, and for outcomes that did not decide
    grade: int | None
    is_withheld: bool
    initiatives: int | None
    states: Sequence[int] | None  # in the order of State
    endings: Sequence[int] | None  # in the order of Ending
    not_measured: int | None  # of those not proven: a verdict was never possible, and the reason why was accepted
    grades: Sequence[int] | None  # 0 to 5
    values: int | None
    latest_value: Decimal | None
    latest_on: dt.date | None
    shift: Decimal | None  # the median of the outcomes' shifts
    shifts: int | None  # how many outcomes it is the median of


def metrics(question: Question, *, today: dt.date, limit: int, offset: int) -> tuple[int, list[Group]]:
    """How many groups there are, and those from `offset`, in the order of what they are grouped by. One statement."""
    rows = Rollup.objects.open_to_all().within(question.part).filter(grade__gte=question.least_grade)
    if question.indicator is not None:
        rows = rows.filter(indicator__uuid=question.indicator)
    cells, parameters = rows.values(*_CELLS).query.sql_with_params()
    given: dict[str, Any] = {
        "today": today,
        "limit": limit,
        "offset": offset,
        "part": question.part and question.part.pk,
        "least_grade": question.least_grade,
        "fewest": FEWEST_EMPLOYEES,
        "unseen": [*(PRIVATE_STATES | QUIET_STATES)],
        "zone": settings.TIME_ZONE,
    }
    sql = _SQL.format(cells=_named(cells, parameters, given), **_columns(question), **_places(question))
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        found = cursor.fetchall()
    return found[0][0], [_group(row[1:]) for row in found if row[1] is not None]


def _named(sql: str, parameters: Sequence[Any], given: dict[str, Any]) -> str:
    """Django's positional parameters get names, and are put into `given`, since a statement has one kind only."""
    names = [f"cell_{number}" for number in range(len(parameters))]
    given |= dict(zip(names, parameters, strict=True))
    return sql % tuple(f"%({name})s" for name in names)


def _group(row: tuple[Any, ...]) -> Group:
    people, *columns = row
    told, figures = columns[:_TOLD], columns[_TOLD:]
    is_withheld = people < FEWEST_EMPLOYEES
    return Group(*told, is_withheld, *([None] * len(figures) if is_withheld else figures))  # type: ignore[call-arg]


def _columns(question: Question) -> dict[str, str]:
    """What the cells are grouped by, and what is counted. A dimension that is not asked for is the same for all."""
    by_period, by_unit = Dimension.PERIOD in question.by, Dimension.UNIT in question.by
    by_indicator = Dimension.INDICATOR in question.by
    period_end = f"(groups.period_on + interval '{_MONTHS[question.period]} months - 1 day')::date"
    return {
        "unit_id": "cell.unit_id" if by_unit else "0::bigint",
        "period_on": f"date_trunc('{question.period}', cell.month::timestamp)::date"
        if by_period
        else "'0001-01-01'::date",
        "indicator_id": "cells.indicator_id" if by_indicator else "0::bigint",
        "kind": "cell.kind" if Dimension.KIND in question.by else "NULL::text",
        "by_ending": "cells.ending" if Dimension.ENDING in question.by else "NULL::text",
        "by_grade": "cells.grade" if Dimension.GRADE in question.by else "NULL::int",
        "period_start": "groups.period_on" if by_period else "NULL::date",
        "period_end": period_end if by_period else "NULL::date",
        "counted": "outcomes" if by_indicator or question.indicator else "initiatives",
        "states": _counts("cells.state", State.values),
        "endings": _counts("cells.ending", Ending.values, of="ended"),
        "grades": _counts("cells.grade", GRADES),
    }


def _places(question: Question) -> dict[str, str]:
    """Where a group's outcomes lie, and among whose employees it is too small to be shown."""
    if Dimension.UNIT in question.by:
        return {"of_group": "initiative.unit_id = page.unit_id", "in_place": "place.path @> array[page.unit_id]"}
    if question.part is None:
        return {"of_group": "true", "in_place": "true"}
    within = "{}.path @> array[%(part)s::bigint]"
    return {"of_group": within.format("unit"), "in_place": within.format("place")}


def _counts(column: str, values: Sequence[Any], *, of: str = "counted") -> str:
    """An array of how many have each of `values`, which come from this code and never from a caller."""
    each = (f"coalesce(sum({of}) FILTER (WHERE {column} = {value!r}), 0)::int" for value in values)
    return f"array[{', '.join(each)}]"


_TOLD: Final = 10  # columns that tell the group; the figures follow
_CELLS: Final = (
    "unit_id", "month", "indicator_id", "is_primary", "kind", "state", "ending", "grade",
    "initiatives", "outcomes", "measurements", "shifts",
)  # fmt: skip
_MONTHS: Final = {PeriodLength.MONTH: 1, PeriodLength.QUARTER: 3, PeriodLength.YEAR: 12}
_SQL: Final = """
WITH cells AS (
    SELECT {unit_id} AS unit_id, {period_on} AS period_on, cell.indicator_id, cell.state,
        CASE WHEN cell.is_primary THEN cell.ending ELSE '' END AS ending, cell.grade, {kind} AS kind,
        sum(cell.{counted}) AS counted, sum(cell.initiatives) AS ended,
        sum(cell.measurements) AS figures, sum(cell.shifts) AS shifts,
        CASE WHEN sum(cell.measurements) > 0 THEN cell.indicator_id END AS measured
    FROM ({cells}) cell GROUP BY 1, 2, 3, 4, 5, 6, 7
),
groups AS (
    SELECT unit_id, period_on, {indicator_id} AS indicator_id, kind, {by_ending} AS ending, {by_grade} AS grade
    FROM cells
    GROUP BY 1, 2, 3, 4, 5, 6 HAVING sum(counted) > 0 OR sum(figures) > 0 OR sum(shifts) > 0
),
page AS (
    SELECT groups.*, unit.code, unit.name AS unit_name, {period_start} AS period_start, {period_end} AS period_end,
        least(%(today)s::date, {period_end}) AS on_day, indicator.uuid, indicator.name, indicator.unit_of_measure,
        row_number() OVER (
            ORDER BY unit.sort_key, unit.code, period_on, indicator.name, indicator.id, groups.kind, ending, grade
        ) AS place
    FROM groups LEFT JOIN kommun_unit unit ON unit.id = groups.unit_id
    LEFT JOIN initiatives_indicator indicator ON indicator.id = groups.indicator_id
    ORDER BY place LIMIT %(limit)s OFFSET %(offset)s
),
sums AS (
    SELECT page.place, sum(counted)::int AS initiatives, {states} AS states, {endings} AS endings,
        coalesce(sum(ended) FILTER (WHERE cells.ending = 'not_proven' AND cells.grade < 2), 0)::int AS not_measured,
        {grades} AS grades, sum(figures)::int AS figures, sum(shifts)::int AS shifts,
        CASE min(measured) WHEN max(measured) THEN min(measured) END AS only_indicator
    FROM page JOIN cells ON cells.unit_id = page.unit_id AND cells.period_on = page.period_on
        AND {indicator_id} = page.indicator_id AND cells.kind IS NOT DISTINCT FROM page.kind
        AND {by_ending} IS NOT DISTINCT FROM page.ending AND {by_grade} IS NOT DISTINCT FROM page.grade
    GROUP BY page.place
)
SELECT total.groups, people.number, page.code, page.unit_name, page.period_start, page.period_end,
    page.uuid, page.name, page.unit_of_measure, page.kind, page.ending, page.grade,
    sums.initiatives, sums.states, sums.endings, sums.not_measured, sums.grades, sums.figures,
    said.latest_value, said.latest_on,
    said.shift, CASE WHEN sums.only_indicator IS NULL THEN 0 ELSE sums.shifts END
FROM (SELECT count(*) AS groups FROM groups) total
LEFT JOIN (page JOIN sums USING (place)) ON true
LEFT JOIN LATERAL (
    SELECT count(*) AS number FROM (
        SELECT DISTINCT employment.employee_id
        FROM kommun_employment employment
        JOIN kommun_employee employee ON employee.id = employment.employee_id
        JOIN kommun_unit place ON place.id = employment.unit_id AND {in_place}
        WHERE employment.from_on <= page.on_day AND coalesce(employment.to_on, 'infinity') >= page.on_day
            AND coalesce(employee.ended_on, 'infinity') >= page.on_day
        LIMIT %(fewest)s
    ) few
) people ON page.place IS NOT NULL
LEFT JOIN LATERAL (
    SELECT (array_agg(last.value ORDER BY last.observed_on DESC NULLS LAST, last.id DESC))[1] AS latest_value,
        max(last.observed_on) AS latest_on,
        round((percentile_cont(0.5) WITHIN GROUP (ORDER BY outcome.shift) FILTER (
            WHERE coalesce(outcome.latest_on,
                (coalesce(initiative.submitted_at, initiative.created_at) AT TIME ZONE %(zone)s)::date)
                BETWEEN coalesce(page.period_start, '-infinity') AND coalesce(page.period_end, 'infinity')
        ))::numeric, 6) AS shift
    FROM initiatives_outcome outcome
    JOIN initiatives_initiative initiative ON initiative.id = outcome.initiative_id
    JOIN kommun_unit unit ON unit.id = initiative.unit_id
    LEFT JOIN LATERAL (
        SELECT value, observed_on, id FROM initiatives_measurement
        WHERE outcome_id = outcome.id AND series = '' AND value IS NOT NULL AND observed_on
            BETWEEN coalesce(page.period_start, '-infinity') AND coalesce(page.period_end, 'infinity')
        ORDER BY observed_on DESC LIMIT 1
    ) last ON true
    WHERE outcome.indicator_id = sums.only_indicator AND outcome.grade >= %(least_grade)s
        AND initiative.state <> ALL (%(unseen)s) AND {of_group}
        AND initiative.kind = coalesce(page.kind, initiative.kind)
        AND (page.ending IS NULL OR page.ending = CASE WHEN outcome.is_primary THEN initiative.ending ELSE '' END)
        AND outcome.grade = coalesce(page.grade, outcome.grade)
) said ON sums.only_indicator IS NOT NULL
ORDER BY page.place
"""
