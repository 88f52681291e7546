"""The rows of the outbox: which webhooks have something to send, who takes what, and how it went. Short statements.

Order is kept by the claim: a delivery is taken only when no earlier one of its webhook and line is still on its way,
claimed or not. A claim is good until LOST_AFTER; what a worker died with goes again, under the same name.
"""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection

from initiatives.webhooks import sight
from kommun.letters import LOST_AFTER
from kommun.persistence import persistently

RECEIVERS: Final = f"""
SELECT webhook.id, webhook.url, webhook.secret,
    CASE WHEN webhook.former_secret_until > %(now)s THEN webhook.former_secret ELSE '' END,
    webhook.failing_since_at
FROM initiatives_webhook AS webhook
JOIN kommun_apiclient AS client ON client.id = webhook.client_id
WHERE webhook.status = 'enabled' AND {sight.IS_IN_USE}
    AND (webhook.rests_until_at IS NULL OR webhook.rests_until_at <= %(now)s)
    AND EXISTS (
        SELECT FROM initiatives_delivery AS delivery
        WHERE delivery.webhook_id = webhook.id AND delivery.delivered_at IS NULL AND delivery.dead_at IS NULL
            AND delivery.send_after <= %(now)s
    )
ORDER BY webhook.failing_since_at NULLS FIRST, webhook.id
"""
CLAIM: Final = f"""
WITH claimed AS (
    UPDATE initiatives_delivery SET claimed_at = %(now)s
    WHERE id IN (
        SELECT first.id FROM unnest(%(webhooks)s::bigint[], %(rooms)s::int[]) AS wanted (webhook, room)
        JOIN initiatives_webhook AS webhook ON webhook.id = wanted.webhook AND webhook.status = 'enabled'
        CROSS JOIN LATERAL (
            SELECT waiting.id FROM initiatives_delivery AS waiting
            WHERE waiting.webhook_id = wanted.webhook AND waiting.delivered_at IS NULL AND waiting.dead_at IS NULL
                AND waiting.send_after <= %(now)s
                AND (waiting.claimed_at IS NULL OR waiting.claimed_at < %(lost)s)
                AND NOT EXISTS (
                    SELECT FROM initiatives_delivery AS earlier
                    WHERE earlier.webhook_id = waiting.webhook_id AND earlier.line = waiting.line
                        AND earlier.id < waiting.id AND earlier.delivered_at IS NULL AND earlier.dead_at IS NULL
                )
            ORDER BY waiting.id LIMIT wanted.room FOR UPDATE SKIP LOCKED
        ) AS first
    ) RETURNING *
)
SELECT claimed.id, claimed.uuid, claimed.webhook_id, claimed.attempts, coalesce(claimed.tried_at, %(now)s),
    coalesce(change.uuid, claimed.uuid), coalesce(change.kind, 'webhook.test'),
    coalesce(change.subject, webhook.uuid::text), coalesce(change.at, claimed.created_at),
    coalesce(nullif(change.trace, ''), replace(claimed.uuid::text, '-', '')),
    change.id IS NULL OR ({sight.MAY_SEE})
FROM claimed
JOIN initiatives_webhook AS webhook ON webhook.id = claimed.webhook_id
JOIN kommun_apiclient AS client ON client.id = webhook.client_id
LEFT JOIN initiatives_change AS change ON change.id = claimed.change_id
ORDER BY claimed.id
"""
# What has arrived stands, also when its worker was taken for dead; a failure counts only while the claim is ours.
NOTE: Final = """
WITH said AS (
    SELECT * FROM unnest(
        %(ids)s::bigint[], %(arrived)s::boolean[], %(again)s::timestamptz[], %(statuses)s::int[], %(errors)s::text[]
    ) AS said (id, arrived, again, status, error)
), noted AS (
    UPDATE initiatives_delivery AS delivery
    SET delivered_at = CASE WHEN said.arrived THEN %(now)s END,
        dead_at = CASE WHEN NOT said.arrived AND said.again IS NULL THEN %(now)s END,
        send_after = coalesce(said.again, delivery.send_after),
        attempts = delivery.attempts + 1,
        tried_at = coalesce(delivery.tried_at, %(now)s),
        claimed_at = NULL, status_code = said.status, error = said.error
    FROM said
    WHERE delivery.id = said.id AND delivery.delivered_at IS NULL AND delivery.dead_at IS NULL
        AND (said.arrived OR delivery.claimed_at = %(now)s)
    RETURNING delivery.webhook_id, said.arrived
)
UPDATE initiatives_webhook AS webhook
SET failing_since_at = CASE WHEN NOT heard.arrived THEN %(now)s END, version = webhook.version + 1
FROM (SELECT webhook_id, bool_or(arrived) AS arrived FROM noted GROUP BY webhook_id) AS heard
WHERE webhook.id = heard.webhook_id AND heard.arrived = (webhook.failing_since_at IS NOT NULL)
"""
END: Final = """
UPDATE initiatives_delivery SET dead_at = %(now)s, claimed_at = NULL, error = %(error)s
WHERE id = ANY (%(ids)s) AND claimed_at = %(now)s AND delivered_at IS NULL AND dead_at IS NULL
"""
RELEASE: Final = """
UPDATE initiatives_delivery SET claimed_at = NULL
WHERE id = ANY (%(ids)s) AND claimed_at = %(now)s AND delivered_at IS NULL AND dead_at IS NULL
"""
REST: Final = """
UPDATE initiatives_webhook SET rests_until_at = greatest(rests_until_at, %(until)s) WHERE id = %(webhook)s
"""
NOT_YOURS: Final = "It is no longer within what the client may read."


@dataclass(frozen=True)
class Waiting:
    """A webhook that has something to send. The secrets are as they are kept, encrypted."""

    id: int
    url: str
    secret: str
    former_secret: str  # empty when it signs no more
    failing_since_at: dt.datetime | None


@dataclass(frozen=True)
class Claimed:
    id: int
    message: uuid.UUID
    webhook: int
    attempts: int
    tried_at: dt.datetime  # for the first time; now, when it is that
    event: uuid.UUID
    kind: str
    subject: str
    at: dt.datetime
    trace: str


@dataclass(frozen=True)
class Note:
    """How it went. `again` is when it goes once more; None, without having arrived, ends it."""

    id: int
    arrived: bool
    again: dt.datetime | None = None
    status: int | None = None
    error: str = ""


def waiting(now: dt.datetime) -> list[Waiting]:
    """Those that work come first."""
    return [Waiting(*row) for row in persistently(lambda: _rows(RECEIVERS, sight.PARAMETERS | {"now": now}))]


def claim(now: dt.datetime, rooms: Mapping[int, int]) -> list[Claimed]:
    """For each webhook up to that many deliveries that are due, first in line and in no living worker's hands.

    What the client may no longer see is ended here, and not returned. One statement, or two.
    """
    given = {"now": now, "lost": now - LOST_AFTER, "webhooks": list(rooms), "rooms": list(rooms.values())}
    rows = persistently(lambda: _rows(CLAIM, sight.PARAMETERS | given))
    if hidden := [row[0] for row in rows if not row[-1]]:
        persistently(lambda: _do(END, {"now": now, "ids": hidden, "error": NOT_YOURS}))
    return [Claimed(*row[:-1]) for row in rows if row[-1]]


def note(notes: Sequence[Note], now: dt.datetime) -> None:
    """One statement for all: the deliveries, and since when their webhooks have had nothing but failures."""
    given = {
        "now": now,
        "ids": [each.id for each in notes],
        "arrived": [each.arrived for each in notes],
        "again": [each.again for each in notes],
        "statuses": [each.status for each in notes],
        "errors": [each.error for each in notes],
    }
    persistently(lambda: _do(NOTE, given))


def release(ids: Sequence[int], now: dt.datetime) -> None:
    """Back to the outbox, untried."""
    persistently(lambda: _do(RELEASE, {"now": now, "ids": list(ids)}))


def rest(webhook: int, until: dt.datetime) -> None:
    persistently(lambda: _do(REST, {"webhook": webhook, "until": until}))


def _rows(statement: str, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return list(cursor.fetchall())


def _do(statement: str, given: Mapping[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
