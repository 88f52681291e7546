"""An example of a table, for the specification: the example of the JSON as its one row."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from initiatives.api.media import CSV
from initiatives.api.tables.columns import Column, Kind, Table
from initiatives.api.tables.text import BYTE_ORDER_MARK, as_csv, lines_of

_READ: Final[dict[Kind, Callable[[Any], Any]]] = {
    Kind.DAY: dt.date.fromisoformat,
    Kind.MOMENT: dt.datetime.fromisoformat,
    Kind.DECIMAL: lambda value: Decimal(str(value)),
}


def csv_of(table: Table) -> dict[str, str]:
    """By the name of the form, as `Operation.samples` has it. The mark that begins the text is left out."""
    row = tuple(_value(column) for column in table.columns)
    return {
        CSV.name: b"".join(as_csv(table.columns, lines_of(table.columns, [row]))).decode().removeprefix(BYTE_ORDER_MARK)
    }


def _value(column: Column) -> Any:
    read = _READ.get(column.kind)
    return column.example if read is None or column.example is None else read(column.example)
