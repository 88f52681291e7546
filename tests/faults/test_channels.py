"""Letters to chats and SMS gateways, sent by apprise to a real server on this machine."""

import datetime as dt
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

import apprise
import pytest
from pytest_django import Settings

from kommun.channels import _give_time, address, channels
from kommun.letters import send_waiting
from kommun.letters.outbox import TWICE_UNANSWERED
from kommun.models import Employee, Letter
from tests.builders import NOW, TODAY, a_person

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)


class Gateway:
    """Keeps what it was asked; answers `status`."""

    def __init__(self) -> None:
        self.status = 200
        self.is_late = False  # takes it, and answers when nobody listens any more
        self.hangs_up = False  # takes it, and never answers
        self.asked: list[tuple[str, dict[str, Any]]] = []
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                gateway.asked.append((self.path, body))
                if gateway.is_late:
                    time.sleep(0.6)
                if gateway.hangs_up:
                    return
                self.send_response(gateway.status)
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.server.server_port}"

    @property
    def paths(self) -> list[str]:
        return [path for path, _body in self.asked]


@pytest.fixture
def gateway(settings: Settings) -> Iterator[Gateway]:
    gateway = Gateway()
    settings.CHANNELS = {
        "Teams": f"json://{gateway.place}/hemlig-nyckel",
        "SMS": f"json://{gateway.place}/till/{{login}}/{{employee_id}}/{{email}}",
    }
    yield gateway
    gateway.server.shutdown()
    gateway.server.server_close()


def a_letter(channel: str = "Teams", *, to: Employee | None = None, **columns: Any) -> Letter:
    values = {"kind": "channel", "on": TODAY, "subject": "2 saker väntar", "text": "Amina väntar på ditt svar."}
    return Letter.objects.create(
        **{"employee": to or a_person(), "address": channel, "send_after": NOW} | values | columns
    )


def test_the_names_can_be_chosen_from(gateway: Gateway) -> None:
    assert channels() == ["Teams", "SMS"]


def test_a_letter_to_a_channel_is_posted_there_once(gateway: Gateway) -> None:
    letter = a_letter()
    assert [send_waiting(now=NOW), send_waiting(now=NOW + 60 * MINUTE)] == [1, 0]
    ((path, body),) = gateway.asked
    assert (path, body["title"], body["message"]) == ("/hemlig-nyckel", letter.subject, letter.text)
    letter.refresh_from_db()
    assert (letter.sent_at, letter.attempts, letter.claimed_at, letter.error) == (NOW, 1, None, "")


def test_the_persons_own_place_is_filled_in_percent_encoded(gateway: Gateway) -> None:
    person = a_person(login="åsa/é&b?x", employee_id="17#4 5", email="asa+x@asmala.example")
    assert address("SMS", person) == (
        f"json://{gateway.place}/till/%C3%A5sa%2F%C3%A9%26b%3Fx/17%234%205/asa%2Bx%40asmala.example"
    )
    a_letter("SMS", to=person)
    assert send_waiting(now=NOW) == 1
    assert [unquote(part) for part in gateway.paths[0].split("/")] == ["", "till", person.login, "17#4 5", person.email]


def test_a_channel_that_fails_is_tried_after_growing_pauses(gateway: Gateway) -> None:
    letter = a_letter()
    gateway.status = 500
    now, pauses = NOW, []
    for _attempt in range(3):
        assert send_waiting(now=now) == 0
        letter.refresh_from_db()
        pauses.append(int((letter.send_after - now) / MINUTE))
        now = letter.send_after
    assert (pauses, letter.error, letter.in_flight_at) == ([1, 5, 15], "The channel did not take it. 500", None)
    gateway.status = 200
    assert send_waiting(now=now) == 1


def test_a_dead_channel_costs_three_attempts_a_call_and_no_other_anything(gateway: Gateway, settings: Settings) -> None:
    settings.CHANNELS |= {"Aldrig": "json://127.0.0.1:9/x"}
    for _each in range(5):
        a_letter("Aldrig")
    a_letter("Teams")
    assert (send_waiting(now=NOW), gateway.paths) == (1, ["/hemlig-nyckel"])
    assert sorted(Letter.objects.filter(sent_at=None).values_list("attempts", flat=True)) == [0, 0, 1, 1, 1]
    assert Letter.objects.filter(claimed_at__isnull=False).count() == 0


@pytest.mark.parametrize(
    ("channel", "person", "reason"),
    [
        ("Slack", {}, "There is no such channel any more."),
        ("SMS", {"email": ""}, "The channel needs something that the recipient lacks, such as an e-mail address."),
        ("Fel", {}, "The channel's address is wrong. It stands in CHANNELS."),
    ],
)
def test_what_can_never_be_sent_is_given_up_with_a_sentence(
    gateway: Gateway, settings: Settings, channel: str, person: dict[str, Any], reason: str
) -> None:
    settings.CHANNELS |= {"Fel": "ingenting://x"}
    letter = a_letter(channel, to=a_person(**person))
    assert send_waiting(now=NOW) == 0
    letter.refresh_from_db()
    assert (letter.failed_at, letter.error, gateway.asked) == (NOW, reason, [])


@pytest.mark.parametrize(("status", "ends"), [(200, ""), (500, "The channel did not take it. 500")])
def test_the_secret_is_not_logged_however_much_is_logged(gateway: Gateway, status: int, ends: str) -> None:
    gateway.status = status
    given = {"CHANNEL": f"json://{gateway.place}/hemlig-nyckel", "LOG_LEVEL": "DEBUG"}
    done = subprocess.run(
        [sys.executable, "-c", SEND], env=os.environ | given, capture_output=True, text=True, check=False
    )
    assert (gateway.paths, done.stdout.strip()) == (["/hemlig-nyckel"], ends)
    assert "hemlig" not in done.stdout + done.stderr


SEND = """
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()
from kommun.channels import ChannelFailed, send
try:
    send(os.environ["CHANNEL"], "Hej", "Hej")
except ChannelFailed as failed:
    print(failed)
"""


def test_a_chat_message_that_was_in_flight_when_its_worker_died_goes_once_more(gateway: Gateway) -> None:
    letter = a_letter(claimed_at=NOW, in_flight_at=NOW)
    assert send_waiting(now=NOW + 11 * MINUTE) == 1
    letter.refresh_from_db()
    assert (letter.was_repeated, letter.in_flight_at) == (True, None)


@pytest.mark.parametrize("fault", ["is_late", "hangs_up"])
def test_a_channel_that_took_it_and_never_answered_is_asked_once_more_at_most(
    gateway: Gateway, settings: Settings, fault: str
) -> None:
    settings.CHANNELS = {"Teams": f"json://{gateway.place}/x?rto=0.2"}
    letter = a_letter(text="Socket Exception: Read timed out")
    setattr(gateway, fault, True)
    assert send_waiting(now=NOW) == 0
    letter.refresh_from_db()
    assert (letter.error, letter.in_flight_at) == ("The channel took the letter and never answered.", NOW)
    assert [send_waiting(now=NOW + minutes * MINUTE) for minutes in (1, 20, 60)] == [0, 0, 0]
    letter.refresh_from_db()
    assert (letter.error, letter.failed_at) == (TWICE_UNANSWERED, NOW + MINUTE)
    assert len(gateway.asked) == 2


def test_a_channel_has_twenty_seconds_unless_its_address_says_otherwise() -> None:
    service = apprise.Apprise()
    service.add(["json://a.example/x", "json://a.example/x?rto=3&cto=2"])
    _give_time(service)
    assert [(each.socket_connect_timeout, each.socket_read_timeout) for each in service] == [(20, 20), (2, 3)]
