"""Apache Parquet with typed columns, written group of rows by group of rows, so that memory is the same for any number.

Decimals are exact, moments are in UTC, a column with one of a few words is a dictionary, and each column carries its
description. Snappy and the plain types are what every reader has: Power Query, R, DuckDB, Spark.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa
from pyarrow.parquet import ParquetWriter

from initiatives.api.tables.columns import Column, Kind, Row, Table, listed

ROWS_IN_A_GROUP: Final = 65_536
_ROWS_AT_A_TIME: Final = 4096
_PLACES: Final = Decimal("0.000001")
_TYPES: Final[dict[Kind, pa.DataType]] = {
    Kind.TEXT: pa.string(),
    Kind.CODE: pa.string(),
    Kind.CHOICE: pa.dictionary(pa.int16(), pa.string()),
    Kind.DAY: pa.date32(),
    Kind.MOMENT: pa.timestamp("us", tz="UTC"),
    Kind.INTEGER: pa.int64(),
    Kind.DECIMAL: pa.decimal128(18, 6),
    Kind.FLOAT: pa.float64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.LIST: pa.list_(pa.string()),
}


def as_parquet(table: Table, rows: Iterable[Row], *, about: dict[str, str]) -> Generator[bytes]:
    """The file in pieces; `about` is written into it. When `rows` fail half-way it has no end, and nobody can read it.

    Raises pyarrow.ArrowInvalid for a number of more than twelve digits before the point.
    """
    schema = _schema(table, about)
    out = _Pieces()
    writer = ParquetWriter(out, schema, compression="snappy")
    for group in _groups(rows, table.columns, schema):
        writer.write_table(group, row_group_size=ROWS_IN_A_GROUP)
        yield out.taken()
    writer.close()
    yield out.taken()


class _Pieces:
    """The file that the writer writes to. What it has written is taken away between the groups."""

    closed = False

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._place = 0

    def write(self, piece: Any) -> int:
        self._pieces.append(bytes(piece))
        self._place += len(self._pieces[-1])
        return len(self._pieces[-1])

    def tell(self) -> int:
        return self._place

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        self.closed = True

    def taken(self) -> bytes:
        whole = b"".join(self._pieces)
        self._pieces.clear()
        return whole


def _schema(table: Table, about: dict[str, str]) -> pa.Schema:
    fields = [
        pa.field(each.name, _TYPES[each.kind], metadata={"description": each.description}) for each in table.columns
    ]
    return pa.schema(fields, metadata={"description": table.description} | about)


def _groups(rows: Iterable[Row], columns: Sequence[Column], schema: pa.Schema) -> Iterator[pa.Table]:
    """Rows become columns a few thousand at a time, which is small, and are written when they make a good group."""
    batches: list[pa.RecordBatch] = []
    for some in _some(rows):
        batches.append(_batch(some, columns, schema))
        if len(batches) * _ROWS_AT_A_TIME >= ROWS_IN_A_GROUP:
            yield pa.Table.from_batches(batches, schema)
            batches.clear()
    if batches:
        yield pa.Table.from_batches(batches, schema)


def _some(rows: Iterable[Row]) -> Iterator[list[Row]]:
    some: list[Row] = []
    for row in rows:
        some.append(row)
        if len(some) == _ROWS_AT_A_TIME:
            yield some
            some = []
    if some:
        yield some


def _batch(rows: list[Row], columns: Sequence[Column], schema: pa.Schema) -> pa.RecordBatch:
    arrays = [
        _array(column, values, field)
        for column, values, field in zip(columns, zip(*rows, strict=True), schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _array(column: Column, values: Sequence[Any], field: pa.Field) -> pa.Array:
    if column.kind is Kind.CHOICE:
        places = {word: place for place, word in enumerate(column.choices)}
        chosen = [None if value is None else places[value] for value in values]
        return pa.DictionaryArray.from_arrays(pa.array(chosen, pa.int16()), pa.array(column.choices, pa.string()))
    store = _STORE.get(column.kind)
    stored = values if store is None else [None if value is None else store(value) for value in values]
    return pa.array(stored, field.type)


def _decimal(value: Any) -> Decimal:
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    return exact.quantize(_PLACES)


_STORE: Final[dict[Kind, Callable[[Any], Any]]] = {Kind.CODE: str, Kind.DECIMAL: _decimal, Kind.LIST: listed}
