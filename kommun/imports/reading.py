"""From a file to rows of text. It knows separators, encodings and JSON, and no rule about units or people.

A line is a row: a quotation mark that is never closed breaks its own line and not the rest of the file.
"""

import csv
import dataclasses
import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from kommun.imports.report import ImportStopped

SEPARATORS = ";,\t"
BYTE_ORDER_MARK = "\ufeff"


@dataclasses.dataclass(frozen=True)
class Row:
    number: int
    values: dict[str, str]
    broken: str = ""  # why it could not be read
    fragments: frozenset[str] = frozenset()  # of a broken row: the cells as far as they can be told apart


def read(path: Path, *, columns: tuple[str, ...], flatten: Callable[[Any], Iterable[Row]]) -> list[Row]:
    """The rows of a CSV file with at least `columns`, or of a JSON file by way of `flatten`.

    Raises ImportStopped when the file as a whole cannot be used.
    """
    try:
        text = decoded(path.read_bytes()).lstrip(BYTE_ORDER_MARK)
    except OSError as error:
        raise ImportStopped(f"{path} cannot be read: {error.strerror}.") from error
    rows = list(_json_rows(text, flatten) if text.lstrip()[:1] in ("[", "{") else _csv_rows(text, columns))
    if not rows:
        raise ImportStopped(f"{path} holds no rows. Nothing was changed and nobody was ended.")
    return rows


def decoded(data: bytes) -> str:
    """UTF-8, and Windows-1252 for the lines that are not: one odd byte must not garble every other name."""
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    return unicodedata.normalize("NFC", "\n".join(map(_decoded_line, lines)))


def _decoded_line(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")


def _csv_rows(text: str, columns: tuple[str, ...]) -> Iterator[Row]:
    heading, *lines = text.split("\n")
    separator = max(SEPARATORS, key=heading.count)
    names = [name.strip().lower() for name in next(csv.reader([heading], delimiter=separator), [])]
    if missing := [name for name in columns if name not in names]:
        raise ImportStopped(f"The heading lacks {', '.join(missing)}. Nothing was changed.")
    if len(set(names)) < len(names):
        raise ImportStopped("The heading has the same column twice. Nothing was changed.")
    for number, line in enumerate(lines, start=2):
        if line.strip(f" {SEPARATORS}"):
            yield _csv_row(number, line, separator, names)


def _csv_row(number: int, line: str, separator: str, names: list[str]) -> Row:
    fragments = frozenset(cell.strip(' "') for cell in line.split(separator))
    try:
        cells = next(csv.reader([line], delimiter=separator, strict=True))
    except csv.Error:
        return Row(number, {}, "a quotation mark is not closed", fragments)
    if len(cells) != len(names):
        return Row(number, {}, f"it has {len(cells)} columns, the heading has {len(names)}", fragments)
    return checked(Row(number, dict(zip(names, map(tidied, cells), strict=True))))


def tidied(cell: str) -> str:
    """Without blanks around it, and with one plain blank where the file has several or odd ones."""
    return " ".join(cell.split())


def _json_rows(text: str, flatten: Callable[[Any], Iterable[Row]]) -> Iterable[Row]:
    try:
        return flatten(json.loads(text))
    except (json.JSONDecodeError, RecursionError) as error:
        raise ImportStopped("The file is not JSON. Nothing was changed.") from error


def as_text(value: object) -> str:
    """A JSON value as a CSV cell would hold it. Raises TypeError for lists and objects."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int):
        return tidied(str(value))
    raise TypeError(type(value).__name__)


def json_row(number: int, key: str, values: dict[str, object]) -> Row:
    """`key` names the value that says which unit or person it is, which a broken row keeps if it can."""
    try:
        return checked(Row(number, {name: as_text(value) for name, value in values.items()}))
    except TypeError:
        fragments = frozenset({str(values[key])})
        return Row(number, {}, "a value is not text, number or true/false", fragments)


def checked(row: Row) -> Row:
    """The row, broken if it holds signs that no name or code has: control signs, or the mark of undecodable bytes."""
    if all(cell.isprintable() and "\ufffd" not in cell for cell in row.values.values()):
        return row
    return dataclasses.replace(row, broken="it holds signs that cannot be read")


TRUE = frozenset({"1", "true", "t", "yes", "y", "ja", "j", "x", "sant"})
FALSE = frozenset({"", "0", "false", "f", "no", "n", "nej", "falskt"})


def keys_in(rows: Iterable[Row], key: str) -> set[str]:
    """Every unit or person that the file speaks of, in rows that cannot be used as well: nobody of them is missing."""
    return {row.values.get(key, "") for row in rows}.union(*(row.fragments for row in rows))


def as_bool(cell: str) -> bool:
    """Raises ValueError for anything that is not plainly yes or no."""
    if (lowered := cell.lower()) in TRUE | FALSE:
        return lowered in TRUE
    raise ValueError(cell)
