"""Every refusal of the API as RFC 9457 problem+json. It says what the caller can do, and nothing about our insides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import orjson
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions

MEDIA_TYPE: Final = "application/problem+json"
DETAILS: Final[dict[int, str]] = {
    400: "The request cannot be read as it stands.",
    401: "A valid access token is needed. Ask for one at /oauth/token.",
    403: "The access token does not reach this far.",
    404: "There is nothing at this address that you may see.",
    405: "This address does not take that method; the header Allow names those that it takes.",
    406: "The answer is not to be had in any form that the header Accept or the parameter format asks for.",
    409: "Nothing was stored, because a part of it was refused; see violations.",
    410: "What the request builds on is no longer kept; start over.",
    412: "It has changed since you read it. Read it again, and send its new ETag in If-Match.",
    413: "The body is larger than the API takes.",
    415: "The body must be sent as application/json.",
    422: "The Idempotency-Key has been used for another request. Use a new key.",
    428: "Send the ETag of what you have read in the header If-Match.",
    429: "You have made more calls than your limit allows. Wait for the seconds in Retry-After.",
    500: "Something went wrong on our side. It has been logged; try again later.",
    503: "The server that signs access tokens does not answer. Try again after the seconds in Retry-After.",
}


@dataclass(frozen=True)
class Violation:
    """What is wrong with one parameter or one member of the body, and what would be right."""

    field: str
    message: str


class Invalid(exceptions.APIException):
    """The request can be read, but breaks the contract in the places listed."""

    status_code = HTTPStatus.BAD_REQUEST

    def __init__(self, violations: Sequence[Violation], detail: str = "") -> None:
        self.violations = violations
        super().__init__(detail or "The request does not follow the specification; see violations.")


class NothingStored(Invalid):
    """The caller asked for all or nothing, and some were refused for the reasons listed."""

    status_code = HTTPStatus.CONFLICT

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__(violations, DETAILS[HTTPStatus.CONFLICT])


class Refusal(exceptions.APIException):
    """Any other refusal: its status, a sentence that says what to do, and headers that say more."""

    def __init__(self, status: HTTPStatus, detail: str = "", headers: Mapping[str, str] | None = None) -> None:
        self.status_code = status
        self.sentence = detail
        self.headers = dict(headers or {})
        super().__init__(detail or DETAILS[status])


class TooLarge(Refusal):
    def __init__(self) -> None:
        super().__init__(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


class TooManyCalls(Refusal):
    """The client has used up its calls; `seconds` from now it has one again."""

    def __init__(self, seconds: int) -> None:
        super().__init__(HTTPStatus.TOO_MANY_REQUESTS, headers={"Retry-After": str(seconds)})


class MalformedCredentials(Refusal):
    """The header Authorization names the scheme Bearer, but holds no single token (RFC 6750, invalid_request)."""

    def __init__(self) -> None:
        super().__init__(HTTPStatus.BAD_REQUEST, "The header Authorization is Bearer, a space and one token.")


class InsufficientScope(exceptions.PermissionDenied):
    """The token is good, but lacks `scope`."""

    def __init__(self, scope: str) -> None:
        self.scope = scope
        super().__init__()


def type_of(status: int) -> str:
    """The address where a problem is explained to people."""
    return f"{settings.BASE_URL}/api/v1/docs#problem-{status}"


def body(status: int, instance: str, detail: str = "", violations: Sequence[Violation] = ()) -> dict[str, Any]:
    return {
        "type": type_of(status),
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail or DETAILS.get(status) or HTTPStatus(status).description or HTTPStatus(status).phrase,
        "instance": instance,
        "violations": [{"field": each.field, "message": each.message} for each in violations],
    }


def answer(request: HttpRequest, status: int, detail: str = "", violations: Sequence[Violation] = ()) -> HttpResponse:
    problem = body(status, request.path, detail, violations)
    response = HttpResponse(orjson.dumps(problem), status=status, content_type=MEDIA_TYPE)
    response["Cache-Control"] = "no-store"
    return response


def handle(exc: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """What Django REST framework calls for an exception in a view. The unforeseen is left to `entrance`."""
    if isinstance(exc, Http404):
        exc = exceptions.NotFound()
    if not isinstance(exc, exceptions.APIException):
        return None
    violations = getattr(exc, "violations", ())
    sentence = str(exc.detail) if violations else getattr(exc, "sentence", "")
    response = answer(context["request"], exc.status_code, sentence, violations)
    for name, value in getattr(exc, "headers", {}).items():
        response[name] = value
    challenge = _challenge(exc)
    if challenge:
        response["WWW-Authenticate"] = challenge
    return response


def _challenge(exc: Exception) -> str:
    """RFC 6750: no error code for a caller that showed no token at all."""
    if isinstance(exc, exceptions.NotAuthenticated):
        return 'Bearer realm="framsteg"'
    if isinstance(exc, MalformedCredentials):
        return (
            'Bearer realm="framsteg", error="invalid_request", error_description="Send one bearer token, in one header"'
        )
    if isinstance(exc, exceptions.AuthenticationFailed):
        return 'Bearer realm="framsteg", error="invalid_token", error_description="The token is unknown or has expired"'
    if isinstance(exc, InsufficientScope):
        return f'Bearer realm="framsteg", error="insufficient_scope", scope="{exc.scope}"'
    return ""


@login_not_required
@csrf_exempt
def unknown_path(request: HttpRequest) -> HttpResponse:
    return answer(request, 404)
