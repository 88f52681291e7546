"""What an operation of the API is: its words, its scope, what it takes and what it answers.

The view obeys it and the specification is written from it, so the two cannot say different things.
"""

from dataclasses import dataclass

from initiatives.api.components import Component
from initiatives.api.parameters import Parameter


@dataclass(frozen=True)
class Operation:
    """Any one of `scopes` is enough; none: open to anybody. `query` holds all parameters that are taken."""

    id: str
    tag: str
    summary: str
    description: str
    scopes: tuple[str, ...]
    answer: Component
    query: tuple[Parameter, ...] = ()
    path: tuple[Parameter, ...] = ()
    headers: tuple[Parameter, ...] = ()
    body: Component | None = None
    conflicts: bool = False

    @property
    def problem_statuses(self) -> list[int]:
        statuses = {400, 405, 406, 500}
        statuses |= {401, 403} if self.scopes else set()
        statuses |= {404} if self.path else set()
        statuses |= {413, 415} if self.body else set()
        statuses |= {409} if self.conflicts else set()
        return sorted(statuses)
