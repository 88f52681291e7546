"""Obstacles: raised by a driver, owned by somebody who can remove them, answered once."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from functools import partial

import pytest

from initiatives.actions.obstacles import LONGEST, close_obstacle, hand_obstacle_on, raise_obstacle, receivers
from initiatives.actions.refusals import NotAllowed, Overtaken, Refused
from initiatives.models import CoDriver, Event, Initiative, Obstacle
from initiatives.workflow import ACTIVE_STATES, State
from kommun.models import Absence, Assignment, Employee, Role, Unit
from tests.builders import NOW, TODAY, a_manager, a_person, a_unit, an_initiative, assign

pytestmark = pytest.mark.django_db
YESTERDAY = TODAY - dt.timedelta(days=1)


@pytest.fixture
def root() -> Unit:
    return a_unit("Åsmåla kommun")


@pytest.fixture
def unit(root: Unit) -> Unit:
    return a_unit(parent=root, mandate_amount=1_000)


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
def co_driver(initiative: Initiative, unit: Unit) -> Employee:
    row = CoDriver.objects.create(
        initiative=initiative, employee=a_person("Moa", "Ek", unit=unit), invited_by=initiative.owner
    )
    return row.employee


@pytest.fixture
def obstacle(initiative: Initiative, owner: Employee) -> Obstacle:
    return raise_obstacle(initiative, "Vi saknar behörighet i systemet.", by=owner, now=NOW)


def leave(person: Employee) -> Employee:
    person.ended_on = YESTERDAY
    person.save()
    return person


def close(obstacle: Obstacle, by: Employee, *, is_removed: bool = True, answer: str = "") -> Obstacle:
    close_obstacle(obstacle, is_removed=is_removed, answer=answer, by=by, now=NOW)
    obstacle.refresh_from_db()
    return obstacle


def hand_on(obstacle: Obstacle, to: Employee, by: Employee) -> Employee | None:
    hand_obstacle_on(obstacle, to=to, by=by, now=NOW)
    return Obstacle.objects.get(pk=obstacle.pk).owner


def sentence(action: Callable[[], object], refusal: type[Refused] = Refused) -> str:
    """What is said by a refusal of exactly this kind, after which nothing was written."""
    before = (list(Obstacle.objects.values()), Event.objects.count())
    with pytest.raises(Refused) as caught:
        action()
    assert (type(caught.value), list(Obstacle.objects.values()), Event.objects.count()) == (refusal, *before)
    return str(caught.value)


# --- Raising one ----------------------------------------------------------------------------------------------------
def test_it_is_owned_by_whoever_decides_for_the_unit_and_told_of(initiative: Initiative, manager: Employee) -> None:
    raised = raise_obstacle(initiative, "  Ingen tid avsatt.  ", by=initiative.owner, now=NOW)
    assert (raised.text, raised.owner, raised.raised_by, raised.raised_at, raised.closed_at) == (
        "Ingen tid avsatt.", manager, initiative.owner, NOW, None,
    )  # fmt: skip
    event = Event.objects.get(kind="obstacle.raise")
    assert (event.subject, event.by, event.data) == (
        raised.uuid, initiative.owner, {"text": "Ingen tid avsatt.", "person": str(manager.uuid)},
    )  # fmt: skip


def test_the_cost_of_the_initiative_does_not_lift_it(initiative: Initiative, manager: Employee) -> None:
    Initiative.objects.update(cost=Decimal(900_000))
    assert raise_obstacle(initiative, "Låst dörr", by=initiative.owner, now=NOW).owner == manager


def test_it_goes_one_level_up_when_the_manager_drives_it(unit: Unit, manager: Employee, director: Employee) -> None:
    own = an_initiative(manager, unit, State.UNDERWAY)
    assert raise_obstacle(own, "Låst dörr", by=manager, now=NOW).owner == director


def test_the_deputy_of_a_manager_who_is_away_owns_it(initiative: Initiative, unit: Unit, manager: Employee) -> None:
    deputy = assign(a_person("Dan", "Berg", unit=unit), Role.DEPUTY, unit)
    Absence.objects.create(employee=manager, from_on=TODAY, to_on=TODAY)
    assert raise_obstacle(initiative, "Låst dörr", by=initiative.owner, now=NOW).owner == deputy


def test_where_nobody_answers_it_is_written_down_all_the_same(owner: Employee) -> None:
    lonely = an_initiative(owner, a_unit("Utan chef"), State.UNDERWAY)
    assert raise_obstacle(lonely, "Låst dörr", by=owner, now=NOW).owner is None


def test_a_co_driver_raises_one_and_nobody_else(
    initiative: Initiative, co_driver: Employee, unit: Unit, manager: Employee
) -> None:
    assert raise_obstacle(initiative, "Låst dörr", by=co_driver, now=NOW).raised_by == co_driver
    for other in (a_person(unit=unit), manager, leave(initiative.owner)):
        assert "Bara den som driver" in sentence(
            partial(raise_obstacle, initiative, "Låst", by=other, now=NOW), NotAllowed
        )


@pytest.mark.parametrize("state", State)
def test_one_is_raised_while_the_initiative_goes_on(
    owner: Employee, unit: Unit, manager: Employee, state: State
) -> None:
    initiative = an_initiative(owner, unit, state)
    if state in {State.PROPOSED, State.RETURNED, State.UNDERWAY, State.PAUSED, State.MEASURING}:
        assert raise_obstacle(initiative, "Låst dörr", by=owner, now=NOW).owner == manager
    else:
        assert "medan initiativet pågår" in sentence(lambda: raise_obstacle(initiative, "Låst", by=owner, now=NOW))


@pytest.mark.parametrize(
    ("text", "said"), [(" ", "Skriv vad som är i vägen"), ("x" * (LONGEST + 1), "högst 300 tecken")]
)
def test_it_has_words_and_not_too_many(initiative: Initiative, text: str, said: str) -> None:
    assert said in sentence(lambda: raise_obstacle(initiative, text, by=initiative.owner, now=NOW))
    assert raise_obstacle(initiative, "x" * LONGEST, by=initiative.owner, now=NOW).text == "x" * LONGEST


# --- Answering it ---------------------------------------------------------------------------------------------------
def test_its_owner_removes_it(obstacle: Obstacle, manager: Employee) -> None:
    close(obstacle, manager, answer=" Du har den nu. ")
    assert (obstacle.closed_at, obstacle.closed_by, obstacle.is_removed, obstacle.answer) == (
        NOW, manager, True, "Du har den nu.",
    )  # fmt: skip
    event = Event.objects.get(kind="obstacle.close")
    assert (event.subject, event.by, event.data) == (
        obstacle.uuid, manager, {"is_removed": True, "answer": "Du har den nu."},
    )  # fmt: skip


def test_that_it_has_to_stay_needs_a_reason(obstacle: Obstacle, manager: Employee) -> None:
    for answer, said in ((" ", "varför det måste stå kvar"), ("x" * 301, "högst 300 tecken")):
        assert said in sentence(partial(close, obstacle, manager, is_removed=False, answer=answer))
    assert close(obstacle, manager, is_removed=False, answer="Lagen kräver det.").is_removed is False


def test_deputies_and_managers_above_answer_it_too(
    initiative: Initiative, unit: Unit, root: Unit, director: Employee
) -> None:
    deputies = [assign(a_person(unit=each), Role.DEPUTY, each) for each in (unit, root)]
    for person in (director, *deputies):
        raised = raise_obstacle(initiative, "Låst dörr", by=initiative.owner, now=NOW)
        assert close(raised, person, is_removed=False, answer="Nej").closed_by == person


def test_the_administrator_who_is_asked_where_nobody_answers_may(owner: Employee) -> None:
    lonely = a_unit("Utan chef")
    admin = assign(a_person("Ada", "Min", unit=lonely), Role.ADMINISTRATOR, lonely)
    raised = raise_obstacle(an_initiative(owner, lonely, State.UNDERWAY), "Låst dörr", by=owner, now=NOW)
    Obstacle.objects.update(owner=None)
    raised.refresh_from_db()
    assert close(raised, admin).closed_by == admin


def test_others_do_not_answer_it(obstacle: Obstacle, unit: Unit, root: Unit) -> None:
    elsewhere = a_manager(a_unit("Gata och park", root))
    below = a_manager(a_unit("En grupp", unit))
    controller = assign(a_person(unit=root), Role.CONTROLLER, root)
    for other in (a_person(unit=unit), elsewhere, below, controller):
        assert "Den som kan ta bort hindret svarar" in sentence(partial(close, obstacle, other), NotAllowed)


def test_somebody_who_has_left_does_not_answer_it(obstacle: Obstacle, manager: Employee, director: Employee) -> None:
    for former in (manager, director):
        leave(former)
        assert sentence(partial(close, obstacle, former), NotAllowed)


def test_a_former_manager_who_still_owns_it_answers_it_and_no_other(
    obstacle: Obstacle, initiative: Initiative, manager: Employee
) -> None:
    raised_later = raise_obstacle(initiative, "En till", by=initiative.owner, now=NOW)
    Obstacle.objects.filter(pk=raised_later.pk).update(owner=None)
    raised_later.refresh_from_db()
    Assignment.objects.filter(employee=manager).update(to_on=YESTERDAY)
    assert sentence(lambda: close(raised_later, manager), NotAllowed)
    assert close(obstacle, manager).closed_by == manager


def test_a_driver_says_that_it_is_gone_and_never_that_it_stays(
    obstacle: Obstacle, initiative: Initiative, co_driver: Employee
) -> None:
    for driver in (initiative.owner, co_driver):
        assert sentence(partial(close, obstacle, driver, is_removed=False, answer="Ja"), NotAllowed)
    assert close(obstacle, co_driver).is_removed is True


def test_an_owner_who_has_come_to_drive_it_does_not_say_that_it_stays(obstacle: Obstacle, manager: Employee) -> None:
    CoDriver.objects.create(initiative=obstacle.initiative, employee=manager, invited_by=obstacle.raised_by)
    assert sentence(lambda: close(obstacle, manager, is_removed=False, answer="Ja"), NotAllowed)


def test_it_is_answered_once(obstacle: Obstacle, manager: Employee, director: Employee) -> None:
    close(obstacle, manager, is_removed=False, answer="Nej")
    assert "Någon hann före dig" in sentence(lambda: close(obstacle, director), Overtaken)
    assert "Någon hann före dig" in sentence(lambda: close(obstacle, obstacle.raised_by), Overtaken)


@pytest.mark.parametrize("state", set(State) - ACTIVE_STATES)
def test_what_has_ended_is_not_asked_about_and_the_obstacle_stays_to_be_read(
    obstacle: Obstacle, initiative: Initiative, manager: Employee, director: Employee, state: State
) -> None:
    columns = {"ending": "stopped", "concluded_at": NOW, "lesson": "Så"} if state == State.CONCLUDED else {}
    Initiative.objects.filter(pk=initiative.pk).update(state=state, **columns)
    assert "medan initiativet pågår" in sentence(lambda: close(obstacle, manager))
    assert "medan initiativet pågår" in sentence(lambda: hand_on(obstacle, director, manager))
    assert Obstacle.objects.get().closed_at is None


# --- Handing it on --------------------------------------------------------------------------------------------------
def test_its_owner_hands_it_on_to_somebody_with_the_mandate(
    obstacle: Obstacle, manager: Employee, director: Employee
) -> None:
    assert hand_on(obstacle, director, manager) == director
    event = Event.objects.get(kind="obstacle.hand_on")
    assert (event.subject, event.by, event.data) == (obstacle.uuid, manager, {"person": str(director.uuid)})
    assert sentence(lambda: hand_on(obstacle, manager, manager), NotAllowed)


def test_it_goes_to_nobody_without_the_mandate_nor_to_a_driver_nor_to_its_owner(
    obstacle: Obstacle, unit: Unit, root: Unit, manager: Employee, director: Employee
) -> None:
    elsewhere, gone = a_manager(a_unit("Gata och park", root)), leave(a_manager(root))
    former = a_manager(root)
    Assignment.objects.filter(employee=former).update(to_on=YESTERDAY)
    driving = assign(a_person(unit=unit), Role.DEPUTY, unit)
    CoDriver.objects.create(initiative=obstacle.initiative, employee=driving, invited_by=obstacle.raised_by)
    for other in (a_person(unit=unit), elsewhere, gone, former, driving, obstacle.raised_by, manager):
        assert "Välj en chef eller ersättare" in sentence(partial(hand_on, obstacle, other, manager))
    found = receivers(Initiative.objects.get(), on=TODAY).values_list("employee", flat=True)
    assert set(found) == {manager.pk, director.pk}


def test_only_its_owner_hands_it_on(obstacle: Obstacle, unit: Unit, director: Employee) -> None:
    for other in (a_person(unit=unit), director, obstacle.raised_by):
        assert "Bara den som fick frågan" in sentence(partial(hand_on, obstacle, director, other), NotAllowed)


def test_whoever_may_answer_it_hands_it_on_when_nobody_owns_it_any_longer(
    obstacle: Obstacle, unit: Unit, manager: Employee, director: Employee
) -> None:
    heir = a_manager(unit, "Nina", "Ny")
    leave(manager)
    assert sentence(lambda: hand_on(obstacle, heir, a_person(unit=unit)), NotAllowed)
    assert hand_on(obstacle, heir, director) == heir
    Obstacle.objects.update(owner=None)
    obstacle.refresh_from_db()
    assert hand_on(obstacle, director, heir) == director


def test_what_is_answered_is_not_handed_on(obstacle: Obstacle, manager: Employee, director: Employee) -> None:
    close(obstacle, manager)
    assert sentence(lambda: hand_on(obstacle, director, manager), Overtaken)


def test_a_former_owner_who_looked_before_it_was_handed_on_does_not_answer_it(
    obstacle: Obstacle, manager: Employee, director: Employee
) -> None:
    seen_before = Obstacle.objects.get(pk=obstacle.pk)
    hand_on(obstacle, director, manager)
    Assignment.objects.filter(employee=manager).update(to_on=YESTERDAY)
    assert sentence(partial(close, seen_before, manager), NotAllowed)
