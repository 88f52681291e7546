"""What has been written and not told yet: what it waits for, whom it goes to meanwhile, and when it is not told."""

import datetime as dt

import pytest

from initiatives import clock
from initiatives.models import Handover, Initiative, Nudge, RuleName, Snooze
from initiatives.nudges.writing import write_nudges
from kommun.models import Letter
from tests.builders import NOW, TODAY, a_nudge, a_person, moment
from tests.reasons import REASONS, Scene, a_scene

pytestmark = pytest.mark.django_db
YESTERDAY = TODAY - dt.timedelta(days=1)


@pytest.fixture
def scene() -> Scene:
    return a_scene()


def written(rule: str) -> int:
    write_nudges(now=NOW, today=TODAY)
    return Nudge.objects.filter(rule=rule).count()


@pytest.mark.parametrize("rule", ["waiver_asked", "obstacle_open"])
@pytest.mark.parametrize("state", ["concluded", "declined", "withdrawn"])
def test_what_has_ended_waits_for_nobodys_answer(scene: Scene, rule: str, state: str) -> None:
    initiative = REASONS[RuleName(rule)](scene, YESTERDAY)
    ended = {"ending": "stopped", "lesson": "Börja mindre.", "concluded_at": NOW} if state == "concluded" else {}
    Initiative.objects.filter(pk=initiative.pk).update(state=state, **ended)
    assert written(rule) == 0


@pytest.mark.parametrize(("ending", "count"), [("confirmed", 1), ("stopped", 0), ("no_effect", 0)])
def test_only_what_was_confirmed_can_be_taken_over_when_it_has_ended(scene: Scene, ending: str, count: int) -> None:
    initiative = REASONS[RuleName.HANDOVER_OFFERED](scene, YESTERDAY)
    ended = {"ending": ending, "lesson": "Börja mindre.", "concluded_at": NOW}
    Initiative.objects.filter(pk=initiative.pk).update(state="concluded", **ended)
    assert written("handover_offered") == count


def test_what_was_put_off_is_told_to_the_one_who_can_act_now(scene: Scene) -> None:
    """The owner put it off, and then somebody else took the initiative over."""
    initiative = REASONS[RuleName.VALUE_DUE](scene, TODAY - dt.timedelta(days=3))
    clock.turn(moment(YESTERDAY - dt.timedelta(days=2), 8))
    nudge = Nudge.objects.get(rule="value_due")
    Snooze.objects.create(
        employee=scene.owner,
        rule=nudge.rule,
        initiative=initiative,
        subject=nudge.subject,
        since_at=nudge.since_at,
        until_on=TODAY,
        created_at=nudge.created_at,
    )
    successor = a_person("Li", "Holm", unit=scene.unit)
    Handover.objects.create(
        initiative=initiative, to=successor, offered_by=scene.owner, offered_at=NOW, answered_at=NOW, is_accepted=True
    )
    Initiative.objects.filter(pk=initiative.pk).update(owner=successor)
    clock.turn(moment(TODAY, 8))
    assert [letter.employee for letter in Letter.objects.filter(on=TODAY, kind="collected")] == [successor]


def test_what_has_been_done_is_not_told_beside_something_else(scene: Scene) -> None:
    initiative = REASONS[RuleName.TARGET_NEAR](scene, TODAY + dt.timedelta(days=10))
    done = a_nudge(initiative, "target_near", scene.owner, acted_at=NOW)
    other = a_nudge(REASONS[RuleName.APPROVED](scene, TODAY), "approved", scene.owner)
    clock.turn(moment(TODAY, 8))
    letter = Letter.objects.get(employee=scene.owner, kind="collected")
    assert (done.pk in letter.nudges.values_list("pk", flat=True), letter.nudges.filter(pk=other.pk).exists()) == (
        False,
        True,
    )
