"""Doing something from the initiative's page, and coming back to it: with the page as it is then, or a refusal."""

from collections.abc import Callable

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from initiatives.actions.refusals import Refused
from initiatives.forms import refused as refusal
from initiatives.models import Initiative
from initiatives.pages.answering import status_of
from initiatives.pages.fetching import fetch
from initiatives.pages.initiative import show
from initiatives.pages.visit import Visit


def attempt(
    request: HttpRequest,
    visitor: Visit,
    found: Initiative,
    done: str,
    action: Callable[[], object],
    **forms: BaseForm,
) -> HttpResponse:
    """Does it and comes back. A refusal stands on top, and on the form, which keeps what was written."""
    if any(not form.is_valid() for form in forms.values()):
        return show(request, visitor, found, forms=forms, status=422)
    try:
        action()
    except Refused as refused:
        status = status_of(refused)
        for form in forms.values():
            refusal.show(refused, form)
        messages.error(request, str(refused))  # the page as it is now may not have the form any more
        return show(request, visitor, fetch(visitor, found.uuid), forms=forms, status=status)
    messages.success(request, done)
    return redirect(found)
