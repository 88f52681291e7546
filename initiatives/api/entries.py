"""Reads the values that a client sends, one by one: a bad one gets its reason and never loses the good ones."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from initiatives.actions.measuring import Entry
from initiatives.api import components
from initiatives.api.components import Component
from initiatives.api.parameters import read_day
from initiatives.api.problems import Invalid, Violation

MOST: Final = 10_000
_LONGEST: Final = {"series": 64, "source": 200}
MEMBERS: Final = components.obj(
    "A value of a period, or of a single day.",
    {
        "observedOn": components.day("The period's last day."),
        "periodStart": components.day("Its first day; the same day when left out.", "2026-03-01"),
        "value": components.number(
            "The value with at most six decimals; null says that there is none.", 19.5, nullable=True
        ),
        "series": components.text("A series beside the default one.", "", maxLength=_LONGEST["series"]),
        "source": components.text("Where you have it from.", "Ärendesystemet", maxLength=_LONGEST["source"]),
    },
) | {"required": ["observedOn", "value"], "additionalProperties": False}
VALUE: Final = components.whole("MeasurementInput", MEMBERS)
BATCH: Final = Component(
    "MeasurementBatch",
    {
        "type": "object",
        "description": "Values to store.",
        "properties": {
            "measurements": {
                "type": "array",
                "description": "One value or many. One that is not as it should be is answered as refused, and does "
                "not lose the others.",
                "items": {"anyOf": [VALUE.ref, {"description": "Anything else is taken, and answered as refused."}]},
                "minItems": 1,
                "maxItems": MOST,
            }
        },
        "required": ["measurements"],
        "additionalProperties": False,
    },
    {"measurements": [VALUE.example]},
    (VALUE,),
)


class Unreadable(ValueError):
    """What was sent as a value cannot be read as one; says why."""


def read_batch(body: Any) -> list[Any]:
    """The raw entries. Raises Invalid when the body as a whole is not a batch."""
    if not isinstance(body, dict):
        raise Invalid([Violation("", "must be an object")])
    unknown = [Violation(name, "is not a member of the body") for name in body if name != "measurements"]
    listed = body.get("measurements")
    if not isinstance(listed, list) or not 1 <= len(listed) <= MOST:
        unknown.append(Violation("measurements", f"must be a list of 1 to {MOST} values"))
    if unknown or not isinstance(listed, list):
        raise Invalid(unknown)
    return listed


def read_entry(raw: Any) -> Entry:
    """One value. Raises Unreadable with the reason."""
    if not isinstance(raw, dict):
        raise Unreadable("must be an object")
    if unknown := [name for name in raw if name not in _READERS]:
        raise Unreadable(f"{unknown[0]} is not a member")
    if missing := [name for name in ("observedOn", "value") if name not in raw]:
        raise Unreadable(f"{missing[0]} is missing")
    return Entry(**{attribute: read(name, raw[name]) for name, (attribute, read) in _READERS.items() if name in raw})


def _date(name: str, raw: Any) -> Any:
    try:
        return read_day(raw if isinstance(raw, str) else "")
    except ValueError as error:
        raise Unreadable(f"{name} {error}") from None


def _value(name: str, raw: Any) -> Decimal | None:
    if raw is None or isinstance(raw, Decimal):
        return raw
    if isinstance(raw, bool) or not isinstance(raw, int):
        raise Unreadable(f"{name} must be a number or null")
    return Decimal(raw)


def _text(name: str, raw: Any) -> str:
    if not isinstance(raw, str) or len(raw) > _LONGEST[name] or "\0" in raw:
        raise Unreadable(f"{name} must be a text of at most {_LONGEST[name]} characters, without NUL")
    return raw


_READERS: Final[dict[str, tuple[str, Callable[[str, Any], Any]]]] = {
    "observedOn": ("observed_on", _date),
    "periodStart": ("period_start", _date),
    "value": ("value", _value),
    "series": ("series", _text),
    "source": ("source_reference", _text),
}
