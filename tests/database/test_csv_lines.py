"""Lines of CSV that PostgreSQL writes are those that we write ourselves, for every kind of value."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from initiatives.api.tables import Kind, lines_sql
from initiatives.api.tables.text import lines_of
from tests.unit.test_tables import EMPTY, NUMBERS, ROW, TABLE, TEXTS, with_title

pytestmark = pytest.mark.django_db
TYPES = {
    Kind.TEXT: "text",
    Kind.CODE: "uuid",
    Kind.CHOICE: "varchar",
    Kind.DAY: "date",
    Kind.MOMENT: "timestamptz",
    Kind.INTEGER: "int",
    Kind.DECIMAL: "numeric(18, 6)",
    Kind.FLOAT: "float8",
    Kind.BOOLEAN: "boolean",
    Kind.LIST: "text[]",
}
ROWS = [
    ROW,
    EMPTY,
    (ROW[0], None, "", *ROW[3:5], 1e-05, False, *ROW[7:9], []),
    (*ROW[:9], ["=few", 'a "b"']),
    *(with_title(each) for each in TEXTS),
    *((*ROW[:3], Decimal(each), *ROW[4:]) for each in NUMBERS),
]


def written_by_postgres(row: tuple[Any, ...], types: dict[Kind, str]) -> str:
    values = ", ".join(f"%s::{types[column.kind]}" for column in TABLE.columns)
    with connection.cursor() as cursor:
        cursor.execute(lines_sql(TABLE.columns, f"SELECT {values}"), row)
        [(line,)] = cursor.fetchall()
    return str(line)


def test_both_write_the_same_line() -> None:
    assert [written_by_postgres(row, TYPES) for row in ROWS] == list(lines_of(TABLE.columns, ROWS))


def test_a_list_may_be_an_array_or_json() -> None:
    as_json = TYPES | {Kind.LIST: "jsonb"}
    row, stored = (*ROW[:9], ["few", "odd"]), (*ROW[:9], '["few", "odd"]')
    assert written_by_postgres(stored, as_json) == written_by_postgres(row, TYPES)
    assert written_by_postgres((*ROW[:9], "[]"), as_json).endswith(',""\r\n')


def test_session_settings_change_nothing() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL DateStyle = 'SQL, DMY'")
        cursor.execute("SET LOCAL TimeZone = 'Asia/Tokyo'")
    assert written_by_postgres(ROW, TYPES) == next(lines_of(TABLE.columns, [ROW]))
