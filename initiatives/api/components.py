"""Named JSON schemas with their examples: what the specification says about bodies."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

Schema = dict[str, Any]
UUID: Final = "0f7c9b1e-4a55-4d0c-9a6e-2f1f0a3b7c11"  # in examples


@dataclass(frozen=True)
class Component:
    """A named schema. `parts` are the components that it refers to."""

    name: str
    schema: Schema
    example: Any
    parts: tuple["Component", ...] = ()

    @property
    def ref(self) -> Schema:
        return {"$ref": f"#/components/schemas/{self.name}"}

    def family(self) -> dict[str, Schema]:
        """This schema and all that it refers to, by name."""
        found = {self.name: self.schema}
        for part in self.parts:
            found |= part.family()
        return found


def whole(name: str, schema: Schema, *, empty: Sequence[str] = ()) -> Component:
    """A component that refers to no other; its example is put together of its parts', and `empty` ones are null."""
    return Component(name, schema, example_of(schema) | dict.fromkeys(empty))


def text(description: str, example: str = "", *, nullable: bool = False, **more: Any) -> Schema:
    return _schema("string", description, example, nullable, **more)


def choice(description: str, values: list[str], *, nullable: bool = False) -> Schema:
    listed: list[str | None] = [*values, None] if nullable else [*values]
    return _schema("string", description, values[0], nullable, enum=listed)


def uuid(description: str, example: str = UUID, *, nullable: bool = False) -> Schema:
    return _schema("string", description, example, nullable, format="uuid")


def day(description: str, example: str = "2026-03-31", *, nullable: bool = False) -> Schema:
    return _schema("string", description, example, nullable, format="date")


def moment(description: str, example: str = "2026-03-31T07:15:00.000000Z", *, nullable: bool = False) -> Schema:
    return _schema("string", description, example, nullable, format="date-time")


def number(description: str, example: float, *, nullable: bool = False) -> Schema:
    return _schema("number", description, example, nullable)


def integer(description: str, example: int, *, nullable: bool = False, **more: Any) -> Schema:
    return _schema("integer", description, example, nullable, **more)


def boolean(description: str, example: bool, *, nullable: bool = False) -> Schema:
    return _schema("boolean", description, example, nullable)


def obj(description: str, properties: dict[str, Schema], *, nullable: bool = False) -> Schema:
    """An object that always has all its members."""
    return {
        "type": ["object", "null"] if nullable else "object",
        "description": description,
        "properties": properties,
        "required": list(properties),
    }


def array(description: str, items: Schema) -> Schema:
    return {"type": "array", "description": description, "items": items}


def example_of(schema: Schema) -> Any:
    """An example put together of the examples of the parts."""
    if "example" in schema:
        return schema["example"]
    if schema["type"] == "array":
        return [example_of(schema["items"])]
    return {name: example_of(part) for name, part in schema["properties"].items()}


def _schema(type_: str, description: str, example: Any, nullable: bool, **more: Any) -> Schema:
    return {"type": [type_, "null"] if nullable else type_, "description": description, "example": example, **more}
