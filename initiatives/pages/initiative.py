"""The initiative's own page: where it stands, what is next, whether it got better, and what has happened."""

import uuid
from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from initiatives.actions import agreeing, drafting
from initiatives.actions.refusals import Refused
from initiatives.forms.steps import PersonForm, ReviewForm, WaiverForm
from initiatives.models import Handover, Initiative, Outcome, Transition, Waiver
from initiatives.pages.activity import activity
from initiatives.pages.answering import status_of
from initiatives.pages.components.panels import Link
from initiatives.pages.components.status import status_tag
from initiatives.pages.components.stepper import Stepper, stepper
from initiatives.pages.fetching import fetch, fetch_outcome
from initiatives.pages.next_step import next_step
from initiatives.pages.series import chart_of, figures_of, sources_of
from initiatives.pages.verdict_words import verdict_words
from initiatives.pages.visit import Visit, visit
from initiatives.permissions import actors
from initiatives.workflow import PHASE_OF, Actor, Phase, State, Verb, steps_from
from kommun.components import Crumb
from kommun.models import Employee

LOUD = frozenset({Verb.SUBMIT, Verb.START, Verb.RESUBMIT, Verb.APPROVE, Verb.RETURN, Verb.DECLINE})


@require_safe
def initiative(request: HttpRequest, uuid: uuid.UUID) -> HttpResponse:
    visitor = visit(request)
    return _show(request, visitor, fetch(visitor, uuid))


@require_POST
def waive(request: HttpRequest, uuid: uuid.UUID) -> HttpResponse:
    """The owner gives a reason why something cannot be measured."""
    visitor = visit(request)
    found = fetch(visitor, uuid)
    form = WaiverForm(request.POST)
    kind = Waiver.Kind.BASELINE if found.state == State.UNDERWAY else Waiver.Kind.RESULT
    reason = form.cleaned_data["waiver"] if form.is_valid() else ""
    return _do(
        request, visitor, found, _("Your decision-maker is asked."),
        lambda: agreeing.ask_for_waiver(found, kind, reason, by=visitor.person, now=visitor.now),
    )  # fmt: skip


@require_POST
def answer_waiver(request: HttpRequest, uuid: uuid.UUID, waiver: uuid.UUID) -> HttpResponse:
    visitor = visit(request)
    found = fetch(visitor, uuid)
    row = get_object_or_404(found.waivers, uuid=waiver)
    row.initiative = found
    is_accepted = request.POST.get("answer") == "yes"
    return _do(
        request, visitor, found, _("Your answer is sent."),
        lambda: agreeing.answer_waiver(row, is_accepted=is_accepted, by=visitor.person, now=visitor.now),
    )  # fmt: skip


@require_POST
def invite(request: HttpRequest, uuid: uuid.UUID) -> HttpResponse:
    """Invites a co-driver, or offers the whole initiative to a colleague."""
    visitor = visit(request)
    found = fetch(visitor, uuid)
    person = _colleague(request.POST.get("person", ""))
    if person is None:
        messages.error(request, _("There is no colleague with that address or login."))
        return redirect(f"{found.get_absolute_url()}#personer")
    if "hand_over" in request.POST:
        return _do(
            request, visitor, found, _("%(name)s is asked.") % {"name": person.display_name},
            lambda: agreeing.offer_handover(found, person, by=visitor.person, now=visitor.now),
        )  # fmt: skip
    return _do(
        request, visitor, found, _("%(name)s drives it with you now.") % {"name": person.display_name},
        lambda: drafting.invite_co_driver(found, person, by=visitor.person, now=visitor.now),
    )  # fmt: skip


@require_POST
def answer_handover(request: HttpRequest, handover: uuid.UUID) -> HttpResponse:
    """The one who was asked answers; the offer itself is what lets them see it."""
    visitor = visit(request)
    row = get_object_or_404(Handover.objects.select_related("initiative"), uuid=handover, to=visitor.person)
    is_accepted = request.POST.get("answer") == "yes"
    try:
        agreeing.answer_handover(row, is_accepted=is_accepted, by=visitor.person, now=visitor.now)
    except Refused as refused:
        status_of(refused)
        messages.error(request, str(refused))
        return redirect("home")
    messages.success(request, _("You drive it now.") if is_accepted else _("Your answer is sent."))
    return redirect(row.initiative if is_accepted else "home")


@require_POST
def extend_review(request: HttpRequest, uuid: uuid.UUID) -> HttpResponse:
    visitor = visit(request)
    found = fetch(visitor, uuid)
    form = ReviewForm(request.POST)
    if not form.is_valid() or form.cleaned_data["review_on"] is None:
        messages.error(request, _("Choose a later review date than the one there is."))
        return redirect(found)
    outcome = fetch_outcome(found)
    to, reason = form.cleaned_data["review_on"], form.cleaned_data["reason"]
    return _do(
        request, visitor, found, _("The review date is moved."),
        lambda: drafting.extend_review(outcome, to=to, reason=reason, by=visitor.person, now=visitor.now),
    )  # fmt: skip


def _do(
    request: HttpRequest, visitor: Visit, found: Initiative, done: str, action: Callable[[], object]
) -> HttpResponse:
    """Does it and comes back; a refusal is said at the top of the page as it is now."""
    try:
        action()
    except Refused as refused:
        status = status_of(refused)
        messages.error(request, str(refused))
        return _show(request, visitor, fetch(visitor, found.uuid), status=status)
    messages.success(request, done)
    return redirect(found)


def _show(request: HttpRequest, visitor: Visit, found: Initiative, *, status: int = 200) -> HttpResponse:
    roles = actors(visitor.person, found, on=visitor.today)
    outcome = found.outcomes.filter(is_primary=True).select_related("indicator").first()
    if outcome is not None:
        outcome.initiative = found
    transitions = list(Transition.objects.filter(initiative=found).select_related("by").order_by("number"))
    context = {
        "initiative": found,
        "crumbs": _crumbs(found),
        "steps": _steps(found, transitions),
        "tag": status_tag(found.state, ending=found.ending, result=outcome.result_status if outcome else ""),
        "next_step": next_step(found, outcome, roles, visitor),
        "is_owner": Actor.OWNER in roles,
        "is_decider": Actor.DECIDER in roles,
        "more_steps": _more_steps(found, roles),
        "decided": _decision(transitions),
        "activity": activity(found, outcome),
        "promises": found.promises.select_related("promised_by"),
        "open_waivers": found.waivers.filter(answered_at=None).select_related("asked_by"),
        "handover": found.handovers.filter(answered_at=None).select_related("to").first(),
        "forms": {"waiver": WaiverForm(), "person": PersonForm(), "review": ReviewForm()},
        **_evidence(found, outcome),
    }
    return render(request, "initiatives/initiative.html", context, status=status)


def _evidence(found: Initiative, outcome: Outcome | None) -> dict[str, object]:
    """What the figures say, when there is an outcome."""
    if outcome is None:
        return {"outcome": None}
    return {
        "outcome": outcome,
        "verdict": verdict_words(found, outcome),
        "figures": figures_of(outcome),
        "chart": chart_of(outcome),
        "sources": sources_of(outcome),
        "may_extend_review": found.state == State.MEASURING and not outcome.review_was_extended,
    }


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
        Link(f"{found.get_absolute_url()}steg/{step.verb}/", str(step.verb.label))
        for step in steps_from(found.state, roles)
        if step.is_by_people and step.verb not in LOUD
    ]


def _decision(transitions: list[Transition]) -> Transition | None:
    deciding = [each for each in transitions if each.verb in (Verb.APPROVE, Verb.DECLINE, Verb.SILENCE, Verb.START)]
    return deciding[-1] if deciding else None


def _colleague(address: str) -> Employee | None:
    """Somebody employed with that address or login; the names of protected persons are nowhere to be found."""
    words = address.strip().lower()
    if not words:
        return None
    return (
        Employee.objects.filter(login=words).first() or Employee.objects.filter(email=words, is_protected=False).first()
    )
