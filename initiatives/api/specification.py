"""The OpenAPI 3.1 document: written from the operations of the views, so that it says what they do."""

from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent

from initiatives.api import about, components, lifetime, problems, webhook_messages
from initiatives.api.authentication import SCOPES
from initiatives.api.bodies import MEDIA_TYPE
from initiatives.api.components import Component, Schema
from initiatives.api.lifetime import ending_of
from initiatives.api.media import CSV, JSON, PARQUET
from initiatives.api.operations import Operation

HOST: Final = about.EXAMPLE
_VIOLATION: Final = components.obj(
    "What is wrong with one parameter or member.",
    {
        "field": components.text("Its name; empty for the body as a whole.", "limit"),
        "message": components.text("What would be right.", "must be a whole number from 1 to 500"),
    },
)
_PROBLEM: Final = components.obj(
    "Why the request was refused (RFC 9457).",
    {
        "type": components.text("Where the problem is explained.", f"{HOST}/api/v1/docs#problem-400", format="uri"),
        "title": components.text("The problem in a few words.", "Bad Request"),
        "status": components.integer("The HTTP status.", 400),
        "detail": components.text("What to do about it.", problems.DETAILS[400]),
        "instance": components.text("The path that was asked for.", "/api/v1/initiatives"),
        "violations": components.array("What was wrong with which part; empty when it is none of them.", _VIOLATION),
    },
)
PROBLEM: Final = components.whole("Problem", _PROBLEM)


class OperationSchema(AutoSchema):
    """One operation of the document, from the `Operation` of the view."""

    def get_operation(self, path: str, path_regex: str, path_prefix: str, method: str, registry: Any) -> Schema:
        operation: Operation = self.view.operations[method.upper()]  # type: ignore[attr-defined]  # an ApiView
        found: Schema = {
            "operationId": operation.id,
            "tags": [operation.tag],
            "summary": operation.summary,
            "description": operation.description,
            "security": [{"oauth2": [scope]} for scope in operation.scopes],
            "parameters": _parameters(operation, method.upper()),
            "responses": _responses(operation, method.upper()),
        }
        if ending_of(operation.ending):
            found["deprecated"] = True
        if operation.body is not None:
            found["requestBody"] = {"required": True, "content": _json(operation.body)}
        answer = operation.answer if JSON in operation.formats else None  # other forms have no schema
        for component in filter(None, (answer, operation.body, PROBLEM)):
            _register(registry, component)
        return found


def _register(registry: Any, component: Component) -> None:
    for name, schema in component.family().items():
        registry.register_on_missing(
            ResolvedComponent(name, ResolvedComponent.SCHEMA, schema, object=name)  # type: ignore[no-untyped-call]
        )


def _parameters(operation: Operation, method: str) -> list[Schema]:
    found = [parameter.specification("path") for parameter in operation.path]
    found += [parameter.specification("query") for parameter in operation.parameters]
    found += [parameter.specification("header") for parameter in operation.headers]
    return found + ([_IF_NONE_MATCH] if method == "GET" else []) + [_TRACEPARENT, _REQUEST_ID]


def _responses(operation: Operation, method: str) -> dict[str, Schema]:
    found = {str(operation.status): _good(operation, method)}
    if method == "GET":
        headers = {"ETag": _ETAG, **_ALWAYS}
        found["304"] = {
            "description": "Nothing has changed since the answer that If-None-Match names.",
            "headers": headers,
        }
    return found | {str(status): _problem(status) for status in operation.problem_statuses}


def _good(operation: Operation, method: str) -> Schema:
    answer, headers = operation.answer, {**operation.answer_headers, **_ALWAYS}
    if method == "GET":
        headers = {"ETag": _ETAG, **headers}
    if CSV in operation.formats:
        headers["Content-Disposition"] = _FILE
    if operation.scopes:
        headers |= _LIMITS
    if ending_of(operation.ending):
        headers |= lifetime.SCHEMAS
    if answer is None:
        return {"description": "It is done.", "headers": headers}
    found: Schema = {"description": answer.schema["description"], "content": _content(operation), "headers": headers}
    return found | ({"links": dict(operation.links)} if operation.links else {})


def _content(operation: Operation) -> Schema:
    found: Schema = {}
    for media in operation.formats:
        if media == JSON and operation.answer is not None:
            found |= _json(operation.answer)
        elif media == PARQUET:
            found[media.type] = {"schema": {"type": "string", "format": "binary"}}
        else:
            found[media.type] = {"schema": {"type": "string"}, "example": operation.samples.get(media.name, "")}
    return found


def _json(component: Component) -> Schema:
    return {MEDIA_TYPE: {"schema": component.ref, "example": component.example}}


def _problem(status: int) -> Schema:
    example = PROBLEM.example | {
        "type": f"{HOST}/api/v1/docs#problem-{status}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": problems.DETAILS[status],
    }
    if status not in (HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT):
        example["violations"] = []
    content = {problems.MEDIA_TYPE: {"schema": PROBLEM.ref, "example": example}}
    headers = {**_PROBLEM_HEADERS.get(status, {}), **_ALWAYS}
    return {"description": problems.DETAILS[status], "content": content, "headers": headers}


def _header(description: str, example: str) -> Schema:
    return {"description": description, "schema": {"type": "string"}, "example": example}


_CHALLENGE: Final = "Which credentials are needed (RFC 6750)."
_PROBLEM_HEADERS: Final[dict[int, Schema]] = {
    401: {"WWW-Authenticate": _header(_CHALLENGE, 'Bearer realm="framsteg", error="invalid_token"')},
    403: {"WWW-Authenticate": _header(_CHALLENGE, 'Bearer realm="framsteg", error="insufficient_scope"')},
    405: {"Allow": _header("The methods that the address takes.", "GET, HEAD")},
    429: {"Retry-After": _header("Seconds until there is a call again.", "3")},
    503: {"Retry-After": _header("Seconds until it is worth another try.", "30")},
}
_ETAG: Final = _header("Names this very answer.", '"5d41402abc4b2a76"')
_PARENT: Final = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
_ALWAYS: Final = {
    "traceparent": _header("The trace that the call belongs to (W3C Trace Context).", _PARENT),
    "X-Request-ID": _header("The call's own name: the one that was sent, else a new one.", "b3f1c2d4"),
}
_LIMITS: Final = {
    "RateLimit-Policy": _header(
        "How many calls (q) in how many seconds (w) the client may make.", '"client";q=600;w=60'
    ),
    "RateLimit": _header("Calls left (r), and seconds until all of them are back (t).", '"client";r=599;t=1'),
}
_FILE: Final = _header("The name of the file that a table is.", 'attachment; filename="framsteg-units-2026-03-31.csv"')
_IF_NONE_MATCH: Final = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The ETag of an earlier answer; 304 when it still holds.",
    "schema": {"type": "string"},
    "example": '"5d41402abc4b2a76"',
}
_TRACEPARENT: Final = {
    "name": "traceparent",
    "in": "header",
    "description": "The trace that the call belongs to (W3C Trace Context); it is passed on, and answered.",
    "schema": {"type": "string"},
    "example": _PARENT,
}
_REQUEST_ID: Final = {
    "name": "X-Request-ID",
    "in": "header",
    "description": "A name of the caller's own for the call; it is answered.",
    "schema": {"type": "string"},
    "example": "b3f1c2d4",
}


def finish(result: Schema, **kwargs: Any) -> Schema:
    """Adds what belongs to the API as a whole. The address is the installation's own when it is https."""
    host = settings.BASE_URL if settings.SECURE else HOST
    result["info"] |= about.info_block(host)
    result["tags"] = about.tags(
        {tag for path in result["paths"].values() for each in path.values() for tag in each["tags"]}
    )
    result["servers"] = [{"url": f"{host}/api/v1", "description": "This API"}]
    result["externalDocs"] = {"description": "Documentation for people", "url": f"{host}/api/v1/docs"}
    result["webhooks"] = webhook_messages.described()
    result["components"]["schemas"] |= webhook_messages.EVENT.family()
    result["components"]["securitySchemes"] = {
        "oauth2": {
            "type": "oauth2",
            "description": "Client credentials; the access token is sent as Authorization: Bearer.",
            "flows": {"clientCredentials": {"tokenUrl": f"{host}/oauth/token", "scopes": SCOPES}},
        }
    }
    return result
