"""Sends what waits in the outbox, and writes on each letter how it went. It makes no letters.

A letter goes twice only if the server's answer to it was never noted, because our worker died or the connection broke
in that moment. Both then carry the same Message-ID, by which mail programs know them as one. It never goes a third
time, and none is lost.
"""

from kommun.letters.files import EmlFileBackend
from kommun.letters.messages import as_bytes, as_message
from kommun.letters.outbox import LOST_AFTER, CannotGo, try_again
from kommun.letters.sending import send_waiting

__all__ = ["LOST_AFTER", "CannotGo", "EmlFileBackend", "as_bytes", "as_message", "send_waiting", "try_again"]
