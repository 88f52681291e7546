"""Who calls, and how far the token reaches. Bearer tokens of the built-in authorisation server, and nothing else."""

import re
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauth2_provider.scopes import BaseScopes
from oauth2_provider.views import TokenView
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from initiatives.api.calls import Call, call_by_token
from initiatives.api.problems import InsufficientScope, MalformedCredentials, TooManyCalls
from kommun.models import ApiClient

_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]+=*", re.ASCII)  # RFC 6750
METRICS_READ: Final = "metrics:read"
INITIATIVES_READ: Final = "initiatives:read"
MEASUREMENTS_WRITE: Final = "measurements:write"
WEBHOOKS_MANAGE: Final = "webhooks:manage"
SCOPES: Final[dict[str, str]] = {
    METRICS_READ: "Read the outcome metrics, the organisation and the indicators",
    INITIATIVES_READ: "Read initiatives, their outcomes and measured values",
    MEASUREMENTS_WRITE: "Send measured values",
    WEBHOOKS_MANAGE: "Manage webhooks",
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
        if "," in token:  # the header was sent twice
            raise MalformedCredentials
        call = call_by_token(token) if _TOKEN.fullmatch(token) else None
        if call is None:
            raise AuthenticationFailed
        request._request.call = call  # type: ignore[attr-defined]  # for the headers and the log, when all is done
        if call.is_refused:
            raise TooManyCalls(call.seconds_to_wait)
        return call.client, call

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"  # the whole challenge is written by `problems`; this makes the status 401


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


class Validator(OAuth2Validator):  # type: ignore[misc]  # the toolkit has no types
    """Does not ask PostgreSQL for what it cannot hold; the toolkit's own guard knows another driver's error."""

    def _load_application(self, client_id: str | None, request: Any) -> ApiClient | None:
        return None if "\0" in (client_id or "") else super()._load_application(client_id, request)


class ClientCredentialsView(TokenView):  # type: ignore[misc]  # the toolkit has no types
    """/oauth/token: one grant, client credentials. Its errors are those of RFC 6749."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if any("\0" in value for values in request.POST.lists() for value in values[1]):
            return _refusal("invalid_request", 400)
        response: HttpResponse = self.authorization_flow_token_response(request)
        return response

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = _refusal("invalid_request", 405)
        response["Allow"] = "POST"
        return response


def _refusal(error: str, status: int) -> HttpResponse:
    return HttpResponse(f'{{"error": "{error}"}}', status=status, content_type="application/json")
