"""Ways through the specification for tests: operations, parameters, answers and members, with references followed."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from initiatives.api.documents import specification

METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")


class Call(NamedTuple):
    """One operation of one path."""

    path: str
    method: str
    operation: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def parameters(self) -> list[dict[str, Any]]:
        shared = specification()["paths"][self.path].get("parameters", [])
        return [followed(each) for each in [*shared, *self.operation.get("parameters", [])]]

    def named(self, place: str) -> dict[str, dict[str, Any]]:
        """Its parameters in `place` (path, query or header), by name."""
        return {each["name"]: each for each in self.parameters if each["in"] == place}

    @property
    def responses(self) -> dict[str, dict[str, Any]]:
        return {status: followed(answer) for status, answer in self.operation["responses"].items()}

    @property
    def good(self) -> dict[str, dict[str, Any]]:
        return {status: answer for status, answer in self.responses.items() if status.isdigit() and status < "400"}

    @property
    def problems(self) -> dict[str, dict[str, Any]]:
        return {status: answer for status, answer in self.responses.items() if status not in self.good}


def calls() -> list[Call]:
    return [
        Call(path, method, operation)
        for path, methods in specification()["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]


def followed(part: dict[str, Any]) -> dict[str, Any]:
    """What a reference refers to; anything else as it is."""
    while "$ref" in part:
        found: Any = specification()
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name.replace("~1", "/").replace("~0", "~")]
        part = found
    return part


def properties() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every member of every object among the components, each with its own schema."""
    yield from _properties(specification()["components"]["schemas"])


def _properties(schema: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict):
            yield from schema["properties"].items()
        for part in schema.values():
            yield from _properties(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _properties(part)


def bodies() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Where it stands, media type and media object of every body, sent or answered."""
    for call in calls():
        if "requestBody" in call.operation:
            for kind, media in followed(call.operation["requestBody"])["content"].items():
                yield f"{call} request", kind, media
        for status, answer in call.responses.items():
            for kind, media in answer.get("content", {}).items():
                yield f"{call} {status}", kind, media
