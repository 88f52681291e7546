"""Where the figures of a question are read: the coarsest summaries that tell enough, and else the cells themselves.

Every source has the same columns, in the order of `COLUMNS`. One more holds the changes that have not been folded.
"""

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
_GRAIN: Final = {
    frozenset[Dimension](): Grain.MONTH,
    frozenset({Dimension.KIND}): Grain.MONTH_KIND,
    frozenset({Dimension.ENDING}): Grain.MONTH_ENDING,
    frozenset({Dimension.GRADE}): Grain.MONTH_GRADE,
    frozenset({Dimension.GOAL}): Grain.MONTH_GOAL,
    frozenset({Dimension.INDICATOR}): Grain.MONTH_INDICATOR,
}


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


def rows(reach: Reach, dimensions: frozenset[Dimension], conditions: str) -> str:
    """All that has figures of `dimensions`, with those `conditions` on the columns of `row`."""
    grain = _GRAIN.get(dimensions)
    if grain is None or (reach.by_unit and grain not in OWN_GRAINS):
        return _cells(reach, conditions, "true", reach.within)
    found = [_summaries(reach, grain, conditions), _cells(reach, conditions, "cell.is_change", reach.within)]
    if grain not in OWN_GRAINS and not reach.is_everywhere:
        found.append(_cells(reach, conditions, "NOT cell.is_change", " AND unit.id = (SELECT id FROM part)"))
    return " UNION ALL ".join(found)


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
