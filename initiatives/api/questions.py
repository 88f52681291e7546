"""The statements of lists and of single objects: one for each form of the question, made once (see `plans`)."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, Field, TextField
from django.db.models.expressions import RawSQL

from initiatives.api import depths, tables
from initiatives.api.depths import Counting
from initiatives.api.orders import Order
from initiatives.api.parameters import Parameter
from initiatives.api.plans import Given, Unseen, text_of
from initiatives.api.shapes import Shape
from initiatives.api.tables import Table
from initiatives.outcomes.counting import Counted
from kommun.models import ApiClient

Rows = Any  # a QuerySet of any model, with that model's own methods
OWN_UNIT: Final = "own_unit"
PART: Final = "LIMIT %(limit)s::bigint OFFSET %(offset)s::bigint"  # without a limit, all


@dataclass(frozen=True)
class Filter:
    """A parameter that narrows a list, and how. `apply` gets an expression of `field`, or of an array of it."""

    parameter: Parameter
    apply: Callable[[Rows, Any], Rows]
    field: "Field[Any, Any]" = TextField()  # noqa: RUF009  # fields are never changed
    given: type[Given] = Given

    def narrow(self, rows: Rows) -> Rows:
        field = ArrayField(self.field) if self.parameter.is_list else self.field
        return self.apply(rows, self.given(self.parameter.name, field))


@dataclass(frozen=True)
class Question:
    """All that gives a list a statement of its own."""

    is_bound: bool  # to a part of the organisation
    filters: tuple[str, ...]
    counting: Counting | None  # where how many there are is known beforehand
    order: str
    has_cursor: bool
    fields: tuple[str, ...] | None
    limit: int  # a part of the text, or PostgreSQL would not trust a plan for any

    @property
    def goes_by_month(self) -> bool:
        return self.counting is not None and self.order.lstrip("-") == depths.ORDER and not self.has_cursor


def reader(*, is_bound: bool) -> ApiClient:
    """Any client, in a plan: one that is bound to a unit, which the call gives, or one that is not."""
    client = ApiClient()
    client.unit_id = Unseen(OWN_UNIT, BigIntegerField()) if is_bound else None
    return client


@lru_cache(maxsize=1000)
def page_statement(view: Any, question: Question) -> Counted:
    """For a class of Listing: rows of the total, whether what the list is a part of is there, an object as JSON text,
    and what the order goes by. At least one row, for the total.

    Which rows make the page is found first, so that what is passed by costs a look into an index and no more.
    """
    order, wanted, page = _asked(view, question)
    parent = view.parent(reader(is_bound=question.is_bound))
    there = "true" if parent is None else f"EXISTS ({text_of(parent.order_by().values('pk'))})"
    if question.counting and question.goes_by_month:
        everywhere = page if question.counting.is_everywhere else order.sorted(_wherever(view, question))
        head = depths.month_by_month(question.counting, order, everywhere, view.unit_column, question.limit)
        total = depths.TOTAL
    else:
        counted = question.counting.in_all() if question.counting else _counted(wanted)
        cut = f"LIMIT {question.limit}" + ("" if question.has_cursor else " OFFSET %(offset)s::bigint")
        head = Counted(f"chosen (pk) AS MATERIALIZED ({text_of(page.values_list('pk'))} {cut})", counted.given)
        total = counted.sql
    shown = page.filter(pk__in=RawSQL("SELECT chosen.pk FROM chosen", [])).annotate(
        shown_as=view.shape.json(question.fields)
    )
    rows = text_of(shown.order_by().values_list("shown_as", *order.columns, *order.last))
    way = "DESC" if order.is_descending else "ASC"
    in_order = ", ".join(f"page.{name} {way}" for name in (*order.columns[: len(order.keys)], *order.last))
    return Counted(
        f"WITH {head.sql} SELECT ({total}), {there}, page.* FROM (VALUES (1)) one "
        f"LEFT JOIN ({rows}) page ON true ORDER BY {in_order}",
        head.given,
    )


@lru_cache(maxsize=1000)
def table_statement(view: Any, question: Question) -> str:
    """For a class of Listing: a row of values for each object, one for each of its fields."""
    _order, _wanted, page = _asked(view, question)
    columns = (field.column for field in view.shape.chosen(question.fields))
    return f"{text_of(page.values_list(*columns))} {PART}"


@lru_cache(maxsize=1000)
def csv_statement(view: Any, question: Question) -> str:
    """The same rows, each as a line of CSV."""
    return tables.lines_sql(table_of(view.shape, question.fields).columns, table_statement(view, question))


@lru_cache(maxsize=100)
def parent_statement(view: Any, is_bound: bool) -> str:
    """A row when what the list is a part of is there for the client, and none when it is not."""
    return text_of(view.parent(reader(is_bound=is_bound)).order_by().values("pk"))


@lru_cache(maxsize=200)
def single_statement(view: Any, is_bound: bool, fields: tuple[str, ...] | None) -> str:
    """For a class of Single: the object as JSON text."""
    seen = view.visible(reader(is_bound=is_bound))
    kind = seen.model._meta.get_field(view.identifier).clone()
    found = seen.filter(**{view.identifier: Given("identifier", kind)}).order_by()
    return text_of(found.values_list(view.shape.json(fields)))


@lru_cache(maxsize=1000)
def table_of(shape: Shape, fields: tuple[str, ...] | None) -> Table:
    return Table.of_fields(str(shape.component.schema["description"]), shape.chosen(fields))


def samples_of(shape: Shape) -> dict[str, str]:
    """Examples of the list as a table, for the specification."""
    return tables.csv_of(table_of(shape, None))


def _asked(view: Any, question: Question) -> tuple[Order, Rows, Rows]:
    """The order, all rows that are asked for, and those of them that come after the cursor, in order."""
    order = next(each for each in view.orders if each.label == question.order)
    seen = view.visible(reader(is_bound=question.is_bound))
    wanted = _narrowed(view, seen, question.filters)
    page = order.sorted(wanted)
    return order, wanted, order.after(page, seen) if question.has_cursor else page


def _wherever(view: Any, question: Question) -> Rows:
    """What is asked for, whoever asks and in whatever unit. Only to be looked through for what `page` then holds to."""
    names = [name for name in question.filters if name != depths.UNIT]
    return _narrowed(view, view.visible(reader(is_bound=False)), names)


def _narrowed(view: Any, rows: Rows, names: Collection[str]) -> Rows:
    for each in view.filters:
        rows = each.narrow(rows) if each.parameter.name in names else rows
    return rows


def _counted(rows: Rows) -> Counted:
    return Counted(f"SELECT count(*) FROM ({text_of(rows.order_by().values('pk'))}) counted", {})
