"""What every resource of the API does alike: reads its parameters, finds what the client may see, answers with JSON."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.http import conditional_page
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.views import APIView

from initiatives.api import bodies, paging, parameters
from initiatives.api.operations import Operation
from initiatives.api.paging import Page
from initiatives.api.parameters import Parameter, read_query
from initiatives.api.shapes import Shape
from kommun.models import ApiClient

ROOT = "/api/v1"
Rows = Any  # a QuerySet of any model, with that model's own methods


@method_decorator(conditional_page, name="dispatch")  # ETag and If-None-Match
class ApiView(APIView):
    """A resource. `operations` says, by method, what it does; the specification is written from the same."""

    operations: ClassVar[dict[str, Operation]] = {}

    @property
    def allowed_methods(self) -> list[str]:
        return [*self.operations, *(["HEAD"] if "GET" in self.operations else [])]

    def operation(self, method: str | None) -> Operation | None:
        return self.operations.get("GET" if method == "HEAD" else str(method))

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        operation = self.operation(request.method)
        if operation is None:
            raise MethodNotAllowed(str(request.method))
        self.given = read_query(request.query_params, operation.query)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        final = super().finalize_response(request, response, *args, **kwargs)
        final.headers.setdefault("Cache-Control", "private, no-cache")
        return final

    @property
    def client(self) -> ApiClient:
        return self.request.user  # type: ignore[return-value]  # the authentication puts the client there

    @property
    def now(self) -> dt.datetime:
        return timezone.now()

    @property
    def today(self) -> dt.date:
        return timezone.localdate()

    @property
    def root(self) -> str:
        return self.request.build_absolute_uri(ROOT)

    def answer(self, content: Any) -> HttpResponse:
        return HttpResponse(bodies.dump(content), content_type=bodies.MEDIA_TYPE)


@dataclass(frozen=True)
class Filter:
    """A parameter that narrows a list, and how."""

    parameter: Parameter
    apply: Callable[[Rows, Any], Rows]


SORT: Final = parameters.choice(
    "sort",
    "Oldest change first, or with a minus sign the latest first.",
    ["updatedAt", "-updatedAt"],
    default="updatedAt",
)
UPDATED: Final = (
    Filter(
        parameters.moment("updatedFrom", "Only what has changed at this moment or later."),
        lambda rows, moment: rows.filter(updated_at__gte=moment),
    ),
    Filter(
        parameters.moment("updatedTo", "Only what last changed before this moment."),
        lambda rows, moment: rows.filter(updated_at__lt=moment),
    ),
)


class Listing(ApiView):
    """A list of everything of `shape` that the client may see, page by page."""

    shape: ClassVar[Shape]
    plural: ClassVar[str]
    filters: ClassVar[tuple[Filter, ...]] = ()

    def visible(self) -> Rows:
        raise NotImplementedError

    def order(self) -> tuple[str, ...]:
        """Always down to one row, so that pages never overlap."""
        return ("-updated_at", "-id") if self.given["sort"].startswith("-") else ("updated_at", "id")

    def get(self, request: Request, **path: str) -> HttpResponse:
        rows = self.visible()
        for each in self.filters:
            value = self.given[each.parameter.name]
            rows = rows if value is None else each.apply(rows, value)
        return self.page(rows)

    def page(self, rows: Rows) -> HttpResponse:
        """Three statements at most: the token, the count, the rows."""
        page = Page(self.given["page"], self.given["limit"])
        total = rows.count()
        shown = rows.order_by(*self.order())[page.offset : page.offset + page.limit] if page.has_rows(total) else None
        objects = [] if shown is None else list(self.shape.rows(shown, self.root))
        return self.answer({self.plural: objects} | page.envelope(self.request, objects, total))


class Single(ApiView):
    """One object of `shape`, by its identifier in the path."""

    shape: ClassVar[Shape]

    def visible(self) -> Rows:
        raise NotImplementedError

    def find(self, identifier: Any) -> Rows:
        return self.visible().filter(uuid=identifier)

    def get(self, request: Request, **path: str) -> HttpResponse:
        [parameter] = self.operations["GET"].path
        for found in self.shape.rows(self.find(read_path(parameter, path[parameter.name])), self.root):
            return self.answer(found)
        raise Http404


def read_path(parameter: Parameter, raw: str) -> Any:
    """A part of the path. Raises Http404 when nothing can be called so."""
    try:
        return parameter.read(raw)
    except ValueError:
        raise Http404 from None


def query_of(*filters: Filter, sort: Parameter | None = None) -> tuple[Parameter, ...]:
    """All parameters of a list: its filters, its order and its paging."""
    return (*(each.parameter for each in filters), *([sort] if sort else []), *paging.PARAMETERS)
