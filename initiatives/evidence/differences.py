"""The k-th smallest of all differences between two groups, without writing them all down."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import repeat
from typing import Final

FEW: Final = 50  # differences; so many are sooner written down than counted


class Differences:
    """All m·n differences, one of `new` less one of `old`; called with a rank (1 is the smallest) it gives that one.

    How many differences are at most a limit is counted in m steps. Limits are guessed from the counts of earlier ones,
    until few differences are left between two; those are written down. 5,000 + 5,000 values have 25 million
    differences, and a rank takes some ten counts.
    """

    def __init__(self, old: Sequence[int], new: Sequence[int]) -> None:
        self._old, self._new = sorted(old), sorted(new)
        self._few = max(FEW, len(old) + len(new))
        least, most = self._new[0] - self._old[-1] - 1, self._new[-1] - self._old[0]
        self._counts = {least: 0, most: len(old) * len(new)}  # by limit, how many are at most that

    def __call__(self, rank: int) -> int:
        below = max(limit for limit, count in self._counts.items() if count < rank)
        above = min(limit for limit, count in self._counts.items() if count >= rank)
        turn = 0
        while above - below > 1 and self._counts[above] - self._counts[below] > self._few:
            limit = self._guess(rank, below, above, turn)
            turn += 1
            self._counts[limit] = self._at_most(limit)
            if self._counts[limit] >= rank:
                above = limit
            else:
                below = limit
        return above if above - below == 1 else self._between(below, above)[rank - self._counts[below] - 1]

    def _guess(self, rank: int, below: int, above: int, turn: int) -> int:
        """On the straight line between the two counts, a little past the rank and a little before it by turns; every
        third time the middle, which ends the search whatever the counts are like.
        """
        if turn % 3 == 2:
            return (below + above) // 2
        fewer, more = self._counts[below], self._counts[above]
        aim = rank - fewer + (self._few // 3 if turn % 3 == 0 else -self._few // 3)
        return min(max(below + (above - below) * aim // (more - fewer), below + 1), above - 1)

    def _at_most(self, limit: int) -> int:
        return sum(map(bisect_right, repeat(self._new), [early + limit for early in self._old]))

    def _between(self, below: int, above: int) -> list[int]:
        """The differences above `below`, and at most `above`, the smallest first."""
        new = self._new
        return sorted(
            late - early
            for early in self._old
            for late in new[bisect_right(new, early + below) : bisect_right(new, early + above)]
        )
