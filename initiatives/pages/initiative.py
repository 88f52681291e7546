"""The initiative's own page: where it stands, what is next, whether it got better, and what has happened."""

import uuid

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from initiatives.actions.gates import REOPEN_WITHIN
from initiatives.actions.measuring import MEASURABLE
from initiatives.forms.commenting import CommentForm
from initiatives.forms.steps import PersonForm, ReviewForm, WaiverForm
from initiatives.forms.verifying import AnswerForm
from initiatives.models import Initiative, Outcome, Transition, Verification, VerificationStep
from initiatives.pages.activity import activity
from initiatives.pages.baseline_words import verdict_with_changes
from initiatives.pages.charting import chart_panel
from initiatives.pages.claiming import claim_panel
from initiatives.pages.commenting import ON_THE_INITIATIVE, comments_of
from initiatives.pages.components.panels import Link
from initiatives.pages.components.status import tag_of
from initiatives.pages.components.stepper import Stepper, stepper
from initiatives.pages.evidence import checks_of
from initiatives.pages.fetching import fetch
from initiatives.pages.grade_words import lift
from initiatives.pages.hold_words import hold_panel
from initiatives.pages.next_step import next_step
from initiatives.pages.obstacle_words import obstacle_panel
from initiatives.pages.promise_words import promise_panel
from initiatives.pages.series import figures_of, sources_of
from initiatives.pages.step_words import name_of
from initiatives.pages.visit import Visit, visit
from initiatives.permissions import actors
from initiatives.workflow import IN_HAND, PHASE_OF, Actor, Ending, Phase, State, Verb, steps_from
from kommun.components import Crumb

Forms = dict[str, BaseForm]
LOUD = frozenset({Verb.SUBMIT, Verb.START, Verb.RESUBMIT, Verb.APPROVE, Verb.RETURN, Verb.DECLINE})


@require_safe
def initiative(request: HttpRequest, uuid: uuid.UUID) -> HttpResponse:
    visitor = visit(request)
    return show(request, visitor, fetch(visitor, uuid))


def show(
    request: HttpRequest, visitor: Visit, found: Initiative, *, forms: Forms | None = None, status: int = 200
) -> HttpResponse:
    """The page; with `forms` as somebody left them, when they were refused."""
    roles = actors(visitor.person, found, on=visitor.today)
    outcome = found.outcomes.filter(is_primary=True).select_related("indicator").first()
    if outcome is not None:
        outcome.initiative = found
    transitions = list(Transition.objects.filter(initiative=found).select_related("by").order_by("number"))
    context = {
        "initiative": found,
        "crumbs": _crumbs(found),
        "steps": _steps(found, transitions),
        "tag": tag_of(found, outcome),
        "next_step": next_step(found, outcome, roles, visitor),
        "is_owner": Actor.OWNER in roles,
        "is_decider": Actor.DECIDER in roles,
        "may_enter_values": Actor.OWNER in roles and found.state in MEASURABLE,
        "more_steps": _more_steps(found, roles),
        "decided": _decision(transitions),
        "activity": activity(found, outcome),
        "obstacles": obstacle_panel(found, visitor, (forms or {}).get("obstacle")),
        "promises": promise_panel(found, visitor, (forms or {}).get("promise"), is_decider=Actor.DECIDER in roles),
        "started_unasked": _started_unasked(found, roles, transitions),
        "comments": comments_of(found, ON_THE_INITIATIVE),
        "comment_form": CommentForm(),
        "open_waivers": found.waivers.filter(answered_at=None).select_related("asked_by"),
        "handover": found.handovers.filter(answered_at=None).select_related("to", "offered_by", "initiative").first(),
        "forms": {"waiver": WaiverForm(), "person": PersonForm(), "review": ReviewForm(), "controller": AnswerForm()}
        | (forms or {}),
        "may_hand_over": _may_hand_over(found, roles, visitor),
        **_evidence(found, outcome, visitor, view=request.GET.get("vy", "")),
    }
    return render(request, "initiatives/initiative.html", context, status=status)


def _evidence(found: Initiative, outcome: Outcome | None, visitor: Visit, *, view: str) -> dict[str, object]:
    """What the figures say, when there is an outcome."""
    if outcome is None:
        return {"outcome": None}
    checks = checks_of(found, outcome)
    return {
        "outcome": outcome,
        "verdict": verdict_with_changes(found, outcome),
        "figures": figures_of(outcome),
        "panel": chart_panel(outcome, view),
        "sources": sources_of(outcome),
        "verification": _last_word(outcome),
        "hold": hold_panel(outcome, checks, today=visitor.today),
        "lift": lift(found, outcome, checks),
        "claims": claim_panel(found, outcome, visitor),
        "may_extend_review": _may_extend_review(found, outcome, visitor),
    }


def _last_word(outcome: Outcome) -> VerificationStep | None:
    """Of the conversation with a controller; None when there is none, or when what it was about is gone."""
    if outcome.verification in ("", Verification.LAPSED):
        return None
    return outcome.verification_steps.select_related("by").latest("number")


def _may_extend_review(found: Initiative, outcome: Outcome, visitor: Visit) -> bool:
    """Freely until the change is made; then once, and before it is reached."""
    is_ahead = outcome.review_on is not None and outcome.review_on > visitor.today
    may_still = found.change_on is None or (is_ahead and not outcome.review_was_extended)
    return found.state in IN_HAND and may_still


def _steps(found: Initiative, transitions: list[Transition]) -> Stepper:
    """The phases, each with the day on which the initiative came to it."""
    notes = {Phase.DESCRIBE: date_format(found.created_at, "j b Y")}
    for each in transitions:
        notes[PHASE_OF[State(each.to_state)]] = date_format(timezone.localtime(each.at), "j b Y")
    return stepper(found.phase, is_over=found.state == State.CONCLUDED, notes=notes)


def _crumbs(found: Initiative) -> list[Crumb]:
    crumbs = [Crumb(_("Initiatives"), "/initiativ/")]
    if found.unit is not None:
        crumbs.append(Crumb(found.unit.name, f"/initiativ/?enhet={found.unit.code}"))
    return [*crumbs, Crumb(found.title)]


def _more_steps(found: Initiative, roles: frozenset[Actor]) -> list[Link]:
    """The quiet ways on; the loud one is the next step."""
    return [
        Link(f"{found.get_absolute_url()}steg/{step.verb}/", name_of(step.verb, roles))
        for step in steps_from(found.state, roles)
        if step.is_by_people and step.verb not in LOUD and not (step.verb == Verb.REOPEN and _is_long_over(found))
    ]


def _is_long_over(found: Initiative) -> bool:
    return found.concluded_at is not None and timezone.now() - found.concluded_at > REOPEN_WITHIN


def _decision(transitions: list[Transition]) -> Transition | None:
    deciding = [each for each in transitions if each.verb in (Verb.APPROVE, Verb.DECLINE, Verb.SILENCE, Verb.START)]
    return deciding[-1] if deciding else None


def _started_unasked(found: Initiative, roles: frozenset[Actor], transitions: list[Transition]) -> str:
    """How it began without the decider's yes, for the decider, as long as it can be stopped; else nothing."""
    decided = _decision(transitions)
    if decided is None or Actor.DECIDER not in roles or found.state not in IN_HAND:
        return ""
    if decided.verb == Verb.SILENCE:
        return _("It was started by silence.")
    return _("It was started on their own mandate.") if decided.verb == Verb.START else ""


def _may_hand_over(found: Initiative, roles: frozenset[Actor], visitor: Visit) -> bool:
    """The one who drives it, and the decider when the owner has left; of what has ended, only what was confirmed."""
    owner_has_left = not found.owner.is_employed(visitor.today)
    is_theirs = Actor.OWNER in roles or (owner_has_left and Actor.DECIDER in roles)
    return is_theirs and (found.state != State.CONCLUDED or found.ending == Ending.CONFIRMED)
