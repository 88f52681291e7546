"""Rows from a cursor on the server: whatever their number, they need the same memory and leave nothing behind."""

import tracemalloc
from collections.abc import Iterator

import pytest
from django.db import DataError, connection
from django.test.utils import CaptureQueriesContext

from kommun.streams import ROWS_AT_A_TIME, stream

NUMBERS = "SELECT n, repeat('å', 100) FROM generate_series(1, %(most)s::int) n ORDER BY n"


@pytest.fixture
def outside(transactional_db: None) -> Iterator[None]:
    """As in the web process: no transaction is open."""
    connection.close()
    yield
    connection.close()


def cursors() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_cursors")
        [(found,)] = cursor.fetchall()
    return int(found)


def is_in_transaction() -> bool:
    return bool(connection.connection.info.transaction_status.value)


@pytest.mark.parametrize("most", [0, 1, ROWS_AT_A_TIME, ROWS_AT_A_TIME + 1])
def test_every_row_comes_once_in_order(outside: None, most: int) -> None:
    assert [number for number, _ in stream(NUMBERS, {"most": most})] == list(range(1, most + 1))
    assert cursors() == 0


def test_reading_holds_no_transaction(outside: None) -> None:
    rows = stream(NUMBERS, {"most": 10_000})
    next(rows)
    assert (cursors(), is_in_transaction()) == (1, False)
    rows.close()
    assert (cursors(), is_in_transaction()) == (0, False)


def test_reader_that_never_began_leaves_nothing(outside: None) -> None:
    stream(NUMBERS, {"most": 1}).close()
    assert cursors() == 0


def test_failure_half_way_is_raised_and_leaves_nothing(outside: None) -> None:
    with pytest.raises(DataError):
        list(stream("SELECT 1 / (n - 5000) FROM generate_series(1, %(most)s::int) n", {"most": 9000}))
    assert (cursors(), is_in_transaction()) == (0, False)


def test_a_stream_is_one_statement(outside: None) -> None:
    with CaptureQueriesContext(connection) as statements:
        assert len(list(stream(NUMBERS, {"most": 9000}))) == 9000
    assert len(statements) == 1


def test_memory_does_not_grow_with_the_number_of_rows(outside: None) -> None:
    assert peak(400_000) < 1.5 * peak(20_000)


def peak(most: int) -> int:
    """The most bytes that reading so many rows has held at once."""
    tracemalloc.start()
    for _ in stream(NUMBERS, {"most": most}):
        pass
    _now, found = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return found
