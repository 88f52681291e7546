"""From a file or a pasted text to rows of cells: text, numbers or days. What the cells mean is for others to say."""

import csv
import datetime as dt
import io
import json
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from django.utils.translation import gettext as _

from initiatives.reading.periods import is_period
from initiatives.reading.refusing import Unreadable
from kommun.imports.reading import BYTE_ORDER_MARK, decoded
from kommun.numbers import number

MOST_BYTES: Final = 2 * 1024 * 1024
MOST_ROWS: Final = 10_000
MOST_UNPACKED: Final = 40 * 1024 * 1024
MOST_PARTS: Final = 500
ROOM_FOR_TITLES: Final = 20  # rows above the heading
PATIENCE: Final = 30  # seconds
ZIP: Final = b"PK"
OLD_EXCEL: Final = b"\xd0\xcf\x11\xe0"
UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
SEPARATORS: Final = "\t;, "  # the first of those that fit equally well
LOOKED_AT: Final = 200  # lines
WORKBOOK: Final = Path(__file__).with_name("workbook.py")

Cell = str | Decimal | dt.date
Row = Sequence[Cell]


def cells_of_file(data: bytes) -> list[Row]:
    """The rows of a CSV file or a workbook (XLSX, ODS), by what it holds and not by its name. Raises Unreadable."""
    if len(data) > MOST_BYTES:
        raise Unreadable(_("The file is too large. It may hold at most 2 MB."))
    if data.startswith(OLD_EXCEL):
        raise Unreadable(_("This is the old Excel format, or a file with a password. Save it as XLSX or CSV."))
    if data.startswith(ZIP):
        return _limited(_cells_of_workbook(data))
    text = data.decode("utf-16", errors="replace") if data.startswith(UTF_16) else decoded(data)
    if "\0" in text:
        raise Unreadable(_("This is no CSV, XLSX or ODS file."))
    return cells_of_text(text)


def cells_of_text(text: str) -> list[Row]:
    """The rows of a text: columns by tabs, as a spreadsheet pastes them, or by semicolons, commas or a last blank.

    Raises Unreadable when there are too many rows or none.
    """
    lines = text.removeprefix(BYTE_ORDER_MARK).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    first = [line for line in lines if line.strip()][:LOOKED_AT]
    separator = max(SEPARATORS, key=lambda sign: _fits(first, sign))
    return _limited([_cells_of_line(line, separator) for line in lines])


def _fits(lines: Sequence[str], separator: str) -> tuple[int, int]:
    """How many lines have a period among their cells when cut so; then how many can be cut at all."""
    cut = [_cells_of_line(line, separator) for line in lines]
    return sum(any(map(is_period, cells)) for cells in cut), sum(len(cells) > 1 for cells in cut)


def _cells_of_line(line: str, separator: str) -> Row:
    """The cells. A quotation mark that is never closed breaks its own line and not the rest."""
    if separator == " ":
        return line.rsplit(maxsplit=1)
    try:
        cells = next(csv.reader([line], delimiter=separator, strict=True), [])
    except csv.Error:
        cells = line.split(separator)
    return [" ".join(cell.split()) for cell in cells]


def _limited(rows: list[Row]) -> list[Row]:
    """The rows without the empty ones at the end. Raises Unreadable when they are too many or none."""
    while rows and not any(str(cell).strip() for cell in rows[-1]):
        rows.pop()
    if not rows:
        raise Unreadable(_("There is nothing in it to read."))
    if len(rows) > MOST_ROWS + ROOM_FOR_TITLES:
        raise Unreadable(_("There are too many rows. Read at most %(count)s at a time.") % {"count": number(MOST_ROWS)})
    return rows


def _cells_of_workbook(data: bytes) -> list[Row]:
    """The first sheet that has anything in it."""
    sheets = _sheets(_unpacked(data))
    return next(([[_cell(each) for each in row] for row in rows] for rows in sheets if rows), [])


def _unpacked(data: bytes) -> bytes:
    """The same archive, not packed. What is handed on is just what was counted, whatever the archive says of itself."""
    whole = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed, zipfile.ZipFile(whole, "w") as plain:
            parts = packed.infolist()
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
                raise Unreadable(_("The file is too large when it is unpacked."))
            for name in dict.fromkeys(part.filename for part in parts):
                plain.writestr(name, packed.read(name))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise Unreadable(_("The file is broken or locked. Open it, save it anew and try again.")) from error
    return whole.getvalue()


def _sheets(data: bytes) -> list[list[list[Any]]]:
    command = [sys.executable, "-I", str(WORKBOOK), str(MOST_ROWS + ROOM_FOR_TITLES)]
    try:
        read = subprocess.run(command, input=data, capture_output=True, timeout=PATIENCE, check=True)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise Unreadable(_("This is no workbook that can be read. Save it as XLSX or CSV, and try again.")) from error
    sheets: list[list[list[Any]]] = json.loads(read.stdout, parse_float=Decimal, parse_int=Decimal)
    return sheets


def _cell(value: Any) -> Cell:
    if isinstance(value, dict):
        return dt.date.fromisoformat(value["day"])
    return value if isinstance(value, Decimal) else " ".join(str(value).split())
