"""Takes what waits in the mailbox of answers, a letter at a time; one that cannot be dealt with stops no other."""

import datetime as dt
import logging
import time
from collections import Counter
from typing import Final

from django.db import Error, InterfaceError, OperationalError, connection

from initiatives.actions.receiving import receive
from initiatives.reading.mail import MOST_BYTES
from kommun.mailbox import Mailbox

AT_MOST: Final = 100  # letters a turn
LONGEST: Final = 120.0  # seconds a turn: well before its task is stopped
PUT_ASIDE: Final = "put aside"
log = logging.getLogger(__name__)


def empty(mailbox: Mailbox, *, now: dt.datetime) -> Counter[str]:
    """How many letters came to what. Each is marked as seen only when it is dealt with; the rest waits.

    Raises what the mailbox raises when its server is away, and OperationalError when the database is.
    """
    done: Counter[str] = Counter()
    until = time.monotonic() + LONGEST
    for number in mailbox.waiting()[:AT_MOST]:
        if time.monotonic() > until:
            break
        raw = mailbox.letter(number, most=MOST_BYTES)
        if raw is not None:
            done[_dealt_with(mailbox, number, raw, now)] += 1
    return done


def _dealt_with(mailbox: Mailbox, number: str, raw: bytes, now: dt.datetime) -> str:
    connection.ensure_connection()
    held = connection.connection
    try:
        result: str = receive(raw, now=now).result
    except Exception as fault:
        if isinstance(fault, InterfaceError | OperationalError) and not _still_answers(held):
            raise
        log.exception("Letter %s in the mailbox could not be dealt with. It is flagged there.", number)
        mailbox.put_aside(number)
        return PUT_ASIDE
    mailbox.mark_seen(number)
    return result


def _still_answers(held: object) -> bool:
    """Whether the database is there, on the connection of before: then it was this letter that it could not take."""
    if connection.connection is not held:
        return False
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return False
    return True
