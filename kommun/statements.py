"""Statements of SQL that are run for every call: PostgreSQL plans each once per connection, not once per call.

They are text with named parameters, `%(name)s`. Nothing else in the house prepares statements, so a pooler in
transaction mode needs to know of prepared statements (PgBouncer from 1.21).
"""

import select
from collections.abc import Mapping
from typing import Any

from django.db import connection
from psycopg import Cursor


class _PreparedCursor(Cursor):
    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        return super().execute(query, params, prepare=True, **options)


def rows(sql: str, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """What `sql` finds. Raises the errors of django.db, and is counted and logged as any other query."""
    if _server_has_spoken():
        connection.close_if_health_check_failed()
    connection.ensure_connection()
    raw: Any = _PreparedCursor(connection.connection)
    wrap = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    with wrap(raw) as cursor:
        cursor.execute(sql, given)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _server_has_spoken() -> bool:
    """Whether a connection kept from an earlier call has something to read, as it has when the server has gone down.

    Only then is it worth the way to the server and back that Django's own cursors take for each call.
    """
    if connection.connection is None:
        return False
    poll = select.poll()
    poll.register(connection.connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
