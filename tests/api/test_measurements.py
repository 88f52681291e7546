"""Values sent by machines: each gets its answer, the same again changes nothing, a bad one loses no good one."""

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest

from initiatives.models import Correction, Event, Measurement, Outcome
from initiatives.outcomes import withholding
from kommun.models import ApiClient
from tests.api.conftest import Check, Machine
from tests.builders import TODAY, a_person, a_unit, an_initiative

pytestmark = pytest.mark.django_db


@pytest.fixture
def outcome() -> Outcome:
    return an_initiative(a_person(), a_unit(), "measuring").outcomes.get()


def send(machine: Machine, outcome: Outcome, *measurements: Any, **headers: str) -> Any:
    return machine.post(f"/outcomes/{outcome.uuid}/measurements", {"measurements": list(measurements)}, headers)


def results(response: Any) -> list[str]:
    return [each["result"] for each in response.json()["results"]]


def value(day: str, number: Any = 1, **more: Any) -> dict[str, Any]:
    return {"observedOn": day, "value": number} | more


def test_each_value_gets_its_answer_and_the_good_ones_are_stored(machine: Machine, outcome: Outcome) -> None:
    bad: list[Any] = [
        value("2026-02-30"),
        value("20260101"),
        value("2026-01-01T00:00:00Z"),
        value("2999-01-01"),
        value("1969-12-31"),
        value("2026-03-01", "1,5"),
        value("2026-03-01", True),
        value("2026-03-01", 1e12),
        value("2026-03-01", 0.1234567),
        value("2026-03-01", periodStart="2026-03-02"),
        value("2026-03-01", series="x" * 65),
        value("2026-03-01", source="\0"),
        value("2026-03-01", colour="red"),
        {"value": 1},
        {"observedOn": "2026-03-01"},
        [],
        None,
        "2026-03-01",
    ]
    response = send(machine, outcome, value("2026-01-31", 4.5), *bad, value("2026-02-28"), value("2026-02-28"))
    assert results(response) == ["created", *["refused"] * len(bad), "created", "refused"]
    assert all(each["reason"] for each in response.json()["results"] if each["result"] == "refused")
    assert response.json()["summary"] == {"created": 2, "unchanged": 0, "corrected": 0, "refused": len(bad) + 1}
    assert response["Preference-Applied"] == "handling=lenient"
    assert outcome.measurements.count() == 2


def test_same_again_is_unchanged_and_another_value_is_a_correction(machine: Machine, outcome: Outcome) -> None:
    first = send(machine, outcome, value("2026-01-31", 4), value("2026-02-28", 5))
    assert results(first) == ["created", "created"]
    events = Event.objects.count()
    assert results(send(machine, outcome, value("2026-01-31", 4.0), value("2026-02-28", 5))) == ["unchanged"] * 2
    assert Event.objects.count() == events
    assert results(send(machine, outcome, value("2026-01-31", 6), value("2026-02-28", 5))) == ["corrected", "unchanged"]
    correction = Correction.objects.get()
    assert (correction.old_value, correction.new_value) == (Decimal(4), Decimal(6))
    assert correction.client == ApiClient.objects.get()
    shown = machine.get(f"/outcomes/{outcome.uuid}/measurements").json()["measurements"]
    assert [(each["value"], each["isCorrected"]) for each in shown] == [(6, True), (5, False)]


def test_every_decimal_survives_the_way_in_and_out(machine: Machine, outcome: Outcome) -> None:
    body = '{"measurements": [{"observedOn": "2026-01-31", "value": 123456789012.345678}]}'
    path = f"/outcomes/{outcome.uuid}/measurements"
    assert results(machine.post(path, body)) == ["created"]
    [shown] = json.loads(machine.get(path).content, parse_float=Decimal)["measurements"]
    assert shown["value"] == Decimal("123456789012.345678")


def test_period_series_source_and_missing_value_are_kept(machine: Machine, outcome: Outcome) -> None:
    sent = value("2026-01-31", None, periodStart="2026-01-01", series="natt", source="Ärendesystemet")
    assert results(send(machine, outcome, sent)) == ["created"]
    [shown] = machine.get(f"/outcomes/{outcome.uuid}/measurements").json()["measurements"]
    assert {name: shown[name] for name in ("observedOn", "value", "periodStart", "series", "source", "channel")} == {
        "observedOn": "2026-01-31",
        "value": None,
        "periodStart": "2026-01-01",
        "series": "natt",
        "source": "Ärendesystemet",
        "channel": "api",
    }
    row = Measurement.objects.get()
    assert (row.client, row.by) == (ApiClient.objects.get(), None)


def test_strict_handling_stores_all_or_nothing(machine: Machine, outcome: Outcome, is_problem: Check) -> None:
    for bad in (value("2999-01-01"), value("nonsense")):
        response = send(machine, outcome, value("2026-01-31"), bad, Prefer="respond-async, handling=strict")
        fields = [each["field"] for each in is_problem(response, 409)["violations"]]
        assert "measurements[1]" in fields
        assert outcome.measurements.count() == 0
    good = send(machine, outcome, value("2026-01-31"), Prefer="handling=strict")
    assert (results(good), good["Preference-Applied"]) == (["created"], "handling=strict")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], ""),
        ("text", ""),
        ({}, "measurements"),
        ({"measurements": []}, "measurements"),
        ({"measurements": {}}, "measurements"),
        ({"measurements": [{}] * 10_001}, "measurements"),
        ({"measurements": [{}], "extra": 1}, "extra"),
    ],
)
def test_body_that_is_no_batch_is_refused_as_a_whole(
    machine: Machine, outcome: Outcome, is_problem: Check, body: Any, field: str
) -> None:
    path = f"/api/v1/outcomes/{outcome.uuid}/measurements"
    response = machine.client.post(path, body, "application/json", headers=machine.headers)
    if isinstance(body, str):
        is_problem(response, 400)
    else:
        assert field in [each["field"] for each in is_problem(response, 400)["violations"]]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"{'measurements': []}",
        b"\xff\xfe",
        b'{"measurements": [{"observedOn": "2026-01-31", "value": NaN}]}',
        b'{"measurements": [{"observedOn": "2026-01-31", "value": Infinity}]}',
        b'{"measurements": [{"observedOn": "2026-01-31", "value": 1, "series": "\\ud800"}]}',
        b"[" * 100_000,
        b"[" * 1000 + b"]" * 1000,
        b'{"measurements": [' + b"9" * 5000 + b"]}",
    ],
)
def test_what_is_not_json_is_a_problem(machine: Machine, outcome: Outcome, is_problem: Check, raw: bytes) -> None:
    path = f"/api/v1/outcomes/{outcome.uuid}/measurements"
    is_problem(machine.client.post(path, raw, "application/json", headers=machine.headers), 400)


@pytest.mark.parametrize("number", ["1e-999999999", "1e999999999", "-1e400", "1e-7", "0e99999999999999999999999"])
def test_number_beyond_reason_never_crashes(machine: Machine, outcome: Outcome, number: str) -> None:
    body = f'{{"measurements": [{{"observedOn": "2026-01-31", "value": {number}}}]}}'
    path = f"/api/v1/outcomes/{outcome.uuid}/measurements"
    response = machine.client.post(path, body, "application/json", headers=machine.headers)
    assert response.status_code in (200, 400)
    assert outcome.measurements.count() == 0


def test_form_and_text_bodies_are_a_problem(machine: Machine, outcome: Outcome, is_problem: Check) -> None:
    path = f"/api/v1/outcomes/{outcome.uuid}/measurements"
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        is_problem(machine.client.generic("POST", path, b"{}", kind, headers=machine.headers), 415)


def test_body_too_large_is_a_problem(machine: Machine, outcome: Outcome, is_problem: Check) -> None:
    path = f"/api/v1/outcomes/{outcome.uuid}/measurements"
    body = b" " * (8 * 1024 * 1024 + 1)
    is_problem(machine.client.post(path, body, "application/json", headers=machine.headers), 413)


def test_value_changes_the_verdict_and_the_metrics_of_the_next_answer(machine: Machine) -> None:
    unit = a_unit()
    owner, *_ = [a_person(unit=unit) for _ in range(5)]
    outcome = an_initiative(owner, unit, "measuring", change_on=dt.date(2026, 6, 1)).outcomes.get()
    before = [value(f"2026-05-{day:02}", 30 + day % 3) for day in range(1, 7)]
    after = [value(f"2026-06-{day:02}", 20 + day % 3) for day in range(1, 7)]
    withholding.refresh(today=TODAY)
    indicator = str(outcome.indicator.uuid)
    [start] = machine.get("/metrics", indicator=indicator).json()["metrics"]
    send(machine, outcome, *before, *after)
    withholding.refresh(today=TODAY)  # earlier months than the unit's first: withheld until the clock has judged them
    [end] = machine.get("/metrics", indicator=indicator).json()["metrics"]
    figures = ("valueCount", "meanValue", "shiftCount", "meanShift")
    assert [start[name] for name in figures] == [0, None, 0, None]
    assert [end[name] for name in figures] == [12, 26, 1, -10]
    assert machine.get(f"/outcomes/{outcome.uuid}").json()["verdict"]["code"] == "improved"


def test_list_of_values_is_narrowed_by_date_and_series(machine: Machine, outcome: Outcome) -> None:
    send(machine, outcome, value("2026-01-31", 1), value("2026-02-28", 2), value("2026-02-28", 3, series="natt"))

    def found(**query: str) -> list[int]:
        body = machine.get(f"/outcomes/{outcome.uuid}/measurements", **query).json()
        return [each["value"] for each in body["measurements"]]

    assert found() == [1, 2, 3]
    assert found(observedFrom="2026-02-01") == [2, 3]
    assert found(observedTo="2026-01-31") == [1]
    assert found(series="natt") == [3]
