"""What the clock does in one turn. It remembers nothing between turns: what is due is read from the rows each time.

A turn that is missed, doubled or cut off is made good by the next one.
"""

import datetime as dt
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection
from django.utils import timezone

from initiatives.actions import clockwork
from initiatives.actions.repeating import forget_answers
from initiatives.events import keeping
from initiatives.nudges.collecting import collect_letters
from initiatives.nudges.retiring import retire
from initiatives.nudges.snoozing import end_snoozes
from initiatives.nudges.writing import note_acts, readdress, tell_successors, write_nudges
from initiatives.outcomes import rollup, shares, withholding
from kommun.clients.expiring import take_away_expired

logger = logging.getLogger(__name__)
TURN_IS_TAKEN = 0x46524D  # the key of the advisory lock


@dataclass
class Turn:
    """How many of each were done. `is_mine` is false when another worker was in the middle of a turn."""

    is_mine: bool = True
    deciders: int = 0
    silence: int = 0
    resumed: int = 0
    missing: int = 0
    checks: int = 0
    nudges: int = 0
    escalated: int = 0
    letters: int = 0
    retired: int = 0
    shares: int = 0
    folded: int = 0
    answers: int = 0
    shown: int = 0
    expired: int = 0
    renumbered: int = 0
    forgotten: int = 0


def turn(now: dt.datetime) -> Turn:
    """Does everything that is due by `now`. A fault in one part does not keep the others from being done.

    Raises ExceptionGroup with the faults when all parts have been tried.
    """
    with _one_at_a_time() as is_mine:
        return _turn(now) if is_mine else Turn(is_mine=False)


def _turn(now: dt.datetime) -> Turn:
    today = timezone.localdate(now)
    done, faults = Turn(), []
    parts: list[tuple[str, Callable[[], int]]] = [
        ("deciders", lambda: clockwork.refresh_deciders(today=today)),
        ("silence", lambda: clockwork.apply_silence(now=now, today=today)),
        ("resumed", lambda: clockwork.resume_paused(now=now, today=today)),
        ("missing", lambda: clockwork.note_missing_values(today=today)),
        ("checks", lambda: clockwork.answer_checks(now=now, today=today)),
        ("nudges", lambda: _nudge(now, today)),
        ("escalated", lambda: clockwork.note_escalations(today=today)),
        ("letters", lambda: collect_letters(now=now)),
        ("retired", lambda: retire(now=now)),
        ("shares", shares.refresh),
        ("folded", rollup.fold),
        ("answers", lambda: forget_answers(now=now)),
        ("shown", lambda: withholding.refresh(today=today)),
        ("expired", lambda: take_away_expired(now=now)),
        ("renumbered", keeping.mend_numbers),
        ("forgotten", lambda: keeping.forget(now=now)),
    ]
    for name, part in parts:
        try:
            setattr(done, name, part())
        except Exception as fault:
            logger.exception("The clock could not do its part: %s", name)
            faults.append(fault)
    if faults:
        raise ExceptionGroup("The clock could not do all its parts", faults)
    return done


def _nudge(now: dt.datetime, today: dt.date) -> int:
    note_acts(now=now)
    again = end_snoozes(now=now, today=today)
    readdress(now=now, today=today)  # of what was put off as well: somebody else may be the one who can act now
    again += tell_successors(now=now, today=today)
    return again + write_nudges(now=now, today=today)


@contextmanager
def _one_at_a_time() -> Iterator[bool]:
    """Spares a second worker work that the first is doing. What is true does not hang on it: the constraints do."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [TURN_IS_TAKEN])
        is_mine = bool(cursor.fetchone()[0])
    try:
        yield is_mine
    finally:
        if is_mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [TURN_IS_TAKEN])
