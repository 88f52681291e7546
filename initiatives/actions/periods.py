"""The periods of a series that have a value. Two values may not be of overlapping periods: nothing is counted twice."""

import datetime as dt
from bisect import bisect_left, insort
from collections.abc import Iterable

from initiatives.cadence import Span


class Taken:
    """Periods that are taken, known by their last days: a value that ends on the same day replaces the other."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self._first_of = {span.last: span.first for span in spans}
        self._lasts = sorted(self._first_of)
        self._longest = max((last - first for last, first in self._first_of.items()), default=dt.timedelta())

    def overlaps(self, span: Span) -> bool:
        """Whether `span` has a day in common with one that does not end on the same day."""
        for place in range(bisect_left(self._lasts, span.first), len(self._lasts)):
            last = self._lasts[place]
            if last - self._longest > span.last:
                return False
            if last != span.last and self._first_of[last] <= span.last:
                return True
        return False

    def take(self, span: Span) -> None:
        if span.last not in self._first_of:
            insort(self._lasts, span.last)
        self._first_of[span.last] = span.first
        self._longest = max(self._longest, span.last - span.first)
