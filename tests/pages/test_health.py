"""Whether the service answers and its clock goes, as told to those who watch over it."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries as Counted
from pytest_django import Settings

from kommun.heartbeat import CLOCK, beat
from kommun.models import Heartbeat
from kommun.pages import health

pytestmark = pytest.mark.django_db
NEVER = "has not turned yet"


def minutes_ago(minutes: float) -> dt.datetime:
    return timezone.now() - dt.timedelta(minutes=minutes)


def asked(client: Client) -> dict[str, tuple[int, str]]:
    answers = {path: client.get(path) for path in ("/health", "/health/web")}
    return {path: (answer.status_code, answer.json()["status"]) for path, answer in answers.items()}


def test_health_needs_no_sign_in_and_one_query(client: Client, django_assert_num_queries: Counted) -> None:
    beat(CLOCK, minutes_ago(0))
    with django_assert_num_queries(1):
        response = client.get("/health")
    assert (response.status_code, response.json()) == (200, {"status": "ok", "database": "ok", "clock": 0})
    assert response.headers["Cache-Control"].startswith("max-age=0, no-cache, no-store")


def test_a_clock_that_stands_still_is_an_error_and_no_fault_of_the_web(client: Client) -> None:
    beat(CLOCK, minutes_ago(9.9))
    assert asked(client) == {"/health": (200, "ok"), "/health/web": (200, "ok")}
    Heartbeat.objects.update(at=minutes_ago(10.1))
    assert asked(client) == {"/health": (503, "error"), "/health/web": (200, "ok")}
    assert client.get("/health").json() == {"status": "error", "database": "ok", "clock": 606}


def test_how_long_it_may_be_silent_is_a_setting(client: Client, settings: Settings) -> None:
    beat(CLOCK, minutes_ago(2))
    settings.CLOCK_STOPPED_AFTER = 60.0
    assert asked(client)["/health"] == (503, "error")


@pytest.mark.parametrize(("minutes", "status"), [(9.9, 200), (10.1, 503)])
def test_before_the_first_turn_a_process_has_ten_minutes(
    client: Client, monkeypatch: pytest.MonkeyPatch, minutes: float, status: int
) -> None:
    monkeypatch.setattr(health, "STARTED_AT", minutes_ago(minutes))
    answer = client.get("/health")
    assert (answer.status_code, answer.json()["clock"]) == (status, NEVER)
    assert client.get("/health/web").status_code == 200


def test_a_late_note_of_a_slow_worker_does_not_set_the_clock_back() -> None:
    later, earlier = minutes_ago(1), minutes_ago(3)
    for now in (later, earlier):
        beat(CLOCK, now)
    assert Heartbeat.objects.get().at == later
