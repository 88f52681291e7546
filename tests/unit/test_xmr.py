"""The XmR chart against the rules written out one window at a time, against properties, and against cases by hand."""

import datetime as dt
import random
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initiatives.evidence import Assurance, Direction, Signal, Variation, XmrChart, xmr

UP, DOWN = Direction.UP, Direction.DOWN
MONDAY = dt.date(2026, 1, 5)
OUTSIDE, TREND, NEAR, RUN = Signal.OUTSIDE, Signal.TREND, Signal.TWO_IN_THREE, Signal.RUN


def days(count: int) -> list[dt.date]:
    return [MONDAY + dt.timedelta(days=7 * index) for index in range(count)]


def series(*numbers: float | str | Decimal | None) -> list[tuple[dt.date, Decimal | None]]:
    exact = [None if number is None else Decimal(str(number)) for number in numbers]
    return list(zip(days(len(numbers)), exact, strict=True))


def signals(chart: XmrChart) -> list[Signal | None]:
    return [point.signal for point in chart.points]


def marked(signal: Signal, chart: XmrChart) -> list[int]:
    return [index for index, each in enumerate(signals(chart)) if each is signal]


# --- Limits ---------------------------------------------------------------------------------------------------------
def test_limits_are_2_66_average_moving_ranges_from_the_mean() -> None:
    limits = xmr(series(10, 12, 11, 13), screen=False).points[0].limits  # ranges 2, 1 and 2
    assert limits.mean == Fraction(23, 2)
    assert (limits.lower, limits.upper) == (limits.mean - Fraction(133, 30), limits.mean + Fraction(133, 30))
    assert (limits.near_lower, limits.near_upper) == (limits.mean - Fraction(133, 45), limits.mean + Fraction(133, 45))


def test_a_large_moving_range_is_screened_once_and_its_values_stay_in_the_mean() -> None:
    numbers = [10, 11, 10, 11, 10, 11, 10, 30]  # seven ones and a twenty, of which the average is 26 / 7
    screened, plain = xmr(series(*numbers)).points[0].limits, xmr(series(*numbers), screen=False).points[0].limits
    assert screened.mean == plain.mean == Fraction(103, 8)
    assert screened.upper == screened.mean + Fraction(266, 100)
    assert plain.upper == plain.mean + Fraction(266, 100) * Fraction(26, 7)


def test_a_range_of_exactly_the_screen_is_left_out_and_one_just_below_stays() -> None:
    """Of one range r and n ones, r is at 3.267 times the average when r (n + 1 - 3.267) = 3.267 n."""
    ones, large = 12, Decimal("39.204") / Decimal("9.733")
    assert Fraction(large) != Fraction(39204, 9733)  # not a decimal, so near it on both sides
    numbers = [Decimal(index % 2) for index in range(ones + 1)]
    below, above = Decimal("4.0279"), Decimal("4.0280")
    assert below < large < above
    kept = xmr(series(*numbers, below)).points[0].limits
    left = xmr(series(*numbers, above)).points[0].limits
    assert left.upper == left.mean + Fraction(266, 100)
    assert kept.upper == kept.mean + Fraction(266, 100) * (12 + Fraction(below)) / 13


def test_a_constant_series_has_no_limits_when_screened_and_common_cause_when_not() -> None:
    screened, plain = xmr(series(*[3.7] * 9)), xmr(series(*[3.7] * 9), screen=False)
    assert screened.points[0].limits == (Fraction(37, 10), None, None, None, None)
    assert plain.points[0].limits == (Fraction(37, 10),) * 5
    assert signals(screened) == signals(plain) == [None] * 9
    assert screened.variation is plain.variation is Variation.COMMON_CAUSE


def test_one_value_has_a_mean_and_no_limits() -> None:
    [point] = xmr(series(5)).points
    assert point.limits == (5, None, None, None, None)


def test_no_values_make_an_empty_chart() -> None:
    assert xmr([]) == XmrChart([], None, None)


def test_limits_are_not_clipped_at_nought() -> None:
    lower = xmr(series(0, 3, 0, 3)).points[0].limits.lower
    assert lower is not None
    assert lower < 0


def test_missing_values_are_left_out_and_ranges_bridge_them() -> None:
    assert xmr(series(1, None, 4)).points[0].limits == xmr(series(1, 4)).points[0].limits


# --- Phases and a fixed baseline ------------------------------------------------------------------------------------
def test_limits_fixed_on_a_baseline_are_drawn_on_and_not_made_anew_at_a_change() -> None:
    before, after = [40, 42, 41, 39, 43, 40, 42, 41, 39, 43, 40, 42], [20, 22, 21, 19, 23, 20]
    frozen = xmr(series(*before, *after), better=DOWN, fix_after=12)
    assert {point.limits for point in frozen.points} == {xmr(series(*before)).points[0].limits}
    assert marked(OUTSIDE, frozen) == list(range(12, 18))
    rebased = xmr(series(*before, *after), better=DOWN, phases=[days(18)[12]])
    assert marked(OUTSIDE, rebased) == []


def test_each_phase_has_limits_and_signals_of_its_own() -> None:
    first, second = [1, 2, 1, 2], [10, 11, 10, 12, 10]
    chart = xmr(series(*first, *second), phases=[days(9)[4]])
    assert [point.phase for point in chart.points] == [0] * 4 + [1] * 5
    assert chart.points[0].limits == xmr(series(*first)).points[0].limits
    assert chart.points[8].limits == xmr(series(*second)).points[0].limits


def test_a_trend_does_not_reach_over_phases() -> None:
    chart = xmr(series(*range(12)), phases=[days(12)[6]])
    assert marked(TREND, chart) == []


def test_a_day_without_a_value_begins_no_phase() -> None:
    assert xmr(series(1, 2, 3), phases=[MONDAY + dt.timedelta(days=8)]) == xmr(series(1, 2, 3))
    assert xmr(series(1, None, 3), phases=[days(3)[1]]) == xmr(series(1, None, 3))


def test_each_phase_is_fixed_on_its_own_first_values() -> None:
    numbers = [index % 3 for index in range(30)]
    chart = xmr(series(*numbers), phases=[days(30)[15]], fix_after=12)
    assert chart.points[20].limits == xmr(series(*numbers[15:27])).points[0].limits


def test_a_baseline_that_is_longer_than_the_phase_is_all_of_it() -> None:
    assert xmr(series(1, 5, 2), fix_after=12) == xmr(series(1, 5, 2))


# --- Signals --------------------------------------------------------------------------------------------------------
# Mean 11, ranges 2: limits 5.68 and 16.32, near limits about 7.45 and 14.55.
QUIET = [10, 12, 10, 12, 10, 12, 10, 12, 10, 12, 10, 12]


def after_quiet(*numbers: float | str, better: Direction | None = UP) -> XmrChart:
    return xmr(series(*QUIET, *numbers), better=better, fix_after=12)


def test_a_value_on_a_limit_is_not_outside() -> None:
    assert signals(after_quiet("16.32"))[12:] == [None]
    assert signals(after_quiet("16.320001"))[12:] == [OUTSIDE]
    assert signals(after_quiet("5.68"))[12:] == [None]
    assert signals(after_quiet("5.679999"))[12:] == [OUTSIDE]


def test_two_of_three_beyond_the_same_near_limit_are_marked_and_the_third_is_not() -> None:
    assert signals(after_quiet(15, 11.5, 15, 10))[12:] == [NEAR, None, NEAR, None]
    assert signals(after_quiet(10, 15, 15, 10))[12:] == [None] * 4  # the third is on the other side
    assert signals(after_quiet(15, 7, 15))[12:] == [None, None, None]  # beyond, but not on one side
    assert signals(after_quiet(15, 11, 15))[12:] == [None, None, None]  # the one between is on the mean
    assert signals(after_quiet(7, 7, 10.5, 12))[12:] == [NEAR, NEAR, None, None]


def test_a_value_on_the_near_limit_is_not_beyond_it() -> None:
    """A third of 5.32 either side of 11 is not a decimal: 14.5466…"""
    assert signals(after_quiet(15, "14.5466", 12))[12:] == [None, None, None]
    assert signals(after_quiet(15, "14.5467", 12))[12:] == [NEAR, NEAR, None]


def test_a_value_outside_does_not_make_two_of_three() -> None:
    assert signals(after_quiet(20, 15, 12, 10))[12:] == [OUTSIDE, None, None, None]


def test_seven_in_a_row_on_one_side_are_a_run_and_six_are_not() -> None:
    wave = [11.5, 12.5, 11.2, 12.5, 11.5, 12.5]
    assert signals(after_quiet(10, *wave, 10))[13:19] == [None] * 6
    assert signals(after_quiet(10, *wave, 11.5, 10))[12:] == [None, *[RUN] * 7, None]


def test_a_value_on_the_mean_breaks_a_run() -> None:
    assert RUN not in signals(after_quiet(10, 12, 11.5, 12, 11, 12, 11.5, 12, 10))


def test_seven_that_rise_are_a_trend_and_six_are_not() -> None:
    rise = [8, 9, 10, 10.5, 11.5, 12]
    assert TREND not in signals(after_quiet(9, *rise, 9))
    assert signals(after_quiet(9, *rise, 13, 9))[13:20] == [TREND] * 7


def test_equal_neighbours_break_a_trend() -> None:
    assert TREND not in signals(after_quiet(9, 8, 9, 10, 10, 10.5, 11.5, 12, 9))


def test_at_a_turning_point_the_direction_to_the_next_value_counts() -> None:
    up, down = [7.5, 8, 9, 10, 10.5, 11.5, 12], [11.5, 10.8, 10, 9, 8, 7.6]
    chart = after_quiet(10, *up, *down, 10)
    assert [point.is_up for point in chart.points[13:26]] == [True] * 6 + [False] * 7
    assert {point.signal for point in chart.points[13:26]} == {TREND}


def test_the_first_signal_that_applies_is_given() -> None:
    """Rising through the upper limit, above the mean all the time."""
    chart = after_quiet(11.5, 12, 12.5, 13, 14, 15, 15.5, 17)
    assert signals(chart)[12:] == [TREND] * 7 + [OUTSIDE]
    level = after_quiet(11.5, 12, 11.5, 12, 15, 11.8, 15.2, 12)
    assert signals(level)[12:] == [RUN, RUN, RUN, RUN, NEAR, RUN, NEAR, RUN]


@pytest.mark.parametrize(
    ("better", "above", "below"),
    [
        (UP, Variation.IMPROVEMENT, Variation.CONCERN),
        (DOWN, Variation.CONCERN, Variation.IMPROVEMENT),
        (None, Variation.NEUTRAL, Variation.NEUTRAL),
    ],
)
def test_what_stands_out_is_better_or_worse_by_the_direction(
    better: Direction | None, above: Variation, below: Variation
) -> None:
    assert after_quiet(20, better=better).variation is above
    assert after_quiet(2, better=better).variation is below
    assert after_quiet(11, better=better).variation is Variation.COMMON_CAUSE


@pytest.mark.parametrize(
    ("target", "up", "down"),
    [
        ("5.67", Assurance.CONSISTENTLY_PASSES, Assurance.CONSISTENTLY_FAILS),
        ("5.68", Assurance.HIT_OR_MISS, Assurance.HIT_OR_MISS),
        ("16.32", Assurance.HIT_OR_MISS, Assurance.HIT_OR_MISS),
        ("16.33", Assurance.CONSISTENTLY_FAILS, Assurance.CONSISTENTLY_PASSES),
    ],
)
def test_the_limits_against_the_target_tell_whether_it_will_be_met(target: str, up: Assurance, down: Assurance) -> None:
    assert [xmr(series(*QUIET), better=each, target=Decimal(target)).assurance for each in (UP, DOWN)] == [up, down]


def test_assurance_is_of_the_latest_phase() -> None:
    chart = xmr(series(*QUIET, 100, 102, 100), better=UP, phases=[days(13)[12]], target=Decimal(50))
    assert chart.assurance is Assurance.CONSISTENTLY_PASSES


def test_without_limits_the_target_is_hit_or_missed_and_without_a_direction_nothing_is_said() -> None:
    assert xmr(series(3, 3, 3), better=UP, target=Decimal(1)).assurance is Assurance.HIT_OR_MISS
    assert xmr(series(*QUIET), target=Decimal(1)).assurance is None
    assert xmr(series(*QUIET), better=UP).assurance is None


def test_the_way_that_is_better_may_be_plain_text() -> None:
    outside = series(*[1, 2] * 7, 9)
    for word in ("up", "down"):
        way: Any = word
        assert xmr(outside, better=way, target=Decimal(0)) == xmr(outside, better=Direction(word), target=Decimal(0))
        assert xmr(outside, better=way).variation == ("improvement" if word == "up" else "concern")


# --- What is refused ------------------------------------------------------------------------------------------------
def test_bad_input_is_a_clear_error() -> None:
    with pytest.raises(ValueError, match="two values on 2026-01-05"):
        xmr([*series(1, 2), (MONDAY, Decimal(3))])
    with pytest.raises(ValueError, match="at least 12 values, not on 11"):
        xmr(series(*QUIET), fix_after=11)
    with pytest.raises(ValueError, match="sideways"):
        xmr(series(*QUIET), better="sideways")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="the value on 2026-01-05 is not a finite number"):
        xmr([(MONDAY, "3.7")])  # type: ignore[list-item]
    for number in ("NaN", "Infinity", "sNaN"):
        with pytest.raises(ValueError, match="the value on 2026-01-05 is not a finite number"):
            xmr([(MONDAY, Decimal(number))])
        with pytest.raises(ValueError, match="the target is not a finite number"):
            xmr(series(1), better=UP, target=Decimal(number))


# --- Against the rules written out, and properties ------------------------------------------------------------------
def written_out(
    numbers: Sequence[Fraction], fixed: int | None, screen: bool
) -> list[tuple[Signal | None, bool | None]]:
    """One window at a time, in Fractions throughout, as the definition says it."""
    base = numbers[:fixed]
    mean = sum(base, Fraction()) / len(base)
    ranges = [abs(b - a) for a, b in pairwise(base)]
    if screen and ranges:
        average = sum(ranges, Fraction()) / len(ranges)
        ranges = [each for each in ranges if each < Fraction("3.267") * average]
    reach = Fraction("2.66") * sum(ranges, Fraction()) / len(ranges) if ranges else None
    count = len(numbers)
    outside = [reach is not None and abs(each - mean) > reach for each in numbers]
    near = [reach is not None and reach * 2 / 3 < abs(each - mean) <= reach for each in numbers]
    above, below = [each > mean for each in numbers], [each < mean for each in numbers]
    trend, run, two = [False] * count, [False] * count, [False] * count
    for first in range(count - 6):
        window = range(first, first + 7)
        steps = [numbers[index + 1] - numbers[index] for index in window[:-1]]
        if all(step > 0 for step in steps) or all(step < 0 for step in steps):
            trend = [was or index in window for index, was in enumerate(trend)]
        if all(above[index] for index in window) or all(below[index] for index in window):
            run = [was or index in window for index, was in enumerate(run)]
    for first in range(count - 2):
        window = range(first, first + 3)
        one_side = all(above[index] for index in window) or all(below[index] for index in window)
        if one_side and sum(near[index] for index in window) >= 2:
            two = [was or (index in window and near[index]) for index, was in enumerate(two)]
    found: list[tuple[Signal | None, bool | None]] = []
    for index in range(count):
        goes_on = index + 1 < count and trend[index + 1]
        rises = numbers[index + 1] > numbers[index] if goes_on else index > 0 and numbers[index] > numbers[index - 1]
        for is_there, signal, is_up in (
            (outside[index], OUTSIDE, above[index]),
            (trend[index], TREND, rises),
            (two[index], NEAR, above[index]),
            (run[index], RUN, above[index]),
            (True, None, None),
        ):
            if is_there:
                found.append((signal, is_up))
                break
    return found


slow = st.lists(st.integers(-1, 1), min_size=1, max_size=40).map(lambda steps: list(accumulate(steps)))
many = st.one_of(st.lists(st.integers(-6, 6), min_size=1, max_size=40), slow, st.lists(st.integers(0, 1), min_size=1))


@given(many, st.booleans(), st.sampled_from([None, 12, 15]))
def test_every_point_is_as_the_rules_written_out_say(numbers: list[int], screen: bool, fixed: int | None) -> None:
    chart = xmr(series(*numbers), screen=screen, fix_after=fixed)
    expected = written_out([Fraction(number) for number in numbers], fixed, screen)
    assert [(point.signal, point.is_up) for point in chart.points] == expected


@given(many, st.integers(-50, 50), st.integers(1, 9))
def test_moving_and_scaling_the_values_moves_and_scales_the_limits_alone(
    numbers: list[int], moved: int, scaled: int
) -> None:
    one, other = xmr(series(*numbers), better=UP), xmr(series(*(scaled * each + moved for each in numbers)), better=UP)
    assert signals(one) == signals(other)
    assert one.variation == other.variation
    for limit, elsewhere in zip(one.points[0].limits, other.points[0].limits, strict=True):
        assert elsewhere == (None if limit is None else scaled * limit + moved)


@given(st.lists(st.integers(-6, 6), min_size=1, max_size=40))
def test_a_mirrored_series_is_the_same_where_the_other_way_is_better(numbers: list[int]) -> None:
    one, other = xmr(series(*numbers), better=UP), xmr(series(*(-each for each in numbers)), better=DOWN)
    turning = [index for index, point in enumerate(one.points) if point.signal is TREND]  # equal neighbours fall
    plain = [index for index in range(len(numbers)) if index not in turning]
    assert signals(one) == signals(other)
    assert [one.points[index].variation for index in plain] == [other.points[index].variation for index in plain]


@given(many, st.randoms())
def test_the_order_of_input_does_not_matter(numbers: list[int], chance: random.Random) -> None:
    rows = series(*numbers)
    mixed = list(rows)
    chance.shuffle(mixed)
    assert xmr(mixed) == xmr(rows)
