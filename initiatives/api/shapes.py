"""How a stored row becomes a JSON object: one line per field, from which both the answer and its schema are made.

Rows go from the cursor to plain objects, without model instances.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.db.models import F, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import NullIf
from django.db.models.query import QuerySet

from initiatives.api import components
from initiatives.api.components import Schema

LINK: Schema = components.obj(
    "A link (Link Description Object).",
    {
        "href": components.text("Absolute address.", "https://framsteg.example.se/api/v1/initiatives", format="uri"),
        "rel": components.text("Relation, as registered with IANA.", "self"),
        "method": components.choice("The method to use.", ["GET"]),
    },
)
ITEM_LINKS: Schema = components.obj("Where this resource is.", {"self": LINK})


def link(href: str, rel: str) -> dict[str, str]:
    return {"href": href, "rel": rel, "method": "GET"}


@dataclass(frozen=True)
class Field:
    """`name` may have one dot: "verdict.shift" is the member shift of the object verdict."""

    name: str
    column: str | Combinable
    schema: Schema
    show: Callable[[Any], Any] | None = None


def filled(column: str) -> NullIf:
    """Null where the column is an empty text."""
    return NullIf(F(column), Value(""), output_field=TextField())


class Shape:
    """A kind of object: its name, its fields, and the path under which each has an address by its first field."""

    def __init__(self, name: str, description: str, path: str | None, fields: list[Field], **groups: str) -> None:
        self.path = path
        self.fields = fields
        self._plan = [(*_split(field.name), field.show) for field in fields]
        schema = components.obj(description, self._properties(groups))
        self.component = components.whole(name, schema)

    def rows(self, rows: QuerySet[Any, Any], root: str) -> Iterator[dict[str, Any]]:
        """The objects of `rows`; `root` is the API's absolute address. One query."""
        for row in rows.values_list(*(field.column for field in self.fields)):
            yield self._build(row, root)

    def _build(self, row: tuple[Any, ...], root: str) -> dict[str, Any]:
        built: dict[str, Any] = {}
        for (group, name, show), value in zip(self._plan, row, strict=True):
            place = built.setdefault(group, {}) if group else built
            place[name] = value if show is None else show(value)
        if self.path is not None:
            built["_links"] = {"self": link(f"{root}{self.path}/{quote(str(row[0]), safe='')}", "self")}
        return built

    def _properties(self, groups: dict[str, str]) -> dict[str, Schema]:
        properties: dict[str, Schema] = {}
        for field in self.fields:
            group, name = _split(field.name)
            if group:
                whole = properties.setdefault(group, components.obj(groups[group], {}))
                whole["properties"][name] = field.schema
                whole["required"].append(name)
            else:
                properties[name] = field.schema
        return properties if self.path is None else properties | {"_links": ITEM_LINKS}


def _split(name: str) -> tuple[str, str]:
    group, _, rest = name.rpartition(".")
    return group, rest
