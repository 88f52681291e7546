"""A measured value at the top of an answer: "26", "26,5 dagar". It never guesses where two readings are possible."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from initiatives.reading.amounts import read_amount
from initiatives.reading.refusing import Unreadable

_GREETING: Final = re.compile(
    r"(?:hej+(?:san)?|hallå|tjena|tja|god ?(?:morgon|dag|kväll|middag)|hi|hello|good (?:morning|day))\b\D{0,40}",
    re.IGNORECASE,
)
_MEANT_AS_ONE: Final = re.compile(r"[-+−–]?\s*\d[\d\s.,’':/–-]*\s*(?:[^\W\d]\S*)?%?")  # with one word after it at most


@dataclass(frozen=True)
class WrittenValue:
    """`value` is None when there is none for the period."""

    value: Decimal | None
    rest: str  # the lines below


def value_at_top(written: str, unit: str) -> WrittenValue | None:
    """The value on the first line, below a greeting; None when that line is something else.

    `unit` is what is measured in. Raises Unreadable, with a sentence, for what is meant as a value and is none.
    """
    lines = [line for line in written.split("\n") if line.strip()]
    if len(lines) > 1 and _GREETING.fullmatch(lines[0].strip()):
        lines = lines[1:]
    first = lines[0].strip().strip("*_ ").rstrip(".! ") if lines else ""
    if not any(sign.isalnum() for sign in first):
        return None
    try:
        return WrittenValue(read_amount(first, unit), "\n".join(lines[1:]))
    except Unreadable:
        if _MEANT_AS_ONE.fullmatch(first):
            raise
        return None
