"""A person's own answering time: each answer from its own question, in working days, the median of the last year."""

import datetime as dt
from typing import Any

import pytest

from initiatives.models import Initiative, Transition
from initiatives.outcomes.answering_time import AnsweringTime, own_answering_time
from initiatives.workflow import State
from kommun.models import ClosedDay, Employee, Unit
from kommun.workdays import Workdays
from tests.builders import NOW, TODAY, a_manager, a_person, a_unit, an_initiative, moment

pytestmark = pytest.mark.django_db
MONDAY = dt.date(2026, 9, 7)  # no holidays near


@pytest.fixture
def unit() -> Unit:
    return a_unit()


@pytest.fixture
def manager(unit: Unit) -> Employee:
    return a_manager(unit)


def asked(unit: Unit, on: dt.date) -> Initiative:
    """One that was sent for decision on that day."""
    initiative = an_initiative(a_person(unit=unit), unit, State.DRAFT)
    return step(initiative, "submit", "draft", "proposed", on, by=initiative.owner)


def step(initiative: Initiative, verb: str, before: str, after: str, on: dt.date, *, by: Employee | None) -> Initiative:
    number = initiative.transitions.count() + 1
    Transition.objects.create(
        initiative=initiative, number=number, verb=verb, from_state=before, to_state=after, by=by, at=moment(on)
    )
    Initiative.objects.filter(pk=initiative.pk, state="draft").update(submitted_at=moment(on))
    return initiative


def answered(unit: Unit, by: Employee | None, sent_on: dt.date, answered_on: dt.date, verb: str = "approve") -> Any:
    return step(asked(unit, sent_on), verb, "proposed", "underway", answered_on, by=by)


def time_of(person: Employee) -> AnsweringTime | None:
    return own_answering_time(person, now=NOW, workdays=Workdays.load(TODAY - dt.timedelta(days=730), TODAY))


def days(count: int) -> dt.timedelta:
    return dt.timedelta(days=count)


def test_nobody_who_has_answered_nothing_has_one(manager: Employee, unit: Unit) -> None:
    asked(unit, MONDAY)
    assert time_of(manager) is None


def test_it_counts_working_days_without_weekends_and_closed_days(manager: Employee, unit: Unit) -> None:
    ClosedDay.objects.create(on=MONDAY + days(1), name="Planeringsdag")
    answered(unit, manager, MONDAY, MONDAY + days(7))
    assert time_of(manager) == AnsweringTime(days=4, answers=1)


def test_it_is_the_median_of_yes_no_and_questions(manager: Employee, unit: Unit) -> None:
    for waited, verb in ((1, "approve"), (2, "return"), (4, "decline")):
        answered(unit, manager, MONDAY, MONDAY + days(waited), verb)
    assert time_of(manager) == AnsweringTime(days=2, answers=3)


def test_what_was_sent_back_and_again_is_two_answers_each_from_its_own_question(manager: Employee, unit: Unit) -> None:
    """The question came after four days. Its answer lay for weeks with the owner, and the yes came the same day."""
    initiative = asked(unit, MONDAY)
    step(initiative, "return", "proposed", "returned", MONDAY + days(4), by=manager)
    step(initiative, "resubmit", "returned", "proposed", MONDAY + days(28), by=initiative.owner)
    Initiative.objects.update(submitted_at=moment(MONDAY + days(28)))
    step(initiative, "approve", "proposed", "underway", MONDAY + days(28), by=manager)
    assert time_of(manager) == AnsweringTime(days=2, answers=2)  # the median of four and nought


def test_others_answers_and_the_clocks_and_own_other_steps_do_not_count(manager: Employee, unit: Unit) -> None:
    answered(unit, manager, MONDAY, MONDAY + days(1))
    answered(unit, a_manager(unit), MONDAY, MONDAY + days(25))
    answered(unit, None, MONDAY, MONDAY + days(25), "silence")
    stopped = answered(unit, a_manager(unit), MONDAY, MONDAY + days(2))
    step(stopped, "stop", "underway", "concluded", MONDAY + days(25), by=manager)
    assert time_of(manager) == AnsweringTime(days=1, answers=1)


def test_it_looks_back_a_year_by_when_it_was_answered(manager: Employee, unit: Unit) -> None:
    year_ago = TODAY - days(365)  # a Sunday
    answered(unit, manager, year_ago - days(30), year_ago - days(1))
    assert time_of(manager) is None
    answered(unit, manager, year_ago - days(6), year_ago + days(1))
    assert time_of(manager) == AnsweringTime(days=5, answers=1)


@pytest.mark.parametrize("count", [1, 20])
def test_it_takes_one_query(manager: Employee, unit: Unit, count: int, django_assert_num_queries: Any) -> None:
    for _answer in range(count):
        answered(unit, manager, MONDAY, MONDAY + days(1))
    workdays = Workdays.load(TODAY - days(730), TODAY)
    with django_assert_num_queries(1):
        assert own_answering_time(manager, now=NOW, workdays=workdays) == AnsweringTime(days=1, answers=count)
