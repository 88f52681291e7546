"""The signs of life of the clock and of the sender of letters, by which their silence is heard."""

import datetime as dt
from typing import Final

from django.conf import settings
from django.db import connection

from kommun.models import Heartbeat

CLOCK: Final = "clock"
LETTERS: Final = "letters"


def beat(name: str, now: dt.datetime) -> None:
    """Notes that this part has done its work. A later note of another worker stands."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO kommun_heartbeat (name, at) VALUES (%s, %s)
            ON CONFLICT (name) DO UPDATE SET at = greatest(kommun_heartbeat.at, excluded.at)
            """,
            [name, now],
        )


def last_beat(name: str) -> dt.datetime | None:
    return Heartbeat.objects.filter(name=name).values_list("at", flat=True).first()


def patience() -> dt.timedelta:
    """How long a part may be silent before it counts as stopped."""
    return dt.timedelta(seconds=settings.CLOCK_STOPPED_AFTER)
