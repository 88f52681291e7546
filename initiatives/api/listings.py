"""Lists and single objects, by a plan that is made once for each form of the question (see `plans`).

A page takes one statement, whatever its depth: a reader who follows `next` comes with a cursor, and goes on from there
by an index.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, Final, Literal, cast

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, DateTimeField, Field, TextField
from django.db.models.expressions import RawSQL
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from initiatives.api import bodies, depths, operations, orders, paging, parameters, tables
from initiatives.api.depths import Counting
from initiatives.api.media import CSV, JSON
from initiatives.api.operations import FIELDS
from initiatives.api.orders import Order
from initiatives.api.paging import Page
from initiatives.api.parameters import Parameter
from initiatives.api.plans import Given, text_of
from initiatives.api.problems import Invalid, Violation
from initiatives.api.shapes import ROOT, Shape
from initiatives.api.tables import Answer, Table
from initiatives.api.views import ApiView, Rows
from initiatives.outcomes.counting import Counted
from kommun.models import ApiClient
from kommun.statements import rows as rows_of
from kommun.streams import stream

OWN_UNIT: Final = "own_unit"
_PART: Final = "LIMIT %(limit)s::bigint OFFSET %(offset)s::bigint"  # without a limit, all


@dataclass(frozen=True)
class Filter:
    """A parameter that narrows a list, and how. `apply` gets an expression of `field`, or of an array of it."""

    parameter: Parameter
    apply: Callable[[Rows, Any], Rows]
    field: "Field[Any, Any]" = TextField()  # noqa: RUF009  # fields are never changed

    def narrow(self, rows: Rows) -> Rows:
        field = ArrayField(self.field) if self.parameter.is_list else self.field
        return self.apply(rows, Given(self.parameter.name, field))


@dataclass(frozen=True)
class Question:
    """All that gives a list a statement of its own."""

    is_bound: bool  # to a part of the organisation
    filters: tuple[str, ...]
    counting: Counting | None  # where how many there are is known beforehand
    order: str
    has_cursor: bool
    fields: tuple[str, ...] | None


class Listing(ApiView):
    """A list of everything of `shape` that the client may see, page by page. The first of `orders` is the default."""

    shape: ClassVar[Shape]
    plural: ClassVar[str]
    filters: ClassVar[tuple[Filter, ...]] = ()
    orders: ClassVar[tuple[Order, ...]]
    counted: ClassVar[Literal["initiatives", "outcomes"] | None] = None  # what is counted beforehand, by month of begin
    unit_column: ClassVar[str] = "unit"  # where what is counted has its unit

    @classmethod
    def visible(cls, client: ApiClient) -> Rows:
        """What the client may see. Its unit, and what the path tells, may be `Given`."""
        raise NotImplementedError

    @classmethod
    def narrowed(cls, rows: Rows, names: Collection[str]) -> Rows:
        """`rows` by the filters of these names."""
        for each in cls.filters:
            rows = each.narrow(rows) if each.parameter.name in names else rows
        return rows

    @classmethod
    def parent(cls, client: ApiClient) -> Rows | None:
        """What the list belongs to, when it is a part of something that the path names: none of it is a 404."""
        return None

    def get(self, request: Request, **path: str) -> HttpResponseBase:
        self.path_values = self.read_path(path)
        tag = self.tag_by_version()
        if self.has(tag):
            return self._not_modified(tag)
        page = Page(self.given["page"], self.given["limit"])
        response: Answer = self.page(page) if self.media == JSON else self.table(page)
        response["ETag"] = tag
        return response

    def page(self, page: Page) -> HttpResponse:
        order = self._order()
        view: Any = type(self)
        made = statement(view, self._question(order))
        found = rows_of(made.sql, made.given | self._values(order, page))
        total, has_parent = found[0][:2]
        if not has_parent:
            raise Http404
        shown = [row[2:] for row in found if row[2] is not None]
        cursor = order.cursor(shown[-1][1 : len(order.columns) + 1]) if shown else ""
        envelope = page.envelope(self.request, self.root, count=len(shown), total=total, cursor=cursor)
        listed = ",".join(row[0] for row in shown)
        head, tail = f'{{"{self.plural}":['.encode(), bodies.dump(envelope)
        body = b"".join([head, listed.encode(), b"],", tail[1:]])
        return HttpResponse(body, content_type=bodies.MEDIA_TYPE)

    def table(self, page: Page) -> Answer:
        """The whole list as a table, or one page of it when the caller asks for a page."""
        order = self._order()
        view, question = cast(Any, type(self)), self._question(order)
        values = self._values(order, page) | ({} if tables.is_part(self.request) else {"limit": None})
        if self.parent(self.client) is not None and not rows_of(parent_statement(view, question.is_bound), values):
            raise Http404
        table, file = table_of(self.shape, self.fields), tables.File(self.plural, self.root, self.now)
        if self.media == CSV:
            return tables.encode_lines(table, (line for (line,) in stream(csv_statement(view, question), values)), file)
        return tables.encode(self.media, table, stream(table_statement(view, question), values), file)

    def _values(self, order: Order, page: Page) -> dict[str, Any]:
        """What a statement is given."""
        values = self.path_values | self._filter_values() | self._place(order)
        values |= {"limit": page.limit if page.number > 0 else 0, "offset": 0 if self._cursor else max(page.offset, 0)}
        return values | {ROOT: self.root_in_json, OWN_UNIT: self.client.unit_id}

    def read_path(self, path: dict[str, str]) -> dict[str, Any]:
        """What the path gives to the statement. Raises Http404 when nothing can be called so."""
        given = self.operations["GET"].path
        return {each.name: read_path(each, path[each.name]) for each in given}

    def _question(self, order: Order) -> Question:
        filters = tuple(self._filter_values())
        is_bound = self.client.unit_id is not None
        return Question(is_bound, filters, self._counting(filters), order.label, bool(self._cursor), self.fields)

    def _counting(self, filters: tuple[str, ...]) -> Counting | None:
        if self.counted is None or not depths.COUNTABLE.issuperset(filters):
            return None
        of = tuple((name, tuple(sorted(set(self.given[name])))) for name in filters if name != depths.UNIT)
        return Counting(self.counted, of, self.client.unit_id is not None, depths.UNIT in filters)

    def _order(self) -> Order:
        wanted = self.given.get("sort")
        return next((each for each in self.orders if each.label == wanted), self.orders[0])

    def _filter_values(self) -> dict[str, Any]:
        names = (each.parameter.name for each in self.filters)
        return {name: self.given[name] for name in names if self.given[name] is not None}

    @property
    def _cursor(self) -> str | None:
        found: str | None = self.given[orders.CURSOR]
        return found

    def _place(self, order: Order) -> dict[str, Any]:
        if self._cursor is None:
            return {}
        try:
            return order.place(self._cursor)
        except ValueError as error:
            raise Invalid([Violation(orders.CURSOR, str(error))]) from None


@lru_cache(maxsize=1000)
def statement(view: Any, question: Question) -> Counted:
    """For a class of Listing: rows of the total, whether what the list is a part of is there, an object as JSON text,
    and what the order goes by. At least one row, for the total.
    """
    order = next(each for each in view.orders if each.label == question.order)
    client = reader(is_bound=question.is_bound)
    seen, parent = view.visible(client), view.parent(client)
    there = "true" if parent is None else f"EXISTS ({text_of(parent.order_by().values('pk'))})"
    wanted = view.narrowed(seen, question.filters)
    page = order.sorted(wanted).annotate(shown_as=view.shape.json(question.fields))
    columns = ("shown_as", *order.columns, *order.last)
    if question.counting and question.order.lstrip("-") == depths.ORDER and not question.has_cursor:
        free = view.narrowed(view.visible(reader(is_bound=False)), [n for n in question.filters if n != depths.UNIT])
        by_unit = order.sorted(free.filter(**{view.unit_column: RawSQL("part.id", [])}))
        found = depths.month_by_month(question.counting, order, page, by_unit, columns, there)
    else:
        found = _in_turn(question, wanted, order.after(page, seen) if question.has_cursor else page, columns, there)
    way = "DESC" if order.is_descending else "ASC"
    in_order = ", ".join(f"page.{name} {way}" for name in (*order.columns[: len(order.keys)], *order.last))
    return Counted(f"{found.sql} ORDER BY {in_order}", found.given)


def _in_turn(question: Question, wanted: Rows, page: Rows, columns: tuple[str, ...], there: str) -> Counted:
    """A page by passing by all that comes before it, or by its cursor."""
    if question.counting:
        total = question.counting.in_all()
    else:
        total = Counted(f"SELECT count(*) FROM ({text_of(wanted.order_by().values('pk'))}) counted", {})
    return Counted(
        depths.PAGE.format(total=total.sql, there=there, page=f"{text_of(page.values_list(*columns))} {_PART}"),
        total.given,
    )


@lru_cache(maxsize=1000)
def table_statement(view: Any, question: Question) -> str:
    """For a class of Listing: a row of values for each object, one for each of its fields."""
    order = next(each for each in view.orders if each.label == question.order)
    seen = view.visible(reader(is_bound=question.is_bound))
    page = order.sorted(view.narrowed(seen, question.filters))
    page = order.after(page, seen) if question.has_cursor else page
    columns = (field.column for field in view.shape.chosen(question.fields))
    return f"{text_of(page.values_list(*columns))} {_PART}"


@lru_cache(maxsize=1000)
def csv_statement(view: Any, question: Question) -> str:
    """The same rows, each as a line of CSV."""
    return tables.lines_sql(table_of(view.shape, question.fields).columns, table_statement(view, question))


@lru_cache(maxsize=100)
def parent_statement(view: Any, is_bound: bool) -> str:
    """A row when what the list is a part of is there for the client, and none when it is not."""
    return text_of(view.parent(reader(is_bound=is_bound)).order_by().values("pk"))


@lru_cache(maxsize=1000)
def table_of(shape: Shape, fields: tuple[str, ...] | None) -> Table:
    return Table.of_fields(str(shape.component.schema["description"]), shape.chosen(fields))


def samples_of(shape: Shape) -> dict[str, str]:
    """Examples of the list as a table, for the specification."""
    return tables.csv_of(table_of(shape, None))


def reader(*, is_bound: bool) -> ApiClient:
    """Any client, in a plan: one that is bound to a unit, which the call gives, or one that is not."""
    client = ApiClient()
    client.unit_id = Given(OWN_UNIT, BigIntegerField()) if is_bound else None
    return client


class Single(ApiView):
    """One object of `shape`, by its identifier in the path."""

    shape: ClassVar[Shape]
    identifier: ClassVar[str] = "uuid"

    @classmethod
    def visible(cls, client: ApiClient) -> Rows:
        raise NotImplementedError

    def get(self, request: Request, **path: str) -> HttpResponse:
        [parameter] = self.operations["GET"].path
        return self.answer_bytes(self.body(read_path(parameter, path[parameter.name])))

    def body(self, identifier: Any) -> bytes:
        """The object as JSON. Raises Http404 when the client sees no such thing."""
        view: Any = type(self)
        sql = single_statement(view, self.client.unit_id is not None, self.given.get(FIELDS))
        values = {"identifier": identifier, ROOT: self.root_in_json, OWN_UNIT: self.client.unit_id}
        for (found,) in rows_of(sql, values):
            return str(found).encode()
        raise Http404


@lru_cache(maxsize=200)
def single_statement(view: Any, is_bound: bool, fields: tuple[str, ...] | None) -> str:
    seen = view.visible(reader(is_bound=is_bound))
    kind = seen.model._meta.get_field(view.identifier).clone()
    found = seen.filter(**{view.identifier: Given("identifier", kind)}).order_by()
    return text_of(found.values_list(view.shape.json(fields)))


def read_path(parameter: Parameter, raw: str) -> Any:
    """A part of the path. Raises Http404 when nothing can be called so."""
    try:
        return parameter.read(raw)
    except ValueError:
        raise Http404 from None


def query_of(shape: Shape, filters: tuple[Filter, ...], in_orders: tuple[Order, ...]) -> tuple[Parameter, ...]:
    """All parameters of a list: its filters, its order, its members and its paging."""
    sort = (orders.sort(in_orders),) if len(in_orders) > 1 else ()
    narrowed = tuple(each.parameter for each in filters)
    return (*narrowed, *sort, operations.fields_of(shape.names), *paging.PARAMETERS, paging.CURSOR)


UPDATED: Final = (
    Filter(
        parameters.moment("updatedFrom", "Only what has changed at this moment or later."),
        lambda rows, moment: rows.filter(updated_at__gte=moment),
        DateTimeField(),
    ),
    Filter(
        parameters.moment("updatedTo", "Only what last changed before this moment."),
        lambda rows, moment: rows.filter(updated_at__lt=moment),
        DateTimeField(),
    ),
)
