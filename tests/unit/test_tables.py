"""A table as CSV and as Parquet, read back by programs that others wrote: nothing is lost on the way."""

import csv
import datetime as dt
import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from initiatives.api import components, tables
from initiatives.api.media import CSV, PARQUET, Media
from initiatives.api.shapes import Field
from initiatives.api.tables import Table, answers, parquet, text

NOW = dt.datetime(2026, 11, 28, 23, 30, tzinfo=dt.UTC)  # the 29th in Sweden
TABLE = Table.of_fields(
    "A thing of every kind.",
    [
        Field("id", "id", components.uuid("Its identifier.")),
        Field("title", "title", components.text("What people wrote.", nullable=True)),
        Field("kind", "kind", components.choice("One of a few.", ["quality", "too_few", ""], nullable=True)),
        Field("amount.value", "value", components.number("Exact.", 1, nullable=True)),
        Field("amount.count", "count", components.integer("How many.", 1, nullable=True)),
        Field("chance", "p", {**components.number("Roughly.", 0.1, nullable=True), "format": "double"}),
        Field("isTrue", "is_true", components.boolean("Whether.", example=True, nullable=True)),
        Field("observedOn", "day", components.day("When.", nullable=True)),
        Field("changedAt", "at", components.moment("When, exactly.", nullable=True)),
        Field("warnings", "warnings", components.array("Which.", components.choice("One.", ["few", "odd"]))),
    ],
)
NAMES = ["id", "title", "kind", "amountValue", "amountCount", "chance", "isTrue", "observedOn", "changedAt", "warnings"]
ID = UUID("0f7c9b1e-4a55-4d0c-9a6e-2f1f0a3b7c11")
AT = dt.datetime(2026, 3, 31, 7, 15, 0, 120, tzinfo=dt.UTC)
ROW = (ID, "Åäö", "quality", Decimal("19.500000"), 3, 0.001, True, dt.date(2026, 3, 31), AT, ["few", "odd"])
EMPTY = (ID, *[None] * 9)
TEXTS = [
    "Kortare handläggning åäö ÅÄÖ é 🙂",
    'Ett "citat" i texten',
    "Två\nrader\r\noch en till",
    "komma, semikolon; tabb\t och |",
    " mellanslag runt om ",
    "",
    "null",
    "NA",
    "0180",
    "=SUM(A1:A9)",
    "+46 8 123",
    "-5",
    "@SUM(1)",
    "\tefter tabb",
    "\rrad",
    "\nrad",
    "＝1+1",
    "'s-Hertogenbosch",
    "''=",
]
NUMBERS = ["0", "-5", "19.500000", "0.000001", "-0.000001", "999999999999.999999", "-999999999999.999999", "1E+3"]
THINGS = tables.File("things", "here", NOW)


def with_title(title: str | None) -> tuple[Any, ...]:
    return (ID, title, *ROW[2:])


def as_csv(rows: list[tuple[Any, ...]]) -> str:
    return b"".join(text.as_csv(TABLE.columns, text.lines_of(TABLE.columns, rows))).decode()


def as_parquet(rows: list[tuple[Any, ...]]) -> pa.Table:
    return pq.read_table(pa.BufferReader(b"".join(parquet.as_parquet(TABLE, rows, about={"source": "here"}))))


def undone(title: str) -> str:
    """What the documentation tells a reader to do."""
    return title.removeprefix("'")


def test_columns_are_named_after_members_and_their_groups() -> None:
    assert [column.name for column in TABLE.columns] == NAMES


def test_csv_is_rfc_4180_to_the_letter() -> None:
    assert as_csv([ROW, EMPTY]) == (
        "\ufeffid,title,kind,amountValue,amountCount,chance,isTrue,observedOn,changedAt,warnings\r\n"
        f'{ID},"Åäö",quality,19.5,3,0.001,true,2026-03-31,2026-03-31T07:15:00.000120Z,"few|odd"\r\n'
        f"{ID},,,,,,,,,\r\n"
    )


def test_csv_without_rows_has_its_names() -> None:
    assert as_csv([]) == "\ufeff" + ",".join(NAMES) + "\r\n"


@pytest.mark.parametrize("first", "=+-@\t\r\n'＝＋－＠")
def test_text_that_could_be_a_formula_gets_an_apostrophe(first: str) -> None:
    [_, row] = csv.reader(io.StringIO(as_csv([with_title(f"{first}1")]), newline=""))
    assert row[1] == f"'{first}1"


def test_negative_number_stays_a_number() -> None:
    assert ",-5," in as_csv([(ID, "x", "quality", Decimal("-5.000000"), *ROW[4:])])


def test_empty_text_is_told_from_none() -> None:
    assert as_csv([with_title(""), with_title(None)]).splitlines()[1:] == [
        f'{ID},"",quality,19.5,3,0.001,true,2026-03-31,2026-03-31T07:15:00.000120Z,"few|odd"',
        f'{ID},,quality,19.5,3,0.001,true,2026-03-31,2026-03-31T07:15:00.000120Z,"few|odd"',
    ]


def test_python_reads_every_text_back() -> None:
    read = csv.DictReader(io.StringIO(as_csv([with_title(each) for each in TEXTS]).removeprefix("\ufeff"), newline=""))
    assert [undone(row["title"]) for row in read] == TEXTS
    assert read.fieldnames == NAMES


def test_pandas_reads_every_text_back_mark_and_all() -> None:
    raw = as_csv([with_title(each) for each in TEXTS]).encode()
    frame = pd.read_csv(io.BytesIO(raw), keep_default_na=False, dtype={"title": str})
    assert list(frame.columns) == NAMES
    assert [undone(each) for each in frame["title"]] == TEXTS


def test_duckdb_reads_every_text_back_and_tells_empty_from_none(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(as_csv([*map(with_title, TEXTS), with_title(None)]).encode())
    read = duckdb.connect().execute(
        "SELECT title FROM read_csv(?, all_varchar=true, allow_quoted_nulls=false)", [str(file)]
    )
    assert [title and undone(title) if title else title for (title,) in read.fetchall()] == [*TEXTS, None]


def test_decimals_are_exact_in_csv() -> None:
    raw = as_csv([(*ROW[:3], Decimal(each), *ROW[4:]) for each in NUMBERS]).encode()
    frame = pd.read_csv(io.BytesIO(raw), dtype={"amountValue": str})
    assert [Decimal(each) for each in frame["amountValue"]] == [Decimal(each) for each in NUMBERS]
    assert "E" not in "".join(frame["amountValue"])


def test_parquet_has_a_type_for_every_kind() -> None:
    assert {field.name: str(field.type) for field in as_parquet([ROW]).schema} == {
        "id": "string",
        "title": "string",
        "kind": "dictionary<values=string, indices=int16, ordered=0>",
        "amountValue": "decimal128(18, 6)",
        "amountCount": "int64",
        "chance": "double",
        "isTrue": "bool",
        "observedOn": "date32[day]",
        "changedAt": "timestamp[us, tz=UTC]",
        "warnings": "list<element: string>",
    }


def test_parquet_says_what_its_columns_mean() -> None:
    schema = as_parquet([ROW]).schema
    assert schema.metadata[b"description"] == b"A thing of every kind."
    assert schema.metadata[b"source"] == b"here"
    assert schema.field("amountValue").metadata[b"description"] == b"Exact."


def test_parquet_gives_back_the_very_values() -> None:
    rows = [with_title(each) for each in TEXTS] + [(*ROW[:3], Decimal(each), *ROW[4:]) for each in NUMBERS] + [EMPTY]
    found = [tuple(row.values()) for row in as_parquet(rows).to_pylist()]
    assert found == [(str(row[0]), *row[1:]) for row in rows]


def test_parquet_without_rows_has_its_columns() -> None:
    assert (as_parquet([]).num_rows, as_parquet([]).column_names) == (0, NAMES)


def test_duckdb_reads_parquet_with_its_types(tmp_path: Path) -> None:
    file = tmp_path / "table.parquet"
    file.write_bytes(b"".join(parquet.as_parquet(TABLE, [ROW, EMPTY], about={})))
    read = duckdb.connect().execute("SELECT * FROM read_parquet(?)", [str(file)])
    assert read.fetchall() == [(str(ID), *ROW[1:8], AT.astimezone(), ROW[9]), (str(ID), *EMPTY[1:])]
    types = [str(column[1]) for column in read.description or []]
    assert types[3:8] == ["DECIMAL(18,6)", "BIGINT", "DOUBLE", "BOOLEAN", "DATE"]


def test_parquet_is_written_group_by_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "ROWS_IN_A_GROUP", 8192)
    pieces = list(parquet.as_parquet(TABLE, (ROW for _ in range(20_000)), about={}))
    assert len(pieces) == 4  # three groups and the end
    file = pq.ParquetFile(pa.BufferReader(b"".join(pieces)))
    assert [file.metadata.row_group(each).num_rows for each in range(3)] == [8192, 8192, 3616]


@pytest.mark.parametrize(("form", "end"), [(CSV, "csv"), (PARQUET, "parquet")])
def test_small_table_is_whole_and_named_after_the_day(form: Media, end: str) -> None:
    response = tables.encode(form, TABLE, [ROW], THINGS)
    assert not response.streaming
    assert response["Content-Type"] == form.content_type
    assert response["Content-Disposition"] == f'attachment; filename="framsteg-things-2026-11-29.{end}"'


class Rows:
    """Rows without an end, or that fail; it says when it was closed."""

    def __init__(self, fails_after: int = 10**9) -> None:
        self.fails_after = fails_after
        self.given = 0
        self.is_closed = False

    def rows(self) -> Iterator[tuple[Any, ...]]:
        try:
            while self.given < self.fails_after:
                self.given += 1
                yield ROW
            raise LookupError
        finally:
            self.is_closed = True


@pytest.mark.parametrize("form", [CSV, PARQUET])
def test_what_fails_in_a_small_table_is_no_answer_at_all(form: Media) -> None:
    with pytest.raises(LookupError):
        tables.encode(form, TABLE, Rows(fails_after=10).rows(), THINGS)


def test_large_table_is_sent_while_it_is_made_and_stops_with_its_reader() -> None:
    rows = Rows()
    response = tables.encode(CSV, TABLE, rows.rows(), THINGS)
    pieces = iter(response)
    sent = sum(len(next(pieces)) for _ in range(100))
    assert (response.streaming, rows.is_closed) == (True, False)
    assert rows.given < 3 * (1024 * 1024 + sent) / len(as_csv([ROW]))
    let_go(response)
    assert rows.is_closed


def let_go(response: Any) -> None:
    """What closing the answer does to it. The end of the request, which that tells of too, would close databases."""
    for close in response._resource_closers:
        close()


def test_large_table_that_nobody_read_stops_as_well() -> None:
    rows = Rows()
    let_go(tables.encode(CSV, TABLE, rows.rows(), THINGS))
    assert rows.is_closed


def read_until_it_broke(form: Media) -> bytes:
    """What a client has got when the rows failed half-way."""
    response = tables.encode(form, TABLE, Rows(fails_after=200_000).rows(), THINGS)
    got = b""
    with pytest.raises(LookupError):  # noqa: PT012  # what came before it is what the test is about
        for piece in response:
            got += piece
    return got


def test_csv_that_was_cut_off_cannot_be_read(tmp_path: Path) -> None:
    got = read_until_it_broke(CSV)
    with pytest.raises(pd.errors.ParserError, match="EOF inside string"):
        pd.read_csv(io.BytesIO(got))
    with pytest.raises(csv.Error, match="unexpected end of data"):
        list(csv.reader(io.StringIO(got.decode(), newline=""), strict=True))
    (tmp_path / "table.csv").write_bytes(got)
    with pytest.raises(duckdb.Error):
        duckdb.connect().execute("SELECT count(*) FROM read_csv(?)", [str(tmp_path / "table.csv")]).fetchall()
    assert got.decode().splitlines()[-1].endswith("Ask for it again.")


def test_parquet_that_was_cut_off_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "WHOLE_UP_TO", 1000)
    with pytest.raises(pa.ArrowInvalid):
        pq.read_table(pa.BufferReader(read_until_it_broke(PARQUET)))
