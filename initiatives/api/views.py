"""What every resource of the API does alike: reads its parameters, chooses the form of the answer, and answers."""

import datetime as dt
import hashlib
import json
from http import HTTPStatus
from typing import Any, ClassVar, Final

from django.http import HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.views import APIView

from initiatives.api import bodies, media
from initiatives.api.addresses import root_of
from initiatives.api.calls import Call
from initiatives.api.lifetime import ending_of
from initiatives.api.media import Media
from initiatives.api.operations import FIELDS, FORMAT, Operation
from initiatives.api.parameters import read_query
from initiatives.api.problems import Refusal
from kommun.models import ApiClient

Rows = Any  # a QuerySet of any model, with that model's own methods
PRIVATE: Final = "private, no-cache"  # it may be kept, but is asked for anew each time


class ApiView(APIView):
    """A resource. `operations` says, by method, what it does; the specification is written from the same."""

    operations: ClassVar[dict[str, Operation]] = {}

    @property
    def allowed_methods(self) -> list[str]:
        return [*self.operations, *(["HEAD"] if "GET" in self.operations else [])]

    def operation(self, method: str | None) -> Operation | None:
        return self.operations.get("GET" if method == "HEAD" else str(method))

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.format_kwarg = None
        self.check_permissions(request)  # which asks first who calls
        operation = self.operation(request.method)
        if operation is None:
            raise MethodNotAllowed(str(request.method))
        self.given = read_query(request.query_params, operation.parameters)
        self.media = self._media(operation)

    def _media(self, operation: Operation) -> Media:
        """The form of the answer. Raises a Refusal with 406 when there is none that the caller takes."""
        name = self.given.get(FORMAT)
        if name is not None:
            return next(each for each in operation.formats if each.name == name)
        found = media.accepted(self.request.headers.get("Accept", ""), operation.formats)
        if found is None:
            have = ", ".join(each.type for each in operation.formats)
            raise Refusal(HTTPStatus.NOT_ACCEPTABLE, f"The answer is to be had as {have}.")
        return found

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response.headers.setdefault("Cache-Control", PRIVATE)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            response["Allow"] = ", ".join(self.allowed_methods)
        patch_vary_headers(response, ["Accept", "Authorization"])
        operation = self.operation(request.method)
        ending = ending_of(operation.ending if operation else None)
        for name, value in ending.headers.items() if ending else ():
            response[name] = ", ".join(filter(None, [response.get(name), value]))
        return response

    @property
    def call(self) -> Call:
        return self.request.auth  # type: ignore[return-value]  # the authentication puts it there

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
        """The API's own address, as the caller knows it."""
        return root_of(self.request._request)

    @property
    def root_in_json(self) -> str:
        return json.dumps(self.root)[1:-1]

    @property
    def fields(self) -> tuple[str, ...] | None:
        """The members that the caller asks for; None is all."""
        found: tuple[str, ...] | None = self.given.get(FIELDS)
        return found

    def answer(self, content: Any, status: int = 200) -> HttpResponse:
        return self.answer_bytes(bodies.dump(content), status)

    def answer_bytes(self, body: bytes, status: int = 200) -> HttpResponse:
        """A whole body, with an ETag made of it, or 304 when the caller has it already."""
        response = HttpResponse(body, status=status, content_type=bodies.MEDIA_TYPE)
        if self.request.method in ("GET", "HEAD"):
            response["ETag"] = etag_of(body)
            return self.if_changed(response)
        return response

    def whole(self, response: HttpResponseBase) -> HttpResponseBase:
        """The same with an ETag made of its body, or 304; as it is when it is sent in pieces."""
        if not isinstance(response, HttpResponse):
            return response
        response["ETag"] = etag_of(response.content)
        return self.if_changed(response)

    def if_changed(self, response: HttpResponse) -> HttpResponse:
        """The answer, or 304 when the caller has this very one."""
        return self._not_modified(response["ETag"]) if self.has(response["ETag"]) else response

    def has(self, etag: str) -> bool:
        """Whether the caller says that it has this answer."""
        known = self._known
        return "*" in known or _weak(etag) in map(_weak, known)

    def has_named(self, etag: str) -> bool:
        """As `has`, but not by *, which asks whether there is any answer at all: that must be found out first."""
        return _weak(etag) in map(_weak, self._known)

    @property
    def _known(self) -> list[str]:
        return parse_etags(self.request.headers.get("If-None-Match", ""))

    def _not_modified(self, etag: str) -> HttpResponse:
        """With the very ETag that the caller has: compression has made ours weak on its way."""
        response = HttpResponseNotModified()
        response["ETag"] = next((each for each in self._known if _weak(each) == _weak(etag)), etag)
        return response

    def tag_by_version(self, *more: object) -> str:
        """A weak ETag that is known before the answer is: of the question, the caller's reach, and the state of all."""
        client, call = self.client, self.call
        told = (
            call.version, client.pk, client.unit_id, sorted(call.scopes), self.request.get_full_path(), self.root,
            self.media.name, self.today, *more,
        )  # fmt: skip
        return f'W/"{hashlib.sha256(repr(told).encode()).hexdigest()[:32]}"'


def etag_of(body: bytes) -> str:
    """A strong ETag: another body has another."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def _weak(etag: str) -> str:
    return etag.removeprefix("W/")
