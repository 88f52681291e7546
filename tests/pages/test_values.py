"""Entering values on the page: one number in one field, the Swedish way."""

import datetime as dt
from decimal import Decimal

import pytest

from initiatives.actions.measuring import Entry, enter_value
from initiatives.cadence import span_of
from initiatives.models import Correction, Outcome
from initiatives.pages.measuring import period_to_enter
from initiatives.workflow import State
from kommun.models import Employee
from tests.builders import a_manager, a_person, a_unit, an_initiative, moment
from tests.pages.test_steps import as_person

pytestmark = pytest.mark.django_db
DAY = "2026-09-10"


@pytest.fixture
def owner() -> Employee:
    return a_person()


@pytest.fixture
def outcome(owner: Employee) -> Outcome:
    return an_initiative(owner, a_unit(), State.UNDERWAY).outcomes.get()


def address(outcome: Outcome) -> str:
    return f"/initiativ/{outcome.initiative.uuid}/varde/"


@pytest.mark.parametrize(
    ("written", "value"), [("26,5", "26.5"), ("26.5", "26.5"), ("1 041,5", "1041.5"), ("−3", "-3")]
)
def test_numbers_are_read_as_people_write_them(owner: Employee, outcome: Outcome, written: str, value: str) -> None:
    as_person(owner).post(address(outcome), {"value": written, "observed_on": DAY})
    row = outcome.measurements.get()
    assert (row.value, row.period_start, row.observed_on) == (
        Decimal(value),
        dt.date(2026, 9, 1),
        dt.date(2026, 9, 30),
    )


def test_no_value_for_the_period_can_be_said(owner: Employee, outcome: Outcome) -> None:
    as_person(owner).post(address(outcome), {"value": "", "observed_on": DAY, "skip": "1"})
    assert outcome.measurements.get().value is None


def test_no_period_is_asked_for_that_has_not_begun(owner: Employee) -> None:
    outcome, today = an_initiative(owner, a_unit(), State.CONCLUDED).outcomes.get(), dt.date(2026, 12, 23)
    for day, asked_for in ((dt.date(2026, 6, 30), 11), (dt.date(2026, 11, 30), 12), (today, 12)):
        enter_value(outcome, Entry(day, None, period_start=day.replace(day=1)), by=owner, now=moment(today), reason="x")
        assert period_to_enter(outcome, today) == span_of(dt.date(2026, asked_for, 1), "monthly")


@pytest.mark.parametrize("written", ["", "många"])
def test_what_is_no_number_is_refused_on_the_field(owner: Employee, outcome: Outcome, written: str) -> None:
    answer = as_person(owner).post(address(outcome), {"value": written, "observed_on": DAY})
    assert (answer.status_code, answer.context["form"].errors.keys()) == (422, {"value"})


def test_a_changed_value_asks_for_a_reason_and_then_keeps_the_old_one(owner: Employee, outcome: Outcome) -> None:
    client = as_person(owner)
    client.post(address(outcome), {"value": "26", "observed_on": DAY})
    refused = client.post(address(outcome), {"value": "24", "observed_on": "2026-09-22"})
    assert (refused.status_code, refused.context["form"].errors.keys()) == (422, {"reason"})
    client.post(address(outcome), {"value": "24", "observed_on": DAY, "reason": "Fel kolumn"})
    assert (outcome.measurements.get().value, Correction.objects.get().old_value) == (24, 26)


def test_the_page_goes_back_to_where_it_was_asked_and_nowhere_else(owner: Employee, outcome: Outcome) -> None:
    client = as_person(owner)
    home = client.post(address(outcome), {"value": "1", "observed_on": DAY, "next": "/"})
    away = client.post(address(outcome), {"value": "1", "observed_on": DAY, "next": "https://example.org/"})
    assert (home["location"], away["location"]) == ("/", outcome.initiative.get_absolute_url())


def test_only_those_who_drive_it_come_here(outcome: Outcome) -> None:
    people = (a_person("Sara", "Berg"), a_manager(outcome.initiative.unit or a_unit()))
    assert [as_person(each).get(address(outcome)).status_code for each in people] == [403, 403]


def test_after_one_value_the_next_period_is_offered(owner: Employee, outcome: Outcome) -> None:
    client = as_person(owner)
    answer = client.post(address(outcome), {"value": "1", "observed_on": DAY, "another": "1"}, follow=True)
    assert answer.context["form"].initial["observed_on"] == dt.date(2026, 10, 1)
