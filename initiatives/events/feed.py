"""What has changed since a cursor, in an order that has no gap however many write at once, to whoever it concerns.

Transactions commit in another order than they began to write. So nothing is told that is not older than the oldest
transaction still under way: what is older will never be joined by more. A long transaction delays, and loses nothing.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import connection

from initiatives.events.cursor import Cursor
from initiatives.events.keeping import KEPT
from initiatives.models import Change
from initiatives.models.change import EVERYWHERE
from kommun.models import ApiClient


class StartOver(Exception):
    """Nobody can say any more what came after the cursor; whoever holds it reads everything anew."""


@dataclass(frozen=True)
class Told:
    """One change. `subject` is the identifier of what has changed, `initiative` that of the one it belongs to."""

    uuid: UUID
    kind: str
    subject: str
    initiative: UUID | None
    at: dt.datetime


@dataclass(frozen=True)
class Page:
    changes: list[Told]
    next: Cursor  # after the last of them, or after all there are
    has_more: bool


def read(
    client: ApiClient,
    *,
    today: dt.date,
    after: Cursor | None = None,
    kinds: Collection[str] = tuple(Change.Kind.values),
    limit: int = 500,
) -> Page:
    """The first `limit` changes of `kinds` after the cursor (None: of those that are kept). One statement.

    Raises StartOver when it is not known what lies after the cursor: it is too old, from before a backup was restored,
    or from when the client saw another part of the organisation.
    """
    start = after or Cursor.before_all(client=client, today=today)
    rows = _fetch(start, client, kinds, limit + 1)
    latest, anchor = rows[0][:3], rows[0][3]
    # A day is left for transactions that began before the cursor was given and are told by when they began.
    since = today - KEPT + dt.timedelta(days=1)
    if not (start.stands_after(anchor, client=client) or start.is_before_all(client=client, since=since)):
        raise StartOver
    found = [row[4:] for row in rows if row[4] is not None]
    shown = found[:limit]
    place = shown[-1][:3] if len(found) > limit and shown else latest
    until = start if place[0] is None else Cursor.after(*place, client=client)
    return Page([Told(*row[2:]) for row in shown], until, has_more=len(found) > limit)


def present(client: ApiClient, *, today: dt.date) -> Cursor:
    """After all that is told at this moment. Whoever reads everything from now on, and then follows, misses nothing."""
    return read(client, today=today, limit=0).next


def _fetch(start: Cursor, client: ApiClient, kinds: Collection[str], limit: int) -> list[tuple[Any, ...]]:
    """Never none: the latest change (xact, id, uuid), the uuid of the one at `start`, then the columns of a change."""
    given: dict[str, Any] = {"xact": start.xact, "id": start.id, "kinds": [*kinds], "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(SQL, given | {"part": client.unit_id or EVERYWHERE})
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


# Rows compare as (xact, id); the planner finds both ends in the one index.
SQL: Final = """
WITH latest AS (
    SELECT xact, id, uuid FROM initiatives_change
    WHERE xact < pg_snapshot_xmin(pg_current_snapshot())::text::bigint ORDER BY xact DESC, id DESC LIMIT 1
),
page AS (
    SELECT xact, id, uuid, kind, subject, initiative, at FROM initiatives_change
    WHERE (xact, id) > (%(xact)s, %(id)s) AND xact < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
        AND path @> ARRAY[%(part)s::bigint] AND kind = ANY (%(kinds)s) ORDER BY xact, id LIMIT %(limit)s
)
SELECT latest.xact, latest.id, latest.uuid,
    (SELECT uuid FROM initiatives_change WHERE id = %(id)s AND xact = %(xact)s), page.*
FROM (VALUES (1)) always LEFT JOIN latest ON true LEFT JOIN page ON true ORDER BY page.xact, page.id
"""
