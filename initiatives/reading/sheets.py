"""From a workbook to the rows of the one sheet that holds a series. The file is not trusted, and read by a program of
its own.
"""

import datetime as dt
import io
import json
import re
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from django.utils.translation import gettext as _

from initiatives.reading.cells import (
    LOOKED_AT,
    MOST_ROWS,
    ROOM_FOR_TITLES,
    Cell,
    Table,
    has_value,
    is_empty,
    limited,
    trimmed,
)
from initiatives.reading.periods import is_period
from initiatives.reading.refusing import Unreadable

MOST_UNPACKED: Final = 40 * 1024 * 1024
MOST_PARTS: Final = 500
BOOK: Final = "xl/workbook.xml"
PATIENCE: Final = 30  # seconds
WORKBOOK: Final = Path(__file__).with_name("workbook.py")


def table_of_workbook(data: bytes) -> Table:
    """The first sheet with periods and numbers side by side, else the first with periods, else the first with anything.

    A sheet that explains the others is so passed by, even when it says which day it was written. Raises Unreadable.
    """
    sheets = [Table([list(map(_cell, trimmed(row))) for row in rows], name) for name, rows in _sheets(_unpacked(data))]
    filled = [sheet for sheet in sheets if not all(map(is_empty, sheet.rows))]
    chosen = max(filled, key=_promises, default=Table([]))  # the first of those that promise as much
    return Table(limited(chosen.rows), chosen.sheet if len(filled) > 1 else "")


def _promises(sheet: Table) -> tuple[bool, bool]:
    """Whether the sheet has a number beside a period, and whether it has a period at all."""
    first = sheet.rows[:LOOKED_AT]
    return any(map(has_value, first)), any(is_period(cell) for row in first for cell in row)


def _sheets(data: bytes) -> Sequence[tuple[str, list[list[Any]]]]:
    """The names and rows of the sheets that are shown."""
    command = [sys.executable, "-I", str(WORKBOOK), str(MOST_ROWS + ROOM_FOR_TITLES)]
    try:
        read = subprocess.run(command, input=data, capture_output=True, timeout=PATIENCE, check=True)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise Unreadable(_("This is no workbook that can be read. Save it as XLSX or CSV, and try again.")) from error
    sheets: list[tuple[str, list[list[Any]]]] = json.loads(read.stdout, parse_float=Decimal, parse_int=Decimal)
    return sheets


def _cell(value: Any) -> Cell:
    if isinstance(value, dict):
        return dt.date.fromisoformat(value["day"])
    return value if isinstance(value, Decimal) else " ".join(str(value).split())


# --- The archive ------------------------------------------------------------------------------------------------------
def _unpacked(data: bytes) -> bytes:
    """The same archive, not packed. What is handed on is just what was counted, whatever the archive says of itself."""
    whole = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed, zipfile.ZipFile(whole, "w") as plain:
            parts = packed.infolist()
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
                raise Unreadable(_("The file is too large when it is unpacked."))
            names = dict.fromkeys(part.filename for part in parts)
            no_result = _NO_RESULT
            if BOOK in names and _UNRECKONED.search(packed.read(BOOK)):
                no_result = _NO_RESULT_OR_ZERO
            for name in names:
                plain.writestr(name, _with_faults(name, packed.read(name), no_result))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise Unreadable(_("The file is broken or locked. Open it, save it anew and try again.")) from error
    return whole.getvalue()


# The library gives nothing for a cell with an error, nor for a formula without a result, as programs write it that do
# not reckon themselves. Nothing is not what the cell says, so both are made texts before it reads them.
_SHEET: Final = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
_ERROR: Final = re.compile(rb"""(<(?:\w+:)?c(?=\s)[^<>]*?\st=)(["'])e\2""")
_FORMULA: Final = rb"<((?:\w+:)?)c((?:\s[^<>]*)?)(?<!/)>\s*<\1f\b[^<>]*(?:/>|(?<!/)>([^<]*)</\1f>)"
_NO_RESULT: Final = re.compile(_FORMULA + rb"\s*(?:<\1v\s*/>\s*|<\1v>\s*</\1v>\s*)?</\1c>")
# A program that leaves the reckoning to whoever opens the file may write a nought meanwhile, and says so in the book.
_NO_RESULT_OR_ZERO: Final = re.compile(_FORMULA + rb"\s*(?:<\1v\s*/>\s*|<\1v>\s*0?\s*</\1v>\s*)?</\1c>")
_UNRECKONED: Final = re.compile(rb"""\sfullCalcOnLoad=["'](?:1|true)["']""")
_TYPE: Final = re.compile(rb"""\st=["'](\w+)["']""")
_ODS_CELL: Final = re.compile(rb"<table:table-cell\b[^<>]*>")
_ODS_ERROR: Final = re.compile(rb"""\scalcext:value-type=(?:"error"|'error')""")
_ODS_NOTHING: Final = re.compile(rb"""\soffice:string-value=(?:""|'')""")


def _with_faults(name: str, part: bytes, no_result: re.Pattern[bytes]) -> bytes:
    """A part of the archive in which cells that went wrong hold a text that says so."""
    if _SHEET.fullmatch(name):
        return no_result.sub(_formula_as_text, _ERROR.sub(rb"\1\2str\2", part))
    if name == "content.xml":
        return _ODS_CELL.sub(_error_as_text, part)
    return part


def _formula_as_text(cell: re.Match[bytes]) -> bytes:
    """`=SUM(A1:A3)`; a formula whose result is an empty text is left as it is."""
    prefix, attributes, formula = cell[1], cell[2], cell[3] or b"?"
    kind = _TYPE.search(attributes)
    if kind and kind[1] != b"n":
        return cell[0]
    plain = _TYPE.sub(b"", attributes)
    return b'<%bc%b t="str"><%bv>=%b</%bv></%bc>' % (prefix, plain, prefix, formula, prefix, prefix)


def _error_as_text(cell: re.Match[bytes]) -> bytes:
    """Without the empty text that is said to be the value, what is shown is read."""
    return _ODS_NOTHING.sub(b"", cell[0]) if _ODS_ERROR.search(cell[0]) else cell[0]
