"""What is sent: a CloudEvents 1.0 event as structured JSON, and the headers of Standard Webhooks. It knows no network.

The event is thin. It says which resource has changed and where to read it, and nothing of what it says: what a receiver
may see is decided when it reads.
"""

import datetime as dt
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import orjson
from django.conf import settings

from initiatives.webhooks.signing import signature

MEDIA_TYPE: Final = "application/cloudevents+json"
ORIGIN: Final = "se.framsteg."
TEST: Final = "webhook.test"
COLLECTION: Final = {"initiative": "initiatives", "outcome": "outcomes", "indicator": "indicators", "unit": "units"}


@dataclass(frozen=True)
class Event:
    """What has happened to which resource. `id` names the change, alike to every webhook and in /events."""

    id: uuid.UUID
    kind: str
    subject: str
    at: dt.datetime

    @property
    def resource(self) -> str:
        """Its path, relative to the API's root."""
        collection = COLLECTION.get(self.kind.partition(".")[0], "webhooks")
        return f"{collection}/{quote(self.subject, safe='')}"

    def as_json(self) -> dict[str, Any]:
        source = f"{settings.BASE_URL}/api/v1"
        return {
            "specversion": "1.0",
            "id": str(self.id),
            "source": source,
            "type": ORIGIN + self.kind,
            "subject": self.resource,
            "time": self.at.astimezone(dt.UTC),
            "datacontenttype": "application/json",
            "data": {"href": f"{source}/{self.resource}"},
        }

    def body(self) -> bytes:
        return orjson.dumps(self.as_json(), option=orjson.OPT_UTC_Z)


def headers(
    message_id: uuid.UUID, body: bytes, given: Sequence[str], now: dt.datetime, *, trace: str
) -> dict[str, str]:
    """`given` are the secrets that sign. `trace` is that of the call that made the change, or one for each message."""
    timestamp = int(now.timestamp())
    return {
        "Content-Type": MEDIA_TYPE,
        "User-Agent": "Framsteg",
        "webhook-id": str(message_id),
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(given, str(message_id), timestamp, body),
        "traceparent": f"00-{trace}-{secrets.token_hex(8)}-01",
    }
