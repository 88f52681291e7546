"""What the small shared components of a page are made of; each is drawn by the template of the same name.

`{% include "components/tabs.html" with tabs=tabs label=label only %}`, and so on.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Tab:
    url: str
    label: str
    count: int | None = None
    is_current: bool = False


@dataclass(frozen=True)
class Crumb:
    """A step on the way here; the last has no address."""

    label: str
    url: str = ""


@dataclass(frozen=True)
class EmptyState:
    """Said in the place of a list that has nothing in it."""

    heading: str
    text: str
    icon: str = "blad"
    url: str = ""
    action: str = ""


@dataclass(frozen=True)
class Pager:
    """The way to the pages before and after; `text` says where in the list this is."""

    previous_url: str = ""
    next_url: str = ""
    text: str = ""
