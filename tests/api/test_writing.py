"""Writing by machines: by thousands and one by one alike, on condition, with reasons, and with the history readable."""

import datetime as dt
import json
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from initiatives.actions.measuring import Entry, record_values
from initiatives.models import Correction, Initiative, Measurement, Outcome
from initiatives.outcomes import series
from tests.api.conftest import Check, Machine, make_machine
from tests.builders import NOW, TODAY, a_person, a_unit, an_initiative, values

pytestmark = pytest.mark.django_db
DEFAULT = "Ett nytt värde har kommit in"
several = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture
def outcome() -> Outcome:
    return an_initiative(a_person(), a_unit(), "measuring").outcomes.get()


def send(machine: Machine, outcome: Outcome, *measurements: Any, headers: Any = None, **more: Any) -> Any:
    path = f"/outcomes/{outcome.uuid}/measurements"
    return machine.post(path, {"measurements": list(measurements)} | more, headers or {})


def value(day: str, number: Any = 1, **more: Any) -> dict[str, Any]:
    return {"observedOn": day, "value": number} | more


def results(response: Any) -> list[str]:
    return [each["result"] for each in response.json()["results"]]


def corrections(machine: Machine, outcome: Outcome, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = machine.get(f"/outcomes/{outcome.uuid}/corrections", **query).json()["corrections"]
    return found


# --- Who may, and what -----------------------------------------------------------------------------------------------
def test_outcome_of_another_part_of_the_organisation_is_not_there(outcome: Outcome, is_problem: Check) -> None:
    stranger = make_machine(a_unit("Skolan"))
    is_problem(send(stranger, outcome, value("2026-01-31")), 404)
    is_problem(stranger.get(f"/outcomes/{outcome.uuid}/corrections"), 404)
    above = make_machine(outcome.initiative.unit)
    assert results(send(above, outcome, value("2026-01-31"))) == ["created"]


def test_client_that_may_only_read_writes_nothing(outcome: Outcome, is_problem: Check) -> None:
    response = send(make_machine(scopes="initiatives:read metrics:read"), outcome, value("2026-01-31"))
    is_problem(response, 403)
    assert 'scope="measurements:write"' in response["WWW-Authenticate"]
    assert outcome.measurements.count() == 0


def test_client_that_may_only_write_reads_no_history(outcome: Outcome, is_problem: Check) -> None:
    is_problem(make_machine(scopes="measurements:write").get(f"/outcomes/{outcome.uuid}/corrections"), 403)


def test_outcome_of_a_draft_is_not_there(machine: Machine, is_problem: Check) -> None:
    draft = an_initiative(a_person(), a_unit()).outcomes.get()
    is_problem(send(machine, draft, value("2026-01-31")), 404)
    assert draft.measurements.count() == 0


# --- Why a value is corrected ----------------------------------------------------------------------------------------
def test_reason_of_the_value_goes_before_that_of_the_request(machine: Machine, outcome: Outcome) -> None:
    days = ("2026-01-31", "2026-02-28", "2026-03-31")
    send(machine, outcome, *(value(day, 1) for day in days))
    changed = [value(days[0], 2, reason="Dubbletter borttagna"), value(days[1], 3, reason=" "), value(days[2], 1)]
    assert results(send(machine, outcome, *changed, reason="Ny leverans")) == ["corrected", "corrected", "unchanged"]
    send(machine, outcome, value(days[2], 4), headers={"Accept-Language": "sv"})
    names = ("observedOn", "oldValue", "newValue", "reason")
    assert [tuple(each[name] for name in names) for each in corrections(machine, outcome)] == [
        (days[0], 1, 2, "Dubbletter borttagna"),
        (days[1], 1, 3, "Ny leverans"),
        (days[2], 1, 4, DEFAULT),
    ]


def test_reason_that_is_none_is_refused_with_its_value_or_with_the_request(
    machine: Machine, outcome: Outcome, is_problem: Check
) -> None:
    long = "x" * 301
    assert results(send(machine, outcome, value("2026-01-31", reason=long), value("2026-02-28"))) == [
        "refused", "created",
    ]  # fmt: skip
    for reason in (long, 7, None, "\0"):
        problem = is_problem(send(machine, outcome, value("2026-01-31"), reason=reason), 400)
        assert [each["field"] for each in problem["violations"]] == ["reason"]


def test_value_added_to_a_frozen_baseline_is_in_the_history_with_its_reason(machine: Machine) -> None:
    change_on = TODAY - dt.timedelta(days=30)
    outcome = an_initiative(a_person(), a_unit(), "measuring", change_on=change_on).outcomes.get()
    series.freeze_baseline(outcome, change_on)
    before, after = ((change_on + dt.timedelta(days=days)).isoformat() for days in (-5, 5))
    assert results(send(machine, outcome, value(before, 3, reason="Låg i en pärm"), value(after))) == ["created"] * 2
    [kept] = corrections(machine, outcome)
    assert (kept["observedOn"], kept["oldValue"], kept["newValue"], kept["reason"]) == (
        before,
        None,
        3,
        "Låg i en pärm",
    )


# --- The history -----------------------------------------------------------------------------------------------------
def test_history_is_listed_by_time_and_narrowed_by_value_and_moment(machine: Machine, outcome: Outcome) -> None:
    send(machine, outcome, value("2026-01-31", 1), value("2026-02-28", 1, series="natt"))
    send(machine, outcome, value("2026-01-31", 2.5))
    send(machine, outcome, value("2026-02-28", None, series="natt"), value("2026-01-31", 3))
    listed = corrections(machine, outcome)
    assert [(each["series"], each["oldValue"], each["newValue"]) for each in listed] == [
        ("", 1, 2.5), ("", 2.5, 3), ("natt", 1, None),
    ]  # fmt: skip
    assert set(listed[0]) == {
        "measurementId", "series", "observedOn", "oldValue", "newValue", "reason", "correctedAt",
    }  # fmt: skip
    assert corrections(machine, outcome, measurement=listed[2]["measurementId"]) == listed[2:]
    assert corrections(machine, outcome, correctedFrom=listed[1]["correctedAt"]) == listed[1:]
    assert corrections(machine, outcome, correctedTo=listed[1]["correctedAt"]) == listed[:1]


def test_a_mirror_follows_the_history_page_by_page(machine: Machine, outcome: Outcome) -> None:
    days = [f"2026-01-{day:02}" for day in range(1, 8)]
    for number in (1, 2):
        send(machine, outcome, *(value(day, number) for day in days))
    page = machine.get(f"/outcomes/{outcome.uuid}/corrections", limit=3).json()
    seen = page["corrections"]
    while page["_links"]["next"]:
        page = machine.client.get(page["_links"]["next"]["href"], headers=machine.headers).json()
        seen += page["corrections"]
    assert [each["observedOn"] for each in seen] == days


def test_a_mirror_asks_for_the_values_that_have_changed_since(machine: Machine, outcome: Outcome) -> None:
    send(machine, outcome, value("2026-01-31", 1), value("2026-02-28", 1))
    path = f"/outcomes/{outcome.uuid}/measurements"
    last = max(each["updatedAt"] for each in machine.get(path).json()["measurements"])
    send(machine, outcome, value("2026-01-31", 2), value("2026-02-28", 1), value("2026-03-31", 1))
    found = machine.get(path, updatedFrom=last).json()["measurements"]
    changed = [each["observedOn"] for each in found if each["updatedAt"] > last]
    assert changed == ["2026-01-31", "2026-03-31"]


# --- On condition ----------------------------------------------------------------------------------------------------
def test_values_are_stored_only_if_the_outcome_is_as_it_was_read(
    machine: Machine, outcome: Outcome, is_problem: Check
) -> None:
    read = machine.get(f"/outcomes/{outcome.uuid}")["ETag"]
    assert send(machine, outcome, value("2026-01-31"), headers={"If-Match": f'"x", {read}'}).status_code == 200
    is_problem(send(machine, outcome, value("2026-02-28"), headers={"If-Match": read}), 412)
    is_problem(send(machine, outcome, value("2026-02-28"), headers={"If-Match": "nonsense"}), 412)
    assert outcome.measurements.count() == 1
    assert send(machine, outcome, value("2026-02-28"), headers={"If-Match": "*"}).status_code == 200


def test_tag_that_compression_has_made_weak_is_as_good(machine: Machine, outcome: Outcome) -> None:
    read = machine.get(f"/outcomes/{outcome.uuid}", {"Accept-Encoding": "gzip"})
    assert (read["Content-Encoding"], read["ETag"][:2]) == ("gzip", "W/")
    assert send(machine, outcome, value("2026-01-31"), headers={"If-Match": read["ETag"]}).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_two_who_have_read_the_same_one_writes(machine: Machine, outcome: Outcome) -> None:
    read = {"If-Match": machine.get(f"/outcomes/{outcome.uuid}")["ETag"]}
    answers = at_once([lambda day=day: send(machine, outcome, value(day), headers=read) for day in DAYS])  # type: ignore[misc]  # a lambda's default
    assert Counter(each.status_code for each in answers) == {200: 1, 412: len(DAYS) - 1}
    assert outcome.measurements.count() == 1


DAYS = ("2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04")


def at_once(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    def one(call: Callable[[], Any]) -> Any:
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(one, calls))


@pytest.mark.parametrize(
    ("prefer", "applied"),
    [
        ("handling=strict", "strict"),
        ('Handling = "STRICT"; because=x', "strict"),
        ("respond-async,handling=strict, handling=lenient", "strict"),
        ("handling=lenient, handling=strict", "lenient"),
        ("handling=gently", "lenient"),
        ("nohandling=strict", "lenient"),
        ("", "lenient"),
    ],
)
def test_preference_is_read_as_the_standard_has_it(
    machine: Machine, outcome: Outcome, prefer: str, applied: str
) -> None:
    response = send(machine, outcome, value("2026-01-31"), headers={"Prefer": prefer})
    assert response["Preference-Applied"] == f"handling={applied}"


# --- Two at once -----------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_two_who_send_to_one_outcome_at_once_lose_nothing_and_count_nothing_twice(
    machine: Machine, outcome: Outcome
) -> None:
    days = [(dt.date(2026, 1, 1) + dt.timedelta(days=number)).isoformat() for number in range(200)]
    both = ([value(day, 1) for day in days[:150]], [value(day, 2) for day in reversed(days[50:])])
    answers = at_once([lambda sent=sent: send(machine, outcome, *sent) for sent in both])  # type: ignore[misc]  # a lambda's default
    assert [each.status_code for each in answers] == [200, 200]
    summary = Counter[str]()
    for each in answers:
        summary.update(each.json()["summary"])
    assert summary == {"created": 200, "corrected": 100, "unchanged": 0, "refused": 0}
    assert Correction.objects.count() == 100
    outcome.refresh_from_db()
    assert (outcome.measurements.count(), outcome.value_count) == (200, 200)


# --- By thousands ----------------------------------------------------------------------------------------------------
def test_ten_thousand_values_take_as_many_statements_as_a_few(machine: Machine) -> None:
    counts = []
    for number in (300, 10_000):  # enough of them before the change for a grade
        outcome = an_initiative(a_person(), a_unit(), "measuring").outcomes.get()
        days = [(TODAY - dt.timedelta(days=days)).isoformat() for days in range(1, number + 1)]
        for sent in ([value(day, 7.25) for day in days], [value(day, 8) for day in days]):
            with CaptureQueriesContext(connection) as statements:
                response = send(machine, outcome, *sent)
            assert set(results(response)) <= {"created", "corrected"}
            counts.append(len(statements))
        outcome.refresh_from_db()
        assert (outcome.value_count, outcome.measurements.count()) == (number, number)
    assert counts[2:] == counts[:2]


def test_ten_thousand_series_are_as_quick_as_one(machine: Machine, outcome: Outcome) -> None:
    """Quick enough to end at all: each series looked through for each would be a hundred million steps."""
    sent = [value("2026-01-31", number, series=f"s{number}") for number in range(10_000)]
    assert set(results(send(machine, outcome, *sent))) == {"created"}
    assert set(results(send(machine, outcome, *sent))) == {"unchanged"}


def test_days_beside_a_long_period_are_told_apart_from_those_in_it(machine: Machine, outcome: Outcome) -> None:
    long = value("2000-12-31", 1, periodStart="1980-01-01")
    first = dt.date(1975, 1, 1)
    days = [(first + dt.timedelta(days=number)).isoformat() for number in range(9_999)]
    expected = ["refused" if "1980" <= day < "2001" else "created" for day in days]
    assert results(send(machine, outcome, long, *(value(day) for day in days))) == ["created", *expected]


def test_texts_come_through_as_they_are(machine: Machine, outcome: Outcome) -> None:
    odd = ['"', "\\", "{a,b}", "NULL", "é\n\t", "%s", "'; DROP TABLE x; --", '\\"', " "]
    sent = [value("2026-01-31", index, series=text, source=text) for index, text in enumerate(odd)]
    assert results(send(machine, outcome, *sent)) == ["created"] * len(odd)
    kept = Measurement.objects.order_by("value").values_list("series", "source_reference")
    assert list(kept) == [(text, text) for text in odd]
    again = [each | {"value": index + 0.5, "reason": f"x{odd[index]}y"} for index, each in enumerate(sent)]
    assert results(send(machine, outcome, *again)) == ["corrected"] * len(odd)
    assert list(Correction.objects.order_by("old_value").values_list("reason", flat=True)) == [
        f"x{text}y" for text in odd
    ]


# --- Any batch -------------------------------------------------------------------------------------------------------
DAY = st.integers(0, 25).map(lambda number: dt.date(2026, 3, 1) + dt.timedelta(days=number))
NUMBER = st.none() | st.decimals(-1000, 1000, places=2) | st.sampled_from([Decimal("1e12"), Decimal("0.0000001")])


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    last = draw(DAY)
    length = draw(st.none() | st.integers(-1, 9))
    first = None if length is None else last - dt.timedelta(days=length)
    return Entry(last, draw(NUMBER), period_start=first, series=draw(st.sampled_from(["", "", "natt"])))


BATCH = st.lists(entries(), min_size=1, max_size=25, unique_by=lambda entry: (entry.series, entry.observed_on))
THERE = st.lists(entries(), max_size=12)
SOURCE = st.sampled_from([Measurement.Source.API, Measurement.Source.KOLADA])


def stored(outcome: Outcome) -> list[tuple[Any, ...]]:
    columns = ("series", "period_start", "observed_on", "value", "source")
    return list(outcome.measurements.order_by("series", "observed_on").values_list(*columns))


def history(outcome: Outcome) -> Counter[tuple[Any, ...]]:
    rows = Correction.objects.filter(measurement__outcome=outcome)
    return Counter(rows.values_list("measurement__series", "measurement__observed_on", "old_value", "new_value"))


def two_alike(there: list[Entry], source: Measurement.Source) -> tuple[Outcome, Outcome]:
    unit, owner = a_unit(), a_person()
    pair = [an_initiative(owner, unit, "measuring").outcomes.get() for _ in range(2)]
    for outcome in pair:
        for entry in there:
            record_values(outcome, [entry], source=source, now=NOW)
    return pair[0], pair[1]


@several
@given(there=THERE, source=SOURCE, batch=BATCH)
def test_a_batch_comes_out_as_the_same_values_sent_one_by_one(
    there: list[Entry], source: Measurement.Source, batch: list[Entry]
) -> None:
    together, one_by_one = two_alike(there, source)
    answers = record_values(together, batch, source=Measurement.Source.API, now=NOW)
    each = [record_values(one_by_one, [entry], source=Measurement.Source.API, now=NOW)[0] for entry in batch]
    assert [(answer.outcome, answer.reason) for answer in answers] == [
        (answer.outcome, answer.reason) for answer in each
    ]
    assert stored(together) == stored(one_by_one)
    assert history(together) == history(one_by_one)
    kept = ("value_count", "latest_value", "latest_on", "n_before", "n_after", "verdict", "shift", "grade")
    for outcome in (together, one_by_one):
        outcome.refresh_from_db()
    assert [getattr(together, name) for name in kept] == [getattr(one_by_one, name) for name in kept]


@several
@given(there=THERE, source=SOURCE, batch=BATCH)
def test_any_batch_sent_twice_changes_nothing_the_second_time(
    there: list[Entry], source: Measurement.Source, batch: list[Entry]
) -> None:
    outcome, _other = two_alike(there, source)
    first = record_values(outcome, batch, source=Measurement.Source.API, now=NOW)
    rows, was = stored(outcome), history(outcome)
    second = record_values(outcome, batch, source=Measurement.Source.API, now=NOW)
    gone = [answer.entry for answer in first if answer.outcome != "refused"]
    assert {answer.outcome for answer in second if answer.entry in gone} <= {"unchanged"}
    assert (stored(outcome), history(outcome)) == (rows, was)


ANYTHING = st.none() | st.sampled_from(["2026-03-01", "2026-03-02", "natt", 1, 2.5, True, []])
MEMBERS = st.sampled_from(["observedOn", "value", "series", "periodStart", "x"])


@several
@given(sent=st.lists(st.dictionaries(MEMBERS, ANYTHING), min_size=1, max_size=30))
def test_answers_add_up_whatever_is_sent(sent: list[Any]) -> None:
    machine, outcome = make_machine(), an_initiative(a_person(), a_unit(), "measuring").outcomes.get()
    body = send(machine, outcome, *sent).json()
    assert [each["index"] for each in body["results"]] == list(range(len(sent)))
    assert Counter(each["result"] for each in body["results"]) == Counter(body["summary"])
    assert body["summary"]["created"] == outcome.measurements.count()
    assert all((each["reason"] is not None) == (each["result"] == "refused") for each in body["results"])


def test_values_long_after_an_effect_has_faded_are_stored_within_reach(machine: Machine) -> None:
    """A thousand values since the ending, none of them better than before: each number of them is a question."""
    owner, unit = a_person(), a_unit()
    initiative = an_initiative(owner, unit, "concluded", change_on=dt.date(2022, 1, 1))
    Initiative.objects.filter(pk=initiative.pk).update(concluded_at=dt.datetime(2022, 12, 31, tzinfo=dt.UTC))
    outcome = initiative.outcomes.get()
    values(outcome, [30 + number % 5 for number in range(12)], until=dt.date(2021, 12, 20))
    values(outcome, [10 + number % 5 for number in range(12)], until=dt.date(2022, 12, 20))
    first = dt.date(2023, 1, 1)
    days = [(first + dt.timedelta(days=number)).isoformat() for number in range(1000)]
    send(machine, outcome, *(value(day, 30 + number % 7) for number, day in enumerate(days)))
    outcome.refresh_from_db()
    assert (outcome.hold, outcome.faded_on) == ("faded", dt.date(2023, 1, 3))


def test_body_is_read_with_every_decimal(machine: Machine, outcome: Outcome) -> None:
    body = json.dumps({"measurements": [value("2026-01-31", 0)]}).replace("0}", "0.100000}")
    assert results(machine.post(f"/outcomes/{outcome.uuid}/measurements", body)) == ["created"]
    assert outcome.measurements.get().value == Decimal("0.1")
