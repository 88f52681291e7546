"""The sender: takes batch after batch from the outbox and hands the letters over. No transaction is open meanwhile."""

import datetime as dt
import logging
import smtplib
import time
from collections.abc import Callable
from typing import TypeVar

from kommun.letters import outbox
from kommun.letters.answers import NeverAnswered, Verdict, judge, words
from kommun.letters.carriers import Carrier, Channel, Parcel, by_mail
from kommun.models import Letter

logger = logging.getLogger(__name__)
Result = TypeVar("Result")
AT_MOST = 45.0  # seconds for a call: the clock rings every minute, and its own turn needs a worker too
BATCH = 100  # what a worker that dies keeps from the others until its claims count as lost
SILENT_AFTER = 3  # failures in a row that are not about the letters: the server is left in peace until the next call


def send_waiting(*, now: dt.datetime, batch: int = BATCH, seconds: float = AT_MOST) -> int:
    """Sends letters that are due until none waits or `seconds` have passed: mail first, then chats and SMS.

    Several workers may be at it at once. How many went.
    """
    until = time.monotonic() + seconds
    outbox.end_what_cannot_go(now)
    sent = _send_all(by_mail(), now, batch, until)
    for name in outbox.waiting_channels(now):
        sent += _send_all(Channel(name), now, batch, until, channel=name)
    return sent


def _send_all(carrier: Carrier, now: dt.datetime, batch: int, until: float, *, channel: str = "") -> int:
    tour = Tour(carrier, now, until)
    try:
        while tour.goes_on and (letters := outbox.claim(now, batch, channel=channel)):
            tour.work_off(letters)
    finally:
        carrier.close()
    return tour.sent


class Tour:
    """One worker's way through the outbox with one carrier."""

    def __init__(self, carrier: Carrier, now: dt.datetime, until: float) -> None:
        self.carrier, self.now, self.until = carrier, now, until
        self.sent = 0
        self.silences = 0  # in a row
        self.unnoted: Letter | None = None  # has arrived, which is noted together with the next letter's flight

    @property
    def goes_on(self) -> bool:
        return self.silences < SILENT_AFTER and time.monotonic() < self.until

    def work_off(self, letters: list[Letter]) -> None:
        """All of them, or as far as it goes; the rest goes back."""
        place = 0
        try:
            while place < len(letters) and self.goes_on:
                self._send(letters[place])
                place += 1
        finally:
            if self.unnoted:
                outbox.has_arrived(self.unnoted, self.now)
                self.unnoted = None
            if place < len(letters):
                outbox.release(letters[place:], self.now)

    def _send(self, letter: Letter) -> None:
        if self._connected(letter) and (parcel := self._prepared(letter)) and self._put_in_flight(letter):
            self._hand_over(letter, parcel)

    def _connected(self, letter: Letter) -> bool:
        """Whether the mail server answers. The letter that found it silent waits longer, the others as they were."""
        try:
            self.carrier.open()
        except (OSError, smtplib.SMTPException) as error:
            outbox.wait(letter, self.now, words(error))
            self.silences = SILENT_AFTER
            return False
        return True

    def _prepared(self, letter: Letter) -> Parcel | None:
        return self._tried(letter, lambda: self.carrier.prepare(letter), unforeseen=Verdict.LATER)

    def _put_in_flight(self, letter: Letter) -> bool:
        is_mine = outbox.put_in_flight(letter, self.now, arrived=self.unnoted)
        self.unnoted = None
        return is_mine

    def _hand_over(self, letter: Letter, parcel: Parcel) -> None:
        def handed_over() -> bool:
            parcel.hand_over()
            return True

        if self._tried(letter, handed_over, unforeseen=Verdict.UNKNOWN):
            self.unnoted = letter
            self.sent += 1
            self.silences = 0

    def _tried(self, letter: Letter, what: Callable[[], Result], *, unforeseen: Verdict) -> Result | None:
        """Its result, or nothing and a note on the letter. No letter stops the others, whatever is wrong with it."""
        try:
            return what()
        except (OSError, smtplib.SMTPException, ValueError, NeverAnswered) as error:
            self._note(letter, judge(error), words(error))
        except Exception as error:
            logger.exception("A letter could not be sent: %s", letter.uuid)
            self._note(letter, unforeseen, type(error).__name__)
        return None

    def _note(self, letter: Letter, verdict: Verdict, said: str) -> None:
        if verdict in (Verdict.NEVER, Verdict.LATER):
            self.silences = 0
        else:
            self.silences += 1
            self.carrier.close()  # it may be dead; the next letter opens a new one
        if verdict == Verdict.NEVER:
            outbox.give_up(letter, self.now, said)
        elif verdict == Verdict.UNKNOWN and letter.was_repeated:
            outbox.give_up(letter, self.now, outbox.TWICE_UNANSWERED)
        else:
            outbox.wait(letter, self.now, said, is_unanswered=verdict == Verdict.UNKNOWN)
