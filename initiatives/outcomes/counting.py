"""How many initiatives or outcomes there are that every reader sees, in all or by the month of their beginning, as SQL.

The text is put as a CTE into another statement, and its parameters among the others, by their names:

    counted = in_all(Asked(states={State.MEASURING}, kinds={Kind.TIME}), place=unit.pk)
    cursor.execute(f"WITH total AS ({counted.sql}) SELECT number FROM total", counted.given)

The numbers are exact: what has been folded into the summaries, and what has not. Whatever the number of initiatives, a
statement reads at most some fifty summaries for all, and some hundred rows for the months; only kinds or grades by
month read more, as many as there are months, kinds and grades.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final, Literal

from initiatives.models.summary import EVERYWHERE, IN_ALL, Grain, Standing
from initiatives.workflow import PRIVATE_STATES, QUIET_STATES, State

SEEN: Final = frozenset(State) - PRIVATE_STATES - QUIET_STATES


@dataclass(frozen=True)
class Asked:
    """What is counted, and which of them: every filter names the values that count, and None lets all count.

    The grade of an initiative is that of its primary outcome; one that has none has no grade. Endings and states are
    those of the initiative, also for its outcomes.
    """

    what: Literal["initiatives", "outcomes"] = "initiatives"
    states: Collection[str] | None = None
    endings: Collection[str] | None = None
    kinds: Collection[str] | None = None
    grades: Collection[int] | None = None


@dataclass(frozen=True)
class Counted:
    """A statement of SQL, and the parameters that it names."""

    sql: str
    given: dict[str, Any]


def in_all(asked: Asked, *, place: int = EVERYWHERE) -> Counted:
    """One row of one column: `number`, 0 when there is none. `place` is the id of a unit, with all below it."""
    rows = _rows(asked, place, Grain.KIND_GRADE)
    return Counted(f"SELECT coalesce(sum(counted.number), 0)::bigint AS number FROM ({rows.sql}) counted", rows.given)


def by_month(asked: Asked, *, place: int = EVERYWHERE) -> Counted:
    """Rows of `month` (its first day, local time) and `number`, ascending, without the months that have none.

    An initiative begins in the month in which it was submitted, else made; an outcome with its initiative.
    """
    is_plain = asked.kinds is None and asked.grades is None
    rows = _rows(asked, place, Grain.MONTH if is_plain else Grain.MONTH_KIND_GRADE)
    sql = (
        f"SELECT counted.month, sum(counted.number)::bigint AS number FROM ({rows.sql}) counted "
        "GROUP BY counted.month HAVING sum(counted.number) <> 0 ORDER BY counted.month"
    )
    return Counted(sql, rows.given)


def _rows(asked: Asked, place: int, grain: Grain) -> Counted:
    """Months and numbers: of the summaries, and of each change that is not in them yet."""
    is_everywhere = place == EVERYWHERE
    given: dict[str, Any] = {} if is_everywhere else {"counted_place": place}
    of_summary, of_change = [], []
    states = _SEEN
    if asked.states is not None:
        states = "%(counted_states)s"
        given["counted_states"] = sorted(SEEN.intersection(asked.states))
    if asked.endings is not None:
        given["counted_endings"] = list(asked.endings)
        of_change.append("change.ending = ANY (%(counted_endings)s)")
    if asked.kinds is not None:
        given["counted_kinds"] = list(asked.kinds)
        of_summary.append("summary.kind = ANY (%(counted_kinds)s)")
        of_change.append("change.kind = ANY (%(counted_kinds)s)")
    if asked.grades is not None:
        given["counted_grades"] = list(asked.grades)
        of_summary.append("summary.grade = ANY (%(counted_grades)s)")
        of_change.append("change.grade = ANY (%(counted_grades)s) AND change.indicator_id IS NOT NULL")
    sql = _SQL.format(
        what=asked.what,
        grain=grain.value,
        states=states,
        number=" + ".join(f"summary.{asked.what}[{slot}]" for slot in _slots(asked)) or "0",
        of_summary="".join(f" AND {condition}" for condition in of_summary),
        of_change="".join(f" AND {condition}" for condition in of_change),
        place=EVERYWHERE if is_everywhere else "%(counted_place)s",
        within="" if is_everywhere else _WITHIN,
    )
    return Counted(sql, given)


def _slots(asked: Asked) -> list[int]:
    """Where in an array of counts those stand that are asked for."""
    if asked.states is None and asked.endings is None:
        return [IN_ALL]
    return [
        standing.value
        for standing in Standing
        if (asked.states is None or standing.state in asked.states)
        and (asked.endings is None or (standing.ending or "") in asked.endings)
    ]


# What no caller asks for is a part of the text, so that PostgreSQL sees that one plan serves all of them.
_SEEN: Final = f"ARRAY{sorted(state.value for state in SEEN)}"
_WITHIN: Final = "JOIN kommun_unit unit ON unit.id = change.unit_id AND unit.path @> ARRAY[%(counted_place)s::bigint]"
_SQL: Final = """
SELECT summary.month, ({number})::bigint AS number FROM initiatives_summary summary
WHERE summary.grain = {grain} AND summary.place = {place}
    AND summary.{what} IS NOT NULL{of_summary}
UNION ALL
SELECT change.month, change.{what} FROM initiatives_rollup change {within}
WHERE change.is_change AND change.{what} <> 0 AND change.state = ANY ({states}){of_change}
"""
