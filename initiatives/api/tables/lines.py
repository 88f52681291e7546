"""The same lines of CSV, written by PostgreSQL: a list of a hundred thousand then costs Python next to nothing.

`text` says what a line looks like, and a test compares the two.
"""

from collections.abc import Callable, Sequence
from typing import Final

from initiatives.api.tables.columns import Column, Kind
from initiatives.api.tables.text import BETWEEN_VALUES, FORMULA_SIGNS

_FIRST: Final = ", ".join("'" + sign.replace("'", "''") + "'" for sign in FORMULA_SIGNS)


def lines_sql(columns: Sequence[Column], rows_sql: str) -> str:
    """The statement whose only column is a line for each row that `rows_sql` finds, in the same order."""
    names = [f"c{place}" for place in range(len(columns))]
    cells = ", ',', ".join(_SQL[column.kind](name) for column, name in zip(columns, names, strict=True))
    return f"SELECT concat({cells}, chr(13), chr(10)) FROM ({rows_sql}) AS found({', '.join(names)})"


def _text(name: str) -> str:
    safe = f"CASE WHEN left({name}, 1) IN ({_FIRST}) THEN '''' || {name} ELSE {name} END"
    return f"""'"' || replace({safe}, '"', '""') || '"'"""


def _list(name: str) -> str:
    """Of an array or of JSON. Null stays null, and an empty list is an empty text."""
    joined = f"coalesce(string_agg(item, '{BETWEEN_VALUES}' ORDER BY place), '') AS joined"
    items = f"jsonb_array_elements_text(to_jsonb({name})) WITH ORDINALITY AS listed(item, place)"
    return f"CASE WHEN {name} IS NOT NULL THEN (SELECT {_text('joined')} FROM (SELECT {joined} FROM {items}) whole) END"


_SQL: Final[dict[Kind, Callable[[str], str]]] = {
    Kind.TEXT: _text,
    Kind.CODE: "{0}".format,
    Kind.CHOICE: """CASE WHEN {0} = '' THEN '""' ELSE {0} END""".format,
    Kind.DAY: "to_char({0}, 'YYYY-MM-DD')".format,
    Kind.MOMENT: """to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""".format,
    Kind.INTEGER: "{0}".format,
    Kind.DECIMAL: "trim_scale({0}::numeric)".format,
    Kind.FLOAT: "{0}".format,
    Kind.BOOLEAN: "{0}::text".format,
    Kind.LIST: _list,
}
