"""Which days the municipality works, and counting in such days. Pure once loaded: it is told the closed days.

Public holidays are Sweden's by law. Midsummer's Eve, Christmas Eve and New Year's Eve are no holidays by law, but days
off in every municipality's collective agreement, so a promise "within ten working days" must not count them. Half days
(Maundy Thursday, the eve of All Saints) do count: people are at work on them.
"""

import dataclasses
import datetime as dt
import functools
from typing import Self

import holidays

from kommun.models import ClosedDay

SATURDAY = 5
ONE_DAY = dt.timedelta(days=1)


@functools.cache
def _public_holidays(year: int) -> frozenset[dt.date]:
    return frozenset(holidays.country_holidays("SE", years=year, categories=("public", "de_facto")))


@dataclasses.dataclass(frozen=True)
class Workdays:
    closed: frozenset[dt.date] = frozenset()  # the municipality's own, beside weekends and public holidays

    @classmethod
    def load(cls, first: dt.date, last: dt.date | None = None, *, years: int = 1) -> Self:
        """With the closed days from `first` to `last`, or `years` onwards. Count no further than that. One query."""
        last = last or first + dt.timedelta(days=366 * years)
        return cls(frozenset(ClosedDay.objects.filter(on__range=(first, last)).values_list("on", flat=True)))

    def is_working_day(self, day: dt.date) -> bool:
        return day.weekday() < SATURDAY and day not in _public_holidays(day.year) and day not in self.closed

    def add(self, day: dt.date, n: int) -> dt.date:
        """The `n`-th full working day after `day`, which itself does not count. With n = 0, `day`."""
        for _ in range(n):
            day = self.next(day)
        return day

    def next(self, day: dt.date) -> dt.date:
        """The first working day after `day`."""
        day += ONE_DAY
        while not self.is_working_day(day):
            day += ONE_DAY
        return day

    def between(self, first: dt.date, last: dt.date) -> int:
        """How many full working days have passed after `first` up to and with `last`; so between(d, add(d, n)) is n."""
        days = (first + dt.timedelta(days=i) for i in range(1, (last - first).days + 1))
        return sum(self.is_working_day(day) for day in days)
