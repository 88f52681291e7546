"""Statements for every call are prepared, and a kept connection that the server has closed is opened anew for them."""

from collections.abc import Iterator

import psycopg
import pytest
from django.db import OperationalError, connection, transaction

from kommun.statements import rows

WHO = "SELECT pg_backend_pid() + %(more)s::int"


@pytest.fixture
def outside(transactional_db: None) -> Iterator[None]:
    """As in the web process: no transaction is open, and the connection is kept from one call to the next."""
    connection.close()
    yield
    connection.close()


def next_call() -> None:
    """As at the beginning of a request."""
    connection.close_if_unusable_or_obsolete()


def end_the_connection() -> None:
    """As when the server is restarted."""
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid])


def test_the_first_statement_of_a_call_finds_the_server_again(outside: None) -> None:
    [(before,)] = rows(WHO, {"more": 0})
    next_call()
    end_the_connection()
    [(after,)] = rows(WHO, {"more": 0})
    assert after != before


def test_a_connection_is_kept_while_the_server_is_there(outside: None) -> None:
    pids = set()
    for _ in range(3):
        next_call()
        pids.add(rows(WHO, {"more": 0})[0][0])
    assert len(pids) == 1


def test_a_transaction_is_never_gone_on_with_in_another_connection(outside: None) -> None:
    def lose_it_half_way() -> None:
        with transaction.atomic():
            rows(WHO, {"more": 0})
            end_the_connection()
            rows(WHO, {"more": 0})

    with pytest.raises(OperationalError):
        lose_it_half_way()
