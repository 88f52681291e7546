"""The outbox against a real mail server: once each, whatever it answers, and none lost when a worker is killed."""

import asyncio
import datetime as dt
import email.policy
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from email.message import EmailMessage, Message
from email.parser import BytesParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from kommun.letters import carriers, messages, send_waiting
from kommun.letters.outbox import TWICE_UNANSWERED, claim, put_in_flight
from kommun.models import ClosedDay, Employee, Letter, QuietDays
from tests.builders import NOW, TODAY, a_person

MINUTE = dt.timedelta(minutes=1)


class Mailbox:
    """A mail server that answers what it is told for an address, and keeps what it has accepted."""

    def __init__(self) -> None:
        self.accepted: list[Message] = []
        self.recipients: list[str] = []
        self.refuses: dict[str, str] = {}  # after RCPT
        self.rejects: dict[str, str] = {}  # after DATA
        self.stalls: set[str] = set()  # never answers the DATA of these
        self.breaks_after: set[str] = set()  # takes the letter to these, and breaks the connection
        self.says: dict[str, str] = {}  # after a command, to everybody
        self.says_once: dict[str, str] = {}  # after a command, to the first who gives it
        self.has_utf8 = True
        self.connections = 0
        self.stalling = threading.Event()

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, name: str, lines: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = name
        return lines if self.has_utf8 else [line for line in lines if "SMTPUTF8" not in line]

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if answer := self._answer("MAIL"):
            return answer
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if answer := self._answer("RCPT") or self.refuses.get(address, ""):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        (address,) = envelope.rcpt_tos
        if address in self.stalls:
            self.stalling.set()
            while address in self.stalls:
                await asyncio.sleep(0.05)
            return "451 Too slow"
        if answer := self._answer("DATA") or self.rejects.get(address, ""):
            return answer
        assert isinstance(envelope.content, bytes)
        self.accepted.append(BytesParser(policy=email.policy.default).parsebytes(envelope.content))
        self.recipients.append(address)
        if address in self.breaks_after:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return "250 OK"

    def _answer(self, command: str) -> str:
        return self.says_once.pop(command, "") or self.says.get(command, "")

    @property
    def addresses(self) -> list[str]:
        return [str(message["To"]) for message in self.accepted]


@pytest.fixture
def mailbox(settings: Settings) -> Iterator[Mailbox]:
    box = Mailbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port, enable_SMTPUTF8=True)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    yield box
    controller.stop()


def a_letter(address: str = "amina@asmala.example", *, to: Employee | None = None, **columns: Any) -> Letter:
    values = {"kind": "direct", "on": TODAY, "subject": "Åtgärd väntar", "text": "Hej Amina!\n", "send_after": NOW}
    return Letter.objects.create(employee=to or a_person(), address=address, **values | columns)


@pytest.mark.django_db
def test_a_letter_arrives_once_as_text_and_html(mailbox: Mailbox, settings: Settings) -> None:
    settings.BASE_URL = "https://framsteg.asmala.example"
    letter = a_letter(html="<p>Hej Amina!</p>")
    assert [send_waiting(now=NOW), send_waiting(now=NOW + 60 * MINUTE)] == [1, 0]
    (message,) = mailbox.accepted
    assert isinstance(message, EmailMessage)
    assert [message[name] for name in ("To", "Subject", "Message-ID", "Auto-Submitted")] == [
        "amina@asmala.example",
        "Åtgärd väntar",
        f"<{letter.uuid}@framsteg.asmala.example>",
        "auto-generated",
    ]
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    letter.refresh_from_db()
    assert (letter.sent_at, letter.attempts, letter.claimed_at, letter.error) == (NOW, 1, None, "")


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["Hej!", "Hej!\n", ".\n", "..\n.a\n\n.", ""])
def test_a_text_arrives_whole_however_it_ends_and_whatever_dots_it_has(mailbox: Mailbox, text: str) -> None:
    a_letter(text=text)
    a_letter("next@asmala.example")
    assert send_waiting(now=NOW) == 2
    arrived = mailbox.accepted[0].get_payload(decode=True)
    assert isinstance(arrived, bytes)
    assert arrived.decode().replace("\r\n", "\n").rstrip("\n") == text.rstrip("\n")


@pytest.mark.django_db
def test_all_batches_go_over_one_connection(mailbox: Mailbox) -> None:
    for number in range(5):
        a_letter(f"p{number}@asmala.example")
    assert (send_waiting(now=NOW, batch=2), mailbox.connections) == (5, 1)
    assert mailbox.addresses == [f"p{number}@asmala.example" for number in range(5)]


@pytest.mark.django_db
def test_a_letter_waits_for_its_time(mailbox: Mailbox) -> None:
    a_letter(send_after=NOW + MINUTE)
    assert [send_waiting(now=NOW), send_waiting(now=NOW + MINUTE)] == [0, 1]


@pytest.mark.django_db
@pytest.mark.parametrize("when", ["refuses", "rejects"])
def test_never_is_written_down_with_the_servers_words_and_later_is_tried_again(mailbox: Mailbox, when: str) -> None:
    never, later, fine = (a_letter(f"{name}@asmala.example") for name in ("never", "later", "fine"))
    getattr(mailbox, when).update(
        {"never@asmala.example": "550 No such mailbox", "later@asmala.example": "450 Mailbox busy"}
    )
    assert (send_waiting(now=NOW), mailbox.addresses) == (1, ["fine@asmala.example"])
    for letter in (never, later, fine):
        letter.refresh_from_db()
    assert (never.failed_at, never.error, never.attempts) == (NOW, "550 No such mailbox", 1)
    assert (later.failed_at, later.error, later.send_after) == (None, "450 Mailbox busy", NOW + MINUTE)
    getattr(mailbox, when).clear()
    assert send_waiting(now=NOW + MINUTE) == 1
    assert mailbox.addresses == ["fine@asmala.example", "later@asmala.example"]


@pytest.mark.django_db
def test_the_pauses_grow_to_a_day_and_end_in_giving_up(mailbox: Mailbox) -> None:
    letter = a_letter()
    mailbox.refuses["amina@asmala.example"] = "450 Busy"
    now, pauses = NOW, []
    while letter.failed_at is None:
        send_waiting(now=now)
        letter.refresh_from_db()
        pauses.append(int((letter.send_after - now) / MINUTE))
        now = max(now, letter.send_after)
    assert (pauses, letter.attempts) == ([1, 5, 15, 60, 240, 1440, 1440, 1440, 1440, 1440, 1440, 0], 12)


@pytest.mark.django_db
def test_a_silent_server_costs_one_letter_a_minute_and_no_other_anything(settings: Settings) -> None:
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = taken.getsockname()
        letters = [a_letter(f"p{number}@asmala.example") for number in range(3)]
        assert send_waiting(now=NOW) == 0
    for letter in letters:
        letter.refresh_from_db()
    assert [letter.send_after - NOW for letter in letters] == [MINUTE, 0 * MINUTE, 0 * MINUTE]
    assert [letter.claimed_at for letter in letters] == [None] * 3


@pytest.mark.django_db
def test_a_letter_that_no_mail_can_be_made_of_is_given_up_and_stops_nobody(mailbox: Mailbox) -> None:
    broken = a_letter(subject="Två\nrader")
    a_letter("fine@asmala.example")
    assert (send_waiting(now=NOW), mailbox.addresses) == (1, ["fine@asmala.example"])
    broken.refresh_from_db()
    assert broken.failed_at == NOW


@pytest.mark.django_db
def test_somebody_who_has_left_gets_no_letter(mailbox: Mailbox) -> None:
    letter = a_letter(to=a_person(ended_on=TODAY - dt.timedelta(days=1)))
    assert (send_waiting(now=NOW), mailbox.accepted) == (0, [])
    letter.refresh_from_db()
    assert (letter.failed_at, letter.error) == (NOW, "The recipient has left.")


@pytest.mark.django_db
def test_somebody_who_is_protected_gets_no_letter(mailbox: Mailbox) -> None:
    protected = a_person(is_protected=True, given_name="", family_name="", email="", sort_key="")
    letter = a_letter(to=protected)
    assert (send_waiting(now=NOW), mailbox.accepted) == (0, [])
    letter.refresh_from_db()
    assert (letter.failed_at, letter.error) == (NOW, "The recipient gets no letters any more.")


@pytest.mark.django_db
def test_what_another_worker_has_taken_is_left_until_it_must_be_dead(mailbox: Mailbox) -> None:
    a_letter(claimed_at=NOW)
    assert send_waiting(now=NOW + 10 * MINUTE) == 0
    assert send_waiting(now=NOW + 11 * MINUTE) == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_send_the_same_letter(mailbox: Mailbox) -> None:
    for number in range(40):
        a_letter(f"p{number}@asmala.example")

    def work() -> None:
        while send_waiting(now=NOW, batch=4):
            pass
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(mailbox.addresses) == sorted(f"p{number}@asmala.example" for number in range(40))


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_the_server_is_slow(mailbox: Mailbox) -> None:
    a_letter("slow@asmala.example")
    mailbox.stalls.add("slow@asmala.example")

    def work() -> None:
        send_waiting(now=NOW)
        connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    assert mailbox.stalling.wait(10)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT id FROM kommun_letter FOR UPDATE NOWAIT")
        assert len(cursor.fetchall()) == 1
    mailbox.stalls.clear()
    worker.join()
    assert Letter.objects.get().send_after == NOW + MINUTE


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_mid_send_loses_no_letter(mailbox: Mailbox, settings: Settings) -> None:
    for name in ("first", "second", "third"):
        a_letter(f"{name}@asmala.example")
    mailbox.stalls.add("second@asmala.example")
    child = subprocess.Popen([sys.executable, "-c", WORKER], env=environment_of_the_test(settings))
    assert mailbox.stalling.wait(30)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert mailbox.addresses == ["first@asmala.example"]
    mailbox.stalls.clear()
    assert send_waiting(now=NOW + 9 * MINUTE) == 0
    assert send_waiting(now=NOW + 11 * MINUTE) == 2
    assert mailbox.addresses == [f"{name}@asmala.example" for name in ("first", "second", "third")]


WORKER = f"""
import datetime, django
django.setup()
from kommun.letters import send_waiting
send_waiting(now=datetime.datetime.fromisoformat("{NOW.isoformat()}"))
"""


def environment_of_the_test(settings: Settings) -> dict[str, str]:
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": urlunsplit(database),
        "EMAIL_URL": f"smtp://{settings.EMAIL_HOST}:{settings.EMAIL_PORT}",
    }


# --- In flight when its worker died ---------------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_letter_that_was_in_flight_goes_once_more_and_never_a_third_time(mailbox: Mailbox) -> None:
    letter = a_letter(claimed_at=NOW, in_flight_at=NOW)
    mailbox.breaks_after.add(letter.address)
    assert send_waiting(now=NOW + 9 * MINUTE) == 0
    assert send_waiting(now=NOW + 11 * MINUTE) == 0
    letter.refresh_from_db()
    assert (letter.was_repeated, letter.failed_at, letter.error) == (True, NOW + 11 * MINUTE, TWICE_UNANSWERED)
    mailbox.breaks_after.clear()
    assert send_waiting(now=NOW + 60 * 24 * MINUTE) == 0
    assert [message["Message-ID"] for message in mailbox.accepted] == [f"<{letter.uuid}@localhost>"]


@pytest.mark.django_db
def test_a_worker_that_died_twice_with_it_in_flight_ends_it(mailbox: Mailbox) -> None:
    letter = a_letter(claimed_at=NOW, in_flight_at=NOW, was_repeated=True)
    assert send_waiting(now=NOW + 9 * MINUTE) == 0
    letter.refresh_from_db()
    assert letter.failed_at is None
    assert (send_waiting(now=NOW + 11 * MINUTE), mailbox.accepted) == (0, [])
    letter.refresh_from_db()
    assert (letter.failed_at, letter.error) == (NOW + 11 * MINUTE, TWICE_UNANSWERED)


@pytest.mark.django_db
def test_a_worker_that_died_before_it_handed_the_letter_over_costs_it_nothing(mailbox: Mailbox) -> None:
    letter = a_letter(claimed_at=NOW)
    assert send_waiting(now=NOW + 11 * MINUTE) == 1
    letter.refresh_from_db()
    assert (letter.was_repeated, letter.in_flight_at, letter.attempts) == (False, None, 1)


@pytest.mark.django_db
def test_an_answer_that_never_comes_is_as_a_worker_that_died(mailbox: Mailbox) -> None:
    """The server takes the letter, and the connection breaks: it goes once more after a pause, and no third time."""
    letter = a_letter()
    mailbox.breaks_after.add(letter.address)
    assert send_waiting(now=NOW) == 0
    letter.refresh_from_db()
    assert (letter.send_after, letter.in_flight_at, letter.was_repeated) == (NOW + MINUTE, NOW, False)
    mailbox.breaks_after.clear()
    assert send_waiting(now=NOW + MINUTE) == 1
    letter.refresh_from_db()
    assert (letter.sent_at, letter.was_repeated, letter.in_flight_at) == (NOW + MINUTE, True, None)
    assert len({message["Message-ID"] for message in mailbox.accepted}) == 1
    assert len(mailbox.accepted) == 2


@pytest.mark.django_db
def test_a_worker_that_was_taken_for_dead_sends_nothing_more(mailbox: Mailbox) -> None:
    mine, _others = a_letter(), a_letter()
    claimed = claim(NOW, 10)
    claim(NOW + 11 * MINUTE, 1)
    assert [put_in_flight(letter, NOW, arrived=None) for letter in claimed] == [False, True]
    mine.refresh_from_db()
    assert (mine.claimed_at, mine.in_flight_at) == (NOW + 11 * MINUTE, None)


# --- What the server may say ----------------------------------------------------------------------------------------
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("says", "becomes", "others"),
    [
        ({"RCPT": "550 5.1.1 No such mailbox"}, "given up", "sent"),
        ({"RCPT": "554 5.7.1 Relay access denied"}, "later", "sent"),
        ({"RCPT": "550 5.7.1 Client host blocked"}, "later", "sent"),
        ({"RCPT": "450 4.2.1 Busy"}, "later", "sent"),
        ({"RCPT": "421 Closing"}, "later", "sent"),
        ({"RCPT": "530 5.7.0 Authentication required"}, "later", "sent"),
        ({"DATA": "554 5.7.1 This is spam"}, "given up", "sent"),
        ({"DATA": "451 4.3.0 Disk full"}, "later", "sent"),
        ({"MAIL": "550 5.7.1 Not a sender of ours"}, "later", "sent"),
        ({"MAIL": "421 Too many letters"}, "later", "sent"),
    ],
)
def test_what_the_server_says_is_about_the_letter_or_about_us(
    mailbox: Mailbox, says: dict[str, str], becomes: str, others: str
) -> None:
    """The first letter gets the answer; two others are fine, whatever became of the connection."""
    first, *fine = (a_letter(f"p{number}@asmala.example") for number in range(3))
    mailbox.says_once = dict(says)
    assert send_waiting(now=NOW) == 2
    assert mailbox.addresses == [letter.address for letter in fine]
    first.refresh_from_db()
    assert ("given up" if first.failed_at else "later") == becomes
    assert (first.in_flight_at, first.claimed_at, first.attempts) == (None, None, 1)
    assert first.error == next(iter(says.values()))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "says", [{"MAIL": "550 5.7.1 Not a sender of ours"}, {"RCPT": "554 5.7.1 Relay access denied"}]
)
def test_a_server_that_refuses_us_is_left_in_peace_after_three_letters(mailbox: Mailbox, says: dict[str, str]) -> None:
    for number in range(6):
        a_letter(f"p{number}@asmala.example")
    mailbox.says = says
    assert (send_waiting(now=NOW), mailbox.connections) == (0, 3)
    tried = Letter.objects.order_by("pk").values_list("attempts", "claimed_at", "failed_at")
    assert list(tried) == [(1, None, None)] * 3 + [(0, None, None)] * 3


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["åsa@asmala.example", "two@x@y", "", "a b@asmala.example", "a@b>\r\nX: y"])
def test_an_address_that_the_server_cannot_carry_is_given_up(mailbox: Mailbox, address: str) -> None:
    letter = a_letter(address)
    a_letter("fine@asmala.example")
    mailbox.has_utf8 = False
    assert (send_waiting(now=NOW), mailbox.addresses) == (1, ["fine@asmala.example"])
    letter.refresh_from_db()
    assert letter.failed_at == NOW


@pytest.mark.django_db
def test_addresses_with_swedish_letters_arrive_where_the_server_takes_them(mailbox: Mailbox) -> None:
    a_letter("åsa@asmala.example")
    a_letter("nils@åsmåla.example")
    assert send_waiting(now=NOW) == 2
    assert mailbox.recipients == ["åsa@asmala.example", "nils@xn--smla-poac.example"]


@pytest.mark.django_db
def test_a_fault_of_ours_in_one_letter_stops_no_other(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = a_letter("broken@asmala.example")
    a_letter("fine@asmala.example")
    whole = messages.as_bytes

    def fails(letter: Letter) -> bytes:
        if letter.pk == broken.pk:
            raise AttributeError("a fault of ours")
        return whole(letter)

    monkeypatch.setattr(carriers, "as_bytes", fails)
    assert (send_waiting(now=NOW), mailbox.addresses) == (1, ["fine@asmala.example"])
    broken.refresh_from_db()
    assert (broken.error, broken.send_after, broken.in_flight_at) == ("AttributeError", NOW + MINUTE, None)


@pytest.mark.django_db
def test_what_somebody_just_asked_for_goes_before_the_many_of_the_morning(mailbox: Mailbox) -> None:
    for number in range(3):
        a_letter(f"p{number}@asmala.example", kind="collected", send_after=NOW - MINUTE)
    a_letter("now@asmala.example")
    assert send_waiting(now=NOW, batch=1) == 4
    assert mailbox.addresses[0] == "now@asmala.example"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("at", "who"),
    [
        ("2026-11-23T05:59", {"direct"}),
        ("2026-11-23T06:00", {"direct", "collected"}),
        ("2026-11-23T19:59", {"direct", "collected"}),
        ("2026-11-23T20:00", {"direct"}),
        ("2026-11-24T12:00", {"direct"}),  # closed
        ("2026-11-25T12:00", {"direct"}),  # quiet
        ("2026-11-26T12:00", {"direct", "collected"}),
        ("2026-11-28T12:00", {"direct"}),  # Saturday
        ("2026-12-25T12:00", {"direct"}),  # Christmas Day
    ],
)
def test_the_letters_of_a_morning_go_only_in_the_hours_of_a_working_day_however_late(
    mailbox: Mailbox, settings: Settings, at: str, who: set[str]
) -> None:
    settings.CHANNELS = {"Borta": "json://127.0.0.1:9/x"}
    ClosedDay.objects.create(on=dt.date(2026, 11, 24), name="Stängt")
    QuietDays.objects.create(from_on=dt.date(2026, 11, 25), to_on=dt.date(2026, 11, 25), name="Tyst")
    week_ago = NOW - dt.timedelta(days=7)
    for kind in ("direct", "collected"):
        a_letter(f"{kind}@asmala.example", kind=kind, send_after=week_ago)
    channel = a_letter("Borta", kind="channel", send_after=week_ago)
    send_waiting(now=dt.datetime.fromisoformat(at).replace(tzinfo=timezone.get_default_timezone()))
    assert set(mailbox.addresses) == {f"{kind}@asmala.example" for kind in who}
    channel.refresh_from_db()
    assert (channel.attempts > 0) == ("collected" in who)


@pytest.mark.django_db
def test_a_call_ends_in_time_and_leaves_the_rest_untouched(mailbox: Mailbox) -> None:
    for number in range(3):
        a_letter(f"p{number}@asmala.example")
    assert send_waiting(now=NOW, seconds=0) == 0
    assert send_waiting(now=NOW) == 3
    assert set(Letter.objects.values_list("attempts", flat=True)) == {1}


# --- In a demo ------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_in_a_demo_letters_are_files_that_a_page_shows(settings: Settings, tmp_path: Path, client: Client) -> None:
    settings.DEMO, settings.MAIL_DIR = True, tmp_path / "mail"
    settings.EMAIL_BACKEND = "kommun.letters.EmlFileBackend"
    assert "Inga brev än" in client.get("/demo/mail/").content.decode()
    letter = a_letter(text="Hej!\nhttp://localhost:8000/losenord/", html="<p style='x'>Hej!</p>")
    assert send_waiting(now=NOW) == 1
    assert [path.name for path in settings.MAIL_DIR.iterdir()] == [f"{letter.uuid}.eml"]
    Letter.objects.update(sent_at=None)  # as if its worker had died before the note
    send_waiting(now=NOW + MINUTE)
    listed = client.get("/demo/mail/").content.decode()
    assert (listed.count("Åtgärd väntar"), "amina@asmala.example" in listed) == (1, True)
    page = client.get(f"/demo/mail/{letter.uuid}/").content.decode()
    assert '<a href="http://localhost:8000/losenord/"' in page
    assert client.get("/demo/mail/00000000-0000-4000-8000-000000000000/").status_code == 404
