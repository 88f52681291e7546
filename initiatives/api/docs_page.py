"""What the page with the documentation shows: the whole specification, as rows and words that a template can draw."""

import functools
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson
from django.utils.translation import gettext_lazy as _

from initiatives.api import about, info, problems
from initiatives.api.authentication import SCOPES
from initiatives.api.components import Schema


@dataclass(frozen=True)
class Member:
    """A parameter, a header or a member of a body, as a row of a table. `place` is path, query or header, or empty."""

    name: str
    kind: str
    description: str
    is_required: bool = False
    place: str = ""


@dataclass(frozen=True)
class Form:
    """A form in which a body is sent or answered, with an example; empty where none can be shown."""

    media_type: str
    example: str


@dataclass(frozen=True)
class Answer:
    status: str
    description: str
    headers: list[str]  # names of those that not every answer has
    forms: list[Form]
    links: list[Member]  # operations that the answer leads to


@dataclass(frozen=True)
class Described:
    """An operation; or a message that we send to a webhook, whose `path` is its name."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    scopes: list[str]
    parameters: list[Member]
    request: list[Form]
    answers: list[Answer]

    @property
    def shown(self) -> list[Form]:
        """The forms of the good answer."""
        return next((answer.forms for answer in self.answers if answer.status < "300"), [])

    @property
    def links(self) -> list[Member]:
        return next((answer.links for answer in self.answers if answer.status < "300"), [])


@dataclass(frozen=True)
class Model:
    name: str
    description: str
    members: list[Member]


@dataclass(frozen=True)
class Tag:
    name: str
    description: str
    operations: list[Described]


def content(document: Schema) -> dict[str, Any]:
    """What the page shows of the specification `document`, and of nothing else."""
    common = _headers_of_all(document)
    tags = {tag["name"]: Tag(tag["name"], tag["description"], []) for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            tags[operation["tags"][0]].operations.append(_described(path, method, operation, common))
    return {
        "info": document["info"] | {"limitations": document["info"]["x-limitations"]},
        "service": [
            (_("Availability"), document["info"]["x-sla"]["availability"]),
            (_("Response time"), document["info"]["x-sla"]["responseTime"]),
            (_("Support"), document["info"]["x-sla"]["support"]),
        ],
        "status": info.STATUS,
        "languages": {
            "sv": [(h, _plain(t)) for h, t in about.SWEDISH],
            "en": [(h, _plain(t)) for h, t in about.ENGLISH],
        },
        "scopes": SCOPES.items(),
        "tags": tags.values(),
        "webhooks": [
            _described(name, method, operation, common)
            for name, methods in document.get("webhooks", {}).items()
            for method, operation in methods.items()
        ],
        "headers": [_member(name, header) for name, header in common.items()],
        "models": [_model(name, schema) for name, schema in document["components"]["schemas"].items()],
        "problems": [(status, HTTPStatus(status).phrase, detail) for status, detail in problems.DETAILS.items()],
    }


def _headers_of_all(document: Schema) -> dict[str, Schema]:
    """The headers that every answer of every operation has, by name."""
    answers = [
        answer["headers"]
        for methods in document["paths"].values()
        for operation in methods.values()
        for answer in operation["responses"].values()
    ]
    names = functools.reduce(set.intersection, (set(headers) for headers in answers))
    return {name: header for name, header in answers[0].items() if name in names}


def _described(path: str, method: str, operation: Schema, common: dict[str, Schema]) -> Described:
    body = operation.get("requestBody", {"content": {}})
    return Described(
        id=operation.get("operationId", path),
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        description=_plain(operation["description"]),
        scopes=[scope for each in operation.get("security", []) for scope in each.get("oauth2", [])],
        parameters=[_parameter(each) for each in operation.get("parameters", [])],
        request=_forms(body["content"]),
        answers=[_answer(status, answer, common) for status, answer in sorted(operation["responses"].items())],
    )


def _answer(status: str, answer: Schema, common: dict[str, Schema]) -> Answer:
    return Answer(
        status,
        _plain(answer["description"]),
        [name for name in answer.get("headers", {}) if name not in common],
        _forms(answer.get("content", {})),
        [
            Member(name, link["operationId"], _plain(link.get("description", "")))
            for name, link in answer.get("links", {}).items()
        ],
    )


def _forms(listed: Schema) -> list[Form]:
    return [Form(media_type, _example(media)) for media_type, media in listed.items()]


def _example(media: Schema) -> str:
    example = media.get("example", "")
    return example if isinstance(example, str) else orjson.dumps(example, option=orjson.OPT_INDENT_2).decode()


def _parameter(each: Schema) -> Member:
    return _member(each["name"], each, is_required=each.get("required", False), place=each["in"])


def _member(name: str, described: Schema, **more: Any) -> Member:
    return Member(name, _kind(described["schema"]), _plain(described["description"]), **more)


def _model(name: str, schema: Schema) -> Model:
    required = schema.get("required", [])
    members = [
        Member(member, _kind(part), _plain(part.get("description", "")), member in required)
        for member, part in schema.get("properties", {}).items()
    ]
    return Model(name, _plain(schema["description"]), members)


def _kind(schema: Schema) -> str:
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "enum" in schema:
        return " · ".join(str(value) for value in schema["enum"] if value is not None)
    types = schema.get("type", "object")
    if types == "array":
        return f"list of {_kind(schema['items'].get('anyOf', [schema['items']])[0])}"
    named = " or ".join(types) if isinstance(types, list) else types
    default = f", default {schema['default']}" if "default" in schema else ""
    return f"{named} ({schema['format']})" if "format" in schema else f"{named}{default}"


def _plain(markdown: str) -> str:
    """Without the marks that a page for people does not show."""
    return markdown.replace("`", "").replace("*", "")
