"""That a version or an operation will end: said in each answer and in the specification, from the day it is known.

The day an end is known it is written here, for all of the API (`OF_ALL`), or with one `Operation` as its `ending`.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from django.utils.http import http_date

from initiatives.api.components import Schema


@dataclass(frozen=True)
class Ending:
    """Deprecated since the beginning of a day, and no longer answered from that of another, if it is known which.

    `successor` is the absolute address of what comes in its place.
    """

    since: dt.date
    until: dt.date | None = None
    successor: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """Deprecation (RFC 9745), Sunset (RFC 8594) and Link."""
        found = {"Deprecation": f"@{_seconds(self.since)}"}
        if self.until is not None:
            found["Sunset"] = http_date(_seconds(self.until))
        if self.successor:
            found["Link"] = f'<{self.successor}>; rel="successor-version"'
        return found


OF_ALL: Ending | None = None  # no end is known
SCHEMAS: Final[dict[str, Schema]] = {
    "Deprecation": {
        "description": "Since when something newer should be used, in seconds since 1970 (RFC 9745).",
        "schema": {"type": "string"},
        "example": "@1798761600",
    },
    "Sunset": {
        "description": "When this will no longer be answered (RFC 8594).",
        "schema": {"type": "string"},
        "example": "Sat, 01 Jan 2028 00:00:00 GMT",
    },
}


def ending_of(own: Ending | None) -> Ending | None:
    """That of an operation, whose `own` goes before that of all."""
    return own or OF_ALL


def _seconds(day: dt.date) -> int:
    return int(dt.datetime.combine(day, dt.time(), dt.UTC).timestamp())
