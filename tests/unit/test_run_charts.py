"""Run charts and I charts against the rules written out, against properties, and against cases worked by hand."""

import datetime as dt
import math
import random
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from statistics import median
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initiatives.evidence import Runs, i_chart, run_chart, runs_of
from initiatives.evidence.runs import fewest_crossings

MONDAY = dt.date(2026, 1, 5)
BOTH = pytest.mark.parametrize("chart", [run_chart, i_chart])


def day(index: int) -> dt.date:
    return MONDAY + dt.timedelta(days=7 * index)


def series(*numbers: float | str | None) -> list[tuple[dt.date, Decimal | None]]:
    return [(day(index), None if each is None else Decimal(str(each))) for index, each in enumerate(numbers)]


def outside(chart: Any) -> list[int]:
    return [index for index, point in enumerate(chart.points) if point.is_outside]


# --- Runs -----------------------------------------------------------------------------------------------------------
def test_values_on_the_line_neither_count_nor_break_a_run() -> None:
    assert runs_of([1, 0, 1, -1, 0, -1, 0]) == Runs(7, 4, 2, 5, 1, 0, signal=False)


def test_the_longest_run_that_is_chance_is_log2_rounded_and_three() -> None:
    """log2 of 11 is 3.46 and of 12 is 3.58."""
    assert [runs_of([1] * count).longest_most for count in (1, 2, 3, 5, 6, 11, 12, 22, 23)] == [
        3, 4, 5, 5, 6, 6, 7, 7, 8,
    ]  # fmt: skip


def test_a_run_must_be_longer_than_the_limit_to_be_a_signal() -> None:
    alternating = [1, -1] * 3
    at_the_limit, beyond = [*alternating, *[1] * 7, -1, 1, -1, 1], [*alternating, *[1] * 8, -1, 1, -1]
    assert (runs_of(at_the_limit).longest, runs_of(at_the_limit).longest_most) == (7, 7)
    assert not runs_of(at_the_limit).signal
    assert (runs_of(beyond).longest, runs_of(beyond).signal) == (8, True)


def test_crossings_must_be_fewer_than_the_limit_to_be_a_signal() -> None:
    """Of twelve, P(at most 2 of 11) is 0.033 and of 3 is 0.113, so three are the fewest that are chance."""
    three, two = [1, 1, 1, -1, -1, -1] * 2, [1, 1, 1, 1, -1, -1, -1, -1, 1, 1, 1, 1]
    assert (runs_of(three).crossings, runs_of(three).crossings_fewest, runs_of(three).signal) == (3, 3, False)
    assert (runs_of(two).crossings, runs_of(two).signal) == (2, True)


def test_the_fewest_crossings_are_a_quantile_of_the_binomial() -> None:
    for useful in range(1, 130):
        ways = [math.comb(useful - 1, crossings) for crossings in range(useful)]
        shares = [Fraction(sum(ways[: crossings + 1]), 2 ** (useful - 1)) for crossings in range(useful)]
        assert fewest_crossings(useful) == next(c for c, share in enumerate(shares) if share >= Fraction(1, 20))


def test_without_a_useful_value_nothing_is_said() -> None:
    assert runs_of([0, 0, 0]) == Runs(3, 0, None, None, None, None, signal=False)
    assert runs_of([]) == Runs(0, 0, None, None, None, None, signal=False)


@given(st.lists(st.sampled_from([-1, 0, 1]), max_size=60))
def test_mirrored_and_backwards_the_runs_are_the_same(sides: list[int]) -> None:
    assert runs_of(sides) == runs_of([-side for side in sides]) == runs_of(sides[::-1])


# --- The centre line and its limits ---------------------------------------------------------------------------------
def test_the_run_charts_centre_is_the_median_and_the_i_charts_the_mean() -> None:
    rows = series(1, 2, 9)
    assert [chart(rows).parts[0].centre for chart in (run_chart, i_chart)] == [2, 4]
    assert run_chart(rows).parts[0].lower is None


def test_i_chart_limits_are_three_deviations_of_which_a_moving_range_is_1_128() -> None:
    [part] = i_chart(series(10, 12, 11, 13)).parts  # ranges 2, 1 and 2
    off = 3 * Fraction(5, 3) / Fraction("1.128")
    assert (part.lower, part.centre, part.upper) == (Fraction(23, 2) - off, Fraction(23, 2), Fraction(23, 2) + off)


def test_a_missing_value_drops_its_two_ranges_and_an_excluded_one_is_bridged() -> None:
    """Ranges 2 and 10 without the hole's; with the hole taken out also 5."""
    numbers = [10, 12, None, 17, 27]
    [missing] = i_chart(series(*numbers)).parts
    assert missing.centre == Fraction(33, 2)
    assert missing.upper == Fraction(33, 2) + 3 * Fraction(6) / Fraction("1.128")
    [bridged] = i_chart(series(10, 12, 99, 17, 27), exclude=[day(2)]).parts
    assert bridged.centre == Fraction(33, 2)
    assert bridged.upper == Fraction(33, 2) + 3 * Fraction(17, 3) / Fraction("1.128")


def test_large_ranges_are_screened_only_when_asked() -> None:
    numbers = [10, 11, 10, 11, 10, 11, 10, 30]
    [plain], [screened] = i_chart(series(*numbers)).parts, i_chart(series(*numbers), screen=True).parts
    assert plain.upper == plain.centre + 3 * Fraction(26, 7) / Fraction("1.128")  # type: ignore[operator]
    assert screened.upper == screened.centre + 3 / Fraction("1.128")  # type: ignore[operator]


def test_a_constant_series_has_limits_on_its_mean_and_none_when_screened() -> None:
    [plain], [screened] = i_chart(series(*[3.7] * 5)).parts, i_chart(series(*[3.7] * 5), screen=True).parts
    assert (plain.lower, plain.upper) == (Fraction(37, 10), Fraction(37, 10))
    assert (screened.lower, screened.upper) == (None, None)
    assert not i_chart(series(*[3.7] * 5)).signal


def test_a_value_on_a_limit_is_not_outside() -> None:
    """Ranges of 2 and the mean 11: the upper limit is 11 + 6/1.128 = 16.3191…"""
    quiet = [10, 12] * 6
    frozen: dict[str, Any] = {"freeze": day(11)}
    assert outside(i_chart(series(*quiet, "16.3191"), **frozen)) == []
    assert outside(i_chart(series(*quiet, "16.3192"), **frozen)) == [12]
    exact = series(*quiet, 11)
    assert outside(i_chart(exact, centre=Decimal(11))) == []
    [part] = i_chart(series(0, 1128, 0, 1128)).parts  # limits 564 ± 3000
    assert part.upper == 3564
    assert outside(i_chart(series(0, 1128, 0, 1128, 3564), freeze=day(3))) == []
    assert outside(i_chart(series(0, 1128, 0, 1128, -2437), freeze=day(3))) == [4]


@BOTH
def test_a_frozen_baseline_gives_the_centre_and_all_values_are_judged(chart: Any) -> None:
    before, after = [10, 12, 11, 13, 10, 12, 11, 13, 10, 12], [1, 2, 1, 2, 1, 2, 1, 2, 1, 2]
    frozen = chart(series(*before, *after), freeze=day(9))
    assert frozen.parts[0].centre == chart(series(*before)).parts[0].centre
    assert (frozen.parts[0].runs.observed, frozen.signal) == (20, True)


@BOTH
def test_each_part_has_a_centre_of_its_own_and_freezing_is_off(chart: Any) -> None:
    found = chart(series(1, 2, 3, 11, 12, 13), parts=[day(3)], freeze=day(0))
    assert [part.centre for part in found.parts] == [2, 12]
    assert [part.runs.useful for part in found.parts] == [2, 2]
    assert [point.part for point in found.points] == [0, 0, 0, 1, 1, 1]


@BOTH
def test_what_is_excluded_counts_neither_for_the_centre_nor_for_the_runs(chart: Any) -> None:
    found = chart(series(1, 2, 99, 3), exclude=[day(2)])
    assert (found.parts[0].centre, found.parts[0].runs) == (2, runs_of([-1, 0, 1]))
    assert [point.is_excluded for point in found.points] == [False, False, True, False]


def test_an_excluded_value_outside_is_shown_so_but_is_no_signal() -> None:
    found = i_chart(series(*[10, 12] * 6, 99), exclude=[day(12)])
    assert (outside(found), found.signal) == ([12], False)


@BOTH
def test_the_baseline_is_counted_in_rows_so_missing_and_excluded_ones_take_a_place(chart: Any) -> None:
    found = chart(series(1, None, 3, 50, 60), freeze=day(2))
    assert found.parts[0].centre == 2


@BOTH
def test_a_given_centre_line_is_used_in_every_part(chart: Any) -> None:
    found = chart(series(1, 2, 3, 4), parts=[day(2)], centre=Decimal("2.5"))
    assert [part.centre for part in found.parts] == [Fraction(5, 2)] * 2


@BOTH
def test_a_part_without_values_has_no_centre(chart: Any) -> None:
    found = chart(series(1, None, None), parts=[day(1)])
    assert (found.parts[1].centre, found.parts[1].runs) == (None, Runs(2, 0, None, None, None, None, signal=False))


@BOTH
def test_bad_input_is_a_clear_error(chart: Any) -> None:
    with pytest.raises(ValueError, match="two values on 2026-01-05"):
        chart([*series(1), (MONDAY, None)])
    with pytest.raises(ValueError, match="the value on 2026-01-05 is not a finite number"):
        chart([(MONDAY, Decimal("NaN"))])
    with pytest.raises(ValueError, match="the centre line is not a finite number"):
        chart(series(1), centre=Decimal("Infinity"))
    for name, wrong in (("freeze", day(5)), ("parts", [day(5)]), ("exclude", [day(5)])):
        with pytest.raises(ValueError, match="there is no row on 2026-02-09"):
            chart(series(1, 2), **{name: wrong})


# --- Against the rules written out, and properties ------------------------------------------------------------------
gappy = st.lists(st.one_of(st.none(), st.integers(-5, 5)), min_size=1, max_size=30)


def longest_and_crossings(sides: Sequence[int]) -> tuple[int, int]:
    longest = length = 0
    former = 0
    for side in sides:
        length = length + 1 if side == former else 1
        longest, former = max(longest, length), side
    return longest, sum(a != b for a, b in pairwise(sides))


@given(gappy, st.data())
def test_both_charts_are_as_the_rules_written_out_say(numbers: list[int | None], data: st.DataObject) -> None:
    left_out = data.draw(st.sets(st.integers(0, len(numbers) - 1)))
    last = data.draw(st.one_of(st.none(), st.integers(0, len(numbers) - 1)))
    kept = [(index, each) for index, each in enumerate(numbers) if index not in left_out]
    base = [each for index, each in kept if last is None or index <= last]
    known = [Fraction(each) for each in base if each is not None]
    given_ = {"exclude": [day(index) for index in left_out], "freeze": None if last is None else day(last)}
    for chart, middle in ((run_chart, median), (i_chart, lambda all_: sum(all_) / len(all_))):
        [part] = chart(series(*numbers), **given_).parts  # type: ignore[arg-type]
        centre = middle(known) if known else None
        assert part.centre == centre
        if centre is None:
            continue
        sides = [1 if each > centre else -1 for _index, each in kept if each is not None and each != centre]
        assert (part.runs.observed, part.runs.useful) == (len(kept), len(sides))
        if sides:
            assert (part.runs.longest, part.runs.crossings) == longest_and_crossings(sides)
    ranges = [abs(b - a) for a, b in pairwise(base) if a is not None and b is not None]
    if ranges:
        assert part.centre is not None
        assert part.upper == part.centre + 3 * Fraction(sum(ranges), len(ranges)) / Fraction("1.128")


@given(gappy, st.integers(1, 9), st.integers(-40, 40))
def test_moving_and_scaling_the_values_moves_and_scales_the_lines_alone(
    numbers: list[int | None], scaled: int, moved: int
) -> None:
    for chart in (run_chart, i_chart):
        one = chart(series(*numbers))
        other = chart(series(*(None if each is None else scaled * each + moved for each in numbers)))
        assert [part.runs for part in one.parts] == [part.runs for part in other.parts]
        assert outside(one) == outside(other)
        for line, elsewhere in zip(
            (one.parts[0].centre, one.parts[0].upper), (other.parts[0].centre, other.parts[0].upper), strict=True
        ):
            assert elsewhere == (None if line is None else scaled * line + moved)


@given(gappy, st.randoms())
def test_the_order_of_input_does_not_matter(numbers: list[int | None], chance: random.Random) -> None:
    rows = series(*numbers)
    mixed = list(rows)
    chance.shuffle(mixed)
    assert (run_chart(mixed), i_chart(mixed)) == (run_chart(rows), i_chart(rows))
