"""Since when an effect has been faded: the same question for every number of values since the ending, the latest first.

From one number to the next only one value goes. So what the test needs is kept up to date as it does, and thousands of
values take no longer than sorting them.
"""

import datetime as dt
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from initiatives.evidence.comparison import LIKELY, VALUES_NEEDED, Direction
from initiatives.evidence.conclusions import Hold, hold
from initiatives.evidence.ranks import EXACT_UP_TO, doubled_midranks, normal_p, rank_sum_p
from initiatives.evidence.values import Value, in_order, in_whole_numbers


def faded_since(
    before: Sequence[Value], follow_up: Sequence[Value], since: Sequence[Value], *, better: Direction
) -> dt.date | None:
    """The day of the value from which on the effect has been faded; None when it is not. As for `hold`.

    It hangs on the values alone, and not on when or in what portions they were entered.
    """
    early, late, new, day = in_order(before), in_order(follow_up), in_order(since), None
    if len(early) < VALUES_NEEDED:
        return None
    in_order([*early, *new])  # refuses two values on one date
    shrinking = _Shrinking(early, late, new, Direction(better).sign)
    for count in range(len(new), 0, -1):
        if count >= VALUES_NEEDED:
            is_faded = shrinking.is_faded()
            shrinking.drop_last()
        else:  # the last of the follow-up make up for those that lack
            is_faded = hold(early, late, new[:count], better=better)[0] is Hold.FADED
        if not is_faded:
            break
        day = new[count - 1].observed_on
    return day


class _Shrinking:
    """The values since the ending against the baseline, as the last of them are taken away one by one."""

    def __init__(self, early: Sequence[Value], late: Sequence[Value], new: Sequence[Value], sign: int) -> None:
        _scale, [old, follow_up, since] = in_whole_numbers(early, late, new)
        self._sign: Final = sign
        self._old, self._since, self._in_order = sorted(old), since, sorted(since)
        self._was = _doubled_median(self._old)
        self._became = _doubled_median(sorted(follow_up)) if follow_up else None
        self._counts = Counter(old) + Counter(since)
        self._ties = sum(count**3 - count for count in self._counts.values())
        self._higher = sum(map(self._twice_higher, since))  # twice the pairs in which the new value is higher

    def drop_last(self) -> None:
        gone = self._since.pop()
        del self._in_order[bisect_left(self._in_order, gone)]
        count = self._counts[gone]
        self._ties -= 3 * count * (count - 1)  # count³ - count, less the same of one fewer
        self._counts[gone] -= 1
        self._higher -= self._twice_higher(gone)

    def is_faded(self) -> bool:
        """Whether they are back past the midpoint, and not better than the baseline."""
        now = _doubled_median(self._in_order)
        became = now if self._became is None else self._became
        is_past_midpoint = self._sign * (2 * now - self._was - became) < 0
        return is_past_midpoint and not self._are_better()

    def _are_better(self) -> bool:
        distance = self._higher - len(self._old) * len(self._since)
        return distance * self._sign > 0 and self._p(abs(distance)) <= LIKELY

    def _p(self, distance: int) -> Fraction | float:
        m, n = len(self._old), len(self._since)
        if max(m, n) > EXACT_UP_TO:
            return normal_p(m + n, n, self._ties, distance / 2)
        doubled = doubled_midranks([*self._old, *self._since])
        return rank_sum_p(doubled, doubled[m:] if n <= m else doubled[:m])

    def _twice_higher(self, value: int) -> int:
        return bisect_left(self._old, value) + bisect_right(self._old, value)


def _doubled_median(numbers: Sequence[int]) -> int:
    return numbers[(len(numbers) - 1) // 2] + numbers[len(numbers) // 2]
