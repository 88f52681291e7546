"""When a message that did not arrive goes again, and when it has been tried long enough. Pure."""

import datetime as dt
import random
from email.utils import parsedate_to_datetime
from typing import Final

GIVE_UP_AFTER: Final = dt.timedelta(days=3)  # from the first try to the last
PAUSES: Final = tuple(dt.timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 300, 600, 840, 1200))
JITTER: Final = 0.2  # of a pause, so that what failed together does not come back together
LONGEST_REST: Final = dt.timedelta(days=1)  # that a receiver may ask for
LEFT_ALONE: Final = dt.timedelta(minutes=15)  # at most, between two looks whether a dead receiver has come back
ASKS_FOR_A_REST: Final = frozenset({429, 503})


def next_try(
    attempts: int, first: dt.datetime, now: dt.datetime, *, rest: dt.timedelta | None, chance: random.Random
) -> dt.datetime | None:
    """After `attempts` failures, of which the latest was now. None when the three days since the first are over.

    The last try comes at the end of them, however long the pause before it would have been.
    """
    end = first + GIVE_UP_AFTER
    if now >= end:
        return None
    pause = PAUSES[min(attempts, len(PAUSES)) - 1] * chance.uniform(1 - JITTER, 1 + JITTER)
    return min(now + max(pause, rest or dt.timedelta()), end)


def rest_of_the_failing(since: dt.datetime, now: dt.datetime) -> dt.timedelta:
    """How long a receiver that nothing has reached `since` is left alone: a tenth of that time."""
    return min((now - since) / 10, LEFT_ALONE)


def rest_asked_for(status: int | None, retry_after: str, now: dt.datetime) -> dt.timedelta | None:
    """What the header Retry-After of a 429 or 503 says, in seconds or as a date; never more than a day."""
    if status not in ASKS_FOR_A_REST:
        return None
    if retry_after.isascii() and retry_after.isdigit():
        return min(dt.timedelta(seconds=int(retry_after[:9])), LONGEST_REST)
    try:
        until = parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):  # a year or a zone of many digits is the latter
        return None
    until = until if until.tzinfo else until.replace(tzinfo=dt.UTC)
    return min(max(until - now, dt.timedelta()), LONGEST_REST)
