"""Promises: made by the decider, settled once by whoever promised, or by the decider when that person has gone."""

import datetime as dt
from collections.abc import Callable
from functools import partial

import pytest

from initiatives.actions.agreeing import approve
from initiatives.actions.promising import LONGEST, Promised, promise_more, settle_promise
from initiatives.actions.refusals import NotAllowed, Overtaken, Refused
from initiatives.models import CoDriver, Event, Initiative, Promise
from initiatives.workflow import State
from kommun.models import Assignment, Employee, Role, Unit
from tests.builders import NOW, TODAY, a_manager, a_person, a_unit, an_initiative, assign

pytestmark = pytest.mark.django_db
YESTERDAY = TODAY - dt.timedelta(days=1)
HOURS = Promised(Promise.Kind.TIME, "Två timmar i veckan", TODAY + dt.timedelta(days=9))


@pytest.fixture
def root() -> Unit:
    return a_unit("Åsmåla kommun")


@pytest.fixture
def unit(root: Unit) -> Unit:
    return a_unit(parent=root)


@pytest.fixture
def director(root: Unit) -> Employee:
    return a_manager(root, "Helena", "Strand")


@pytest.fixture
def manager(unit: Unit, director: Employee) -> Employee:
    return a_manager(unit)


@pytest.fixture
def owner(unit: Unit) -> Employee:
    return a_person(unit=unit)


@pytest.fixture
def initiative(owner: Employee, unit: Unit, manager: Employee) -> Initiative:
    return an_initiative(owner, unit, State.UNDERWAY, decider=manager)


@pytest.fixture
def promise(initiative: Initiative, manager: Employee) -> Promise:
    return promise_more(initiative, HOURS, by=manager, now=NOW)


def settle(promise: Promise, by: Employee, *, is_kept: bool = True, note: str = "") -> Promise:
    settle_promise(promise, is_kept=is_kept, by=by, now=NOW, note=note)
    promise.refresh_from_db()
    return promise


def sentence(action: Callable[[], object], refusal: type[Refused] = Refused) -> str:
    """What is said by a refusal of exactly this kind, after which nothing was written."""
    before = (list(Promise.objects.values()), Event.objects.count())
    with pytest.raises(Refused) as caught:
        action()
    assert (type(caught.value), list(Promise.objects.values()), Event.objects.count()) == (refusal, *before)
    return str(caught.value)


# --- Making one -----------------------------------------------------------------------------------------------------
def test_the_decider_promises_more_to_what_is_carried_out(promise: Promise, manager: Employee) -> None:
    assert (promise.kind, promise.text, promise.due_on, promise.promised_by, promise.promised_at) == (
        "time", "Två timmar i veckan", HOURS.due_on, manager, NOW,
    )  # fmt: skip
    event = Event.objects.get(kind="promise.make")
    told = {"promise": "time", "text": "Två timmar i veckan", "due_on": HOURS.due_on.isoformat()}
    assert (event.subject, event.by, event.data) == (promise.uuid, manager, told)


def test_a_promise_with_the_yes_is_told_of_by_its_own_id(owner: Employee, unit: Unit, manager: Employee) -> None:
    waiting = an_initiative(owner, unit, State.PROPOSED, decider=manager)
    approve(waiting, by=manager, seen=waiting.seen, now=NOW, promises=[HOURS])
    assert Event.objects.get(kind="promise.make").subject == Promise.objects.get().uuid


def test_nobody_else_makes_one(initiative: Initiative, unit: Unit, root: Unit, director: Employee) -> None:
    friend = a_person(unit=unit)
    CoDriver.objects.create(initiative=initiative, employee=friend, invited_by=initiative.owner)
    elsewhere = a_manager(a_unit("Gata och park", root))
    for other in (initiative.owner, friend, a_person(unit=unit), elsewhere, director):
        assert "enhetens beslutsfattare" in sentence(
            partial(promise_more, initiative, HOURS, by=other, now=NOW), NotAllowed
        )


def test_a_former_manager_makes_none(initiative: Initiative, manager: Employee) -> None:
    manager.ended_on = YESTERDAY
    manager.save()
    assert sentence(lambda: promise_more(initiative, HOURS, by=manager, now=NOW), NotAllowed)


@pytest.mark.parametrize("state", set(State) - {State.DRAFT})
def test_it_is_made_while_somebody_carries_it_out(owner: Employee, unit: Unit, manager: Employee, state: State) -> None:
    initiative = an_initiative(owner, unit, state)
    if state in {State.UNDERWAY, State.PAUSED, State.MEASURING}:
        assert promise_more(initiative, HOURS, by=manager, now=NOW).text == HOURS.text
    else:
        assert "testas eller följs upp" in sentence(lambda: promise_more(initiative, HOURS, by=manager, now=NOW))


@pytest.mark.parametrize(
    ("text", "due_on", "said"),
    [
        (" ", TODAY, "Skriv vad du lovar"),
        ("Tid", YESTERDAY, "välj en dag som inte har passerat"),
        ("x" * (LONGEST + 1), TODAY, "högst 300 tecken"),
    ],
)
def test_half_a_promise_is_refused(
    initiative: Initiative, manager: Employee, text: str, due_on: dt.date, said: str
) -> None:
    half = Promised(Promise.Kind.DOOR, text, due_on)
    assert said in sentence(lambda: promise_more(initiative, half, by=manager, now=NOW))
    today = Promised(Promise.Kind.DOOR, "x" * LONGEST, TODAY)
    assert promise_more(initiative, today, by=manager, now=NOW).due_on == TODAY


# --- Settling it ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("is_kept", [True, False])
def test_whoever_promised_says_whether_it_came_true(promise: Promise, manager: Employee, is_kept: bool) -> None:
    settle(promise, manager, is_kept=is_kept, note=" Från måndag. ")
    assert (promise.settled_at, promise.is_kept) == (NOW, is_kept)
    event = Event.objects.get(kind="promise.settle")
    assert (event.subject, event.by, event.data) == (
        promise.uuid, manager, {"is_kept": is_kept, "note": "Från måndag."},
    )  # fmt: skip


def test_it_is_settled_once(promise: Promise, manager: Employee) -> None:
    settle(promise, manager)
    assert "Någon hann före dig" in sentence(lambda: settle(promise, manager, is_kept=False), Overtaken)


def test_nobody_else_settles_it(promise: Promise, unit: Unit, root: Unit, director: Employee) -> None:
    deputy = assign(a_person(unit=unit), Role.DEPUTY, unit)
    friend = a_person(unit=unit)
    CoDriver.objects.create(initiative=promise.initiative, employee=friend, invited_by=promise.initiative.owner)
    elsewhere = a_manager(a_unit("Gata och park", root))
    for other in (promise.initiative.owner, friend, a_person(unit=unit), elsewhere, director, deputy):
        assert "Den som lovade svarar" in sentence(partial(settle, promise, other), NotAllowed)


def test_the_decider_settles_it_for_somebody_who_has_left(
    promise: Promise, unit: Unit, root: Unit, manager: Employee, director: Employee
) -> None:
    manager.ended_on = YESTERDAY
    manager.save()
    promise.refresh_from_db()
    assert sentence(lambda: settle(promise, manager), NotAllowed)
    new = a_manager(unit, "Nina", "Ny")
    assert sentence(lambda: settle(promise, director), NotAllowed)
    assert settle(promise, new, is_kept=False).is_kept is False


def test_the_decider_settles_it_for_somebody_who_answers_for_the_unit_no_longer(
    promise: Promise, unit: Unit, root: Unit, manager: Employee, director: Employee
) -> None:
    Assignment.objects.filter(employee=manager).update(to_on=YESTERDAY)
    assert settle(promise, director).is_kept is True


def test_whoever_promised_and_has_another_post_settles_it_still(promise: Promise, manager: Employee) -> None:
    Assignment.objects.filter(employee=manager).update(to_on=YESTERDAY)
    assert settle(promise, manager).is_kept is True


def test_somebody_who_promised_and_moved_up_keeps_it(
    promise: Promise, unit: Unit, root: Unit, manager: Employee
) -> None:
    Assignment.objects.filter(employee=manager).update(unit=root)
    new = a_manager(unit, "Nina", "Ny")
    assert sentence(lambda: settle(promise, new), NotAllowed)
    assert settle(promise, manager).is_kept is True


def test_whoever_promised_and_now_drives_it_leaves_it_to_the_decider(
    promise: Promise, manager: Employee, director: Employee
) -> None:
    CoDriver.objects.create(initiative=promise.initiative, employee=manager, invited_by=promise.initiative.owner)
    assert sentence(lambda: settle(promise, manager), NotAllowed)
    assert settle(promise, director).is_kept is True


def test_it_is_settled_after_the_initiative_has_ended_too(promise: Promise, manager: Employee) -> None:
    ended = {"state": State.CONCLUDED, "ending": "stopped", "concluded_at": NOW, "lesson": "Så"}
    Initiative.objects.update(**ended)
    assert settle(promise, manager).is_kept is True


def test_a_note_is_short(promise: Promise, manager: Employee) -> None:
    assert "högst 300 tecken" in sentence(lambda: settle(promise, manager, note="x" * 301))
