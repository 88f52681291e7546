"""Days, weeks, months, quarters and years as they are written in Swedish and English, and as spreadsheets export them.

What could be two days is refused: 03/04/2026 is in March or in April.
"""

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _

from initiatives.cadence import Cadence, Span, span_of
from initiatives.reading.refusing import Unreadable, refuse_formula_fault, shortened

MONTHS: Final = (
    ("januari", "january"), ("februari", "february"), ("mars", "march"), ("april",), ("maj", "may"),
    ("juni", "june"), ("juli", "july"), ("augusti", "august"), ("september", "sept"), ("oktober", "october"),
    ("november",), ("december",),
)  # fmt: skip
_MONTH_OF: Final = {
    name[:length]: number for number, names in enumerate(MONTHS, start=1) for name in names for length in (3, len(name))
}
_YEAR: Final = r"(?P<year>(?:19|20)\d\d)"
_NAME: Final = r"(?P<name>[a-z]{3,9})\.?"
_DAY: Final = r"(?P<day>\d{1,2})(?::?[ae]|st|nd|rd|th)?"
_WEEK: Final = r"(?:vecka|veckan|v|week|wk|w)\.?\s*(?P<week>\d{1,2})"
_QUARTER: Final = r"(?:kvartal|kv|k|quarter|q)\.?\s*(?P<quarter>[1-4])"
_PART: Final = re.compile(rf"{_NAME}|{_WEEK}|{_QUARTER}")
_NUMBERED: Final = {"week": "{} v {}", "month": "{}-{:02}", "quarter": "{} kv {}"}
_NUMBER: Final = r"(?P<month>\d{1,2})"
_LONGEST: Final = 60  # signs
_LIKELY: Final = re.compile(r"(?:19|20)\d\d|-[0-6]\d")  # a year, without which no shape fits: most cells have none
_TIME: Final = re.compile(r"[t ]\d{1,2}[:.]\d\d(?:[:.]\d\d(?:[.,]\d+)?)?z?$")


def read_period(cell: str | Decimal | dt.date) -> Span:
    """The days of the period, both included; a single day begins and ends it. Raises Unreadable."""
    if isinstance(cell, dt.date):
        return Span(cell, cell)
    text = _text_of(cell)
    plain = _TIME.sub("", text.casefold().replace("–", "-")).strip(" ,") if len(text) <= _LONGEST else ""
    for shape, made in _SHAPES if _LIKELY.search(plain) else ():
        if found := shape.fullmatch(plain):
            return _made(made, found, text)
    refuse_formula_fault(text)
    raise Unreadable(
        _("“%(text)s” is not a period. Write it like this: 2026-10-14, okt 2026 or 2026-10.")
        % {"text": shortened(text)}
    )


def read_joined(year: str | Decimal | dt.date, part: str | Decimal | dt.date, counted: str) -> Span:
    """The period whose year stands in a cell of its own. `counted` is what a bare number in the other cell counts:
    week, month or quarter, or nothing that is known. Raises Unreadable.
    """
    whole, within = _text_of(year.year if isinstance(year, dt.date) else year), _text_of(part)
    if not is_year(whole):
        raise Unreadable(_("“%(text)s” is not a year.") % {"text": shortened(whole)})
    is_number = re.fullmatch(r"\d{1,2}", within) and counted
    return read_period(_NUMBERED[counted].format(whole, int(within)) if is_number else f"{whole} {within}")


def is_year(cell: str | Decimal | dt.date) -> bool:
    """Whether the cell is a year and no more."""
    return bool(re.fullmatch(_YEAR, _text_of(cell)))


def is_part_of_year(cell: str | Decimal | dt.date) -> bool:
    """Whether the cell says a week, month or quarter in words, and not of which year."""
    return (
        isinstance(cell, str) and bool(_PART.fullmatch(cell.casefold().strip())) and is_period(f"2020 {cell}")
    )  # a year of 53 weeks


def _text_of(cell: str | Decimal | dt.date | int) -> str:
    return f"{cell:f}".removesuffix(".0") if isinstance(cell, Decimal) else " ".join(str(cell).split())


def is_period(cell: str | Decimal | dt.date) -> bool:
    """Whether the cell is a period that can be read in one way."""
    try:
        read_period(cell)
    except Unreadable:
        return False
    return True


def _made(made: Callable[[re.Match[str]], Span], found: re.Match[str], text: str) -> Span:
    try:
        return made(found)
    except (ValueError, KeyError) as error:
        raise Unreadable(_("There is no such day or period: “%(text)s”.") % {"text": shortened(text)}) from error


def _day(found: re.Match[str]) -> Span:
    day = dt.date(int(found["year"]), int(found["month"]), int(found["day"]))
    return Span(day, day)


def _either_day(found: re.Match[str]) -> Span:
    """Day and month in whichever order, when only one of them is possible."""
    first, second, year = int(found["first"]), int(found["second"]), int(found["year"])
    if first <= 12 and second <= 12 and first != second:
        raise Unreadable(
            _("“%(text)s” can be two different days. Write it like this: %(day)s.")
            % {"text": found[0], "day": f"{year}-{second:02}-{first:02}"}
        )
    day = dt.date(year, *(sorted((first, second)) if first != second else (first, second)))
    return Span(day, day)


def _named_day(found: re.Match[str]) -> Span:
    day = dt.date(int(found["year"]), _month_of(found), int(found["day"]))
    return Span(day, day)


def _month(found: re.Match[str]) -> Span:
    return span_of(dt.date(int(found["year"]), int(found["month"]), 1), Cadence.MONTHLY)


def _named_month(found: re.Match[str]) -> Span:
    return span_of(dt.date(int(found["year"]), _month_of(found), 1), Cadence.MONTHLY)


def _short_month(found: re.Match[str]) -> Span:
    """How a spreadsheet shows a month of its own: okt-26."""
    return span_of(dt.date(2000 + int(found["short"]), _month_of(found), 1), Cadence.MONTHLY)


def _month_of(found: re.Match[str]) -> int:
    return _MONTH_OF[found["name"]]


def _quarter(found: re.Match[str]) -> Span:
    return span_of(dt.date(int(found["year"]), int(found["quarter"]) * 3, 1), Cadence.QUARTERLY)


def _week(found: re.Match[str]) -> Span:
    return span_of(dt.date.fromisocalendar(int(found["year"]), int(found["week"]), 1), Cadence.WEEKLY)


def _year(found: re.Match[str]) -> Span:
    year = int(found["year"])
    return Span(dt.date(year, 1, 1), dt.date(year, 12, 31))


_SHAPES: Final = [
    (re.compile(shape), made)
    for shape, made in (
        (rf"{_YEAR}([-/.]){_NUMBER}\2(?P<day>\d{{1,2}})", _day),  # 2026-10-14
        (rf"{_YEAR}(?P<month>\d\d)(?P<day>\d\d)", _day),  # 20261014
        (rf"(?P<day>\d{{1,2}})/{_NUMBER} {_YEAR}", _day),  # 14/10 2026
        (rf"(?P<first>\d{{1,2}})([-/.])(?P<second>\d{{1,2}})\2{_YEAR}", _either_day),  # 14/10/2026
        (rf"{_YEAR}[ -]?{_QUARTER}", _quarter),  # 2026 kv 3
        (rf"{_QUARTER}[ ,-]*{_YEAR}", _quarter),  # Q3 2026
        (rf"{_YEAR}[ -]?{_WEEK}", _week),  # 2026v42
        (rf"{_WEEK}[ ,-]+{_YEAR}", _week),  # v. 42 2026
        (rf"(?:den )?{_DAY}[ -]?{_NAME}[ -]{_YEAR}", _named_day),  # 14 okt 2026
        (rf"{_NAME} {_DAY},? {_YEAR}", _named_day),  # October 14, 2026
        (rf"{_YEAR}(?:[-/]m?|m){_NUMBER}", _month),  # 2026-10
        (rf"{_YEAR}(?P<month>\d\d)", _month),  # 202610
        (rf"{_NUMBER}[-/]{_YEAR}", _month),  # 10/2026
        (rf"{_NAME}[ ,-]*{_YEAR}", _named_month),  # okt 2026
        (rf"{_YEAR}[ -]?{_NAME}", _named_month),  # 2026 okt
        (rf"{_NAME}-(?P<short>[0-6]\d)", _short_month),
        (_YEAR, _year),
    )
]
