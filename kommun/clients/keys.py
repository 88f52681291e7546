"""Public keys as JSON Web Keys (RFC 7517): which of them we take, and never a private one.

RSA of at least 2048 bits and elliptic curves of P-256, for signatures. What is in a set beside them is no fault when
an authorisation server publishes it, and is told to the administrator who enters it.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from django.utils.translation import gettext as _

ALGORITHMS: Final[Mapping[str, str]] = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC"}  # and the key's type
FEWEST_RSA_BITS: Final = 2048
MOST_RSA_BITS: Final = 8192  # a longer one only costs time
MOST_KEYS: Final = 10
PRIVATE_PARTS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


@dataclass(frozen=True)
class PublicKey:
    """`kid` is empty when the key has none; `algorithms` are those that it may verify."""

    kid: str
    kind: str  # RSA or EC
    algorithms: frozenset[str]
    key: RSAPublicKey | EllipticCurvePublicKey


class UnfitKey(ValueError):
    """The key is not taken. The sentence, in the reader's language, says why."""


def keys_of(jwks: object, *, most: int = MOST_KEYS) -> tuple[PublicKey, ...]:
    """Those of a JWK set that verify signatures here. What we do not take is passed by, and so is any after `most`."""
    found = []
    for jwk in _members(jwks)[:most]:
        try:
            found.append(_public_key(jwk))
        except UnfitKey:
            continue
    return tuple(found)


def judged(text: str) -> dict[str, Any]:
    """The JWK set that somebody has entered, {"keys": [...]}; a single key is a set of one.

    Raises UnfitKey when any of the keys is not taken, when two have the same kid, or when several lack one.
    """
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        raise UnfitKey(_("This is no JSON. Paste the public keys as a JWK set.")) from None
    members = [read] if isinstance(read, dict) and "kty" in read else _members(read)
    if not members:
        raise UnfitKey(_('There is no key in it. A JWK set looks like {"keys": [...]}.'))
    if len(members) > MOST_KEYS:
        raise UnfitKey(_("Keep at most %(most)d keys.") % {"most": MOST_KEYS})
    kids = [_public_key(jwk).kid for jwk in members]
    if len(set(kids)) < len(kids):
        raise UnfitKey(_("Each key must have a kid of its own."))
    return {"keys": [dict(jwk) for jwk in members]}


def fit(keys: Iterable[PublicKey], *, kid: str, algorithm: str) -> PublicKey | None:
    """The key of that kid, for that algorithm. Without a kid, the only key that fits; none when there are several."""
    fitting = [key for key in keys if algorithm in key.algorithms and (not kid or key.kid == kid)]
    return fitting[0] if len(fitting) == 1 else None


def _members(jwks: object) -> list[Any]:
    members = jwks.get("keys") if isinstance(jwks, dict) else None
    return members if isinstance(members, list) else []


def _public_key(jwk: Any) -> PublicKey:
    kind = _kind(jwk)
    try:
        key = jwt.PyJWK(jwk, algorithm="RS256" if kind == "RSA" else "ES256").key
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, AttributeError):
        raise UnfitKey(_("A key cannot be read. It may be cut off.")) from None
    _refuse_weak(key)
    return PublicKey(jwk.get("kid", ""), kind, _algorithms(jwk, kind), key)


def _kind(jwk: Any) -> str:
    if not isinstance(jwk, dict) or not isinstance(jwk.get("kid", ""), str) or len(jwk.get("kid", "")) > 255:
        raise UnfitKey(_("A key cannot be read. It may be cut off."))
    if PRIVATE_PARTS & jwk.keys():
        raise UnfitKey(
            _("This holds a private key. Send only the public one, and make a new pair: this one has now been shown.")
        )
    if jwk.get("use", "sig") != "sig" or "verify" not in _operations(jwk):
        raise UnfitKey(_("A key is not for signatures."))
    kind: object = jwk.get("kty")
    if kind == "RSA" or (kind == "EC" and jwk.get("crv") == "P-256"):
        return str(kind)
    raise UnfitKey(_("Only keys of RSA and of the curve P-256 are taken."))


def _operations(jwk: dict[str, Any]) -> list[Any]:
    named = jwk.get("key_ops", ["verify"])
    return named if isinstance(named, list) else []


def _algorithms(jwk: dict[str, Any], kind: str) -> frozenset[str]:
    """Those of the key's kind, or the one that it is for."""
    of_kind = {name for name, its_kind in ALGORITHMS.items() if its_kind == kind}
    named = jwk.get("alg")
    if named is not None and named not in of_kind:
        raise UnfitKey(_("Only the algorithms RS256, PS256 and ES256 are taken."))
    return frozenset({named} if named is not None else of_kind)


def _refuse_weak(key: object) -> None:
    if not isinstance(key, RSAPublicKey | EllipticCurvePublicKey):
        raise UnfitKey(_("A key cannot be read. It may be cut off."))
    if isinstance(key, RSAPublicKey) and not FEWEST_RSA_BITS <= key.key_size <= MOST_RSA_BITS:
        raise UnfitKey(_("An RSA key must have from 2,048 to 8,192 bits."))
