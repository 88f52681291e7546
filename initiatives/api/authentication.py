"""Who calls, and how far the token reaches. Bearer tokens of the built-in authorisation server, and nothing else."""

import hashlib
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext_noop
from oauth2_provider.models import AccessToken
from oauth2_provider.scopes import BaseScopes
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from initiatives.api.problems import InsufficientScope
from kommun.models import ApiClient

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
    """`request.user` becomes the ApiClient and `request.auth` its token. One query."""

    def authenticate(self, request: Request) -> tuple[ApiClient, AccessToken] | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        checksum = hashlib.sha256(token.strip().encode()).hexdigest()
        found = (
            AccessToken.objects.select_related("application__unit")
            .filter(token_checksum=checksum, expires__gt=timezone.now(), application__isnull=False)
            .first()
        )
        if found is None:
            raise AuthenticationFailed
        return found.application, found

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"  # the whole challenge is written by `problems`; this makes the status 401


class HasScope(BasePermission):
    """One of the operation's scopes must be in the token, and still be allowed to the client."""

    def has_permission(self, request: Request, view: Any) -> bool:
        operation = view.operation(request.method)
        if operation is None or not operation.scopes:  # an unknown method gets its 405 further on
            return True
        if not isinstance(request.auth, AccessToken):
            return False
        held = {*request.auth.scope.split()} & {*allowed_scopes(request.auth.application)}
        if held.isdisjoint(operation.scopes):
            raise InsufficientScope(operation.scopes[0])
        return True
