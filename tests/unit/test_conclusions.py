"""What follows from the figures after the verdict: the grade, whether an effect holds, how long effects last."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initiatives.evidence import Direction, Hold, Value, compare, grade, half_life, hold

UP, DOWN = Direction.UP, Direction.DOWN
BEFORE, AFTER, SINCE = dt.date(2024, 1, 1), dt.date(2025, 1, 1), dt.date(2026, 1, 1)
LOW, HIGH = [3, 1, 4, 2, 5], [7, 9, 6, 10, 8]


def values(numbers: Sequence[float], start: dt.date) -> list[Value]:
    days = (start + dt.timedelta(days=7 * index) for index in range(len(numbers)))
    return [Value(day, day, Decimal(str(number))) for day, number in zip(days, numbers, strict=True)]


def graded(
    old: Sequence[int],
    new: Sequence[int],
    *,
    final: bool = True,
    verified: bool = False,
    hold: Hold | None = None,
    held: bool = False,
) -> int:
    comparison = compare(values(old, BEFORE), values(new, AFTER), better=UP)
    return grade(comparison, is_final=final, is_verified=verified, hold=hold, held_half_a_year=held)


def holds(before: Sequence[float], follow_up: Sequence[float], since: Sequence[float], better: Direction = UP) -> Hold:
    return hold(values(before, BEFORE), values(follow_up, AFTER), values(since, SINCE), better=better)[0]


# --- The grade ------------------------------------------------------------------------------------------------------
def test_the_grade_climbs_one_step_at_a_time() -> None:
    assert [
        graded([1, 2], HIGH),
        graded(LOW, [7, 9]),
        graded(LOW, [4, 2, 3, 5, 1]),
        graded(LOW, HIGH),
        graded(LOW, HIGH, verified=True),
        graded(LOW, HIGH, verified=True, hold=Hold.HELD, held=True),
    ] == [0, 1, 2, 3, 4, 5]


def test_no_step_is_skipped() -> None:
    assert [
        graded([1, 2], HIGH, verified=True, held=True),
        graded(LOW, [7, 9], verified=True, held=True),
        graded(LOW, [4, 2, 3, 5, 1], verified=True, held=True),
        graded(LOW, HIGH, final=False, verified=True, held=True),
        graded(LOW, HIGH, hold=Hold.HELD, held=True),
    ] == [0, 1, 2, 2, 3]


def test_what_has_faded_is_an_effect_no_longer_shown() -> None:
    assert graded(LOW, HIGH, verified=True, hold=Hold.FADED, held=True) == 2
    assert graded(LOW, HIGH, verified=True, hold=Hold.TOO_EARLY, held=True) == 5


# --- Does it hold? --------------------------------------------------------------------------------------------------
def test_five_values_apart_from_the_baseline_show_that_it_held() -> None:
    assert holds(LOW, HIGH, [8, 7, 9, 6, 8]) == Hold.HELD
    assert holds([8, 7, 9, 6, 10], [3, 1, 4, 2, 5], [2, 3, 1, 4, 2], DOWN) == Hold.HELD


def test_the_last_of_the_follow_up_make_up_for_values_that_lack() -> None:
    assert holds(LOW, HIGH, [9]) == Hold.HELD  # with 9, 6, 10 and 8
    assert holds(LOW, [2, 3, *HIGH], [9]) == Hold.HELD  # with the last four, not the first
    assert holds(LOW, [7, 9], [8, 8]) == Hold.TOO_EARLY  # four in all


def test_without_a_new_value_it_is_too_early() -> None:
    assert holds(LOW, HIGH, []) == Hold.TOO_EARLY


def test_a_median_back_past_the_midpoint_has_faded() -> None:
    """The baseline's median is 3 and the follow-up's 8, so the midpoint is 5.5."""
    assert holds(LOW, HIGH, [5, 5, 5, 2, 3]) == Hold.FADED
    assert holds([9, 6, 10, 8, 7], [2, 1, 3, 4, 2], [9, 5.5, 6, 9, 4], DOWN) == Hold.FADED


def test_a_median_at_the_midpoint_has_not_passed_it() -> None:
    wide = [3, 0, 9, 2, 12]  # so spread that nothing is significant
    assert holds(wide, HIGH, [5.5, 5.5, 5.5, 5.5, 5.5]) == Hold.TOO_EARLY
    assert holds(wide, HIGH, [5.4, 5.4, 5.4, 5.4, 5.4]) == Hold.FADED


def test_not_significant_is_not_the_same_as_faded() -> None:
    assert holds([3, 0, 9, 2, 12], HIGH, [7, 8, 6, 7, 9]) == Hold.TOO_EARLY


def test_worse_than_before_has_faded_however_sure() -> None:
    assert holds(LOW, HIGH, [0, -1, -2, -3, -4]) == Hold.FADED


@given(st.lists(st.integers(-9, 9), min_size=5, max_size=8), st.lists(st.integers(-9, 9), min_size=5, max_size=8))
def test_a_mirrored_series_holds_alike_when_the_other_way_is_better(old: list[int], new: list[int]) -> None:
    before, follow_up, since = ([-each for each in part] for part in (LOW, old, new))
    assert holds(LOW, old, new) == holds(before, follow_up, since, DOWN)


# --- How long effects last ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("durations", "expected"),
    [
        ([], None),
        ([(100, False), (200, False)], None),
        ([(100, True)], 100),
        ([(100, True), (200, False)], 100),  # half of two
        ([(100, True), (200, False), (300, False)], None),  # two thirds are left
        ([(50, False), (100, True), (200, True), (300, False)], 200),  # 1 × 2/3 × 1/2 = 1/3
        ([(100, True), (100, False)], 100),  # who was last seen that day was there until then
        ([(30, True), (30, True), (90, False), (90, False)], 30),
    ],
)
def test_the_half_life_is_the_median_of_how_long_effects_last(
    durations: list[tuple[int, bool]], expected: int | None
) -> None:
    assert half_life(durations) == half_life(reversed(durations)) == expected
