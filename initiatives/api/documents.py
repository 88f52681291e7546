"""The specification as a file, and as a page for people, drawn on our own server under the site's strict policy."""

import functools
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer

from initiatives.api import problems
from initiatives.api.addresses import ROOT
from initiatives.api.authentication import SCOPES
from initiatives.api.components import Schema


@functools.cache
def specification() -> Schema:
    found: Schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return found


@functools.cache
def as_yaml() -> bytes:
    written: bytes = OpenApiYamlRenderer().render(specification(), renderer_context={})  # type: ignore[no-untyped-call]
    return written


@login_not_required
@require_safe
def openapi_yaml(request: HttpRequest) -> HttpResponse:
    return HttpResponse(as_yaml(), content_type="application/yaml")


@login_not_required
@require_safe
def openapi_json(request: HttpRequest) -> HttpResponse:
    return HttpResponse(orjson.dumps(specification()), content_type="application/json")


@dataclass(frozen=True)
class Member:
    """A parameter or a member of a body, as a row of a table."""

    name: str
    kind: str
    description: str
    is_required: bool = False


@dataclass(frozen=True)
class Described:
    """An operation, as the page shows it."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    scopes: list[str]
    parameters: list[Member]
    request: str
    answer: str
    statuses: list[tuple[str, str]]


@dataclass(frozen=True)
class Model:
    name: str
    description: str
    members: list[Member]


@login_not_required
@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    return render(request, "initiatives/api_docs.html", page() | {"server": request.build_absolute_uri(ROOT)})


@functools.cache
def page() -> dict[str, Any]:
    """What the page shows, from the specification alone."""
    document = specification()
    tags: dict[str, list[Described]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            tags.setdefault(operation["tags"][0], []).append(_described(path, method, operation))
    return {
        "info": document["info"],
        "sla": document["info"]["x-sla"],
        "paragraphs": _paragraphs(document["info"]["description"]),
        "scopes": SCOPES.items(),
        "tags": tags.items(),
        "models": [_model(name, schema) for name, schema in document["components"]["schemas"].items()],
        "problems": [(status, HTTPStatus(status).phrase, detail) for status, detail in problems.DETAILS.items()],
    }


def _paragraphs(markdown: str) -> list[tuple[str, str]]:
    """The description's paragraphs, each with the words in bold that it opens with."""
    found = []
    for paragraph in markdown.strip().split("\n\n"):
        _, heading, text = paragraph.split("**", 2)
        found.append((heading.rstrip("."), text.strip().replace("`", "")))
    return found


def _described(path: str, method: str, operation: Schema) -> Described:
    content = operation["responses"]["200"]["content"]
    return Described(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        description=operation["description"].replace("`", ""),
        scopes=[scope for each in operation["security"] for scope in each["oauth2"]],
        parameters=[_parameter(each) for each in operation["parameters"]],
        request=_example(operation["requestBody"]["content"]) if "requestBody" in operation else "",
        answer=_example(content),
        statuses=[(status, answer["description"]) for status, answer in operation["responses"].items()],
    )


def _parameter(each: Schema) -> Member:
    description = each["description"].replace("`", "")
    return Member(each["name"], _kind(each["schema"]), description, each.get("required", False))


def _model(name: str, schema: Schema) -> Model:
    required = schema.get("required", [])
    members = [
        Member(member, _kind(part), part.get("description", ""), member in required)
        for member, part in schema["properties"].items()
    ]
    return Model(name, schema["description"], members)


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


def _example(content: Schema) -> str:
    [media] = content.values()
    return orjson.dumps(media["example"], option=orjson.OPT_INDENT_2).decode()
