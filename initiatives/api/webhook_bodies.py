"""What a client sends about its webhooks: how each body is read, and what the specification says of it."""

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from initiatives.api import components
from initiatives.api.components import Component, Schema
from initiatives.api.parameters import read_moment, read_uuid
from initiatives.api.problems import Invalid, Violation
from initiatives.models import Webhook
from initiatives.webhooks.subscribing import KINDS, MOST_REPLAYED, Wish

LONGEST_DESCRIPTION: Final = 200
LONGEST_URL: Final = 500
SETTABLE: Final = [Webhook.Status.ENABLED.value, Webhook.Status.PAUSED.value]
URL: Final = components.text(
    "Where the messages are posted: https at port 443 of a machine on the open Internet, unless the installation "
    "allows more. Without user, password or fragment, percent-encoded.",
    "https://receiver.example/hooks/framsteg",
    maxLength=LONGEST_URL,
    pattern=r"^https://([a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?\.){1,4}[a-z]{2,24}(/[A-Za-z0-9._~/?=&%+-]*)?$",
)
TYPES: Final[Schema] = {
    "type": "array",
    "description": "The kinds of change to be told of; an empty list is all of them. In a message the type is this "
    "with `se.framsteg.` before it.",
    "items": components.choice("A kind of change.", [*KINDS]),
    "uniqueItems": True,
    "maxItems": len(KINDS),
    "example": ["initiative.changed", "outcome.changed"],
}
DESCRIPTION: Final = components.text(
    "What it is for, in your own words.", "Speglar initiativ till styrsystemet", maxLength=LONGEST_DESCRIPTION,
    pattern=r"^[^\u0000]*$",
)  # fmt: skip
STATUS: Final = components.choice("Whether it is to be sent anything; while paused, changes wait.", SETTABLE)
NEW: Final = components.whole(
    "WebhookInput",
    components.obj("A wish to be told of changes.", {"url": URL, "types": TYPES, "description": DESCRIPTION})
    | {"required": ["url"], "additionalProperties": False},
)
CHANGES: Final = components.whole(
    "WebhookChanges",
    components.obj(
        "What is to be changed; what is left out stays as it is.",
        {"url": URL, "types": TYPES, "description": DESCRIPTION, "status": STATUS},
    )
    | {"required": [], "additionalProperties": False, "minProperties": 1},
)
REPLAY: Final = Component(
    "ReplayInput",
    {
        "type": "object",
        "description": "Which messages are to be sent once more: those named, or all that were given up since "
        "a moment.",
        "properties": {
            "deliveryIds": {
                "type": "array",
                "description": "Deliveries that have arrived or been given up.",
                "items": {"type": "string", "format": "uuid"},
                "minItems": 1,
                "maxItems": MOST_REPLAYED,
                "example": [components.UUID],
            },
            "since": components.moment("Of changes at this moment or later.", "2026-03-31T00:00:00+02:00"),
        },
        "oneOf": [{"required": ["deliveryIds"]}, {"required": ["since"]}],
        "additionalProperties": False,
    },
    {"since": "2026-03-31T00:00:00+02:00"},
)


@dataclass(frozen=True)
class Replay:
    deliveries: tuple[uuid.UUID, ...] = ()
    since: dt.datetime | None = None


def read_new(body: Any) -> Wish:
    """Raises Invalid. The URL is judged by the action."""
    return Wish(**_members(body, {name: _READERS[name] for name in ("url", "types", "description")}, needed=("url",)))


def read_changes(body: Any) -> dict[str, Any]:
    """At least one. Raises Invalid."""
    found = _members(body, _READERS)
    if not found:
        raise Invalid([Violation("", "must change something")])
    return found


def read_replay(body: Any) -> Replay:
    """One of its members. Raises Invalid."""
    found = _members(body, {"deliveryIds": _ids, "since": _moment})
    if len(found) != 1:
        raise Invalid([Violation("", "must have either deliveryIds or since")])
    return Replay(tuple(found.get("deliveryIds", ())), found.get("since"))


Read = Callable[[Any], Any]


def _members(body: Any, readers: Mapping[str, Read], *, needed: tuple[str, ...] = ()) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise Invalid([Violation("", "must be an object")])
    violations = [Violation(name[:100], "is not a member of the body") for name in body if name not in readers]
    violations += [Violation(name, "is missing") for name in needed if name not in body]
    values: dict[str, Any] = {}
    for name in readers.keys() & body.keys():
        try:
            values[name] = readers[name](body[name])
        except ValueError as error:
            violations.append(Violation(name, str(error)))
    if violations:
        raise Invalid(violations)
    return values


def _url(raw: Any) -> str:
    return _text(raw, LONGEST_URL)


def _types(raw: Any) -> tuple[str, ...]:
    if not isinstance(raw, list) or any(each not in KINDS for each in raw) or len(set(raw)) != len(raw):
        raise ValueError(f"must be a list of {', '.join(KINDS)}, each at most once")
    return tuple(raw)


def _description(raw: Any) -> str:
    return _text(raw, LONGEST_DESCRIPTION)


def _text(raw: Any, longest: int) -> str:
    if not isinstance(raw, str) or len(raw) > longest or "\0" in raw:
        raise ValueError(f"must be a text of at most {longest} characters, without NUL")
    return raw


def _status(raw: Any) -> str:
    if raw not in SETTABLE:
        raise ValueError(f"must be one of {', '.join(SETTABLE)}")
    return str(raw)


def _ids(raw: Any) -> list[uuid.UUID]:
    if not isinstance(raw, list) or not 1 <= len(raw) <= MOST_REPLAYED:
        raise ValueError(f"must be a list of 1 to {MOST_REPLAYED} identifiers")
    return [read_uuid(each if isinstance(each, str) else "") for each in raw]


def _moment(raw: Any) -> dt.datetime:
    return read_moment(raw if isinstance(raw, str) else "")


_READERS: Final[dict[str, Read]] = {
    "url": _url,
    "types": _types,
    "description": _description,
    "status": _status,
}
