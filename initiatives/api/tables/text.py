"""CSV by RFC 4180: commas, CRLF, a row of names, UTF-8 with the mark that tells a spreadsheet so.

The texts are those of the JSON: numbers with every decimal and a point, moments in UTC with Z, true and false. Null is
nothing between two commas. Texts and lists are always quoted, so that a code such as "0180" can be told from a number
and an empty text from null. The values of a list stand with | between them.

A text that a spreadsheet could take for a formula gets an apostrophe before it, and so does one that begins with an
apostrophe: take one away, and it is the text of the JSON. A number is never a text, so that -5 stays a number.
"""

import datetime as dt
import logging
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

from initiatives.api.tables.columns import Column, Kind, Row, listed

FORMULA_SIGNS: Final = "=+-@\t\r\n'＝＋－＠"
BYTE_ORDER_MARK: Final = "\N{ZERO WIDTH NO-BREAK SPACE}"
BETWEEN_VALUES: Final = "|"
CUT_OFF: Final = '"The table was cut off here by an error on our side. Ask for it again.'  # a quotation never closed
_LINES_AT_A_TIME: Final = 200
_FORMULA: Final = re.compile(f"[{re.escape(FORMULA_SIGNS)}]")
_log = logging.getLogger(__name__)


def as_csv(columns: Sequence[Column], lines: Iterable[str]) -> Generator[bytes]:
    """The table in pieces. When `lines` fail half-way the last piece is a quotation that never ends, and they raise.

    The web server ends the answer neatly all the same, so what is read must show it: pandas and DuckDB refuse the
    text, R warns, and a person sees the sentence.
    """
    waiting = [BYTE_ORDER_MARK + _line([column.name for column in columns])]
    try:
        for line in lines:
            waiting.append(line)
            if len(waiting) >= _LINES_AT_A_TIME:
                yield "".join(waiting).encode()
                waiting.clear()
    except Exception:
        _log.exception("A table was cut off")
        yield CUT_OFF.encode()
        raise
    yield "".join(waiting).encode()


def lines_of(columns: Sequence[Column], rows: Iterable[Row]) -> Iterator[str]:
    """Each row as a line, its end included."""
    write = [_WRITE[column.kind] for column in columns]
    for row in rows:
        yield _line(["" if value is None else each(value) for each, value in zip(write, row, strict=True)])


def _line(cells: list[str]) -> str:
    return ",".join(cells) + "\r\n"


def _text(value: str) -> str:
    safe = "'" + value if _FORMULA.match(value) else value
    return '"' + safe.replace('"', '""') + '"'


def _choice(value: str) -> str:
    return value or '""'


def _moment(value: dt.datetime) -> str:
    return value.astimezone(dt.UTC).isoformat(timespec="microseconds")[:-6] + "Z"  # in place of +00:00


def _decimal(value: Any) -> str:
    """A whole number or a float may come where a decimal is meant; it has all its digits."""
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    return format(exact.normalize(), "f")


def _boolean(value: bool) -> str:
    return "true" if value else "false"


def _list(value: Any) -> str:
    return _text(BETWEEN_VALUES.join(listed(value)))


_WRITE: Final[dict[Kind, Callable[[Any], str]]] = {
    Kind.TEXT: _text,
    Kind.CODE: str,
    Kind.CHOICE: _choice,
    Kind.DAY: str,
    Kind.MOMENT: _moment,
    Kind.INTEGER: str,
    Kind.DECIMAL: _decimal,
    Kind.FLOAT: repr,
    Kind.BOOLEAN: _boolean,
    Kind.LIST: _list,
}
