"""The periods of a series that have a value. Two values may not be of overlapping periods: nothing is counted twice."""

import datetime as dt
from bisect import bisect_left, insort
from collections.abc import Iterable
from itertools import pairwise

from initiatives.cadence import Span

DAY = dt.timedelta(days=1)


class Taken:
    """Periods that are taken, known by their last days: a value that ends on the same day replaces the other.

    They are kept by their size, to a power of two. Of one size only a few can end so soon after a day that they
    contain it, unless they overlap themselves; so one year among ten thousand days does not make every day slow.
    """

    def __init__(self, spans: Iterable[Span]) -> None:
        self._first_of: dict[dt.date, dt.date] = {}
        self._lasts: dict[int, list[dt.date]] = {}
        for span in spans:
            self.take(span)

    def overlaps(self, span: Span) -> bool:
        """Whether `span` has a day in common with one that does not end on the same day."""
        for size, lasts in self._lasts.items():
            longest = DAY * (1 << size)  # those of this size are shorter
            for place in range(bisect_left(lasts, span.first), len(lasts)):
                last = lasts[place]
                if last - span.last >= longest:
                    break
                if last != span.last and self._first_of[last] <= span.last:
                    return True
        return False

    def take(self, span: Span) -> None:
        former = self._first_of.get(span.last)
        if former is not None:
            self._lasts[_size(former, span.last)].remove(span.last)
        self._first_of[span.last] = span.first
        insort(self._lasts.setdefault(_size(span.first, span.last), []), span.last)


def _size(first: dt.date, last: dt.date) -> int:
    return (last - first).days.bit_length()


def are_apart(spans: Iterable[Span]) -> bool:
    """Whether no day lies in two of them, but for those that end on the same day."""
    first_of: dict[dt.date, dt.date] = {}
    for first, last in spans:
        if first_of.get(last, first) >= first:
            first_of[last] = first
    lasts = sorted(first_of)
    return all(earlier < first_of[later] for earlier, later in pairwise(lasts))
