"""The menu, with how many decisions wait for the person. `config` registers it as a context processor."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from initiatives.models import Initiative
from initiatives.workflow import State
from kommun.models import Employee
from kommun.shell import MenuItem, mark_current


def menu(request: HttpRequest) -> dict[str, object]:
    """`menu`, `primary_action` and `search_url` of the shell; nothing before sign-in. One query."""
    person = getattr(request, "user", None)  # missing when the request failed before anybody was recognised
    if not isinstance(person, Employee):
        return {}
    new = MenuItem(reverse("new"), _("New initiative"), "plus", short_label=pgettext("menu", "New"))
    items = [
        MenuItem(reverse("home"), pgettext("menu", "Home"), "hem"),
        MenuItem(reverse("initiatives"), _("Initiatives"), "lista"),
        MenuItem(reverse("decisions"), _("Decisions"), "beslut", count=decisions_waiting_for(person)),
    ]
    *marked, primary = mark_current([*items, new], request.path)
    return {"menu": marked, "primary_action": primary, "search_url": f"{reverse('initiatives')}#sok"}


def decisions_waiting_for(person: Employee) -> int:
    return Initiative.objects.filter(decider=person, state=State.PROPOSED).count()
