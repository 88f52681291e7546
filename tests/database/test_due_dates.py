"""The dates that concern a person: each is there while its reason is, and for nobody else."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from initiatives.actions.agreeing import answer_handover, offer_handover
from initiatives.actions.attempt import Given
from initiatives.actions.calendar import close_calendar, renew_address
from initiatives.actions.refusals import NotAllowed
from initiatives.actions.steps import take_step
from initiatives.models import CoDriver, HoldCheck, Initiative, Promise
from initiatives.outcomes.due_dates import Due, DueDate, due_dates
from initiatives.outcomes.holding import plan_checks
from initiatives.workflow import State, Verb
from kommun.models import Employee, Unit
from tests.builders import NOW, TODAY, a_manager, a_person, a_unit, an_initiative, an_outcome, moment

pytestmark = pytest.mark.django_db

FIRST_STEP = TODAY + dt.timedelta(days=7)
REVIEW = TARGET = TODAY + dt.timedelta(days=180)
DECIDE_BY = RESUMES = TODAY + dt.timedelta(days=14)
NEXT_VALUE = TODAY + dt.timedelta(days=8)


@pytest.fixture
def unit() -> Unit:
    return a_unit()


@pytest.fixture
def owner(unit: Unit) -> Employee:
    return a_person(unit=unit)


@pytest.fixture
def manager(unit: Unit) -> Employee:
    return a_manager(unit)


def dates(person: Employee, today: dt.date = TODAY) -> list[tuple[str, dt.date]]:
    return sorted((each.due.value, each.on) for each in due_dates(person, today=today))


def a_promise(initiative: Initiative, by: Employee, **columns: object) -> Promise:
    return Promise.objects.create(
        **{"initiative": initiative, "kind": "time", "text": "Fyra timmar i veckan", "promised_by": by}
        | {"promised_at": NOW, "due_on": TODAY + dt.timedelta(days=5)}
        | columns
    )


def a_confirmed(owner: Employee, unit: Unit, ended_on: dt.date = TODAY) -> Initiative:
    initiative = an_initiative(owner, unit, State.CONCLUDED)
    plan_checks(initiative.outcomes.get(), step=initiative.steps_taken, ended_on=ended_on)
    return initiative


# --- What an owner has to do with, state by state -------------------------------------------------------------------
@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State.DRAFT, []),
        (State.PROPOSED, []),
        (State.RETURNED, []),
        (State.DECLINED, []),
        (State.WITHDRAWN, []),
        (
            State.UNDERWAY,
            [("first-step", FIRST_STEP), ("review", REVIEW), ("target", TARGET), ("value", NEXT_VALUE)],
        ),
        (State.PAUSED, [("resume", RESUMES)]),
        (State.MEASURING, [("review", REVIEW), ("target", TARGET), ("value", NEXT_VALUE)]),
        (State.CONCLUDED, []),
    ],
)
def test_each_state_has_its_dates(
    owner: Employee, unit: Unit, state: State, expected: list[tuple[str, dt.date]]
) -> None:
    initiative = an_initiative(owner, unit, state)
    initiative.outcomes.update(next_due_on=NEXT_VALUE)
    assert dates(owner) == expected


def test_a_date_says_what_it_is_about(owner: Employee, unit: Unit) -> None:
    initiative = an_initiative(owner, unit, State.UNDERWAY)
    outcome = initiative.outcomes.get()
    first_step, target, review = due_dates(owner, today=TODAY)
    initiative.refresh_from_db()
    assert first_step == DueDate(
        Due.FIRST_STEP,
        FIRST_STEP,
        subject=initiative.uuid,
        initiative=initiative.uuid,
        state=State.UNDERWAY,
        title="Kortare handläggning av enkla bygglov",
        detail="Prova med tio ärenden",
        since=initiative.created_at,
        changed_at=initiative.updated_at,
    )
    assert {(each.subject, each.detail) for each in (target, review)} == {(outcome.uuid, outcome.indicator.name)}
    assert {each.changed_at for each in (target, review)} == {max(outcome.updated_at, initiative.updated_at)}


def test_a_date_that_was_moved_keeps_its_key(owner: Employee, unit: Unit) -> None:
    initiative = an_initiative(owner, unit, State.MEASURING)
    initiative.outcomes.update(next_due_on=NEXT_VALUE)
    before = {each.key: each.changed_at for each in due_dates(owner, today=TODAY)}
    initiative.outcomes.update(next_due_on=NEXT_VALUE + dt.timedelta(days=30))
    after = {each.key: each.changed_at for each in due_dates(owner, today=TODAY)}
    assert before.keys() == after.keys()
    assert all(after[key] >= before[key] for key in before)


def test_a_value_of_a_second_outcome_is_due_too_but_only_the_first_has_a_review(owner: Employee, unit: Unit) -> None:
    initiative = an_initiative(owner, unit, State.MEASURING)
    an_outcome(initiative, is_primary=False, next_due_on=NEXT_VALUE)
    assert dates(owner) == [("review", REVIEW), ("target", TARGET), ("value", NEXT_VALUE)]


# --- Whose they are -------------------------------------------------------------------------------------------------
def test_a_co_driver_has_the_same_dates(owner: Employee, unit: Unit) -> None:
    friend = a_person("Moa", "Ek")
    initiative = an_initiative(owner, unit, State.UNDERWAY)
    CoDriver.objects.create(initiative=initiative, employee=friend, invited_by=owner)
    assert dates(friend) == dates(owner)


def test_a_stranger_and_the_manager_have_none(owner: Employee, unit: Unit, manager: Employee) -> None:
    an_initiative(owner, unit, State.UNDERWAY)
    a_confirmed(owner, unit)
    assert (dates(a_person("Sara", "Berg")), dates(manager)) == ([], [])


def test_what_is_handed_over_goes_with_its_dates(owner: Employee, unit: Unit) -> None:
    initiative = an_initiative(owner, unit, State.UNDERWAY)
    successor = a_person("Moa", "Ek", unit=unit)
    before = dates(owner)
    answer_handover(offer_handover(initiative, successor, by=owner, now=NOW), is_accepted=True, by=successor, now=NOW)
    assert (dates(owner), dates(successor)) == ([], before)


def test_somebody_who_has_left_has_none(owner: Employee, unit: Unit, manager: Employee) -> None:
    initiative = an_initiative(owner, unit, State.UNDERWAY)
    a_promise(initiative, manager)
    Employee.objects.update(ended_on=TODAY)
    for person in (owner, manager):
        person.refresh_from_db()
        assert dates(person) != []
        assert dates(person, TODAY + dt.timedelta(days=1)) == []


# --- What is paused, ended or answered --------------------------------------------------------------------------------
def test_what_is_paused_has_only_the_day_it_goes_on(owner: Employee, unit: Unit) -> None:
    initiative = an_initiative(owner, unit, State.UNDERWAY)
    given = Given(reason="Semester", resume_on=RESUMES)
    take_step(initiative, Verb.PAUSE, by=owner, seen=initiative.seen, now=NOW, given=given)
    assert dates(owner) == [("resume", RESUMES)]


def test_what_is_stopped_has_no_dates(owner: Employee, unit: Unit) -> None:
    initiative = an_initiative(owner, unit, State.MEASURING)
    given = Given(reason="Ny lag", lesson="Fråga först.")
    take_step(initiative, Verb.STOP, by=owner, seen=initiative.seen, now=NOW, given=given)
    assert dates(owner) == []


def test_a_decision_waits_for_the_decider_and_for_whom_it_has_climbed_to(
    owner: Employee, unit: Unit, manager: Employee
) -> None:
    above = a_person("Helena", "Strand")
    initiative = an_initiative(owner, unit, State.PROPOSED, decider=manager, escalated_to=above)
    expected = [("decision", DECIDE_BY)]
    assert (dates(manager), dates(above), dates(owner)) == (expected, expected, [])
    assert [each.detail for each in due_dates(manager, today=TODAY)] == ["Amina Lindqvist"]
    take_step(initiative, Verb.APPROVE, by=manager, seen=initiative.seen, now=NOW)
    assert (dates(manager), dates(above)) == ([], [])


def test_the_decision_of_somebody_who_is_protected_names_nobody(unit: Unit, manager: Employee) -> None:
    hidden = a_person("", "", unit=unit, is_protected=True, email="")
    an_initiative(hidden, unit, State.PROPOSED, decider=manager)
    assert [each.detail for each in due_dates(manager, today=TODAY)] == ["En kollega"]


@pytest.mark.parametrize("is_kept", [True, False])
def test_a_promise_is_due_until_it_is_settled(owner: Employee, unit: Unit, manager: Employee, is_kept: bool) -> None:
    promise = a_promise(an_initiative(owner, unit, State.PAUSED), manager)
    assert dates(manager) == [("promise", promise.due_on)]
    assert [(each.detail, each.subject) for each in due_dates(manager, today=TODAY)] == [(promise.text, promise.uuid)]
    Promise.objects.update(settled_at=NOW, is_kept=is_kept)
    assert dates(manager) == []


def test_a_promise_is_due_as_long_as_the_initiative_goes_on(owner: Employee, unit: Unit, manager: Employee) -> None:
    for state in State:
        a_promise(an_initiative(owner, unit, state, title=state.value), manager)
    assert {each.title for each in due_dates(manager, today=TODAY) if each.due == Due.PROMISE} == {
        "proposed",
        "returned",
        "underway",
        "paused",
        "measuring",
    }


# --- Whether it holds -----------------------------------------------------------------------------------------------
def test_checks_are_there_until_they_are_answered(owner: Employee, unit: Unit) -> None:
    a_confirmed(owner, unit)
    assert dates(owner) == [
        ("hold", dt.date(2026, 12, 23)),
        ("hold", dt.date(2027, 2, 23)),
        ("hold", dt.date(2027, 5, 23)),
        ("hold", dt.date(2027, 11, 23)),
    ]
    assert len({each.key for each in due_dates(owner, today=TODAY)}) == 4
    assert [each.months for each in due_dates(owner, today=TODAY)] == [1, 3, 6, 12]
    HoldCheck.objects.filter(months__in=[1, 3]).update(result="held", checked_at=NOW)
    assert dates(owner) == [("hold", dt.date(2027, 5, 23)), ("hold", dt.date(2027, 11, 23))]


def test_a_check_that_the_next_has_overtaken_is_gone(owner: Employee, unit: Unit) -> None:
    a_confirmed(owner, unit)
    first, second = dt.date(2027, 2, 1), dt.date(2027, 2, 23)
    HoldCheck.objects.filter(months=1).update(due_on=first)
    assert dates(owner, second - dt.timedelta(days=1))[:2] == [("hold", first), ("hold", second)]
    assert dates(owner, second)[0] == ("hold", second)


def test_the_checks_of_an_ending_that_was_reopened_are_gone(owner: Employee, unit: Unit) -> None:
    initiative = a_confirmed(owner, unit)
    Initiative.objects.filter(pk=initiative.pk).update(steps_taken=3)
    assert dates(owner) == []
    Initiative.objects.filter(pk=initiative.pk).update(steps_taken=1, state="measuring", ending="", concluded_at=None)
    assert ("hold", dt.date(2026, 12, 23)) not in dates(owner)


# --- How far back and ahead -----------------------------------------------------------------------------------------
FAR: list[tuple[State, str]] = [
    (State.UNDERWAY, "first_step_on"),
    (State.PAUSED, "resume_on"),
    (State.UNDERWAY, "next_due_on"),
    (State.UNDERWAY, "target_on"),
    (State.UNDERWAY, "review_on"),
]


@pytest.mark.parametrize(("state", "column"), FAR)
@pytest.mark.parametrize(("days", "is_there"), [(-61, False), (-60, True), (400, True), (401, False)])
def test_dates_reach_60_days_back_and_400_ahead(
    owner: Employee, unit: Unit, state: State, column: str, days: int, is_there: bool
) -> None:
    day = TODAY + dt.timedelta(days)
    initiative = an_initiative(owner, unit, state, first_step_on=None)
    initiative.outcomes.update(target_on=None, review_on=None)
    rows = initiative.outcomes if column in {"next_due_on", "target_on", "review_on"} else Initiative.objects
    rows.update(**{column: day})
    found = [on for due, on in dates(owner) if due != "resume" or column == "resume_on"]
    assert found == ([day] if is_there else [])


@pytest.mark.parametrize(("days", "is_there"), [(-61, False), (-60, True), (400, True), (401, False)])
def test_so_do_decisions_promises_and_checks(
    owner: Employee, unit: Unit, manager: Employee, days: int, is_there: bool
) -> None:
    day = TODAY + dt.timedelta(days)
    an_initiative(owner, unit, State.PROPOSED, decider=manager, decide_by_on=day)
    a_promise(an_initiative(owner, unit, State.PAUSED, resume_on=TODAY - dt.timedelta(days=100)), manager, due_on=day)
    HoldCheck.objects.create(outcome=a_confirmed(owner, unit).outcomes.get(), step=9, months=1, due_on=day)
    HoldCheck.objects.exclude(step=9).delete()
    Initiative.objects.filter(state="concluded").update(steps_taken=9)
    assert dates(manager) == ([("decision", day), ("promise", day)] if is_there else [])
    assert dates(owner) == ([("hold", day)] if is_there else [])


def test_dates_come_in_the_order_of_the_days(owner: Employee, unit: Unit) -> None:
    for number in range(3):
        an_initiative(owner, unit, State.UNDERWAY, first_step_on=TODAY + dt.timedelta(days=3 - number))
    found = [each.on for each in due_dates(owner, today=TODAY)]
    assert found == sorted(found)


def test_thirty_initiatives_cost_as_many_queries_as_one(owner: Employee, unit: Unit) -> None:
    def five(count: int) -> int:
        for _number in range(count):
            an_initiative(owner, unit, State.UNDERWAY, decider=owner)
            a_confirmed(owner, unit)
            a_promise(an_initiative(a_person(), unit, State.PROPOSED, decider=owner), owner)
        with CaptureQueriesContext(connection) as captured:
            due_dates(owner, today=TODAY)
        return len(captured)

    assert (five(1), five(29)) == (5, 5)
    assert len(due_dates(owner, today=TODAY)) == 30 * (3 + 4 + 2)


# --- The address ----------------------------------------------------------------------------------------------------
def test_a_new_address_is_one_that_nobody_has_had(owner: Employee) -> None:
    """Closed and opened again too: the very first address never comes back."""
    assert owner.calendar_version == 0
    seen = set()
    for _time in range(20):
        renew_address(by=owner, now=NOW)
        owner.refresh_from_db()
        seen.add(owner.calendar_version)
        close_calendar(by=owner, now=NOW)
        owner.refresh_from_db()
        assert owner.calendar_version == 0
    assert len(seen) == 20 and 0 not in seen


@pytest.mark.parametrize("drawn", [[4, 4, 6], [4, 6]])
def test_the_address_of_today_is_not_drawn_again(
    owner: Employee, drawn: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    Employee.objects.update(calendar_version=5)
    owner.refresh_from_db()
    numbers = iter(drawn)
    monkeypatch.setattr("initiatives.actions.calendar.secrets.randbelow", lambda below: next(numbers))
    renew_address(by=owner, now=NOW)
    owner.refresh_from_db()
    assert owner.calendar_version == 7


@pytest.mark.parametrize("act", [renew_address, close_calendar])
def test_somebody_who_has_left_changes_nothing(owner: Employee, act: Callable[..., None]) -> None:
    Employee.objects.update(calendar_version=5, ended_on=TODAY)
    owner.refresh_from_db()
    with pytest.raises(NotAllowed):
        act(by=owner, now=moment(TODAY + dt.timedelta(days=1)))
    owner.refresh_from_db()
    assert owner.calendar_version == 5
