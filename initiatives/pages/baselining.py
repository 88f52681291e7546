"""Moving the beginning of a frozen baseline, from the page with all values."""

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from initiatives.actions.baselining import move_baseline
from initiatives.actions.refusals import Refused
from initiatives.forms.measuring import BaselineForm
from initiatives.forms.refused import show as show_refused
from initiatives.pages.answering import status_of
from initiatives.pages.fetching import fetch, fetch_outcome
from initiatives.pages.values import list_of, show
from initiatives.pages.visit import visit
from initiatives.permissions import drives


@require_POST
def baseline(request: HttpRequest, uuid: uuid.UUID) -> HttpResponse:
    visitor = visit(request)
    initiative = fetch(visitor, uuid)
    if not drives(visitor.person, initiative, on=visitor.today):
        raise PermissionDenied(_("The one who drives the initiative can change its baseline."))
    outcome = fetch_outcome(initiative, request.GET.get("outcome", ""))
    form = BaselineForm(request.POST)
    if not form.is_valid():
        return show(request, visitor, outcome, baseline_form=form, status=422)
    try:
        move_baseline(outcome, **form.cleaned_data, by=visitor.person, now=visitor.now)
    except Refused as refused:
        status = status_of(refused)
        show_refused(refused, form)
        return show(request, visitor, outcome, baseline_form=form, status=status)
    messages.success(request, _("The baseline is changed, and the figures are computed anew."))
    return redirect(list_of(outcome))
