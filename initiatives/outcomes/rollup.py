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
_CELL: Final = [f"{name}_id" if name in ("unit", "indicator") else name for name in CELL]
_FIGURES: Final = [*COUNTS, *AMOUNTS]


@dataclass(frozen=True)
class Total:
    """The sums of the cells that `of` tells (dimension → its value). Hours and kronor are before overlaps."""

    of: dict[str, Any]
    initiatives: int
    outcomes: int
    measurements: int
    shifts: int
    hours: Decimal
    hours_confirmed: Decimal
    money: Decimal
    money_confirmed: Decimal


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


@transaction.atomic
def fold() -> int:
    """Adds the changes to their cells; how many changes. Cut off, it has changed nothing. Two statements."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_FOLD)
        changes: int = cursor.fetchone()[0]
        return changes


def differences() -> list[dict[str, Any]]:
    """The cells where the roll-up is not what a full recount gives, with what it lacks of each figure. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_LACK)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@transaction.atomic
def mend() -> int:
    """Adds what the roll-up lacks, while everybody goes on working; how many cells were wrong. Two statements."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])  # else two would add it twice
        cursor.execute(_MEND)
        cells: int = cursor.rowcount
        return cells


_COLUMNS: Final = ", ".join([*_CELL, *_FIGURES])
_SUMS: Final = ", ".join(f"sum({name})" for name in _FIGURES)
_LACK: Final = f"SELECT {_COLUMNS} FROM initiatives_rollup_lack ORDER BY {', '.join(_CELL)}"
_MEND: Final = f"INSERT INTO initiatives_rollup ({_COLUMNS}) SELECT {_COLUMNS} FROM initiatives_rollup_lack"
_SAME: Final = " AND ".join(f"cell.{name} IS NOT DISTINCT FROM changed.{name}" for name in _CELL)
# A cell that has changed is taken away with its changes, and their sum is put back unless it is nothing.
_FOLD: Final = f"""
WITH changed AS (
    SELECT DISTINCT {", ".join(_CELL)} FROM initiatives_rollup WHERE is_change
),
taken AS (
    DELETE FROM initiatives_rollup cell USING changed
    WHERE cell.unit_id = changed.unit_id AND cell.month = changed.month AND {_SAME} RETURNING cell.*
),
kept AS (
    INSERT INTO initiatives_rollup ({_COLUMNS}, is_change)
    SELECT {", ".join(_CELL)}, {_SUMS}, false FROM taken GROUP BY {", ".join(_CELL)}
    HAVING ({_SUMS}) <> ({", ".join("0" for _ in _FIGURES)})
)
SELECT count(*) FROM taken WHERE is_change
"""
