"""All values of an outcome: where each comes from, what it was before, what happened; and mending one of them."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from initiatives.actions.baselining import can_be_moved
from initiatives.actions.explaining import explain
from initiatives.actions.measuring import MEASURABLE, enter_value
from initiatives.actions.refusals import Refused
from initiatives.forms.measuring import BaselineForm, CauseForm, CorrectionForm
from initiatives.forms.refused import show as show_refused
from initiatives.forms.steps import day_or_none
from initiatives.models import Correction, Initiative, Measurement, Outcome
from initiatives.pages.answering import status_of
from initiatives.pages.baseline_words import baseline_notes
from initiatives.pages.components.chart import period_label
from initiatives.pages.fetching import fetch, fetch_outcome
from initiatives.pages.visit import Visit, visit
from initiatives.permissions import drives
from initiatives.workflow import State
from kommun.components import Pager, Tab

ON_A_PAGE: Final = 100
OLDER: Final = "fore"
NEWER: Final = "efter"


@dataclass(frozen=True)
class Row:
    """A value as the table shows it; `sources` from who to which document."""

    measurement: Measurement
    period: str
    sources: Sequence[str]
    corrections: Sequence[Correction]


@require_safe
def values(request: HttpRequest, uuid: uuid.UUID) -> HttpResponse:
    visitor = visit(request)
    initiative = fetch(visitor, uuid)
    return show(request, visitor, fetch_outcome(initiative, request.GET.get("outcome", "")))


def show(
    request: HttpRequest,
    visitor: Visit,
    outcome: Outcome,
    *,
    baseline_form: BaselineForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page; with `baseline_form` as somebody left it, when it was refused."""
    initiative = outcome.initiative
    older, newer = (day_or_none(request.GET.get(name, "")) for name in (OLDER, NEWER))
    rows, pager = _page(outcome, older=older, newer=newer)
    is_driver = drives(visitor.person, initiative, on=visitor.today)
    context = {
        "initiative": initiative,
        "outcome": outcome,
        "tabs": _tabs(initiative, outcome),
        "rows": [row(each) for each in rows],
        "pager": pager,
        "may_enter_values": is_driver and initiative.state in MEASURABLE,
        "baseline_form": baseline_form or BaselineForm(initial={"from_on": outcome.baseline_from_on}),
        "may_move_baseline": is_driver and can_be_moved(outcome, initiative),
        "notes": baseline_notes([outcome]).get(outcome.pk, []),
        "asked": outcome_query(outcome),
    }
    return render(request, "initiatives/values.html", context, status=status)


def _page(outcome: Outcome, *, older: dt.date | None, newer: dt.date | None) -> tuple[Sequence[Measurement], Pager]:
    """The newest values first, a page at a time, from the day in the address. Two queries."""
    corrections = Prefetch("corrections", Correction.objects.select_related("by", "client").order_by("at", "id"))
    found = outcome.measurements.filter(series="").select_related("by", "client").prefetch_related(corrections)
    if newer is not None:
        rows = list(found.filter(observed_on__gt=newer).order_by("observed_on")[: ON_A_PAGE + 1])
        has_newer, has_older = len(rows) > ON_A_PAGE, True
        rows = rows[:ON_A_PAGE][::-1]
    else:
        found = found.filter(observed_on__lt=older) if older else found
        rows = list(found.order_by("-observed_on")[: ON_A_PAGE + 1])
        has_newer, has_older = older is not None, len(rows) > ON_A_PAGE
        rows = rows[:ON_A_PAGE]
    return rows, Pager(
        previous_url=_address(outcome, NEWER, rows[0]) if has_newer and rows else "",
        next_url=_address(outcome, OLDER, rows[-1]) if has_older and rows else "",
    )


def _address(outcome: Outcome, name: str, row: Measurement) -> str:
    start = f"{outcome_query(outcome)}&" if not outcome.is_primary else "?"
    return f"{start}{name}={row.observed_on.isoformat()}"


def outcome_query(outcome: Outcome) -> str:
    """What an address ends with to be about this outcome; nothing for the primary one."""
    return "" if outcome.is_primary else f"?outcome={outcome.uuid}"


def list_of(outcome: Outcome) -> str:
    """The address of the page with all values of the outcome."""
    return f"{outcome.initiative.get_absolute_url()}varden/{outcome_query(outcome)}"


def _tabs(initiative: Initiative, shown: Outcome) -> list[Tab]:
    """One for each outcome, when there are several. One query."""
    outcomes = list(initiative.outcomes.select_related("indicator"))
    address = f"{initiative.get_absolute_url()}varden/"
    tabs = [Tab(address + outcome_query(each), str(each), is_current=each.pk == shown.pk) for each in outcomes]
    return tabs if len(tabs) > 1 else []


def row(measurement: Measurement) -> Row:
    return Row(
        measurement,
        period_label(measurement.period_start, measurement.observed_on),
        _sources(measurement),
        list(measurement.corrections.all()),
    )


def _sources(measurement: Measurement) -> list[str]:
    if measurement.source == Measurement.Source.KOLADA:
        who = str(measurement.get_source_display())
    elif measurement.by is not None:
        who = measurement.by.display_name
    else:
        who = measurement.client.name if measurement.client else str(measurement.get_source_display())
    return [each for each in (who, measurement.source_reference) if each]


@require_http_methods(["GET", "POST"])
def measurement(request: HttpRequest, uuid: uuid.UUID, measurement: uuid.UUID) -> HttpResponse:
    """One value: GET shows it with its history, POST corrects it or says that there is none."""
    visitor = visit(request)
    found = _find(visitor, uuid, measurement)
    form = CorrectionForm(request.POST or None, measurement=found, says_none="skip" in request.POST)
    if request.method == "POST" and form.is_valid():
        return _correct(request, visitor, found, form)
    return _show(request, found, form, _cause_form(found), status=422 if form.is_bound else 200)


@require_POST
def cause(request: HttpRequest, uuid: uuid.UUID, measurement: uuid.UUID) -> HttpResponse:
    """What happened at one value."""
    visitor = visit(request)
    found = _find(visitor, uuid, measurement)
    form = CauseForm(request.POST)
    if form.is_valid():
        try:
            explain(found, form.cleaned_data["cause"], by=visitor.person, now=visitor.now)
        except Refused as refused:
            status = status_of(refused)
            show_refused(refused, form)
            return _show(request, found, CorrectionForm(measurement=found), form, status=status)
        messages.success(request, _("It is written beside the value and in the chart."))
        return redirect(list_of(found.outcome))
    return _show(request, found, CorrectionForm(measurement=found), form, status=422)


def _find(visitor: Visit, initiative_id: uuid.UUID, public_id: uuid.UUID) -> Measurement:
    """Raises Http404 for what is not there, PermissionDenied for what somebody else drives."""
    initiative = fetch(visitor, initiative_id)
    if not drives(visitor.person, initiative, on=visitor.today):
        raise PermissionDenied(_("The one who drives the initiative enters its values."))
    rows = Measurement.objects.select_related("outcome__indicator", "by", "client")
    found = get_object_or_404(rows, uuid=public_id, outcome__initiative=initiative)
    found.outcome.initiative = initiative
    return found


def _correct(request: HttpRequest, visitor: Visit, found: Measurement, form: CorrectionForm) -> HttpResponse:
    reason = form.cleaned_data["reason"]
    try:
        answer = enter_value(found.outcome, form.entry(), by=visitor.person, now=visitor.now, reason=reason)
    except Refused as refused:
        status = status_of(refused)
        show_refused(refused, form)
        return _show(request, found, form, _cause_form(found), status=status)
    period = period_label(found.period_start, found.observed_on)
    said = _("Nothing was changed for %(period)s.") if answer.outcome == "unchanged" else _("Saved for %(period)s.")
    messages.success(request, said % {"period": period})
    return redirect(list_of(found.outcome))


def _cause_form(found: Measurement) -> CauseForm:
    return CauseForm(initial={"cause": found.cause})


def _show(
    request: HttpRequest, found: Measurement, form: CorrectionForm, cause_form: CauseForm, *, status: int
) -> HttpResponse:
    initiative = found.outcome.initiative
    context = {
        "initiative": initiative,
        "outcome": found.outcome,
        "row": row(found),
        "form": form,
        "cause_form": cause_form,
        "wrong": cause_form if cause_form.errors else form,
        "is_draft": initiative.state == State.DRAFT,
        "list_url": list_of(found.outcome),
    }
    return render(request, "initiatives/measurement.html", context, status=status)
