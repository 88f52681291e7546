"""Before against after: the exact rank-sum test, the shift with its interval, and the verdict that follows."""

import datetime as dt
import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final

from initiatives.evidence.differences import Differences
from initiatives.evidence.ranks import (
    EXACT_UP_TO,
    doubled_midranks,
    interval_rank,
    rank_sum_p,
    rank_sum_p_by_normal,
)
from initiatives.evidence.values import Value, earliest_baseline, in_order, in_whole_numbers, split
from initiatives.evidence.warnings import CAPPING, Warning, find_warnings

VALUES_NEEDED: Final = 5  # before, and after
SURE: Final = Fraction(1, 100)
LIKELY: Final = Fraction(1, 20)
ROUND_CHANCES: Final = (10_000, 1_000, 200, 100, 50, 20)


class Direction(StrEnum):
    """Which way is better."""

    UP = "up"
    DOWN = "down"

    @property
    def sign(self) -> int:
        return 1 if self is Direction.UP else -1


class Verdict(StrEnum):
    TOO_FEW = "too_few"
    IMPROVED = "improved"
    PROBABLY_IMPROVED = "probably_improved"
    MAY_BE_CHANCE = "may_be_chance"
    PROBABLY_WORSE = "probably_worse"
    WORSE = "worse"


@dataclass(frozen=True)
class Comparison:
    """What the values say. Shift and interval are after less before, in the indicator's own unit of measure.

    `p` is a Fraction when it is exact, and None with too few values; `change` is the sign of the rank sum's distance
    from the expected (1 = values are higher after). `chance_one_in` says "once in N", rounded down, for p <= 0.05.
    """

    verdict: Verdict
    n_before: int
    n_after: int
    baseline_median: Fraction | None
    follow_up_median: Fraction | None
    more_needed: int = 0
    p: Fraction | float | None = None
    is_exact: bool = True
    change: int = 0
    shift: Fraction | None = None
    low: Fraction | None = None
    high: Fraction | None = None
    chance_one_in: int | None = None
    warnings: tuple[Warning, ...] = ()
    is_final: bool = False


def before_after(
    values: Iterable[Value | tuple[dt.date, Decimal | None]],
    change_on: dt.date,
    *,
    better: Direction,
    baseline_from: dt.date | None = None,
    review_on: dt.date | None = None,
    today: dt.date | None = None,
) -> Comparison:
    """The verdict on a series that was changed on `change_on`, of values or of pairs of a day and a spot value.

    A pair whose value is None is a missing value, and left out. Before are periods that end before the change, after
    are those that start on or after it; one that straddles it is neither. The baseline goes back to `baseline_from`,
    else 24 months; values dated after `review_on` are left out, and from that day on, by `today`, the verdict is
    final. Their order does not matter. Raises ValueError for two values on one date and for what is not a finite
    number. How the two are compared: see `compare`.
    """
    periods = [value for each in values if (value := _spot(each)) is not None]
    first = earliest_baseline(change_on) if baseline_from is None else baseline_from
    parts = split(periods, change_on, baseline_from=first, until=review_on)
    is_final = review_on is not None and today is not None and today >= review_on
    return replace(_compare(parts.before, parts.after, Direction(better)), is_final=is_final)


def _spot(each: Value | tuple[dt.date, Decimal | None]) -> Value | None:
    if isinstance(each, Value):
        return each
    day, value = each
    return None if value is None else Value(day, day, value)


def compare(before: Sequence[Value], after: Sequence[Value], *, better: Direction) -> Comparison:
    """The verdict on two groups of values. Their order does not matter.

    The exact two-sided permutation test of the rank sum, ties included (normal approximation when a group has more
    than 60 values); Hodges-Lehmann shift; 95 % interval after Lehmann 1963, doi 10.1214/aoms/1177703882.
    Raises ValueError for two values on one date, for what is not a finite number, and for `better` but up and down.
    """
    in_order([*before, *after])  # refuses two values on one date
    return _compare(in_order(before), in_order(after), Direction(better))


def _compare(early: Sequence[Value], late: Sequence[Value], better: Direction) -> Comparison:
    """Of two groups that are in order."""
    scale, (old, new) = in_whole_numbers(early, late)
    medians = (_median(old, scale), _median(new, scale))
    shift, low, high = _shift(old, new, scale) if old and new else (None, None, None)
    lacking = max(0, VALUES_NEEDED - len(old)) + max(0, VALUES_NEEDED - len(new))
    if lacking:
        return Comparison(Verdict.TOO_FEW, len(old), len(new), *medians, more_needed=lacking, shift=shift)
    p, change, is_exact = _rank_sum_test(old, new)
    warnings = tuple(find_warnings(early, late, better.sign))
    verdict = _capped(_verdict(p, change * better.sign), warnings)
    one_in = chance_one_in(p, len(old), len(new))
    return Comparison(
        verdict, len(old), len(new), *medians, 0, p, is_exact, change, shift, low, high, one_in, warnings
    )  # fmt: skip


def _median(numbers: list[int], scale: int) -> Fraction | None:
    return Fraction(statistics.median_low(numbers) + statistics.median_high(numbers), 2 * scale) if numbers else None


def _rank_sum_test(old: list[int], new: list[int]) -> tuple[Fraction | float, int, bool]:
    """p, the direction of the change, and whether p is exact."""
    doubled = doubled_midranks([*old, *new])
    chosen = doubled[len(old) :]
    distance = sum(chosen) - len(new) * (len(doubled) + 1)
    change = (distance > 0) - (distance < 0)
    if max(len(old), len(new)) > EXACT_UP_TO:
        return rank_sum_p_by_normal(doubled, chosen), change, False
    smaller = chosen if len(new) <= len(old) else doubled[: len(old)]
    return rank_sum_p(doubled, smaller), change, True


def _shift(old: list[int], new: list[int], scale: int) -> tuple[Fraction, Fraction, Fraction]:
    pairs, rank = len(old) * len(new), interval_rank(len(old), len(new))
    difference = Differences(old, new)
    shift = Fraction(difference((pairs + 1) // 2) + difference(pairs // 2 + 1), 2 * scale)
    return shift, Fraction(difference(rank), scale), Fraction(difference(pairs + 1 - rank), scale)


def _verdict(p: Fraction | float, good: int) -> Verdict:
    if p > LIKELY or good == 0:
        return Verdict.MAY_BE_CHANCE
    if p <= SURE:
        return Verdict.IMPROVED if good > 0 else Verdict.WORSE
    return Verdict.PROBABLY_IMPROVED if good > 0 else Verdict.PROBABLY_WORSE


def _capped(verdict: Verdict, warnings: tuple[Warning, ...]) -> Verdict:
    if verdict is Verdict.IMPROVED and CAPPING.intersection(warnings):
        return Verdict.PROBABLY_IMPROVED
    return verdict


def chance_one_in(p: Fraction | float, n_before: int, n_after: int) -> int | None:
    """ "Once in N", rounded down, and never above what the number of values can show; None above p = 0.05."""
    if p > LIKELY:
        return None
    splits = math.comb(n_before + n_after, n_before)
    most = min(1 / Fraction(p) if p else Fraction(splits, 2), Fraction(splits, 2))
    return next((chance for chance in ROUND_CHANCES if chance <= most), None)
