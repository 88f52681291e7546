"""A comparison as it is kept: in columns as decimals, in the history as text, so that no reader rounds it."""

from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from initiatives import evidence

_SIX_PLACES: Final = Decimal("0.000001")


def figures(comparison: evidence.Comparison) -> dict[str, Any]:
    """The comparison as it is kept in the history, numbers as text so that none is rounded by a reader."""
    return {
        "verdict": comparison.verdict.value,
        "n_before": comparison.n_before,
        "n_after": comparison.n_after,
        "p": None if comparison.p is None else float(comparison.p),
        "shift": _text(comparison.shift),
        "shift_low": _text(comparison.low),
        "shift_high": _text(comparison.high),
        "warnings": [str(each) for each in comparison.warnings],
    }


def decimal_of(value: Fraction | None) -> Decimal | None:
    if value is None:
        return None
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(_SIX_PLACES)


def _text(value: Fraction | None) -> str | None:
    exact = decimal_of(value)
    return None if exact is None else format(exact.normalize(), "f")
