"""The frame of every page: whose municipality it is, who is here, and a menu that others fill.

It knows no initiative. `config` registers context processors that supply `menu` (a list of MenuItem),
`primary_action` (a MenuItem: the one big button), `bell` (a MenuItem whose count is what is unread), `search_url` and
`more_settings` (a list of MenuItem: pages beside a person's own settings); without them a page has no menu, as at
sign-in.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.conf import settings
from django.http import HttpRequest

from kommun.models import Employee


@dataclass(frozen=True)
class MenuItem:
    url: str
    label: str
    icon: str  # a symbol in img/ikoner.svg
    count: int = 0  # how many wait for the person; shown only above zero
    text: str = ""  # a sentence about it, where there is room
    short_label: str = ""  # for the thumb bar of a phone, where there is little room
    is_current: bool = False


def mark_current(items: Iterable[MenuItem], path: str) -> list[MenuItem]:
    """The items with the one whose page or section holds `path` marked; the most particular wins, "/" only itself."""
    menu = list(items)
    holding = [item.url for item in menu if path == item.url or (item.url != "/" and path.startswith(item.url))]
    nearest = max(holding, key=len, default=None)
    return [replace(item, is_current=item.url == nearest) for item in menu]


def shell(request: HttpRequest) -> dict[str, object]:
    """Context of every page: `municipality`, `is_demo`, `person` (None before sign-in), `theme` (auto, light, dark)."""
    user = getattr(request, "user", None)  # missing when the request failed before anybody was recognised
    person = user if isinstance(user, Employee) else None
    return {
        "municipality": settings.MUNICIPALITY_NAME,
        "is_demo": settings.DEMO,
        "person": person,
        "theme": person.theme if person else Employee.Theme.AUTO,
    }
