"""Numbers as people and spreadsheets write them: 1 041,5 and 1,041.5, a minus of any kind, a unit after the number.

What could be two numbers is refused: 1.041 may be one and a bit, or more than a thousand.
"""

import re
from decimal import Decimal
from typing import Final

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from initiatives.reading.refusing import Unreadable, refuse_formula_fault, shortened
from kommun.numbers import PER_CENT, is_per_cent

NONE_THERE: Final = frozenset(
    {"-", "–", "—", "−", "..", "saknas", "saknar värde", "inget värde", "värde saknas", "uppgift saknas", "ej mätt"}
    | {"missing", "no value", "n/a", "not measured", "none", "inget"}
)
LONGEST: Final = 200  # signs of a number and its unit
PLACES: Final = 6  # as many as are kept
TOO_LARGE: Final = Decimal("1e15")

_SHAPE: Final = re.compile(r"(?P<sign>[-+−–]?)\s*(?P<digits>\d[\d\s.,’']*?)\s*(?P<unit>[^\d\s.,’'].*)?")
_GROUPED: Final = re.compile(r"\d{1,3}(?:[\s’']\d{3})+(?:[.,]\d+)?")  # 1 041,5
_PLAIN: Final = re.compile(r"\d+(?:[.,]\d+)?")
_POINTED: Final = re.compile(r"\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,}")  # 1.041,5 and 1.041.500
_COMMAED: Final = re.compile(r"\d{1,3}(?:,\d{3})+\.\d+|\d{1,3}(?:,\d{3}){2,}")  # 1,041.5 and 1,041,500
_EITHER: Final = re.compile(r"[1-9]\d{0,2}([.,])\d{3}")  # 1.041: with a nought first it is no thousand


def read_amount(cell: str | Decimal, unit: str = "") -> Decimal | None:
    """The number of a cell, at six decimals; None when the cell says that there is none.

    `unit` is what is measured in: it may follow the number, and no other word may. Raises Unreadable.
    """
    if isinstance(cell, Decimal):
        return _kept(cell)
    text = " ".join(cell.split())
    if text.casefold() in NONE_THERE:
        return None
    refuse_formula_fault(text)
    found = _SHAPE.fullmatch(text) if len(text) <= LONGEST else None
    if found is None:
        raise Unreadable(_("“%(text)s” is not a number.") % {"text": shortened(text)})
    if not _is_unit(found["unit"] or "", unit):
        raise Unreadable(
            _("“%(text)s” has another unit than %(unit)s. Write the number alone.")
            % {"text": shortened(text), "unit": unit or "–"}
        )
    value = _number(found["digits"], text)
    return _kept(-value if found["sign"] not in ("", "+") else value)


def _number(digits: str, text: str) -> Decimal:
    if _POINTED.fullmatch(digits):
        return Decimal(digits.replace(".", "").replace(",", "."))
    if _COMMAED.fullmatch(digits):
        return Decimal(digits.replace(",", ""))
    if (either := _EITHER.fullmatch(digits)) and (either[1] == "." or get_language() != "sv"):
        whole, decimals = digits.split(either[1])
        words = {"text": shortened(text), "whole": whole + decimals, "decimal": _decimal(whole, decimals)}
        raise Unreadable(_("“%(text)s” can be read in two ways. Write %(whole)s or %(decimal)s.") % words)
    if _GROUPED.fullmatch(digits) or _PLAIN.fullmatch(digits):
        return Decimal(re.sub(r"[\s’']", "", digits).replace(",", "."))
    raise Unreadable(_("“%(text)s” is not a number.") % {"text": shortened(text)})


def _decimal(whole: str, decimals: str) -> str:
    """As it is written so that it can be one number only."""
    return f"{whole},{decimals}" if get_language() == "sv" else f"{whole}.{decimals}0"


def _is_unit(word: str, unit: str) -> bool:
    """Whether the word after a number is the unit, whole or shortened: dag for dagar, kr for kronor."""
    word, unit = word.strip(" .").casefold(), unit.casefold()
    if word in PER_CENT:
        return is_per_cent(unit)
    if word in ("", ":-", "st", unit):
        return True
    shorter, longer = sorted((word, unit), key=len)
    return len(shorter) > 1 and longer.startswith(shorter)


def _kept(value: Decimal) -> Decimal:
    """Spreadsheets reckon with more decimals than they show, and than are kept."""
    if not value.is_finite() or abs(value) >= TOO_LARGE:
        return value
    return round(value, PLACES) + 0  # not the nought with a minus
