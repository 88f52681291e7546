"""What webhooks are sent, as the specification's object `webhooks` says it (OpenAPI 3.1)."""

from typing import Final

from initiatives.api import components
from initiatives.api.components import Schema
from initiatives.webhooks.messages import MEDIA_TYPE, ORIGIN, TEST
from initiatives.webhooks.subscribing import KINDS

_SOURCE: Final = "https://framsteg.example.se/api/v1"
_HREF: Final = f"{_SOURCE}/initiatives/{components.UUID}"
EVENT: Final = components.whole(
    "ChangeMessage",  # not Event, which is what /events answers
    components.obj(
        "A CloudEvents 1.0 event. It says which resource has changed, and not how: read it at data.href.",
        {
            "specversion": components.choice("The version of CloudEvents.", ["1.0"]),
            "id": components.uuid("The event's identifier, alike to all webhooks and in /events."),
            "source": components.text("The API's own address.", _SOURCE, format="uri"),
            "type": components.choice("What has happened.", [f"{ORIGIN}{kind}" for kind in (*KINDS, TEST)]),
            "subject": components.text("The resource, below the source.", f"initiatives/{components.UUID}"),
            "time": components.moment("When it happened."),
            "datacontenttype": components.choice("The form of data.", ["application/json"]),
            "data": components.obj(
                "Where to go on.", {"href": components.text("Where to read the resource.", _HREF, format="uri")}
            ),
        },
    ),
)


def described() -> Schema:
    """The object `webhooks`. It refers to the schema of EVENT, which belongs among the document's components."""
    return {"changed": {"post": _POST}}


def _header(name: str, description: str, example: str) -> Schema:
    return {
        "name": name, "in": "header", "required": True, "description": description,
        "schema": {"type": "string"}, "example": example,
    }  # fmt: skip


_POST: Final[Schema] = {
    "operationId": "receiveChange",
    "tags": ["Webhooks"],
    "summary": "A resource has changed",
    "description": "Posted to the address of a webhook. Answer with 2xx within ten seconds. Anything else, a "
    "redirect too, is a failure, and the message comes again with the same webhook-id: for three days, ever more "
    "seldom. What belongs to one initiative comes in order, the next when the one before has been answered with "
    "2xx. 410 switches the webhook off; 429 and 503 may say in Retry-After when to go on.",
    "security": [],
    "parameters": [
        _header("webhook-id", "Names the message, alike at every try (Standard Webhooks).", components.UUID),
        _header("webhook-timestamp", "When it was sent, in seconds since 1970.", "1774937700"),
        _header(
            "webhook-signature",
            "One or two signatures with a space between, each `v1,` and the base64 of HMAC-SHA256 over "
            "`{webhook-id}.{webhook-timestamp}.{body}` by a secret of the webhook.",
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        ),
        _header(
            "traceparent",
            "The trace of the message (W3C Trace Context).",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ),
    ],
    "requestBody": {"required": True, "content": {MEDIA_TYPE: {"schema": EVENT.ref, "example": EVENT.example}}},
    "responses": {
        "2XX": {"description": "It has arrived."},
        "410": {"description": "Nothing more is wanted; the webhook is switched off."},
        "429": {"description": "Too many; nothing more comes before the seconds in Retry-After are over."},
        "default": {"description": "It has not arrived, and comes again."},
    },
}
