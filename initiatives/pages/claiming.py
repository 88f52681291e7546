"""Effekt i timmar och kronor: claiming what a result is worth, having it checked, telling apart who counts the same."""

import uuid
from dataclasses import dataclass
from decimal import Decimal

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from initiatives.actions.claiming import (
    change_claim,
    check_claims,
    make_claim,
    may_claim,
    may_settle,
    remove_claim,
    seen_of,
    settle_overlap,
)
from initiatives.actions.refusals import Refused
from initiatives.forms.claiming import ClaimForm, SettleForm
from initiatives.forms.refused import show
from initiatives.models import Claim, Initiative, Outcome
from initiatives.outcomes.claims import Pair, overlaps_of, worth
from initiatives.outcomes.series import as_they_are
from initiatives.pages.answering import status_of
from initiatives.pages.claim_words import ClaimRow, claim_row, interval_words, names_of, overlap_rows, sum_words
from initiatives.pages.fetching import fetch, fetch_outcome
from initiatives.pages.visit import Visit, visit
from initiatives.permissions import drives, verifies


@dataclass(frozen=True)
class ClaimPanel:
    """What is claimed of an initiative's result. `seen` is what a controller who may check it saw, else empty."""

    rows: list[ClaimRow]
    may_claim: bool
    seen: str


def claim_panel(initiative: Initiative, outcome: Outcome, visitor: Visit) -> ClaimPanel | None:
    """None where nothing is claimed and nobody who looks could.

    No query before the change; then two, and a few for what may be done.
    """
    if initiative.change_on is None:
        return None
    claims = list(outcome.claims.all())
    is_owner = drives(visitor.person, initiative, on=visitor.today)
    is_theirs = is_owner and may_claim(initiative)
    if not claims and not is_theirs:
        return None
    pairs = overlaps_of(claims)
    is_unchecked = any(claim.checked_at is None for claim in claims)
    may_matter = bool(pairs) or is_unchecked
    is_controller = may_matter and not is_owner and verifies(visitor.person, initiative, on=visitor.today)
    overlaps = overlap_rows(pairs, may_settle=is_owner or is_controller)
    rows = [claim_row(claim, outcome, overlaps.get(claim.uuid, []), may_edit=is_owner) for claim in claims]
    return ClaimPanel(rows, is_theirs, seen_of(*claims) if is_controller and is_unchecked else "")


@require_http_methods(["GET", "HEAD", "POST"])
def claim(request: HttpRequest, uuid: uuid.UUID) -> HttpResponse:
    """A new claim. With `preview` nothing is saved: the page says what the numbers come to."""
    visitor = visit(request)
    outcome = _own_outcome(visitor, uuid)
    if not may_claim(outcome.initiative):
        messages.info(request, _("The effect can be counted when the change is in place."))
        return redirect(outcome.initiative)
    form = ClaimForm(request.POST or None, outcome=outcome)
    if request.method != "POST" or "preview" in request.POST:
        return _show(request, outcome, form)
    if form.is_valid():
        try:
            make_claim(outcome, form.terms(), by=visitor.person, now=visitor.now)
        except Refused as refused:
            return _refuse(request, outcome, form, refused)
        messages.success(request, _("Saved. A controller checks the numbers."))
        return redirect(f"{outcome.initiative.get_absolute_url()}#effekt")
    return _show(request, outcome, form, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, uuid: uuid.UUID, claim: uuid.UUID) -> HttpResponse:
    """Changing a claim, or with `remove` taking it away."""
    visitor = visit(request)
    outcome = _own_outcome(visitor, uuid)
    found = get_object_or_404(outcome.claims, uuid=claim)
    form = ClaimForm(request.POST or None, outcome=outcome, claim=found, seen=seen_of(found))
    if request.method != "POST" or "preview" in request.POST:
        return _show(request, outcome, form, found)
    try:
        if "remove" in request.POST:
            remove_claim(found, by=visitor.person, seen=request.POST.get("seen", ""), now=visitor.now)
            messages.success(request, _("It is no longer counted."))
        elif form.is_valid():
            seen = form.cleaned_data["seen"]
            change_claim(found, form.terms(), by=visitor.person, seen=seen, now=visitor.now)
            messages.success(request, _("Saved. A controller checks the numbers."))
        else:
            return _show(request, outcome, form, found, status=422)
    except Refused as refused:
        return _refuse(request, outcome, form, refused, found)
    return redirect(f"{outcome.initiative.get_absolute_url()}#effekt")


@require_POST
def check(request: HttpRequest, uuid: uuid.UUID) -> HttpResponse:
    """A controller has looked at the numbers, as they stood on the page."""
    visitor = visit(request)
    outcome = fetch_outcome(fetch(visitor, uuid))
    try:
        check_claims(outcome, by=visitor.person, now=visitor.now, seen=request.POST.get("seen", ""))
    except Refused as refused:
        status_of(refused)
        messages.error(request, str(refused))
    else:
        messages.success(request, _("The numbers are checked."))
    return redirect(f"{outcome.initiative.get_absolute_url()}#effekt")


@require_http_methods(["GET", "HEAD", "POST"])
def settle(request: HttpRequest, claim: uuid.UUID, other: uuid.UUID) -> HttpResponse:
    """Tells two claims apart. For those who drive either, and a controller."""
    visitor = visit(request)
    first, second = (_visible_claim(visitor, each) for each in (claim, other))
    pair = next((each for each in overlaps_of([first]) if each.other.claim == second.uuid), None)
    if pair is None:
        raise Http404
    initiatives = (first.outcome.initiative, second.outcome.initiative)
    if not any(may_settle(visitor.person, each, on=visitor.today) for each in initiatives):
        raise PermissionDenied(_("Those who drive either initiative, or a controller, tell the two apart."))
    mine, other_name = names_of(pair)
    form = SettleForm(request.POST or None, mine=mine, other=other_name, initial=_settled(pair))
    if not form.is_valid():
        return _show_pair(request, first, second, pair, form, status=422 if form.is_bound else 200)
    answer, is_turned, shares = form.answered
    sides = (second, first) if is_turned else (first, second)
    reason = form.cleaned_data["reason"]
    try:
        settle_overlap(*sides, answer=answer, shares=shares, reason=reason, by=visitor.person, now=visitor.now)
    except Refused as refused:
        status = status_of(refused)
        show(refused, form)
        return _show_pair(request, first, second, pair, form, status=status)
    messages.success(request, _("Saved. The effect is counted once."))
    return redirect(f"{first.outcome.initiative.get_absolute_url()}#effekt")


def _own_outcome(visitor: Visit, public_id: uuid.UUID) -> Outcome:
    """The outcome that decides, of an initiative that the visitor drives. Raises Http404 and PermissionDenied."""
    initiative = fetch(visitor, public_id)
    if not drives(visitor.person, initiative, on=visitor.today):
        raise PermissionDenied(_("The one who drives the initiative says what its effect is worth."))
    return fetch_outcome(initiative)


def _visible_claim(visitor: Visit, public_id: uuid.UUID) -> Claim:
    seen = Initiative.objects.visible_to(visitor.person, on=visitor.today)
    claims = Claim.objects.filter(outcome__initiative__in=seen)
    related = claims.select_related("outcome__initiative__unit", "outcome__initiative__owner", "outcome__indicator")
    return get_object_or_404(related, uuid=public_id)


def _refuse(
    request: HttpRequest, outcome: Outcome, form: ClaimForm, refused: Refused, found: Claim | None = None
) -> HttpResponse:
    status = status_of(refused)
    show(refused, form)
    return _show(request, outcome, form, found, status=status)


def _show(
    request: HttpRequest, outcome: Outcome, form: ClaimForm, found: Claim | None = None, *, status: int = 200
) -> HttpResponse:
    context = {
        "initiative": outcome.initiative,
        "outcome": outcome,
        "form": form,
        "claim": found,
        "sum": _sum(outcome, form, found),
        "has_values": outcome.shift_low is not None,
    }
    return render(request, "initiatives/claim.html", context, status=status)


def _sum(outcome: Outcome, form: ClaimForm, found: Claim | None) -> tuple[str, str] | None:
    """What the numbers in the form come to, and how sure that is; None until they can be counted with."""
    numbers = form.numbers() if form.is_bound else (found.volume, found.unit_value) if found else None
    effect = worth(outcome, *numbers, as_they_are([outcome]).get(outcome.pk)) if numbers else None
    if numbers is None or effect is None:
        return None
    given = {**form.initial, **(form.cleaned_data if form.is_bound else {})}
    asked = Claim(
        kind=given.get("kind") or Claim.Kind.HOURS,
        unit_of_measure=given.get("unit_of_measure") or "",
        volume=numbers[0],
        unit_value=numbers[1],
        is_recurring=given.get("repeats") != "once",
    )
    return sum_words(outcome, effect, asked), interval_words(effect)


def _settled(pair: Pair) -> dict[str, object]:
    """How the form stands when they have been told apart before."""
    if pair.is_open or pair.first.share is None:
        return {}
    answers = {Decimal(1): "mine", Decimal(0): "other"}
    answer = "split" if pair.answer == "split" else answers[pair.first.share]
    return {"answer": answer, "share": pair.first.share * 100, "reason": pair.reason}


def _show_pair(
    request: HttpRequest, first: Claim, other: Claim, pair: Pair, form: SettleForm, *, status: int
) -> HttpResponse:
    rows = [claim_row(each, each.outcome, [], may_edit=False) for each in (first, other)]
    context = {
        "initiative": first.outcome.initiative,
        "form": form,
        "pair": pair,
        "sides": list(zip((pair.first, pair.other), names_of(pair), rows, strict=True)),
    }
    return render(request, "initiatives/overlap.html", context, status=status)
