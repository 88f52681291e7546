"""It is noted when what a reminder asks for was done: the first such act since it was written, whoever did it."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from initiatives import events
from initiatives.actions.agreeing import answer_handover, answer_waiver
from initiatives.actions.attempt import Given
from initiatives.actions.commenting import comment
from initiatives.actions.obstacles import close_obstacle
from initiatives.actions.promising import settle_promise
from initiatives.actions.steps import take_step
from initiatives.models import Initiative, Measurement, Nudge, Outcome, RuleName, VerificationStep
from initiatives.nudges.rules import RULE, RULES
from initiatives.nudges.writing import note_acts
from initiatives.workflow import Verb
from kommun.models import Employee
from tests.builders import a_claim, an_initiative, moment
from tests.reasons import REASONS, Scene, a_scene
from tests.telling import ONE_DAY, only, write

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 9, 2)
Do = Callable[[Scene, Initiative, dt.datetime], Any]


def step(verb: Verb, by: str, **given: Any) -> Do:
    def do(scene: Scene, initiative: Initiative, at: dt.datetime) -> None:
        who: Employee = getattr(scene, by)
        take_step(initiative, verb, by=who, seen=initiative.seen, now=at, given=Given(**given))

    return do


def a_value(scene: Scene, initiative: Initiative, at: dt.datetime) -> None:
    outcome = initiative.outcomes.get()
    day = DAY - outcome.measurements.count() * ONE_DAY
    outcome.measurements.create(
        period_start=day, observed_on=day, value=Decimal(20), source=Measurement.Source.PERSON, created_at=at
    )


def a_line(scene: Scene, initiative: Initiative, at: dt.datetime) -> None:
    comment(initiative, "Det går framåt.", by=scene.owner, now=at)


def a_word(kind: str, by: str) -> Do:
    def do(scene: Scene, initiative: Initiative, at: dt.datetime) -> None:
        outcome = initiative.outcomes.get()
        number = outcome.verification_steps.count() + 1
        who = getattr(scene, by) if by else None
        VerificationStep.objects.create(
            outcome=outcome, number=number, kind=kind, by=who, at=at, reason="Så här räknade vi."
        )
        Outcome.objects.filter(pk=outcome.pk).update(verification=kind, verification_at=at)

    return do


def a_copy(scene: Scene, initiative: Initiative, at: dt.datetime) -> None:
    shown = Initiative.objects.get(title="Jour på jour")
    an_initiative(scene.owner, scene.unit, origin=shown, target=None, created_at=at)


def a_change(scene: Scene, initiative: Initiative, at: dt.datetime) -> None:
    events.record("initiative.describe", initiative, at=at, by=scene.owner)


DONE: dict[str, Do] = {
    "decision_waiting": step(Verb.RETURN, "manager", reason="Hur många ärenden är det?"),
    "waiver_asked": lambda s, i, at: answer_waiver(i.waivers.get(), is_accepted=False, by=s.manager, now=at),
    "obstacle_open": lambda s, i, at: close_obstacle(
        i.obstacles.get(), is_removed=True, answer="", by=s.manager, now=at
    ),
    "promise_due": lambda s, i, at: settle_promise(i.promises.get(), is_kept=True, by=s.manager, now=at),
    "handover_offered": lambda s, i, at: answer_handover(
        i.handovers.get(), is_accepted=False, by=i.handovers.get().to, now=at
    ),
    "verification_waiting": a_word("returned", "controller"),
    "verification_returned": a_word("asked", "owner"),
    "returned": step(Verb.WITHDRAW, "owner"),
    "value_due": a_value,
    "baseline_missing": a_value,
    "conclude_due": step(Verb.STOP, "owner", reason="Vi har inte tid.", lesson="Det räckte inte."),
    "hold_check_due": a_value,
    "first_step_due": a_line,
    "no_progress": a_line,
    "target_near": a_line,
    "target_passed": a_line,
    "draft_resting": a_change,
    "take_over": a_copy,
    "declined": step(Verb.REVISE, "owner"),
}
WRITTEN_ON = {"decision_waiting": 5, "verification_waiting": 7, "no_progress": 14, "target_near": -14}
WRITTEN_ON |= {"target_passed": 1, "draft_resting": 7}  # days after the reason; the rest on its day


def a_nudge_of(name: str, scene: Scene) -> tuple[Nudge, Initiative, dt.date]:
    initiative = REASONS[RuleName(name)](scene, DAY)
    initiative.refresh_from_db()
    written_on = DAY + WRITTEN_ON.get(name, 0) * ONE_DAY
    write(written_on, 16)
    return Nudge.objects.get(), initiative, written_on


def test_each_rule_that_asks_for_something_has_its_act() -> None:
    assert {rule.name.value for rule in RULES if not rule.is_news} == set(DONE)


@pytest.mark.parametrize("name", DONE)
def test_what_is_done_is_noted_with_its_moment(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first of two, and it stays as it was noted."""
    only(monkeypatch, name)
    scene = a_scene()
    _, initiative, written_on = a_nudge_of(name, scene)
    note_acts(now=moment(written_on, 17))
    assert Nudge.objects.get().acted_at is None
    at = moment(written_on + ONE_DAY, 10)
    DONE[name](scene, initiative, at)
    note_acts(now=moment(written_on + 2 * ONE_DAY))
    assert Nudge.objects.get().acted_at == at
    if DONE[name] in (a_line, a_change, a_value):
        DONE[name](scene, initiative, at + ONE_DAY)
        note_acts(now=moment(written_on + 3 * ONE_DAY))
    assert Nudge.objects.get().acted_at == at


@pytest.mark.parametrize("name", ["value_due", "baseline_missing", "target_passed", "draft_resting", "take_over"])
def test_what_was_done_before_it_was_written_does_not_count(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, name)
    scene = a_scene()
    _, initiative, written_on = a_nudge_of(name, scene)
    DONE[name](scene, initiative, moment(written_on, 15))
    note_acts(now=moment(written_on + ONE_DAY))
    assert Nudge.objects.get().acted_at is None
    DONE[name](scene, initiative, moment(written_on, 16))  # in the very moment
    note_acts(now=moment(written_on + ONE_DAY))
    assert Nudge.objects.get().acted_at == moment(written_on, 16)


@pytest.mark.parametrize("name", ["verification_waiting", "verification_returned"])
def test_a_word_of_before_does_not_count(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the one that is the reason nor one between it and the reminder."""
    only(monkeypatch, name)
    scene = a_scene()
    nudge, initiative, _ = a_nudge_of(name, scene)
    for at in (nudge.since_at, nudge.created_at - dt.timedelta(minutes=1)):
        a_word("asked", "owner")(scene, initiative, at)
    note_acts(now=nudge.created_at + ONE_DAY)
    assert Nudge.objects.get().acted_at is None


@pytest.mark.parametrize("name", ["verification_waiting", "verification_returned"])
def test_what_the_values_say_is_no_word_of_a_person(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, name)
    scene = a_scene()
    nudge, initiative, _ = a_nudge_of(name, scene)
    a_word("lapsed", "")(scene, initiative, nudge.created_at + ONE_DAY)
    note_acts(now=nudge.created_at + 2 * ONE_DAY)
    assert Nudge.objects.get().acted_at is None


def test_what_was_claimed_since_is_answered_when_it_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The effect itself was verified before."""
    only(monkeypatch, "verification_waiting")
    scene = a_scene()
    initiative = REASONS[RuleName.VERIFIED](scene, DAY)
    claim = a_claim(initiative.outcomes.get())
    claim.refresh_from_db()
    day = claim.updated_at.date() + 10 * ONE_DAY
    assert write(day, 16) == 1
    nudge = Nudge.objects.get()
    assert nudge.to == scene.controller
    note_acts(now=moment(day, 17))
    assert Nudge.objects.get().acted_at is None
    at = nudge.created_at + ONE_DAY
    initiative.outcomes.get().claims.update(checked_at=at, checked_by=scene.controller)
    note_acts(now=at)
    assert Nudge.objects.get().acted_at == at


def test_silence_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "decision_waiting")
    scene = a_scene(silence_means_go=True)
    nudge, initiative, _ = a_nudge_of("decision_waiting", scene)
    Initiative.objects.update(decide_by_on=DAY)
    initiative.refresh_from_db()
    at = nudge.created_at + ONE_DAY
    take_step(initiative, Verb.SILENCE, by=None, seen=initiative.seen, now=at)
    note_acts(now=at)
    assert Nudge.objects.get().acted_at is None


def test_what_others_do_elsewhere_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each act counts for its own initiative; the clock's own events for none."""
    only(monkeypatch, "target_passed", "value_due")
    scene = a_scene()
    first, _, written_on = a_nudge_of("target_passed", scene)
    other = REASONS[RuleName.VALUE_DUE](scene, DAY)
    write(written_on, 16)
    at = moment(written_on + ONE_DAY)
    a_value(scene, first.initiative, at)
    a_line(scene, other, at)
    events.record("initiative.resume", first.initiative, at=at, by=None)
    note_acts(now=at)
    assert set(Nudge.objects.values_list("rule", "acted_at")) == {("target_passed", None), ("value_due", None)}


def test_after_thirty_days_nobody_looks_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "target_passed")
    scene = a_scene()
    nudge, initiative, written_on = a_nudge_of("target_passed", scene)
    a_line(scene, initiative, moment(written_on + 30 * ONE_DAY))
    note_acts(now=nudge.created_at + 30 * ONE_DAY + dt.timedelta(seconds=1))
    assert Nudge.objects.get().acted_at is None
    note_acts(now=nudge.created_at + 30 * ONE_DAY)
    assert Nudge.objects.get().acted_at is not None


@pytest.mark.parametrize("name", [rule.name.value for rule in RULES if rule.is_news])
def test_news_ask_for_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, name)
    scene = a_scene()
    _, initiative, written_on = a_nudge_of(name, scene)
    a_line(scene, initiative, moment(written_on + ONE_DAY))
    note_acts(now=moment(written_on + 2 * ONE_DAY))
    assert (Nudge.objects.get().acted_at, RULE[name].is_news) == (None, True)


def test_it_is_noted_of_those_who_are_held_out_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else there would be nothing to compare with."""
    only(monkeypatch, "target_passed")
    scene = a_scene()
    _, initiative, written_on = a_nudge_of("target_passed", scene)
    Nudge.objects.update(is_held_out=True)
    at = moment(written_on + ONE_DAY)
    a_line(scene, initiative, at)
    note_acts(now=at)
    assert Nudge.objects.get().acted_at == at
