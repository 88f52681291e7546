"""How the toolkit's token endpoint judges a client: by one of its secrets or by what it has signed, never by both."""

import base64
import binascii
import datetime as dt
import logging
import math
from typing import Any, Final
from urllib.parse import unquote_plus

from django.utils import timezone
from oauth2_provider.models import AccessToken
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauthlib.oauth2.rfc6749.errors import InvalidRequestError, TemporarilyUnavailableError

from kommun.clients import assertions, proving
from kommun.clients.assertions import ASSERTION_TYPE
from kommun.clients.signed import InvalidToken
from kommun.models import ApiClient

log = logging.getLogger(__name__)
MOST_TOKENS: Final = 60  # of one client that are still good


class TooManyTokens(TemporarilyUnavailableError):  # type: ignore[misc]  # oauthlib has no types
    """Of RFC 6749's errors the one that fits; HTTP tells when to come again."""

    status_code = 429
    description = f"{MOST_TOKENS} tokens are still good. Use one of them, or wait until some have expired."

    def __init__(self, *, seconds: int) -> None:
        super().__init__()
        self._seconds = seconds

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self._seconds)}


class Validator(OAuth2Validator):  # type: ignore[misc]  # the toolkit has no types
    """Of the toolkit only the issuing of tokens is left; who may have one is decided here."""

    def authenticate_client(self, request: Any, *args: Any, **kwargs: Any) -> bool:
        """Sets `request.client` to the one that has proven itself.

        Raises InvalidRequestError for two proofs, and TooManyTokens.
        """
        form = dict(request.decoded_body or [])
        header = _of_basic(request.headers.get("HTTP_AUTHORIZATION", ""))
        if sum([header is not None, "client_secret" in form, "client_assertion" in form]) > 1:
            raise InvalidRequestError(description="Use one way of proving who you are.", request=request)
        if "client_assertion" in form:
            client = _by_assertion(form, timezone.now())
        else:
            named, secret = header or (form.get("client_id", ""), form.get("client_secret", ""))
            client = _by_secret(named, secret, timezone.now())
        if client is None or form.get("client_id", client.client_id) != client.client_id:
            return False
        _check_number(client, timezone.now())
        request.client, request.client_id = client, client.client_id
        return True


def _of_basic(header: str) -> tuple[str, str] | None:
    """The name and the secret of RFC 6749, section 2.3.1; None without such a header, empty ones for a broken one."""
    scheme, _, credentials = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(credentials.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return unquote_plus(name), unquote_plus(secret)


def _by_secret(named: str, secret: str, now: dt.datetime) -> ApiClient | None:
    client = _client(named)
    return client if client and proving.proves(secret, client=client, now=now) else None


def _by_assertion(form: dict[str, str], now: dt.datetime) -> ApiClient | None:
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        return None
    try:
        client = _client(assertions.named_client(form["client_assertion"]))
        if client is not None:
            assertions.check(form["client_assertion"], client=client, now=now)
    except InvalidToken as refused:
        log.info("An assertion was refused: %s", refused)
        return None
    return client


def _check_number(client: ApiClient, now: dt.datetime) -> None:
    """Raises TooManyTokens, until so many have expired that there is room for one."""
    good = AccessToken.objects.filter(application=client, expires__gt=now).order_by("-expires")
    for expires in good.values_list("expires", flat=True)[MOST_TOKENS - 1 : MOST_TOKENS]:
        raise TooManyTokens(seconds=math.ceil((expires - now).total_seconds()))


def _client(named: str) -> ApiClient | None:
    """One that has not ended."""
    if not named or "\0" in named or len(named) > 255:
        return None
    found: ApiClient | None = ApiClient.objects.filter(client_id=named, ended_at=None).first()
    return found
