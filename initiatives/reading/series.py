"""From rows of cells to a series: where the heading is, which column is the period and which the value, row by row."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _

from initiatives.cadence import Cadence, Span, span_of
from initiatives.reading.amounts import read_amount
from initiatives.reading.files import MOST_ROWS, Cell, Row
from initiatives.reading.periods import is_period, read_period
from initiatives.reading.refusing import Unreadable
from kommun.numbers import number

HEADING_WITHIN: Final = 20  # rows
LOOKED_AT: Final = 200  # rows
PERIOD_WORDS: Final = frozenset(
    {"period", "datum", "dag", "vecka", "månad", "mån", "kvartal", "år", "tid", "tidpunkt", "mätdatum", "mätperiod"}
    | {"date", "day", "week", "month", "quarter", "year", "time"}
)
VALUE_WORDS: Final = frozenset(
    {"värde", "mätvärde", "resultat", "utfall", "value", "result", "outcome", "measurement", "actual"}
)


@dataclass(frozen=True)
class ReadValue:
    """A value with its period; `row` is its number in the file, from 1. `value` None: the cell says there is none.

    `text` is the row as it stood, with tabs between the cells.
    """

    row: int
    span: Span
    value: Decimal | None
    text: str = field(default="", compare=False)


@dataclass(frozen=True)
class UnreadRow:
    row: int
    text: str  # as it stood, with tabs between the cells
    reason: str


@dataclass(frozen=True)
class ReadSeries:
    """What was read, in the order of the rows, what was not, and the headings of the columns (empty without)."""

    values: Sequence[ReadValue]
    unread: Sequence[UnreadRow]
    heading: str = ""  # as it stood, so that unread rows can be mended below it
    period_heading: str = ""
    value_heading: str = ""
    days_mean_periods: bool = False


@dataclass(frozen=True)
class _Columns:
    """`first` is the index of the first row below the heading."""

    first: int
    period: int
    value: int
    heading: Row = ()


def read_series(
    rows: Sequence[Row], *, name: str = "", unit: str = "", cadence: Cadence | str = Cadence.MONTHLY
) -> ReadSeries:
    """The values of a table. `name` is what is measured, which a column may be called, and `unit` its unit.

    When every day is the first, or every day the last, of a period of `cadence`, the whole periods are meant.
    Raises Unreadable when it cannot be told which columns to read, or when there are too many rows.
    """
    columns = _columns(rows, name)
    body = [(number, row) for number, row in enumerate(rows[columns.first :], columns.first + 1) if not _is_empty(row)]
    if len(body) > MOST_ROWS:
        raise Unreadable(_too_many())
    read: list[ReadValue] = []
    unread: list[UnreadRow] = []
    for row_number, row in body:
        try:
            read.append(_value(row_number, row, columns, unit))
        except Unreadable as error:
            unread.append(UnreadRow(row_number, text_of(row), str(error)))
    heading = columns.heading
    named = (str(heading[columns.period]), str(heading[columns.value])) if heading else ("", "")
    whole = _whole_periods([each.span for each in read], cadence)
    read = [replace(each, span=span) for each, span in zip(read, whole, strict=True)] if whole else read
    return ReadSeries(read, unread, text_of(heading), *named, days_mean_periods=bool(whole))


def _whole_periods(spans: Sequence[Span], cadence: Cadence | str) -> Sequence[Span]:
    """The periods that the days stand for; nothing when they stand for themselves."""
    whole = [span_of(span.first, cadence) for span in spans]
    are_days = all(span.first == span.last for span in spans)
    pairs = list(zip(spans, whole, strict=True))
    are_ends = all(span.first == period.first for span, period in pairs) or all(
        span.last == period.last for span, period in pairs
    )
    return whole if are_days and are_ends else []


def _too_many() -> str:
    return _("There are too many rows. Read at most %(count)s at a time.") % {"count": number(MOST_ROWS)}


def _value(row_number: int, row: Row, columns: _Columns, unit: str) -> ReadValue:
    if columns.heading and len(row) > len(columns.heading) and any(map(str, row[len(columns.heading) :])):
        raise Unreadable(_("The row has more columns than the heading."))
    period, value = (row[index] if index < len(row) else "" for index in (columns.period, columns.value))
    if period == "":
        raise Unreadable(_("There is no period in the row."))
    if value == "":
        raise Unreadable(_("There is no value in the row. Write “saknas” if there is none for the period."))
    if isinstance(value, dt.date):
        raise Unreadable(_("“%(text)s” is not a number.") % {"text": value.isoformat()})
    return ReadValue(row_number, read_period(period), read_amount(value, unit), text_of(row))


# --- Which columns ----------------------------------------------------------------------------------------------------
def _columns(rows: Sequence[Row], name: str) -> _Columns:
    """By the words of the heading, else by what the cells hold."""
    for index, row in enumerate(rows[:HEADING_WITHIN]):
        period = _titled(row, _is_period_title)
        if period is not None and not any(map(is_period, row)) and sum(map(bool, row)) > 1:
            return _below(rows, index, period, name)
    first = next((index for index, row in enumerate(rows[:LOOKED_AT]) if any(map(is_period, row))), None)
    if first is None:
        raise Unreadable(_("No periods were found. Each row needs a day, week, month, quarter or year, and a value."))
    period = _period_column(rows[first : first + LOOKED_AT])
    return _Columns(first, period, _value_column(rows[first : first + LOOKED_AT], period))


def _below(rows: Sequence[Row], index: int, period: int, name: str) -> _Columns:
    """The columns below the heading in row `index`."""
    heading, sample = rows[index], rows[index + 1 : index + 1 + LOOKED_AT]
    titles = [None if column == period else _plain(cell) for column, cell in enumerate(heading)]
    for words in ({_plain(name)}, VALUE_WORDS):
        if len(fitting := [column for column, title in enumerate(titles) if title in words]) == 1:
            return _Columns(index + 1, period, fitting[0], heading)
    return _Columns(index + 1, period, _value_column(sample, period), heading)


def _titled(row: Row, fits: Callable[[str], bool]) -> int | None:
    return next((index for index, cell in enumerate(row) if isinstance(cell, str) and fits(_plain(cell))), None)


def _is_period_title(title: str) -> bool:
    return title in PERIOD_WORDS or title.replace("/", " ").split(" ")[0] in PERIOD_WORDS


def _plain(cell: Cell) -> str:
    return str(cell).casefold().strip(" :.*")


def _period_column(sample: Sequence[Row]) -> int:
    """The column with most periods; of two the one that is more than bare numbers, then the first."""

    def fits(column: int) -> tuple[int, int, int]:
        cells = [row[column] for row in sample if column < len(row) and is_period(row[column])]
        return len(cells), sum(not str(cell).isdigit() for cell in cells), -column

    return max(range(max(map(len, sample))), key=fits)


def _value_column(sample: Sequence[Row], period: int) -> int:
    """The only other column with about as many numbers as any. Raises Unreadable when there are several or none."""
    width = max(map(len, sample), default=0)
    filled = {column: _amounts(sample, column) for column in range(width) if column != period}
    most = max(filled.values(), default=0)
    found = [column for column, count in filled.items() if 2 * count > most]  # a remark may begin with a number
    if not found:
        raise Unreadable(_("No values were found beside the periods."))
    if len(found) > 1:
        raise Unreadable(
            _("There are several columns with numbers. Write “Värde” above the one to read, or take the others away.")
        )
    return found[0]


def _amounts(sample: Sequence[Row], column: int) -> int:
    """How many cells of the column begin as a number; none unless half of them do."""
    cells = [row[column] for row in sample if column < len(row) and row[column] != ""]
    count = sum(map(_begins_as_number, cells))
    return count if 2 * count >= len(cells) else 0


def _begins_as_number(cell: Cell) -> bool:
    if isinstance(cell, str):
        return cell.lstrip("-+−– ")[:1].isdigit() and (cell.isdigit() or not is_period(cell))
    return isinstance(cell, Decimal)


def _is_empty(row: Row) -> bool:
    return not any(str(cell).strip() for cell in row)


def text_of(row: Row) -> str:
    """The row as it can be pasted again, with tabs between the cells."""
    return "\t".join(map(_written, row)).rstrip("\t")


def _written(cell: Cell) -> str:
    """Numbers so that they are read back as themselves: with three decimals they could be thousands."""
    if not isinstance(cell, Decimal):
        return str(cell)
    text = format(cell, "f")
    return f"{text}0" if len(text.partition(".")[2]) == 3 else text
