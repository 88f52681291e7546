"""The one statement that answers a question: its text hangs on the form of the question, never on what is asked for."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from initiatives.models.rollup import EFFECTS
from initiatives.models.summary import GRADE_0, Grain, Standing
from initiatives.outcomes.metrics.questions import Dimension, PeriodLength
from initiatives.outcomes.metrics.sources import Reach, rows

TOLD: Final = 14  # columns that tell the group, after the number of groups; the figures follow


@dataclass(frozen=True)
class Form:
    """What of a question makes the text: the groups, which filters there are, and whether it is of a part."""

    by: frozenset[Dimension]
    period: PeriodLength
    filters: frozenset[str]  # names of parameters
    has_unit: bool
    is_bound: bool
    tells_withheld: bool = True

    @property
    def dimensions(self) -> frozenset[Dimension]:
        """What rows need to tell apart, beside unit and month."""
        filtered = {dimension for name, (dimension, _condition) in _FILTERS.items() if name in self.filters}
        return (self.by | filtered) - {Dimension.UNIT, Dimension.PERIOD}

    @property
    def is_by_year(self) -> bool:
        """Whether no month is told from the others in its year."""
        tells_months = Dimension.PERIOD in self.by or self.filters & _MONTHS.keys()
        return self.period == PeriodLength.YEAR or not tells_months


@lru_cache(maxsize=1000)
def statement(form: Form) -> str:
    """Rows of the number of groups, what tells the group, and its figures; one row at least, for the number."""
    reach = Reach(is_everywhere=not form.has_unit and not form.is_bound, by_unit=Dimension.UNIT in form.by)
    months = "".join(_MONTHS[name] for name in ("first", "last") if name in form.filters)
    conditions = months + "".join(
        f" AND {condition}" for name, (_dimension, condition) in _FILTERS.items() if name in form.filters
    )
    is_plain = not form.dimensions
    return _SQL.format(
        part=_PART[form.has_unit, form.is_bound],
        shown=_SHOWN_EVERYWHERE
        if reach.is_everywhere and not reach.by_unit
        else _SHOWN.format(
            unit="showing.unit_id" if reach.by_unit else "(SELECT id FROM part)",
            which="own_is_shown" if reach.by_unit else "whole_is_shown",
            of="" if reach.by_unit else " AND showing.unit_id = (SELECT id FROM part)",
        ),
        rows=rows(reach, form.dimensions, conditions, by_year=form.is_by_year),
        there="SELECT unit_id, month FROM row"
        if is_plain
        else f"SELECT unit_id, month FROM ({rows(reach, frozenset(), months, by_year=form.is_by_year)}) row",
        **_columns(form),
    )


def _columns(form: Form) -> dict[str, str]:
    by_period = Dimension.PERIOD in form.by
    period = f"date_trunc('{form.period.value}', row.month::timestamp)::date"
    end = f"(found.period_on + interval '{form.period.months} months - 1 day')::date"
    of_one = Dimension.INDICATOR in form.dimensions
    counted = "outcomes" if of_one else "initiatives"
    return {
        "by_unit": "true" if Dimension.UNIT in form.by else "false",
        "period_on": period if by_period else "NULL::date",
        "period_end": end if by_period else "NULL::date",
        "indicator_id": "row.indicator_id" if Dimension.INDICATOR in form.by else "NULL::bigint",
        "kind": "row.kind" if Dimension.KIND in form.by else "NULL::text",
        "goal_id": "row.goal_id" if Dimension.GOAL in form.by else "NULL::bigint",
        "ending": "row.ending" if Dimension.ENDING in form.by else "NULL::text",
        "grade": "greatest(row.grade, 0)" if Dimension.GRADE in form.by else "NULL::int",
        "counted": counted,
        "tells_withheld": str(form.tells_withheld).lower(),
        "nothing": ", ".join(["NULL"] * 14),
        "counts": _counts(counted, [*range(1, GRADE_0 + 6)]),
        "decided": _counts("initiatives", [each.value for each in Standing if each.ending]),
        "mean_value": "round(sum(value_sum) / nullif(sum(measurements), 0), 6)" if of_one else "NULL::numeric",
        "mean_shift": "round(sum(shift_sum) / nullif(sum(shifts), 0), 6)" if of_one else "NULL::numeric",
        "effects": ", ".join(
            f"coalesce(sum({name}) FILTER (WHERE row.month < %(this_month)s::date), 0)" for name in EFFECTS
        ),
    }


def _counts(what: str, slots: list[int]) -> str:
    return f"ARRAY[{', '.join(f'coalesce(sum({what}[{slot}]), 0)' for slot in slots)}]::bigint[]"


# A filter's parameter, the dimension that it needs, and its condition on a row.
_FILTERS: Final = {
    "indicator": (
        Dimension.INDICATOR,
        "row.indicator_id = (SELECT id FROM initiatives_indicator WHERE uuid = %(indicator)s::uuid)",
    ),
    "kinds": (Dimension.KIND, "row.kind = ANY (%(kinds)s::text[])"),
    "goal": (Dimension.GOAL, "row.goal_id = (SELECT id FROM initiatives_goal WHERE code = %(goal)s::text)"),
    "endings": (Dimension.ENDING, "row.ending = ANY (%(endings)s::text[])"),
    "least_grade": (Dimension.GRADE, "row.grade >= %(least_grade)s::int"),
}
_MONTHS: Final = {"first": " AND row.month >= %(first)s::date", "last": " AND row.month <= %(last)s::date"}
# By whether a unit is asked for and whether the reader is bound to one: the smaller of both, if one lies in the other.
_PART: Final = {
    (False, False): "SELECT 0::bigint AS id",
    (True, False): "SELECT id FROM kommun_unit WHERE code = %(unit)s::text",
    (False, True): "SELECT %(bound_to)s::bigint AS id",
    (True, True): "SELECT CASE WHEN own.id = ANY (asked.path) THEN asked.id ELSE own.id END AS id "
    "FROM kommun_unit asked JOIN kommun_unit own ON own.id = ANY (asked.path) OR asked.id = ANY (own.path) "
    "WHERE asked.code = %(unit)s::text AND own.id = %(bound_to)s::bigint",
}
_SHOWN: Final = "SELECT {unit}, showing.year::int FROM initiatives_showing showing WHERE showing.{which}{of}"
# Of the whole municipality a year is shown when each tree that has figures in it is.
_SHOWN_EVERYWHERE: Final = f"""
SELECT 0::bigint, years.year::int FROM (SELECT DISTINCT year FROM initiatives_showing) years
WHERE NOT EXISTS (
    SELECT FROM kommun_unit root WHERE root.parent_id IS NULL AND NOT EXISTS (
        SELECT FROM initiatives_showing showing
        WHERE showing.unit_id = root.id AND showing.year = years.year AND showing.whole_is_shown
    ) AND (
        EXISTS (
            SELECT FROM initiatives_summary held WHERE held.grain = {Grain.MONTH.value} AND held.place = root.id
                AND held.month BETWEEN make_date(years.year, 1, 1) AND make_date(years.year, 12, 31)
        ) OR EXISTS (
            SELECT FROM initiatives_rollup change
            JOIN kommun_unit unit ON unit.id = change.unit_id AND unit.path @> ARRAY[root.id]
            WHERE change.is_change AND extract(year FROM change.month) = years.year
        )
    )
)"""
_SQL: Final = """
WITH part AS MATERIALIZED ({part}),
shown (unit_id, year) AS MATERIALIZED ({shown}),
row (unit_id, month, indicator_id, goal_id, kind, ending, grade, initiatives, outcomes, measurements, shifts, value_sum,
    shift_sum, hours, hours_confirmed, hours_counted, money, money_confirmed, money_counted) AS ({rows}),
withheld AS (
    SELECT row.unit_id, {period_on} AS period_on,
        array_agg(DISTINCT extract(year FROM row.month)::int ORDER BY extract(year FROM row.month)::int) AS years
    FROM ({there}) row
    WHERE NOT EXISTS (
        SELECT FROM shown WHERE shown.unit_id = row.unit_id AND shown.year = extract(year FROM row.month)::int
    )
    GROUP BY 1, 2
),
summed AS (
    SELECT row.unit_id, {period_on} AS period_on, {indicator_id} AS indicator_id, {kind} AS kind, {goal_id} AS goal_id,
        {ending} AS ending, {grade} AS grade, {counts} AS counts, {decided} AS decided,
        coalesce(sum(initiatives[1]), 0) AS initiatives, coalesce(sum(outcomes[1]), 0) AS outcomes,
        sum(measurements) AS measurements, {mean_value} AS mean_value, sum(shifts) AS shifts,
        {mean_shift} AS mean_shift, ARRAY[{effects}] AS effects
    FROM row JOIN shown ON shown.unit_id = row.unit_id AND shown.year = extract(year FROM row.month)::int
    GROUP BY 1, 2, 3, 4, 5, 6, 7
    HAVING coalesce(sum({counted}[1]), 0) <> 0 OR sum(measurements) <> 0 OR sum(shifts) <> 0 OR sum(hours) <> 0
        OR sum(money) <> 0
),
found AS (
    SELECT summed.*, withheld.years FROM summed LEFT JOIN withheld ON withheld.unit_id = summed.unit_id
        AND withheld.period_on IS NOT DISTINCT FROM summed.period_on
    UNION ALL
    SELECT unit_id, period_on, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, years
    FROM withheld WHERE {tells_withheld} AND NOT EXISTS (
        SELECT FROM summed WHERE summed.unit_id = withheld.unit_id
            AND summed.period_on IS NOT DISTINCT FROM withheld.period_on
    )
),
page AS (
    SELECT unit.code, unit.name AS unit_name, found.period_on, {period_end} AS period_end, indicator.uuid,
        indicator.name AS indicator_name, indicator.unit_of_measure, indicator.kolada_id, found.kind,
        goal.code AS goal_code, goal.name AS goal_name, found.ending, found.grade, found.years, found.counts,
        found.decided, found.initiatives, found.outcomes, found.measurements, found.mean_value, found.shifts,
        found.mean_shift, found.effects, row_number() OVER (
            ORDER BY unit.sort_key, unit.code, found.period_on, indicator.name, indicator.id, found.kind, goal.code,
                found.ending, found.grade
        ) AS place
    FROM found LEFT JOIN kommun_unit unit ON {by_unit} AND unit.id = found.unit_id
    LEFT JOIN initiatives_indicator indicator ON indicator.id = found.indicator_id
    LEFT JOIN initiatives_goal goal ON goal.id = found.goal_id
    ORDER BY place LIMIT %(limit)s::bigint OFFSET %(offset)s::bigint
)
SELECT total.number, page.* FROM (SELECT count(*) AS number FROM found) total LEFT JOIN page ON true ORDER BY page.place
"""
