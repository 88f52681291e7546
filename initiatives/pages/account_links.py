"""Settings about initiatives that the account page leads to. `config` registers it as a context processor."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from kommun.shell import AccountLink


def account_links(request: HttpRequest) -> dict[str, object]:
    """`account_links` of the account page."""
    dates = _("See in Outlook, Google or your phone when something is due.")
    return {"account_links": [AccountLink(reverse("calendar"), _("Dates in your calendar"), dates)]}
