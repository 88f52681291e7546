"""What an operation of the API is: its words, its scope, what it takes and what it answers.

The view obeys it and the specification is written from it, so the two cannot say different things.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import Final

from initiatives.api import parameters
from initiatives.api.components import Component, Schema
from initiatives.api.lifetime import Ending
from initiatives.api.media import CSV, JSON, Media
from initiatives.api.parameters import Parameter

FORMAT: Final = "format"
FIELDS: Final = "fields"


@dataclass(frozen=True)
class Operation:
    """Any one of `scopes` is enough; none: open to anybody. `query` holds the parameters that it takes.

    `answer` is None where there is no body (204). `problems` are statuses beside those that every operation has.
    `headers` are request headers, and `answer_headers` those of the good answer, each as an OpenAPI header object.
    `samples` hold an example for each form of the answer that is not JSON. `links` are OpenAPI links, by name.
    `ending` says since when something newer should be used, and until when this is answered.
    """

    id: str
    tag: str
    summary: str
    description: str
    scopes: tuple[str, ...]
    answer: Component | None
    status: int = HTTPStatus.OK
    query: tuple[Parameter, ...] = ()
    path: tuple[Parameter, ...] = ()
    headers: tuple[Parameter, ...] = ()
    body: Component | None = None
    formats: tuple[Media, ...] = (JSON,)
    samples: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[int, ...] = ()
    answer_headers: Mapping[str, Schema] = field(default_factory=dict)
    links: Mapping[str, Schema] = field(default_factory=dict)
    ending: Ending | None = None

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """All of the query, with `format` where there is a choice."""
        return self.query + ((_format(self.formats, self.query),) if len(self.formats) > 1 else ())

    @property
    def problem_statuses(self) -> list[int]:
        statuses = {400, 405, 406, 500, *self.problems}
        statuses |= {401, 403, 429, 503} if self.scopes else set()
        statuses |= {404} if self.path or any(each.is_place for each in self.query) else set()
        statuses |= {413, 415} if self.body else set()
        return sorted(statuses)


def _format(formats: tuple[Media, ...], query: tuple[Parameter, ...]) -> Parameter:
    description = "The form of the answer. It goes before the header Accept."
    if CSV in formats and any(each.name == "page" for each in query):
        description += " A table is whole, unless a page of it is asked for by page, limit or cursor."
    return parameters.choice(FORMAT, description, [each.name for each in formats])


def fields_of(names: list[str]) -> Parameter:
    """The parameter that narrows objects to some of their members."""

    def read(raw: str) -> tuple[str, ...]:
        wanted = tuple(dict.fromkeys(raw.split(",")))
        unknown = [name for name in wanted if name not in names]
        if unknown:
            raise ValueError(f"{unknown[0][:40]} is not one of {', '.join(names)}")
        return wanted

    either = "|".join(names)
    return Parameter(
        FIELDS,
        "Only these members, with commas between; the identifier always comes too.",
        {"type": "string", "pattern": f"^({either})(,({either}))*$", "maxLength": 1000},
        read,
        ",".join(names[:3]),
    )
