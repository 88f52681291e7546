"""Reads the values that a client sends, one by one: a bad one gets its reason and never loses the good ones."""

import datetime as dt
from contextlib import suppress
from decimal import Decimal
from typing import Any, Final, NamedTuple

from initiatives.actions.measuring import Entry
from initiatives.api import components
from initiatives.api.components import Component
from initiatives.api.parameters import read_day
from initiatives.api.problems import Invalid, Violation

MOST: Final = 10_000
_LONGEST: Final = {"series": 64, "source": 200, "reason": 300}
WHY: Final = "why a value is changed, or one added to the baseline after it was frozen"
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
        "reason": components.text(f"Of this value, {WHY}.", "Dubbletter borttagna", maxLength=_LONGEST["reason"]),
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
            },
            "reason": components.text(
                f"For the values that have none of their own, {WHY}. It is kept in the history.",
                "Ny leverans från ärendesystemet",
                maxLength=_LONGEST["reason"],
            ),
        },
        "required": ["measurements"],
        "additionalProperties": False,
    },
    {"measurements": [VALUE.example]},
    (VALUE,),
)


class Unreadable(ValueError):
    """What was sent as a value cannot be read as one; says why."""


class Batch(NamedTuple):
    """The raw values, and the reason for those that have none of their own."""

    values: list[Any]
    reason: str


def read_batch(body: Any) -> Batch:
    """Raises Invalid when the body as a whole is not a batch."""
    if not isinstance(body, dict):
        raise Invalid([Violation("", "must be an object")])
    wrong = [Violation(name, "is not a member of the body") for name in body if name not in ("measurements", "reason")]
    values, reason = body.get("measurements"), ""
    if not isinstance(values, list) or not 1 <= len(values) <= MOST:
        wrong.append(Violation("measurements", f"must be a list of 1 to {MOST} values"))
    try:
        reason = _text("reason", body.get("reason", ""))
    except Unreadable as error:
        wrong.append(Violation("reason", str(error).removeprefix("reason ")))
    if wrong or not isinstance(values, list):
        raise Invalid(wrong)
    return Batch(values, reason)


def read_entry(raw: Any) -> Entry:
    """One value. Raises Unreadable with the reason."""
    if not isinstance(raw, dict):
        raise Unreadable("must be an object")
    if not raw.keys() <= _MEMBERS:
        raise Unreadable(f"{next(name for name in raw if name not in _MEMBERS)} is not a member")
    if missing := [name for name in _NEEDED if name not in raw]:
        raise Unreadable(f"{missing[0]} is missing")
    observed_on = _day("observedOn", raw["observedOn"])
    period_start = _day("periodStart", raw["periodStart"]) if "periodStart" in raw else None
    value = _value("value", raw["value"])
    return Entry(observed_on, value, period_start, *[_text(name, raw[name]) if name in raw else "" for name in _TEXTS])


def what_it_is_of(raw: Any) -> tuple[dt.date | None, str]:
    """The date and the series of a value that cannot be read whole, as far as they can."""
    given = raw if isinstance(raw, dict) else {}
    day, series = None, ""
    with suppress(Unreadable):
        day = _day("observedOn", given.get("observedOn"))
    with suppress(Unreadable):
        series = _text("series", given.get("series", ""))
    return day, series


def _day(name: str, raw: Any) -> dt.date:
    if isinstance(raw, str) and len(raw) == 10 and raw[4] == "-" == raw[7]:
        with suppress(ValueError):
            return dt.date.fromisoformat(raw)
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
    return raw.strip() if name == "reason" else raw


_NEEDED: Final = ("observedOn", "value")
_TEXTS: Final = ("series", "source", "reason")  # in the order of Entry
_MEMBERS: Final = frozenset(MEMBERS["properties"])
