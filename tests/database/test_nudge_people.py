"""Whom every rule tells when people are away, have left, are new, or must not be written to."""

import datetime as dt

import pytest
from django.db import connection

from initiatives.actions.agreeing import answer_handover, offer_handover
from initiatives.models import Initiative
from initiatives.nudges import acts
from initiatives.nudges.recipients import owner_or_decider
from initiatives.nudges.rules import RULE, RULES, Rule
from kommun.models import Absence, Assignment, Employee, Letter
from tests.builders import a_manager, a_person, assign, moment
from tests.reasons import TOLD_TO, Scene, a_scene
from tests.speaking import WEDNESDAY, first_day, person, spoken, the_reason
from tests.telling import ONE_DAY, collect, days_from, in_letters, only, times, told, turn

pytestmark = pytest.mark.django_db
SPARED = [rule for rule in RULES if rule.spares_the_absent]
by_name = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)


@pytest.fixture
def scene() -> Scene:
    return a_scene()


def send_away(person: Employee, first: dt.date, last: dt.date) -> None:
    Absence.objects.create(employee=person, from_on=first, to_on=last)


def the_one(rule: Rule, scene: Scene) -> Employee:
    if rule.name == "handover_offered":
        return Employee.objects.get(given_name="Li")
    found: Employee = getattr(scene, TOLD_TO.get(rule.name, "owner"))
    return found


@pytest.mark.parametrize("rule", SPARED, ids=lambda rule: rule.name)
def test_somebody_away_is_left_in_peace_and_asked_once_on_return(
    rule: Rule, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, rule.name)
    the_reason(rule, scene)
    first, back = first_day(rule), first_day(rule) + 8 * ONE_DAY
    send_away(the_one(rule, scene), first, back - ONE_DAY)
    assert [turn(first), turn(back - ONE_DAY)] == [0, 0]
    assert [turn(back), turn(back)] == [1, 0]
    come = [each for each in spoken(rule) if each[2] <= back]
    assert times() == come[-1:]
    assert told() == {(rule.name.value, person(rule))}


def test_those_who_are_spared_are_all_but_those_who_are_waited_for_and_the_news() -> None:
    duties = {"decision_waiting", "waiver_asked", "obstacle_open", "promise_due"}
    news = {rule.name.value for rule in RULES if rule.forgotten_after}
    assert {rule.name.value for rule in SPARED} == {rule.name.value for rule in RULES} - duties - news


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.is_news], ids=lambda rule: rule.name)
def test_news_wait_for_somebody_away(rule: Rule, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also for longer than news are news."""
    only(monkeypatch, rule.name)
    the_reason(rule, scene)
    back = WEDNESDAY + 26 * ONE_DAY
    send_away(the_one(rule, scene), WEDNESDAY, back - ONE_DAY)
    turn(WEDNESDAY)
    assert [collect(WEDNESDAY), collect(back - 3 * ONE_DAY), collect(back)] == [0, 0, 1]
    assert in_letters() == {(rule.name.value, person(rule))}


WAITED_FOR = ["decision_waiting", "waiver_asked", "obstacle_open", "promise_due"]


@pytest.mark.parametrize("name", WAITED_FOR)
def test_what_is_waited_for_goes_to_the_deputy_while_the_manager_is_away(
    name: str, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also what was written before and not told; without a deputy to the level above; and back again."""
    only(monkeypatch, name)
    the_reason(RULE[name], scene)
    first = first_day(RULE[name])
    turn(first)
    assert told() == {(name, "Johan")}
    send_away(scene.manager, first, first)
    turn(first)
    assert told() == {(name, "Karin")}
    deputy = assign(a_person("Sara", unit=scene.unit), "deputy", scene.unit)
    turn(first)
    assert told() == {(name, "Sara")}
    Absence.objects.filter(employee=scene.manager).delete()
    turn(first)
    assert told() == {(name, "Johan")}
    send_away(scene.manager, first, first)
    turn(first)
    assert (collect(first), Letter.objects.get().employee) == (1, deputy)


@pytest.mark.parametrize("name", [*WAITED_FOR, "silence_decider", "own_mandate"])
def test_a_new_manager_is_asked_and_the_old_one_keeps_the_news(
    name: str, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, name)
    the_reason(RULE[name], scene)
    first = first_day(RULE[name])
    turn(first)
    Assignment.objects.filter(employee=scene.manager).update(to_on=first - ONE_DAY)
    a_manager(scene.unit, "Eva")
    turn(first)
    assert collect(first) == 1
    assert in_letters() == {(name, "Eva" if name in WAITED_FOR else "Johan")}


NOT_HANDED_OVER = ("take_over", "draft_resting", "stopped")
OWNERS = [rule for rule in RULES if TOLD_TO.get(rule.name, "owner") == "owner" and rule.name != "handover_offered"]


@pytest.mark.parametrize("rule", OWNERS, ids=lambda rule: rule.name)
def test_the_new_owner_is_told_what_the_old_one_was_not(
    rule: Rule, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, rule.name)
    initiative = the_reason(rule, scene)
    first = first_day(rule)
    turn(first)
    if rule.name in NOT_HANDED_OVER:
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            Initiative.objects.filter(pk=initiative.pk).update(owner=a_person("Li", unit=scene.unit))
            cursor.execute("SET session_replication_role = DEFAULT")
    else:
        hand_over(initiative, a_person("Li", unit=scene.unit), first)
    turn(first)
    collect(first)
    # The hand-over itself is something that happened.
    is_heard = rule.acted is acts.anything and not rule.is_news and rule.name not in NOT_HANDED_OVER
    assert in_letters() == (set() if is_heard else {(rule.name.value, "Li")})


def hand_over(initiative: Initiative, to: Employee, day: dt.date) -> None:
    handover = offer_handover(initiative, to, by=initiative.owner, now=moment(day, 10))
    answer_handover(handover, is_accepted=True, by=to, now=moment(day, 11))


STAND_IN = [rule for rule in OWNERS if rule.to is owner_or_decider]


@pytest.mark.parametrize("rule", OWNERS, ids=lambda rule: rule.name)
def test_when_the_owner_has_left_the_manager_is_asked_who_drives_it_and_spared_the_news(
    rule: Rule, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, rule.name)
    initiative = the_reason(rule, scene)
    Employee.objects.filter(pk=scene.manager.pk).update(language="en")
    Employee.objects.filter(pk=scene.owner.pk).update(ended_on=first_day(rule) - ONE_DAY)
    turn(first_day(rule))
    if rule not in STAND_IN:
        assert told() == set()
        return
    assert told() == {(rule.name.value, "Johan")}
    collect(next(day for day in days_from(first_day(rule), range(4)) if day.weekday() < 5))
    assert Letter.objects.get().subject == f"Who drives “{initiative.title}” now?"


def test_the_manager_stands_in_for_owners_who_have_left_where_something_is_to_be_done() -> None:
    assert {rule.name.value for rule in STAND_IN} == {
        "verification_returned", "value_due", "baseline_missing", "conclude_due", "hold_check_due", "first_step_due",
        "no_progress", "returned", "target_near", "target_passed",
    }  # fmt: skip


@pytest.mark.parametrize("rule", OWNERS, ids=lambda rule: rule.name)
def test_an_owner_is_told_on_the_last_day_of_work(rule: Rule, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, rule.name)
    the_reason(rule, scene)
    Employee.objects.filter(pk=scene.owner.pk).update(ended_on=first_day(rule))
    turn(first_day(rule))
    assert told() == {(rule.name.value, "Amina")}


@by_name
def test_nobody_who_has_left_is_told_anything(rule: Rule, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, rule.name)
    the_reason(rule, scene)
    Employee.objects.update(ended_on=first_day(rule) - ONE_DAY)
    assert (turn(first_day(rule)), collect(first_day(rule))) == (0, 0)


@by_name
def test_nobody_whose_identity_is_protected_is_written_to(
    rule: Rule, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, rule.name)
    the_reason(rule, scene)
    nobody = {"given_name": "", "family_name": "", "email": "", "sort_key": ""}
    Employee.objects.filter(pk=the_one(rule, scene).pk).update(is_protected=True, **nobody)
    assert (turn(first_day(rule)), collect(first_day(rule))) == (1, 0)


@pytest.mark.parametrize("name", WAITED_FOR)
def test_what_is_waited_for_is_told_at_once_to_who_stands_in_after_the_manager_was_told(
    name: str, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The deputy of the day after, and nobody twice: the manager has been told when the day away is over."""
    only(monkeypatch, name)
    assign(a_person("Sara", unit=scene.unit), "deputy", scene.unit)
    the_reason(RULE[name], scene)
    first = first_day(RULE[name])
    turn(first)
    assert (collect(first), told()) == (1, {(name, "Johan")})
    send_away(scene.manager, first + ONE_DAY, first + ONE_DAY)
    assert [turn(first + ONE_DAY), turn(first + ONE_DAY)] == [1, 0]
    assert (collect(first + ONE_DAY), in_letters()) == (1, {(name, "Johan"), (name, "Sara")})
    assert turn(first + 2 * ONE_DAY) == 0


def test_a_new_manager_is_told_at_once_of_what_waits(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though all the times of the reminder have been told to the former one."""
    only(monkeypatch, "decision_waiting")
    the_reason(RULE["decision_waiting"], scene)
    last = first_day(RULE["decision_waiting"]) + 22 * ONE_DAY
    turn(last)
    assert collect(last) == 2  # the manager, and the next level
    Assignment.objects.filter(employee=scene.manager).update(to_on=last)
    a_manager(scene.unit, "Nora", "Ny")
    turn(last + ONE_DAY)
    assert ("decision_waiting", "Nora") in told()
