"""/oauth/token: how another system gets a token, and what the authorisation server says about itself."""

from typing import Any, Final

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from oauth2_provider.views import TokenView

from kommun.clients.acts import all_scopes
from kommun.clients.assertions import issuer, token_endpoint
from kommun.clients.keys import ALGORITHMS

REALM: Final = "Framsteg"
UNAUTHORIZED: Final = 401


class ClientCredentialsView(TokenView):  # type: ignore[misc]  # the toolkit has no types
    """One grant, client credentials. Its errors are those of RFC 6749, section 5.2."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.GET or any(_is_malformed(*said) for said in request.POST.lists()):
            return _refusal("invalid_request", 400)
        response: HttpResponse = self.authorization_flow_token_response(request)
        if response.status_code == UNAUTHORIZED:
            response["WWW-Authenticate"] = f'Basic realm="{REALM}"'  # the only scheme that proves a client here
        return response

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = _refusal("invalid_request", 405)
        response["Allow"] = "POST"
        return response


@login_not_required
@require_safe
def metadata(request: HttpRequest) -> HttpResponse:
    """RFC 8414: where tokens are had and how, for clients that set themselves up."""
    said = {
        "issuer": issuer(),
        "token_endpoint": token_endpoint(),
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        "scopes_supported": [*all_scopes()],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": [*ALGORITHMS],
    }
    return JsonResponse(said)


def _is_malformed(name: str, values: list[str]) -> bool:
    """Each parameter may be said once (RFC 6749, section 3.2), `resource` more often (RFC 8707)."""
    return "\0" in "".join(values) or (len(values) > 1 and name != "resource")


def _refusal(error: str, status: int) -> HttpResponse:
    return JsonResponse({"error": error}, status=status, headers={"Cache-Control": "no-store"})
