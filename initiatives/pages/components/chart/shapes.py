"""What a chart consists of, as text ready for attributes: no number in it may be localised again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_DISC: Final = "M-{r} 0a{r} {r} 0 1 0 {d} 0a{r} {r} 0 1 0-{d} 0z"

# Told apart by shape, not by colour alone. Drawn around their own point.
SHAPES: Final = {
    "fore": "M-4-4h8v8h-8z",
    "efter": _DISC.format(r=4.75, d=9.5),
    "senare": _DISC.format(r=4.25, d=8.5),
    "utanfor": "M-3.5-3.5 3.5 3.5M-3.5 3.5 3.5-3.5",
    "improvement": "M0-7 7 0 0 7-7 0z",
    "concern": "M0-7.5 7.5 5.5h-15z",
}

_WITH_LINE: Final = ("fore", "efter", "senare")


@dataclass(frozen=True)
class Dot:
    """A value's place, with the name and the outline of its shape."""

    x: str
    y: str
    kind: str

    @property
    def d(self) -> str:
        return SHAPES[self.kind]


@dataclass(frozen=True)
class Segment:
    x1: str
    y1: str
    x2: str
    y2: str
    css: str


@dataclass(frozen=True)
class Band:
    """Between the limits, as far as they are reckoned from the values within."""

    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True)
class Path:
    kind: str
    d: str


@dataclass(frozen=True)
class Label:
    text: str
    x: str = ""
    y: str = ""
    css: str = ""
    anchor: str = "middle"


@dataclass(frozen=True)
class Key:
    """An entry of the legend: what is shown, and its kind. `dot`: drawn as signals are in a long series."""

    text: str
    kind: str
    dot: bool = False

    @property
    def d(self) -> str:
        return SHAPES.get(self.kind, "")

    @property
    def has_line(self) -> bool:
        return self.kind in _WITH_LINE


@dataclass(frozen=True)
class Row:
    period: str
    value: str
    part: str
    signal: str
    note: str
    x: str  # per cent, without the sign


@dataclass(frozen=True)
class Chart:
    """The drawing, its words and its table. A long series is drawn as paths, with a dot for each signal alone."""

    id: str
    title: str
    description: str
    height: int
    bottom: str
    scale: Sequence[Label]
    dates: Sequence[Label]
    bands: Sequence[Band]
    lines: Sequence[Segment]
    paths: Sequence[Path]
    marks: Sequence[Dot]
    dots: Sequence[Path]
    numbers: Sequence[Label]  # at the values that have a cause
    causes: Sequence[str]  # in the order of the numbers
    side: Sequence[Label]
    legend: Sequence[Key]
    rows: Sequence[Row]
    says: Sequence[str] = ()
    change: Label | None = None
    change_on: str = ""
    has_long_scale: bool = False  # its numbers need a wider column
    download: str = ""  # the address of the picture for slides
