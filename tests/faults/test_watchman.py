"""Operations hear once that the clock stands still and once that it goes again, from whichever process is alive."""

import datetime as dt
import os
import smtplib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from kommun.heartbeat import CLOCK, LETTERS, beat
from kommun.models import Heartbeat
from kommun.watchman import watch
from tests.builders import NOW
from tests.faults.machine import a_free_port
from tests.faults.parts import Parts, Sink, a_sink, database_url, said, until

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE = dt.timedelta(minutes=1)
STOPPED, GOES = "Framstegs klocka har stannat", "Framstegs klocka går igen"


@pytest.fixture
def sink(settings: Settings) -> Iterator[Sink]:
    settings.OPERATIONS_EMAIL = "drift@asmala.example"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    with a_sink() as sink:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
        yield sink


def subjects(sink: Sink) -> list[str]:
    return [said(letter["Subject"]) for letter in sink.letters]


def test_a_stopped_clock_is_told_once_and_so_is_that_it_goes_again(sink: Sink) -> None:
    beat(CLOCK, NOW)
    assert [watch(NOW + minutes * MINUTE) for minutes in (9, 10)] == [[], []]
    assert [watch(NOW + minutes * MINUTE) for minutes in (11, 12, 600)] == [[CLOCK], [], []]
    beat(CLOCK, NOW + 601 * MINUTE)
    assert [watch(NOW + minutes * MINUTE) for minutes in (602, 603)] == [[CLOCK], []]
    assert watch(NOW + 612 * MINUTE) == [CLOCK]
    assert subjects(sink) == [STOPPED, GOES, STOPPED]
    assert {letter["To"] for letter in sink.letters} == {"drift@asmala.example"}
    assert "Det senaste livstecknet kom 2026-11-23 10.00." in said(sink.letters[0].get_payload(decode=True))


def test_letters_that_are_sent_no_more_are_told_by_themselves(sink: Sink) -> None:
    beat(CLOCK, NOW + 20 * MINUTE)
    beat(LETTERS, NOW)
    assert watch(NOW + 21 * MINUTE) == [LETTERS]
    assert subjects(sink) == ["Framsteg skickar inga brev längre"]


def test_a_clock_that_has_never_turned_is_no_news(sink: Sink) -> None:
    assert (watch(NOW), sink.letters) == ([], [])


def test_it_is_told_again_when_the_mail_server_would_not_take_it(sink: Sink) -> None:
    beat(CLOCK, NOW)
    sink.answers["drift@asmala.example"] = "451 Later"
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        watch(NOW + 11 * MINUTE)
    sink.answers.clear()
    assert watch(NOW + 12 * MINUTE) == [CLOCK]
    assert subjects(sink) == [STOPPED]


def test_one_of_many_processes_tells_it_and_a_killed_one_leaves_it_to_another(sink: Sink) -> None:
    beat(CLOCK, timezone.now() - 11 * MINUTE)
    sink.seconds_each = 60.0
    with one_more_process(sink) as stuck:
        assert sink.in_flight.wait(30)
        assert Heartbeat.objects.get().alarmed_at is None
        stuck.kill()
    sink.seconds_each = 0.2
    others = [one_more_process(sink) for _ in range(4)]
    assert [process.wait(60) for process in others] == [0, 0, 0, 0]
    assert subjects(sink) == [STOPPED, STOPPED]  # the killed one's answer never came
    assert Heartbeat.objects.get().alarmed_at is not None


def one_more_process(sink: Sink) -> subprocess.Popen[bytes]:
    environment = os.environ | {"DATABASE_URL": database_url(), "EMAIL_URL": sink.url}
    return subprocess.Popen([sys.executable, "-c", ROUND], env=environment | {"OPERATIONS_EMAIL": "d@x.example"})


ROUND = """
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()
from django.utils import timezone
from kommun.watchman import watch
watch(timezone.now())
"""


def test_web_and_worker_each_keep_watch_when_the_others_are_dead(sink: Sink) -> None:
    """The worker without beat, and then the web alone: each finds the clock standing still."""
    were_there = others_in_the_database()
    with tempfile.TemporaryDirectory() as folder:
        parts = Parts(Path(folder), sink)
        parts.environment |= {"CLOCK_STOPPED_AFTER": "1", "PORT": str(a_free_port()), "WATCH_SECONDS": "0.3"}
        parts.environment["OPERATIONS_EMAIL"] = "drift@asmala.example"
        try:
            beat(CLOCK, timezone.now() - MINUTE)
            parts.start_redis()
            worker = parts.start_worker()
            until(lambda: subjects(sink) == [STOPPED])
            parts.kill(worker)
            Heartbeat.objects.update(alarmed_at=None)
            web = parts.start_web()
            until(lambda: subjects(sink) == [STOPPED] * 2)
            parts.kill(web)
            until(lambda: others_in_the_database() <= were_there)
        finally:
            parts.kill_all()
            print(parts.log())


def others_in_the_database() -> int:
    """How many other programs have a connection: what was killed shall have none before the tables are emptied."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
            "AND backend_type = 'client backend'"
        )
        return int(cursor.fetchone()[0])
