"""A place in the order of changes, as another system keeps it: a short text that means nothing to it.

It names the change that it stands after, and so is found out when that change is no longer there, or has another number
since a backup was restored, or when the client sees another part of the organisation than it did.
"""

import binascii
import datetime as dt
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Final, Self
from uuid import UUID
from zlib import crc32

from kommun.models import ApiClient

_SHAPE: Final = struct.Struct(">BqqI")
_VERSION: Final = 1
_LENGTH: Final = _SHAPE.size + 4
_BEFORE_ALL: Final = -(2**63)


class NoCursor(ValueError):
    """The text is no cursor, or not a whole one."""


@dataclass(frozen=True)
class Cursor:
    """After the change `id` of the transaction `xact`, which is made sure of by `seal`."""

    xact: int
    id: int
    seal: int

    @classmethod
    def after(cls, xact: int, id: int, uuid: UUID, *, client: ApiClient) -> Self:
        return cls(xact, id, _seal(uuid.bytes, client))

    @classmethod
    def before_all(cls, *, client: ApiClient, today: dt.date) -> Self:
        """Before the first change there will ever be. It has an age, since nothing is kept that it stands after."""
        return cls(_BEFORE_ALL, today.toordinal(), _seal(b"", client))

    @classmethod
    def read(cls, text: str) -> Self:
        """Raises NoCursor."""
        try:
            whole = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        except (UnicodeEncodeError, binascii.Error):
            raise NoCursor("must be a cursor as it was given") from None
        given, check = whole[:-4], whole[-4:]
        is_whole = len(whole) == _LENGTH and check == crc32(given).to_bytes(4) and given[0] == _VERSION
        if not is_whole or text != _text(whole):
            raise NoCursor("must be a cursor as it was given")
        _version, xact, id, seal = _SHAPE.unpack(given)
        return cls(xact, id, seal)

    def __str__(self) -> str:
        given = _SHAPE.pack(_VERSION, self.xact, self.id, self.seal)
        return _text(given + crc32(given).to_bytes(4))

    def stands_after(self, uuid: UUID | None, *, client: ApiClient) -> bool:
        """Whether it was given to `client`, as bound as now, for the change with `uuid`."""
        return uuid is not None and self.seal == _seal(uuid.bytes, client)

    def is_before_all(self, *, client: ApiClient, since: dt.date) -> bool:
        """Whether it stands before all changes, and was given to `client`, as bound as now, on `since` or later."""
        return self.xact == _BEFORE_ALL and self.id >= since.toordinal() and self.seal == _seal(b"", client)


def _seal(of: bytes, client: ApiClient) -> int:
    return crc32(of + str(client.unit_id).encode())


def _text(whole: bytes) -> str:
    return urlsafe_b64encode(whole).rstrip(b"=").decode()
