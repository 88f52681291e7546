"""The rows of the outbox: who takes a letter, that it is on its way, and how it went. Short statements, nothing else.

A worker marks each letter as in flight before it hands it over. Found so when its worker must be dead, it may have
arrived: it goes once more, and a second time in flight ends it.
"""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop

from kommun.models import Employee, Letter
from kommun.persistence import persistently
from kommun.workdays import Workdays

LOST_AFTER = dt.timedelta(minutes=10)  # a claim older than this belongs to a worker that has died
PAUSES = tuple(dt.timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 1440))
GIVE_UP_AFTER = 12  # attempts: a week of "later"
FIRST_HOUR, LAST_HOUR = 6, 20  # local time, from and to, when people may be written to unasked
HAS_LEFT = gettext_noop("The recipient has left.")
GETS_NONE = gettext_noop("The recipient gets no letters any more.")  # it must not tell that somebody is protected
HAS_NO_ADDRESS = gettext_noop("The recipient has no e-mail address. The letter cannot go again.")
TWICE_UNANSWERED = gettext_noop(
    "Sent twice, and both times it was never known whether the mail server took it. It may have arrived."
)

# Letters that somebody has just asked for go first; the many of the morning wait a little longer for it.
CLAIM = """
    UPDATE kommun_letter
    SET claimed_at = %(now)s, was_repeated = was_repeated OR in_flight_at IS NOT NULL, in_flight_at = NULL
    WHERE id IN (
        SELECT id FROM kommun_letter
        WHERE sent_at IS NULL AND failed_at IS NULL AND send_after <= %(now)s
            AND (claimed_at IS NULL OR claimed_at < %(lost)s)
            AND NOT (was_repeated AND in_flight_at IS NOT NULL)
            AND (kind = 'direct' OR %(may_disturb)s)
            AND (CASE kind WHEN 'channel' THEN address ELSE '' END) = %(channel)s
        ORDER BY kind <> 'direct', send_after, id LIMIT %(batch)s FOR UPDATE SKIP LOCKED
    ) RETURNING *
    """
# One statement for two letters: what has arrived is noted when the next one is put in flight.
PUT_IN_FLIGHT = """
    UPDATE kommun_letter
    SET sent_at = CASE id WHEN %(arrived)s THEN %(now)s END,
        failed_at = NULL,
        attempts = attempts + CASE id WHEN %(arrived)s THEN 1 ELSE 0 END,
        error = CASE id WHEN %(arrived)s THEN '' ELSE error END,
        claimed_at = CASE id WHEN %(next)s THEN claimed_at END,
        in_flight_at = CASE id WHEN %(next)s THEN %(now)s END
    WHERE sent_at IS NULL AND (id = %(arrived)s OR (id = %(next)s AND claimed_at = %(now)s AND failed_at IS NULL))
    RETURNING id
    """


class CannotGo(ValueError):
    """The letter is not sent again. The sentence, untranslated, says why."""


def end_what_cannot_go(now: dt.datetime) -> None:
    """Somebody who has left, or is protected, gets no letter. One that was twice in flight without an answer is not
    sent a third time.
    """
    waiting = Letter.objects.filter(sent_at=None, failed_at=None)
    former = waiting.filter(employee__ended_on__lt=timezone.localdate(now))
    protected = waiting.filter(employee__is_protected=True)
    lost = Q(claimed_at=None) | Q(claimed_at__lt=now - LOST_AFTER)
    unanswered = waiting.filter(lost, was_repeated=True, in_flight_at__isnull=False)
    persistently(lambda: former.update(failed_at=now, error=HAS_LEFT))
    persistently(lambda: protected.update(failed_at=now, error=GETS_NONE))
    persistently(lambda: unanswered.update(failed_at=now, claimed_at=None, error=TWICE_UNANSWERED))


def claim(now: dt.datetime, batch: int, *, channel: str = "") -> list[Letter]:
    """Up to `batch` letters that are due and that no living worker holds: mail, or those of a `channel`.

    Two short statements; two workers never get the same letter. The claim is good until LOST_AFTER. What nobody has
    just asked for, however late it is, waits for the hours of a working day.
    """
    given = {
        "now": now,
        "lost": now - LOST_AFTER,
        "batch": batch,
        "channel": channel,
        "may_disturb": _may_disturb(now),
    }
    claimed = persistently(lambda: list(Letter.objects.raw(CLAIM, given)))
    return sorted(claimed, key=lambda letter: (letter.kind != Letter.Kind.DIRECT, letter.send_after, letter.pk))


def _may_disturb(now: dt.datetime) -> bool:
    local = timezone.localtime(now)
    day = local.date()
    workdays = persistently(lambda: Workdays.load(day, day))
    return workdays.is_working_day(day) and not workdays.is_quiet(day) and FIRST_HOUR <= local.hour < LAST_HOUR


def waiting_channels(now: dt.datetime) -> list[str]:
    due = Letter.objects.filter(sent_at=None, failed_at=None, send_after__lte=now, kind=Letter.Kind.CHANNEL)
    return persistently(lambda: list(due.order_by("address").values_list("address", flat=True).distinct()))


def put_in_flight(letter: Letter, now: dt.datetime, *, arrived: Letter | None) -> bool:
    """Notes that `arrived` was taken by the server and that `letter` is about to be handed over.

    False when `letter` is no longer ours: this worker was taken for dead.
    """
    given = {"now": now, "next": letter.pk, "arrived": arrived.pk if arrived else None}
    return letter.pk in persistently(lambda: _ids(PUT_IN_FLIGHT, given))


def has_arrived(letter: Letter, now: dt.datetime) -> None:
    persistently(lambda: _ids(PUT_IN_FLIGHT, {"now": now, "next": None, "arrived": letter.pk}))


def wait(letter: Letter, now: dt.datetime, error: str, *, is_unanswered: bool = False) -> None:
    """It is tried again after a pause; given up after a week of pauses."""
    if letter.attempts + 1 >= GIVE_UP_AFTER:
        give_up(letter, now, error)
        return
    pause = PAUSES[min(letter.attempts, len(PAUSES) - 1)]
    landed = {} if is_unanswered else {"in_flight_at": None}
    _note(letter, send_after=now + pause, attempts=F("attempts") + 1, error=error, **landed)


def give_up(letter: Letter, now: dt.datetime, error: str) -> None:
    _note(letter, failed_at=now, in_flight_at=None, attempts=F("attempts") + 1, error=error)


def release(letters: Sequence[Letter], now: dt.datetime) -> None:
    """Back to the outbox, untried: those of them that are still claimed and not in flight."""
    held = Letter.objects.filter(pk__in=[letter.pk for letter in letters], claimed_at=now, in_flight_at=None)
    persistently(lambda: held.filter(sent_at=None).update(claimed_at=None))


def try_again(key: uuid.UUID, *, by: Employee, now: dt.datetime) -> bool:
    """A letter that was given up goes once more, to the recipient's address of today. False when it is not given up,
    or not there.

    It is tried as often as a new one, with one exception: what was repeated stays so, and when nobody answers again it
    is given up at once. Raises PermissionDenied for somebody who does not administer the whole municipality, and
    CannotGo when the recipient has no address.
    """
    if not (by.is_active and by.is_staff):
        raise PermissionDenied
    given_up = Letter.objects.filter(uuid=key, failed_at__isnull=False)
    letter = given_up.select_related("employee").first()
    if letter is None:
        return False
    address = letter.address if letter.kind == Letter.Kind.CHANNEL else letter.employee.email
    if not address:
        raise CannotGo(HAS_NO_ADDRESS)
    anew = {"failed_at": None, "claimed_at": None, "in_flight_at": None, "attempts": 0, "send_after": now}
    return bool(given_up.update(address=address, **anew))


def _note(letter: Letter, **columns: Any) -> None:
    mine: QuerySet[Letter] = Letter.objects.filter(pk=letter.pk, sent_at=None)
    persistently(lambda: mine.update(claimed_at=None, **columns))


def _ids(statement: str, given: Mapping[str, Any]) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return {key for (key,) in cursor.fetchall()}
