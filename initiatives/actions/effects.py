"""What each step leaves behind beside the new state: columns, outcomes, and the figures of the moment."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from initiatives.actions.attempt import Attempt
from initiatives.actions.verifying import close_verification, open_verification
from initiatives.outcomes import series
from initiatives.outcomes.baseline import what_is_frozen
from initiatives.outcomes.figures import figures
from initiatives.outcomes.holding import forget_checks, plan_checks
from initiatives.permissions import driver_ids
from initiatives.workflow import Ending, Verb
from kommun.deciders import decider_for
from kommun.organisation import setting
from kommun.workdays import Workdays


@dataclass(frozen=True)
class Effect:
    columns: dict[str, Any] = field(default_factory=dict)
    evidence: dict[str, Any] = field(default_factory=dict)


def _ask_for_decision(attempt: Attempt) -> Effect:
    """The clock of the decision starts, also anew after an answered question."""
    initiative, today = attempt.initiative, attempt.today
    assert initiative.unit is not None, "the submit gate asks for a unit"
    days = setting(initiative.unit, "decision_days", on=today)
    outcome = attempt.primary
    if outcome is not None and outcome.review_on is None:
        outcome.review_on = outcome.target_on
        outcome.save(update_fields=["review_on"])
    return Effect(
        {
            "submitted_at": attempt.now,
            "decide_by_on": Workdays.load(today, years=1).add(today, days),
            "decider_id": _decider_id(attempt),
            "escalated_to_id": None,
        }
    )


def _start(attempt: Attempt) -> Effect:
    _ask_for_decision(attempt)  # fixes the review date; nobody is asked, so no clock starts
    return Effect({"decider_id": _decider_id(attempt)})


def _forget_decision(attempt: Attempt) -> Effect:
    return Effect({"submitted_at": None, "decide_by_on": None, "decider_id": None, "escalated_to_id": None})


def _freeze_baseline(attempt: Attempt) -> Effect:
    change_on = attempt.given.change_on
    assert change_on is not None, "the step asks for a change date"
    said: dict[str, Any] = {"change_on": change_on.isoformat()}
    for outcome in attempt.initiative.outcomes.all():
        series.freeze_baseline(outcome, change_on)
        if outcome.is_primary:
            said["baseline"] = what_is_frozen(outcome)
    return Effect({"change_on": change_on}, said)


def _pause(attempt: Attempt) -> Effect:
    resume_on = attempt.given.resume_on
    return Effect({"resume_on": resume_on}, {"resume_on": resume_on.isoformat() if resume_on else None})


def _resume(attempt: Attempt) -> Effect:
    return Effect({"resume_on": None})


def _stop(attempt: Attempt) -> Effect:
    return _end(attempt, Ending.STOPPED)


def _conclude(attempt: Attempt) -> Effect:
    """The verdict becomes final on the values up to the review date, once, and the ending follows from it."""
    outcome = attempt.primary
    assert outcome is not None, "the submit gate asks for an outcome"
    assert outcome.review_on is not None, "submitting fixes the review date"
    comparison = series.compare(outcome, attempt.initiative.change_on, until=outcome.review_on)
    was_measured = not comparison.more_needed
    ending = Ending(series.ending(outcome, comparison))
    said = figures(comparison) | {"was_measured": was_measured, "outcome": str(outcome.uuid)}
    if not was_measured:
        said["waived"] = True  # else the gate had refused
    _settle_all(attempt, outcome.review_on)
    if ending == Ending.CONFIRMED:
        open_verification(outcome, by=attempt.by, now=attempt.now)
        plan_checks(outcome, step=attempt.initiative.steps_taken + 1, ended_on=attempt.today)
    return _end(attempt, ending, said)


def _settle_all(attempt: Attempt, review_on: dt.date) -> None:
    """The secondary outcomes get their final verdict on the same day; they decide nothing."""
    for outcome in attempt.initiative.outcomes.select_related("indicator"):
        until = outcome.review_on or review_on
        series.settle(outcome, series.compare(outcome, attempt.initiative.change_on, until=until))


def _end(attempt: Attempt, ending: Ending, evidence: dict[str, Any] | None = None) -> Effect:
    columns = {"ending": ending, "concluded_at": attempt.now, "lesson": attempt.given.lesson, "resume_on": None}
    return Effect(columns, evidence or {})


def _reopen(attempt: Attempt) -> Effect:
    former, review_on = attempt.primary, attempt.given.review_on
    attempt.initiative.outcomes.update(verdict_is_final=False, hold="", faded_on=None)
    forget_checks(attempt.initiative)
    close_verification(attempt.initiative, now=attempt.now)
    attempt.initiative.outcomes.filter(is_primary=True).update(review_on=review_on, is_second_look=True)
    dates = {"former_review_on": former and former.review_on, "review_on": review_on}
    return Effect({"ending": "", "concluded_at": None}, {name: day.isoformat() for name, day in dates.items() if day})


def _nothing(attempt: Attempt) -> Effect:
    return Effect()


def _decider_id(attempt: Attempt) -> int | None:
    initiative = attempt.initiative
    assert initiative.unit is not None, "the submit gate asks for a unit"
    decider = decider_for(initiative.unit, on=attempt.today, cost=initiative.cost, drivers=driver_ids(initiative))
    return decider.employee.pk if decider else None


EFFECTS: Final[dict[Verb, Callable[[Attempt], Effect]]] = {
    Verb.SUBMIT: _ask_for_decision,
    Verb.START: _start,
    Verb.APPROVE: _nothing,
    Verb.RETURN: _nothing,
    Verb.RESUBMIT: _ask_for_decision,
    Verb.DECLINE: _nothing,
    Verb.SILENCE: _nothing,
    Verb.WITHDRAW: _nothing,
    Verb.REVISE: _forget_decision,
    Verb.IMPLEMENT: _freeze_baseline,
    Verb.PAUSE: _pause,
    Verb.RESUME: _resume,
    Verb.STOP: _stop,
    Verb.CONCLUDE: _conclude,
    Verb.REOPEN: _reopen,
}
