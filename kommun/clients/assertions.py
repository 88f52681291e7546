"""private_key_jwt (RFC 7523, section 2.2): a client proves itself by signing a short-lived statement, good once."""

import datetime as dt
import hashlib
from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction

from kommun.clients.keys import keys_of
from kommun.clients.signed import LEEWAY, InvalidToken, Unproven, read
from kommun.models import ApiClient, UsedAssertion

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST_LIFE: Final = dt.timedelta(minutes=10)
TYPES: Final = frozenset({"", "jwt", "client-authentication+jwt"})


def token_endpoint() -> str:
    return f"{settings.BASE_URL}/oauth/token"


def issuer() -> str:
    """What our own authorisation server is called."""
    base: str = settings.BASE_URL
    return base


def named_client(assertion: str) -> str:
    """Whose it says that it is, before anything is proven. Raises InvalidToken."""
    return read(assertion).text("sub")


def check(assertion: str, *, client: ApiClient, now: dt.datetime) -> None:
    """Raises InvalidToken unless the client has signed it, for us, for now, and never used it before."""
    said = read(assertion)
    _refuse_strange(said, client, now)
    said.prove(keys_of(client.jwks))
    _use(said, client)


def _refuse_strange(said: Unproven, client: ApiClient, now: dt.datetime) -> None:
    if said.typ not in TYPES:
        raise InvalidToken("it is no assertion")
    if {said.text("iss"), said.text("sub")} != {client.client_id}:
        raise InvalidToken("it is of another client")
    if not {*said.audiences()} <= {token_endpoint(), issuer()}:  # one that others may use too is not for us
        raise InvalidToken("it is meant for others")
    said.text("jti")
    said.hold_at(now)
    if said.moment("exp") > (now + LONGEST_LIFE).timestamp():
        raise InvalidToken("it holds for too long")


def _use(said: Unproven, client: ApiClient) -> None:
    """Once, however many ask at the same time: the database says who was first."""
    jti = hashlib.sha256(said.text("jti").encode()).hexdigest()
    expires_at = dt.datetime.fromtimestamp(said.moment("exp"), tz=dt.UTC) + LEEWAY
    try:
        with transaction.atomic():
            UsedAssertion.objects.create(client=client, jti=jti, expires_at=expires_at)
    except IntegrityError as fault:
        raise InvalidToken("it was used before") from fault
