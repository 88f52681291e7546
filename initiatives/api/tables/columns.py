"""The flat form of the API's objects: one column for each member, derived from the schema, so that no two can differ.

The member `shift` of the object `verdict` is the column `verdictShift`. A list of counts, such as how many are in each
state, is one column for each: `statePlannedCount`. Members that begin with `_` are no data, and have no column.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from operator import itemgetter
from typing import Any, Final

import orjson

from initiatives.api.components import Component, Schema, example_of
from initiatives.api.shapes import Field

Row = tuple[Any, ...]
Read = Callable[[Any], Any]


class Kind(Enum):
    """What the values of a column are."""

    TEXT = "text that people wrote"
    CODE = "identifier"
    CHOICE = "one of a few words"
    DAY = "date"
    MOMENT = "moment in UTC"
    INTEGER = "whole number"
    DECIMAL = "exact decimal with at most six places"
    FLOAT = "binary floating point"
    BOOLEAN = "true or false"
    LIST = "list of texts"


_STRINGS: Final = {"uuid": Kind.CODE, "date": Kind.DAY, "date-time": Kind.MOMENT}
_OTHERS: Final = {"integer": Kind.INTEGER, "boolean": Kind.BOOLEAN}


@dataclass(frozen=True)
class Column:
    """`read` takes its value out of a source row. `example` is a value of the JSON."""

    name: str
    kind: Kind
    description: str
    read: Read
    choices: tuple[str, ...] = ()
    example: Any = None


@dataclass(frozen=True)
class Table:
    """The columns of a kind of object, in the order of its members."""

    description: str
    columns: tuple[Column, ...]

    @classmethod
    def of_objects(cls, component: Component) -> "Table":
        """Its source rows are objects as they stand in the JSON. Raises TypeError for what has no flat form."""
        return cls(component.schema["description"], _distinct(_members(component.schema, component.family())))

    @classmethod
    def of_fields(cls, description: str, fields: Sequence[Field]) -> "Table":
        """Its source rows are the values of the fields, which is what the columns hold. One column for each field."""
        return cls(
            description, _distinct([column for place, field in enumerate(fields) for column in _of(field, place)])
        )

    def flat(self, source: Any) -> Row:
        """One source row, as the values of the columns."""
        return tuple([column.read(source) for column in self.columns])


def listed(value: Any) -> Sequence[str]:
    """The texts of a list. The database gives an array as a list, and JSON as its text."""
    found: Sequence[str] = orjson.loads(value) if isinstance(value, str) else value
    return found


def _distinct(columns: Sequence[Column]) -> tuple[Column, ...]:
    names = [column.name for column in columns]
    if len({*names}) < len(names):
        raise TypeError(f"two columns of one name among {names}")
    return tuple(columns)


def _of(field: Field, place: int) -> Iterator[Column]:
    group, _, name = field.name.rpartition(".")
    return _columns(_named(group, name) if group else name, field.schema, {}, itemgetter(place))


def _members(schema: Schema, family: dict[str, Schema]) -> list[Column]:
    return [
        column
        for name, part in schema["properties"].items()
        if not name.startswith("_")
        for column in _columns(name, part, family, itemgetter(name))
    ]


def _columns(name: str, schema: Schema, family: dict[str, Schema], read: Read) -> Iterator[Column]:
    schema = family[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    kind = _type(schema)
    if kind == "object":
        for part, inner in schema["properties"].items():
            yield from _columns(_named(name, part), inner, family, _part(read, part))
    elif kind == "array" and _type(schema["items"]) == "object":
        yield from _counted(schema["items"], read)
    else:
        yield Column(name, _kind(schema), schema["description"], read, _choices(schema), example_of(schema))


def _counted(items: Schema, read: Read) -> Iterator[Column]:
    """A list of figures for each of a few values, told by its first member: a column for each value and figure."""
    (key, told), *figures = items["properties"].items()
    for value in _values(told):
        for figure, schema in figures:
            name = _named(_named(key, str(value)), figure)
            description = f"{schema['description']} Of {key} {value}."
            yield Column(name, _kind(schema), description, _where(read, key, value, figure), example=0)


def _values(schema: Schema) -> Sequence[Any]:
    if "enum" in schema:
        return [value for value in schema["enum"] if value]
    if "maximum" in schema:
        return range(schema["minimum"], schema["maximum"] + 1)
    raise TypeError("a list of objects has a flat form only when their first member is one of a few values")


def _kind(schema: Schema) -> Kind:
    kind = _type(schema)
    if kind == "number":
        return Kind.FLOAT if schema.get("format") == "double" else Kind.DECIMAL
    if kind == "array":
        return Kind.LIST
    if kind == "string":
        return Kind.CHOICE if "enum" in schema else _STRINGS.get(schema.get("format", ""), Kind.TEXT)
    return _OTHERS[kind]


def _choices(schema: Schema) -> tuple[str, ...]:
    return tuple(value for value in schema.get("enum", ()) if value is not None)


def _type(schema: Schema) -> str:
    """Without null, which any may be."""
    given = schema["type"]
    return given if isinstance(given, str) else next(each for each in given if each != "null")


def _named(group: str, name: str) -> str:
    """verdict and shift: verdictShift; state and in_review: stateInReview."""
    return group + "".join(word[:1].upper() + word[1:] for word in name.split("_"))


def _part(read: Read, name: str) -> Read:
    def part(source: Any) -> Any:
        whole = read(source)
        return None if whole is None else whole[name]

    return part


def _where(read: Read, key: str, value: Any, figure: str) -> Read:
    return lambda source: next((each[figure] for each in read(source) or () if each[key] == value), None)
