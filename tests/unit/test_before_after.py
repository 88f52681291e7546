"""Which values of a series the verdict compares: plain days and numbers in, periods, windows and the review date."""

import datetime as dt
import random
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initiatives.evidence import Direction, Value, Verdict, before_after, compare, earliest_baseline

CHANGE = dt.date(2026, 3, 1)
WEEK = dt.timedelta(days=7)
DOWN = Direction.DOWN


def spots(first: dt.date, *numbers: float | str) -> list[tuple[dt.date, Decimal]]:
    return [(first + index * WEEK, Decimal(str(number))) for index, number in enumerate(numbers)]


OLD, NEW = spots(dt.date(2026, 1, 1), 40, 42, 41, 39, 43), spots(dt.date(2026, 3, 2), 20, 22, 21, 19, 23)


def test_plain_days_and_numbers_are_compared() -> None:
    found = before_after([*OLD, *NEW], CHANGE, better=DOWN)
    as_values = [[Value(day, day, number) for day, number in part] for part in (OLD, NEW)]
    assert found == compare(*as_values, better=DOWN)
    assert (found.verdict, found.shift, found.low, found.high) == (Verdict.IMPROVED, -20, -23, -17)


def test_missing_values_are_left_out() -> None:
    gaps = [(dt.date(2026, 2, 20), None), (dt.date(2026, 4, 20), None)]
    assert before_after([*OLD, *NEW, *gaps], CHANGE, better=DOWN) == before_after([*OLD, *NEW], CHANGE, better=DOWN)
    old, new = ([Value(day, day, number) for day, number in part] for part in (OLD, NEW))
    none: Any = [Value(day, day, number) for day, number in gaps]  # type: ignore[arg-type]
    assert compare([*old, none[0]], [*new, none[1]], better=DOWN) == compare(old, new, better=DOWN)
    assert before_after([*old, *new, *none], CHANGE, better=DOWN) == before_after([*old, *new], CHANGE, better=DOWN)


def test_a_period_over_the_change_is_on_neither_side() -> None:
    month = Value(dt.date(2026, 2, 15), dt.date(2026, 3, 14), Decimal(1000))
    values = [Value(day, day, number) for day, number in [*OLD, *NEW]]
    assert before_after([*values, month], CHANGE, better=DOWN) == before_after(values, CHANGE, better=DOWN)


def test_a_value_on_the_day_of_the_change_is_after_it() -> None:
    found = before_after(spots(CHANGE, 1), CHANGE, better=DOWN)
    assert (found.n_before, found.n_after) == (0, 1)


def test_the_baseline_goes_back_24_months() -> None:
    at, over = dt.date(2024, 3, 1), dt.date(2024, 2, 29)
    assert before_after(spots(at, 1), CHANGE, better=DOWN).n_before == 1
    assert before_after(spots(over, 1), CHANGE, better=DOWN).n_before == 0
    assert before_after(spots(over, 1), CHANGE, better=DOWN, baseline_from=over).n_before == 1
    assert earliest_baseline(dt.date(2028, 2, 29)) == dt.date(2026, 2, 28)


@pytest.mark.parametrize(("days", "counted", "is_final"), [(-1, 5, False), (0, 5, True), (1, 5, True)])
def test_it_is_final_from_the_review_date_on(days: int, counted: int, is_final: bool) -> None:
    review_on = NEW[-1][0]
    found = before_after(
        [*OLD, *NEW], CHANGE, better=DOWN, review_on=review_on, today=review_on + dt.timedelta(days=days)
    )
    assert (found.n_after, found.is_final) == (counted, is_final)


def test_values_dated_after_the_review_date_are_left_out() -> None:
    late = spots(NEW[-1][0] + WEEK, 999, 999)
    early = before_after([*OLD, *NEW], CHANGE, better=DOWN, review_on=NEW[-1][0])
    assert before_after([*OLD, *NEW, *late], CHANGE, better=DOWN, review_on=NEW[-1][0]) == early


def test_bad_input_is_a_clear_error() -> None:
    with pytest.raises(ValueError, match="two values on 2026-01-01"):
        before_after([*OLD, OLD[0]], CHANGE, better=DOWN)
    with pytest.raises(ValueError, match="the value on 2026-03-01 is not a finite number"):
        before_after([(CHANGE, Decimal("NaN"))], CHANGE, better=DOWN)
    better: Any = "sideways"
    with pytest.raises(ValueError, match="sideways"):
        before_after([*OLD, *NEW], CHANGE, better=better)


numbers = st.lists(st.integers(-20, 20), min_size=5, max_size=9)


@given(numbers, numbers, st.integers(1, 9), st.integers(-99, 99), st.randoms())
def test_moving_scaling_and_mixing_a_series_maps_the_result(
    old: list[int], new: list[int], scaled: int, moved: int, chance: random.Random
) -> None:
    plain = [*spots(OLD[0][0], *old), *spots(NEW[0][0], *new)]
    mapped = [(day, scaled * number + moved) for day, number in plain]
    chance.shuffle(mapped)
    one, other = before_after(plain, CHANGE, better=DOWN), before_after(mapped, CHANGE, better=DOWN)
    assert (one.verdict, one.p, one.change, one.warnings) == (other.verdict, other.p, other.change, other.warnings)
    assert [scaled * each for each in (one.shift, one.low, one.high) if each is not None] == [
        other.shift, other.low, other.high,
    ]  # fmt: skip


@given(numbers, numbers)
def test_a_mirrored_series_has_the_mirrored_result(old: list[int], new: list[int]) -> None:
    one = before_after([*spots(OLD[0][0], *old), *spots(NEW[0][0], *new)], CHANGE, better=DOWN)
    mirrored = [*spots(OLD[0][0], *(-each for each in old)), *spots(NEW[0][0], *(-each for each in new))]
    other = before_after(mirrored, CHANGE, better=Direction.UP)
    assert (one.verdict, one.p, one.change) == (other.verdict, other.p, -other.change)
    assert one.shift is not None
    assert one.low is not None
    assert one.high is not None
    assert (other.shift, other.low, other.high) == (-one.shift, -one.high, -one.low)
