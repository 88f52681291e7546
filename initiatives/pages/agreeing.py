"""What is agreed on from the initiative's page beside the steps: reasons, persons, review dates. POST only."""

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from initiatives.actions import agreeing, drafting
from initiatives.actions.refusals import Refused
from initiatives.forms.steps import PersonForm, ReviewForm, WaiverForm
from initiatives.models import Handover, Waiver
from initiatives.pages.answering import status_of
from initiatives.pages.attempting import attempt
from initiatives.pages.fetching import fetch, fetch_outcome
from initiatives.pages.initiative import show
from initiatives.pages.visit import Visit, visit
from kommun.models import Employee


@require_POST
def waive(request: HttpRequest, uuid: uuid.UUID) -> HttpResponse:
    """The owner gives a reason why something cannot be measured."""
    visitor = visit(request)
    found, form = fetch(visitor, uuid), WaiverForm(request.POST)
    kind = Waiver.Kind.RESULT if found.change_on else Waiver.Kind.BASELINE

    def ask() -> None:
        agreeing.ask_for_waiver(found, kind, form.cleaned_data["waiver"], by=visitor.person, now=visitor.now)

    return attempt(request, visitor, found, _("Your decision-maker is asked."), ask, waiver=form)


@require_POST
def answer_waiver(request: HttpRequest, uuid: uuid.UUID, waiver: uuid.UUID) -> HttpResponse:
    visitor = visit(request)
    found = fetch(visitor, uuid)
    row = get_object_or_404(found.waivers, uuid=waiver)
    row.initiative, is_accepted = found, _says_yes(request)

    def answer() -> None:
        agreeing.answer_waiver(row, is_accepted=is_accepted, by=visitor.person, now=visitor.now)

    return attempt(request, visitor, found, _("Your answer is sent."), answer)


@require_POST
def invite(request: HttpRequest, uuid: uuid.UUID) -> HttpResponse:
    """Invites a co-driver, or offers the whole initiative to a colleague."""
    visitor = visit(request)
    found, form = fetch(visitor, uuid), PersonForm(request.POST)
    person = _colleague(form.cleaned_data["person"]) if form.is_valid() else None
    if person is None:
        form.add_error("person", _("There is no colleague with that address or login."))
        return show(request, visitor, found, forms={"person": form}, status=422)
    is_handed_over = "hand_over" in request.POST
    said = _("%(name)s is asked.") if is_handed_over else _("%(name)s drives it with you now.")

    def ask() -> None:
        if is_handed_over:
            agreeing.offer_handover(found, person, by=visitor.person, now=visitor.now)
        else:
            drafting.invite_co_driver(found, person, by=visitor.person, now=visitor.now)

    return attempt(request, visitor, found, said % {"name": person.display_name}, ask, person=form)


@require_POST
def uninvite(request: HttpRequest, uuid: uuid.UUID, person: uuid.UUID) -> HttpResponse:
    """One who drives it too does so no longer."""
    visitor = visit(request)
    found, former = fetch(visitor, uuid), get_object_or_404(Employee, uuid=person)

    def remove() -> None:
        drafting.remove_co_driver(found, former, by=visitor.person, now=visitor.now)

    return attempt(request, visitor, found, _("Done."), remove)


@require_POST
def answer_handover(request: HttpRequest, handover: uuid.UUID) -> HttpResponse:
    """The one who was asked answers; the offer itself is what lets them see it. Whoever asked may take it back."""
    visitor = visit(request)
    row = get_object_or_404(Handover.objects.select_related("initiative__owner", "initiative__unit"), uuid=handover)
    if "withdraw" in request.POST:
        return _withdraw(request, visitor, row)
    if row.to_id != visitor.person.pk:
        raise PermissionDenied(_("Only the one who was asked can answer."))
    is_accepted = _says_yes(request)
    try:
        agreeing.answer_handover(row, is_accepted=is_accepted, by=visitor.person, now=visitor.now)
    except Refused as refused:
        status_of(refused)
        messages.error(request, str(refused))
        return redirect("home")
    messages.success(request, _("You drive it now.") if is_accepted else _("Your answer is sent."))
    return redirect(row.initiative if is_accepted else "home")


def _withdraw(request: HttpRequest, visitor: Visit, row: Handover) -> HttpResponse:
    found = fetch(visitor, row.initiative.uuid)

    def withdraw() -> None:
        agreeing.withdraw_handover(row, by=visitor.person, now=visitor.now)

    return attempt(request, visitor, found, _("The question is taken back."), withdraw)


@require_POST
def extend_review(request: HttpRequest, uuid: uuid.UUID) -> HttpResponse:
    visitor = visit(request)
    found, form = fetch(visitor, uuid), ReviewForm(request.POST)
    if form.is_valid() and form.cleaned_data["review_on"] is None:
        form.add_error("review_on", _("Choose a later review date than the one there is."))
    outcome = fetch_outcome(found)

    def extend() -> None:
        to, reason = form.cleaned_data["review_on"], form.cleaned_data["reason"]
        drafting.extend_review(outcome, to=to, reason=reason, by=visitor.person, now=visitor.now)

    return attempt(request, visitor, found, _("The review date is moved."), extend, review=form)


def _says_yes(request: HttpRequest) -> bool:
    """Raises Http404 for what is neither a yes nor a no: an answer is given once, so none is guessed."""
    answer = request.POST.get("answer")
    if answer not in ("yes", "no"):
        raise Http404
    return answer == "yes"


def _colleague(address: str) -> Employee | None:
    """Somebody employed with that address or login; the names of protected persons are nowhere to be found."""
    words = address.strip().lower()
    if not words:
        return None
    return (
        Employee.objects.filter(login=words).first() or Employee.objects.filter(email=words, is_protected=False).first()
    )
