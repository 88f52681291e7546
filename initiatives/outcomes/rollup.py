"""The roll-up of figures over many initiatives: reading it, folding its changes, and comparing it with a full recount.

It knows the cells and no initiative: what goes into them is written by the database (see the decision on the roll-up).
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.db import connection, transaction

from initiatives.models import Rollup
from initiatives.models.rollup import AMOUNTS, CELL, COUNTS
from kommun.models import Unit

ONE_AT_A_TIME: Final = 0x524F4C  # the key of the advisory lock
_CELL: Final = [f"{name}_id" if name in ("unit", "indicator", "goal") else name for name in CELL]
PLACE: Final = ("place", "is_own", "grain", "month", "indicator_id", "goal_id", "kind", "ending", "grade")
_FIGURES: Final = [*COUNTS, *AMOUNTS]


@dataclass(frozen=True)
class Total:
    """The sums of the cells that `of` tells (dimension → its value). What is counted is confirmed, each effect once."""

    of: dict[str, Any]
    initiatives: int
    outcomes: int
    measurements: int
    shifts: int
    value_sum: Decimal
    shift_sum: Decimal
    hours: Decimal
    hours_confirmed: Decimal
    hours_counted: Decimal
    money: Decimal
    money_confirmed: Decimal
    money_counted: Decimal


def totals(
    *by: str,
    part: Unit | None = None,
    first: dt.date | None = None,
    last: dt.date | None = None,
    states: Collection[str] | None = None,
    **cell: Any,
) -> list[Total]:
    """Sums by any of `CELL` (and what lies beyond it, such as `unit__code`), in their order. One query.

    `part` is a unit with all below it, `first` and `last` the first days of months, `states` those that count (None:
    those that every reader sees), `cell` any further condition. Combinations without figures are left out.
    """
    rows = Rollup.objects.open_to_all() if states is None else Rollup.objects.filter(state__in=states)
    found = rows.within(part).between(first, last).filter(**cell).totals(*by)
    return [
        Total({name: row[name] for name in by}, **{name: row[f"total_{name}"] for name in _FIGURES}) for row in found
    ]


def fold() -> int:
    """Adds the changes to their cells, and up the tree to the summaries; how many changes, none while another folds.

    Cut off, it has changed nothing. One statement.
    """
    return _number("SELECT initiatives_fold()")


def differences() -> list[dict[str, Any]]:
    """The cells where the roll-up is not what a full recount gives, with what it lacks of each figure. One query."""
    return _rows(f"SELECT {_COLUMNS} FROM initiatives_rollup_lack ORDER BY {', '.join(_CELL)}")


def summary_differences() -> list[dict[str, Any]]:
    """The summaries that are not the sums of their cells, with what they lack of each figure. One query."""
    return _rows(f"SELECT * FROM initiatives_summary_lack ORDER BY {', '.join(PLACE)}")


@transaction.atomic
def mend() -> int:
    """Adds what the roll-up lacks, while everybody goes on working; how many cells were wrong. Two statements."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])  # else two would add it twice
        cursor.execute(_MEND)
        cells: int = cursor.rowcount
        return cells


def mend_summaries() -> int:
    """Adds what the summaries lack, while everybody goes on working; how many were wrong. One statement."""
    return _number("SELECT initiatives_mend_summaries()")


def _number(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        number: int = cursor.fetchone()[0]
        return number


def _rows(sql: str) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


_COLUMNS: Final = ", ".join([*_CELL, *_FIGURES])
_MEND: Final = f"INSERT INTO initiatives_rollup ({_COLUMNS}) SELECT {_COLUMNS} FROM initiatives_rollup_lack"
