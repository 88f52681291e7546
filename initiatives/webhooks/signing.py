"""Secrets of webhooks, and signatures by them as Standard Webhooks 1.0 says. It knows no rows.

A secret is kept encrypted by a key that follows from SECRET_KEY, so a copy of the database alone signs nothing.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

PREFIX: Final = "whsec_"
BYTES: Final = 32


class Unreadable(Exception):
    """The secret was encrypted by a SECRET_KEY that we no longer have."""


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(BYTES)).decode()


def encrypted(secret: str) -> str:
    return _box().encrypt(secret.encode()).decode()


def decrypted(kept: str) -> str:
    """Raises Unreadable."""
    try:
        return _box().decrypt(kept.encode()).decode()
    except InvalidToken:
        raise Unreadable from None


def is_of_today(kept: str) -> bool:
    """Whether it was encrypted by the SECRET_KEY of today, and not by a former one."""
    try:
        _box_of((settings.SECRET_KEY,)).decrypt(kept.encode())
    except InvalidToken:
        return False
    return True


def renewed(kept: str) -> str:
    """The same secret encrypted by the SECRET_KEY of today. Raises Unreadable."""
    try:
        return _box().rotate(kept.encode()).decode()
    except InvalidToken:
        raise Unreadable from None


def signature(given: Sequence[str], message_id: str, timestamp: int, body: bytes) -> str:
    """The header webhook-signature: one for each secret, so that a receiver may know the old one or the new one."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return " ".join(f"v1,{base64.b64encode(_hmac(secret, signed)).decode()}" for secret in given)


def _hmac(secret: str, signed: bytes) -> bytes:
    return hmac.digest(base64.b64decode(secret.removeprefix(PREFIX)), signed, hashlib.sha256)


def _box() -> MultiFernet:
    return _box_of((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


@lru_cache(maxsize=4)
def _box_of(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_derived(key))) for key in keys])


def _derived(key: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"framsteg webhook secrets").derive(key.encode())
