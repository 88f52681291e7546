"""How long to wait: between two questions, and when Kolada says so. Time comes in as arguments."""

import datetime as dt
from collections.abc import Callable
from email.utils import parsedate_to_datetime


class Pace:
    """Lets at most `per_second` questions through each second, evenly.

    `clock` gives seconds, `sleep` waits for some.
    """

    def __init__(self, per_second: float, *, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._interval = 1 / per_second
        self._clock = clock
        self._sleep = sleep
        self._next = clock()

    def wait(self) -> None:
        """Returns when the next question may be asked: within one interval, even if the clock was set back."""
        if (seconds := min(self._next - self._clock(), self._interval)) > 0:
            self._sleep(seconds)
        self._next = self._clock() + self._interval


def seconds_asked_for(retry_after: str | None, *, now: float) -> float:
    """What the header Retry-After asks for, in seconds or as a date; 0 when it asks for nothing that can be read.

    `now` is in seconds since 1970.
    """
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    aware = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return max(0.0, aware.timestamp() - now)
