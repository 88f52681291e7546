"""Letters arrive once, whatever is killed or emptied: real worker, beat, Redis, PostgreSQL and mail server."""

import datetime as dt
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db.models import F
from django.utils import timezone

from initiatives import clock
from kommun.models import Letter
from kommun.workdays import Workdays
from tests.builders import a_person, a_unit, an_initiative, an_outcome, moment
from tests.faults.parts import Parts, Sink, a_sink, until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sink() -> Iterator[Sink]:
    with a_sink() as sink:
        yield sink


@pytest.fixture
def parts(sink: Sink, transactional_db: None) -> Iterator[Parts]:
    with tempfile.TemporaryDirectory() as folder:  # short, as a socket's path must be
        parts = Parts(Path(folder), sink)
        try:
            yield parts
        finally:
            parts.kill_all()
            print(parts.log())  # shown when the test fails


def who_lack_a_value(count: int) -> set[str]:
    """Owners of initiatives whose value is due since long; their addresses."""
    unit = a_unit()
    people = [a_person(unit=unit) for _ in range(count)]
    for person in people:
        an_outcome(an_initiative(person, unit, "measuring", target=None), next_due_on=dt.date(2026, 1, 1))
    return {person.email for person in people}


def the_day_comes(count: int) -> None:
    """On a working day the running clock makes the letters. On a day off it makes none: then the last working day's."""
    today = timezone.localdate()
    day = today
    workdays = Workdays.load(today - dt.timedelta(days=20), today)
    while not workdays.is_working_day(day):
        day -= dt.timedelta(days=1)
    if day != today:
        until(lambda: clock.turn(moment(day, 12)).is_mine)  # the running clock may be in the middle of a turn
    until(lambda: Letter.objects.count() == count)
    # Those of the morning would wait for the hours of a working day, and tests are run at any time.
    Letter.objects.update(kind=Letter.Kind.DIRECT)


def has_arrived(sink: Sink, addresses: set[str]) -> None:
    until(lambda: set(sink.times()) == addresses)
    until(lambda: not Letter.objects.filter(sent_at=None, failed_at=None).exists())


def time_passes() -> None:
    """As if it were an hour later: what was claimed by a worker that died, or put off, may be tried again."""
    hour = dt.timedelta(hours=1)
    waiting = Letter.objects.filter(sent_at=None, failed_at=None)
    waiting.update(claimed_at=F("claimed_at") - hour, send_after=F("send_after") - hour)


def test_letters_arrive_once_from_two_workers_while_redis_is_emptied_and_restarted(sink: Sink, parts: Parts) -> None:
    addresses = who_lack_a_value(8)
    queue = parts.start_redis()
    for _ in range(2):
        parts.start_worker()
    parts.start_beat()
    the_day_comes(8)
    has_arrived(sink, addresses)

    parts.empty_redis()
    addresses |= who_lack_a_value(8)
    the_day_comes(16)
    parts.empty_redis()
    has_arrived(sink, addresses)

    parts.kill(queue)
    addresses |= who_lack_a_value(8)
    parts.start_redis()
    the_day_comes(24)
    until(lambda: not parts.restart_the_dead() and set(sink.times()) == addresses)
    has_arrived(sink, addresses)
    assert set(sink.times().values()) == {1}


def test_a_worker_killed_in_mid_send_loses_no_letter_and_repeats_only_the_one_in_flight(
    sink: Sink, parts: Parts
) -> None:
    addresses = who_lack_a_value(12)
    sink.seconds_each = 0.1
    parts.start_redis()
    parts.start_beat()
    worker = parts.start_worker()
    the_day_comes(12)
    until(lambda: len(sink.letters) == 5)
    parts.kill(worker)
    unsure = set(Letter.objects.filter(sent_at=None, address__in=sink.times()).values_list("address", flat=True))
    assert len(unsure) <= 1

    sink.seconds_each = 0
    time_passes()
    parts.start_worker()
    has_arrived(sink, addresses)
    assert {address for address, times in sink.times().items() if times > 1} <= unsure
    assert max(sink.times().values()) <= 2
    assert [len(sink.ids(address)) for address in addresses] == [1] * 12


def test_one_address_that_is_refused_stops_no_other_letter(sink: Sink, parts: Parts) -> None:
    addresses = who_lack_a_value(6)
    gone, full = sorted(addresses)[:2]
    sink.answers = {gone: "550 No such person", full: "451 Try again later"}
    parts.start_redis()
    parts.start_beat()
    parts.start_worker()
    the_day_comes(6)
    until(lambda: set(sink.times()) == addresses - {gone, full})
    until(lambda: Letter.objects.filter(address=gone, failed_at__isnull=False).exists())
    assert "No such person" in Letter.objects.get(address=gone).error

    sink.answers.pop(full)
    time_passes()
    has_arrived(sink, addresses - {gone})
    assert set(sink.times().values()) == {1}
