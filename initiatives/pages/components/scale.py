"""Where things stand in a fluid drawing: across in per cent, down in pixels, so that text keeps its size everywhere."""

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

STEPS: Final = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
MOST_TICKS: Final = 6


def percent(share: float) -> str:
    """A share of the width, as an attribute: 33.33%."""
    return f"{share * 100:.2f}%"


def pixels(length: float) -> str:
    return f"{length:.1f}"


@dataclass(frozen=True)
class ValueScale:
    """Values upwards, between round numbers; `top` and `bottom` in pixels from above."""

    ticks: Sequence[Decimal]
    top: float
    bottom: float

    def y(self, value: Decimal | Fraction) -> float:
        """Floats do for drawing, and are many times quicker; what they add at an end is taken off again."""
        low, high = float(self.ticks[0]), float(self.ticks[-1])
        share = (float(value) - low) / (high - low)
        return self.bottom - min(1.0, max(0.0, share)) * (self.bottom - self.top)


def value_scale(values: Iterable[Decimal | Fraction], *, top: float, bottom: float) -> ValueScale:
    """A scale that holds all of `values` (at least one), with 3 to 6 round ticks. It need not begin at zero."""
    exact = [Decimal(each.numerator) / Decimal(each.denominator) for each in (Fraction(value) for value in values)]
    low, high = min(exact), max(exact)
    if low == high:
        spread = abs(low) / 10 or Decimal(1)
        low, high = low - spread, high + spread
    step = _round_step((high - low) / (MOST_TICKS - 1))
    first, last = math.floor(low / step), math.ceil(high / step)
    if last - first >= MOST_TICKS:  # rounding outwards at both ends made one too many
        step = _round_step(step * Decimal("1.01"))
        first, last = math.floor(low / step), math.ceil(high / step)
    return ValueScale([step * each for each in range(first, last + 1)], top, bottom)


def _round_step(least: Decimal) -> Decimal:
    """The smallest of 1, 2, 2.5 and 5 times a power of ten that is at least `least`."""
    power = Decimal(1).scaleb(least.adjusted())
    return next(power * step for step in STEPS if power * step >= least)


@dataclass(frozen=True)
class DateScale:
    """Days across, as shares of the width."""

    first: dt.date
    last: dt.date

    def x(self, day: dt.date) -> float:
        """Where the day begins."""
        return (day - self.first).days / max(1, (self.last - self.first).days + 1)

    def middle(self, first: dt.date, last: dt.date) -> float:
        """The middle of a period, both days included."""
        return (self.x(first) + self.x(last + dt.timedelta(days=1))) / 2


def spread_out(wanted: Sequence[float], least: float, *, lowest: float) -> list[float]:
    """The places `wanted`, in the same order, moved just enough to stand `least` apart and not below `lowest`."""
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    placed = [float(each) for each in wanted]
    limit = lowest
    for index in reversed(order):
        placed[index] = min(placed[index], limit)
        limit = placed[index] - least
    return placed
