"""Writes to operations when the clock or the sender of letters has stopped, and when it goes again.

Beat or the workers may be the dead ones, so every process that lives keeps watch. One of them writes: the one that
holds the lock. A lock rather than a row in a transaction, so that nothing is open while the mail server is slow; and
when the process dies before it has noted its letter, the lock is free and another one writes.
"""

import datetime as dt
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import connection, connections
from django.db.models import F, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext, gettext_noop

from kommun.heartbeat import CLOCK, LETTERS, patience
from kommun.models import Heartbeat

logger = logging.getLogger(__name__)
ONE_WRITES: Final = 0x4B4C4F43  # the key of the advisory lock
STOPPED = {
    CLOCK: gettext_noop("Framsteg's clock has stopped"),
    LETTERS: gettext_noop("Framsteg sends no letters any more"),
}
GOES_AGAIN = {CLOCK: gettext_noop("Framsteg's clock goes again"), LETTERS: gettext_noop("Framsteg sends letters again")}
HAS_STOPPED = gettext_noop(
    "Its last sign of life came at %(at)s.\n\nSee that worker, beat and Redis are running.\n\n%(address)s"
)
HAS_COME_BACK = gettext_noop("It has worked since %(at)s. What was missed is being made good.\n\n%(address)s")


def watch(now: dt.datetime) -> list[str]:
    """Writes what operations have not been told. The names of the parts that the letters were about.

    Raises OSError or SMTPException when the mail server does not take it; then it is still untold.
    """
    if not (_stopped(now).exists() or _going_again(now).exists()):
        return []
    with _one_writes() as is_mine:
        return _tell(now) if is_mine else []


def _tell(now: dt.datetime) -> list[str]:
    told = []
    for part in _stopped(now):
        _write(part, STOPPED[part.name], HAS_STOPPED)
        Heartbeat.objects.filter(pk=part.pk, alarmed_at=None).update(alarmed_at=now)
        told.append(part.name)
    for part in _going_again(now):
        _write(part, GOES_AGAIN[part.name], HAS_COME_BACK)
        Heartbeat.objects.filter(pk=part.pk, alarmed_at=part.alarmed_at).update(alarmed_at=None)
        told.append(part.name)
    return told


def _stopped(now: dt.datetime) -> QuerySet[Heartbeat]:
    return Heartbeat.objects.filter(alarmed_at=None, at__lt=now - patience(), name__in=STOPPED).order_by("name")


def _going_again(now: dt.datetime) -> QuerySet[Heartbeat]:
    return Heartbeat.objects.filter(alarmed_at__lt=F("at"), at__gte=now - patience()).order_by("name")


def _write(part: Heartbeat, subject: str, text: str) -> None:
    """Straight to the mail server: the outbox may be what stands still. In the language of the installation."""
    with translation.override(settings.LANGUAGE_CODE):
        at = timezone.localtime(part.at).strftime("%Y-%m-%d %H.%M")
        said = gettext(text) % {"at": at, "address": f"{settings.BASE_URL}/health"}
        headers = {"Auto-Submitted": "auto-generated"}
        EmailMessage(gettext(subject), f"{said}\n", to=[settings.OPERATIONS_EMAIL], headers=headers).send()


@contextmanager
def _one_writes() -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [ONE_WRITES])
        is_mine = bool(cursor.fetchone()[0])
    try:
        yield is_mine
    finally:
        if is_mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [ONE_WRITES])


def keep_watch() -> threading.Thread:
    """Starts a thread that watches until the process ends. For processes that fork no more.

    It begins when the clock has had the time that it may be silent for: after a night with everything shut down there
    is nothing to tell.
    """
    thread = threading.Thread(target=_watch_for_ever, name="watchman", daemon=True)
    thread.start()
    return thread


def _watch_for_ever() -> None:
    pause = threading.Event()
    pause.wait(patience().total_seconds())
    while not pause.wait(settings.WATCH_SECONDS):
        try:
            watch(timezone.now())
        except Exception:
            logger.warning("The watchman could not do its round.", exc_info=True)
        finally:
            connections.close_all()
