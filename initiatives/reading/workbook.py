"""A program of its own that reads one workbook from its input and writes its sheets, by name, as JSON to its output.

A file of a few hundred bytes can ask for more memory than the machine has, and the library then ends the process that
it runs in. So it runs in this one, which may use little memory and time, and knows nothing of the product.
"""

import contextlib
import datetime as dt
import io
import json
import resource
import sys
from typing import Any, Final

from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

MEMORY: Final = 768 * 1024 * 1024
SECONDS: Final = 15


def main() -> None:
    with contextlib.suppress(ValueError, OSError):  # not every system has a limit of memory
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    most_rows = int(sys.argv[1])
    book = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
    json.dump([(name, _rows(book, name, most_rows)) for name in _shown(book)], sys.stdout)


def _shown(book: CalamineWorkbook) -> list[str]:
    return [
        sheet.name
        for sheet in book.sheets_metadata
        if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
    ]


def _rows(book: CalamineWorkbook, name: str, most: int) -> list[list[Any]]:
    """The rows from the sheet's first one, so that their numbers are those that people see; one more than `most`."""
    rows = []
    for row in book.get_sheet_by_name(name).iter_rows():
        rows.append([_cell(each) for each in row])
        if len(rows) > most:
            break
    return rows


def _cell(value: Any) -> Any:
    """Numbers and texts as they are, days as {"day": …}; a clock time or a duration is text."""
    if isinstance(value, dt.datetime):
        return {"day": value.date().isoformat()}
    if isinstance(value, dt.date):
        return {"day": value.isoformat()}
    return value if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


if __name__ == "__main__":
    main()
