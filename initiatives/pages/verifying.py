"""Granska: confirmed effects that wait for this controller, the oldest first, each answered on where it stands."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from initiatives.actions.refusals import Refused
from initiatives.actions.verifying import ask_again, seen_by_controller, send_back, verify, waits
from initiatives.forms.refused import show
from initiatives.forms.verifying import AnswerForm, VerdictForm
from initiatives.models import Initiative, Outcome, VerificationStep
from initiatives.outcomes.claims import overlaps_of
from initiatives.pages import initiative as initiative_page
from initiatives.pages.answering import status_of
from initiatives.pages.baseline_words import baseline_notes, with_changes
from initiatives.pages.claim_words import ClaimRow, OverlapRow, claim_row, overlap_rows
from initiatives.pages.components.panels import Figure, VerdictBox
from initiatives.pages.fetching import fetch, fetch_outcome
from initiatives.pages.series import figures_of
from initiatives.pages.verdict_words import verdict_words
from initiatives.pages.visit import Visit, visit
from initiatives.permissions import to_verify, verifies
from kommun.models import Role
from kommun.roles import held

MOST = 50
ANSWERS = ("confirm", "return")


@dataclass
class Card:
    """One effect to look at, with the form as the controller left it if it was refused."""

    outcome: Outcome
    verdict: VerdictBox
    figures: list[Figure]
    words: list[VerificationStep]  # what owner and controllers have said
    claims: list[ClaimRow]
    form: VerdictForm = field(default_factory=VerdictForm)

    @property
    def initiative(self) -> Initiative:
        return self.outcome.initiative


@require_safe
def verifying(request: HttpRequest) -> HttpResponse:
    visitor = visit(request)
    if not held(visitor.person, Role.CONTROLLER, on=visitor.today).exists():
        raise PermissionDenied(_("This page is for controllers."))
    return _show(request, visitor)


@require_http_methods(["GET", "HEAD", "POST"])
def verify_one(request: HttpRequest, uuid: uuid.UUID) -> HttpResponse:
    """The inbox with this one on top, and the answers: confirmed, or sent back."""
    visitor = visit(request)
    outcome = get_object_or_404(
        _with_what_cards_show(Outcome.objects.all(), visitor), initiative__uuid=uuid, is_primary=True
    )
    if request.method == "POST":
        return _answer(request, visitor, outcome)
    if not waits(outcome):
        messages.info(request, _("This does not wait for a controller any longer."))
        return redirect(outcome.initiative)
    if not verifies(visitor.person, outcome.initiative, on=visitor.today):
        raise PermissionDenied(_("A controller verifies this, who neither drives it nor decides about it."))
    return _show(request, visitor, first=outcome)


@require_POST
def answer_controller(request: HttpRequest, uuid: uuid.UUID) -> HttpResponse:
    """The owner answers what was sent back. What was written stays on the page if it is refused."""
    visitor = visit(request)
    found = fetch(visitor, uuid)
    form = AnswerForm(request.POST)
    try:
        if form.is_valid():
            words = form.cleaned_data["words"]
            ask_again(fetch_outcome(found), words, by=visitor.person, now=visitor.now)
            messages.success(request, _("Your answer is sent to the controller."))
            return redirect(found)
    except Refused as refused:
        status = status_of(refused)
        show(refused, form)
        return initiative_page.show(request, visitor, found, forms={"controller": form}, status=status)
    return initiative_page.show(request, visitor, found, forms={"controller": form}, status=422)


def _answer(request: HttpRequest, visitor: Visit, outcome: Outcome) -> HttpResponse:
    answer, form = request.POST.get("answer", ""), _form(outcome, request.POST)
    if answer not in ANSWERS:
        raise Http404
    if form.is_valid():
        try:
            _do(answer, outcome, form, visitor)
        except Refused as refused:
            status = status_of(refused)
            form = _form(
                outcome, request.POST.dict() | {"seen": seen_by_controller(outcome)}
            )  # what the page shows now
            show(refused, form)
            return _show(request, visitor, first=outcome, tried=form, status=status)
        messages.success(request, _("Confirmed. The owner is told.") if answer == "confirm" else _("Sent back."))
        return redirect("verifying")
    return _show(request, visitor, first=outcome, tried=form, status=422)


def _do(answer: str, outcome: Outcome, form: VerdictForm, visitor: Visit) -> None:
    seen = form.cleaned_data["seen"]
    if answer == "confirm":
        verify(outcome, by=visitor.person, seen=seen, now=visitor.now)
    else:
        send_back(outcome, form.cleaned_data["reason"], by=visitor.person, seen=seen, now=visitor.now)


def _show(
    request: HttpRequest,
    visitor: Visit,
    *,
    first: Outcome | None = None,
    tried: VerdictForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The inbox, with `first` on top. `tried` is the form that was refused there."""
    waiting = _with_what_cards_show(to_verify(visitor.person, on=visitor.today), visitor)
    rows = [*([first] if first else []), *waiting.order_by("verification_at", "id")[:MOST]]
    changes = baseline_notes(rows)
    overlaps = overlap_rows(overlaps_of([claim for each in rows for claim in each.claims.all()]), may_settle=True)
    cards = [_card(each, changes.get(each.pk, []), overlaps) for each in dict.fromkeys(rows)]
    if tried:
        cards[0].form = tried
    context = {"heading": _heading(len(cards)), "cards": cards}
    return render(request, "initiatives/verifying.html", context, status=status)


def _with_what_cards_show(rows: QuerySet[Outcome], visitor: Visit) -> QuerySet[Outcome]:
    seen = Initiative.objects.visible_to(visitor.person, on=visitor.today)
    found = rows.filter(initiative__in=seen.order_by().values("pk"))
    related = found.select_related("indicator", "initiative__owner", "initiative__unit")
    return related.prefetch_related("verification_steps__by", "claims")


def _card(outcome: Outcome, changes: list[str], overlaps: Mapping[uuid.UUID, list[OverlapRow]]) -> Card:
    words = [step for step in outcome.verification_steps.all() if step.reason]
    claims = [claim_row(claim, outcome, overlaps.get(claim.uuid, []), may_edit=False) for claim in outcome.claims.all()]
    verdict = with_changes(verdict_words(outcome.initiative, outcome), changes)
    return Card(outcome, verdict, figures_of(outcome), words, claims, _form(outcome))


def _form(outcome: Outcome, data: object = None) -> VerdictForm:
    return VerdictForm(data, initial={"seen": seen_by_controller(outcome)}, auto_id=f"{outcome.uuid}-%s")  # type: ignore[arg-type]


def _heading(count: int) -> str:
    if not count:
        return _("Nothing waits for your review")
    return ngettext("%(count)d result waits for your review", "%(count)d results wait for your review", count) % {
        "count": count
    }
