"""Which call a line of the log, a row or a message to another system belongs to: W3C Trace Context and X-Request-ID.

What a caller sends is passed on when it has the right form; else we make our own.
"""

import logging
import re
import secrets
import uuid
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

_PARENT: Final = re.compile(r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.ASCII)
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII)


@dataclass(frozen=True)
class Trace:
    """`id` is common to everything that one act sets off, `span` is this call's own."""

    id: str  # 32 hexadecimal digits
    span: str  # 16
    flags: str
    request_id: str

    @property
    def parent(self) -> str:
        """The header `traceparent`, for whom we call or answer."""
        return f"00-{self.id}-{self.span}-{self.flags}"


NONE: Final = Trace("", "", "00", "")
current: ContextVar[Trace] = ContextVar("trace", default=NONE)


def begin(traceparent: str = "", request_id: str = "") -> Trace:
    """The trace of a call that came with these headers, each empty when it was not sent."""
    sent = _PARENT.fullmatch(traceparent.strip())
    is_usable = sent is not None and int(sent[1], 16) != 0 and int(sent[2], 16) != 0
    trace_id, flags = (sent[1], sent[3]) if sent and is_usable else (secrets.token_hex(16), "00")
    named = request_id if _REQUEST_ID.fullmatch(request_id) else str(uuid.uuid4())
    return Trace(trace_id, secrets.token_hex(8), flags, named)


class TraceFilter(logging.Filter):
    """Gives each line of the log the trace it belongs to, as `{trace}`; a dash outside any call."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.trace = current.get().id or "-"
        return True
