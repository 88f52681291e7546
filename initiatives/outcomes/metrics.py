"""The outcome metrics: how many initiatives, where they stand, what they measured, by unit, period and indicator.

One statement of SQL over the rows that the reader may see. It knows no request and no JSON.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet, TextChoices

from initiatives.models import Initiative
from initiatives.workflow import Ending, State
from kommun.models import Unit

FEWEST_EMPLOYEES: Final = 5  # a group in a smaller part of the organisation is withheld
GRADES: Final = range(6)


class Dimension(TextChoices):
    UNIT = "unit"
    PERIOD = "period"
    INDICATOR = "indicator"


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

    An initiative belongs to the period in which it was submitted, a value to that of its date, and a shift to that of
    its outcome's latest value. `latest_value` and `shift` exist only where all values are of one indicator.
    """

    unit_code: str | None
    unit_name: str | None
    period_start: dt.date | None
    period_end: dt.date | None
    indicator: UUID | None
    indicator_name: str | None
    unit_of_measure: str | None
    is_withheld: bool
    initiatives: int | None
    states: Sequence[int] | None  # in the order of State
    endings: Sequence[int] | None  # in the order of Ending
    grades: Sequence[int] | None  # 0 to 5
    values: int | None
    latest_value: Decimal | None
    latest_on: dt.date | None
    shift: Decimal | None  # the median of the outcomes' shifts
    shifts: int | None  # how many outcomes it is the median of


def metrics(
    seen: QuerySet[Initiative], question: Question, *, today: dt.date, limit: int, offset: int
) -> tuple[int, list[Group]]:
    """How many groups there are, and those from `offset`, by unit, period and indicator. One statement."""
    own = seen.order_by().values("id", "unit_id", "state", "ending", "submitted_at", "created_at")
    seen_sql, parameters = own.query.sql_with_params()
    sql = _SQL.format(seen=seen_sql, **_columns(question), **_joins(question), **_conditions(question))
    named = [] if question.indicator is None else [question.indicator]
    part = [] if question.part is None or Dimension.UNIT in question.by else [question.part.pk]
    zone = [settings.TIME_ZONE] if Dimension.PERIOD in question.by else []
    given = [*parameters, question.least_grade, *named, *zone, today, limit, offset, *part]
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        rows = cursor.fetchall()
    return rows[0][0], [_group(row[1:]) for row in rows if row[1] is not None]


def _group(row: tuple[Any, ...]) -> Group:
    people, *columns = row
    told, figures = columns[:_TOLD], columns[_TOLD:]
    is_withheld = people < FEWEST_EMPLOYEES
    return Group(*told, is_withheld, *([None] * len(figures) if is_withheld else figures))  # type: ignore[call-arg]


def _columns(question: Question) -> dict[str, str]:
    """What the rows are grouped by. A dimension that is not asked for is the same for all of them."""
    by_period = Dimension.PERIOD in question.by
    period = f"date_trunc('{question.period}', {{}}::timestamp)::date" if by_period else "'0001-01-01'::date"
    by_unit, by_indicator = Dimension.UNIT in question.by, Dimension.INDICATOR in question.by
    return {
        "unit_of_initiative": "seen.unit_id" if by_unit else "0::bigint",
        "unit_of_aim": "aims.unit_id" if by_unit else "0::bigint",
        "period_of_initiative": period.format("(coalesce(seen.submitted_at, seen.created_at) AT TIME ZONE %s)"),
        "period_of_value": period.format("m.observed_on"),
        "period_of_shift": period.format("aims.latest_on"),
        "indicator": "aims.indicator_id" if by_indicator else "0::bigint",
        "period_start": "groups.period_on" if by_period else "NULL::date",
        "period_end": f"(groups.period_on + interval '{_MONTHS[question.period]} months - 1 day')::date"
        if by_period
        else "NULL::date",
    }


def _joins(question: Question) -> dict[str, str]:
    """Which outcomes stand for an initiative, and among whose employees a group is too small to be shown."""
    is_by_primary = question.indicator is None and Dimension.INDICATOR not in question.by
    by_unit = Dimension.UNIT in question.by
    place = "page.unit_id" if by_unit else "%s::bigint"
    return {
        "aims_of_initiative": "LEFT JOIN" if is_by_primary and question.least_grade == 0 else "JOIN",
        "aim_that_counts": "aims.is_primary" if is_by_primary else "true",
        "in_place": f"AND place.path @> array[{place}]" if by_unit or question.part else "",
    }


def _conditions(question: Question) -> dict[str, str]:
    named = "AND o.indicator_id = (SELECT id FROM initiatives_indicator WHERE uuid = %s)"
    return {
        "indicator_asked_for": "" if question.indicator is None else named,
        "states": _counts("state", State.values),
        "endings": _counts("ending", Ending.values),
        "grades": _counts("grade", GRADES),
    }


def _counts(column: str, values: Sequence[Any]) -> str:
    """An array of how many rows have each of `values`, which come from this code and never from a caller."""
    return f"array[{', '.join(f'count(*) FILTER (WHERE {column} = {value!r})' for value in values)}]"


_TOLD: Final = 7  # columns that tell the group; the figures follow
_MONTHS: Final = {PeriodLength.MONTH: 1, PeriodLength.QUARTER: 3, PeriodLength.YEAR: 12}
_SQL: Final = """
WITH seen AS ({seen}),
aims AS (
    SELECT o.id, o.initiative_id, o.indicator_id, o.is_primary, o.grade, o.shift, o.latest_on, seen.unit_id
    FROM seen JOIN initiatives_outcome o ON o.initiative_id = seen.id
    WHERE o.grade >= %s {indicator_asked_for}
),
subjects AS (
    SELECT {unit_of_initiative} AS unit_id, {period_of_initiative} AS period_on, {indicator} AS indicator_id,
        seen.state, seen.ending, coalesce(aims.grade, 0) AS grade
    FROM seen {aims_of_initiative} aims ON aims.initiative_id = seen.id AND {aim_that_counts}
),
counted AS (
    SELECT unit_id, period_on, indicator_id, count(*) AS initiatives,
        {states} AS states, {endings} AS endings, {grades} AS grades
    FROM subjects GROUP BY unit_id, period_on, indicator_id
),
measured AS (
    SELECT {unit_of_aim} AS unit_id, {period_of_value} AS period_on, {indicator} AS indicator_id,
        count(*) AS figures, min(aims.indicator_id) = max(aims.indicator_id) AS is_one_indicator,
        (array_agg(m.value ORDER BY m.observed_on DESC, m.id DESC) FILTER (WHERE m.series = ''))[1] AS latest_value,
        max(m.observed_on) FILTER (WHERE m.series = '') AS latest_on
    FROM aims JOIN initiatives_measurement m ON m.outcome_id = aims.id
    WHERE m.value IS NOT NULL GROUP BY 1, 2, 3
),
shifted AS (
    SELECT {unit_of_aim} AS unit_id, {period_of_shift} AS period_on, {indicator} AS indicator_id, count(*) AS shifts,
        round(percentile_cont(0.5) WITHIN GROUP (ORDER BY aims.shift)::numeric, 6) AS shift
    FROM aims WHERE aims.shift IS NOT NULL GROUP BY 1, 2, 3
),
groups AS (
    SELECT * FROM counted FULL JOIN measured USING (unit_id, period_on, indicator_id)
    FULL JOIN shifted USING (unit_id, period_on, indicator_id)
),
page AS (
    SELECT groups.*, unit.code, unit.name AS unit_name, {period_start} AS period_start, {period_end} AS period_end,
        least(%s::date, {period_end}) AS on_day, indicator.uuid, indicator.name, indicator.unit_of_measure,
        row_number() OVER (ORDER BY unit.sort_key, unit.code, period_on, indicator.name, indicator.id) AS place
    FROM groups LEFT JOIN kommun_unit unit ON unit.id = groups.unit_id
    LEFT JOIN initiatives_indicator indicator ON indicator.id = groups.indicator_id
    ORDER BY place LIMIT %s OFFSET %s
)
SELECT total.groups, people.number, page.code, page.unit_name, page.period_start, page.period_end,
    page.uuid, page.name, page.unit_of_measure,
    coalesce(page.initiatives, 0), page.states, page.endings, page.grades, coalesce(page.figures, 0),
    CASE WHEN page.is_one_indicator THEN page.latest_value END,
    CASE WHEN page.is_one_indicator THEN page.latest_on END,
    CASE WHEN page.is_one_indicator THEN page.shift END,
    CASE WHEN page.is_one_indicator THEN coalesce(page.shifts, 0) ELSE 0 END
FROM (SELECT count(*) AS groups FROM groups) total
LEFT JOIN page ON true
LEFT JOIN LATERAL (
    SELECT count(*) AS number FROM (
        SELECT DISTINCT employment.employee_id
        FROM kommun_employment employment
        JOIN kommun_employee employee ON employee.id = employment.employee_id
        JOIN kommun_unit place ON place.id = employment.unit_id {in_place}
        WHERE employment.from_on <= page.on_day AND coalesce(employment.to_on, 'infinity') >= page.on_day
            AND coalesce(employee.ended_on, 'infinity') >= page.on_day
        LIMIT 5
    ) few
) people ON page.place IS NOT NULL
ORDER BY page.place
"""
