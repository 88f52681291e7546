"""What a shift is worth in hours, money or something else, and how the worth of many adds up."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final, Self

from initiatives.evidence.comparison import Direction

_ROOT_TO: Final = 10**9  # a root that is not whole is cut after nine decimals of its numerator


@dataclass(frozen=True)
class Effect:
    """So much better: an amount (more is better, negative is a loss) with its interval, low <= amount <= high."""

    amount: Fraction
    low: Fraction
    high: Fraction

    def __mul__(self, times: Fraction | int) -> Self:
        """So many times over; `times` is not negative. The interval widens as much as the amount."""
        return type(self)(self.amount * times, self.low * times, self.high * times)


NOTHING: Final = Effect(Fraction(0), Fraction(0), Fraction(0))


def effect(
    shift: Decimal, low: Decimal, high: Decimal, *, better: Direction, volume: Decimal, unit_value: Decimal
) -> Effect:
    """What a shift with its interval is worth: direction x shift x volume x unit value.

    `shift`, `low` and `high` are after less before, in the indicator's own unit of measure; `volume` is how many it
    happens to (in a month, or in all), `unit_value` what one step of the indicator is worth to each. Both are positive.
    Days that became 4.2 fewer for 30 cases a month, half an hour a day each: 63 hours a month.
    """
    each = better.sign * Fraction(volume) * Fraction(unit_value)
    ends = sorted((each * Fraction(low), each * Fraction(high)))
    return Effect(each * Fraction(shift), *ends)


def total(effects: Iterable[Effect]) -> Effect:
    """The sum of independent effects. Half-widths add by the root of their squares, downwards and upwards apart."""
    listed = list(effects)
    amount = sum((each.amount for each in listed), Fraction(0))
    down = _root(sum(((each.amount - each.low) ** 2 for each in listed), Fraction(0)))
    up = _root(sum(((each.high - each.amount) ** 2 for each in listed), Fraction(0)))
    return Effect(amount, amount - down, amount + up)


def _root(square: Fraction) -> Fraction:
    """Exact when the root is a fraction, so that the interval of one effect stays as it was."""
    product = square.numerator * square.denominator
    return Fraction(math.isqrt(product * _ROOT_TO**2), square.denominator * _ROOT_TO)
