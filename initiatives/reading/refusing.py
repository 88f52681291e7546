"""How the reader says no: with a sentence about a cell, a row or the whole file."""

import re
from typing import Final

from django.utils.translation import gettext as _

LONGEST_SAID: Final = 60  # signs of a cell: a sentence is not to repeat a megabyte
_FORMULA: Final = re.compile(r"=.+", re.DOTALL)
_ERROR: Final = re.compile(r"#[^\W\d_]\S*|(?:err|fel):\d{3}", re.IGNORECASE)  # #N/A, #SAKNAS!, Err:502


class Unreadable(Exception):
    """`str(error)` is a sentence, in the active language, that says what is wrong and what to do about it."""


def shortened(text: str) -> str:
    """The cell as a sentence repeats it."""
    return text if len(text) <= LONGEST_SAID else f"{text[:LONGEST_SAID]}…"


def is_formula_fault(text: str) -> bool:
    """Whether the cell holds what came of a formula that went wrong, or the formula itself."""
    return bool(_FORMULA.fullmatch(text) or _ERROR.fullmatch(text))


def refuse_formula_fault(text: str) -> None:
    """An error is not the same as no value. Raises Unreadable."""
    if _FORMULA.fullmatch(text):
        raise Unreadable(
            _("The cell has a formula without a result. Open the file in the spreadsheet, save it and try again.")
        )
    if _ERROR.fullmatch(text):
        raise Unreadable(
            _("“%(text)s” is an error in a formula. Mend the formula in the spreadsheet.") % {"text": shortened(text)}
        )
