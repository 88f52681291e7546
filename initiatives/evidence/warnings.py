"""What else may explain a difference, or make the test less sure than it looks."""

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import Final

from initiatives.evidence.ranks import kendall
from initiatives.evidence.values import Value, in_whole_numbers

VALUES_FOR_SERIES: Final = 12  # on each side, for the interrupted time series
AUTOCORRELATION_LIMIT: Final = Fraction(3, 10)
UNEVEN_SHARE: Final = Fraction(1, 3)


class Warning(StrEnum):
    BASELINE_TREND = "baseline_trend"  # it was getting better before the change
    NO_LEVEL_CHANGE = "no_level_change"  # no step in the good direction at the change itself
    AUTOCORRELATION = "autocorrelation"  # values follow their neighbours
    UNEVEN_MONTHS = "uneven_months"  # other months of the year after than before


CAPPING: Final = frozenset({Warning.BASELINE_TREND, Warning.NO_LEVEL_CHANGE})


def find_warnings(before: Sequence[Value], after: Sequence[Value], sign: int) -> list[Warning]:
    """The warnings of a comparison. `sign` is 1 when up is better, -1 when down is."""
    _, [numbers] = in_whole_numbers(before)
    found = {
        Warning.BASELINE_TREND: _has_good_trend(numbers, sign),
        Warning.NO_LEVEL_CHANGE: _lacks_level_change(before, after, sign),
        Warning.AUTOCORRELATION: _autocorrelation(numbers) > AUTOCORRELATION_LIMIT,
        Warning.UNEVEN_MONTHS: _unevenness(before, after) > UNEVEN_SHARE,
    }
    return [warning for warning, is_there in found.items() if is_there]


def _has_good_trend(numbers: Sequence[int], sign: int) -> bool:
    score, p = kendall(numbers)
    return score * sign > 0 and p <= Fraction(1, 20)


def _lacks_level_change(before: Sequence[Value], after: Sequence[Value], sign: int) -> bool:
    """Interrupted time series: a least-squares line through each side; the step between where the second starts."""
    if min(len(before), len(after)) < VALUES_FOR_SERIES:
        return False
    day = after[0].observed_on.toordinal()
    return sign * (_line_at(after, day) - _line_at(before, day)) <= 0


def _line_at(values: Sequence[Value], day: int) -> Fraction:
    """The least-squares line through the values (over days), at `day`."""
    scale, [ys] = in_whole_numbers(values)
    xs = [each.observed_on.toordinal() - day for each in values]
    n, sum_x, sum_y, squares = len(xs), sum(xs), sum(ys), sum(x * x for x in xs)
    products = sum(x * y for x, y in zip(xs, ys, strict=True))
    return Fraction(sum_y * squares - sum_x * products, scale * (n * squares - sum_x * sum_x))


def _autocorrelation(numbers: Sequence[int]) -> Fraction:
    """Lag 1, about the mean; 0 for a constant series."""
    n, total = len(numbers), sum(numbers)
    off = [n * number - total for number in numbers]
    spread = sum(each * each for each in off)
    return Fraction(sum(one * other for one, other in pairwise(off)), spread) if spread else Fraction()


def _unevenness(before: Sequence[Value], after: Sequence[Value]) -> Fraction:
    """The share of values that would have to move to another month for the year to look alike on both sides."""
    months = [Counter(each.observed_on.month for each in part) for part in (before, after)]
    return (
        sum(
            (
                abs(Fraction(months[0][month], len(before)) - Fraction(months[1][month], len(after)))
                for month in range(1, 13)
            ),
            Fraction(),
        )
        / 2
    )
