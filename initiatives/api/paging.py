"""Pages of a list: which rows, and the `_meta` and `_links` that lead to the others."""

from dataclasses import dataclass, replace
from typing import Any, Final

from rest_framework.request import Request

from initiatives.api import components, parameters
from initiatives.api.components import Component, Schema
from initiatives.api.shapes import LINK, link

LARGEST_LIMIT: Final = 500
ROOT_PATH: Final = "/api/v1"
PARAMETERS: Final = (
    parameters.integer(
        "page", "Which page, counted from 1. Beyond the last the list is empty.", least=0, most=2**31 - 1, default=1
    ),
    parameters.integer("limit", "How many on a page.", least=1, most=LARGEST_LIMIT, default=20),
)
_CURSOR: Final = parameters.text(
    "cursor",
    "Where the page before ended; the link `next` holds it. With it a page deep in the list is as quick as the first, "
    "and what is added meanwhile moves nothing. It goes before `page`, which then only tells the number.",
    "WyJiZWd1bkF0IiwiMjAyNi0wMS0wMlQwODowMDowMCswMDowMCJd",
    longest=600,
)
CURSOR: Final = replace(_CURSOR, is_place=True)
META: Final = components.whole(
    "Meta",
    components.obj(
        "Where in the list this page is.",
        {
            "totalRecords": components.integer("How many there are in all.", 1),
            "page": components.integer("This page, from 1.", 1),
            "limit": components.integer("The most there can be on a page.", 20),
            "count": components.integer("How many are on this page.", 1),
            "totalPages": components.integer("How many pages there are.", 1),
        },
    ),
)
_RELATIONS: Final = {
    "self": "This page",
    "first": "First page",
    "prev": "Page before",
    "next": "Page after",
    "last": "Last page",
}


def _maybe(rel: str, words: str) -> Schema:
    """A link, or null where there is no such page. The example shows a list of a single page."""
    one_page = link(f"{LINK['properties']['href']['example']}?page=1&limit=20", rel)
    example = None if rel in ("prev", "next") else one_page
    return {**LINK, "type": ["object", "null"], "description": f"{words}.", "example": example}


LINKS: Final = components.whole(
    "Links",
    components.obj(
        "Absolute links to other pages of the same list, with all other parameters kept.",
        {rel: _maybe(rel, words) for rel, words in _RELATIONS.items()},
    ),
)


@dataclass(frozen=True)
class Page:
    """`number` counts from 1; 0 and those beyond the last are empty."""

    number: int
    limit: int

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.limit

    def has_rows(self, total: int) -> bool:
        return 0 <= self.offset < total

    def envelope(self, request: Request, root: str, *, count: int, total: int, cursor: str = "") -> dict[str, Any]:
        """The members `_meta` and `_links`. `root` is the API's address; `cursor` leads on from the last row."""
        pages = -(-total // self.limit)
        meta = {"totalRecords": total, "page": self.number, "limit": self.limit, "count": count, "totalPages": pages}
        return {"_meta": meta, "_links": self._links(request, root, max(pages, 1), cursor)}

    def _links(self, request: Request, root: str, last: int, cursor: str) -> dict[str, Any]:
        before = min(self.number - 1, last)
        numbers = {
            "self": self.number,
            "first": 1,
            "prev": before if before >= 1 else None,
            "next": self.number + 1 if self.number < last else None,
            "last": last,
        }
        query = request.query_params.copy()
        here = "".join(query.pop("cursor", []))
        query["limit"] = str(self.limit)
        path = root + request.path.removeprefix(ROOT_PATH)

        def address(rel: str, page: int) -> str:
            query["page"] = str(page)
            place = {"self": here, "next": cursor}.get(rel)
            return f"{path}?{query.urlencode()}" + (f"&cursor={place}" if place else "")

        return {rel: None if page is None else link(address(rel, page), rel) for rel, page in numbers.items()}


def listing(name: str, plural: str, description: str, item: Component) -> Component:
    """The component of a page of `item`s under the member `plural`."""
    properties = {plural: components.array(description, item.ref), "_meta": META.ref, "_links": LINKS.ref}
    example = {plural: [item.example], "_meta": META.example, "_links": LINKS.example}
    return Component(name, components.obj(description, properties), example, (item, META, LINKS))
