"""What an answer of Kolada's says: {values, count, next_url}, in which each row is a key figure, a place and a year.

Numbers are read as decimals, so that nothing is rounded on the way.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, NoReturn

from initiatives.kolada.faults import KoladaFault

ALL_GENDERS: Final = "T"
_YEAR: Final = re.compile(r"[12][0-9]{3}")


@dataclass(frozen=True)
class YearlyValue:
    kpi: str
    municipality: str
    year: int
    value: Decimal


@dataclass(frozen=True)
class Page:
    """`next_url` is where the next page is, as Kolada says it; empty on the last."""

    values: list[YearlyValue]
    next_url: str


def read_page(body: bytes) -> Page:
    """The values for all genders together that are there and without remark.

    Raises KoladaFault when the answer is not in the shape that was agreed.
    """
    try:
        answer = json.loads(body, parse_float=Decimal, parse_int=Decimal, parse_constant=_not_a_number)
        return Page([value for row in answer["values"] for value in _values(row)], str(answer.get("next_url") or ""))
    except (ValueError, ArithmeticError, LookupError, TypeError, AttributeError, RecursionError) as strange:
        raise KoladaFault("Kolada's answer is not in the shape that was expected.") from strange


def _values(row: dict[str, Any]) -> Iterator[YearlyValue]:
    if not _YEAR.fullmatch(str(row["period"])):
        raise ValueError("a period that is no year")
    for cell in row["values"]:
        value = cell["value"]
        if cell["gender"] != ALL_GENDERS or cell["status"] or value is None:
            continue
        if not isinstance(value, Decimal):
            raise TypeError("a value that is no number")
        yield YearlyValue(str(row["kpi"]), str(row["municipality"]), int(row["period"]), value)


def _not_a_number(name: str) -> NoReturn:
    raise ValueError(name)
