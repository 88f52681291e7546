"""In which order a list comes, and where in it a reader is: a cursor that leads on from the last row of a page.

A cursor tells the values that the order goes by and which row had them, never a database key.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from django.db.models import BigIntegerField, DateField, DateTimeField, F, Field, Q, Subquery, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce
from django.db.models.query import QuerySet

from initiatives.api import components
from initiatives.api.parameters import Parameter, choice, read_moment, read_uuid
from initiatives.api.plans import Shown, Unseen

CURSOR: Final = "cursor"


@dataclass(frozen=True)
class Key:
    """A value that the order goes by. `read` makes it of what a cursor says, or raises ValueError."""

    name: str
    column: str | Combinable
    field: "Field[Any, Any]"
    read: Callable[[str], Any]


def moment(name: str, column: str | Combinable) -> Key:
    return Key(name, column, DateTimeField(), read_moment)


def text(name: str, column: str | Combinable) -> Key:
    return Key(name, column, TextField(), _read_text)


@dataclass(frozen=True)
class Order:
    """Always down to one row, so that pages never overlap: by `keys`, and then by the row whose UUID is `identifier`.

    Without an identifier the keys are enough to tell two rows apart.
    """

    name: str
    keys: tuple[Key, ...]
    identifier: str = "uuid"
    is_descending: bool = False

    def sorted(self, rows: "QuerySet[Any, Any]") -> "QuerySet[Any, Any]":
        """The rows in this order, with each key as `key_…`, its text as `told_…`, and the identifier as `key_row`."""
        named: dict[str, Any] = {f"key_{key.name}": _expression(key.column) for key in self.keys}
        if self.identifier:
            named |= {"key_row": F(self.identifier), "key_pk": F("pk")}
        columns = [F(f"key_{key.name}") for key in self.keys] + ([F("pk")] if self.identifier else [])
        rows = rows.annotate(**named)
        rows = rows.annotate(
            **{f"told_{key.name}": Cast(Shown(F(f"key_{key.name}")), TextField()) for key in self.keys}
        )
        return rows.order_by(*(each.desc() if self.is_descending else each.asc() for each in columns))

    @property
    def columns(self) -> list[str]:
        return [f"told_{key.name}" for key in self.keys] + (["key_row"] if self.identifier else [])

    @property
    def last(self) -> tuple[str, ...]:
        """The column that tells two rows with the same keys apart; it is shown to nobody."""
        return ("key_pk",) if self.identifier else ()

    def after(self, rows: "QuerySet[Any, Any]", all_rows: "QuerySet[Any, Any]") -> "QuerySet[Any, Any]":
        """Those of the sorted `rows` that come after the place that the call gives (see `place`)."""
        places: list[tuple[str, Any]] = [
            (f"key_{key.name}", Unseen(f"after_{key.name}", key.field)) for key in self.keys
        ]
        if self.identifier:
            found = all_rows.order_by().filter(
                **{self.identifier: Unseen("after_row", _kind(self.identifier, all_rows))}
            )
            # a row that is gone since has no key: then those of its very moment come once more, and none is lost
            last = Coalesce(Subquery(found.values("pk")[:1]), Value(0), output_field=BigIntegerField())
            places.append(("pk", last))
        beyond = "lt" if self.is_descending else "gt"
        condition = Q()
        for name, value in reversed(places):
            later = Q(**{f"{name}__{beyond}": value})
            condition = later | (Q(**{name: value}) & condition) if condition else later
        first, value = places[0]
        return rows.filter(condition, **{f"{first}__{beyond}e": value})

    def cursor(self, values: Sequence[Any]) -> str:
        """Leads on from the row with these values of `columns`."""
        told = [str(each) for each in values]
        return base64.urlsafe_b64encode(orjson.dumps([self.label, *told])).decode().rstrip("=")

    @property
    def example(self) -> str:
        """A cursor of this order, of no row that there is."""
        examples: dict[type, str] = {DateTimeField: "2026-03-31T07:15:00.000000Z", DateField: "2026-03-31"}
        told = [examples.get(type(key.field), "b") for key in self.keys]
        return self.cursor([*told, *([components.UUID] if self.identifier else [])])

    def place(self, cursor: str) -> dict[str, Any]:
        """The values that `after` needs. Raises ValueError when the cursor is not one of this order."""
        try:
            label, *told = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
            names = [key.name for key in self.keys]
            values = {f"after_{key.name}": key.read(each) for key, each in zip(self.keys, told, strict=False)}
            rest = told[len(names) :]
            if label != self.label or len(rest) != bool(self.identifier) or len(values) != len(names):
                raise ValueError
            return values | ({"after_row": self._read_row(rest[0])} if rest else {})
        except (ValueError, TypeError, binascii.Error, AttributeError):
            raise ValueError("must be one that a link of this list holds") from None

    def _read_row(self, raw: Any) -> Any:
        return read_uuid(raw) if self.identifier == "uuid" else _read_text(raw)

    @property
    def label(self) -> str:
        return f"-{self.name}" if self.is_descending else self.name


def both_ways(name: str, *keys: Key) -> tuple[Order, Order]:
    return Order(name, keys), Order(name, keys, is_descending=True)


def sort(orders: Sequence[Order]) -> Parameter:
    """The parameter that chooses one; the first is the default."""
    description = "What comes first; with a minus sign the other way round."
    return choice("sort", description, [order.label for order in orders], default=orders[0].label)


def _expression(column: str | Combinable) -> Any:
    return F(column) if isinstance(column, str) else column


def _kind(name: str, rows: "QuerySet[Any, Any]") -> Any:
    return rows.model._meta.get_field(name).clone()


def _read_text(raw: Any) -> str:
    if not isinstance(raw, str) or "\0" in raw or len(raw) > 200:
        raise ValueError
    return raw
