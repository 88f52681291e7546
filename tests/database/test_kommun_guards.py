"""What must always hold about the organisation is held by the database: each constraint is broken once, by name."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, transaction

from kommun.models import (
    Absence,
    ApiClient,
    Assignment,
    ClientSecret,
    Employee,
    Employment,
    Letter,
    QuietDays,
    Role,
    Unit,
    UnitPlacement,
    UnitSetting,
    UsedAssertion,
)
from tests.builders import NOW, TODAY, a_person, a_unit
from tests.database import test_guards, test_rollup

pytestmark = pytest.mark.django_db
BACKWARDS = {"from_on": TODAY, "to_on": TODAY - dt.timedelta(days=1)}


def absence(**days: Any) -> object:
    return Absence.objects.create(employee=a_person(), **days)


def twice(model: Any, **columns: Any) -> None:
    for _time in range(2):
        model.objects.create(from_on=TODAY, **columns)


def setting(**columns: Any) -> object:
    return UnitSetting.objects.create(unit=a_unit(), **{"from_on": TODAY} | columns)


def letter(**columns: Any) -> object:
    said = {"kind": "collected", "on": TODAY, "address": "a@example.org", "subject": "Hej", "text": "Hej"}
    return Letter.objects.create(**{"employee": a_person()} | said | columns)


def two_letters_a_day() -> None:
    person = a_person()
    for _time in range(2):
        letter(employee=person)


def person(**columns: Any) -> Callable[[], object]:
    return lambda: Employee.objects.filter(pk=a_person().pk).update(**columns)


def under_itself() -> None:
    unit = a_unit()
    Unit.objects.filter(pk=unit.pk).update(parent=unit)


def placed_under_itself() -> None:
    unit = Unit.objects.create(code="X", name="X", sort_key="x")
    UnitPlacement.objects.create(unit=unit, parent=unit, from_on=TODAY)


def placement(**days: Any) -> object:
    return UnitPlacement.objects.create(unit=Unit.objects.create(code="X", name="X", sort_key="x"), **days)


def quiet_days(**days: Any) -> object:
    return QuietDays.objects.create(name="Sommaren", **days)


def holds_role(**days: Any) -> object:
    return Assignment.objects.create(employee=a_person(), unit=a_unit(), role=Role.MANAGER, **days)


def client_secret(**columns: Any) -> object:
    return ClientSecret.objects.create(client=ApiClient.objects.create(), **{"place": 1} | columns)


def two_secrets_in_a_place() -> None:
    client = ApiClient.objects.create()
    for ended_at in (NOW, NOW, None, None):  # those that have ended do not count
        ClientSecret.objects.create(client=client, place=1, ended_at=ended_at)


def an_assertion_used_twice() -> None:
    client = ApiClient.objects.create()
    for _time in range(2):
        UsedAssertion.objects.create(client=client, jti="a", expires_at=NOW)


BREAKS: list[tuple[str, Callable[[], object]]] = [
    ("unit_is_not_its_own_parent", under_itself),
    ("placement_is_under_another_unit", placed_under_itself),
    ("placement_ends_after_it_starts", lambda: placement(**BACKWARDS)),
    ("unit_has_one_parent_at_a_time", lambda: twice(UnitPlacement, unit=a_unit())),
    ("setting_ends_after_it_starts", lambda: setting(**BACKWARDS)),
    ("unit_has_one_setting_at_a_time", lambda: twice(UnitSetting, unit=a_unit())),
    ("decision_takes_at_least_a_day", lambda: setting(decision_days=0)),
    ("mandate_is_not_negative", lambda: setting(mandate_amount=-1)),
    ("protected_person_has_no_name", person(is_protected=True)),
    ("login_is_never_empty", person(login="")),
    ("employment_ends_after_it_starts", lambda: Employment.objects.create(
        employee=a_person(), unit=a_unit(), **BACKWARDS)),
    ("person_has_one_main_employment_at_a_time", lambda: twice(
        Employment, employee=a_person(), unit=a_unit(), is_main=True)),
    ("assignment_ends_after_it_starts", lambda: holds_role(**BACKWARDS)),
    ("person_holds_a_role_once_at_a_time", lambda: twice(
        Assignment, employee=a_person(), unit=a_unit(), role=Role.DEPUTY)),
    ("absence_ends_after_it_starts", lambda: absence(**BACKWARDS)),
    ("person_is_away_once_at_a_time", lambda: twice(Absence, employee=a_person())),
    ("one_collected_letter_per_person_and_day", two_letters_a_day),
    ("letter_is_sent_or_given_up", lambda: letter(sent_at=NOW, failed_at=NOW)),
    ("quiet_days_end_after_they_start", lambda: quiet_days(**BACKWARDS)),
    ("quiet_days_come_to_an_end", lambda: quiet_days(from_on=TODAY)),
    ("person_gets_one_to_five_letters_a_week", person(letters_per_week=0)),
    ("person_gets_one_to_five_letters_a_week", person(letters_per_week=6)),
    ("client_may_make_a_call_a_minute", lambda: ApiClient.objects.create(requests_per_minute=0)),
    ("client_has_at_most_two_secrets", two_secrets_in_a_place),
    ("secret_has_the_first_or_the_second_place", lambda: client_secret(place=0)),
    ("secret_has_the_first_or_the_second_place", lambda: client_secret(place=3)),
    ("secret_expires_after_it_was_made", lambda: client_secret(created_at=NOW, expires_at=NOW)),
    ("assertion_is_used_once", an_assertion_used_twice),
]  # fmt: skip


@pytest.mark.parametrize(("name", "break_it"), BREAKS, ids=[name for name, _break in BREAKS])
def test_the_database_refuses(name: str, break_it: Callable[[], object]) -> None:
    with pytest.raises(DatabaseError, match=name), transaction.atomic():
        break_it()


def test_every_constraint_there_is_has_been_broken_once() -> None:
    models = [model for app in ("kommun", "initiatives") for model in apps.get_app_config(app).get_models()]
    there_are = {constraint.name for model in models for constraint in model._meta.constraints}
    assert there_are == {name for name, _break in [*BREAKS, *test_guards.BREAKS, *test_rollup.BREAKS]}
