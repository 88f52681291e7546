"""How a stored row becomes a JSON object: one line per field, from which the SQL, the answer and its schema are made.

PostgreSQL writes the object, and its text goes from the cursor to the answer untouched.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import CharField, F, Func, JSONField, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import NullIf

from initiatives.api import components
from initiatives.api.components import Schema
from initiatives.api.plans import AsText, Given, JsonObject, Shown

ROOT: Final = "root"  # the parameter with the API's own address, as it stands within JSON text
_EXAMPLE: Final = "https://framsteg.example.se/api/v1"


def link(href: str, rel: str, method: str = "GET") -> dict[str, str]:
    return {"href": href, "rel": rel, "method": method}


def link_schema(description: str, path: str, rel: str, method: str = "GET", *, nullable: bool = False) -> Schema:
    """A Link Description Object, with an example below the API's address."""
    return components.obj(
        description,
        {
            "href": components.text("Absolute address.", f"{_EXAMPLE}{path}", format="uri"),
            "rel": components.text("Relation, as registered with IANA.", rel),
            "method": components.choice("The method to use.", [method]),
        },
        nullable=nullable,
    )


LINK: Final[Schema] = link_schema("A link (Link Description Object).", "/initiatives", "self")


@dataclass(frozen=True)
class Field:
    """`name` may have one dot: "verdict.shift" is the member shift of the object verdict."""

    name: str
    column: str | Combinable
    schema: Schema


@dataclass(frozen=True)
class Way:
    """A link from an object to another resource. `path` is text and columns that together make the path of it.

    The columns' values are fit for an address as they are (UUIDs), or made so by `in_a_path`.
    """

    name: str
    rel: str
    path: tuple[str | Combinable, ...]
    description: str
    example: str
    method: str = "GET"


def in_a_path(column: str) -> Func:
    """The column's text with everything percent-encoded that an address cannot hold."""
    return Func(F(column), function="kommun_in_a_path", output_field=TextField())


def filled(column: str) -> NullIf:
    """Null where the column is an empty text."""
    return NullIf(F(column), Value(""), output_field=TextField())


class Shape:
    """A kind of object: its name, its fields, and where to go from it."""

    def __init__(
        self,
        name: str,
        description: str,
        fields: Sequence[Field],
        *,
        ways: Sequence[Way] = (),
        empty: Sequence[str] = (),
        **groups: str,
    ) -> None:
        """`empty` members are null in the example."""
        self.fields = tuple(fields)
        self.ways = tuple(ways)
        schema = components.obj(description, self._properties(groups))
        self.component = components.whole(name, schema | {"required": [self.fields[0].name]}, empty=empty)

    @property
    def names(self) -> list[str]:
        """What the parameter `fields` may name: members, each group as a whole."""
        return list(self.component.schema["properties"])

    def chosen(self, names: Sequence[str] | None) -> list[Field]:
        """The fields of these members; the identifier is always among them."""
        if names is None:
            return list(self.fields)
        return [field for field in self.fields if field is self.fields[0] or field.name.partition(".")[0] in names]

    def json(self, names: Sequence[str] | None = None) -> AsText:
        """The expression that writes an object, or only these members of it. It needs the parameter ROOT."""
        members: dict[str, Any] = {}
        for field in self.chosen(names):
            group, _, name = field.name.rpartition(".")
            place = members.setdefault(group, {}) if group else members
            place[name] = Shown(F(field.column) if isinstance(field.column, str) else field.column)
        made = {name: JsonObject(part) if isinstance(part, dict) else part for name, part in members.items()}
        if self.ways and (names is None or "_links" in names):
            made["_links"] = Links(self.ways)
        return AsText(JsonObject(made))

    def _properties(self, groups: dict[str, str]) -> dict[str, Schema]:
        properties: dict[str, Schema] = {}
        for field in self.fields:
            group, _, name = field.name.rpartition(".")
            if group:
                whole = properties.setdefault(group, components.obj(groups[group], {}))
                whole["properties"][name] = field.schema
                whole["required"].append(name)
            else:
                properties[name] = field.schema
        return properties if not self.ways else properties | {"_links": self._links_schema()}

    def _links_schema(self) -> Schema:
        links = {way.name: link_schema(way.description, way.example, way.rel, way.method) for way in self.ways}
        return components.obj("Where this resource is, and where to go from it.", links)


class Links(Func):
    """The member `_links`. Its text is put together whole, since only the addresses differ between two rows."""

    output_field = JSONField()

    def __init__(self, ways: Sequence[Way]) -> None:
        self.pieces = tuple(_pieces(ways))
        columns = [piece for piece in self.pieces if not isinstance(piece, str)]
        super().__init__(*columns)

    def as_sql(self, compiler: Any, connection: Any, *names: Any, **extra: Any) -> Any:
        columns = iter(self.get_source_expressions())
        parts: list[str] = []
        given: list[Any] = []
        for piece in self.pieces:
            sql, values = ("%s", [piece]) if isinstance(piece, str) else compiler.compile(next(columns))
            parts.append(sql)
            given += values
        return f"concat({', '.join(parts)})::json", given


def _pieces(ways: Sequence[Way]) -> "list[str | Combinable]":
    found: list[str | Combinable] = ["{"]
    for number, way in enumerate(ways):
        comma = "," if number else ""
        found += [f'{comma}{json.dumps(way.name)}:{{"href":"', Given(ROOT, CharField())]
        found += way.path
        found.append(f'","rel":{json.dumps(way.rel)},"method":{json.dumps(way.method)}}}')
    return [*found, "}"]
