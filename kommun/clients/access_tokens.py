"""Access tokens of the municipality's own authorisation server: JSON Web Tokens by RFC 9068.

The server says who calls; what the caller may do here is bound by our own row about that client, whose scopes and
part of the organisation still hold. Without API_ISSUER, API_AUDIENCE and API_JWKS_URL no such token is taken.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from django.conf import settings

from kommun.clients.issuer_keys import keys_at
from kommun.clients.signed import InvalidToken, Unproven, looks_signed, read

__all__ = ["InvalidToken", "SignedToken", "looks_signed", "verified"]
TYPES: Final = frozenset({"at+jwt", "application/at+jwt"})


@dataclass(frozen=True)
class SignedToken:
    """What a token says that has been proven: whom our server's row is about, and until when it holds."""

    client_id: str
    scopes: frozenset[str]
    expires_at: dt.datetime
    jti: str


def verified(token: str, *, now: dt.datetime) -> SignedToken:
    """What the token says, once issuer, audience, times and signature hold. No database.

    Raises InvalidToken, and KeysAreAway when the server's keys cannot be had (503 is the honest answer).
    """
    if not (settings.API_ISSUER and settings.API_AUDIENCE and settings.API_JWKS_URL):
        raise InvalidToken("there is no other authorisation server")
    said = read(token)
    _refuse_strange(said, now)
    key = keys_at(settings.API_JWKS_URL).find(kid=said.kid, algorithm=said.algorithm, now=now)
    said.prove([key] if key else [])
    return SignedToken(
        client_id=_client_id(said),
        scopes=frozenset(said.text("scope").split()),
        expires_at=_moment(said.moment("exp")),
        jti=said.text("jti"),
    )


def _refuse_strange(said: Unproven, now: dt.datetime) -> None:
    """What costs nothing to see comes first, so that nobody else's tokens make us ask for keys."""
    if said.typ not in TYPES:
        raise InvalidToken("it is no access token")
    if said.text("iss") != settings.API_ISSUER:
        raise InvalidToken("it is of another issuer")
    if settings.API_AUDIENCE not in said.audiences():
        raise InvalidToken("it is meant for others")
    for name in ("sub", "jti", "scope"):
        said.text(name)
    said.moment("iat")
    said.hold_at(now)
    _client_id(said)


def _client_id(said: Unproven) -> str:
    """RFC 9068 has `client_id`; some servers write `azp`. Raises InvalidToken when they disagree."""
    named = {said.text(name) for name in ("client_id", "azp") if name in said.claims}
    if len(named) != 1:
        raise InvalidToken("it names no client")
    return named.pop()


def _moment(seconds: float) -> dt.datetime:
    try:
        return dt.datetime.fromtimestamp(seconds, tz=dt.UTC)
    except (OverflowError, ValueError, OSError):
        raise InvalidToken("it never expires") from None
