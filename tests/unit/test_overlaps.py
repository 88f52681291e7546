"""What counts when several claim the same effect: never more than what happened in the union of their units."""

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from initiatives.evidence import Claimed, Effect, Settled, counted, months_of

#       1
#    2      3
#   4 5    6 7
PATHS = {1: [1], 2: [1, 2], 3: [1, 3], 4: [1, 2, 4], 5: [1, 2, 5], 6: [1, 3, 6], 7: [1, 3, 7]}
LEAVES = {1: {4, 5, 6, 7}, 2: {4, 5}, 3: {6, 7}, 4: {4}, 5: {5}, 6: {6}, 7: {7}}
JANUARY = dt.date(2026, 1, 1)


def month(number: int) -> dt.date:
    return dt.date(2026 + (number - 1) // 12, (number - 1) % 12 + 1, 1)


def claim(key: int, unit: int, amount: int | Fraction, *, first: int = 1, last: int = 1) -> Claimed:
    exact = Fraction(amount)
    return Claimed(key, PATHS[unit], month(first), month(last + 1) - dt.timedelta(days=1), Effect(exact, exact, exact))


def split(first: int, other: int, share: str) -> Settled:
    return Settled(first, other, Decimal(share), 1 - Decimal(share))


def included(first: int, other: int) -> Settled:
    return Settled(first, other, Decimal(1), Decimal(0), is_included=True)


def amount_of(claims: Iterable[Claimed], settled: Iterable[Settled] = ()) -> Fraction:
    listed = list(claims)
    months = counted(listed, settled)
    return sum((months[each.key] * each.effect.amount for each in listed), Fraction(0))


def conflict(one: Claimed, two: Claimed) -> bool:
    return one.path[-1] in two.path or two.path[-1] in one.path


# --- By hand --------------------------------------------------------------------------------------------------------
def test_without_overlap_every_claim_counts_in_all_its_months() -> None:
    claims = [claim(1, 4, 10, last=12), claim(2, 5, 20, last=3), claim(3, 3, 5)]
    assert counted(claims) == {1: 12, 2: 3, 3: 1}


def test_of_two_on_the_same_unit_the_larger_counts() -> None:
    assert counted([claim(1, 4, 10), claim(2, 4, 20)]) == {1: 0, 2: 1}


def test_a_larger_claim_above_counts_for_those_below() -> None:
    assert counted([claim(1, 2, 50), claim(2, 4, 20), claim(3, 5, 20)]) == {1: 1, 2: 0, 3: 0}


def test_those_below_count_when_they_are_more_together() -> None:
    assert counted([claim(1, 2, 30), claim(2, 4, 20), claim(3, 5, 20)]) == {1: 0, 2: 1, 3: 1}


def test_only_the_months_in_common_are_counted_once() -> None:
    assert counted([claim(1, 2, 30, first=1, last=6), claim(2, 4, 20, first=4, last=9)]) == {1: 6, 2: 3}


def test_what_was_split_counts_with_its_shares_while_both_count() -> None:
    claims = [claim(1, 2, 30, first=1, last=2), claim(2, 4, 20, first=2, last=3)]
    assert counted(claims, [split(1, 2, "0.75")]) == {1: Fraction(7, 4), 2: Fraction(5, 4)}


def test_what_is_included_counts_only_when_the_other_does_not() -> None:
    claims = [claim(1, 2, 30, first=1, last=2), claim(2, 4, 90, first=2, last=3)]
    assert counted(claims, [included(1, 2)]) == {1: 2, 2: 1}


def test_the_larger_unit_can_be_included_in_the_smaller_and_leaves_the_rest_alone() -> None:
    claims = [claim(1, 2, 30), claim(2, 4, 20), claim(3, 5, 5)]
    assert counted(claims, [included(2, 1)]) == {1: 0, 2: 1, 3: 1}


def test_what_is_included_at_second_hand_is_left_out_too() -> None:
    claims = [claim(1, 4, 30), claim(2, 4, 20), claim(3, 4, 10)]
    assert counted(claims, [included(1, 2), included(2, 3)]) == {1: 1, 2: 0, 3: 0}


def test_a_ring_of_inclusions_settles_nothing() -> None:
    claims = [claim(1, 4, 30), claim(2, 4, 20), claim(3, 4, 10)]
    assert counted(claims, [included(1, 2), included(2, 3), included(3, 1)]) == {1: 1, 2: 0, 3: 0}


def test_a_split_waits_until_every_overlap_among_them_is_settled() -> None:
    claims = [claim(1, 2, 30), claim(2, 4, 20), claim(3, 4, 10)]
    half = [split(1, 2, "0.5"), split(1, 3, "0.5")]
    assert counted(claims, half) == {1: 1, 2: 0, 3: 0}
    assert counted(claims, [*half, split(2, 3, "0.5")]) == {1: Fraction(1, 4), 2: Fraction(1, 4), 3: Fraction(1, 4)}


def test_one_split_with_two_that_do_not_overlap_has_the_product_of_its_shares() -> None:
    claims = [claim(1, 2, 40), claim(2, 4, 20), claim(3, 5, 20)]
    settled = [split(1, 2, "0.5"), split(1, 3, "0.8")]
    assert counted(claims, settled) == {1: Fraction(2, 5), 2: Fraction(1, 2), 3: Fraction(1, 5)}


def test_what_is_split_stands_at_the_topmost_unit() -> None:
    claims = [claim(1, 2, 40), claim(2, 4, 20), claim(3, 5, 35)]
    assert counted(claims, [split(1, 2, "0.5")]) == {1: 0, 2: 0, 3: 1}  # 35 against 20 + 10
    assert counted([*claims[:2], claim(3, 5, 25)], [split(1, 2, "0.5")]) == {1: Fraction(1, 2), 2: Fraction(1, 2), 3: 0}


def test_a_loss_is_counted_once_and_beside_the_gains() -> None:
    assert counted([claim(1, 2, -5), claim(2, 4, -3), claim(3, 4, 1)]) == {1: 1, 2: 0, 3: 1}


def test_of_two_equals_the_same_one_counts_whatever_the_order() -> None:
    claims = [claim(1, 2, 20), claim(2, 4, 20)]
    assert counted(claims) == counted(reversed(claims)) == {1: 0, 2: 1}


def test_months_are_counted_over_the_turn_of_the_year() -> None:
    assert len(months_of(dt.date(2025, 11, 1), dt.date(2026, 1, 31))) == 3
    assert len(months_of(dt.date(2026, 2, 1), dt.date(2026, 1, 31))) == 0
    assert claim(1, 4, 1, first=11, last=14).months == 4


# --- Properties -----------------------------------------------------------------------------------------------------
@st.composite
def claims_within_what_happened(draw: st.DrawFn) -> tuple[list[Claimed], dict[tuple[int, int], int]]:
    """Claims no larger than what happened in their units in any month, and what happened by month and leaf."""
    happened = {(number, leaf): draw(st.integers(0, 20)) for number in range(1, 5) for leaf in (4, 5, 6, 7)}
    claims = []
    for key in range(draw(st.integers(0, 7))):
        unit = draw(st.sampled_from(sorted(PATHS)))
        first = draw(st.integers(1, 4))
        last = draw(st.integers(first, 4))
        most = min(sum(happened[number, leaf] for leaf in LEAVES[unit]) for number in range(first, last + 1))
        claims.append(claim(key, unit, draw(st.integers(0, most)), first=first, last=last))
    return claims, happened


@st.composite
def settlements(draw: st.DrawFn, claims: Sequence[Claimed]) -> list[Settled]:
    pairs = [(one.key, two.key) for one, two in combinations(claims, 2) if conflict(one, two)]
    settled = []
    for one, two in draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []:
        first, other = draw(st.permutations([one, two]))
        share = draw(st.sampled_from(["0", "0.25", "0.5", "0.9", "1", "in"]))
        settled.append(included(first, other) if share == "in" else split(first, other, share))
    return settled


@given(st.data())
def test_a_total_never_exceeds_the_effect_of_the_union(data: st.DataObject) -> None:
    claims, happened = data.draw(claims_within_what_happened())
    settled = data.draw(settlements(claims))
    covered = {
        (number, leaf)
        for each in claims
        for number in range(each.from_on.month, each.to_on.month + 1)
        for leaf in LEAVES[each.path[-1]]
    }
    assert amount_of(claims, settled) <= sum(happened[place] for place in covered)


@given(st.data())
def test_a_total_never_exceeds_the_sum_before_the_correction(data: st.DataObject) -> None:
    claims, _happened = data.draw(claims_within_what_happened())
    settled = data.draw(settlements(claims))
    assert 0 <= amount_of(claims, settled) <= sum(each.months * each.effect.amount for each in claims)
    months = counted(claims, settled)
    assert all(0 <= months[each.key] <= each.months for each in claims)


@given(claims_within_what_happened())
def test_what_is_unsettled_counts_as_the_heaviest_choice_without_overlap(
    drawn: tuple[list[Claimed], dict[tuple[int, int], int]],
) -> None:
    claims, _happened = drawn
    live: dict[int, list[Claimed]] = defaultdict(list)
    for each in claims:
        for number in range(each.from_on.month, each.to_on.month + 1):
            live[number].append(each)
    assert amount_of(claims) == sum(heaviest_of_all_choices(each) for each in live.values())


def heaviest_of_all_choices(claims: Sequence[Claimed]) -> Fraction:
    choices = [chosen for size in range(len(claims) + 1) for chosen in combinations(claims, size)]
    apart = [chosen for chosen in choices if not any(conflict(one, two) for one, two in combinations(chosen, 2))]
    return max(sum((each.effect.amount for each in chosen), Fraction(0)) for chosen in apart)


@given(st.data())
def test_the_order_does_not_matter(data: st.DataObject) -> None:
    claims, _happened = data.draw(claims_within_what_happened())
    settled = data.draw(settlements(claims))
    mixed, turned = list(claims), list(settled)
    generator = random.Random(data.draw(st.integers(0, 99)))
    generator.shuffle(mixed)
    generator.shuffle(turned)
    assert counted(mixed, turned) == counted(claims, settled)


@given(st.data())
def test_one_more_claim_never_lowers_the_total(data: st.DataObject) -> None:
    claims, _happened = data.draw(claims_within_what_happened())
    settled = data.draw(settlements(claims))
    one_more = claim(99, data.draw(st.sampled_from(sorted(PATHS))), data.draw(st.integers(0, 30)), last=4)
    assert amount_of([*claims, one_more], settled) >= amount_of(claims, settled)


@given(claims_within_what_happened())
def test_claims_that_do_not_overlap_are_counted_in_full(
    drawn: tuple[list[Claimed], dict[tuple[int, int], int]],
) -> None:
    apart: list[Claimed] = []
    for each in drawn[0]:
        if not any(conflict(each, other) for other in apart):
            apart.append(each)
    assert counted(apart) == {each.key: each.months for each in apart}
