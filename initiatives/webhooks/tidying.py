"""What the night does with webhooks: old deliveries go, and secrets are kept by the SECRET_KEY of today."""

import datetime as dt
import logging
from typing import Final

from django.db import connection
from django.db.models import Q

from initiatives.models import Webhook
from initiatives.webhooks.signing import Unreadable, is_of_today, renewed

logger = logging.getLogger(__name__)
KEPT: Final = dt.timedelta(days=30)  # from when it arrived or was given up
BATCH: Final = 10_000

DELETE: Final = """
DELETE FROM initiatives_delivery WHERE id IN (
    SELECT id FROM initiatives_delivery WHERE delivered_at < %(before)s OR dead_at < %(before)s LIMIT %(batch)s
)
"""


def tidy(*, now: dt.datetime, batch: int = BATCH) -> int:
    """How many deliveries went. Idempotent; cut off in the middle, the next night does the rest."""
    forget_former_secrets(now)
    renew_secrets()
    gone, more = 0, True
    while more:
        with connection.cursor() as cursor:
            cursor.execute(DELETE, {"before": now - KEPT, "batch": batch})
            gone, more = gone + cursor.rowcount, cursor.rowcount == batch
    return gone


def forget_former_secrets(now: dt.datetime) -> None:
    Webhook.objects.filter(former_secret_until__lte=now).update(former_secret="", former_secret_until=None)


def renew_secrets() -> None:
    """So that a former SECRET_KEY can be taken out of SECRET_KEY_FALLBACKS after a night."""
    for webhook in Webhook.objects.only("secret", "former_secret").iterator():
        for name in ("secret", "former_secret"):
            kept = getattr(webhook, name)
            if kept and not is_of_today(kept):
                _renew(webhook, name, kept)


def _renew(webhook: Webhook, name: str, kept: str) -> None:
    try:
        anew = renewed(kept)
    except Unreadable:
        logger.warning("The secret of the webhook %s can no longer be read.", webhook.uuid)
    else:
        Webhook.objects.filter(Q((name, kept)), pk=webhook.pk).update(**{name: anew})
