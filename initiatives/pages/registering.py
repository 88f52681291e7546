"""Registering: four questions make a draft, one more page makes it ready to be sent. The gates say what is missing."""

import uuid
from http import HTTPStatus
from typing import Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from initiatives.actions.attempt import Given
from initiatives.actions.drafting import create_draft, delete_draft, describe, want
from initiatives.actions.refusals import Refused
from initiatives.actions.steps import missing_for, take_step
from initiatives.forms.drafting import CompleteForm, NewForm, Notice
from initiatives.forms.refused import show
from initiatives.models import Initiative, Outcome, Transition
from initiatives.outcomes.prospect import prospect
from initiatives.pages.answering import overtaken, status_of
from initiatives.pages.visit import Visit, visit
from initiatives.permissions import driver_ids, drives
from initiatives.workflow import EDITABLE_STATES, State, Verb
from kommun.deciders import Decider, decider_for
from kommun.models import Unit
from kommun.organisation import setting

STEP_OF: Final = {"send": Verb.SUBMIT, "answer": Verb.RESUBMIT, "start": Verb.START}  # by the button's name


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Vad vill du förändra? Sending goes on to what a decision also needs; a draft needs only a title."""
    visitor = visit(request)
    if request.method == "POST":
        form = NewForm(request.POST, person=visitor.person, today=visitor.today, sending="send" in request.POST)
        if form.is_valid():
            return _create(request, visitor, form)
        return _show_new(request, visitor, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    form = NewForm(initial=_chosen(request, visitor), person=visitor.person, today=visitor.today)
    return _show_new(request, visitor, form)


@require_http_methods(["GET", "POST"])
def complete(request: HttpRequest, uuid: uuid.UUID) -> HttpResponse:
    """One page with all that is missing, and with everything that may still be changed."""
    visitor = visit(request)
    initiative = _editable(visitor, uuid)
    if initiative.state not in EDITABLE_STATES and request.method != "POST":
        return redirect(initiative)
    if "delete" in request.POST:
        return _delete(request, visitor, initiative)
    outcome = initiative.outcomes.filter(is_primary=True).select_related("indicator").first()
    form = CompleteForm(
        request.POST or None,
        initiative=initiative,
        outcome=outcome,
        notice=request.GET.get("notice", ""),
        person=visitor.person,
        today=visitor.today,
    )
    if initiative.state not in EDITABLE_STATES:
        return overtaken(request, initiative, form)
    if request.method == "POST" and form.is_valid():
        return _save(request, visitor, initiative, form)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return _show_complete(request, visitor, initiative, form, status=status)


def _create(request: HttpRequest, visitor: Visit, form: NewForm) -> HttpResponseRedirect:
    initiative = create_draft(by=visitor.person, now=visitor.now, **form.description())
    messages.success(request, _("Your draft is saved. Only you see it."))
    if "send" not in request.POST:
        return redirect(f"{reverse('home')}?visa=utkast")
    notice = form.cleaned_data["notice"]
    address = f"{initiative.get_absolute_url()}komplettera/"
    return redirect(f"{address}?notice={notice}" if notice and notice != Notice.UNKNOWN else address)


def _chosen(request: HttpRequest, visitor: Visit) -> dict[str, Unit]:
    """The unit in the address, so that the button can name who decides there."""
    asked = request.GET.get("unit", "")
    unit = Unit.objects.open_on(visitor.today).filter(pk=int(asked)).first() if asked.isdecimal() else None
    return {"unit": unit} if unit else {}


def _show_new(request: HttpRequest, visitor: Visit, form: NewForm, status: int = HTTPStatus.OK) -> HttpResponse:
    unit = form.initial["unit"]
    decider = decider_for(unit, on=visitor.today, drivers=[visitor.person.pk]) if unit else None
    return render(request, "initiatives/new.html", {"form": form, "decider": decider}, status=status)


def _editable(visitor: Visit, uuid: uuid.UUID) -> Initiative:
    seen = Initiative.objects.visible_to(visitor.person, on=visitor.today).select_related("unit", "owner")
    initiative = get_object_or_404(seen.prefetch_related("co_driver_rows"), uuid=uuid)
    if not drives(visitor.person, initiative, on=visitor.today):
        raise PermissionDenied
    return initiative


def _save(request: HttpRequest, visitor: Visit, initiative: Initiative, form: CompleteForm) -> HttpResponse:
    """What is written is kept even when it is not enough to be sent."""
    seen = request.POST.get("seen", "")
    button = next((name for name in STEP_OF if name in request.POST), "")
    try:
        _write(visitor, initiative, form, seen)
        if button:
            reason = Given(reason=form.cleaned_data.get("reason", ""))
            take_step(initiative, STEP_OF[button], by=visitor.person, seen=seen, now=visitor.now, given=reason)
    except Refused as refused:
        status = status_of(refused)
        show(refused, form)
        return _show_complete(request, visitor, initiative, form, status=status)
    if not button and form.cleaned_data.get("reason"):
        messages.info(request, _("What you wrote is saved, but for your answer: it is not kept until you send it."))
        return _show_complete(request, visitor, initiative, form, status=HTTPStatus.OK)
    messages.success(request, _done(initiative, button))
    return redirect(initiative if button else request.path)


@transaction.atomic
def _write(visitor: Visit, initiative: Initiative, form: CompleteForm, seen: str) -> None:
    describe(initiative, by=visitor.person, seen=seen, now=visitor.now, **form.description())
    if wanted := form.wanted():
        want(initiative, wanted, by=visitor.person, seen=seen, now=visitor.now)


def _done(initiative: Initiative, button: str) -> str:
    if button == "start":
        return _("You are under way. Your manager has been told.")
    if initiative.state == State.PROPOSED and initiative.decider and initiative.decide_by_on:
        return _("Sent to %(name)s, who answers by %(day)s.") % {
            "name": initiative.decider.display_name,
            "day": date_format(initiative.decide_by_on, "j F"),
        }
    return _("Your draft is saved.") if initiative.state == State.DRAFT else _("What you wrote is saved.")


def _delete(request: HttpRequest, visitor: Visit, initiative: Initiative) -> HttpResponse:
    try:
        delete_draft(initiative, by=visitor.person, seen=request.POST.get("seen", ""), now=visitor.now)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect(request.path)
    messages.success(request, _("The draft is gone."))
    return redirect(f"{reverse('home')}?visa=utkast")


def _show_complete(
    request: HttpRequest, visitor: Visit, initiative: Initiative, form: CompleteForm, *, status: int
) -> HttpResponse:
    verb = Verb.SUBMIT if initiative.state == State.DRAFT else Verb.RESUBMIT
    outcome = initiative.outcomes.filter(is_primary=True).select_related("indicator").first()
    unit = initiative.unit
    missing = missing_for(initiative, verb, by=visitor.person, now=visitor.now)
    left = [each for each in missing if each.field != "reason"]  # the answer is asked for by its own field
    context = {
        "form": form,
        "initiative": initiative,
        "missing": left,
        "is_folded": not left and form.errors.keys() <= {"reason"},
        "decider": _decider(visitor, initiative),
        "may_start": initiative.state == State.DRAFT and unit and setting(unit, "own_mandate", on=visitor.today),
        "prospect": prospect(initiative, outcome, today=visitor.today) if outcome else None,
        "review_on": _review_day(outcome),
        "question": _question(initiative),
    }
    return render(request, "initiatives/complete.html", context, status=status)


def _decider(visitor: Visit, initiative: Initiative) -> Decider | None:
    if initiative.unit is None:
        return None
    return decider_for(initiative.unit, on=visitor.today, cost=initiative.cost, drivers=driver_ids(initiative))


def _review_day(outcome: Outcome | None) -> object:
    return outcome and (outcome.review_on or outcome.target_on)


def _question(initiative: Initiative) -> Transition | None:
    """What the decider asked, when the initiative was returned."""
    if initiative.state != State.RETURNED:
        return None
    return initiative.transitions.filter(verb=Verb.RETURN).select_related("by").order_by("number").last()
