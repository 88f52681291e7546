"""From rows of cells to a series: which columns it stands in, and then row by row what is read and what is not."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from django.utils.translation import gettext as _

from initiatives.cadence import Cadence, Span, span_of
from initiatives.reading.amounts import read_amount
from initiatives.reading.cells import MOST_COLUMNS, MOST_ROWS, Row, cell_at, has_value, is_empty, text_of, too_many_rows
from initiatives.reading.columns import Columns, When, columns_of
from initiatives.reading.periods import read_joined, read_period
from initiatives.reading.refusing import Unreadable
from kommun.numbers import number

Numbered = tuple[int, Row]  # the number of a row, and the row


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
    is_of_table: bool = True  # so that it can be mended below the heading


@dataclass(frozen=True)
class ReadSeries:
    """What was read, in the order of the rows, what was not, and the headings of the columns (empty without)."""

    values: Sequence[ReadValue]
    unread: Sequence[UnreadRow]
    heading: str = ""  # as it stood, so that unread rows can be mended below it
    period_heading: str = ""
    value_heading: str = ""
    days_mean_periods: bool = False


def read_series(
    rows: Sequence[Row], *, name: str = "", unit: str = "", cadence: Cadence | str = Cadence.MONTHLY
) -> ReadSeries:
    """The values of a table. `name` is what is measured, which a column may be called, and `unit` its unit.

    When every day is the first, or every day the last, of a period of `cadence`, the whole periods are meant.
    Raises Unreadable when it cannot be told which columns to read, or when there are too many rows.
    """
    columns = columns_of(rows, name)
    body = [(index, row) for index, row in enumerate(rows[columns.first :], columns.first + 1) if not is_empty(row)]
    if len(body) > MOST_ROWS:
        raise Unreadable(too_many_rows())
    table, below = _parted(body, columns)
    read: list[ReadValue] = []
    unread: list[UnreadRow] = []
    for row_number, row in table:
        try:
            read.append(_value(row_number, row, columns, unit))
        except Unreadable as error:
            unread.append(UnreadRow(row_number, text_of(row), str(error)))
    whole = _whole_periods([each.span for each in read], cadence)
    read = [replace(each, span=span) for each, span in zip(read, whole, strict=True)] if whole else read
    named = (columns.period_heading, columns.value_heading)
    return ReadSeries(
        read, [*_above(rows, columns), *unread, *below], text_of(columns.heading), *named, days_mean_periods=bool(whole)
    )


def _above(rows: Sequence[Row], columns: Columns) -> Sequence[UnreadRow]:
    """The rows above the heading that are no titles: they are of another table."""
    numbered = enumerate(rows[: columns.first - 1] if columns.heading else (), 1)
    said = _("The row stands above the heading.")
    return [
        UnreadRow(row_number, text_of(row), said, is_of_table=False) for row_number, row in numbered if has_value(row)
    ]


def _parted(body: Sequence[Numbered], columns: Columns) -> tuple[Sequence[Numbered], Sequence[UnreadRow]]:
    """The rows of the table, and those from a second heading on: in its columns other things stand."""
    place = next((place for place, (_row, row) in enumerate(body) if columns.begin_again_in(row)), len(body))
    below = []
    for row_number, row in body[place:]:
        said = _("Another heading stands in row %(row)d. Read the table below it by itself.") % {"row": body[place][0]}
        below.append(UnreadRow(row_number, text_of(row), said))
    return body[:place], below


def _whole_periods(spans: Sequence[Span], cadence: Cadence | str) -> Sequence[Span]:
    """The periods that the days stand for; nothing when they stand for themselves."""
    whole = [span_of(span.first, cadence) for span in spans]
    are_days = all(span.first == span.last for span in spans)
    pairs = list(zip(spans, whole, strict=True))
    are_ends = all(span.first == period.first for span, period in pairs) or all(
        span.last == period.last for span, period in pairs
    )
    return whole if are_days and are_ends else []


def _value(row_number: int, row: Row, columns: Columns, unit: str) -> ReadValue:
    if len(row) > MOST_COLUMNS:
        raise Unreadable(
            _("The row has too many columns. At most %(count)s are read.") % {"count": number(MOST_COLUMNS)}
        )
    if columns.heading and len(row) > len(columns.heading) and any(map(str, row[len(columns.heading) :])):
        raise Unreadable(_("The row has more columns than the heading."))
    span, value = _span(row, columns.when), cell_at(row, columns.value)
    if value == "":
        raise Unreadable(_("There is no value in the row. Write “saknas” if there is none for the period."))
    if isinstance(value, dt.date):
        raise Unreadable(_("“%(text)s” is not a number.") % {"text": value.isoformat()})
    return ReadValue(row_number, span, read_amount(value, unit), text_of(row))


def _span(row: Row, when: When) -> Span:
    period = cell_at(row, when.period)
    if period == "":
        raise Unreadable(_("There is no period in the row."))
    if when.year is None:
        return read_period(period)
    if (year := cell_at(row, when.year)) == "":
        raise Unreadable(_("There is no year in the row."))
    return read_joined(year, period, when.counted)
