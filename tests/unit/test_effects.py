"""What a shift is worth, and how effects add up: the interval is carried through."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initiatives.evidence import NOTHING, Direction, Effect, effect, total

amounts = st.decimals(-1000, 1000, places=2)


@st.composite
def effects(draw: st.DrawFn) -> Effect:
    amount, down, up = (Fraction(draw(st.integers(low, 10_000)), 100) for low in (-10_000, 0, 0))
    return Effect(amount, amount - down, amount + up)


def worth(shift: str, low: str, high: str, better: Direction, *, volume: str = "30", unit_value: str = "0.5") -> Effect:
    return effect(
        Decimal(shift),
        Decimal(low),
        Decimal(high),
        better=better,
        volume=Decimal(volume),
        unit_value=Decimal(unit_value),
    )


def of(amount: int, low: int, high: int) -> Effect:
    return Effect(Fraction(amount), Fraction(low), Fraction(high))


def test_fewer_days_for_thirty_cases_a_month_are_hours_a_month() -> None:
    assert worth("-4.2", "-7.0", "-1.1", Direction.DOWN) == Effect(Fraction(63), Fraction(33, 2), Fraction(105))


def test_more_is_worth_more_when_up_is_good() -> None:
    assert worth("2", "1", "4", Direction.UP, volume="10", unit_value="3") == of(60, 30, 120)


def test_what_got_worse_is_a_loss() -> None:
    assert worth("2", "1", "4", Direction.DOWN, volume="10", unit_value="3") == of(-60, -120, -30)


@given(st.lists(amounts, min_size=3, max_size=3).map(sorted), st.sampled_from(Direction))
def test_the_amount_lies_in_its_interval(ends: list[Decimal], better: Direction) -> None:
    found = effect(ends[1], ends[0], ends[2], better=better, volume=Decimal(7), unit_value=Decimal("0.3"))
    assert found.low <= found.amount <= found.high


def test_half_widths_add_by_the_root_of_their_squares_each_way() -> None:
    assert total([of(10, 7, 22), of(100, 96, 105)]) == of(110, 105, 123)  # 3 and 4 down, 12 and 5 up


def test_the_interval_of_one_is_its_own() -> None:
    alone = Effect(Fraction(1, 3), Fraction(-2, 7), Fraction(5, 11))
    assert total([alone]) == alone


def test_nothing_is_worth_nothing() -> None:
    assert total([]) == NOTHING


@given(st.lists(effects(), max_size=6))
def test_a_total_is_as_sure_as_its_parts_and_no_surer_than_one_of_them(parts: list[Effect]) -> None:
    found, cut = total(parts), Fraction(1, 10**6)
    assert found.amount == sum(each.amount for each in parts)
    assert sum(each.low for each in parts) <= found.low + cut
    assert found.high <= sum(each.high for each in parts) + cut
    assert all(found.amount - found.low >= each.amount - each.low - cut for each in parts)


@given(st.permutations([of(10, 7, 22), of(100, 96, 105), of(-3, -4, 0)]))
def test_the_order_does_not_matter_to_a_total(parts: list[Effect]) -> None:
    assert total(parts) == total(sorted(parts, key=lambda each: each.amount))


@pytest.mark.parametrize("times", [0, 3, Fraction(1, 2)])
def test_an_effect_many_times_over_is_so_much_wider(times: Fraction | int) -> None:
    assert of(10, 6, 20) * times == Effect(10 * Fraction(times), 6 * Fraction(times), 20 * Fraction(times))
