"""The menu, with how many decisions wait for the person. `config` registers it as a context processor."""

import datetime as dt

from django.db.models import Count, Exists, Subquery, Value
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from initiatives.models import Initiative
from initiatives.permissions import to_verify
from kommun.models import Employee, Role
from kommun.roles import held
from kommun.shell import MenuItem, mark_current


def menu(request: HttpRequest) -> dict[str, object]:
    """`menu`, `primary_action` and `search_url` of the shell; nothing before sign-in. At most two queries."""
    person = getattr(request, "user", None)  # missing when the request failed before anybody was recognised
    if not isinstance(person, Employee):
        return {}
    today = timezone.localdate()
    decisions, is_controller, is_administrator, results = _waiting(person, today)
    new = MenuItem(reverse("new"), _("New initiative"), "plus", short_label=pgettext("menu", "New"))
    items = [
        MenuItem(reverse("home"), pgettext("menu", "Home"), "hem"),
        MenuItem(reverse("initiatives"), _("Initiatives"), "lista"),
        MenuItem(reverse("decisions"), _("Decisions"), "beslut", count=decisions),
        MenuItem(reverse("overview"), _("Overview"), "oversikt"),
        *([MenuItem(reverse("verifying"), _("Review"), "bock", count=results)] if is_controller else []),
        *([MenuItem(reverse("reminder-rules"), _("Rules"), "penna")] if is_administrator else []),
    ]
    *marked, primary = mark_current([*items, new], request.path)
    return {"menu": marked, "primary_action": primary, "search_url": f"{reverse('initiatives')}#sok"}


def _waiting(person: Employee, today: dt.date) -> tuple[int, bool, bool, int]:
    """How many decisions wait, whether the person is a controller, and an administrator, and how many results wait.

    Two queries at most.
    """
    asked = Initiative.objects.awaiting(person).order_by()
    counted = asked.values(one=Value(1)).annotate(count=Count("pk")).values("count")
    roles = [Exists(held(person, role, on=today)) for role in (Role.CONTROLLER, Role.ADMINISTRATOR)]
    decisions, reviews, administers = Employee.objects.filter(pk=person.pk).values_list(Subquery(counted), *roles).get()
    return decisions or 0, reviews, administers, to_verify(person, on=today).count() if reviews else 0
