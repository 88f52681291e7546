"""In which forms an answer is to be had, and which of them a caller wants."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Media:
    """`name` is what the parameter `format` calls it."""

    name: str
    type: str


JSON: Final = Media("json", "application/json")
CSV: Final = Media("csv", "text/csv")
PARQUET: Final = Media("parquet", "application/vnd.apache.parquet")


def accepted(header: str, offered: Sequence[Media]) -> Media | None:
    """The one of `offered` (the dearest to us first) that an Accept header wants most; None when it wants none."""
    if header in ("", "*/*"):
        return offered[0]
    wishes = [_wish(each) for each in header.split(",")]
    found = max(offered, key=lambda media: _quality(media, wishes))
    return found if _quality(found, wishes) > 0 else None


def _wish(text: str) -> tuple[str, float]:
    kind, *parameters = (part.strip().lower() for part in text.split(";"))
    quality = next((each[2:] for each in parameters if each.startswith("q=")), "1")
    try:
        return kind, float(quality)
    except ValueError:
        return kind, 0.0


def _quality(media: Media, wishes: Sequence[tuple[str, float]]) -> float:
    """What the most exact of the wishes that fit says."""
    group = media.type.partition("/")[0]
    for wanted in (media.type, f"{group}/*", "*/*"):
        fitting = [quality for kind, quality in wishes if kind == wanted]
        if fitting:
            return max(fitting)
    return 0.0
