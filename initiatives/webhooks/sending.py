"""The sender: claims what is due for each webhook, posts it from a few threads, and notes how it went.

Only this thread talks to the database, and no transaction is open while a receiver is waited for. Each webhook has its
own queue and at most a few connections, so one that is slow or dead holds up nobody else; one that has been failing is
tried with a single message until it answers.
"""

import concurrent.futures
import datetime as dt
import logging
import random
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from initiatives.webhooks import outbox
from initiatives.webhooks.addresses import Network, Unfit
from initiatives.webhooks.ending import end_what_fails
from initiatives.webhooks.messages import Event, headers
from initiatives.webhooks.outbox import Claimed, Note, Waiting
from initiatives.webhooks.posting import TOO_SLOW, Answer, Line
from initiatives.webhooks.retrying import next_try, rest_asked_for, rest_of_the_failing
from initiatives.webhooks.signing import Unreadable, decrypted

logger = logging.getLogger(__name__)
AT_MOST: Final = 40.0  # seconds for a call, and then what is under way: the clock rings every minute
THREADS: Final = 64
EACH: Final = 4  # messages under way to one webhook
FAILING_EACH: Final = 1
FOR_THE_FAILING: Final = THREADS // 2  # threads, whatever the number of dead receivers
BATCH: Final = 100  # claimed for a webhook at a time
SILENT_AFTER: Final = 3  # failures in a row that are not about the message: the rest waits for the next call
NOTE_AFTER: Final = 0.05  # seconds that an answer may wait to be noted together with others
GRACE: Final = 1.0  # seconds, for a look-up of a name that has no end of its own
GONE: Final = 410
SECRET_IS_LOST: Final = "The secret can no longer be read. Ask for a new one at /webhooks/{id}/secrets."


def send_waiting(
    *, now: dt.datetime, network: Network | None = None, seconds: float = AT_MOST, batch: int = BATCH
) -> int:
    """Sends what is due until nothing waits or `seconds` have passed. How many arrived.

    Several workers may be at it at once. A call ends at the latest a message's time and GRACE after its own is out.
    """
    receivers = [Receiver(row, network or Network.of_settings()) for row in outbox.waiting(now)]
    if not receivers:
        return 0
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="webhook")
    try:
        return Tour(receivers, pool, now, time.monotonic() + seconds, batch).go()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for receiver in receivers:
            receiver.close()


class Receiver:
    """One webhook during one call: what is claimed for it, what is under way, and how it has been answering."""

    def __init__(self, row: Waiting, network: Network) -> None:
        self.id = row.id
        self.failing_since_at = row.failing_since_at
        self.queue: deque[Claimed] = deque()
        self.under_way = 0
        self.silences = 0  # in a row
        self.has_more = True  # to be claimed, as far as is known
        self.is_left_alone = False  # until the next call
        self.network = network
        self._idle: list[Line] = []  # kept open; taken and put back by one thread at a time
        self._fault = ""
        self._secrets: list[str] = []
        try:
            self._target = network.read(row.url)
            self._secrets = [decrypted(kept) for kept in (row.secret, row.former_secret) if kept]
        except Unfit as unfit:
            self._fault = f"The URL {unfit}."
        except Unreadable:
            self._fault = SECRET_IS_LOST

    @property
    def is_failing(self) -> bool:
        return self.failing_since_at is not None

    @property
    def at_most(self) -> int:
        return FAILING_EACH if self.is_failing or self._fault else EACH

    @property
    def can_start(self) -> bool:
        """Each failure in a row takes one from what may be under way, so that no more go out to one that is dying."""
        return bool(self.queue) and not self.is_left_alone and self.under_way < max(1, self.at_most - self.silences)

    def room(self, batch: int) -> int:
        """How many more may be claimed."""
        if self.is_left_alone or not self.has_more:
            return 0
        wanted = self.at_most if self.at_most == FAILING_EACH else batch
        return max(0, wanted - len(self.queue) - self.under_way) if len(self.queue) <= wanted // 2 else 0

    def post(self, delivery: Claimed, now: dt.datetime) -> Answer:
        """In a thread of its own: it touches nothing but its connection."""
        if self._fault:
            return Answer(None, self._fault)
        body = Event(delivery.event, delivery.kind, delivery.subject, delivery.at).body()
        line = self._idle.pop() if self._idle else Line(self._target, self.network)
        answer = line.post(headers(delivery.message, body, self._secrets, now, trace=delivery.trace), body)
        self._idle.append(line)
        return answer

    def hear(self, answer: Answer) -> None:
        """A failure that is about the receiver, not about the message, is a silence."""
        if arrived(answer):
            self.silences, self.failing_since_at = 0, None
        elif answer.status is None or answer.status >= 500 or answer.status in (429, GONE):
            self.silences += 1
            if self.is_failing or self.silences >= SILENT_AFTER or answer.status == GONE:
                self.is_left_alone = True

    def close(self) -> None:
        for line in self._idle:
            line.close()


def arrived(answer: Answer) -> bool:
    return answer.status is not None and 200 <= answer.status < 300


@dataclass(frozen=True)
class Flight:
    receiver: Receiver
    delivery: Claimed
    ends_at: float  # when nobody waits for it any more


class Tour:
    """One worker's way through the outbox."""

    def __init__(
        self, receivers: list[Receiver], pool: ThreadPoolExecutor, now: dt.datetime, until: float, batch: int
    ) -> None:
        self.receivers = {receiver.id: receiver for receiver in receivers}
        self.pool, self.now, self.until, self.batch = pool, now, until, batch
        self.flights: dict[Future[Answer], Flight] = {}
        self.notes: list[Note] = []
        self.heard: dict[int, bool] = {}  # of the webhooks in `notes`: whether something arrived
        self.gone: set[int] = set()
        self.noted_at = time.monotonic()
        self.sent = 0
        self.chance = random.Random()

    def go(self) -> int:
        try:
            while True:
                self._claim()
                self._start()
                if not self.flights:
                    break
                self._land()
        finally:
            self._note()
            self._release([delivery for receiver in self.receivers.values() for delivery in receiver.queue])
        return self.sent

    @property
    def goes_on(self) -> bool:
        return time.monotonic() < self.until

    def _claim(self) -> None:
        rooms = {each.id: room for each in self.receivers.values() if (room := each.room(self.batch))}
        if not rooms or not self.goes_on:
            return
        self._note()  # what has arrived makes room for what comes after it in its line
        claimed = outbox.claim(self.now, rooms)
        for delivery in claimed:
            self.receivers[delivery.webhook].queue.append(delivery)
        for key, room in rooms.items():
            self.receivers[key].has_more = sum(delivery.webhook == key for delivery in claimed) == room

    def _start(self) -> None:
        """One for each webhook in turn, so that none has to wait for another's whole queue.

        Whose turn it was goes to the end of the line: slow ones that take all threads get one, and then the others.
        """
        started = True
        while started and self.goes_on:
            started = False
            for receiver in list(self.receivers.values()):
                if receiver.can_start and self._has_thread_for(receiver):
                    self.receivers[receiver.id] = self.receivers.pop(receiver.id)
                    self._send(receiver, receiver.queue.popleft())
                    started = True

    def _has_thread_for(self, receiver: Receiver) -> bool:
        if receiver.is_failing:
            return sum(flight.receiver.is_failing for flight in self.flights.values()) < FOR_THE_FAILING
        return len(self.flights) < THREADS

    def _send(self, receiver: Receiver, delivery: Claimed) -> None:
        receiver.under_way += 1
        flight = Flight(receiver, delivery, time.monotonic() + receiver.network.total_seconds + GRACE)
        self.flights[self.pool.submit(receiver.post, delivery, self.now)] = flight

    def _land(self) -> None:
        """Waits for answers; notes them when many have come, when one has waited, or when nothing else is under way."""
        done, _ = concurrent.futures.wait(
            self.flights, timeout=NOTE_AFTER if self.notes else GRACE, return_when=concurrent.futures.FIRST_COMPLETED
        )
        for future in done:
            flight = self.flights.pop(future)
            flight.receiver.under_way -= 1
            self._hear(flight, _answer(future, flight))
        for future, flight in list(self.flights.items()):
            if time.monotonic() > flight.ends_at:
                del self.flights[future]
                self._hear(flight, Answer(None, TOO_SLOW))
                flight.receiver.is_left_alone = True  # its thread may still be held
        if not self.flights or len(self.notes) >= self.batch or time.monotonic() - self.noted_at > NOTE_AFTER:
            self._note()

    def _hear(self, flight: Flight, answer: Answer) -> None:
        receiver, delivery = flight.receiver, flight.delivery
        receiver.hear(answer)
        it_arrived = arrived(answer)
        self.sent += it_arrived
        self.heard[receiver.id] = self.heard.get(receiver.id, False) or it_arrived
        if answer.status == GONE:
            self.gone.add(receiver.id)
        rest = rest_asked_for(answer.status, answer.retry_after, self.now)
        if rest:
            receiver.is_left_alone = True
            outbox.rest(receiver.id, self.now + rest)
        elif receiver.failing_since_at and receiver.is_left_alone:
            outbox.rest(receiver.id, self.now + rest_of_the_failing(receiver.failing_since_at, self.now))
        again = None
        if not it_arrived:
            again = next_try(delivery.attempts + 1, delivery.tried_at, self.now, rest=rest, chance=self.chance)
        self.notes.append(Note(delivery.id, it_arrived, again, answer.status, answer.error))

    def _note(self) -> None:
        self.noted_at = time.monotonic()
        if not self.notes:
            return
        outbox.note(self.notes, self.now)
        failing = {key for key, something_arrived in self.heard.items() if not something_arrived}
        for key in self.heard.keys() - failing:
            self.receivers[key].has_more = True
        if failing or self.gone:
            end_what_fails(failing, self.gone, self.now)
        self.notes, self.heard, self.gone = [], {}, set()
        self._release(self._left_behind())

    def _left_behind(self) -> list[Claimed]:
        """Claimed for webhooks that are left alone from now on."""
        left: list[Claimed] = []
        for receiver in self.receivers.values():
            if receiver.is_left_alone and receiver.queue:
                left += receiver.queue
                receiver.queue.clear()
        return left

    def _release(self, deliveries: list[Claimed]) -> None:
        if deliveries:
            outbox.release([delivery.id for delivery in deliveries], self.now)


def _answer(future: Future[Answer], flight: Flight) -> Answer:
    """No message stops the others, whatever is wrong with it."""
    try:
        return future.result()
    except Exception as error:
        logger.exception("A message could not be sent: %s", flight.delivery.message)
        return Answer(None, type(error).__name__)
