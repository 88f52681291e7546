"""XmR charts, "plot the dots": which values stand out from normal variation. An early warning, not the verdict.

The rules are those of NHS England's Making Data Count, as the R package NHSRplotthedots 0.2.2 computes them.
"""

import datetime as dt
import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import Final, NamedTuple

from initiatives.evidence.comparison import Direction
from initiatives.evidence.values import Observed, exact, observed

LIMIT: Final = Fraction(266, 100)  # average moving ranges from the mean
NEAR_LIMIT: Final = LIMIT * 2 / 3
SCREEN: Final = Fraction(3267, 1000)  # average moving ranges; a range that is not below this is left out, once
IN_A_ROW: Final = 7  # values of a trend, and of a run on one side of the mean
FEWEST_FIXED: Final = 12  # values of a fixed baseline


class Signal(StrEnum):
    """Why a value stands out; the first that applies."""

    OUTSIDE = "outside"
    TREND = "trend"
    TWO_IN_THREE = "two_in_three"
    RUN = "run"


class Variation(StrEnum):
    """What a value that stands out means."""

    COMMON_CAUSE = "common_cause"
    IMPROVEMENT = "improvement"
    CONCERN = "concern"
    NEUTRAL = "neutral"  # it stands out, where neither way is better


class Assurance(StrEnum):
    """Whether the target will be met as things are."""

    CONSISTENTLY_PASSES = "consistently_passes"
    CONSISTENTLY_FAILS = "consistently_fails"
    HIT_OR_MISS = "hit_or_miss"


class Limits(NamedTuple):
    """The mean of a phase and the limits of normal variation; limits are None when no moving range is left."""

    mean: Fraction
    lower: Fraction | None
    upper: Fraction | None
    near_lower: Fraction | None
    near_upper: Fraction | None


class Point(NamedTuple):
    on: dt.date
    value: Fraction
    phase: int  # counted from 0
    limits: Limits
    signal: Signal | None
    is_up: bool | None  # above or rising, for a point with a signal
    variation: Variation


@dataclass(frozen=True)
class XmrChart:
    """The points by date. `variation` is that of the latest point; both it and `assurance` are None when unknown."""

    points: Sequence[Point]
    variation: Variation | None
    assurance: Assurance | None


def xmr(
    values: Iterable[tuple[dt.date, Decimal | None]],
    *,
    better: Direction | None = None,
    phases: Collection[dt.date] = (),
    fix_after: int | None = None,
    screen: bool = True,
    target: Decimal | None = None,
) -> XmrChart:
    """The chart of `values`, pairs of a day and a value (None: missing, and left out), in any order.

    A phase begins at each value whose day is in `phases`, and has limits of its own; another day begins none.
    `fix_after` takes limits from the first so many values of each phase, drawn on through the rest. `screen` leaves
    out large moving ranges, once; no value is ever left out of the mean. `better` None: neither way is better.
    Raises ValueError for two values on one day, for what is not a finite number, for `better` but up and down, and for
    `fix_after` below 12.

    Source: NHSRplotthedots 0.2.2 (ptd_spc), computed exactly.
    """
    better = None if better is None else Direction(better)
    if fix_after is not None and fix_after < FEWEST_FIXED:
        raise ValueError(f"limits are fixed on at least {FEWEST_FIXED} values, not on {fix_after}")
    points: list[Point] = []
    for number, phase in enumerate(_phases(observed(values), frozenset(phases))):
        points += _points(phase, number, limits_of([value for _day, value in phase[:fix_after]], screen=screen), better)
    goal = None if target is None else exact(target, "the target")
    last = points[-1] if points else None
    return XmrChart(points, last and last.variation, _assurance(last, goal, better))


def _phases(rows: Sequence[Observed], begins: frozenset[dt.date]) -> list[list[Observed]]:
    phases: list[list[Observed]] = []
    for row in rows:
        if not phases or row[0] in begins:
            phases.append([])
        phases[-1].append(row)
    return phases


def baseline_limits(baseline: Sequence[Decimal]) -> Limits | None:
    """What is normal for these values, in the order of time; None of fewer than 12."""
    if len(baseline) < FEWEST_FIXED:
        return None
    return limits_of([exact(value, "a value") for value in baseline], screen=True)


def limits_of(baseline: Sequence[Fraction], *, screen: bool) -> Limits:
    """The mean of at least one value, and what is normal variation around it."""
    scale, whole = scaled(baseline)
    mean = Fraction(sum(whole), len(whole) * scale)
    average = average_range([abs(later - earlier) for earlier, later in pairwise(whole)], screen=screen)
    if average is None:
        return Limits(mean, None, None, None, None)
    far, near = LIMIT * average / scale, NEAR_LIMIT * average / scale
    return Limits(mean, mean - far, mean + far, mean - near, mean + near)


def average_range(ranges: Sequence[int], *, screen: bool) -> Fraction | None:
    """The average of moving ranges, or None. Screened, those that are not strictly below 3.267 times it go first."""
    if screen and ranges:
        limit = math.ceil(SCREEN * sum(ranges) / len(ranges))  # a whole number is below the limit when it is below this
        ranges = [each for each in ranges if each < limit]
    return Fraction(sum(ranges), len(ranges)) if ranges else None


def _points(phase: Sequence[Observed], number: int, limits: Limits, better: Direction | None) -> list[Point]:
    marks = _marks([value for _day, value in phase], limits)
    return [
        Point(day, value, number, limits, signal, is_up, _variation(is_up, better))
        for (day, value), (signal, is_up) in zip(phase, marks, strict=True)
    ]


def _marks(numbers: Sequence[Fraction], limits: Limits) -> list[tuple[Signal | None, bool | None]]:
    scale, whole = scaled(numbers)
    sides = beyond(whole, limits.mean, limits.mean, scale)
    outside = beyond(whole, limits.lower, limits.upper, scale)
    beyond_near = beyond(whole, limits.near_lower, limits.near_upper, scale)
    near = [bool(is_beyond and not is_out) for is_beyond, is_out in zip(beyond_near, outside, strict=True)]
    steps = [_sign(later, earlier) for earlier, later in pairwise(whole)]
    in_trend, in_run, of_three = _in_trend(steps), _in_run(sides), _two_in_three(near, sides)
    marks: list[tuple[Signal | None, bool | None]] = []
    for index, side in enumerate(sides):
        if outside[index]:
            marks.append((Signal.OUTSIDE, side > 0))
        elif in_trend[index]:
            marks.append((Signal.TREND, _rises(index, steps, in_trend)))
        elif of_three[index]:
            marks.append((Signal.TWO_IN_THREE, side > 0))
        elif in_run[index]:
            marks.append((Signal.RUN, side > 0))
        else:
            marks.append((None, None))
    return marks


def scaled(numbers: Sequence[Fraction]) -> tuple[int, list[int]]:
    """The least scale at which every number is whole, and the numbers times it: as exact, and quicker."""
    scale = math.lcm(*(number.denominator for number in numbers))
    return scale, [number.numerator * (scale // number.denominator) for number in numbers]


def beyond(whole: Sequence[int], lower: Fraction | None, upper: Fraction | None, scale: int) -> list[int]:
    """For each number 1 when it is strictly above `upper`, -1 when strictly below `lower`, else 0."""
    if lower is None or upper is None:
        return [0] * len(whole)
    least, most = math.ceil(lower * scale), math.floor(upper * scale)  # the whole numbers within
    return [(number > most) - (number < least) for number in whole]


def _sign(value: int, other: int) -> int:
    return (value > other) - (value < other)


def _in_trend(steps: Sequence[int]) -> list[bool]:
    """Which values lie in seven that strictly rise or fall; `steps` are the signs from each value to the next."""
    return [*_stretches(steps, IN_A_ROW - 1, reach=1)] if steps else [False]


def _in_run(sides: Sequence[int]) -> list[bool]:
    """Which values lie in seven on one side of the mean. One on the mean breaks it."""
    return _stretches(sides, IN_A_ROW, reach=0)


def _stretches(signs: Sequence[int], length: int, *, reach: int) -> list[bool]:
    """Which places lie in at least `length` equal signs in a row that are not 0; each sign covers `reach` more."""
    covered = [False] * (len(signs) + reach)
    begin = 0
    for end in range(1, len(signs) + 1):
        if end == len(signs) or signs[end] != signs[begin]:
            if signs[begin] and end - begin >= length:
                covered[begin : end + reach] = [True] * (end + reach - begin)
            begin = end
    return covered


def _rises(index: int, steps: Sequence[int], in_trend: Sequence[bool]) -> bool:
    """The step to the next value counts when that one is in a trend too, as at a turning point; else the step before.

    An equal neighbour that begins another trend counts as falling, as in the package.
    """
    is_followed = index + 1 < len(in_trend) and in_trend[index + 1]
    return (steps[index] if is_followed else steps[index - 1]) > 0


def _two_in_three(near: Sequence[bool], sides: Sequence[int]) -> list[bool]:
    """Which of the values beyond a near limit lie in three on one side of the mean of which two are such values."""
    marked = [False] * len(near)
    for begin in range(len(near) - 2):
        three = slice(begin, begin + 3)
        if sum(near[three]) >= 2 and abs(sum(sides[three])) == 3:
            marked[three] = [was or is_near for was, is_near in zip(marked[three], near[three], strict=True)]
    return marked


def _variation(is_up: bool | None, better: Direction | None) -> Variation:
    if is_up is None:
        return Variation.COMMON_CAUSE
    if better is None:
        return Variation.NEUTRAL
    return Variation.IMPROVEMENT if is_up == (better is Direction.UP) else Variation.CONCERN


def _assurance(last: Point | None, target: Fraction | None, better: Direction | None) -> Assurance | None:
    """The limits of the latest phase against the target."""
    if last is None or target is None or better is None:
        return None
    limits = last.limits
    if limits.lower is None or limits.upper is None or limits.lower <= target <= limits.upper:
        return Assurance.HIT_OR_MISS
    passes = (target < limits.lower) == (better is Direction.UP)
    return Assurance.CONSISTENTLY_PASSES if passes else Assurance.CONSISTENTLY_FAILS
