"""Which days the municipality works, and counting in such days. Pure once loaded: it is told the closed and quiet days.

Public holidays are Sweden's by law. Midsummer's Eve, Christmas Eve and New Year's Eve are no holidays by law, but days
off in every municipality's collective agreement, so a promise "within ten working days" must not count them. Half days
(Maundy Thursday, the eve of All Saints) do count: people are at work on them.
"""

import dataclasses
import datetime as dt
import functools
from typing import Self

import holidays
from django.db.models import F, Value

from kommun.models import ClosedDay, QuietDays

SATURDAY = 5
ONE_DAY = dt.timedelta(days=1)


@functools.cache
def _public_holidays(year: int) -> frozenset[dt.date]:
    return frozenset(holidays.country_holidays("SE", years=year, categories=("public", "de_facto")))


@dataclasses.dataclass(frozen=True)
class Workdays:
    closed: frozenset[dt.date] = frozenset()  # the municipality's own, beside weekends and public holidays
    quiet: frozenset[dt.date] = frozenset()  # nobody is written to, though people may be at work and promises run on

    @classmethod
    def load(cls, first: dt.date, last: dt.date | None = None, *, years: int = 1) -> Self:
        """With what is closed or quiet from `first` to `last`, or `years` onwards. Ask no further. One query."""
        last = last or first + dt.timedelta(days=366 * years)
        closed = ClosedDay.objects.order_by().filter(on__range=(first, last)).annotate(to=F("on"), quiet=Value(False))
        quiet = QuietDays.objects.order_by().filter(from_on__lte=last, to_on__gte=first).annotate(quiet=Value(True))
        days: dict[bool, set[dt.date]] = {False: set(), True: set()}
        both = closed.values_list("on", "to", "quiet").union(quiet.values_list("from_on", "to_on", "quiet"), all=True)
        for start, end, is_quiet in both:
            days[is_quiet] |= _days(max(start, first), min(end, last))
        return cls(closed=frozenset(days[False]), quiet=frozenset(days[True]))

    def is_quiet(self, day: dt.date) -> bool:
        """Whether nobody is written to on `day`, working day or not. Counting in working days goes on through it."""
        return day in self.quiet

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


def _days(first: dt.date, last: dt.date) -> set[dt.date]:
    return {first + dt.timedelta(days=number) for number in range((last - first).days + 1)}
