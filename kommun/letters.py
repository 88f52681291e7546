"""Sends what waits in the outbox, and writes on each letter how it went. It makes no letters.

A letter may be sent twice only if its worker dies between the mail server's yes and the note about it; both then carry
the same Message-ID, by which mail programs know them as one. None is lost.
"""

import datetime as dt
import os
import smtplib
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import F, Q
from django.utils import timezone

from kommun.models import Letter

LOST_AFTER = dt.timedelta(minutes=10)  # a claim older than this belongs to a worker that has died
AT_MOST = 180  # seconds for a batch: well before its claims count as lost, and before the task is stopped
PAUSES = tuple(dt.timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 1440))
GIVE_UP_AFTER = 12  # attempts: a week of "later"
BATCH = 200


def send_waiting(*, now: dt.datetime, batch: int = BATCH) -> int:
    """Sends up to `batch` letters that are due, over one connection and outside any transaction. How many went."""
    _leave_out_former(now)
    letters = _claim(now, batch)
    if not letters:
        return 0
    connection = get_connection()
    deadline = time.monotonic() + AT_MOST
    sent = 0
    try:
        for place, letter in enumerate(letters):
            if time.monotonic() > deadline or not _connected(connection, letter, now):
                _release(letters[place:])
                break
            sent += _send(connection, letter, now)
    finally:
        connection.close()
    return sent


def _leave_out_former(now: dt.datetime) -> None:
    """Somebody who has left gets no letter."""
    former = Letter.objects.filter(sent_at=None, failed_at=None, employee__ended_on__lt=timezone.localdate(now))
    former.update(failed_at=now, error="The recipient has left.")


def _claim(now: dt.datetime, batch: int) -> list[Letter]:
    """Takes letters that no living worker holds: one short statement, and two workers never get the same one."""
    claimed = Letter.objects.raw(
        """
            UPDATE kommun_letter SET claimed_at = %(now)s WHERE id IN (
                SELECT id FROM kommun_letter
                WHERE sent_at IS NULL AND failed_at IS NULL AND send_after <= %(now)s
                    AND (claimed_at IS NULL OR claimed_at < %(lost)s)
                ORDER BY send_after, id LIMIT %(batch)s FOR UPDATE SKIP LOCKED
            ) RETURNING *
            """,
        {"now": now, "lost": now - LOST_AFTER, "batch": batch},
    )
    return sorted(claimed, key=lambda letter: (letter.send_after, letter.pk))


def _connected(connection: BaseEmailBackend, letter: Letter, now: dt.datetime) -> bool:
    """Whether the mail server answers. The letter that found it silent waits longer, the others for the next turn."""
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:
        _later(letter, now, error)
        return False
    return True


def _send(connection: BaseEmailBackend, letter: Letter, now: dt.datetime) -> bool:
    try:
        connection.send_messages([as_message(letter)])
    except (OSError, smtplib.SMTPException, ValueError) as error:
        if _is_final(error):
            _fail(letter, now, error)
        else:
            connection.close()  # it may be dead; the next letter opens a new one
            _later(letter, now, error)
        return False
    Letter.objects.filter(pk=letter.pk, sent_at=None).update(
        sent_at=now, failed_at=None, claimed_at=None, attempts=F("attempts") + 1, error=""
    )
    return True


def _is_final(error: Exception) -> bool:
    """Whether the server said never (5xx) to this letter, not later (4xx), and not to us as sender or as user.

    A ValueError is a subject or an address that no mail can have.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _words in error.recipients.values())
    if isinstance(error, smtplib.SMTPDataError):
        return error.smtp_code >= 500
    return isinstance(error, ValueError)


def _later(letter: Letter, now: dt.datetime, error: Exception) -> None:
    if letter.attempts + 1 >= GIVE_UP_AFTER:
        _fail(letter, now, error)
        return
    pause = PAUSES[min(letter.attempts, len(PAUSES) - 1)]
    Letter.objects.filter(pk=letter.pk, sent_at=None).update(
        send_after=now + pause, claimed_at=None, attempts=F("attempts") + 1, error=_words(error)
    )


def _fail(letter: Letter, now: dt.datetime, error: Exception) -> None:
    Letter.objects.filter(pk=letter.pk, sent_at=None).update(
        failed_at=now, claimed_at=None, attempts=F("attempts") + 1, error=_words(error)
    )


def _release(letters: Sequence[Letter]) -> None:
    """Back to the outbox, untried. One that `_later` has just moved stays moved."""
    Letter.objects.filter(Q(sent_at=None), pk__in=[letter.pk for letter in letters]).update(claimed_at=None)


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        replies = (f"{code} {words.decode(errors='replace')}" for code, words in error.recipients.values())
        return "; ".join(replies)
    if isinstance(error, smtplib.SMTPResponseException):
        words = error.smtp_error
        return f"{error.smtp_code} {words.decode(errors='replace') if isinstance(words, bytes) else words}"
    return f"{type(error).__name__}: {error}"


def as_message(letter: Letter) -> EmailMessage:
    """The letter as mail: text, with HTML beside it where there is any."""
    message = EmailMultiAlternatives(
        letter.subject,
        letter.text,
        to=[letter.address],
        headers={
            "Message-ID": f"<{letter.uuid}@{urlsplit(settings.BASE_URL).hostname}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    if letter.html:
        message.attach_alternative(letter.html, "text/html")
    return message


class EmlFileBackend(BaseEmailBackend):
    """Writes each letter to a file in settings.MAIL_DIR, named by its Message-ID, so the same letter is one file."""

    def open(self) -> bool:
        Path(settings.MAIL_DIR).mkdir(parents=True, exist_ok=True)
        return True

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        self.open()
        for message in email_messages:
            mail = message.message()
            name = str(mail["Message-ID"]).strip("<>").split("@")[0]
            unfinished = Path(settings.MAIL_DIR) / f".{name}.{os.getpid()}"
            unfinished.write_bytes(bytes(mail))
            unfinished.replace(Path(settings.MAIL_DIR) / f"{name}.eml")
        return len(email_messages)
