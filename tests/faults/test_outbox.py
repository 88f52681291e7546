"""Each letter arrives, and twice only if its worker died with it in flight, whatever is killed or restarted."""

import datetime as dt
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from config.local import places
from config.local.postgres import Postgres
from kommun.letters import send_waiting
from kommun.letters.outbox import TWICE_UNANSWERED
from kommun.models import Heartbeat, Letter
from tests.builders import NOW, TODAY, a_person
from tests.faults.parts import Parts, Sink, a_sink, database_url, until

pytestmark = pytest.mark.django_db(transaction=True)
LATER = dt.timedelta(minutes=11)  # then a claim counts as lost


@pytest.fixture
def sink(settings: Settings) -> Iterator[Sink]:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    with a_sink() as sink:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
        yield sink


def letters(count: int) -> dict[str, Letter]:
    """By the address that each goes to."""
    person = a_person()
    said = {"employee": person, "kind": "direct", "on": TODAY, "subject": "Hej", "text": "Hej!", "send_after": NOW}
    begins = Letter.objects.count()
    rows = [Letter(**said, address=f"p{number}@asmala.example") for number in range(begins, begins + count)]
    return {letter.address: letter for letter in Letter.objects.bulk_create(rows)}


def all_have_gone() -> bool:
    return not Letter.objects.filter(sent_at=None, failed_at=None).exists()


def environment(sink: Sink, database: str) -> dict[str, str]:
    given = {"DATABASE_URL": database, "EMAIL_URL": sink.url, "DJANGO_SETTINGS_MODULE": "config.settings"}
    return os.environ | given


def test_ten_workers_send_each_letter_once(sink: Sink) -> None:
    written = letters(200)
    sent: list[int] = []

    def work() -> None:
        sent.append(send_waiting(now=NOW, batch=3))
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(10)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert (len(sent), sum(sent), sink.times()) == (10, 200, Counter(dict.fromkeys(written, 1)))


def test_workers_killed_at_random_lose_nothing_and_repeat_at_most_what_was_in_flight(sink: Sink) -> None:
    written = letters(300)
    sink.seconds_each = 0.002
    command = [sys.executable, "-m", "tests.faults.mortal", "4711", NOW.isoformat()]
    done = subprocess.run(command, env=environment(sink, database_url()), stdout=subprocess.PIPE, check=True)
    killed = int(done.stdout)
    assert killed >= 10
    assert all_have_gone()
    given_up = set(Letter.objects.exclude(failed_at=None).values_list("address", "error"))
    assert {error for _address, error in given_up} <= {TWICE_UNANSWERED}
    assert set(written) - {address for address, _error in given_up} <= set(sink.times())
    twice = {address for address, times in sink.times().items() if times > 1}
    repeated = set(Letter.objects.filter(was_repeated=True).values_list("address", flat=True))
    assert twice <= repeated
    assert len(repeated) + len(given_up) <= killed
    assert max(sink.times().values()) <= 2
    host = "localhost"
    assert {address: sink.ids(address) for address in twice} == {
        address: {f"<{written[address].uuid}@{host}>"} for address in twice
    }


def test_a_letter_that_two_workers_died_with_in_flight_is_given_up_and_told(sink: Sink) -> None:
    ((address, letter),) = letters(1).items()
    for times, now in enumerate((NOW, NOW + LATER), start=1):
        die_with_it_in_flight(sink, now)
        assert sink.times()[address] == times
    assert send_waiting(now=NOW + 2 * LATER) == 0
    letter.refresh_from_db()
    assert (letter.failed_at, letter.error) == (NOW + 2 * LATER, TWICE_UNANSWERED)
    assert (sink.times()[address], len(sink.ids(address))) == (2, 1)


def die_with_it_in_flight(sink: Sink, now: dt.datetime) -> None:
    sink.in_flight.clear()
    sink.seconds_each = 60.0
    with subprocess.Popen([sys.executable, "-c", SENDER, now.isoformat()], env=environment(sink, database_url())) as it:
        assert sink.in_flight.wait(30)
        it.kill()
    sink.seconds_each = 0.0


SENDER = """
import datetime, sys, django
django.setup()
from kommun.letters import send_waiting
print(send_waiting(now=datetime.datetime.fromisoformat(sys.argv[1])))
"""


def test_two_beats_do_no_harm_and_a_dead_one_is_made_good_by_the_next(sink: Sink) -> None:
    with tempfile.TemporaryDirectory() as folder:
        parts = Parts(Path(folder), sink)
        try:
            parts.start_redis()
            parts.start_worker()
            beats = [parts.start_beat(f"beat-{number}") for number in range(2)]
            written = letters(20)
            until(all_have_gone)
            until(lambda: set(Heartbeat.objects.values_list("name", flat=True)) == {"clock", "letters", "retiring"})
            for beat in beats:
                parts.kill(beat)
            parts.empty_redis()
            written |= letters(20)
            parts.start_beat()
            until(all_have_gone)
            assert sink.times() == Counter(dict.fromkeys(written, 1))
        finally:
            parts.kill_all()
            print(parts.log())


def test_a_database_restarted_in_the_middle_costs_no_letter_and_doubles_none(sink: Sink) -> None:
    sink.seconds_each = 0.02
    database = Postgres(f"restart-{os.getpid()}", is_throwaway=True)
    try:
        database.start()
        with subprocess.Popen(
            [sys.executable, "-c", SENDER_OF_ITS_OWN], env=environment(sink, database.url), stdout=subprocess.PIPE
        ) as sender:
            until(lambda: len(sink.letters) >= 20, seconds=60)
            database.stop()
            database.start()
            assert sender.stdout
            assert sender.stdout.read().split()[-1] == b"100"
        assert (len(sink.letters), set(sink.times().values())) == (100, {1})
    finally:
        database.stop()
        remove(database)


SENDER_OF_ITS_OWN = """
import os, django
os.environ["LOG_LEVEL"] = "ERROR"
django.setup()
from django.core.management import call_command
call_command("migrate", "kommun", verbosity=0)
from tests.builders import NOW, TODAY, a_person
from kommun.letters import send_waiting
from kommun.models import Letter
said = {"employee": a_person(), "kind": "direct", "on": TODAY, "subject": "Hej", "text": "Hej!", "send_after": NOW}
Letter.objects.bulk_create(Letter(**said, address=f"p{number}@asmala.example") for number in range(100))
print(send_waiting(now=NOW))
"""


def remove(database: Postgres) -> None:
    for folder in (database.data, database.sockets):
        shutil.rmtree(folder)
    (places.var_dir() / f"postgres-{database.name}.log").unlink()
