"""A POST that is sent again under the same Idempotency-Key is answered as the first one was, and not done again.

As in the IETF draft "The Idempotency-Key HTTP Header Field". Put `@once` on the method, `IDEMPOTENCY_KEY` among the
operation's `headers`, `STATUSES` among its `problems` and `REPLAYED` among its `answer_headers`.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from functools import wraps
from http import HTTPStatus
from typing import Any, Final

from django.db import transaction
from django.http import Http404, HttpResponse
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from initiatives.actions.repeating import OtherRequest, UnderWay, answer_of, keep
from initiatives.api import bodies
from initiatives.api.components import Schema
from initiatives.api.parameters import Parameter
from initiatives.api.problems import Invalid, Refusal, Violation
from initiatives.api.views import ApiView
from initiatives.models import KeptAnswer
from initiatives.webhooks.signing import Unreadable, decrypted, encrypted

Handler = Callable[..., HttpResponse]
NAME: Final = "Idempotency-Key"
_KEY: Final = re.compile(r'"([ !#-\[\]-~]{1,255})"|([!#-\[\]-~]{1,255})', re.ASCII)  # a structured string, or bare
_TELL_REQUESTS_APART: Final = ("Prefer", "If-Match")


def _read(raw: str) -> str:
    found = _KEY.fullmatch(raw.strip())
    if found is None:
        raise ValueError("must be 1 to 255 printable ASCII characters, such as a UUID, without quotes within")
    return found[1] or found[2]


IDEMPOTENCY_KEY: Final = Parameter(
    NAME,
    "A name for this request, best a UUID, that you make up. Sent again within 24 hours with the same key, the same "
    "request is not done again but answered as the first time, with the header `Idempotent-Replayed: true`. Another "
    "request with the key is a 422; one whose first sending is still under way is a 409, to be sent again a little "
    "later. An answer of 500 or above is not kept.",
    {"type": "string", "minLength": 1, "maxLength": 257, "pattern": r'^("[ !#-\[\]-~]{1,255}"|[!#-\[\]-~]{1,255})$'},
    _read,
    '"8e03978e-40d5-43e8-bc93-6894a57f9324"',
)
STATUSES: Final = (HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY)
REPLAYED: Final[dict[str, Schema]] = {
    "Idempotent-Replayed": {
        "description": "`true` when this is the kept answer to an earlier request with the same Idempotency-Key.",
        "schema": {"type": "string", "enum": ["true"]},
        "example": "true",
    }
}


def once(handler: Handler) -> Handler:
    """Wraps a method of an ApiView. Without the header nothing is different."""

    @wraps(handler)
    def guarded(self: ApiView, request: Request, *args: Any, **path: Any) -> HttpResponse:
        raw = request.headers.get(NAME)
        if raw is None:
            return handler(self, request, *args, **path)
        try:
            key = _read(raw)
        except ValueError as error:
            raise Invalid([Violation(NAME, str(error))]) from None
        return _once(self, request, key, lambda: handler(self, request, *args, **path))

    return guarded


@transaction.atomic
def _once(view: ApiView, request: Request, key: str, do: Callable[[], HttpResponse]) -> HttpResponse:
    """Work and answer are stored in one transaction, so that there is never one without the other."""
    name = _fingerprint(view, request)
    try:
        kept = answer_of(view.client, key, name, now=view.now)
    except UnderWay:
        said = f"The first request with this {NAME} is still under way. Send it again a little later."
        raise Refusal(HTTPStatus.CONFLICT, said, {"Retry-After": "1"}) from None
    except OtherRequest:
        raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY) from None
    if kept is not None:
        return _replayed(kept)
    response = _done(view, do)
    if response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
        headers, body = dict(response.headers.items()), response.content
        if _is_secret(response.status_code, headers):
            body = encrypted(body.decode()).encode()
        keep(view.client, key, name, status=response.status_code, headers=headers, body=body, now=view.now)
    return response


def _done(view: ApiView, do: Callable[[], HttpResponse]) -> HttpResponse:
    """The answer, also when it is a refusal; what a refused request has written is taken back."""
    try:
        with transaction.atomic():
            return do()
    except (APIException, Http404) as refusal:
        response: HttpResponse = view.handle_exception(refusal)
        return response


def _is_secret(status: int, headers: Mapping[str, str]) -> bool:
    """Whether it tells a secret, which we keep in no clear text. So a good answer does that nobody may store."""
    return status < HTTPStatus.BAD_REQUEST and "no-store" in headers.get("Cache-Control", "")


def _replayed(kept: KeptAnswer) -> HttpResponse:
    body = bytes(kept.body)
    if _is_secret(kept.status, kept.headers):
        try:
            body = decrypted(body.decode()).encode()
        except Unreadable:
            raise Refusal(
                HTTPStatus.CONFLICT, "It has been done, but what was answered can no longer be told."
            ) from None
    response = HttpResponse(body, status=kept.status, headers=kept.headers)
    response["Idempotent-Replayed"] = "true"
    return response


def _fingerprint(view: ApiView, request: Request) -> str:
    """Two requests with the same one ask for the same: method, address, what changes the meaning, and the body."""
    operation = view.operation(request.method)
    body = bodies.raw(request) if operation is not None and operation.body is not None else b""
    headers = [request.headers.get(name, "") for name in _TELL_REQUESTS_APART]
    told = repr((request.method, request.get_full_path(), headers)).encode()
    return hashlib.sha256(told + b"\n" + body).hexdigest()
