"""The parameters of a query: how each is read, and what the specification says of it. An unknown one is refused."""

import datetime as dt
import re
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from django.http import QueryDict

from initiatives.api.components import Schema
from initiatives.api.problems import Invalid, Violation

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.IGNORECASE | re.ASCII)
_INTEGER: Final = re.compile(r"-?\d{1,18}", re.ASCII)


@dataclass(frozen=True)
class Parameter:
    """`read` turns the text into a value, or raises ValueError with a sentence. A list may be given several times.

    `is_place` is for a cursor: one that nobody gave out names no place there is, and is answered with 404.
    """

    name: str
    description: str
    schema: Schema
    read: Callable[[str], Any]
    example: Any
    is_list: bool = False
    default: Any = None
    is_place: bool = False

    def specification(self, place: str) -> Schema:
        """The OpenAPI parameter object; `place` is query, path or header."""
        schema = dict(self.schema) if self.default is None else {**self.schema, "default": self.default}
        if self.is_list:
            schema = {"type": "array", "items": schema, "minItems": 1}
        found: Schema = {"name": self.name, "in": place, "description": self.description, "schema": schema}
        found["example"] = [self.example] if self.is_list else self.example
        if place == "path":
            found["required"] = True
        return found | ({"style": "form", "explode": True} if self.is_list else {})


def many(parameter: Parameter) -> Parameter:
    return replace(parameter, is_list=True)


def choice(name: str, description: str, values: Iterable[str], *, default: str | None = None) -> Parameter:
    listed = [str(value) for value in values]

    def read(raw: str) -> str:
        if raw not in listed:
            raise ValueError(f"must be one of {', '.join(listed)}")
        return raw

    return Parameter(name, description, {"type": "string", "enum": listed}, read, listed[0], default=default)


def text(name: str, description: str, example: str, *, longest: int = 200) -> Parameter:
    def read(raw: str) -> str:
        if not 1 <= len(raw) <= longest or "\0" in raw:
            raise ValueError(f"must be 1 to {longest} characters, without NUL")
        return raw

    schema = {"type": "string", "minLength": 1, "maxLength": longest, "pattern": r"^[^\u0000]*$"}
    return Parameter(name, description, schema, read, example)


def identifier(name: str, description: str) -> Parameter:
    example = "0f7c9b1e-4a55-4d0c-9a6e-2f1f0a3b7c11"
    return Parameter(name, description, {"type": "string", "format": "uuid"}, read_uuid, example)


def day(name: str, description: str) -> Parameter:
    return Parameter(name, description, {"type": "string", "format": "date"}, read_day, "2026-03-31")


def moment(name: str, description: str) -> Parameter:
    schema = {"type": "string", "format": "date-time"}
    return Parameter(name, description, schema, read_moment, "2026-03-31T09:15:00+02:00")


def integer(name: str, description: str, *, least: int, most: int, default: int | None = None) -> Parameter:
    def read(raw: str) -> int:
        if not _INTEGER.fullmatch(raw) or not least <= int(raw) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(raw)

    schema = {"type": "integer", "minimum": least, "maximum": most}
    return Parameter(name, description, schema, read, least if default is None else default, default=default)


def read_uuid(raw: str) -> uuid.UUID:
    if not _UUID.fullmatch(raw):
        raise ValueError("must be a UUID")
    return uuid.UUID(raw)


def read_day(raw: str) -> dt.date:
    if not _DAY.fullmatch(raw):
        raise ValueError("must be a date, such as 2026-03-31")
    try:
        return dt.date.fromisoformat(raw)
    except ValueError:
        raise ValueError("must be a date of the calendar") from None


def read_moment(raw: str) -> dt.datetime:
    """An instant with any offset, in UTC. A plus sign that the caller forgot to escape has become a space by now."""
    raw = raw.replace(" ", "+")
    if not _MOMENT.fullmatch(raw):
        raise ValueError("must be a moment with its offset, such as 2026-03-31T09:15:00+02:00")
    try:
        moment = dt.datetime.fromisoformat(raw.upper())
    except ValueError:
        raise ValueError("must be a moment of the calendar") from None
    try:
        return moment.astimezone(dt.UTC)
    except OverflowError:  # the offset moves it out of the calendar's first or last day
        return moment.replace(tzinfo=dt.UTC)


def read_query(given: QueryDict, parameters: Iterable[Parameter]) -> dict[str, Any]:
    """The values given or by default, by name; what is missing is None. Raises Invalid naming all that is wrong."""
    known = {parameter.name: parameter for parameter in parameters}
    violations = [Violation(name, "is not a parameter of this resource") for name in given if name not in known]
    values: dict[str, Any] = {}
    for name, parameter in known.items():
        try:
            values[name] = _read(parameter, given.getlist(name))
        except ValueError as error:
            violations.append(Violation(name, str(error)))
    if violations:
        raise Invalid(violations)
    return values


def _read(parameter: Parameter, raw: list[str]) -> Any:
    if not raw:
        return parameter.default
    if parameter.is_list:
        return [parameter.read(each) for each in raw]
    if len(raw) > 1:
        raise ValueError("may be given once")
    return parameter.read(raw[0])
