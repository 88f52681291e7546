"""Promises: made by the decider on the initiative's page, and settled there or on a page that a letter leads to."""

import datetime as dt
import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from initiatives.actions.promising import Promised, answerable, promise_more, settle_promise
from initiatives.actions.refusals import Refused
from initiatives.forms import refused as refusal
from initiatives.forms.obstacles import PromiseNoteForm
from initiatives.forms.steps import PromiseForm
from initiatives.models import Initiative, Promise
from initiatives.pages.answering import back_to, status_of
from initiatives.pages.attempting import attempt
from initiatives.pages.fetching import fetch
from initiatives.pages.promise_words import said_of
from initiatives.pages.visit import Visit, visit
from initiatives.permissions import decides


@require_POST
def make_promise(request: HttpRequest, uuid: uuid.UUID) -> HttpResponse:
    visitor = visit(request)
    found, form = fetch(visitor, uuid), PromiseForm(request.POST, auto_id="lofte-%s")

    def promise_it() -> None:
        promise_more(found, promised(form), by=visitor.person, now=visitor.now)

    return attempt(request, visitor, found, _("Your promise is written down."), promise_it, promise=form)


def promised(form: PromiseForm) -> Promised:
    """What was written, complete or not: the action says what is missing."""
    given = form.cleaned_data
    kind = Promise.Kind(given["promise_kind"] or Promise.Kind.TIME)
    return Promised(kind, given["promise"], given["promise_due_on"] or dt.date.min)


@require_http_methods(["GET", "HEAD", "POST"])
def promise(request: HttpRequest, uuid: uuid.UUID) -> HttpResponse:
    """One promise, with the question whether it came true. POST answers it."""
    visitor = visit(request)
    row = _fetch(visitor, uuid)
    if request.method != "POST":
        return _show(request, visitor, row)
    is_kept, form = _is_kept(request), PromiseNoteForm(request.POST)
    if not form.is_valid():
        return _show(request, visitor, row, form=form, status=422)
    try:
        settle_promise(row, is_kept=is_kept, by=visitor.person, now=visitor.now, note=form.cleaned_data["note"])
    except Refused as refused:
        status = status_of(refused)
        refusal.show(refused, form)
        messages.error(request, str(refused))
        return _show(request, visitor, _fetch(visitor, uuid), form=form, status=status)
    messages.success(request, _("Thank you. Your answer is written down."))
    return redirect(back_to(request, row.initiative))


def _fetch(visitor: Visit, public_id: uuid.UUID) -> Promise:
    """Raises Http404 for one of an initiative that the visitor may not see."""
    seen = Initiative.objects.visible_to(visitor.person, on=visitor.today).order_by()
    rows = Promise.objects.filter(initiative__in=seen).select_related(
        "initiative__unit", "initiative__owner", "promised_by"
    )
    return get_object_or_404(rows.prefetch_related("initiative__co_driver_rows"), uuid=public_id)


def _show(
    request: HttpRequest, visitor: Visit, row: Promise, *, form: PromiseNoteForm | None = None, status: int = 200
) -> HttpResponse:
    may_settle = row.settled_at is None and _may_settle(visitor, row)
    form = form or PromiseNoteForm()
    form.fields["note"].widget.attrs["autofocus"] = True
    context = {
        "promise": row,
        "said": said_of(row, visitor.today),
        "initiative": row.initiative,
        "form": form if may_settle else None,
    }
    return render(request, "initiatives/promise.html", context, status=status)


def _may_settle(visitor: Visit, row: Promise) -> bool:
    is_decider = decides(visitor.person, row.initiative, on=visitor.today)
    return bool(answerable(row.initiative, [row], by=visitor.person, on=visitor.today, is_decider=is_decider))


def _is_kept(request: HttpRequest) -> bool:
    """Raises Http404 for what is neither: an answer is given once, so none is guessed."""
    answer = request.POST.get("is_kept")
    if answer not in ("yes", "no"):
        raise Http404
    return answer == "yes"
