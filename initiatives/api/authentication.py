"""Who calls, and how far the token reaches. Bearer tokens of our own authorisation server or of the municipality's."""

import re
from http import HTTPStatus
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext_noop
from oauth2_provider.scopes import BaseScopes
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from initiatives.api.calls import Call, call_by_client, call_by_token
from initiatives.api.problems import InsufficientScope, MalformedCredentials, Refusal, TooManyCalls
from kommun.clients.access_tokens import InvalidToken, looks_signed, verified
from kommun.clients.issuer_keys import PAUSE, KeysAreAway
from kommun.models import ApiClient

_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]+=*", re.ASCII)  # RFC 6750
METRICS_READ: Final = "metrics:read"
INITIATIVES_READ: Final = "initiatives:read"
MEASUREMENTS_WRITE: Final = "measurements:write"
WEBHOOKS_MANAGE: Final = "webhooks:manage"
SCOPES: Final[dict[str, str]] = {
    METRICS_READ: gettext_noop("Read the outcome metrics, the organisation and the indicators"),
    INITIATIVES_READ: gettext_noop("Read initiatives, their outcomes and measured values"),
    MEASUREMENTS_WRITE: gettext_noop("Send measured values"),
    WEBHOOKS_MANAGE: gettext_noop("Manage webhooks"),
}


class AllowedScopes(BaseScopes):  # type: ignore[misc]  # the toolkit has no types
    """A client gets the scopes that it is allowed; all of them when it asks for none in particular."""

    def get_all_scopes(self) -> dict[str, str]:
        return SCOPES

    def get_available_scopes(self, application: ApiClient | None = None, *args: Any, **kwargs: Any) -> list[str]:
        return allowed_scopes(application) if application else list(SCOPES)

    def get_default_scopes(self, application: ApiClient | None = None, *args: Any, **kwargs: Any) -> list[str]:
        return self.get_available_scopes(application)


def allowed_scopes(client: ApiClient) -> list[str]:
    return [scope for scope in client.allowed_scopes.split() if scope in SCOPES]


class BearerAuthentication(BaseAuthentication):
    """`request.user` becomes the ApiClient and `request.auth` its Call. One statement, which counts the call too."""

    def authenticate(self, request: Request) -> tuple[ApiClient, Call] | None:
        header = request.headers.get("Authorization", "")
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            return None
        if "," in token or " " in token.strip() or "access_token" in request.query_params:
            raise MalformedCredentials  # two tokens: the header sent twice, in two parts, or beside the address
        call = _call(token)
        if call is None:
            raise AuthenticationFailed
        request._request.call = call  # type: ignore[attr-defined]  # for the headers and the log, when all is done
        if call.is_refused:
            raise TooManyCalls(call.seconds_to_wait)
        return call.client, call

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"  # the whole challenge is written by `problems`; this makes the status 401


def _call(token: str) -> Call | None:
    """By a token of our own server, or by one that the municipality's has signed. Raises Refusal without its keys."""
    if not _TOKEN.fullmatch(token):
        return None
    if not looks_signed(token):
        return call_by_token(token)
    try:
        said = verified(token, now=timezone.now())
    except InvalidToken:
        return None
    except KeysAreAway as away:
        wait = {"Retry-After": str(int(PAUSE.total_seconds()))}
        raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "The server that signs tokens does not answer.", wait) from away
    return call_by_client(said.client_id, " ".join(sorted(said.scopes)))


class HasScope(BasePermission):
    """One of the operation's scopes must be in the token, and still be allowed to the client."""

    def has_permission(self, request: Request, view: Any) -> bool:
        operation = view.operation(request.method)
        if operation is None or not operation.scopes:  # an unknown method gets its 405 further on
            return True
        if not isinstance(request.auth, Call):
            return False
        if request.auth.scopes.isdisjoint(operation.scopes):
            raise InsufficientScope(operation.scopes[0])
        return True
