"""/events: what has changed since a cursor, in order and without a gap, so that another system can be a mirror."""

from http import HTTPStatus
from typing import Any, ClassVar, Final
from urllib.parse import quote, urlencode

from django.http.response import HttpResponseBase
from rest_framework.request import Request

from initiatives.api import components, parameters, tables
from initiatives.api.authentication import INITIATIVES_READ, METRICS_READ
from initiatives.api.components import Component, Schema
from initiatives.api.media import CSV, JSON
from initiatives.api.operations import FORMAT, Operation
from initiatives.api.parameters import Parameter
from initiatives.api.problems import InsufficientScope, Refusal
from initiatives.api.shapes import link, link_schema
from initiatives.api.tables import File, Table
from initiatives.api.views import ApiView
from initiatives.events import feed
from initiatives.events.cursor import Cursor, NoCursor
from initiatives.events.feed import StartOver, Told
from initiatives.events.keeping import KEPT
from initiatives.models import Change

NOW: Final = "now"
LARGEST_LIMIT: Final = 500
TYPES: Final = Change.Kind.values
OF_METRICS: Final = [Change.Kind.INDICATOR_CHANGED, Change.Kind.UNIT_CHANGED, Change.Kind.UNIT_REMOVED]
RESOURCE: Final = {"initiative": "initiatives", "outcome": "outcomes", "indicator": "indicators", "unit": "units"}
_CURSOR: Final = "AQAAAAAAAAPpAAAAAAAAAAdS_3kKc7yZ1A"
_ADDRESS: Final = "https://framsteg.example.se/api/v1/events"

EVENT: Final = components.whole(
    "Event",
    components.obj(
        "That something has changed. It tells nothing of what it is now: read it anew.",
        {
            "id": components.uuid("Its own identifier."),
            "type": components.choice("What has happened.", TYPES),
            "occurredAt": components.moment("When the transaction that changed it began."),
            "subject": components.text(
                "The identifier of what has changed: of an initiative, outcome or indicator, or the code of a unit.",
                components.UUID,
            ),
            "initiativeId": components.uuid(
                "The initiative that it belongs to; null for indicators and units.", nullable=True
            ),
            "_links": components.obj(
                "Where to read it anew.",
                {
                    "subject": link_schema(
                        "What has changed; null when it is removed. 404 says that you do not see it any more.",
                        f"/initiatives/{components.UUID}",
                        "related",
                        nullable=True,
                    )
                },
            ),
        },
    ),
)
META: Final = components.whole(
    "EventMeta",
    components.obj(
        "How much of what has changed is here.",
        {
            "count": components.integer("How many are here.", 1),
            "limit": components.integer("The most there can be.", 20),
            "hasMore": components.boolean("Whether there already are more after these.", example=False),
        },
    ),
)


def _address_schema(rel: str, description: str, example: str) -> Schema:
    schema = link_schema(description, "/events", rel)
    schema["properties"]["href"] |= {"example": example}
    return schema


LINKS: Final = components.whole(
    "EventLinks",
    components.obj(
        "Absolute links, with all other parameters kept.",
        {
            "self": _address_schema("self", "This part.", f"{_ADDRESS}?limit=20"),
            "next": _address_schema(
                "next",
                "What comes after this part. It is always there: ask it again and again.",
                f"{_ADDRESS}?after={_CURSOR}&limit=20",
            ),
        },
    ),
)
PAGE: Final = Component(
    "EventPage",
    components.obj(
        "What has changed, in order.",
        {
            "events": components.array("The changes.", EVENT.ref),
            "_meta": META.ref,
            "_links": LINKS.ref,
        },
    ),
    {"events": [EVENT.example], "_meta": META.example, "_links": LINKS.example},
    (EVENT, META, LINKS),
)


UNKNOWN: Final = "There is no such cursor. Take the one that the link next holds."
STALE: Final = "This cursor is no longer good. Start over: after=now, then all lists."
AFTER: Final = Parameter(
    "after",
    "The cursor to go on from, as the link `next` holds it; or `now`, which finds nothing and answers the cursor of "
    "this moment. Without it, from the oldest change that is kept.",
    {"type": "string", "pattern": f"^({NOW}|[A-Za-z0-9_-]{{34}})$"},
    str,
    NOW,
    is_place=True,
)
LIMIT: Final = parameters.integer("limit", "How many at most.", least=1, most=LARGEST_LIMIT, default=20)
TYPE: Final = parameters.many(parameters.choice("type", "Only of these types.", TYPES))
TABLE: Final = Table.of_objects(EVENT)
FOLLOWING: Final[Schema] = {
    "description": "What comes after this part (RFC 8288): the same address as `_links.next` holds.",
    "schema": {"type": "string"},
    "example": f'<{_ADDRESS}?after={_CURSOR}&limit=20>; rel="next"',
}
DESCRIPTION: Final = f"""\
Everything that has changed in what you may see, in one order and without a gap, however many write at once.

To be a mirror: ask once with `after=now` and keep the cursor in `_links.next`; read all lists; then follow \
`_links.next` again and again, and read each subject anew. 404 says that you do not see it any more. A value that \
comes or changes, in any series, changes its outcome: read its measurements anew. Each change is found once, in \
order, and a mirror that is cut off goes on from the last cursor that it has kept. What it reads may be newer than \
the event that told of it; then another event follows.

An event is thin on purpose: it tells that and what, and never a content. What is removed has left what you may see: \
it was taken back, declined or deleted, or moved to a part of the organisation that is not yours. Within one \
transaction a subject is told once of each type.

Nothing is told before all older transactions have ended, so a long one (a large import) delays the events of others \
for as long as it lasts, and loses none. Changes are kept for {KEPT.days} days. A cursor that is older, from before a \
backup was restored, or from when you saw another part of the organisation, is answered with 410: start over.

With the scope {METRICS_READ} alone, only indicators and units are told of."""


class Events(ApiView):
    operations: ClassVar = {
        "GET": Operation(
            id="listEvents",
            tag="Events",
            summary="Follow what has changed",
            description=DESCRIPTION,
            scopes=(INITIATIVES_READ, METRICS_READ),
            query=(AFTER, LIMIT, TYPE),
            answer=PAGE,
            formats=(JSON, CSV),
            samples=tables.csv_of(TABLE),
            answer_headers={"Link": FOLLOWING},
            problems=(410,),
        )
    }

    def get(self, request: Request) -> HttpResponseBase:
        page = self._read()
        meta = {"count": len(page.changes), "limit": self.given["limit"], "hasMore": page.has_more}
        links = {
            "self": link(self._address(self.given["after"]), "self"),
            "next": link(self._address(page.next), "next"),
        }
        shown = [self._show(each) for each in page.changes]
        if self.media == CSV:
            file = File("events", self.root, self.now)
            response = self.whole(tables.encode(CSV, TABLE, map(TABLE.flat, shown), file))
        else:
            response = self.answer({"events": shown, "_meta": meta, "_links": links})
        response["Link"] = f'<{links["next"]["href"]}>; rel="next"'
        return response

    def _read(self) -> feed.Page:
        after, kinds, limit = self.given["after"], self._kinds(), self.given["limit"]
        try:
            if after == NOW:
                return feed.Page([], feed.present(self.client, today=self.today), has_more=False)
            start = None if after is None else Cursor.read(after)
            return feed.read(self.client, today=self.today, after=start, kinds=kinds, limit=limit)
        except NoCursor:
            raise Refusal(HTTPStatus.NOT_FOUND, UNKNOWN) from None
        except StartOver:
            raise Refusal(HTTPStatus.GONE, STALE) from None

    def _kinds(self) -> list[str]:
        wanted: list[str] = self.given["type"]
        if INITIATIVES_READ in self.call.scopes:
            return wanted or TYPES
        if set(wanted or []) - set(OF_METRICS):
            raise InsufficientScope(INITIATIVES_READ)
        return wanted or [*OF_METRICS]

    def _show(self, told: Told) -> dict[str, Any]:
        resource, _, what = told.kind.partition(".")
        href = f"{self.root}/{RESOURCE[resource]}/{quote(told.subject, safe='')}"
        return {
            "id": told.uuid,
            "type": told.kind,
            "occurredAt": told.at,
            "subject": told.subject,
            "initiativeId": told.initiative,
            "_links": {"subject": None if what == "removed" else link(href, "related")},
        }

    def _address(self, after: Cursor | str | None) -> str:
        query = {
            "after": [] if after is None else [str(after)],
            "limit": self.given["limit"],
            "type": self.given["type"] or [],
            "format": [] if self.given[FORMAT] is None else [self.given[FORMAT]],
        }
        return f"{self.root}/events?{urlencode(query, doseq=True)}"
