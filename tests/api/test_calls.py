"""Every call is traced, counted against its client's limit, and written down."""

import datetime as dt
import gzip
import logging
import re
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from initiatives.api.calls import MOST_REFUSED
from initiatives.models import Change
from kommun import tracing
from kommun.clients.expiring import take_away_expired
from kommun.models import ApiCall, ApiClient, ClientPace
from tests.api.conftest import Check, Machine, make_machine
from tests.builders import a_person, a_unit, an_initiative

pytestmark = pytest.mark.django_db
SENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def pace(**columns: Any) -> None:
    ClientPace.objects.update(**columns)


# --- The limit --------------------------------------------------------------------------------------------------------
def limited(calls: int) -> Machine:
    machine = make_machine()
    ApiClient.objects.update(requests_per_minute=calls)
    return machine


def test_a_client_may_make_as_many_calls_a_minute_as_it_is_allowed(is_problem: Check) -> None:
    machine = limited(3)
    assert [machine.get("/units").status_code for _ in range(3)] == [200] * 3
    refused = machine.get("/units")
    is_problem(refused, 429)
    assert 1 <= int(refused["Retry-After"]) <= 20  # a third of a minute for each call
    assert machine.get("/api-info").status_code == 200  # open to anybody, and nobody's call


def test_calls_come_back_with_time_and_never_above_the_limit() -> None:
    machine = limited(60)
    machine.get("/units")
    pace(allowance=0, counted_at=timezone.now() - dt.timedelta(seconds=5))
    assert machine.get("/units").status_code == 200
    assert 3.9 < ClientPace.objects.get().allowance < 10
    pace(counted_at=timezone.now() - dt.timedelta(days=1))
    machine.get("/units")
    assert ClientPace.objects.get().allowance == 59


def test_being_refused_costs_nothing_more() -> None:
    machine = limited(1)
    machine.get("/units")
    for _ in range(5):
        assert machine.get("/units").status_code == 429
    assert ClientPace.objects.get().allowance > 0
    pace(counted_at=timezone.now() - dt.timedelta(seconds=60))
    assert machine.get("/units").status_code == 200


def test_the_limit_is_each_clients_own() -> None:
    first, second = limited(1), make_machine()
    first.get("/units")
    assert (first.get("/units").status_code, second.get("/units").status_code) == (429, 200)


def test_a_clock_that_was_set_back_gives_no_calls_and_takes_none() -> None:
    machine = limited(10)
    machine.get("/units")
    pace(allowance=5, counted_at=timezone.now() + dt.timedelta(hours=1))
    machine.get("/units")
    assert ClientPace.objects.get().allowance == 4


def test_answers_tell_the_limit_and_what_is_left() -> None:
    machine = limited(60)
    answers = [machine.get("/units") for _ in range(2)]
    assert [each["RateLimit-Policy"] for each in answers] == ['"client";q=60;w=60'] * 2
    left = [re.fullmatch(r'"client";r=(\d+);t=(\d+)', each["RateLimit"]) for each in answers]
    assert [each and each.groups() for each in left] == [("59", "1"), ("58", "2")]


# --- The log ----------------------------------------------------------------------------------------------------------
def logged() -> list[tuple[Any, ...]]:
    return [(row.client, row.method, row.path, row.status) for row in ApiCall.objects.order_by("pk")]


def test_every_call_of_a_client_is_written_down_with_how_it_ended(machine: Machine) -> None:
    client = ApiClient.objects.get()
    machine.get("/units", limit=1)
    machine.get("/units", colour="red")
    machine.get("/nope")
    first = machine.get("/units")
    machine.get("/units", {"If-None-Match": first["ETag"]})
    machine.post("/outcomes/x/measurements", {"measurements": []})
    ApiClient.objects.update(requests_per_minute=1)
    pace(allowance=0, counted_at=timezone.now())
    machine.get("/units")
    assert logged() == [
        (client, "GET", "/api/v1/units?limit=1", 200),
        (client, "GET", "/api/v1/units?colour=red", 400),
        (client, "GET", "/api/v1/units", 200),
        (client, "GET", "/api/v1/units", 304),
        (client, "POST", "/api/v1/outcomes/x/measurements", 404),
        (client, "GET", "/api/v1/units", 429),
    ]


def test_a_token_that_is_refused_is_written_down_and_no_token_is_not(anybody: Machine) -> None:
    anybody.get("/units", {"Authorization": "Bearer stolen"})
    anybody.get("/units")
    anybody.get("/api-info")
    assert logged() == [(None, "GET", "/api/v1/units", 401)]


def test_of_a_call_that_is_refused_no_query_is_kept_since_there_may_be_a_secret_in_it(anybody: Machine) -> None:
    anybody.get("/units", {"Authorization": "Basic c3RvbGVu"}, access_token="stolen")
    anybody.get("/units", {"Authorization": "Bearer stolen"}, client_secret="stolen")
    assert logged() == [(None, "GET", "/api/v1/units", 401)] * 2


def test_a_flood_of_refused_tokens_does_not_fill_the_log(anybody: Machine, machine: Machine) -> None:
    for number in range(MOST_REFUSED + 3):
        anybody.get("/units", {"Authorization": f"Bearer guess-{number}"})
    machine.get("/units")  # whoever is let in is written down all the same
    assert [row[0] is None for row in logged()] == [True] * MOST_REFUSED + [False]
    ApiCall.objects.update(at=timezone.now() - dt.timedelta(seconds=61))
    anybody.get("/units", {"Authorization": "Bearer guess"})
    assert ApiCall.objects.filter(client=None).count() == MOST_REFUSED + 1


def test_a_crash_is_written_down_too(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("initiatives.api.paging.Page.envelope", lambda *given, **named: 1 / 0)
    machine.get("/units")
    assert [status for *_call, status in logged()] == [500]


def test_a_line_tells_the_trace_and_the_address(machine: Machine) -> None:
    machine.get("/units", {"traceparent": SENT})
    row = ApiCall.objects.get()
    assert (row.trace, row.address) == (TRACE, "127.0.0.1")
    assert timezone.now() - row.at < dt.timedelta(minutes=1)


def test_an_address_that_is_endless_is_cut_off(machine: Machine) -> None:
    machine.get("/units", unit="x" * 1000)
    assert len(ApiCall.objects.get().path) == 300


def test_lines_are_kept_for_as_long_as_the_installation_says(machine: Machine) -> None:
    machine.get("/units")
    now = timezone.now()
    take_away_expired(now=now + dt.timedelta(days=settings.API_LOG_DAYS - 1))
    assert ApiCall.objects.count() == 1
    take_away_expired(now=now + dt.timedelta(days=settings.API_LOG_DAYS + 1))
    assert ApiCall.objects.count() == 0


# --- The trace --------------------------------------------------------------------------------------------------------
def parts(response: Any) -> list[str]:
    return str(response["traceparent"]).split("-")


def test_the_trace_that_was_sent_is_answered_with_a_span_of_its_own(machine: Machine) -> None:
    version, trace, span, flags = parts(machine.get("/units", {"traceparent": SENT}))
    assert (version, trace, flags) == ("00", TRACE, "01")
    assert re.fullmatch(r"[0-9a-f]{16}", span)
    assert span != "00f067aa0ba902b7"


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "nonsense",
        f"ff-{TRACE}-00f067aa0ba902b7-01",
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-{TRACE}-{'0' * 16}-01",
    ],
)
def test_what_is_no_trace_is_replaced_by_one_of_ours(anybody: Machine, sent: str) -> None:
    found = parts(anybody.get("/api-info", {"traceparent": sent}))
    assert re.fullmatch(r"[0-9a-f]{32}", found[1])
    assert found[1] != TRACE


def test_the_callers_name_for_the_call_is_answered(anybody: Machine) -> None:
    assert anybody.get("/api-info", {"X-Request-ID": "order-17"})["X-Request-ID"] == "order-17"
    assert anybody.get("/nope", {"X-Request-ID": "a b"})["X-Request-ID"] not in ("", "a b")


def test_lines_of_the_log_carry_the_trace(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def envelope(*given: Any, **named: Any) -> dict[str, Any]:
        logging.getLogger("kommun").warning("Look here")
        return {}

    monkeypatch.setattr("initiatives.api.paging.Page.envelope", envelope)
    caplog.handler.addFilter(tracing.TraceFilter())
    machine.get("/units", {"traceparent": SENT})
    assert [vars(each)["trace"] for each in caplog.records if each.message == "Look here"] == [TRACE]


def test_what_a_call_changes_carries_its_trace_and_what_others_change_does_not(machine: Machine) -> None:
    outcome = an_initiative(a_person(), a_unit(), "measuring").outcomes.get()
    Change.objects.all().delete()
    sent = {"measurements": [{"observedOn": "2026-10-01", "value": 7}]}
    machine.post(f"/outcomes/{outcome.uuid}/measurements", sent, headers={"traceparent": SENT})
    assert set(Change.objects.values_list("trace", flat=True)) == {TRACE}
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('framsteg.trace')")
        assert cursor.fetchone() == ("",)


# --- The way there ----------------------------------------------------------------------------------------------------
def test_long_answers_are_compressed_for_whom_takes_it(machine: Machine) -> None:
    for number in range(30):
        a_unit(f"Enhet {number}")
    plain, small = machine.get("/units"), machine.get("/units", {"Accept-Encoding": "gzip"})
    assert small["Content-Encoding"] == "gzip"
    assert gzip.decompress(small.content) == plain.content
    assert len(small.content) < len(plain.content) / 3


@pytest.mark.parametrize(
    ("headers", "root"),
    [
        ({}, "http://testserver/api/v1"),
        (
            {"Forwarded": 'for=10.0.0.1;host=api.kommunen.se;proto=https, for=x;host="y"'},
            "https://api.kommunen.se/api/v1",
        ),
        ({"X-Forwarded-Host": "api.kommunen.se", "X-Forwarded-Proto": "https"}, "https://api.kommunen.se/api/v1"),
        (
            {"Forwarded": "host=api.kommunen.se", "X-Forwarded-Prefix": "/framsteg/"},
            "http://api.kommunen.se/framsteg/api/v1",
        ),
    ],
)
def test_links_are_those_that_a_trusted_proxy_tells(
    machine: Machine, settings: Any, headers: dict[str, str], root: str
) -> None:
    settings.BEHIND_PROXY, settings.ALLOWED_HOSTS = True, ["testserver", "api.kommunen.se"]
    a_unit()
    body = machine.get("/units", headers).json()
    assert body["_links"]["self"]["href"].partition("/units")[0] == root
    assert body["units"][0]["_links"]["self"]["href"].partition("/units")[0] == root


def test_nobody_else_tells_us_our_address(machine: Machine, settings: Any, is_problem: Check) -> None:
    told = {"Forwarded": "host=evil.example;proto=https", "X-Forwarded-Host": "evil.example"}
    assert "evil" not in machine.get("/units", told).content.decode()
    settings.BEHIND_PROXY = True
    is_problem(machine.get("/units", told), 400)


def test_a_sentence_is_in_the_language_that_is_asked_for(machine: Machine) -> None:
    outcome = an_initiative(a_person(), a_unit(), "measuring").outcomes.get()
    sent = {"measurements": [{"observedOn": "2999-10-01", "value": 7}]}
    reasons = [
        machine.post(f"/outcomes/{outcome.uuid}/measurements", sent, headers=headers).json()["results"][0]["reason"]
        for headers in ({}, {"Accept-Language": "en-GB,sv;q=0.5"}, {"Accept-Language": "fr"})
    ]
    assert reasons[1] == "The date has not come yet."
    assert reasons[0] == reasons[2] != reasons[1]
