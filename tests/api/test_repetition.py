"""A request that is sent again under its key is answered as the first time, and the work is done once."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone

from initiatives import clock
from initiatives.actions.repeating import KEPT_FOR, answer_of
from initiatives.models import Correction, Event, KeptAnswer, Measurement, Outcome, Webhook
from kommun.models import ApiClient
from tests.api.conftest import Check, Machine, make_machine
from tests.builders import a_person, a_unit, an_initiative

pytestmark = pytest.mark.django_db


@pytest.fixture
def outcome() -> Outcome:
    return an_initiative(a_person(), a_unit(), "measuring").outcomes.get()


def send(machine: Machine, outcome: Outcome, number: float, key: str | None = "k-1", /, **headers: str) -> Any:
    body = {"measurements": [{"observedOn": "2026-01-31", "value": number}]}
    named = {} if key is None else {"Idempotency-Key": key}
    return machine.post(f"/outcomes/{outcome.uuid}/measurements", body, named | headers)


def replayed(response: Any) -> str | None:
    found: str | None = response.headers.get("Idempotent-Replayed")
    return found


def test_same_request_again_gets_the_same_answer_and_does_nothing(machine: Machine, outcome: Outcome) -> None:
    first = send(machine, outcome, 4)
    send(machine, outcome, 5, "another")
    again = send(machine, outcome, 4)  # done anew it would correct the value back
    assert (replayed(first), replayed(again)) == (None, "true")
    assert (again.status_code, again.content) == (200, first.content)
    kept = ("Content-Type", "Preference-Applied")
    assert [again[name] for name in kept] == [first[name] for name in kept]
    assert Measurement.objects.get().value == 5
    assert Correction.objects.count() == 1


def test_a_key_may_be_quoted_or_not(machine: Machine, outcome: Outcome) -> None:
    send(machine, outcome, 4, '"k 1"'.replace(" ", "-"))
    assert replayed(send(machine, outcome, 4, "k-1")) == "true"


@pytest.mark.parametrize("key", ["", " ", '"', '"a', 'a"b', "å", "x" * 256, '""'])
def test_what_is_no_key_is_a_problem(machine: Machine, outcome: Outcome, is_problem: Check, key: str) -> None:
    [violation] = is_problem(send(machine, outcome, 4, key), 400)["violations"]
    assert violation["field"] == "Idempotency-Key"
    assert Measurement.objects.count() == 0


def test_key_of_another_request_is_refused(machine: Machine, outcome: Outcome, is_problem: Check) -> None:
    send(machine, outcome, 4)
    other = an_initiative(a_person(), a_unit(), "measuring").outcomes.get()
    is_problem(send(machine, outcome, 5), 422)
    is_problem(send(machine, other, 4), 422)
    is_problem(send(machine, outcome, 4, Prefer="handling=strict"), 422)
    assert Measurement.objects.get().value == 4


def test_keys_of_two_clients_have_nothing_to_do_with_each_other(machine: Machine, outcome: Outcome) -> None:
    send(machine, outcome, 4)
    other = send(make_machine(), outcome, 5)
    assert (replayed(other), other.json()["summary"]["corrected"]) == (None, 1)


def test_a_refusal_is_kept_too(machine: Machine, outcome: Outcome, is_problem: Check) -> None:
    path, key = f"/outcomes/{outcome.uuid}/measurements", {"Idempotency-Key": "k-1", "Prefer": "handling=strict"}
    bad = {"measurements": [{"observedOn": "2026-01-31", "value": 1}, {"observedOn": "2999-01-01", "value": 1}]}
    first = machine.post(path, bad, key)
    again = machine.post(path, bad, key)
    assert is_problem(first, 409) == is_problem(again, 409)
    assert (replayed(again), again["Cache-Control"]) == ("true", "no-store")
    nobody = machine.post(f"/outcomes/{uuid4()}/measurements", bad, {"Idempotency-Key": "k-2"})
    assert KeptAnswer.objects.get(key="k-2").status == nobody.status_code == 404


def test_who_may_not_do_it_uses_up_no_key(outcome: Outcome, is_problem: Check) -> None:
    is_problem(send(make_machine(scopes="initiatives:read"), outcome, 4), 403)
    assert KeptAnswer.objects.count() == 0


def test_failure_on_our_side_is_not_kept(
    machine: Machine, outcome: Outcome, is_problem: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("initiatives.outcomes.series.refresh_outcome", lambda *_args, **_more: 1 / 0)
        is_problem(send(machine, outcome, 4), 500)
    assert (KeptAnswer.objects.count(), Measurement.objects.count()) == (0, 0)
    assert replayed(send(machine, outcome, 4)) is None
    assert Measurement.objects.count() == 1


def test_an_answer_is_kept_for_a_day_and_removed_by_the_clock(machine: Machine, outcome: Outcome) -> None:
    send(machine, outcome, 4)
    now = timezone.now()
    assert clock.turn(now).answers == 0
    KeptAnswer.objects.update(at=now - KEPT_FOR)
    late = send(machine, outcome, 5)  # the key is free again, also before the clock has come by
    assert (replayed(late), late.json()["summary"]["corrected"]) == (None, 1)
    assert KeptAnswer.objects.get().at > now - dt.timedelta(hours=1)
    assert clock.turn(now + KEPT_FOR + dt.timedelta(minutes=1)).answers == 1
    assert KeptAnswer.objects.count() == 0


def test_without_a_key_nothing_is_kept(machine: Machine, outcome: Outcome) -> None:
    send(machine, outcome, 4, None)
    assert KeptAnswer.objects.count() == 0


def test_a_webhook_is_added_once_and_its_secret_is_kept_in_no_clear_text(machine: Machine) -> None:
    body, key = {"url": "https://hook.example.se/"}, {"Idempotency-Key": "k-1"}
    first, again = (machine.post("/webhooks", body, key) for _time in range(2))
    assert (first.status_code, replayed(first), replayed(again)) == (201, None, "true")
    assert first.json() == again.json()
    assert (first["Location"], first["ETag"]) == (again["Location"], again["ETag"])
    assert Webhook.objects.count() == 1
    assert first.json()["secret"].encode() not in bytes(KeptAnswer.objects.get().body)
    KeptAnswer.objects.update(body=b"encrypted by a key that is gone")
    assert machine.post("/webhooks", body, key).status_code == 409


@pytest.mark.django_db(transaction=True)
def test_while_the_first_is_under_way_the_second_is_told_to_wait(
    machine: Machine, outcome: Outcome, is_problem: Check
) -> None:
    def beside() -> Any:
        try:
            return send(machine, outcome, 4)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            answer_of(ApiClient.objects.get(), "k-1", "", now=timezone.now())
            response = pool.submit(beside).result(30)
        is_problem(response, 409)
        assert response["Retry-After"] == "1"
        assert pool.submit(beside).result(30).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_with_one_key_exactly_one_does_the_work(machine: Machine, outcome: Outcome) -> None:
    def one(_number: int) -> Any:
        try:
            return send(machine, outcome, 4)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(one, range(12)))
    done = [each for each in answers if each.status_code == 200]
    assert len([each for each in done if replayed(each) is None]) == 1
    assert {each.content for each in done} == {done[0].content}
    assert {each.status_code for each in answers} <= {200, 409}
    assert Event.objects.filter(kind="measurements.recorded").count() == 1
    assert replayed(send(machine, outcome, 4)) == "true"
