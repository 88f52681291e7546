"""Does a reminder help? The figures that Newcombe published, what must always be so, and trials on a known truth."""

import math
import random
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initiatives.evidence.reminders import (
    Difference,
    Helps,
    NumberNeeded,
    helps,
    is_worth_retiring,
    newcombe,
    number_needed,
    occasions_needed,
)


def rounded(difference: Difference) -> tuple[float, float, float]:
    return round(float(difference.estimate), 4), round(difference.low, 4), round(difference.high, 4)


# --- The interval ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("counts", "published"),
    [
        ((56, 70, 48, 80), (0.2, 0.0524, 0.3339)),
        ((9, 10, 3, 10), (0.6, 0.1705, 0.8090)),
        ((6, 7, 2, 7), (0.5714, 0.0582, 0.8062)),
        ((5, 56, 0, 29), (0.0893, -0.0381, 0.1926)),
        ((0, 10, 0, 20), (0.0, -0.1611, 0.2775)),
        ((0, 10, 0, 10), (0.0, -0.2775, 0.2775)),
        ((10, 10, 0, 20), (1.0, 0.6791, 1.0)),
        ((10, 10, 0, 10), (1.0, 0.6075, 1.0)),
    ],
)
def test_the_published_examples_come_out(counts: tuple[int, int, int, int], published: tuple[float, ...]) -> None:
    assert rounded(newcombe(*counts)) == published


def test_another_confidence_gives_another_width() -> None:
    ninety, surer = newcombe(56, 70, 48, 80, 0.90), newcombe(56, 70, 48, 80, confidence=0.99)
    assert rounded(ninety) == (0.2, 0.0766, 0.3136)
    assert rounded(surer) == (0.2, 0.0054, 0.3718)
    assert (ninety.confidence, surer.confidence) == (0.90, 0.99)


def test_counts_and_shares_are_kept_exactly() -> None:
    difference = newcombe(2, 3, 1, 7)
    assert (difference.acted_nudged, difference.nudged, difference.acted_held_out, difference.held_out) == (2, 3, 1, 7)
    assert difference.share_nudged == Fraction(2, 3)
    assert difference.share_held_out == Fraction(1, 7)
    assert difference.estimate == Fraction(11, 21)
    assert difference.confidence == 0.95


@pytest.mark.parametrize(
    "counts", [(0, 0, 1, 2), (1, 2, 0, 0), (3, 2, 1, 2), (1, 2, 3, 2), (-1, 2, 1, 2), (1, 2, -1, 2), (0, -1, 1, 2)]
)
def test_what_cannot_be_counted_is_refused(counts: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="occasion"):
        newcombe(*counts)


@pytest.mark.parametrize("confidence", [0, 1, -0.5, 95, math.nan])
def test_a_confidence_is_between_0_and_1(confidence: float) -> None:
    with pytest.raises(ValueError, match="confidence"):
        newcombe(1, 2, 1, 2, confidence)


def sides(most: int = 2000) -> st.SearchStrategy[tuple[int, int]]:
    return st.integers(1, most).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(sides(10**9), sides(10**9))
def test_the_interval_holds_the_difference_and_is_one_of_shares(one: tuple[int, int], two: tuple[int, int]) -> None:
    difference = newcombe(*one, *two)
    assert -1 <= difference.low <= float(difference.estimate) <= difference.high <= 1


@given(sides(), sides())
def test_what_swaps_sides_swaps_signs(one: tuple[int, int], two: tuple[int, int]) -> None:
    difference, swapped = newcombe(*one, *two), newcombe(*two, *one)
    assert (swapped.estimate, swapped.low, swapped.high) == (
        -difference.estimate,
        pytest.approx(-difference.high),
        pytest.approx(-difference.low),
    )


@given(sides(), sides(), st.integers(2, 50))
def test_more_of_the_same_narrows_the_interval(one: tuple[int, int], two: tuple[int, int], times: int) -> None:
    few, many = newcombe(*one, *two), newcombe(*(times * each for each in (*one, *two)))
    assert many.high - many.low < few.high - few.low


# --- Whether it helps -----------------------------------------------------------------------------------------------
def test_it_helps_only_when_the_whole_interval_is_above_nothing() -> None:
    assert [helps(newcombe(*counts)) for counts in [(56, 70, 48, 80), (48, 80, 56, 70), (5, 56, 0, 29)]] == [
        Helps.SHOWN,
        Helps.HARMS,
        Helps.NOT_SHOWN,
    ]


def an_interval(low: float, high: float, *, nudged: int = 200, held_out: int = 200) -> Difference:
    return Difference(nudged // 2, nudged, held_out // 2, held_out, low, high, 0.95)


def test_an_interval_that_touches_nothing_shows_nothing() -> None:
    assert helps(an_interval(0.0, 0.2)) is Helps.NOT_SHOWN
    assert helps(an_interval(-0.2, 0.0)) is Helps.NOT_SHOWN


# --- How many reminders for one person more -------------------------------------------------------------------------
def test_the_number_needed_is_one_by_the_difference_rounded_up() -> None:
    assert number_needed(newcombe(56, 70, 48, 80)) == NumberNeeded(5, 3, 20, None, is_harm=False)
    assert number_needed(newcombe(6, 10, 4, 10)).number == 5  # 0.6 - 0.4 is less than 0.2 in floats
    assert number_needed(newcombe(10, 10, 0, 20)) == NumberNeeded(1, 1, 2, None, is_harm=False)


def test_without_a_sure_effect_the_number_has_no_upper_end() -> None:
    assert number_needed(newcombe(5, 56, 0, 29)) == NumberNeeded(12, 6, None, 27, is_harm=False)


def test_harm_is_counted_in_the_other_direction() -> None:
    assert number_needed(newcombe(48, 80, 56, 70)) == NumberNeeded(5, 3, 20, None, is_harm=True)
    assert number_needed(newcombe(0, 29, 5, 56)) == NumberNeeded(12, 6, None, 27, is_harm=True)


def test_no_difference_needs_no_number() -> None:
    assert number_needed(newcombe(0, 10, 0, 20)) == NumberNeeded(None, 4, None, 7, is_harm=False)


def test_an_interval_that_ends_at_nothing_goes_on_for_ever() -> None:
    difference = Difference(60, 100, 40, 100, 0.0, 0.4, 0.95)
    assert number_needed(difference) == NumberNeeded(5, 3, None, None, is_harm=False)


# --- When it has had its chance -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("difference", "is_retired"),
    [
        (an_interval(-0.08, 0.0999), True),
        (an_interval(-0.08, 0.1), False),  # ten in a hundred is still possible
        (an_interval(0.0, 0.09), True),
        (an_interval(0.001, 0.09), False),  # it helps, if only a little
        (an_interval(-0.2, -0.1), True),  # it harms
        (an_interval(-0.08, 0.09, nudged=199), False),
        (an_interval(-0.08, 0.09, held_out=199), False),
        (an_interval(-0.08, 0.09, nudged=201, held_out=1000), True),
    ],
)
def test_a_reminder_is_worth_retiring_when_it_had_its_chance_and_no_real_effect_is_possible(
    difference: Difference, is_retired: bool
) -> None:
    assert is_worth_retiring(difference, occasions_each=200) is is_retired


def test_too_few_occasions_retire_nothing_however_low_the_bar() -> None:
    """60 each, no difference at all: an effect of ten in a hundred could not have been seen."""
    assert not is_worth_retiring(newcombe(24, 60, 24, 60), occasions_each=50)
    assert is_worth_retiring(newcombe(240, 600, 240, 600), occasions_each=50)


# --- How many occasions it takes ------------------------------------------------------------------------------------
def test_how_many_occasions_it_takes_to_see_an_effect() -> None:
    assert occasions_needed(0.4) == 385  # the textbook's: 7.849 x (0.5 x 0.5 + 0.4 x 0.6) / 0.01
    assert occasions_needed(Fraction(2, 5), effect=0.2) == 95
    assert occasions_needed(0) == occasions_needed(1) == 71
    assert occasions_needed(0.9) == 71  # up to all of them
    assert occasions_needed(0.95) == 138  # no room above: the effect is taken below
    assert occasions_needed(0.5, effect=0.5) == 8


@pytest.mark.parametrize(("share", "effect"), [(-0.1, 0.1), (1.1, 0.1), (0.5, 0), (0.5, 0.51)])
def test_what_is_no_share_has_no_number_of_occasions(share: float, effect: float) -> None:
    with pytest.raises(ValueError, match="Shares"):
        occasions_needed(share, effect=effect)


# --- On a known truth -----------------------------------------------------------------------------------------------
SHARES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


def chances(n: int, share: float) -> list[float]:
    return [math.comb(n, acted) * share**acted * (1 - share) ** (n - acted) for acted in range(n + 1)]


@pytest.mark.parametrize(("nudged", "held_out"), [(60, 60), (120, 40), (180, 20)])
def test_the_interval_covers_the_truth_nineteen_times_in_twenty(nudged: int, held_out: int) -> None:
    """Reckoned, not drawn: every outcome with its chance, for each pair of true shares."""
    ends = {
        (one, two): newcombe(one, nudged, two, held_out) for one, two in product(range(nudged + 1), range(held_out + 1))
    }
    coverage = []
    for with_it, without in product(SHARES, SHARES):
        ones, twos = chances(nudged, with_it), chances(held_out, without)
        truth = with_it - without
        coverage.append(
            sum(
                ones[one] * twos[two]
                for (one, two), each in ends.items()
                if each.low - 1e-12 <= truth <= each.high + 1e-12
            )
        )
    assert sum(coverage) / len(coverage) == pytest.approx(0.952, abs=0.002)
    assert sum(each >= 0.94 for each in coverage) >= 0.95 * len(coverage)
    assert min(coverage) > 0.93


def draw(chance: random.Random, n: int, share: float) -> int:
    return sum(chance.random() < share for _ in range(n))


def test_drawn_at_random_the_estimate_is_unbiased_and_its_interval_covers_the_truth() -> None:
    """A rule that holds out a fifth: 2,000 trials on each of six truths."""
    chance = random.Random(20261128)
    truths = [(0.4, 0.4), (0.5, 0.4), (0.6, 0.3), (0.3, 0.4), (0.1, 0.05), (0.95, 0.9)]
    for with_it, without in truths:
        trials = [newcombe(draw(chance, 160, with_it), 160, draw(chance, 40, without), 40) for _ in range(2000)]
        error = [float(each.estimate) - (with_it - without) for each in trials]
        one_error = math.sqrt(with_it * (1 - with_it) / 160 + without * (1 - without) / 40)
        covered = sum(each.low <= with_it - without <= each.high for each in trials) / len(trials)
        assert abs(sum(error) / len(error)) < 3 * one_error / math.sqrt(len(trials))
        assert 0.94 <= covered <= 0.98


def is_ever_retired(chance: random.Random, *, lift: float) -> bool:
    """Looked at after every twentieth occasion, up to 2,000: half are held out, four in ten act by themselves."""
    acted, occasions = [0, 0], [0, 0]
    for number in range(1, 2001):
        side = chance.random() < 0.5
        occasions[side] += 1
        acted[side] += chance.random() < (0.4 if side else 0.4 + lift)
        if number % 20 == 0 and min(occasions) >= 200:
            so_far = newcombe(acted[0], occasions[0], acted[1], occasions[1])
            if is_worth_retiring(so_far, occasions_each=200):
                return True
    return False


def test_looked_at_again_and_again_the_rule_finds_the_useless_and_leaves_the_useful() -> None:
    chance = random.Random(1)
    retired = {lift: sum(is_ever_retired(chance, lift=lift) for _ in range(200)) for lift in (-0.05, 0.0, 0.10, 0.15)}
    assert retired[-0.05] >= 198
    assert retired[0.0] >= 190
    assert retired[0.10] <= 30  # at the very border: one in ten
    assert retired[0.15] <= 2
