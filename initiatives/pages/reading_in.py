"""Reading in many values: a table is pasted or uploaded, what it holds is shown, and only then is anything stored."""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from initiatives.actions.reading_in import Planned, plan, read_in
from initiatives.actions.refusals import Refused
from initiatives.forms.reading_in import LONGEST_MENDED, ConfirmForm, TableForm, carried, packed
from initiatives.forms.refused import show
from initiatives.models import Outcome
from initiatives.pages.answering import status_of
from initiatives.pages.components.chart import period_label
from initiatives.pages.fetching import fetch, fetch_outcome
from initiatives.pages.values import list_of, outcome_query
from initiatives.pages.visit import Visit, visit
from initiatives.permissions import drives
from initiatives.reading import ReadSeries, ReadValue
from kommun.numbers import is_per_cent, number, quantity

SHOWN: Final = 500  # rows of a preview: above that nobody reads them, and those that change something come first


@dataclass(frozen=True)
class Row:
    """A value in the preview, and what becomes of it."""

    number: int
    period: str
    value: str
    what: str
    is_change: bool = False


@dataclass(frozen=True)
class Left:
    """A row that is not read, and why."""

    number: int
    text: str
    reason: str
    is_of_table: bool = True


@require_http_methods(["GET", "POST"])
def read(request: HttpRequest, uuid: uuid.UUID) -> HttpResponse:
    """GET asks for the table, POST shows what is in it. Nothing is stored."""
    visitor = visit(request)
    outcome = _outcome(request, visitor, uuid)
    if request.method == "GET":
        return _ask(request, outcome, TableForm(outcome=outcome))
    form = TableForm(request.POST, request.FILES, outcome=outcome)
    if not form.is_valid():
        return _ask(request, outcome, form, status=422)
    return _preview(request, visitor, outcome, form)


@require_POST
def store(request: HttpRequest, uuid: uuid.UUID) -> HttpResponse:
    """Stores what the preview showed, and says what became of it."""
    visitor = visit(request)
    outcome = _outcome(request, visitor, uuid)
    form = ConfirmForm(request.POST)
    if not form.is_valid():
        if not form.read:
            return _ask(request, outcome, TableForm(outcome=outcome), wrong=form, status=422)
        return _confirm(request, visitor, outcome, form, status=422)
    try:
        planned = read_in(
            outcome,
            form.read,
            by=visitor.person,
            now=visitor.now,
            reason=form.cleaned_data["reason"],
            source_reference=form.cleaned_data["source"],
        )
    except Refused as refused:
        status = status_of(refused)
        show(refused, form)
        return _confirm(request, visitor, outcome, form, status=status)
    return _done(request, outcome, planned, form.cleaned_data["left"], form.cleaned_data["beyond"])


def _outcome(request: HttpRequest, visitor: Visit, public_id: uuid.UUID) -> Outcome:
    """Raises Http404 for what is not there, PermissionDenied for what somebody else drives."""
    initiative = fetch(visitor, public_id)
    if not drives(visitor.person, initiative, on=visitor.today):
        raise PermissionDenied(_("The one who drives the initiative enters its values."))
    return fetch_outcome(initiative, request.GET.get("outcome", ""))


def _ask(
    request: HttpRequest, outcome: Outcome, form: TableForm, *, wrong: ConfirmForm | None = None, status: int = 200
) -> HttpResponse:
    context = _about(outcome) | {"form": form, "wrong": wrong or form}
    return render(request, "initiatives/read_in.html", context, status=status)


def _about(outcome: Outcome) -> dict[str, object]:
    return {
        "initiative": outcome.initiative,
        "outcome": outcome,
        "asked": outcome_query(outcome),
        "list_url": list_of(outcome),
    }


# --- The preview ------------------------------------------------------------------------------------------------------
def _preview(request: HttpRequest, visitor: Visit, outcome: Outcome, form: TableForm) -> HttpResponse:
    series = form.series
    planned = plan(outcome, series.values, today=visitor.today)
    good = [each for each in planned if each.outcome != "refused"]
    left = _left(series, planned)
    file = form.cleaned_data["file"]
    to_mend = carried(series.heading, [each.text for each in left[:SHOWN] if each.is_of_table])
    confirm = ConfirmForm(
        initial={
            "values": packed([each.read for each in good]),
            "left": "\n".join([series.heading, *to_mend]) if to_mend else "",
            "beyond": len(left) - len(to_mend),
            "source": file.name if file else "",
        }
    )
    context = _of_preview(outcome, good, confirm) | {
        "left": left[:SHOWN],
        "left_count": len(left),
        "left_more": max(0, len(left) - SHOWN),
        "beyond": _beyond(len(left) - len(to_mend)),
        "mend": TableForm(initial={"table": form.text}, outcome=outcome) if len(form.text) <= LONGEST_MENDED else None,
        "notes": _notes(form, outcome),
    }
    return render(request, "initiatives/read_in_preview.html", _about(outcome) | context)


def _confirm(request: HttpRequest, visitor: Visit, outcome: Outcome, form: ConfirmForm, *, status: int) -> HttpResponse:
    """The preview again, from what came back with the confirmation."""
    planned = plan(outcome, form.read, today=visitor.today)
    context = _of_preview(outcome, planned, form)
    return render(request, "initiatives/read_in_preview.html", _about(outcome) | context, status=status)


def _of_preview(outcome: Outcome, planned: Sequence[Planned], form: ConfirmForm) -> dict[str, object]:
    unit = outcome.indicator.unit_of_measure
    ordered = sorted(planned, key=_importance)
    if not any(each.needs_reason for each in planned) and not form.errors:
        del form.fields["reason"]
    return {
        "form": form,
        "rows": [_row(each, unit) for each in ordered[:SHOWN]],
        "more": max(0, len(ordered) - SHOWN),
        "count": len(planned),
        "counts": _counts(planned),
    }


def _importance(planned: Planned) -> tuple[bool, int]:
    """What changes something that was there comes first, else the order of the file."""
    return not planned.needs_reason, planned.read.row


def _row(planned: Planned, unit: str) -> Row:
    read = planned.read
    return Row(read.row, period_label(*read.span), _amount(read, unit), _what(planned, unit), planned.needs_reason)


def _amount(read: ReadValue, unit: str) -> str:
    return _("no value") if read.value is None else quantity(number(read.value), unit)


def _what(planned: Planned, unit: str) -> str:
    if planned.outcome == "refused":
        return planned.reason
    if planned.outcome == "unchanged":
        return _("Is there already")
    if planned.outcome == "corrected":
        old = _("no value") if planned.old is None else quantity(number(planned.old), unit)
        return _("Replaces %(old)s") % {"old": old}
    return _("New, and joins the frozen baseline") if planned.joins_baseline else _("New")


def _left(series: ReadSeries, planned: Sequence[Planned]) -> list[Left]:
    """The rows that are not read, whether nobody could read them or they do not fit with the others."""
    left = [Left(each.row, each.text, each.reason, each.is_of_table) for each in series.unread]
    left += [Left(each.read.row, each.read.text, each.reason) for each in planned if each.outcome == "refused"]
    return sorted(left, key=lambda each: each.number)


def _beyond(count: int) -> str:
    """What to do about the rows that there is no room to carry from page to page."""
    if not count:
        return ""
    said = _(
        "Mend %(count)s of the rows in your own file, and read that in again: values that are there already are not "
        "stored twice."
    )
    return said % {"count": number(count)}


def _notes(form: TableForm, outcome: Outcome) -> list[str]:
    """What has been taken for granted, so that a mistake is seen before anything is stored."""
    series, notes = form.series, []
    if form.sheet:
        notes.append(_("The sheet “%(sheet)s” is read, and no other sheet of the workbook.") % {"sheet": form.sheet})
    if series.value_heading:
        columns = {"period": series.period_heading, "value": series.value_heading}
        notes.append(_("The periods are read from the column “%(period)s” and the values from “%(value)s”.") % columns)
    if series.days_mean_periods:
        notes.append(_("Each day begins or ends a period, so the values are taken to be of the whole periods."))
    numbers = [each.value for each in series.values if each.value is not None]
    if is_per_cent(outcome.indicator.unit_of_measure) and len(numbers) > 1 and all(abs(each) <= 1 for each in numbers):
        notes.append(_("All the values are between 0 and 1. Are they shares that should be in per cent?"))
    return notes


def _counts(planned: Sequence[Planned]) -> str:
    """3 new, 1 changed, 2 there already."""
    counts = Counter[str](each.outcome for each in planned)
    words = {
        "created": ngettext("%(count)s new value", "%(count)s new values", counts["created"]),
        "corrected": ngettext("%(count)s changed", "%(count)s changed", counts["corrected"]),
        "unchanged": ngettext("%(count)s there already", "%(count)s there already", counts["unchanged"]),
        "refused": ngettext("%(count)s row not read", "%(count)s rows not read", counts["refused"]),
    }
    return ", ".join(said % {"count": number(counts[name])} for name, said in words.items() if counts[name])


# --- What became of it ------------------------------------------------------------------------------------------------
def _done(request: HttpRequest, outcome: Outcome, planned: Sequence[Planned], left: str, beyond: int) -> HttpResponse:
    """Back to the values; or, with rows left that were not read, to a page where those can be mended."""
    rows = left.split("\n")[1:]
    messages.success(request, _("Read in: %(counts)s.") % {"counts": _counts(planned)})
    if count := len(rows) + beyond:
        said = ngettext("%(count)s row was not read in.", "%(count)s rows were not read in.", count)
        messages.warning(request, f"{said % {'count': number(count)}} {_beyond(beyond)}".strip())
    if not rows:
        return redirect(list_of(outcome))
    return _ask(request, outcome, TableForm(initial={"table": left.lstrip("\n")}, outcome=outcome))
