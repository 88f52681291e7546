"""In which forms an answer is to be had, and which of them a caller wants by the header Accept (RFC 9110, 12.5.1)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

_QUALITY: Final = re.compile(r"0(\.\d*)?|1(\.0*)?", re.ASCII)


@dataclass(frozen=True)
class Media:
    """`name` is what the parameter `format` calls it; `type` is the media type without its `parameters`."""

    name: str
    type: str
    parameters: dict[str, str] = field(default_factory=dict, hash=False)

    @property
    def content_type(self) -> str:
        return "; ".join([self.type, *(f"{name}={value}" for name, value in self.parameters.items())])


JSON: Final = Media("json", "application/json")
CSV: Final = Media("csv", "text/csv", {"charset": "utf-8", "header": "present"})
PARQUET: Final = Media("parquet", "application/vnd.apache.parquet")
RDF_XML: Final = Media("rdf", "application/rdf+xml")
TURTLE: Final = Media("ttl", "text/turtle", {"charset": "utf-8"})


def accepted(header: str, offered: Sequence[Media]) -> Media | None:
    """The one of `offered` that an Accept header wants most, the first among equals; None when it wants none.

    An empty header takes anything. The most exact range that fits decides, wherever it stands.
    """
    ranges = list(_ranges(header)) if header.strip() else [_ANYTHING]
    best = max(offered, key=lambda media: _quality(media, ranges))  # the first of equals
    return best if _quality(best, ranges) > 0 else None


@dataclass(frozen=True)
class _Range:
    """A media range of the header."""

    kind: str
    subkind: str
    parameters: dict[str, str]
    quality: float

    def exactness(self, media: Media) -> int:
        """0 when it does not match. A parameter that we do not have is nothing we could break."""
        kind, _, subkind = media.type.partition("/")
        ours = {name: value for name, value in self.parameters.items() if name in media.parameters}
        if self.kind not in ("*", kind) or self.subkind not in ("*", subkind):
            return 0
        if any(media.parameters[name] != value for name, value in ours.items()):
            return 0
        return 1 + (self.kind != "*") + (self.subkind != "*") + len(ours)


_ANYTHING: Final = _Range("*", "*", {}, 1.0)


def _quality(media: Media, ranges: Sequence[_Range]) -> float:
    closest = max(ranges, key=lambda each: each.exactness(media), default=None)
    return closest.quality if closest and closest.exactness(media) else 0.0


def _ranges(accept: str) -> Iterator[_Range]:
    """What can be read of the header. A range that cannot be read accepts nothing."""
    for part in accept.lower().split(","):
        media, *rest = (piece.strip() for piece in part.split(";"))
        kind, _, subkind = media.partition("/")
        given = {name.strip(): value.strip(' "') for name, _, value in (each.partition("=") for each in rest)}
        quality = given.pop("q", "1")
        if kind and subkind and _QUALITY.fullmatch(quality) and (kind != "*" or subkind == "*"):
            yield _Range(kind, subkind, given, float(quality))
