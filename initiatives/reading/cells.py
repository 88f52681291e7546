"""What a table is made of: rows of cells, which are text, numbers or days. How many are taken, and how they are
written so that they can be read again.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeVar

from django.utils.translation import gettext as _

from initiatives.reading.periods import is_period
from initiatives.reading.refusing import Unreadable, is_formula_fault
from kommun.numbers import number

MOST_ROWS: Final = 10_000
MOST_COLUMNS: Final = 500
ROOM_FOR_TITLES: Final = 20  # rows above the heading
LOOKED_AT: Final = 200  # rows, when it is found out what a table holds

Cell = str | Decimal | dt.date
Row = Sequence[Cell]
Each = TypeVar("Each")


@dataclass(frozen=True)
class Table:
    """The rows, and the name of their sheet when there were others to choose between."""

    rows: Sequence[Row]
    sheet: str = ""


def limited(rows: Iterable[Row]) -> list[Row]:
    """The rows without the empty ones at the end. Raises Unreadable when there are none, and as soon as they are too
    many.
    """
    taken: list[Row] = []
    for row in rows:
        taken.append(row)
        if len(taken) > MOST_ROWS + ROOM_FOR_TITLES and not is_empty(row):
            raise Unreadable(too_many_rows())
    while taken and is_empty(taken[-1]):
        taken.pop()
    if not taken:
        raise Unreadable(_("There is nothing in it to read."))
    return taken


def too_many_rows() -> str:
    return _("There are too many rows. Read at most %(count)s at a time.") % {"count": number(MOST_ROWS)}


def trimmed(cells: Sequence[Each]) -> Sequence[Each]:
    """The cells that are read, and one more when something stands beyond them, so that the row can be refused."""
    is_too_wide = any(str(cell).strip() for cell in cells[MOST_COLUMNS:])
    return [*cells[:MOST_COLUMNS], *([cells[-1]] if is_too_wide else [])]


def is_empty(row: Row) -> bool:
    return not any(str(cell).strip() for cell in row)


def cell_at(row: Row, column: int) -> Cell:
    """The cell, empty where the row is shorter than others."""
    return row[column] if column < len(row) else ""


def begins_as_number(cell: Cell) -> bool:
    """What a formula failed at would have been a number."""
    if isinstance(cell, str):
        begins = cell.lstrip("-+−– ")[:1].isdigit()
        return is_formula_fault(cell) or (begins and (cell.isdigit() or not is_period(cell)))
    return isinstance(cell, Decimal)


def has_value(row: Row) -> bool:
    """Whether a number stands beside a period."""
    periods, numbers = list(map(is_period, row)), list(map(begins_as_number, row))
    return any(periods) and any(numbers) and sum(map(max, periods, numbers)) > 1


def text_of(row: Row) -> str:
    """The row as it can be pasted again, with tabs between the cells."""
    return "\t".join(map(_written, row)).rstrip("\t")


def _written(cell: Cell) -> str:
    """Numbers so that they are read back as themselves: with three decimals they could be thousands. Nor may a
    quotation mark that begins a cell be taken for one around it.
    """
    if isinstance(cell, Decimal):
        text = format(cell, "f")
        return f"{text}0" if len(text.partition(".")[2]) == 3 else text
    text = str(cell)
    return '"{}"'.format(text.replace('"', '""')) if text.startswith('"') else text
