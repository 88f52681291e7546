"""When nobody answers: the deputy, then the next level, who may then decide too, and at last silence."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import transaction

from initiatives import clock
from initiatives.actions.attempt import Given
from initiatives.actions.promising import settle_promise
from initiatives.actions.refusals import NotAllowed
from initiatives.actions.steps import take_step
from initiatives.models import CoDriver, Initiative, Nudge, NudgeSetting, RuleName
from initiatives.nudges.rules import RULE
from initiatives.permissions import decides
from initiatives.workflow import Verb
from kommun.models import Absence, Assignment, Employee, Role, Unit
from tests.builders import a_manager, a_person, a_unit, assign, moment
from tests.reasons import REASONS, Scene, a_scene
from tests.speaking import WEDNESDAY, the_reason
from tests.telling import ONE_DAY, collect, in_letters, only, turn

pytestmark = pytest.mark.django_db
MONDAY = dt.date(2026, 9, 7)
CLIMBS = dt.date(2026, 9, 15)  # the sixth working day after it was sent
MANDATE = Decimal(10_000)


@pytest.fixture
def scene() -> Scene:
    """Silence means go within the mandate of the unit."""
    return a_scene(silence_means_go=True, mandate_amount=MANDATE)


@pytest.fixture
def waiting(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Initiative:
    """Sent on Monday, to be decided on within ten working days."""
    only(monkeypatch, "decision_waiting", "silence_owner", "silence_decider", "approved")
    initiative = REASONS[RuleName.DECISION_WAITING](scene, MONDAY)
    Initiative.objects.update(decide_by_on=dt.date(2026, 9, 21))
    initiative.refresh_from_db()
    return initiative


def now(initiative: Initiative) -> Initiative:
    return Initiative.objects.get(pk=initiative.pk)


def may(person: Employee, initiative: Initiative, day: dt.date = CLIMBS) -> bool:
    """Whether a yes of that person is taken; it is taken back afterwards."""
    found, before = now(initiative), transaction.savepoint()
    try:
        take_step(found, Verb.APPROVE, by=person, seen=found.seen, now=moment(day, 12))
        is_taken = True
    except NotAllowed:
        is_taken = False
    transaction.savepoint_rollback(before)
    assert decides(person, now(initiative), on=day) == is_taken
    return is_taken


def asked(level: int, rule: str = "decision_waiting") -> list[str]:
    """Who has been written down for that level, in order."""
    rows = Nudge.objects.filter(rule=rule, level=level).order_by("number")
    return [nudge.to.given_name for nudge in rows]


def away(person: Employee, first: dt.date, last: dt.date | None = None) -> None:
    Absence.objects.create(employee=person, from_on=first, to_on=last)


# --- Who may decide -------------------------------------------------------------------------------------------------
def test_the_next_level_may_decide_from_the_day_it_has_climbed(scene: Scene, waiting: Initiative) -> None:
    turn(CLIMBS - ONE_DAY)
    assert (asked(1), now(waiting).escalated_to) == ([], None)
    assert not may(scene.director, waiting, CLIMBS - ONE_DAY)
    turn(CLIMBS)
    assert (asked(0), asked(1), now(waiting).escalated_to) == (["Johan"] * 2, ["Karin"], scene.director)
    assert may(scene.director, waiting)


def test_the_first_manager_still_may_and_nobody_else(scene: Scene, waiting: Initiative) -> None:
    deputy = assign(a_person("Sara", unit=scene.unit), "deputy", scene.unit)
    beside = a_manager(a_unit("Skolan", parent=scene.unit.parent), "Olle")
    co_driver = a_person("Li", unit=scene.unit)
    CoDriver.objects.create(initiative=waiting, employee=co_driver, invited_by=scene.owner)
    turn(CLIMBS)
    people = [scene.manager, deputy, scene.director, beside, scene.owner, co_driver, scene.controller, a_person()]
    assert [may(person, waiting) for person in people] == [True, True, True] + [False] * 5


def test_the_one_above_who_drives_it_may_not_and_is_not_asked(scene: Scene, waiting: Initiative) -> None:
    CoDriver.objects.create(initiative=waiting, employee=scene.director, invited_by=scene.owner)
    turn(CLIMBS)
    assert (asked(1), now(waiting).escalated_to) == ([], None)
    CoDriver.objects.all().delete()
    turn(CLIMBS)
    CoDriver.objects.create(initiative=waiting, employee=scene.director, invited_by=scene.owner)
    assert (now(waiting).escalated_to, may(scene.director, waiting)) == (scene.director, False)


@pytest.mark.parametrize("how", ["has left", "has another task"])
def test_somebody_who_no_longer_answers_there_may_not_and_the_successor_may(
    how: str, scene: Scene, waiting: Initiative
) -> None:
    turn(CLIMBS)
    assert collect(CLIMBS) == 2
    if how == "has left":
        Employee.objects.filter(pk=scene.director.pk).update(ended_on=CLIMBS - ONE_DAY)
    Assignment.objects.filter(employee=scene.director).update(to_on=CLIMBS - ONE_DAY)
    assert not may(Employee.objects.get(pk=scene.director.pk), waiting)
    assert scene.unit.parent is not None
    successor = a_manager(scene.unit.parent, "Eva")
    assert not may(successor, waiting)
    turn(CLIMBS)
    assert now(waiting).escalated_to == successor
    assert may(successor, waiting)
    turn(CLIMBS + 3 * ONE_DAY)  # three working days later: the next time
    assert asked(1)[-1] == "Eva"


def test_the_one_it_climbed_to_may_decide_while_registered_as_away(scene: Scene, waiting: Initiative) -> None:
    turn(CLIMBS)
    away(scene.director, CLIMBS, CLIMBS)
    turn(CLIMBS)
    assert now(waiting).escalated_to == scene.director
    assert may(scene.director, waiting)


def test_a_yes_from_above_starts_it_and_nobody_is_asked_any_more(scene: Scene, waiting: Initiative) -> None:
    turn(CLIMBS)
    found = now(waiting)
    take_step(found, Verb.APPROVE, by=scene.director, seen=found.seen, now=moment(CLIMBS, 12))
    assert now(waiting).state == "underway"
    for number in (0, 1, 3, 6, 20):
        turn(CLIMBS + number * ONE_DAY)
    collect(CLIMBS + 20 * ONE_DAY)
    assert in_letters() == {("approved", "Amina")}
    assert not decides(scene.director, now(waiting), on=CLIMBS + 20 * ONE_DAY)


def test_what_it_asks_for_is_the_decision_and_nothing_else(scene: Scene, waiting: Initiative) -> None:
    """Who is asked for want of an answer has no say in what has been decided on."""
    turn(CLIMBS)
    Initiative.objects.update(state="underway")
    assert not decides(scene.director, now(waiting), on=CLIMBS)
    assert decides(scene.manager, now(waiting), on=CLIMBS)


# --- How it climbs --------------------------------------------------------------------------------------------------
def test_it_climbs_from_the_deputy_who_stood_in(scene: Scene, waiting: Initiative) -> None:
    assign(a_person("Sara", unit=scene.unit), "deputy", scene.unit)
    away(scene.manager, MONDAY)
    turn(MONDAY + 3 * ONE_DAY)
    turn(CLIMBS)
    assert (asked(0), asked(1)) == (["Sara", "Sara"], ["Karin"])


def test_past_whoever_answers_for_both_levels(scene: Scene, waiting: Initiative) -> None:
    """The manager stands in for the director too: asked once is enough, so it goes on to the one above."""
    assert scene.unit.parent is not None
    top = a_unit("Regionen")
    Unit.objects.filter(pk=scene.unit.parent.pk).update(parent=top, path=[top.pk, scene.unit.parent.pk])
    Unit.objects.filter(pk=scene.unit.pk).update(path=[top.pk, scene.unit.parent.pk, scene.unit.pk])
    scene.unit.parent.placements.update(parent=top)
    Assignment.objects.filter(employee=scene.director).delete()
    assign(scene.manager, Role.MANAGER, scene.unit.parent)
    a_manager(top, "Maj")
    turn(CLIMBS)
    assert (asked(0), asked(1)) == (["Johan"], ["Maj"])


def test_to_the_deputy_above_while_the_director_is_away(scene: Scene, waiting: Initiative) -> None:
    assert scene.unit.parent is not None
    stand_in = assign(a_person("Eva", unit=scene.unit.parent), "deputy", scene.unit.parent)
    away(scene.director, CLIMBS, CLIMBS)
    turn(CLIMBS)
    assert (asked(1), now(waiting).escalated_to) == (["Eva"], stand_in)
    turn(CLIMBS + ONE_DAY)  # not told yet, so it turns to the director who is back
    assert (asked(1), now(waiting).escalated_to) == (["Karin"], scene.director)


def test_to_the_level_that_covers_the_cost(scene: Scene, waiting: Initiative) -> None:
    """Beyond the mandate below, the director is asked first; above there is nobody, and then an administrator."""
    assert scene.unit.parent is not None
    Initiative.objects.update(cost=MANDATE + 1)
    turn(CLIMBS)
    assert (asked(0), asked(1)) == (["Karin"], [])
    assign(a_person("Ada"), Role.ADMINISTRATOR, scene.unit.parent)
    turn(CLIMBS)
    assert asked(1) == ["Ada"]
    assert may(Employee.objects.get(given_name="Ada"), waiting)


def test_where_nobody_is_above_nothing_stops(scene: Scene, waiting: Initiative) -> None:
    Assignment.objects.filter(employee=scene.director).delete()
    turn(CLIMBS)
    assert (asked(0), asked(1), now(waiting).escalated_to) == (["Johan"], [], None)


@pytest.mark.parametrize("days", [1, 4, 9])
def test_after_the_days_that_are_set_for_the_unit(days: int, scene: Scene, waiting: Initiative) -> None:
    NudgeSetting.objects.create(rule="decision_waiting", unit=scene.unit, escalate_after=days)
    on = {1: 8, 4: 11, 9: 18}[days]
    turn(dt.date(2026, 9, on - 1))
    assert asked(1) == []
    turn(dt.date(2026, 9, on))
    assert asked(1) == ["Karin"]


def test_not_at_all_where_it_is_turned_off(scene: Scene, waiting: Initiative) -> None:
    NudgeSetting.objects.create(rule="decision_waiting", escalate_to="nobody")
    turn(CLIMBS + 30 * ONE_DAY)
    assert (asked(1), now(waiting).escalated_to) == ([], None)


# --- Begun anew, and silence ----------------------------------------------------------------------------------------
def test_an_answered_question_is_a_new_one_and_the_climb_is_forgotten(scene: Scene, waiting: Initiative) -> None:
    turn(CLIMBS)
    given = Given(reason="Hur många ärenden är det?")
    step(waiting, Verb.RETURN, scene.director, CLIMBS, given)
    assert not decides(scene.director, now(waiting), on=CLIMBS)
    owner, day = now(waiting).owner, CLIMBS + ONE_DAY
    Initiative.objects.update(first_step_on=day + 7 * ONE_DAY)
    later = day + dt.timedelta(days=180)
    waiting.outcomes.update(target_on=later, review_on=later, baseline_ready_on=day + 20 * ONE_DAY)
    step(waiting, Verb.RESUBMIT, owner, day, Given(reason="Tio i veckan."))
    assert now(waiting).escalated_to is None
    turn(dt.date(2026, 9, 23))  # the sixth working day after the 16th is the 24th
    assert (now(waiting).escalated_to, may(scene.director, waiting, dt.date(2026, 9, 23))) == (None, False)
    turn(dt.date(2026, 9, 24))
    assert (now(waiting).escalated_to, may(scene.director, waiting, dt.date(2026, 9, 24))) == (scene.director, True)


def step(initiative: Initiative, verb: Verb, by: Employee, day: dt.date, given: Given) -> None:
    found = now(initiative)
    take_step(found, verb, by=by, seen=found.seen, now=moment(day, 13), given=given)


def test_silence_after_the_climb_starts_it_and_both_get_a_letter(scene: Scene, waiting: Initiative) -> None:
    """The decision was to be made by Monday the 21st; on the Tuesday it starts by itself, inside the guard-rails."""
    clock.turn(moment(CLIMBS, 8))
    assert in_letters() == {("decision_waiting", "Johan"), ("decision_waiting", "Karin")}
    assert clock.turn(moment(dt.date(2026, 9, 21), 8)).silence == 0
    done = clock.turn(moment(dt.date(2026, 9, 22), 8))
    assert (done.silence, now(waiting).state) == (1, "underway")
    news = Nudge.objects.filter(rule__in=["silence_owner", "silence_decider"]).exclude(letter=None)
    assert {(nudge.rule, nudge.to.given_name) for nudge in news} == {
        ("silence_owner", "Amina"),
        ("silence_decider", "Johan"),
    }


def test_outside_the_guard_rails_it_waits_and_is_asked_about(scene: Scene, waiting: Initiative) -> None:
    Initiative.objects.update(has_personal_data=True)
    clock.turn(moment(dt.date(2026, 9, 22), 8))
    assert (now(waiting).state, now(waiting).escalated_to) == ("proposed", scene.director)
    assert in_letters() == {("decision_waiting", "Johan"), ("decision_waiting", "Karin")}


def test_the_turn_in_which_it_climbs_gives_the_right_before_the_letter(scene: Scene, waiting: Initiative) -> None:
    done = clock.turn(moment(CLIMBS, 8))
    assert (done.escalated, done.letters) == (1, 2)
    assert may(scene.director, waiting)
    assert clock.turn(moment(CLIMBS, 9)).escalated == 0


# --- Obstacles and promises -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["obstacle_open", "promise_due"])
def test_an_obstacle_or_a_promise_climbs_too(name: str, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the tenth working day, the 21st of September; past the deputy as well, and by no cost."""
    only(monkeypatch, name)
    initiative = REASONS[RuleName(name)](scene, MONDAY)
    Initiative.objects.filter(pk=initiative.pk).update(cost=MANDATE * 100)
    turn(dt.date(2026, 9, 18))
    assert climbed(name) == []
    turn(dt.date(2026, 9, 21))
    assert climbed(name) == ["Karin"]
    assert (collect(dt.date(2026, 9, 21)), in_letters()) == (2, {(name, "Johan"), (name, "Karin")})


@pytest.mark.parametrize("name", ["obstacle_open", "promise_due"])
def test_to_the_nearest_level_above_whatever_it_costs(name: str, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cost that only the top may decide about is no reason to pass over the level between."""
    only(monkeypatch, name)
    between = a_unit("Området", parent=scene.unit.parent)
    a_manager(between, "Mia")
    Unit.objects.filter(pk=scene.unit.pk).update(parent=between, path=[*between.path, scene.unit.pk])
    scene.unit.placements.update(parent=between)
    initiative = REASONS[RuleName(name)](scene, MONDAY)
    Initiative.objects.filter(pk=initiative.pk).update(cost=MANDATE * 100)
    turn(dt.date(2026, 9, 21))
    assert climbed(name) == ["Mia"]


def climbed(name: str) -> list[str]:
    return [nudge.to.given_name for nudge in Nudge.objects.filter(rule=name, level=1).order_by("number")]


@pytest.mark.parametrize("name", ["obstacle_open", "promise_due"])
def test_past_the_deputy_while_the_manager_is_away(name: str, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, name)
    REASONS[RuleName(name)](scene, MONDAY)
    assign(a_person("Sara", unit=scene.unit), "deputy", scene.unit)
    away(scene.manager, MONDAY)
    turn(dt.date(2026, 9, 21))
    assert set(Nudge.objects.values_list("level", "to__given_name")) == {(0, "Sara"), (1, "Karin")}


@pytest.mark.parametrize("name", ["obstacle_open", "promise_due"])
def test_what_was_answered_climbs_no_more(name: str, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, name)
    initiative = REASONS[RuleName(name)](scene, MONDAY)
    turn(dt.date(2026, 9, 18))
    initiative.obstacles.update(closed_at=moment(MONDAY), closed_by=scene.manager, is_removed=True)
    initiative.promises.update(settled_at=moment(MONDAY), is_kept=True)
    turn(dt.date(2026, 9, 30))
    assert climbed(name) == []


@pytest.mark.parametrize(("rule", "field"), [("obstacle_open", "owner"), ("promise_due", "promised_by")])
def test_what_the_director_was_asked_never_falls_to_the_manager_below(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, rule: str, field: str
) -> None:
    only(monkeypatch, rule)
    initiative = the_reason(RULE[rule], scene)
    rows = initiative.obstacles if rule == "obstacle_open" else initiative.promises
    rows.update(**{field: scene.director})
    turn(WEDNESDAY + 60 * ONE_DAY)
    assert (asked(0, rule), asked(1, rule)) == (["Karin"], [])


def test_whoever_was_reminded_of_a_promise_in_the_managers_place_may_answer_it(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, "promise_due")
    initiative, day = the_reason(RULE["promise_due"], scene), WEDNESDAY + 20 * ONE_DAY
    promise = initiative.promises.get()
    with pytest.raises(NotAllowed):
        settle_promise(promise, is_kept=True, by=scene.director, now=moment(day))
    turn(day)
    assert asked(1, "promise_due") == ["Karin"]
    settle_promise(promise, is_kept=True, by=scene.director, now=moment(day))
    promise.refresh_from_db()
    assert promise.is_kept is True


@pytest.mark.parametrize("rule", ["decision_waiting", "obstacle_open", "promise_due"])
def test_what_has_climbed_and_is_not_told_yet_turns_to_the_next_one_there(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, rule: str
) -> None:
    only(monkeypatch, rule)
    the_reason(RULE[rule], scene)
    assert scene.unit.parent is not None
    assign(a_person("Eva", unit=scene.unit.parent), "deputy", scene.unit.parent)
    day = WEDNESDAY + 60 * ONE_DAY
    turn(day)
    away(scene.director, day, day)
    turn(day)
    assert asked(1, rule) == ["Eva"]
