"""A process whose children send what waits and are killed at random: `python -m tests.faults.mortal SEED NOW [WHAT]`.

WHAT is letters or webhooks.

Each child lives eleven minutes after the one before, so what that one had claimed counts as lost. It ends when a child
has come to its own end, with the number of those killed on its standard output.
"""

import datetime as dt
import os
import random
import signal
import sys
import time
from collections.abc import Callable

import django

django.setup()

from initiatives.webhooks.sending import send_waiting as send_webhooks  # noqa: E402
from initiatives.webhooks.telling import tell  # noqa: E402
from kommun.letters import send_waiting  # noqa: E402

LONGEST = 0.15  # seconds that a child lives, as long as children are killed
KILLED_AT_MOST = 60
LATER = dt.timedelta(minutes=11)


def letters(now: dt.datetime) -> None:
    send_waiting(now=now, batch=7)


def webhooks(now: dt.datetime) -> None:
    tell(now=now, batch=50)
    send_webhooks(now=now, batch=7)


def one_life(work: Callable[[dt.datetime], None], now: dt.datetime, seconds: float | None) -> bool:
    """Whether the child came to its own end."""
    child = os.fork()
    if not child:
        work(now)
        os._exit(0)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    _pid, status = os.waitpid(child, 0)
    return os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0


def main(seed: str, now: dt.datetime, what: str = "letters") -> None:
    work = {"letters": letters, "webhooks": webhooks}[what]
    chance = random.Random(seed)
    killed = 0
    while not one_life(work, now, chance.uniform(0, LONGEST) if killed < KILLED_AT_MOST else None):
        killed += 1
        now += LATER
    one_life(work, now + LATER, None)
    print(killed, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], dt.datetime.fromisoformat(sys.argv[2]), *sys.argv[3:])
