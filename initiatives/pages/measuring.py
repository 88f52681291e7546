"""Entering values: one number in one field, from wherever it is asked for."""

import datetime as dt
import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from initiatives.actions.measuring import Answer, enter_value
from initiatives.actions.refusals import Refused
from initiatives.cadence import Span, last_whole_span, name_of, next_span, span_of
from initiatives.forms.measuring import ValueForm
from initiatives.forms.refused import show
from initiatives.models import Initiative, Outcome
from initiatives.pages.answering import status_of
from initiatives.pages.charting import stands_out
from initiatives.pages.components.chart import period_label
from initiatives.pages.fetching import fetch, fetch_outcome
from initiatives.pages.visit import Visit, visit
from initiatives.permissions import drives
from initiatives.workflow import State


@require_http_methods(["GET", "POST"])
def value(request: HttpRequest, uuid: uuid.UUID) -> HttpResponse:
    """One value. After it is saved the next empty period is offered, or the page that asked comes back."""
    visitor = visit(request)
    initiative = fetch(visitor, uuid)
    if not drives(visitor.person, initiative, on=visitor.today):
        raise PermissionDenied(_("The one who drives the initiative enters its values."))
    outcome = fetch_outcome(initiative, request.GET.get("outcome", "") or request.POST.get("outcome", ""))
    says_none = "skip" in request.POST
    form = ValueForm(
        request.POST or None,
        outcome=outcome,
        today=visitor.today,
        says_none=says_none,
        initial={"observed_on": period_to_enter(outcome, visitor.today).first},
    )
    if request.method == "POST" and form.is_valid():
        return _save(request, visitor, outcome, form)
    return _show(request, visitor, outcome, form, status=422 if form.is_bound else 200)


def _save(request: HttpRequest, visitor: Visit, outcome: Outcome, form: ValueForm) -> HttpResponse:
    entry = form.entry()
    try:
        answer = enter_value(outcome, entry, by=visitor.person, now=visitor.now, reason=form.cleaned_data["reason"])
    except Refused as refused:
        status = status_of(refused)
        show(refused, form)
        return _show(request, visitor, outcome, form, status=status)
    said = _("Saved for %(period)s.") % {"period": name_of(entry.observed_on, outcome.cadence)}
    messages.success(request, format_html("{}{}", said, _offer(outcome, answer)))
    return redirect(_next(request, outcome.initiative))


def _offer(outcome: Outcome, answer: Answer) -> SafeString:
    """A link to where the cause is written, when the value stands outside normal variation; else nothing."""
    if answer.outcome == "unchanged" or not stands_out(outcome, answer.entry.observed_on):
        return SafeString()
    row = outcome.measurements.get(series="", observed_on=answer.entry.observed_on)
    address = reverse("measurement", args=[outcome.initiative.uuid, row.uuid])
    words = _("It is outside normal variation."), _("Write what happened")
    return format_html(' {} <a href="{}#orsak">{}</a>', words[0], address, words[1])


def _show(request: HttpRequest, visitor: Visit, outcome: Outcome, form: ValueForm, *, status: int) -> HttpResponse:
    span = period_to_enter(outcome, visitor.today)
    recent = outcome.measurements.filter(series="").order_by("-observed_on")[:8]
    context = {
        "initiative": outcome.initiative,
        "outcome": outcome,
        "form": form,
        "period": name_of(span.first, outcome.cadence),
        "recent": [(period_label(row.period_start, row.observed_on), row.value) for row in recent],
        "next": request.POST.get("next") or request.GET.get("next", ""),
    }
    return render(request, "initiatives/value.html", context, status=status)


def _next(request: HttpRequest, initiative: Initiative) -> str:
    """Back to the page that asked, if it is one of ours."""
    wanted = request.POST.get("next", "")
    if wanted and url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}):
        return wanted
    return f"{initiative.get_absolute_url()}varde/" if "another" in request.POST else initiative.get_absolute_url()


def period_to_enter(outcome: Outcome, today: dt.date) -> Span:
    """The first period after the last one with a value, at most today's; the last whole one when there is none yet."""
    last = outcome.measurements.filter(series="").order_by("-observed_on").values_list("observed_on", flat=True).first()
    if outcome.initiative.state == State.CONCLUDED and last is not None:  # only now and then is a value asked for
        wanted = max(next_span(last, outcome.cadence), last_whole_span(today, outcome.cadence))
        return min(wanted, span_of(today, outcome.cadence))
    if last is not None:
        return min(next_span(last, outcome.cadence), span_of(today, outcome.cadence))
    return last_whole_span(today, outcome.cadence)
