"""The formats that an answer can have, and which one a caller gets: by ?format=, or else by Accept (RFC 9110)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from initiatives.api import parameters
from initiatives.api.parameters import Parameter

PARAMETER: Final = "format"
_QUALITY: Final = re.compile(r"0(\.\d*)?|1(\.0*)?", re.ASCII)


@dataclass(frozen=True)
class Format:
    """`name` is what ?format= calls it. `media` is the media type without `parameters`."""

    name: str
    media: str
    description: str
    parameters: dict[str, str] = field(default_factory=dict, hash=False)

    @property
    def content_type(self) -> str:
        return "; ".join([self.media, *(f"{name}={value}" for name, value in self.parameters.items())])


JSON: Final = Format("json", "application/json", "pages of objects")
CSV: Final = Format(
    "csv", "text/csv", "a table as text (RFC 4180)", parameters={"charset": "utf-8", "header": "present"}
)
PARQUET: Final = Format("parquet", "application/vnd.apache.parquet", "a table with typed columns (Apache Parquet)")
RDF_XML: Final = Format("rdf", "application/rdf+xml", "RDF/XML")
TURTLE: Final = Format("ttl", "text/turtle", "Turtle", parameters={"charset": "utf-8"})


class NoneAcceptable(Exception):
    """No format that there is was accepted."""


def choose(accept: str, wanted: str | None, offered: Sequence[Format]) -> Format:
    """The format named `wanted`; else the one of `offered` that the header `accept` prefers, the first among equals.

    An empty or missing header accepts everything. Raises NoneAcceptable. `wanted` is one of those offered, or None.
    """
    if wanted is not None:
        return next(each for each in offered if each.name == wanted)
    ranges = list(_ranges(accept)) if accept.strip() else [_ANYTHING]
    best = max(offered, key=lambda each: _quality(each, ranges))  # the first of equals
    if _quality(best, ranges) == 0:
        raise NoneAcceptable
    return best


def parameter(offered: Sequence[Format]) -> Parameter:
    """`format`, as the specification has it. Its absence leaves the choice to Accept, so it has no default."""
    listed = "; ".join(f"`{each.name}`: {each.description}" for each in offered)
    return parameters.choice(
        PARAMETER,
        f"The format of the answer, before what the header Accept says. {listed}. Without either, {offered[0].name}.",
        [each.name for each in offered],
    )


@dataclass(frozen=True)
class _Range:
    """A media range of the header. The more exact one decides, whatever its place."""

    kind: str
    subkind: str
    parameters: dict[str, str]
    quality: float

    def exactness(self, offered: Format) -> int:
        """0 when it does not match. A parameter that we do not have is nothing we could break."""
        kind, _, subkind = offered.media.partition("/")
        ours = {name: value for name, value in self.parameters.items() if name in offered.parameters}
        if self.kind not in ("*", kind) or self.subkind not in ("*", subkind):
            return 0
        if any(offered.parameters[name] != value for name, value in ours.items()):
            return 0
        return 1 + (self.kind != "*") + (self.subkind != "*") + len(ours)


_ANYTHING: Final = _Range("*", "*", {}, 1.0)


def _quality(offered: Format, ranges: Sequence[_Range]) -> float:
    closest = max(ranges, key=lambda each: each.exactness(offered), default=None)
    return closest.quality if closest and closest.exactness(offered) else 0.0


def _ranges(accept: str) -> Iterator[_Range]:
    """What can be read of the header. A range that cannot be read accepts nothing."""
    for part in accept.lower().split(","):
        media, *rest = (piece.strip() for piece in part.split(";"))
        kind, _, subkind = media.partition("/")
        given = {name.strip(): value.strip(' "') for name, _, value in (each.partition("=") for each in rest)}
        quality = given.pop("q", "1")
        if kind and subkind and _QUALITY.fullmatch(quality) and (kind != "*" or subkind == "*"):
            yield _Range(kind, subkind, given, float(quality))
