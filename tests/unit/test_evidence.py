"""The verdict against brute force over all splits, against properties, and against small cases worked by hand."""

import datetime as dt
import itertools
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from initiatives.evidence import (
    Comparison,
    Direction,
    Ending,
    ResultStatus,
    Value,
    Verdict,
    Warning,
    chance_one_in,
    compare,
    ending,
    result_status,
    split,
    wanted_effect,
)
from initiatives.evidence.comparison import _verdict
from initiatives.evidence.differences import Differences
from initiatives.evidence.ranks import interval_rank, kendall, rank_sum_p_by_normal, subset_sums

UP, DOWN = Direction.UP, Direction.DOWN
OLD, NEW = dt.date(2023, 1, 2), dt.date(2026, 1, 5)


def spots(numbers: Sequence[float | int | str], start: dt.date) -> list[Value]:
    days = (start + dt.timedelta(days=7 * index) for index in range(len(numbers)))
    return [Value(day, day, Decimal(str(number))) for day, number in zip(days, numbers, strict=True)]


def judge(old: Sequence[float | int], new: Sequence[float | int], better: Direction = UP) -> Comparison:
    return compare(spots(old, OLD), spots(new, NEW), better=better)


def midranks(values: Sequence[Fraction]) -> list[Fraction]:
    return [
        Fraction(sum(other < value for other in values)) + Fraction(sum(other == value for other in values) + 1, 2)
        for value in values
    ]


def p_over_all_splits(old: Sequence[int], new: Sequence[int]) -> Fraction:
    ranks = midranks([Fraction(each) for each in [*old, *new]])
    expected = Fraction(len(new) * (len(ranks) + 1), 2)
    observed = abs(sum(ranks[len(old) :]) - expected)
    sums = [sum(chosen) for chosen in itertools.combinations(ranks, len(new))]
    return Fraction(sum(abs(each - expected) >= observed for each in sums), len(sums))


small = st.lists(st.integers(0, 9), min_size=5, max_size=7)


@settings(max_examples=60, deadline=None)
@given(small, small)
def test_p_is_the_share_of_all_splits_that_lie_as_far_out(old: list[int], new: list[int]) -> None:
    assert judge(old, new).p == p_over_all_splits(old, new)


def test_p_of_unequal_groups_with_ties_is_exact() -> None:
    assert judge([3, 3, 4, 5, 5, 5, 7], [5, 5, 8, 9, 9]).p == p_over_all_splits([3, 3, 4, 5, 5, 5, 7], [5, 5, 8, 9, 9])


def test_a_small_p_with_no_shift_speaks_of_more_often() -> None:
    found = judge([0] * 12, [0] * 7 + [1] * 5)
    assert (round(float(found.p or 0), 3), found.shift, found.low, found.high, found.change) == (0.037, 0, 0, 1, 1)
    otherwise = judge([0] * 12, [0] * 7 + [1] * 5, better=DOWN)  # the direction is that of the ranks, not of the shift
    assert (found.verdict, otherwise.verdict) == (Verdict.PROBABLY_IMPROVED, Verdict.PROBABLY_WORSE)


def u_counts(m: int, n: int) -> list[int]:
    us = [
        sum(x > y for x in chosen for y in set(range(m + n)) - set(chosen))
        for chosen in itertools.combinations(range(m + n), m)
    ]
    return [us.count(u) for u in range(m * n + 1)]


@pytest.mark.parametrize(("m", "n"), [(1, 1), (2, 3), (5, 5), (5, 6), (6, 4)])
def test_the_interval_begins_at_the_smallest_u_with_a_fortieth_of_the_distribution(m: int, n: int) -> None:
    counts = u_counts(m, n)
    cumulative = itertools.accumulate(counts)
    smallest = next(u for u, reached in enumerate(cumulative) if Fraction(reached, sum(counts)) >= Fraction(25, 1000))
    assert interval_rank(m, n) == max(1, smallest)


def test_above_sixty_values_the_interval_begins_where_the_normal_distribution_says() -> None:
    # 61 + 61: mean 1860.5, deviation 195.297; 1860.5 - 0.5 - 1.95996 * 195.297 = 1477.2; so is the exact one.
    assert interval_rank(61, 61) == 1478


def test_shift_and_interval_worked_by_hand() -> None:
    # Differences 1..9 in a square: 5 + 5 has q = 3 in the null distribution (P(U<=2) = 4/252 < 0.025 <= 7/252).
    found = judge([0, 1, 2, 3, 4], [10, 11, 12, 13, 14])
    assert (found.shift, found.low, found.high) == (10, 7, 13)


def test_five_and_five_need_complete_separation_to_improve() -> None:
    apart = judge([3, 1, 4, 2, 5], [7, 9, 6, 10, 8])
    assert (apart.p, apart.verdict) == (Fraction(2, 252), Verdict.IMPROVED)
    assert judge([3, 1, 4, 2, 7], [6, 9, 5, 10, 8]).verdict == Verdict.PROBABLY_IMPROVED


@pytest.mark.parametrize(
    ("old", "new", "better", "verdict"),
    [
        ([3, 1, 4, 2, 5], [7, 9, 6, 10, 8], UP, Verdict.IMPROVED),
        ([3, 1, 4, 2, 5], [7, 9, 6, 10, 8], DOWN, Verdict.WORSE),
        ([3, 1, 4, 2, 7], [6, 9, 5, 10, 8], UP, Verdict.PROBABLY_IMPROVED),
        ([3, 1, 4, 2, 7], [6, 9, 5, 10, 8], DOWN, Verdict.PROBABLY_WORSE),
        ([3, 1, 4, 2, 5], [4, 2, 3, 5, 1], UP, Verdict.MAY_BE_CHANCE),
        ([7, 7, 7, 7, 7], [7, 7, 7, 7, 7], UP, Verdict.MAY_BE_CHANCE),
    ],
)
def test_the_verdict_follows_p_and_direction(
    old: list[int], new: list[int], better: Direction, verdict: Verdict
) -> None:
    assert judge(old, new, better).verdict == verdict


def test_p_of_exactly_a_hundredth_is_enough_and_of_a_twentieth_too() -> None:
    assert _verdict(Fraction(1, 100), 1) == Verdict.IMPROVED
    assert _verdict(Fraction(101, 10_000), 1) == Verdict.PROBABLY_IMPROVED
    assert _verdict(Fraction(1, 20), -1) == Verdict.PROBABLY_WORSE
    assert _verdict(Fraction(501, 10_000), 1) == Verdict.MAY_BE_CHANCE


def test_too_few_says_how_many_more() -> None:
    found = judge([1, 2, 3], [4, 5, 6, 7])
    assert (found.verdict, found.more_needed, found.p) == (Verdict.TOO_FEW, 3, None)
    assert judge([], []).more_needed == 10
    assert judge([1, 2, 3, 4, 5], [1, 2, 3, 4, 5]).more_needed == 0


numbers = st.lists(st.integers(-50, 50), min_size=5, max_size=14)


@settings(max_examples=60, deadline=None)
@given(numbers, numbers, st.integers(-1000, 1000), st.integers(1, 30))
def test_moving_and_stretching_a_series_moves_and_stretches_the_result(
    old: list[int], new: list[int], move: int, stretch: int
) -> None:
    plain = judge(old, new)
    other = judge([each * stretch + move for each in old], [each * stretch + move for each in new])
    assert (other.verdict, other.p, other.warnings) == (plain.verdict, plain.p, plain.warnings)
    assert (other.shift, other.low, other.high) == tuple(
        each * stretch for each in (plain.shift or 0, plain.low or 0, plain.high or 0)
    )


@settings(max_examples=60, deadline=None)
@given(numbers, numbers)
def test_a_mirrored_series_gives_the_mirrored_result(old: list[int], new: list[int]) -> None:
    plain, mirror = judge(old, new, UP), judge([-each for each in old], [-each for each in new], DOWN)
    assert (mirror.verdict, mirror.p, mirror.warnings) == (plain.verdict, plain.p, plain.warnings)
    assert (mirror.shift, mirror.low, mirror.high) == (-(plain.shift or 0), -(plain.high or 0), -(plain.low or 0))


@settings(max_examples=30, deadline=None)
@given(numbers, numbers, st.randoms())
def test_the_order_of_input_does_not_matter(old: list[int], new: list[int], random: object) -> None:
    early, late = spots(old, OLD), spots(new, NEW)
    shuffled = list(early)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert compare(shuffled, late[::-1], better=UP) == compare(early, late, better=UP)


def test_above_sixty_values_the_normal_approximation_is_near_the_exact() -> None:
    old, new = [(each * 37) % 101 for each in range(60)], [(each * 37) % 101 + 9 for each in range(60)]
    exact = judge(old, new)
    ranks = [int(2 * rank) for rank in midranks([Fraction(each) for each in [*old, *new]])]
    assert exact.is_exact
    assert rank_sum_p_by_normal(ranks, ranks[60:]) == pytest.approx(float(exact.p or 0), rel=0.05)
    longer = judge([*old, 50], new)
    assert not longer.is_exact


def test_constants_are_equal_to_themselves_at_any_length() -> None:
    assert judge([3.7] * 70, [3.7] * 70).p == 1.0


@pytest.mark.parametrize(
    ("p", "expected"), [("1/20", 20), ("1/49", 20), ("1/50", 50), ("1/252", 200), ("1/99999", 10_000)]
)
def test_once_in_n_is_rounded_down(p: str, expected: int) -> None:
    assert chance_one_in(Fraction(p), 40, 40) == expected


def test_once_in_n_is_never_more_than_the_number_of_values_can_show() -> None:
    assert chance_one_in(1e-12, 5, 5) == 100
    assert judge([1, 2, 3, 4, 5], [1, 2, 3, 4, 5]).chance_one_in is None


# --- Which values ---------------------------------------------------------------------------------------------------
def month(number: int) -> Value:
    first = dt.date(2026, number, 1)
    return Value(first, (dt.date(2026, number + 1, 1) - dt.timedelta(days=1)), Decimal(number))


def test_a_period_across_the_change_counts_to_neither_side() -> None:
    parts = split([month(number) for number in (5, 3, 4)], dt.date(2026, 4, 15))
    assert [[value.value for value in part] for part in parts] == [[3], [5], [4]]


def test_a_period_that_starts_on_the_change_date_is_after_and_one_that_ends_the_day_before_is_before() -> None:
    parts = split([month(3), month(4)], dt.date(2026, 4, 1))
    assert [[value.value for value in part] for part in parts] == [[3], [4], []]


def test_window_and_review_date_leave_values_out() -> None:
    parts = split(
        [month(number) for number in range(1, 9)],
        dt.date(2026, 5, 1),
        baseline_from=dt.date(2026, 2, 1),
        until=dt.date(2026, 7, 31),
    )
    assert [[value.value for value in part] for part in parts] == [[2, 3, 4], [5, 6, 7], []]


@pytest.mark.parametrize("bad", ["NaN", "Infinity", "-Infinity"])
def test_what_is_not_a_number_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="not a finite number"):
        split(spots([1, 2, bad], OLD), NEW)


def test_two_values_on_one_date_are_refused() -> None:
    with pytest.raises(ValueError, match="two values on 2023-01-02"):
        split(spots([1], OLD) * 2, NEW)


# --- Warnings -------------------------------------------------------------------------------------------------------
def test_a_baseline_that_was_already_improving_caps_the_verdict() -> None:
    found = judge([1, 2, 3, 4, 5], [6, 7, 8, 9, 10])
    assert (found.verdict, Warning.BASELINE_TREND in found.warnings) == (Verdict.PROBABLY_IMPROVED, True)
    assert Warning.BASELINE_TREND not in judge([5, 4, 3, 2, 1], [6, 7, 8, 9, 10]).warnings


def test_a_baseline_trend_at_exactly_a_twentieth_is_one() -> None:
    baseline = [0, 0, 0, 1, 1, 0, 1, 2]  # S = 15; of the 280 arrangements 14 are as far out
    assert kendall(baseline) == (15, Fraction(1, 20))
    assert Warning.BASELINE_TREND in judge(baseline, [6, 7, 8, 9, 10]).warnings


def test_a_straight_line_has_no_step() -> None:
    line = spots(range(24), OLD)
    assert Warning.NO_LEVEL_CHANGE in compare(line[:12], line[12:], better=UP).warnings
    assert Warning.NO_LEVEL_CHANGE not in compare(line[:12], line[12:23], better=UP).warnings  # too few to tell


def test_a_slope_without_a_step_caps_the_verdict() -> None:
    slope = [5, 7, 6, 8, 7, 9, 8, 10, 9, 11, 10, 12]
    flat_then_down = compare(
        spots(slope, OLD), spots([each + 4 for each in slope], OLD + dt.timedelta(weeks=12)), better=UP
    )
    assert Warning.NO_LEVEL_CHANGE in flat_then_down.warnings
    assert flat_then_down.verdict == Verdict.PROBABLY_IMPROVED
    stepped = [5, 6, 5, 6, 5, 6, 5, 6, 5, 6, 5, 6]
    found = compare(spots(stepped, OLD), spots([each + 4 for each in stepped], OLD + dt.timedelta(weeks=12)), better=UP)
    assert Warning.NO_LEVEL_CHANGE not in found.warnings


def test_values_that_follow_their_neighbours_are_warned_of() -> None:
    assert Warning.AUTOCORRELATION in judge([1, 1, 1, 9, 9, 9], [1, 9, 1, 9, 1]).warnings
    assert Warning.AUTOCORRELATION not in judge([1, 9, 1, 9, 1, 9], [1, 9, 1, 9, 1]).warnings
    assert Warning.AUTOCORRELATION not in judge([4, 4, 4, 4, 4], [4, 4, 4, 4, 4]).warnings
    at_the_limit = [0, 1, 3, 4, 2]  # about the mean -2 -1 1 2 0: products 2 - 1 + 2 + 0 of squares 10
    assert Warning.AUTOCORRELATION not in judge(at_the_limit, [1, 9, 1, 9, 1]).warnings
    assert Warning.AUTOCORRELATION in judge([0, 1, 3, 5, 3], [1, 9, 1, 9, 1]).warnings


def test_other_months_after_than_before_are_warned_of() -> None:
    spring, autumn = [month(number) for number in range(1, 7)], [month(number) for number in range(7, 12)]
    assert Warning.UNEVEN_MONTHS in compare(spring, autumn, better=UP).warnings
    year = dt.timedelta(days=365)
    same = [Value(value.period_start + year, value.observed_on + year, value.value) for value in spring]
    assert Warning.UNEVEN_MONTHS not in compare(spring, same, better=UP).warnings


def test_a_third_of_the_values_in_other_months_is_not_yet_uneven() -> None:
    year = dt.timedelta(days=365)
    before, later = [month(number) for number in range(1, 7)], [*range(3, 9)]
    after = [Value(each.period_start + year, each.observed_on + year, each.value) for each in map(month, later)]
    assert Warning.UNEVEN_MONTHS not in compare(before, after, better=UP).warnings
    assert Warning.UNEVEN_MONTHS in compare(before[:5], after, better=UP).warnings


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=3, max_size=6))
def test_kendall_is_the_share_of_all_orders(values: list[int]) -> None:
    def score(order: Sequence[int]) -> int:
        return sum((b > a) - (b < a) for a, b in itertools.combinations(order, 2))

    scores = [score(order) for order in itertools.permutations(values)]
    expected = Fraction(sum(abs(each) >= abs(score(values)) for each in scores), len(scores))
    assert kendall(values) == (score(values), expected)


numbers = st.lists(st.integers(-30, 30), min_size=1, max_size=12)


@given(numbers, numbers)
def test_differences_are_found_by_their_rank(old: list[int], new: list[int]) -> None:
    written_down = sorted(late - early for early in old for late in new)
    assert [Differences(old, new)(rank + 1) for rank in range(len(written_down))] == written_down


@given(st.lists(st.integers(-(10**9), 10**9), min_size=20, max_size=40), st.integers(0, 3), st.data())
def test_differences_are_found_in_any_order_of_ranks(old: list[int], coarseness: int, data: st.DataObject) -> None:
    """Each search goes on from what the searches before it have counted."""
    old = [value // 10 ** (3 * coarseness) for value in old]  # down to a few values that come many times
    new = [value * 3 // 2 + 1 for value in old]
    written_down = sorted(late - early for early in old for late in new)
    difference = Differences(old, new)
    for rank in data.draw(st.lists(st.integers(1, len(written_down)), min_size=1, max_size=6)):
        assert difference(rank) == written_down[rank - 1]


@given(st.lists(st.integers(0, 12), min_size=1, max_size=9), st.data())
def test_subsets_are_counted_by_their_sums(values: list[int], data: st.DataObject) -> None:
    size = data.draw(st.integers(1, len(values)))
    sums = [sum(chosen) for chosen in itertools.combinations(values, size)]
    assert subset_sums(values, size) == [sums.count(each) for each in range(max(sums) + 1)]


# --- What follows ---------------------------------------------------------------------------------------------------
def found(verdict: Verdict, low: int = 0, high: int = 0) -> Comparison:
    return Comparison(
        verdict, 5, 5, Fraction(40), Fraction(30), shift=Fraction(low), low=Fraction(low), high=Fraction(high)
    )


@pytest.mark.parametrize(
    ("comparison", "expected"),
    [
        (found(Verdict.IMPROVED, -12, -4), Ending.CONFIRMED),
        (found(Verdict.WORSE, 2, 9), Ending.WORSE),
        (found(Verdict.PROBABLY_WORSE, 1, 9), Ending.WORSE),
        (found(Verdict.PROBABLY_IMPROVED, -9, -1), Ending.NOT_PROVEN),
        (found(Verdict.TOO_FEW), Ending.NOT_PROVEN),
        (found(Verdict.MAY_BE_CHANCE, -10, 3), Ending.NOT_PROVEN),  # half the wanted effect is 10: not ruled out
        (found(Verdict.MAY_BE_CHANCE, -9, 3), Ending.NO_EFFECT),
    ],
)
def test_the_ending_follows_the_verdict(comparison: Comparison, expected: Ending) -> None:
    wanted = wanted_effect(Decimal(20), Fraction(40), better=DOWN)
    assert (wanted, ending(comparison, wanted=wanted, better=DOWN)) == (20, expected)


def test_without_a_wanted_effect_nothing_is_called_no_effect() -> None:
    assert ending(found(Verdict.MAY_BE_CHANCE), wanted=None, better=UP) == Ending.NOT_PROVEN


@pytest.mark.parametrize(
    ("follow_up", "overdue", "expected"),
    [
        ([30, 22, 21, 23], False, ResultStatus.TARGET_MET),  # the median of the last three is 22
        ([30, 22, 23, 23], False, ResultStatus.ON_TRACK),
        ([44, 45, 46, 47], False, ResultStatus.OFF_TRACK),
        ([30, 22], False, ResultStatus.TOO_EARLY),
        ([30, 22, 21, 23], True, ResultStatus.MEASUREMENT_MISSING),
    ],
)
def test_the_result_status_says_how_it_goes(follow_up: list[int], overdue: bool, expected: ResultStatus) -> None:
    comparison = judge([40, 42, 41, 39, 43], follow_up, DOWN)
    given_ = [Decimal(each) for each in follow_up]
    assert result_status(comparison, given_, target=Decimal(22), better=DOWN, value_is_overdue=overdue) == expected
