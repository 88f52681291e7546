"""Pages of a list in order of change by keys: the hundredth page costs what the first does.

A key names the row that the page continues from. Rows that change meanwhile move to the top; none is lost below.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Final, Self

from django.db.models import Q

from initiatives.models import Initiative
from initiatives.models.initiative import InitiativeQuerySet

EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MICROSECOND: Final = dt.timedelta(microseconds=1)


@dataclass(frozen=True)
class Key:
    at: dt.datetime
    pk: int

    @classmethod
    def of(cls, row: Initiative) -> Self:
        return cls(row.updated_at, row.pk)

    @classmethod
    def read(cls, text: str) -> Self | None:
        """The key of an address; None when somebody has changed it into something else."""
        at, _dash, pk = text.partition("-")
        try:
            return cls(EPOCH + int(at) * MICROSECOND, int(pk))
        except (ValueError, OverflowError):
            return None

    def __str__(self) -> str:
        return f"{(self.at - EPOCH) // MICROSECOND}-{self.pk}"


@dataclass(frozen=True)
class Rows:
    """One page of rows, the latest change first, and whether there are more on either side."""

    rows: list[Initiative]
    has_newer: bool
    has_older: bool


def page(rows: InitiativeQuerySet, size: int, *, after: Key | None = None, before: Key | None = None) -> Rows:
    """The `size` rows that come after the key `after`, or right before `before`; the first ones without a key."""
    if before is not None:
        return _newer(rows, size, before)
    if after is not None:
        rows = rows.filter(
            Q(updated_at__lt=after.at) | Q(updated_at=after.at, pk__lt=after.pk), updated_at__lte=after.at
        )
    found = list(rows.order_by("-updated_at", "-pk")[: size + 1])
    return Rows(found[:size], has_newer=after is not None, has_older=len(found) > size)


def _newer(rows: InitiativeQuerySet, size: int, before: Key) -> Rows:
    rows = rows.filter(
        Q(updated_at__gt=before.at) | Q(updated_at=before.at, pk__gt=before.pk), updated_at__gte=before.at
    )
    found = list(rows.order_by("updated_at", "pk")[: size + 1])
    return Rows(found[:size][::-1], has_newer=len(found) > size, has_older=True)
