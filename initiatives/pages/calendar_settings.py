"""Where a person gets the address of their calendar, changes it or closes it."""

from typing import Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from initiatives.actions.calendar import close_calendar, renew_address
from initiatives.actions.refusals import NotAllowed
from initiatives.pages.calendar_address import address, subscribing
from initiatives.pages.visit import Visit, visit

CLOSE: Final = "close"


@require_http_methods(["GET", "HEAD", "POST"])
def calendar_settings(request: HttpRequest) -> HttpResponse:
    """GET shows the address; POST gives a new one, or closes the calendar with `what=close`."""
    visitor = visit(request)
    if request.method != "POST":
        own = address(visitor.person)
        context = {"address": own, "subscribing": subscribing(own) if own else ""}
        response = render(request, "initiatives/calendar.html", context)
        response["Cache-Control"] = "private, no-store"  # the address is a secret
        return response
    try:
        said = _change(request, visitor)
    except NotAllowed as refused:
        raise PermissionDenied(str(refused)) from refused
    messages.success(request, said)
    return redirect("calendar")


def _change(request: HttpRequest, visitor: Visit) -> str:
    """What was done, in words."""
    if request.POST.get("what") == CLOSE:
        close_calendar(by=visitor.person, now=visitor.now)
        return _("The calendar is closed. The address no longer works.")
    had_one = bool(visitor.person.calendar_version)
    renew_address(by=visitor.person, now=visitor.now)
    if had_one:
        return _("You have a new address. The old one no longer works, so change it where you use it.")
    return _("Your calendar has an address now.")
