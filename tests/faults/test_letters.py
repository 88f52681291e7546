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
from pytest_django import Settings

from kommun.letters import send_waiting
from kommun.models import Employee, Letter
from tests.builders import NOW, TODAY, a_person

MINUTE = dt.timedelta(minutes=1)


class Mailbox:
    """A mail server that answers what it is told for an address, and keeps what it has accepted."""

    def __init__(self) -> None:
        self.accepted: list[Message] = []
        self.refuses: dict[str, str] = {}  # after RCPT
        self.rejects: dict[str, str] = {}  # after DATA
        self.stalls: set[str] = set()  # never answers the DATA of these
        self.connections = 0
        self.stalling = threading.Event()

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, name: str, lines: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = name
        return lines

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        (address,) = envelope.rcpt_tos
        if address in self.stalls:
            self.stalling.set()
            while address in self.stalls:
                await asyncio.sleep(0.05)
            return "451 Too slow"
        if address in self.rejects:
            return self.rejects[address]
        assert isinstance(envelope.content, bytes)
        self.accepted.append(BytesParser(policy=email.policy.default).parsebytes(envelope.content))
        return "250 OK"

    @property
    def addresses(self) -> list[str]:
        return [str(message["To"]) for message in self.accepted]


@pytest.fixture
def mailbox(settings: Settings) -> Iterator[Mailbox]:
    box = Mailbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
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
