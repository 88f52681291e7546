"""Where the figures of a question are read: the coarsest summaries that tell enough, and else the cells themselves.

Every source has the same columns, in the order of `COLUMNS`. One more holds the changes that have not been folded.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from initiatives.models.rollup import EFFECTS
from initiatives.models.summary import NO_OUTCOME, OWN_GRAINS, Grain
from initiatives.outcomes.counting import SEEN
from initiatives.outcomes.metrics.questions import Dimension

SCALARS: Final = ("measurements", "shifts", "value_sum", "shift_sum", *EFFECTS)
COLUMNS: Final = (
    "unit_id", "month", "indicator_id", "goal_id", "kind", "ending", "grade", "initiatives", "outcomes", *SCALARS,
)  # fmt: skip
# By the dimensions that a question needs: the grain by month, and that by year. Others are read from the cells.
_GRAINS: Final = {
    frozenset[Dimension](): (Grain.MONTH, Grain.YEAR),
    frozenset({Dimension.KIND}): (Grain.MONTH_KIND, Grain.YEAR_KIND),
    frozenset({Dimension.ENDING}): (Grain.MONTH_ENDING, Grain.YEAR_ENDING),
    frozenset({Dimension.GRADE}): (Grain.MONTH_GRADE, Grain.YEAR_GRADE),
    frozenset({Dimension.GOAL}): (Grain.MONTH_GOAL, Grain.YEAR_GOAL),
    frozenset({Dimension.INDICATOR}): (Grain.MONTH_INDICATOR, Grain.YEAR_INDICATOR),
    frozenset({Dimension.INDICATOR, Dimension.GRADE}): (Grain.MONTH_INDICATOR_GRADE, Grain.YEAR_INDICATOR_GRADE),
}
_FORMER_YEARS: Final = " AND row.month < %(this_year)s::date"
_SINCE: Final = " AND row.month >= %(this_year)s::date"


@dataclass(frozen=True)
class Reach:
    """`is_everywhere`: of the whole municipality, else of the unit in the CTE `part` and below it. `by_unit`: of each
    unit its own, else of all together."""

    is_everywhere: bool
    by_unit: bool

    @property
    def unit(self) -> str:
        return "unit.id" if self.by_unit else "(SELECT id FROM part)"

    @property
    def within(self) -> str:
        return "" if self.is_everywhere else " AND unit.path @> ARRAY[(SELECT id FROM part)]"

    @property
    def alone(self) -> str:
        """What is the unit's own where `_summaries` tells only what lies below it."""
        return self.within if self.by_unit else " AND unit.id = (SELECT id FROM part)"


def rows(reach: Reach, dimensions: frozenset[Dimension], conditions: str, *, by_year: bool) -> str:
    """All that has figures of `dimensions`, with those `conditions` on the columns of `row`.

    `by_year`: no month is told from the others in its year. Then years that are over are read whole; of this one it
    matters which months are over.
    """
    if dimensions not in _GRAINS:
        return _cells(reach, conditions, "true", reach.within)
    by_month, whole_years = _GRAINS[dimensions]
    spans = [(whole_years, _FORMER_YEARS), (by_month, _SINCE)] if by_year else [(by_month, "")]
    found = [part for grain, span in spans for part in _folded(reach, grain, conditions + span)]
    return " UNION ALL ".join([*found, _cells(reach, conditions, "cell.is_change", reach.within)])


def _folded(reach: Reach, grain: Grain, conditions: str) -> Iterator[str]:
    if grain in OWN_GRAINS or not reach.by_unit:
        yield _summaries(reach, grain, conditions)
    if grain not in OWN_GRAINS and not (reach.is_everywhere and not reach.by_unit):
        yield _cells(reach, conditions, "NOT cell.is_change", reach.alone)


def _summaries(reach: Reach, grain: Grain, conditions: str) -> str:
    columns = ", ".join(f"row.{name}" for name in COLUMNS[1:])
    if reach.by_unit:
        return (
            f"SELECT unit.id AS unit_id, {columns} "
            "FROM initiatives_summary row JOIN kommun_unit unit ON unit.id = row.place "
            f"WHERE row.grain = {grain.value} AND row.is_own{reach.within}{conditions}"
        )
    return (
        f"SELECT row.place AS unit_id, {columns} FROM initiatives_summary row "
        f"WHERE row.grain = {grain.value} AND row.place = (SELECT id FROM part){conditions}"
    )


def _cells(reach: Reach, conditions: str, which: str, within: str) -> str:
    states = ", ".join(f"'{state.value}'" for state in sorted(SEEN))
    counts = ", ".join(
        f"initiatives_counts(row.{name}, row.state, row.initiative_ending, row.grade)"
        for name in ("initiatives", "outcomes")
    )
    columns = ", ".join(f"cell.{name}" for name in ("indicator_id", "goal_id", "kind", "state", *SCALARS))
    return f"""
SELECT row.unit_id, row.month, row.indicator_id, row.goal_id, row.kind, row.ending, row.grade, {counts},
    {", ".join(f"row.{name}" for name in SCALARS)}
FROM (
    SELECT {reach.unit} AS unit_id, cell.month, {columns}, cell.initiatives, cell.outcomes,
        cell.ending AS initiative_ending, CASE WHEN cell.is_primary THEN cell.ending ELSE '' END AS ending,
        CASE WHEN cell.indicator_id IS NULL THEN {NO_OUTCOME} ELSE cell.grade END AS grade
    FROM initiatives_rollup cell JOIN kommun_unit unit ON unit.id = cell.unit_id
    WHERE {which} AND cell.state IN ({states}){within}
) row WHERE true{conditions}"""
