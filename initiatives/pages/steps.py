"""Every step of the workflow as a page of its own, made from the table: what is missing, what to write, one button."""

import uuid
from typing import Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from initiatives.actions.attempt import Given
from initiatives.actions.refusals import Missing, Refused
from initiatives.actions.steps import missing_for, take_step
from initiatives.forms.refused import show
from initiatives.forms.steps import StepForm
from initiatives.models import Initiative
from initiatives.pages.answering import overtaken, status_of
from initiatives.pages.fetching import fetch
from initiatives.pages.step_words import does, done, name_of
from initiatives.pages.visit import Visit, visit
from initiatives.permissions import actors
from initiatives.workflow import STEP, Actor, Step, Verb

# Steps that are taken where the whole description stands, on the completing page.
ON_THE_COMPLETING_PAGE: Final = frozenset({Verb.SUBMIT, Verb.START, Verb.RESUBMIT})
# What leads to the field that a gate asks for.
FIELD_PAGES: Final = {"baseline": "varde/", "value": "varde/"}


@require_http_methods(["GET", "POST"])
def step(request: HttpRequest, uuid: uuid.UUID, verb: str) -> HttpResponse:
    """One step: GET asks, POST takes it."""
    visitor = visit(request)
    wanted = _step(verb)
    initiative = fetch(visitor, uuid)
    if wanted.verb in ON_THE_COMPLETING_PAGE:
        return redirect(f"{initiative.get_absolute_url()}komplettera/")
    roles = actors(visitor.person, initiative, on=visitor.today)
    if not roles & wanted.actors:
        raise PermissionDenied(_("You cannot do this. It is for somebody else to do."))
    form = StepForm(request.POST or None, step=wanted, initial={"seen": initiative.seen})
    if initiative.state not in wanted.sources:
        if request.method == "POST":
            return overtaken(request, initiative, form)
        messages.warning(request, _("This has been done already, or something else has happened since."))
        return redirect(initiative)
    if request.method == "POST" and form.is_valid():
        return _take(request, visitor, initiative, form, roles)
    return _show(request, visitor, initiative, form, roles)


def _take(
    request: HttpRequest, visitor: Visit, initiative: Initiative, form: StepForm, roles: frozenset[Actor]
) -> HttpResponse:
    try:
        take_step(
            initiative,
            form.step.verb,
            by=visitor.person,
            seen=form.cleaned_data["seen"],
            now=visitor.now,
            given=form.given(),
        )
    except Refused as refused:
        status = status_of(refused)
        show(refused, form)
        return _show(request, visitor, initiative, form, roles, status=status)
    messages.success(request, done(form.step.verb))
    return redirect(initiative)


def _show(
    request: HttpRequest,
    visitor: Visit,
    initiative: Initiative,
    form: StepForm,
    roles: frozenset[Actor],
    *,
    status: int = 200,
) -> HttpResponse:
    gate = _gate(visitor, initiative, form) if status == 200 else []
    words = {"name": name_of(form.step.verb, roles), "does": does(form.step.verb, roles)}
    context = {"initiative": initiative, "form": form, "step": form.step, "gate": gate, **words}
    return render(request, "initiatives/step.html", context, status=status)


def _gate(visitor: Visit, initiative: Initiative, form: StepForm) -> list[Missing]:
    """What stands in the way already, beside what the form itself asks for."""
    found = missing_for(initiative, form.step.verb, by=visitor.person, now=visitor.now, given=_guess(visitor, form))
    return [missing for missing in found if missing.field not in form.fields]


def _guess(visitor: Visit, form: StepForm) -> Given:
    """For the change date the gate is asked as of today: then it can say whether the baseline is there."""
    return Given(change_on=visitor.today) if form.step.verb == Verb.IMPLEMENT else Given()


def _step(verb: str) -> Step:
    """Raises Http404 for a word that is no step of people's."""
    try:
        found = STEP[Verb(verb)]
    except ValueError as error:
        raise Http404 from error
    if not found.is_by_people:
        raise Http404
    return found
