"""The gates of the workflow: each answers with what is missing. Forms show the sentences, and actions refuse by them.

Machines measure, they take no steps: no gate asks anything but the rows and what the person gave.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Final

from django.db.models import Exists, OuterRef
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from initiatives.actions.attempt import Attempt
from initiatives.actions.refusals import Missing
from initiatives.evidence import VALUES_NEEDED, Comparison
from initiatives.models import Initiative, Outcome, Transition, Waiver
from initiatives.outcomes import series
from initiatives.permissions import driver_ids
from initiatives.workflow import Actor, Gate, Need, Verb
from kommun.deciders import decider_for
from kommun.organisation import setting

EARLIEST: Final = dt.date(1970, 1, 1)  # as for values
FIRST_STEP_WITHIN: Final = dt.timedelta(days=30)
REOPEN_WITHIN: Final = dt.timedelta(days=30)
BASELINE_NEEDED: Final = 5

type_of_gate = Callable[[Attempt], Iterator[Missing]]


def submit(attempt: Attempt) -> Iterator[Missing]:
    yield from _description(attempt.initiative)
    yield from _first_step(attempt)
    yield from _guard_rail_answers(attempt.initiative)
    yield from _primary_outcome(attempt)
    yield from _somebody_to_decide(attempt)


def own_mandate(attempt: Attempt) -> Iterator[Missing]:
    yield from submit(attempt)
    initiative = attempt.initiative
    if initiative.unit is None:
        return
    if not setting(initiative.unit, "own_mandate", on=attempt.today):
        yield Missing("", _("Your unit asks for a decision before a test begins. Send the initiative for decision."))
    elif initiative.cost != 0 or not _is_harmless(initiative):
        yield Missing("", _("Only what is free and reversible, without personal data, may start without a decision."))


def silence(attempt: Attempt) -> Iterator[Missing]:
    initiative = attempt.initiative
    if initiative.unit is None or initiative.decide_by_on is None or attempt.today <= initiative.decide_by_on:
        yield Missing("", _("The days for the decision have not passed."))
    elif not setting(initiative.unit, "silence_means_go", on=attempt.today):
        yield Missing("", _("In this unit silence does not mean go."))
    elif not is_within_guard_rails(initiative, on=attempt.today):
        yield Missing("", _("This is outside what may start by silence. It waits for a decision."))


def implement(attempt: Attempt) -> Iterator[Missing]:
    change_on, outcome = attempt.given.change_on, attempt.primary
    if change_on is None or outcome is None:
        return  # asked for by the step's needs, and by the submit gate
    if change_on < EARLIEST:
        yield Missing("change_on", _("Check the year of the change date."))
        return
    if change_on > attempt.today:
        yield Missing("change_on", _("The change date cannot be in the future. Come back when the change is in place."))
        return
    if outcome.review_on is not None and outcome.review_on <= attempt.today:
        yield Missing("review_on", _("The review date has passed, so nothing could be measured. Move it first."))
    baseline = series.baseline(outcome, change_on)
    lacking = BASELINE_NEEDED - len(baseline.values)
    if lacking > 0 and not has_accepted_waiver(attempt.initiative, Waiver.Kind.BASELINE):
        yield Missing(
            "baseline",
            ngettext(
                "%(count)d more value from before the change is needed, or your decision-maker's yes to a reason why "
                "there cannot be one.",
                "%(count)d more values from before the change are needed, or your decision-maker's yes to a reason "
                "why there cannot be any.",
                lacking,
            )
            % {"count": lacking},
        )
    elif baseline.median is not None and series.meets_target(outcome, baseline.median):
        yield Missing(
            "target", _("The target is already met by the values from before. Set one that is worth reaching.")
        )


def conclude(attempt: Attempt) -> Iterator[Missing]:
    outcome = attempt.primary
    if outcome is None or outcome.review_on is None:
        return
    if attempt.today < outcome.review_on:
        yield Missing(
            "review_on",
            _("The review date is %(date)s. The verdict is final then, and not before.")
            % {"date": date_format(outcome.review_on, "j F Y")},
        )
        return
    comparison = series.compare(outcome, attempt.initiative.change_on, until=outcome.review_on)
    if comparison.more_needed and not _is_excused(attempt.initiative, comparison):
        yield Missing(
            "value",
            ngettext(
                "%(count)d more value is needed for a verdict, or your decision-maker's yes to a reason why it cannot "
                "be measured.",
                "%(count)d more values are needed for a verdict, or your decision-maker's yes to a reason why it "
                "cannot be measured.",
                comparison.more_needed,
            )
            % {"count": comparison.more_needed},
        )


def reopen(attempt: Attempt) -> Iterator[Missing]:
    initiative, review_on = attempt.initiative, attempt.given.review_on
    if initiative.concluded_at is None or attempt.now - initiative.concluded_at > REOPEN_WITHIN:
        yield Missing("", _("An initiative can be reopened within 30 days of its ending. Start a new one instead."))
    elif initiative.change_on is None:
        yield Missing("", _("This was stopped before the change was in place. Start a new initiative instead."))
    elif review_on is not None and review_on <= attempt.today:
        yield Missing("review_on", _("Choose a new review date that has not come yet."))


def resume_day(attempt: Attempt) -> Iterator[Missing]:
    resume_on = attempt.initiative.resume_on
    if attempt.by is None and (resume_on is None or attempt.today < resume_on):
        yield Missing("", _("The day to resume has not come."))


GATES: Final[dict[Gate, type_of_gate]] = {
    Gate.NONE: lambda attempt: iter(()),
    Gate.SUBMIT: submit,
    Gate.OWN_MANDATE: own_mandate,
    Gate.SILENCE: silence,
    Gate.IMPLEMENT: implement,
    Gate.CONCLUDE: conclude,
    Gate.REOPEN: reopen,
    Gate.RESUME_DAY: resume_day,
}


def needs(attempt: Attempt) -> Iterator[Missing]:
    """What the step asks the person for and did not get."""
    if attempt.step.needs and attempt.step.actors != {Actor.CLOCK}:
        for need in Need:
            if need in attempt.step.needs and not getattr(attempt.given, need.value):
                yield Missing(need.value, _NEEDED[need]())
    resume_on = attempt.given.resume_on
    if Need.RESUME_ON in attempt.step.needs and resume_on is not None and resume_on <= attempt.today:
        yield Missing("resume_on", _("Choose a day that has not come yet."))


_NEEDED: Final[dict[Need, Callable[[], str]]] = {
    Need.REASON: lambda: _("Write why. One sentence is enough."),
    Need.LESSON: lambda: _("Write what you have learned. One sentence is enough."),
    Need.YES_WHEN: lambda: _("Write what would make it a yes."),
    Need.RESUME_ON: lambda: _("Choose the day when it resumes."),
    Need.CHANGE_ON: lambda: _("Choose the day when the change was in place."),
    Need.REVIEW_ON: lambda: _("Choose a new review date."),
}


def is_within_guard_rails(initiative: Initiative, *, on: dt.date) -> bool:
    """Cost within the unit's mandate, no personal data, reversible, and neither safety nor law at stake."""
    if initiative.unit is None or initiative.cost is None:
        return False
    return _is_harmless(initiative) and initiative.cost <= setting(initiative.unit, "mandate_amount", on=on)


def has_accepted_waiver(initiative: Initiative, kind: Waiver.Kind) -> bool:
    """What excused the former ending does not excuse the next; that there is no baseline stays true."""
    accepted = initiative.waivers.filter(is_accepted=True, kind=kind)
    if kind == Waiver.Kind.RESULT:
        reopened = Transition.objects.filter(initiative=initiative, verb=Verb.REOPEN, at__gte=OuterRef("answered_at"))
        accepted = accepted.filter(~Exists(reopened))
    return accepted.exists()


def _is_excused(initiative: Initiative, comparison: Comparison) -> bool:
    """A reason why there is no baseline excuses the values from before; those from after are still asked for."""
    if comparison.n_after >= VALUES_NEEDED and has_accepted_waiver(initiative, Waiver.Kind.BASELINE):
        return True
    return has_accepted_waiver(initiative, Waiver.Kind.RESULT)


def _is_harmless(initiative: Initiative) -> bool:
    answers = (initiative.has_personal_data, initiative.is_reversible, initiative.is_critical)
    return answers == (False, True, False)


def _description(initiative: Initiative) -> Iterator[Missing]:
    if not initiative.plan:
        yield Missing("plan", _("Write what you will do about it. One sentence is enough."))
    if not initiative.benefit:
        yield Missing("benefit", _("Write what result you want. One sentence is enough."))
    if initiative.unit is None:
        yield Missing("unit", _("Choose the unit it concerns."))
    if initiative.cost is None:
        yield Missing("cost", _("Write what it costs in kronor. Write 0 if it is free."))


def _first_step(attempt: Attempt) -> Iterator[Missing]:
    initiative = attempt.initiative
    if not initiative.first_step:
        yield Missing("first_step", _("Write the first thing you will do."))
    day = initiative.first_step_on
    if day is None or not attempt.today <= day <= attempt.today + FIRST_STEP_WITHIN:
        yield Missing("first_step_on", _("Choose a day for the first step, at most 30 days from today."))


def _guard_rail_answers(initiative: Initiative) -> Iterator[Missing]:
    if initiative.has_personal_data is None:
        yield Missing("has_personal_data", _("Answer whether personal data is handled in a new way."))
    if initiative.is_reversible is None:
        yield Missing("is_reversible", _("Answer whether you can go back to how it was."))
    if initiative.is_critical is None:
        yield Missing("is_critical", _("Answer whether it touches safety or what the law demands."))


def _primary_outcome(attempt: Attempt) -> Iterator[Missing]:
    outcome = attempt.primary
    if outcome is None:
        yield Missing("indicator", _("Choose how you will see that it got better."))
        return
    if outcome.target is None:
        yield Missing("target", _("Write the value you want to reach."))
    if outcome.target_on is None or outcome.target_on <= attempt.today:
        yield Missing("target_on", _("Choose a day in the future when the target shall be reached."))
    if outcome.review_on is not None and outcome.review_on <= attempt.today:
        yield Missing("review_on", _("Choose a review date that has not come yet."))
    yield from _baseline_plan(attempt, outcome)


def _baseline_plan(attempt: Attempt, outcome: Outcome) -> Iterator[Missing]:
    if outcome.measurements.filter(series="", value__isnull=False).count() >= BASELINE_NEEDED:
        return
    if has_accepted_waiver(attempt.initiative, Waiver.Kind.BASELINE):
        return
    if outcome.baseline_ready_on is None or outcome.baseline_ready_on < attempt.today:
        yield Missing("baseline_ready_on", _("Choose the day when five values from before the change will be there."))


def _somebody_to_decide(attempt: Attempt) -> Iterator[Missing]:
    unit, cost = attempt.initiative.unit, attempt.initiative.cost
    if unit is None or cost is None:
        return
    if decider_for(unit, on=attempt.today, cost=cost, drivers=driver_ids(attempt.initiative)) is None:
        yield Missing("unit", _("Nobody can decide for this unit. Ask an administrator to name a decision-maker."))
