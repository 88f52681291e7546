"""Since when an effect has faded: what is kept up from one number of values to the next says what each alone would."""

import datetime as dt
import random
from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from initiatives.evidence import Direction, Hold, Value, faded_since, hold

BEFORE, AFTER, SINCE = dt.date(2000, 1, 1), dt.date(2010, 1, 1), dt.date(2020, 1, 1)
DIRECTIONS = st.sampled_from(list(Direction))


def values(numbers: Sequence[float], start: dt.date) -> list[Value]:
    days = (start + dt.timedelta(days=index) for index in range(len(numbers)))
    return [Value(day, day, Decimal(str(number))) for day, number in zip(days, numbers, strict=True)]


def one_by_one(before: list[Value], follow_up: list[Value], since: list[Value], *, better: Direction) -> dt.date | None:
    """As it is defined: from the last value back, as long as the values until then say that it has faded."""
    day = None
    for count in range(len(since), 0, -1):
        if hold(before, follow_up, since[:count], better=better)[0] is not Hold.FADED:
            break
        day = since[count - 1].observed_on
    return day


def numbers(least: int, most: int) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(0, 6), min_size=least, max_size=most)


@given(numbers(0, 9), numbers(0, 8), numbers(0, 14), DIRECTIONS)
def test_it_is_what_each_number_of_values_says(
    before: list[int], follow_up: list[int], since: list[int], better: Direction
) -> None:
    parts = values(before, BEFORE), values(follow_up, AFTER), values(since, SINCE)
    assert faded_since(*parts, better=better) == one_by_one(*parts, better=better)


@settings(max_examples=20)
@given(st.randoms(use_true_random=False), st.integers(61, 70), st.integers(5, 70), DIRECTIONS)
def test_it_is_so_where_the_test_is_no_longer_exact(
    chance: random.Random, before: int, since: int, better: Direction
) -> None:
    def some(count: int, middle: float) -> list[float]:
        return [round(chance.gauss(middle, 2), 1) for _ in range(count)]

    parts = values(some(before, 10), BEFORE), values(some(20, 8), AFTER), values(some(since, 9.6), SINCE)
    assert faded_since(*parts, better=better) == one_by_one(*parts, better=better)


def test_two_values_on_one_day_are_refused() -> None:
    before = values([1, 2, 3, 4, 5], BEFORE)
    with pytest.raises(ValueError, match="two values on 2000-01-01"):
        faded_since(before, [], values([1], BEFORE), better=Direction.UP)
