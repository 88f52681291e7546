"""Round ticks, days across, and labels that do not meet."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initiatives.pages.components.scale import MOST_TICKS, DateScale, spread_out, value_scale

NUMBERS = st.lists(st.decimals(-(10**9), 10**9, places=3), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        (["25", "45", "22"], ["20", "25", "30", "35", "40", "45"]),
        (["0.2", "0.9"], ["0.2", "0.4", "0.6", "0.8", "1.0"]),
        (["-3", "12"], ["-5", "0", "5", "10", "15"]),
        (["91000", "119000"], ["90000", "100000", "110000", "120000"]),
        (["0"], ["-1.0", "-0.5", "0.0", "0.5", "1.0"]),
    ],
)
def test_ticks_are_round_and_hold_every_value(values: list[str], ticks: list[str]) -> None:
    assert value_scale(map(Decimal, values), top=0, bottom=1).ticks == [Decimal(each) for each in ticks]


@given(NUMBERS)
def test_every_value_lies_between_the_first_and_the_last_tick(values: list[Decimal]) -> None:
    scale = value_scale(values, top=20, bottom=300)
    assert scale.ticks[0] <= min(values) <= max(values) <= scale.ticks[-1]
    assert 3 <= len(scale.ticks) <= MOST_TICKS
    assert all(20 <= scale.y(each) <= 300 for each in values)


def test_higher_values_stand_higher() -> None:
    scale = value_scale([Decimal(0), Decimal(10)], top=20, bottom=300)
    assert (scale.y(Decimal(0)), scale.y(Fraction(5)), scale.y(Decimal(10))) == (300, 160, 20)


def test_a_period_stands_at_its_middle() -> None:
    scale = DateScale(dt.date(2026, 1, 1), dt.date(2026, 1, 10))
    assert scale.x(dt.date(2026, 1, 6)) == 0.5
    assert scale.middle(dt.date(2026, 1, 1), dt.date(2026, 1, 10)) == 0.5


def test_one_single_day_stands_in_the_middle() -> None:
    day = dt.date(2026, 1, 1)
    assert DateScale(day, day).middle(day, day) == 0.5


def test_labels_are_moved_apart_and_kept_above_the_lowest_place() -> None:
    assert spread_out([100.0, 104.0], 17, lowest=294) == [87.0, 104.0]
    assert spread_out([104.0, 100.0], 17, lowest=294) == [104.0, 87.0]
    assert spread_out([300.0, 299.0], 17, lowest=294) == [294.0, 277.0]
    assert spread_out([50.0, 100.0], 17, lowest=294) == [50.0, 100.0]
