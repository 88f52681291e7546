"""Kolada over real HTTP on its worst days: the good values stay, nothing hangs, and the next pull makes it whole."""

import datetime as dt
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

import psycopg
import pytest
from django.db import connection, connections, transaction

from initiatives.actions.measuring import Entry, record_values
from initiatives.actions.pulling import Pulled, pull
from initiatives.kolada import Client
from initiatives.models import Correction, Event, Initiative, Measurement, Outcome
from initiatives.workflow import State
from tests.builders import NOW, TODAY, a_person, a_unit, an_indicator, an_initiative, an_outcome
from tests.faults.parts import PATIENCE, database_url, until
from tests.kolada_stand_in import (
    FastTime,
    StandIn,
    Trouble,
    a_stand_in,
    cut,
    drown,
    hang_up,
    recorded,
    refuse,
    row,
    say,
    stall,
)

pytestmark = pytest.mark.django_db(transaction=True)
ARBOGA = "1984"
KEY_FIGURES = [f"U{number:05}" for number in range(30)]  # two questions: 25 and 5
SOMEBODY_WAITS = """
    SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database())
"""
ELSEWHERE = "http://169.254.169.254/latest/meta-data"


@pytest.fixture
def kolada() -> Iterator[StandIn]:
    with a_stand_in(recorded("arboga.json")) as stand_in:
        yield stand_in


def feed(*kpis: str) -> None:
    unit, owner = a_unit(), a_person()
    for kpi in kpis:
        initiative = an_initiative(owner, unit, State.UNDERWAY, target=None)
        an_outcome(initiative, indicator=an_indicator(kolada_id=kpi))


def pulled(kolada: StandIn) -> list[Pulled]:
    fast = FastTime()
    with Client(kolada.url, clock=fast.clock, sleep=fast.sleep, timeouts=(1.0, 0.2)) as client:
        return pull(client=client, municipality=ARBOGA, now=NOW)


@pytest.mark.parametrize(
    "troubles",
    [
        [refuse(429, Retry_After="3")],
        [refuse(500), refuse(502), refuse(503, Retry_After="2")],
        [cut],
        [hang_up, cut, hang_up],
        [stall(0.4)],
    ],
)
def test_what_passes_is_waited_for(kolada: StandIn, troubles: list[Trouble]) -> None:
    feed("N03702")
    kolada.troubles = list(troubles)
    [done] = pulled(kolada)
    assert (done.fault, done.counts, len(kolada.asked)) == ("", {"created": 12}, len(troubles) + 1)


@pytest.mark.parametrize(
    ("trouble", "sentence", "tries"),
    [
        (refuse(429), "Kolada answered 429.", 4),
        (refuse(500), "Kolada answered 500.", 4),
        (cut, "Kolada did not answer (ChunkedEncodingError).", 4),
        (hang_up, "Kolada did not answer (ConnectionError).", 4),
        (stall(0.4), "Kolada did not answer (ReadTimeout).", 4),
        (refuse(302, Location=ELSEWHERE), "Kolada answered 302.", 1),
        (drown(40), "Kolada's answer is too large.", 1),
        (say({"detail": "Under maintenance"}), "Kolada's answer is not in the shape that was expected.", 1),
        (
            say({"values": [row("N03702", ARBOGA, 2020, 1)], "count": 1, "next_url": ELSEWHERE}),
            "Kolada's answer continues on another host; it was not followed.",
            1,
        ),
    ],
)
def test_what_does_not_pass_is_said_and_nothing_is_stored(
    kolada: StandIn, trouble: Trouble, sentence: str, tries: int
) -> None:
    feed("N03702")
    kolada.troubles = [trouble] * tries
    [done] = pulled(kolada)
    assert (done.fault, len(kolada.asked), Measurement.objects.count()) == (sentence, tries, 0)
    [done] = pulled(kolada)
    assert (done.fault, done.counts) == ("", {"created": 12})


@pytest.mark.parametrize(
    "next_url",
    [
        "https://api.kolada.se.example.org/v3/data",
        "//example.org/v3/data",
        "http://{host}@example.org/v3/data",
        "http://user@{host}/v3/data",
        "http://{host}:80/v3/data",
        "file:///etc/passwd",
        "http://[",
    ],
)
def test_an_answer_leads_nowhere_else(kolada: StandIn, next_url: str) -> None:
    feed("N03702")
    address = next_url.format(host=kolada.url.removeprefix("http://"))
    kolada.troubles = [say({"values": [], "count": 0, "next_url": address})]
    [done] = pulled(kolada)
    assert (done.fault.startswith("Kolada's answer continues "), len(kolada.asked)) == (True, 1)


def test_a_next_page_under_another_scheme_is_asked_for_by_our_own(kolada: StandIn) -> None:
    feed("N03702")
    address = kolada.url.replace("http://", "https://") + "/v3/data/kpi/N03702/municipality/1984/year/2012,2013?page=1"
    kolada.troubles = [say({"values": [], "count": 0, "next_url": address})]
    [done] = pulled(kolada)
    assert (done.fault, done.counts, len(kolada.asked)) == ("", {"created": 2}, 2)


def test_nobody_listens() -> None:
    feed("N03702")
    with a_stand_in([]) as kolada:
        pass
    [done] = pulled(kolada)
    assert done.fault == "Kolada did not answer (ConnectionError)."


def test_what_came_before_a_fault_is_kept_and_the_next_pull_gets_the_rest(kolada: StandIn) -> None:
    feed(*KEY_FIGURES)
    kolada.rows = [row(kpi, ARBOGA, 2025, 1) for kpi in KEY_FIGURES]

    def fall_ill() -> None:
        if len(kolada.asked) == 2:
            kolada.troubles = [refuse(500)] * 4

    kolada.when_asked = fall_ill
    assert [bool(each.fault) for each in pulled(kolada)] == [False] * 25 + [True] * 5
    assert Measurement.objects.count() == 25
    done = pulled(kolada)
    assert [dict(each.counts) for each in done] == [{"unchanged": 1}] * 25 + [{"created": 1}] * 5
    assert (Measurement.objects.count(), Event.objects.count()) == (30, 30)


def test_a_pull_that_is_killed_halfway_leaves_what_it_has_stored(kolada: StandIn) -> None:
    feed(*KEY_FIGURES)
    kolada.rows = [row(kpi, ARBOGA, 2025, 1) for kpi in KEY_FIGURES]

    class Killed(BaseException):
        pass

    class Doomed(FastTime):
        def sleep(self, seconds: float) -> None:
            raise Killed

    doomed = Doomed()
    with Client(kolada.url, clock=doomed.clock, sleep=doomed.sleep) as client, pytest.raises(Killed):
        pull(client=client, municipality=ARBOGA, now=NOW)
    assert Measurement.objects.count() == 25
    assert sum(each.counts["created"] for each in pulled(kolada)) == 5


def test_no_transaction_is_open_while_kolada_is_asked(kolada: StandIn) -> None:
    feed(*KEY_FIGURES)
    kolada.rows = [row(kpi, ARBOGA, 2025, 1) for kpi in KEY_FIGURES]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    states: list[str] = []

    def look() -> None:
        with psycopg.connect(database_url()) as other:
            found = other.execute("SELECT state FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone()
            states.append(found[0] if found else "gone")

    kolada.when_asked = look
    pulled(kolada)
    assert states == ["idle", "idle"]


def test_two_workers_at_once_store_everything_once(kolada: StandIn) -> None:
    kpis = [f"U{number:05}" for number in range(10)]
    feed(*kpis)
    kolada.rows = [row(kpi, ARBOGA, year, year) for kpi in kpis for year in range(2001, 2026)]
    both = threading.Barrier(2)
    kolada.when_asked = lambda: both.wait(PATIENCE)
    workers = [threading.Thread(target=_pull_and_close, args=(kolada,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert (Measurement.objects.count(), Event.objects.count(), Correction.objects.count()) == (250, 10, 0)


def test_a_value_that_a_person_is_entering_stands(kolada: StandIn) -> None:
    feed("N03702")
    outcome = Outcome.objects.get()
    entry = Entry(dt.date(2012, 12, 31), Decimal(1), period_start=dt.date(2012, 1, 1))
    with a_pull_that_waits_for(outcome.initiative, kolada):
        record_values(outcome, [entry], source=Measurement.Source.PERSON, now=NOW)
    assert (outcome.measurements.get(observed_on=entry.observed_on).value, outcome.measurements.count()) == (1, 12)


def test_what_is_being_concluded_without_effect_takes_no_more(kolada: StandIn) -> None:
    feed("N03702")
    initiative = Initiative.objects.get()
    with a_pull_that_waits_for(initiative, kolada):
        ended = {"state": State.CONCLUDED, "ending": "no_effect", "concluded_at": NOW, "lesson": "Nej."}
        Initiative.objects.update(change_on=TODAY, **ended)
    assert Measurement.objects.count() == 0


@contextmanager
def a_pull_that_waits_for(initiative: Initiative, kolada: StandIn) -> Iterator[None]:
    """The body is done in a transaction that the pull has to wait for; it has stored what it has when this ends."""
    worker = threading.Thread(target=_pull_and_close, args=(kolada,))
    try:
        with transaction.atomic(), psycopg.connect(database_url(), autocommit=True) as watcher:
            Initiative.objects.select_for_update().get(pk=initiative.pk)
            yield
            worker.start()
            until(lambda: watcher.execute(SOMEBODY_WAITS).fetchone() == (True,))
    finally:
        worker.join()


def _pull_and_close(kolada: StandIn) -> None:
    try:
        pulled(kolada)
    finally:
        connections.close_all()
