"""A signed JSON Web Token (RFC 7519) taken apart: its header, its claims, whose signature it carries.

Only RS256, PS256 and ES256 are known, and keys come from where the caller has them, never from the token: what it
says about keys (jwk, jku, x5u, x5c) is not read. It knows no clock but the moment that it is given.
"""

import datetime as dt
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import jwt

from kommun.clients.keys import ALGORITHMS, PublicKey, fit

LONGEST: Final = 8192  # characters of a whole token
LEEWAY: Final = dt.timedelta(seconds=60)  # between two clocks


class InvalidToken(ValueError):
    """The token is refused. The sentence is for the log: callers are told no more than that it is not valid."""


@dataclass(frozen=True)
class Unproven:
    """What a token says, before its signature has been looked at."""

    token: str
    algorithm: str
    kid: str
    typ: str
    claims: Mapping[str, Any]

    def prove(self, keys: Iterable[PublicKey]) -> None:
        """Raises InvalidToken unless one of `keys` made the signature."""
        key = fit(keys, kid=self.kid, algorithm=self.algorithm)
        if key is None:
            raise InvalidToken("no key fits")
        try:
            jwt.api_jws.PyJWS(algorithms=[self.algorithm]).decode(self.token, key.key, algorithms=[self.algorithm])
        except (jwt.PyJWTError, ValueError, TypeError):
            raise InvalidToken("the signature does not hold") from None

    def text(self, name: str) -> str:
        """A claim that must be there as text. Raises InvalidToken."""
        value = self.claims.get(name)
        if not isinstance(value, str) or not value or len(value) > 1000 or "\0" in value:
            raise InvalidToken(f"the claim {name} is missing")
        return value

    def moment(self, name: str) -> float:
        """A claim that must be there as seconds since 1970. Raises InvalidToken."""
        value = self.claims.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise InvalidToken(f"the claim {name} is missing")
        return value

    def audiences(self) -> list[str]:
        """Whom it is meant for. Raises InvalidToken when it does not say."""
        said = self.claims.get("aud")
        listed = [said] if isinstance(said, str) else said
        if not isinstance(listed, list) or not listed or not all(isinstance(each, str) for each in listed):
            raise InvalidToken("the claim aud is missing")
        return listed

    def hold_at(self, now: dt.datetime) -> None:
        """Raises InvalidToken unless `exp` lies ahead, and `iat` and `nbf`, where they are said, do not."""
        late = now.timestamp() - LEEWAY.total_seconds()
        soon = now.timestamp() + LEEWAY.total_seconds()
        if self.moment("exp") <= late:
            raise InvalidToken("it has expired")
        if any(self.moment(name) > soon for name in ("iat", "nbf") if name in self.claims):
            raise InvalidToken("it is of the future")


def looks_signed(token: str) -> bool:
    """Whether it has the form of a JWT; the tokens of our own server never have."""
    return token.startswith("eyJ") and token.count(".") == 2


def read(token: str) -> Unproven:
    """Raises InvalidToken for what is no JWT, has another algorithm, or asks us to obey what we do not know."""
    if len(token) > LONGEST or not token.isascii() or not looks_signed(token):
        raise InvalidToken("it is no JWT")
    try:
        header = jwt.get_unverified_header(token)
        claims = json.loads(jwt.utils.base64url_decode(token.split(".")[1]))
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        raise InvalidToken("it is no JWT") from None
    algorithm, kid, typ = header.get("alg"), header.get("kid", ""), header.get("typ", "")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise InvalidToken("the algorithm is not one of ours")
    if "crit" in header or not isinstance(kid, str) or not isinstance(typ, str):
        raise InvalidToken("its header asks for what we do not know")
    if not isinstance(claims, dict):
        raise InvalidToken("it is no JWT")
    return Unproven(token, algorithm, kid, typ.lower(), claims)
