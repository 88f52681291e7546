"""Rows of a statement a few thousand at a time, from a cursor on the server: memory is the same for any number."""

from collections.abc import Generator, Mapping
from typing import Any, Final

from django.db import connection

ROWS_AT_A_TIME: Final = 2000


def stream(sql: str, given: Mapping[str, Any]) -> Generator[tuple[Any, ...]]:
    """What `sql`, with named parameters, finds. One statement, run when the first row is asked for.

    The whole result is of that moment, and PostgreSQL keeps it on its own disk. While a slow reader goes through it no
    transaction is open, so nothing is locked and no old row has to be kept. The cursor ends with the generator, also
    when that is closed half-way or when the connection breaks.
    """
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, given)
        while rows := cursor.fetchmany(ROWS_AT_A_TIME):
            yield from rows
