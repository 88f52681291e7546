"""Taking a step of the workflow: the one place where a state is written."""

import datetime as dt
from typing import Any

from django.db import transaction

from initiatives import events
from initiatives.actions.attempt import Attempt, Given
from initiatives.actions.effects import EFFECTS, Effect
from initiatives.actions.gates import GATES, needs
from initiatives.actions.refusals import Missing, NotAllowed, Overtaken, Refused
from initiatives.models import Initiative, Transition
from initiatives.outcomes import series
from initiatives.outcomes.figures import figures
from initiatives.permissions import actors
from initiatives.workflow import STEP, Actor, Verb
from kommun.models import Employee


def missing_for(
    initiative: Initiative, verb: Verb, *, by: Employee | None, now: dt.datetime, given: Given | None = None
) -> list[Missing]:
    """What stands in the way of the step, in sentences; empty when it can be taken. Asks the same gate as the step."""
    attempt = Attempt(initiative, STEP[verb], by, now, given or Given())
    return [*needs(attempt), *GATES[attempt.step.gate](attempt)]


@transaction.atomic
def take_step(
    initiative: Initiative,
    verb: Verb,
    *,
    by: Employee | None,
    seen: str,
    now: dt.datetime,
    given: Given | None = None,
) -> Transition:
    """Takes one step, writes it to the history, and brings the figures up to date.

    `by` is None for the clock. `seen` is `Initiative.seen` as the person saw it. Raises NotAllowed when the step is
    not theirs, Refused with what is missing, and Overtaken when something has happened since. Then nothing is written.
    """
    found = Initiative.objects.select_related("unit").select_for_update(of=("self",)).get(pk=initiative.pk)
    attempt = Attempt(found, STEP[verb], by, now, given or Given())
    _refuse_strangers(attempt)
    if found.seen != seen or found.state not in attempt.step.sources:
        raise Overtaken
    if missing := [*needs(attempt), *GATES[attempt.step.gate](attempt)]:
        raise Refused(*missing)
    effect = EFFECTS[verb](attempt)
    _write_state(attempt, effect)
    transition = _append(attempt, effect)
    initiative.refresh_from_db()
    series.refresh(initiative, now=now)
    return transition


def _refuse_strangers(attempt: Attempt) -> None:
    by, today = attempt.by, attempt.today
    roles = frozenset({Actor.CLOCK}) if by is None else actors(by, attempt.initiative, on=today)
    if not roles & attempt.step.actors:
        raise NotAllowed


def _write_state(attempt: Attempt, effect: Effect) -> None:
    """One conditional UPDATE: of two who act at once, or when the gate's ground has moved, the later one is refused.

    `updated_at` moves at every change of the row, so the condition says: the row is still the one that was judged.
    """
    found = attempt.initiative
    written = Initiative.objects.filter(pk=found.pk, updated_at=found.updated_at).update(
        state=attempt.step.target,
        steps_taken=found.steps_taken + 1,
        state_since_at=attempt.now,
        **effect.columns,
    )
    if not written:
        raise Overtaken


def _figures_now(attempt: Attempt) -> dict[str, Any]:
    """What the values say at the moment of the step."""
    if attempt.primary is None:
        return {}
    change_on = attempt.given.change_on or attempt.initiative.change_on
    said = figures(series.compare(attempt.primary, change_on))
    return said | {"outcome": str(attempt.primary.uuid)}


def _append(attempt: Attempt, effect: Effect) -> Transition:
    given, initiative = attempt.given, attempt.initiative
    transition = Transition.objects.create(
        initiative=initiative,
        number=initiative.steps_taken + 1,
        verb=attempt.step.verb,
        from_state=initiative.state,
        to_state=attempt.step.target,
        by=attempt.by,
        at=attempt.now,
        reason=given.reason,
        yes_when=given.yes_when,
        lesson=given.lesson,
        evidence=_figures_now(attempt) | effect.evidence,
    )
    events.record(
        f"initiative.{attempt.step.verb}",
        initiative,
        at=attempt.now,
        by=attempt.by,
        state=attempt.step.target,
        **({"ending": effect.columns["ending"]} if "ending" in effect.columns else {}),
    )
    return transition
