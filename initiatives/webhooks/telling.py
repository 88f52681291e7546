"""Makes deliveries of changes, without a gap: of all that was committed since the place each webhook has come to.

Everything below the oldest transaction that is still at work has been committed or never will be; so a webhook's place
moves up to there and no further, and what a slow transaction commits late is not passed over. Places, rows and order
come from one statement for all webhooks.
"""

import datetime as dt
import time
from typing import Final

from django.db import connection
from django.db.models import BigIntegerField, Func

from initiatives.webhooks import sight

AT_MOST: Final = 15.0  # seconds of a turn; what waits is to be sent as well
BATCH: Final = 5_000  # changes that each webhook is brought on by a statement

TELL: Final = f"""
WITH webhook AS MATERIALIZED (
    SELECT webhook.id, webhook.types, webhook.told_xact, webhook.told_id, webhook.client_id
    FROM initiatives_webhook AS webhook
    JOIN kommun_apiclient AS client ON client.id = webhook.client_id
    WHERE webhook.status = 'enabled' AND {sight.IS_IN_USE}
    ORDER BY webhook.id FOR UPDATE OF webhook SKIP LOCKED
), news AS MATERIALIZED (
    SELECT webhook.id AS webhook, webhook.client_id, webhook.types, change.*
    FROM webhook CROSS JOIN LATERAL (
        SELECT id, xact, kind, subject, initiative, path FROM initiatives_change
        WHERE (xact, id) > (webhook.told_xact, webhook.told_id)
            AND xact < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
        ORDER BY xact, id LIMIT %(batch)s
    ) AS change
), told AS (
    INSERT INTO initiatives_delivery (uuid, webhook_id, change_id, line, created_at, send_after, attempts, error)
    SELECT gen_random_uuid(), change.webhook, change.id, coalesce(change.initiative::text, change.subject),
        %(now)s, %(now)s, 0, ''
    FROM news AS change
    JOIN kommun_apiclient AS client ON client.id = change.client_id
    WHERE (change.types = '{{}}' OR change.kind = ANY (change.types)) AND {sight.MAY_SEE}
    ORDER BY change.webhook, change.xact, change.id
    ON CONFLICT (webhook_id, change_id) DO NOTHING
    RETURNING id
), come_to AS (
    UPDATE initiatives_webhook AS webhook SET told_xact = latest.xact, told_id = latest.id
    FROM (SELECT DISTINCT ON (webhook) webhook, xact, id FROM news ORDER BY webhook, xact DESC, id DESC) AS latest
    WHERE webhook.id = latest.webhook
)
SELECT (SELECT count(*) FROM told),
    coalesce((SELECT max(seen) FROM (SELECT count(*) AS seen FROM news GROUP BY webhook) AS each), 0)
"""


class Present(Func):
    """The oldest transaction still at work: a webhook that begins there is told what is committed from now on."""

    template = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
    output_field = BigIntegerField()


def tell(*, now: dt.datetime, seconds: float = AT_MOST, batch: int = BATCH) -> int:
    """How many deliveries came of what has changed, as far as it goes in `seconds`; the next turn goes on from there.

    A webhook that another worker is bringing on is left to it.
    """
    until = time.monotonic() + seconds
    made, more = 0, True
    while more and time.monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute(TELL, sight.PARAMETERS | {"now": now, "batch": batch})
            count, most = cursor.fetchone()
        made, more = made + count, most == batch
    return made
