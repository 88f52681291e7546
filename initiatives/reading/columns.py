"""Which columns of a table hold the periods and the values: by the words of its heading, else by what is in them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from initiatives.reading.cells import LOOKED_AT, Cell, Row, begins_as_number, cell_at
from initiatives.reading.periods import is_part_of_year, is_period, is_year
from initiatives.reading.refusing import Unreadable, shortened

HEADING_WITHIN: Final = 20  # rows
YEAR_WORDS: Final = frozenset({"år", "årtal", "year"})
DAY_WORDS: Final = frozenset({"dag", "day"})
COUNTED: Final = {  # within a year; the finest comes first, and is meant when there are several
    "week": ("vecka", "veckonummer", "veckonr", "week"),
    "month": ("månad", "mån", "månadsnummer", "månadsnr", "month"),
    "quarter": ("kvartal", "quarter"),
}
PERIOD_WORDS: Final = frozenset(
    {"period", "datum", "tid", "tidpunkt", "mätdatum", "mätperiod", "date", "time"}
    | YEAR_WORDS.union(DAY_WORDS, *COUNTED.values())
)
VALUE_WORDS: Final = frozenset(
    {"värde", "mätvärde", "resultat", "utfall", "value", "result", "outcome", "measurement", "actual"}
)


@dataclass(frozen=True)
class When:
    """The column of the periods; or, with `year`, that of what is counted within the year of another column."""

    period: int
    year: int | None = None
    counted: str = ""
    beside: frozenset[int] = frozenset()  # those that say it again, as a quarter beside a month: no values either

    @property
    def columns(self) -> frozenset[int]:
        return self.beside | ({self.period} if self.year is None else {self.year, self.period})


@dataclass(frozen=True)
class Columns:
    """`first` is the index of the first row below the heading."""

    first: int
    when: When
    value: int
    heading: Row = ()

    @property
    def period_heading(self) -> str:
        columns = (self.when.year, self.when.period) if self.heading else ()
        return " + ".join(shortened(str(cell_at(self.heading, column))) for column in columns if column is not None)

    @property
    def value_heading(self) -> str:
        return shortened(str(cell_at(self.heading, self.value)))

    def begin_again_in(self, row: Row) -> bool:
        """Whether the row is the heading of another table, with other columns."""
        titled = any(_is_period_title(cell_at(row, column)) for column in self.when.columns)
        is_heading = titled and sum(map(bool, row)) > 1 and not any(map(begins_as_number, row))
        return is_heading and _titles(row) != _titles(self.heading)


def columns_of(rows: Sequence[Row], name: str) -> Columns:
    """`name` is what is measured, which a column may be called. Raises Unreadable when they cannot be told apart."""
    for index, row in enumerate(rows[:HEADING_WITHIN]):
        if any(map(_is_period_title, row)) and not any(map(is_period, row)) and sum(map(bool, row)) > 1:
            return _below(rows, index, name)
    first = next((index for index, row in enumerate(rows[:LOOKED_AT]) if any(map(is_period, row))), None)
    if first is None:
        raise Unreadable(_("No periods were found. Each row needs a day, week, month, quarter or year, and a value."))
    sample = rows[first : first + LOOKED_AT]
    period = _period_column(sample)
    when = _within_year(sample, period) or When(period)
    return Columns(first, when, _value_column(sample, when))


def _below(rows: Sequence[Row], index: int, name: str) -> Columns:
    """The columns below the heading in row `index`."""
    heading, sample = rows[index], rows[index + 1 : index + 1 + LOOKED_AT]
    when = _when(heading, sample)
    titles = [None if column in when.columns else _plain(cell) for column, cell in enumerate(heading)]
    for words in ({_plain(name)} - {""}, VALUE_WORDS):
        if len(fitting := [column for column, title in enumerate(titles) if title in words]) == 1:
            return Columns(index + 1, when, fitting[0], heading)
    return Columns(index + 1, when, _value_column(sample, when), heading)


# --- The periods ------------------------------------------------------------------------------------------------------
def _when(heading: Row, sample: Sequence[Row]) -> When:
    """The first column called so; a year of its own is joined with what stands beside it."""
    titled = [column for column, cell in enumerate(heading) if _is_period_title(cell)]
    year = next((column for column in titled if _first_word(heading[column]) in YEAR_WORDS), None)
    if year is None:
        return When(titled[0])
    parts = {column: counted for column in titled if (counted := _counted(heading[column]))}
    beside = frozenset([year, *parts])
    if whole := [column for column in titled if column != year and _mostly(sample, column, _is_more_than_year)]:
        return When(whole[0], beside=beside)
    _refuse_days_apart(heading, sample)
    if parts:
        finest = min(parts, key=lambda column: list(COUNTED).index(parts[column]))
        return When(finest, year, parts[finest], beside)
    return _within_year(sample, year) or When(titled[0])


def _counted(title: Cell) -> str:
    return next((counted for counted, words in COUNTED.items() if _first_word(title) in words), "")


def _refuse_days_apart(heading: Row, sample: Sequence[Row]) -> None:
    """A year and a month are not the period of a value that is of one day."""
    days = [column for column, cell in enumerate(heading) if _plain(cell) in DAY_WORDS]
    if any(_mostly(sample, column, begins_as_number) for column in days):
        raise Unreadable(_("The year and the day stand in different columns. Write the whole day in one: 2026-10-14."))


def _within_year(sample: Sequence[Row], year: int) -> When | None:
    """Beside a column of bare years, the one that says a month, week or quarter in words."""
    if not _mostly(sample, year, is_year):
        return None
    spelled = (column for column in range(_width(sample)) if _mostly(sample, column, is_part_of_year))
    return next((When(column, year) for column in spelled), None)


def _period_column(sample: Sequence[Row]) -> int:
    """The column with most periods; of two the one that is more than bare numbers, then the first."""

    def fits(column: int) -> tuple[int, int, int]:
        cells = [row[column] for row in sample if column < len(row) and is_period(row[column])]
        return len(cells), sum(not str(cell).isdigit() for cell in cells), -column

    return max(range(_width(sample)), key=fits)


def _is_more_than_year(cell: Cell) -> bool:
    return is_period(cell) and not is_year(cell)


# --- The values -------------------------------------------------------------------------------------------------------
def _value_column(sample: Sequence[Row], when: When) -> int:
    """The only other column with about as many numbers as any. Raises Unreadable when there are several or none."""
    filled = {column: _amounts(sample, column) for column in range(_width(sample)) if column not in when.columns}
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
    cells = _filled(sample, column)
    count = sum(map(begins_as_number, cells))
    return count if 2 * count >= len(cells) else 0


# --- Cells and titles -------------------------------------------------------------------------------------------------
def _mostly(sample: Sequence[Row], column: int, fits: Callable[[Cell], bool]) -> bool:
    """Whether there are cells in the column, and at least half of them fit."""
    cells = _filled(sample, column)
    return bool(cells) and 2 * sum(map(fits, cells)) >= len(cells)


def _filled(sample: Sequence[Row], column: int) -> list[Cell]:
    return [row[column] for row in sample if column < len(row) and row[column] != ""]


def _width(sample: Sequence[Row]) -> int:
    return max(map(len, sample), default=0)


def _is_period_title(cell: Cell) -> bool:
    return isinstance(cell, str) and (_plain(cell) in PERIOD_WORDS or _first_word(cell) in PERIOD_WORDS)


def _titles(row: Row) -> list[str]:
    """The words of a heading, wherever its cells end."""
    return " ".join(map(_plain, row)).split()


def _first_word(cell: Cell) -> str:
    return _plain(cell).replace("/", " ").split(" ")[0]


def _plain(cell: Cell) -> str:
    return str(cell).casefold().strip(" :.*")
