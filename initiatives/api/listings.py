"""Lists and single objects.

A page takes one statement, whatever its depth: a reader who follows `next` comes with a cursor, and goes on from there
by an index; one who jumps to the number of a page is led there by `depths`.
"""

from dataclasses import replace
from http import HTTPStatus
from typing import Any, ClassVar, Final, Literal

from django.db.models import DateTimeField
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
from initiatives.api.problems import Refusal
from initiatives.api.questions import (
    OWN_UNIT,
    Filter,
    Question,
    Rows,
    csv_statement,
    page_statement,
    parent_statement,
    samples_of,
    single_statement,
    table_of,
    table_statement,
)
from initiatives.api.shapes import ROOT, Shape
from initiatives.api.tables import Answer
from initiatives.api.views import ApiView
from kommun.models import ApiClient
from kommun.statements import rows as rows_of
from kommun.streams import stream

NO_PLACE: Final = "There is no such place in this list. Take the cursor of one of its links, or leave it out."
__all__ = ["UPDATED", "Filter", "Listing", "Single", "query_of", "read_path", "samples_of"]


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
    def parent(cls, client: ApiClient) -> Rows | None:
        """What the list belongs to, when it is a part of something that the path names: none of it is a 404."""
        return None

    def get(self, request: Request, **path: str) -> HttpResponseBase:
        self.path_values = self.read_path(path)
        tag = self.tag_by_version()
        if self.has_named(tag):
            return self._not_modified(tag)
        page = Page(self.given["page"], self.given["limit"])
        response: Answer = self.page(page) if self.media is JSON else self.table(page)
        response["ETag"] = tag
        return self._not_modified(tag) if self.has(tag) else response

    def page(self, page: Page) -> HttpResponse:
        order = self._order()
        view: Any = type(self)
        made = page_statement(view, self._question(order, page.limit if page.number > 0 else 0))
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
        view: Any = type(self)
        values = self._values(order, page)
        if not tables.is_part(self.request):
            values |= {"limit": None}
        question = self._question(order, 0)
        if self.parent(self.client) is not None and not rows_of(parent_statement(view, question.is_bound), values):
            raise Http404
        table = table_of(self.shape, self.fields)
        file = tables.File(self.plural, self.root, self.now)
        if self.media == CSV:
            return tables.encode_lines(table, (line for (line,) in stream(csv_statement(view, question), values)), file)
        return tables.encode(self.media, table, stream(table_statement(view, question), values), file)

    def read_path(self, path: dict[str, str]) -> dict[str, Any]:
        """What the path gives to the statement. Raises Http404 when nothing can be called so."""
        given = self.operations["GET"].path
        return {each.name: read_path(each, path[each.name]) for each in given}

    def _values(self, order: Order, page: Page) -> dict[str, Any]:
        """What a statement is given."""
        values = self.path_values | self._filter_values() | self._place(order)
        values |= {"limit": page.limit if page.number > 0 else 0, "offset": 0 if self._cursor else max(page.offset, 0)}
        return values | {ROOT: self.root_in_json, OWN_UNIT: self.client.unit_id}

    def _question(self, order: Order, limit: int) -> Question:
        filters = tuple(self._filter_values())
        is_bound = self.client.unit_id is not None
        counting = self._counting(filters)
        return Question(is_bound, filters, counting, order.label, bool(self._cursor), self.fields, limit)

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
        except ValueError:
            raise Refusal(HTTPStatus.NOT_FOUND, NO_PLACE) from None


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
    cursor = replace(paging.CURSOR, example=in_orders[0].example)
    return (*narrowed, *sort, operations.fields_of(shape.names), *paging.PARAMETERS, cursor)


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
