"""Does a reminder help? Those who got it against those left without, by the draw: the difference, and how sure it is.

An occasion is one draw (one initiative in one step), and each is counted once: the arithmetic takes occasions for
independent of one another.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from statistics import NormalDist
from typing import Final

SMALLEST_EFFECT: Final = Fraction(1, 10)  # a share: fewer than ten more in a hundred are not worth a letter
POWER: Final = 0.8


class Helps(StrEnum):
    """What the interval of a difference says."""

    SHOWN = "shown"  # all of it above nothing
    HARMS = "harms"  # all of it below nothing
    NOT_SHOWN = "not_shown"


@dataclass(frozen=True)
class Difference:
    """The share that acted with the reminder less the share that acted without. `low` to `high` is its interval.

    All are shares, from -1 to 1: 0.2 is twenty more in a hundred. Counts are occasions.
    """

    acted_nudged: int
    nudged: int
    acted_held_out: int
    held_out: int
    low: float
    high: float
    confidence: float

    @property
    def share_nudged(self) -> Fraction:
        return Fraction(self.acted_nudged, self.nudged)

    @property
    def share_held_out(self) -> Fraction:
        return Fraction(self.acted_held_out, self.held_out)

    @property
    def estimate(self) -> Fraction:
        return self.share_nudged - self.share_held_out


@dataclass(frozen=True)
class NumberNeeded:
    """How many reminders make one person more act, as Altman writes it; whole occasions, rounded up.

    `number` is the estimate and None when there is no difference at all. `fewest` to `most` is the interval in the
    direction of the estimate; `most` is None when there is no upper end, because no effect is within the interval. Then
    `fewest_other_way` is where the interval ends on the far side of infinity, in the other direction: the estimate
    20 with an interval "9 to infinity, and from there to 60 the other way" is NumberNeeded(20, 9, None, 60).
    With `is_harm` the estimate counts reminders until one person fewer acts.
    """

    number: int | None
    fewest: int
    most: int | None
    fewest_other_way: int | None
    is_harm: bool


def newcombe(
    acted_nudged: int, nudged: int, acted_held_out: int, held_out: int, confidence: float = 0.95
) -> Difference:
    """The difference of two independent proportions with its interval.

    The hybrid score interval without continuity correction, made of the Wilson intervals of both: method 10 of
    Newcombe, Interval estimation for the difference between independent proportions: comparison of eleven methods,
    Statistics in Medicine 1998;17:873-890. Raises ValueError when nobody was nudged or nobody held out, when more
    acted than there were, and for a confidence that is not between 0 and 1.
    """
    if not (0 <= acted_nudged <= nudged and 0 <= acted_held_out <= held_out and nudged and held_out):
        raise ValueError("Each side needs an occasion or more, and no more may act than there are occasions")
    if not 0 < confidence < 1:
        raise ValueError("A confidence lies between 0 and 1")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    with_it, without = acted_nudged / nudged, acted_held_out / held_out
    (low, high), (low_without, high_without) = _wilson(acted_nudged, nudged, z), _wilson(acted_held_out, held_out, z)
    estimate = float(Fraction(acted_nudged, nudged) - Fraction(acted_held_out, held_out))
    return Difference(
        acted_nudged,
        nudged,
        acted_held_out,
        held_out,
        estimate - math.hypot(with_it - low, high_without - without),
        estimate + math.hypot(high - with_it, without - low_without),
        confidence,
    )


def _wilson(acted: int, n: int, z: float) -> tuple[float, float]:
    return _wilson_low(acted, n, z), 1 - _wilson_low(n - acted, n, z)


def _wilson_low(acted: int, n: int, z: float) -> float:
    """The lower root of Wilson's equation, written as a quotient without a subtraction: exactly 0 when nobody acted."""
    return 2 * acted * acted / n / (2 * acted + z * z + z * math.sqrt(z * z + 4 * acted * (n - acted) / n))


def helps(difference: Difference) -> Helps:
    """Whether the interval lies above nothing, below it, or has it within."""
    if difference.low > 0:
        return Helps.SHOWN
    return Helps.HARMS if difference.high < 0 else Helps.NOT_SHOWN


def number_needed(difference: Difference) -> NumberNeeded:
    """The number needed to nudge: one by the difference, and its interval from the ends of the difference's.

    After Altman, Confidence intervals for the number needed to treat, BMJ 1998;317:1309-1312.
    """
    is_harm = difference.estimate < 0
    near, far = (difference.low, difference.high) if is_harm else (difference.high, difference.low)
    other = _one_by(far) if far else None
    is_shown = helps(difference) is not Helps.NOT_SHOWN
    return NumberNeeded(
        number=_one_by(difference.estimate) if difference.estimate else None,
        fewest=_one_by(near),
        most=other if is_shown else None,
        fewest_other_way=None if is_shown else other,
        is_harm=is_harm,
    )


def _one_by(share: Fraction | float) -> int:
    return math.ceil(1 / share if share > 0 else -1 / share)


def is_worth_retiring(difference: Difference, *, occasions_each: int) -> bool:
    """Whether a reminder has had its chance and is not worth its letters. The rule is set beforehand.

    Both sides have `occasions_each` occasions or more, no help is shown, and an effect of ten in a hundred or more is
    outside the interval. The last keeps a reminder that merely has too few occasions for its effect to be seen.
    """
    return (
        min(difference.nudged, difference.held_out) >= occasions_each
        and helps(difference) is not Helps.SHOWN
        and difference.high < SMALLEST_EFFECT
    )


def occasions_needed(share_held_out: Fraction | float, *, effect: Fraction | float = SMALLEST_EFFECT) -> int:
    """How many occasions each side needs for a reminder that adds `effect` to be shown to help, four times in five.

    The usual formula for two proportions without pooling, at 95 % confidence. Where there is no room above the share
    that acts without a reminder, the effect is taken below it. Raises ValueError for what is no share, and for an
    effect that is nothing or more than half.
    """
    if not (0 <= share_held_out <= 1 and 0 < effect <= 0.5):
        raise ValueError("Shares lie between 0 and 1, and an effect is not nothing and at most half")
    without = float(share_held_out)
    with_it = without + float(effect) if without + effect <= 1 else without - float(effect)
    z = NormalDist().inv_cdf(0.975) + NormalDist().inv_cdf(POWER)
    spread = with_it * (1 - with_it) + without * (1 - without)
    return math.ceil(z * z * spread / (with_it - without) ** 2)
