"""Numbers as people read them: 41,5 in Swedish and 41.5 in English, a real minus, and no line break before a unit."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from django.utils.formats import number_format

NO_BREAK = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
SIGNIFICANT = 3
MOST_DECIMALS = 2
PER_CENT = ("%", "procent", "per cent", "percent")


def number(value: Decimal | int) -> str:
    """The number exactly as it is, in the active language, without trailing zeros: 1 041,5."""
    exact = Decimal(value)
    places = max(0, -int(exact.normalize().as_tuple().exponent)) if exact.is_finite() else 0
    text = str(number_format(exact.quantize(Decimal(1).scaleb(-places)), places, use_l10n=True, force_grouping=True))
    return text.replace("-", MINUS)


def rounded(value: Decimal | Fraction | int, *, width: Fraction | None = None) -> str:
    """The number for reading: three significant digits, but never fewer than its whole part has.

    With as many decimals as it takes to see a tenth of `width`, of what it is read beside: 99,86 and not 99,9.
    """
    exact = _decimal(value)
    places = max(0, SIGNIFICANT - 1 - exact.adjusted()) if exact else 0
    if width:
        places = max(places, 1 - _decimal(width).adjusted())
    return number(exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP))


def readable(value: Decimal | Fraction) -> str:
    """A value that somebody entered, as it is; one with more decimals than people use is rounded."""
    is_short = value == round(value, MOST_DECIMALS)
    return number(_decimal(value)) if is_short else rounded(value)


def _decimal(value: Decimal | Fraction | int) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator) if isinstance(value, Fraction) else Decimal(value)


def quantity(figure: str, unit: str) -> str:
    """A written number with its unit of measure, kept on one line: 41,5 dagar."""
    return f"{figure}{NO_BREAK}{unit}" if unit else figure


def is_per_cent(unit: str) -> bool:
    """Whether something is measured in per cent, or in percentage points."""
    return any(each in unit.casefold() for each in PER_CENT)
