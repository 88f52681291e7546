"""From a file or a pasted text to rows of cells. What the cells mean is for others to say."""

import csv
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from django.utils.translation import gettext as _

from initiatives.reading.cells import LOOKED_AT, Row, Table, limited, trimmed
from initiatives.reading.periods import is_period
from initiatives.reading.refusing import Unreadable
from initiatives.reading.sheets import table_of_workbook
from kommun.imports.reading import BYTE_ORDER_MARK, decoded

MOST_BYTES: Final = 2 * 1024 * 1024
ZIP: Final = b"PK"
OLD_EXCEL: Final = b"\xd0\xcf\x11\xe0"
UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
SEPARATORS: Final = "\t;, "  # the first of those that fit equally well
SIGNS_LOOKED_AT: Final = 2_000  # of a line, when the separator is found out
CELLS_LOOKED_AT: Final = 50
MOST_LINES: Final = 50  # within one pair of quotation marks


def table_of_file(data: bytes) -> Table:
    """The table of a CSV file or a workbook (XLSX, ODS), by what it holds and not by its name. Raises Unreadable."""
    if len(data) > MOST_BYTES:
        raise Unreadable(_("The file is too large. It may hold at most 2 MB."))
    if data.startswith(OLD_EXCEL):
        raise Unreadable(_("This is the old Excel format, or a file with a password. Save it as XLSX or CSV."))
    if data.startswith(ZIP):
        return table_of_workbook(data)
    text = data.decode("utf-16", errors="replace") if data.startswith(UTF_16) else decoded(data)
    if "\0" in text:
        raise Unreadable(_("This is no CSV, XLSX or ODS file."))
    return Table(cells_of_text(text))


def cells_of_text(text: str) -> list[Row]:
    """The rows of a text: columns by tabs, as a spreadsheet pastes them, or by semicolons, commas or a last blank.

    Their numbers are those that a spreadsheet shows, where a row may be several lines of the text. Raises Unreadable
    when there are too many rows or none.
    """
    lines = text.removeprefix(BYTE_ORDER_MARK).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    first = [line[:SIGNS_LOOKED_AT] for line in islice(filter(str.strip, lines), LOOKED_AT)]
    separator = max(SEPARATORS, key=lambda sign: _fits(first, sign))
    return limited(_rows(lines, separator))


def _fits(lines: Sequence[str], separator: str) -> tuple[int, int]:
    """How many rows have a period among their first cells when cut so; then how many can be cut at all."""
    cut = [row[:CELLS_LOOKED_AT] for row in _rows(lines, separator)]
    return sum(any(map(is_period, cells)) for cells in cut), sum(len(cells) > 1 for cells in cut)


def _rows(lines: Sequence[str], separator: str) -> Iterator[Row]:
    place = 0
    while place < len(lines):
        cells, used = _row(lines[place : place + MOST_LINES], separator)
        yield [" ".join(cell.split()) for cell in trimmed(cells)]
        place += used


def _row(lines: Sequence[str], separator: str) -> tuple[Sequence[str], int]:
    """The cells of the row that begins in the first line, and how many lines it takes."""
    if separator == " ":
        return lines[0].rsplit(maxsplit=1), 1
    return ('"' in lines[0] and _quoted(lines, separator)) or (lines[0].split(separator), 1)


def _quoted(lines: Sequence[str], separator: str) -> tuple[Sequence[str], int] | None:
    """The row with the line breaks that stand within quotation marks; None when a mark is not closed."""
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=separator, strict=True)
    try:
        cells = next(reader)
    except csv.Error:
        return None
    return None if any(_has_swallowed(cell, separator) for cell in cells) else (cells, reader.line_num)


def _has_swallowed(cell: str, separator: str) -> bool:
    """Whether rows with periods of their own stand within: then the mark was never closed, and is no longer one."""
    inner = (line.split(separator, CELLS_LOOKED_AT) for line in cell.split("\n")[1:])
    return any(len(cells) > 1 and any(map(is_period, cells)) for cells in inner)
