"""Beviset: the ladder of the evidence grade for one initiative, what lifts it, and how it came to be."""

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from initiatives.models import HoldCheck, Initiative, Outcome
from initiatives.pages.baseline_words import verdict_with_changes
from initiatives.pages.fetching import fetch
from initiatives.pages.grade_words import changes, lift, rungs
from initiatives.pages.visit import visit
from initiatives.workflow import Ending
from kommun.components import Crumb


@require_safe
def evidence(request: HttpRequest, uuid: uuid.UUID) -> HttpResponse:
    found = fetch(visit(request), uuid)
    outcome = found.outcomes.filter(is_primary=True).select_related("indicator").first()
    if outcome is None:
        raise Http404
    gradings = list(outcome.gradings.order_by("id"))
    crumbs = [Crumb(_("Initiatives"), "/initiativ/"), Crumb(found.title, found.get_absolute_url())]
    context = {
        "initiative": found,
        "outcome": outcome,
        "crumbs": [*crumbs, Crumb(_("Evidence"))],
        "rungs": rungs(outcome, gradings)[::-1],
        "lift": lift(found, outcome, checks_of(found, outcome)),
        "changes": changes(outcome, gradings),
        "verdict": verdict_with_changes(found, outcome),
    }
    return render(request, "initiatives/evidence.html", context)


def checks_of(found: Initiative, outcome: Outcome) -> list[HoldCheck]:
    """The hold checks of the ending that is; none before it."""
    if found.ending != Ending.CONFIRMED:
        return []
    return list(outcome.hold_checks.filter(step=found.steps_taken))
