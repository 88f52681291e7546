"""For every rule of nudges, rows as plain as possible that are a reason since a day, and who is told of it."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from initiatives.models import (
    Comment,
    Handover,
    HoldCheck,
    Initiative,
    Obstacle,
    Promise,
    RuleName,
    Transition,
    VerificationStep,
    Waiver,
)
from initiatives.workflow import STEP, State, Verb
from kommun.models import Employee, Unit
from tests.builders import (
    a_manager,
    a_person,
    a_unit,
    an_indicator,
    an_initiative,
    an_outcome,
    assign,
    last_changed,
    moment,
)

HOUR = 15  # of the day, when it happened


@dataclass(frozen=True)
class Scene:
    """A unit with its manager, the level above with its director, a controller, and a colleague with an initiative."""

    unit: Unit
    owner: Employee
    manager: Employee
    director: Employee
    controller: Employee


def a_scene(**settings: Any) -> Scene:
    root = a_unit("Kommunen", **settings)
    unit = a_unit(parent=root)
    return Scene(
        unit=unit,
        owner=a_person("Amina", "Lindqvist", unit=unit),
        manager=a_manager(unit, "Johan", "Ek"),
        director=a_manager(root, "Karin", "Dahl"),
        controller=assign(a_person("Pia", "Lund", unit=root), "controller", root),
    )


def _initiative(scene: Scene, state: State, day: dt.date, **columns: Any) -> Initiative:
    """In that state since that day, the decider written on it; nothing in it is due by itself."""
    far = day + dt.timedelta(days=900)
    initiative = an_initiative(
        scene.owner,
        scene.unit,
        state,
        target=None,
        **{"state_since_at": moment(day, HOUR), "first_step_on": far, "decider": scene.manager} | columns,
    )
    an_outcome(initiative, target_on=far, review_on=far, baseline_ready_on=far)
    return initiative


def _outcome(initiative: Initiative, **columns: Any) -> Initiative:
    initiative.outcomes.update(**columns)
    return initiative


def _step(initiative: Initiative, verb: Verb, day: dt.date, by: Employee | None) -> Initiative:
    """The step as a row, taken on the day."""
    initiative.steps_taken += 1
    initiative.save()
    Transition.objects.create(
        initiative=initiative,
        number=initiative.steps_taken,
        verb=verb,
        from_state=min(STEP[verb].sources),
        to_state=STEP[verb].target,
        by=by,
        at=moment(day, HOUR),
        reason="Vi byter system i vår.",
    )
    return initiative


def decision_waiting(scene: Scene, day: dt.date) -> Initiative:
    ends = day + dt.timedelta(days=60)
    return _initiative(scene, State.PROPOSED, day, submitted_at=moment(day, HOUR), decide_by_on=ends)


def waiver_asked(scene: Scene, day: dt.date) -> Initiative:
    initiative = _initiative(scene, State.UNDERWAY, day)
    asked = {"kind": "baseline", "reason": "Det går inte att räkna.", "asked_by": scene.owner}
    Waiver.objects.create(initiative=initiative, asked_at=moment(day, HOUR), **asked)
    return initiative


def waiver_answered(scene: Scene, day: dt.date) -> Initiative:
    initiative = waiver_asked(scene, day)
    initiative.waivers.update(answered_at=moment(day, HOUR), answered_by=scene.manager, is_accepted=True)
    return initiative


def obstacle_open(scene: Scene, day: dt.date) -> Initiative:
    initiative = _initiative(scene, State.UNDERWAY, day)
    raised = {"text": "Vi saknar behörighet", "raised_by": scene.owner, "owner": scene.manager}
    Obstacle.objects.create(initiative=initiative, raised_at=moment(day, HOUR), **raised)
    return initiative


def obstacle_removed(scene: Scene, day: dt.date) -> Initiative:
    initiative = obstacle_open(scene, day)
    initiative.obstacles.update(closed_at=moment(day, HOUR), closed_by=scene.manager, is_removed=True)
    return initiative


def promise_due(scene: Scene, day: dt.date) -> Initiative:
    initiative = _initiative(scene, State.UNDERWAY, day)
    promised = {"kind": "time", "text": "Fyra timmar i veckan", "promised_by": scene.manager}
    Promise.objects.create(
        initiative=initiative, due_on=day, promised_at=moment(day - dt.timedelta(days=30)), **promised
    )
    return initiative


def promise_settled(scene: Scene, day: dt.date) -> Initiative:
    initiative = promise_due(scene, day)
    initiative.promises.update(settled_at=moment(day, HOUR), is_kept=True)
    return initiative


def handover_offered(scene: Scene, day: dt.date) -> Initiative:
    initiative = _initiative(scene, State.UNDERWAY, day)
    to = a_person("Li", "Holm", unit=scene.unit)
    Handover.objects.create(initiative=initiative, to=to, offered_by=scene.owner, offered_at=moment(day, HOUR))
    return initiative


def _confirmed(scene: Scene, day: dt.date, **outcome: Any) -> Initiative:
    initiative = _initiative(scene, State.CONCLUDED, day, concluded_at=moment(day, HOUR))
    return _outcome(initiative, **outcome)


def _verification(scene: Scene, day: dt.date, stands: str) -> Initiative:
    """Asked for when it was confirmed, and answered on the same day if it is answered."""
    initiative = _confirmed(scene, day, verification=stands, verification_at=moment(day, HOUR))
    outcome, reason = initiative.outcomes.get(), "Hur är det räknat?"
    VerificationStep.objects.create(outcome=outcome, number=1, kind="asked", at=moment(day, HOUR))
    if stands != "asked":
        answer = {"kind": stands, "by": scene.controller, "reason": reason}
        VerificationStep.objects.create(outcome=outcome, number=2, at=moment(day, HOUR), **answer)
    return initiative


def verification_waiting(scene: Scene, day: dt.date) -> Initiative:
    return _verification(scene, day, "asked")


def verification_returned(scene: Scene, day: dt.date) -> Initiative:
    return _verification(scene, day, "returned")


def verified(scene: Scene, day: dt.date) -> Initiative:
    return _verification(scene, day, "confirmed")


def hold_check_due(scene: Scene, day: dt.date) -> Initiative:
    initiative = _confirmed(scene, day - dt.timedelta(days=31))
    outcome = initiative.outcomes.get()
    HoldCheck.objects.create(outcome=outcome, step=initiative.steps_taken, months=1, due_on=day)
    return initiative


def returned(scene: Scene, day: dt.date) -> Initiative:
    return _step(_initiative(scene, State.RETURNED, day), Verb.RETURN, day, scene.manager)


def value_due(scene: Scene, day: dt.date) -> Initiative:
    """Monthly, so `day` is better not followed by the first of a month too soon."""
    return _outcome(_initiative(scene, State.MEASURING, day), next_due_on=day)


def baseline_missing(scene: Scene, day: dt.date) -> Initiative:
    return _outcome(_initiative(scene, State.UNDERWAY, day), baseline_ready_on=day)


def conclude_due(scene: Scene, day: dt.date) -> Initiative:
    return _outcome(_initiative(scene, State.MEASURING, day), review_on=day)


def first_step_due(scene: Scene, day: dt.date) -> Initiative:
    return _initiative(scene, State.UNDERWAY, day - dt.timedelta(days=5), first_step_on=day)


def no_progress(scene: Scene, day: dt.date) -> Initiative:
    return _initiative(scene, State.UNDERWAY, day)


def target_near(scene: Scene, day: dt.date) -> Initiative:
    return _outcome(_initiative(scene, State.MEASURING, day), target_on=day)


target_passed = target_near


def draft_resting(scene: Scene, day: dt.date) -> Initiative:
    initiative = _initiative(scene, State.DRAFT, day)
    last_changed(initiative, moment(day, HOUR))
    return initiative


def take_over(scene: Scene, day: dt.date) -> Initiative:
    """The owner's own draft about the measure that another unit has moved."""
    indicator = an_indicator()
    other = a_unit("Grannenheten", parent=scene.unit.parent)
    shown = an_initiative(
        a_person(unit=other), other, State.CONCLUDED, target=None, concluded_at=moment(day, HOUR), title="Jour på jour"
    )
    an_outcome(shown, indicator=indicator, grade=3)
    own = _initiative(
        scene, State.CONCLUDED, day - dt.timedelta(days=90), ending="no_effect", lesson="Det räckte inte."
    )
    return _outcome(own, indicator=indicator)


def declined(scene: Scene, day: dt.date) -> Initiative:
    return _step(_initiative(scene, State.DECLINED, day), Verb.DECLINE, day, scene.manager)


def approved(scene: Scene, day: dt.date) -> Initiative:
    return _step(_initiative(scene, State.UNDERWAY, day), Verb.APPROVE, day, scene.manager)


def silence_owner(scene: Scene, day: dt.date) -> Initiative:
    return _step(_initiative(scene, State.UNDERWAY, day), Verb.SILENCE, day, None)


silence_decider = silence_owner


def own_mandate(scene: Scene, day: dt.date) -> Initiative:
    return _step(_initiative(scene, State.UNDERWAY, day), Verb.START, day, scene.owner)


def stopped(scene: Scene, day: dt.date) -> Initiative:
    ended = _initiative(scene, State.CONCLUDED, day, ending="stopped", concluded_at=moment(day, HOUR))
    return _step(ended, Verb.STOP, day, scene.manager)


def comment_written(scene: Scene, day: dt.date) -> Initiative:
    initiative = _initiative(scene, State.UNDERWAY, day)
    Comment.objects.create(initiative=initiative, by=scene.manager, text="Bra jobbat!", at=moment(day, HOUR))
    return initiative


REASONS: dict[RuleName, Callable[[Scene, dt.date], Initiative]] = {name: globals()[name.value] for name in RuleName}
# Whom each is told to; the rest to the owner.
TOLD_TO = {
    RuleName.DECISION_WAITING: "manager",
    RuleName.WAIVER_ASKED: "manager",
    RuleName.OBSTACLE_OPEN: "manager",
    RuleName.PROMISE_DUE: "manager",
    RuleName.VERIFICATION_WAITING: "controller",
    RuleName.SILENCE_DECIDER: "manager",
    RuleName.OWN_MANDATE: "manager",
}
