"""The chart as a picture for slides: one file that stands alone, 1280 by 720, with all its looks in attributes.

PowerPoint and LibreOffice know neither variables nor style sheets in a picture, so it has none, nor any of the page's.
"""

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.utils import formats

from initiatives.pages.components.chart import labels, plan, words
from initiatives.pages.components.chart.plan import Frame
from initiatives.pages.components.chart.series import Series
from initiatives.pages.components.chart.shapes import SHAPES, Band, Key, Label, Segment

WIDTH: Final = 1280
HEIGHT: Final = 720
MARGIN: Final = 64.0
FRAME: Final = Frame(top=276, bottom=556, left=124, width=916)
INK, GREY, LINE, LAKE, SPRUCE, RAPE, BERRY = "#14272C", "#4A5E64", "#D3DEDC", "#0E5161", "#1D6B42", "#F7CB46", "#AD1F3A"
WIDE_LABEL: Final = 11  # characters; labels longer than this stand further apart
LETTER: Final = 0.53  # of the size: how wide a letter is on the average, a little too wide rather than too narrow
LEGEND_ROWS: Final = 3
CAUSE_LENGTH: Final = 60  # characters, in the legend
NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Ink:
    stroke: str
    width: float = 1
    dash: str = ""


@dataclass(frozen=True)
class Stroke:
    d: str
    ink: Ink


@dataclass(frozen=True)
class Fill:
    """A shape around its own point."""

    d: str
    x: str
    y: str
    fill: str
    ink: Ink


@dataclass(frozen=True)
class Text:
    text: str
    x: str
    y: str
    size: int = 18
    fill: str = GREY
    weight: int = 400
    anchor: str = "start"


@dataclass(frozen=True)
class Caption:
    """What stands around the chart. `footer` says where the values are from, and who made the picture and when."""

    heading: str
    verdict: str
    verdict_text: str
    footer: str


@dataclass(frozen=True)
class Slide:
    title: str
    description: str
    bands: Sequence[Band]
    strokes: Sequence[Stroke]
    fills: Sequence[Fill]
    texts: Sequence[Text]


LINES: Final = {
    "c-mal": Ink(SPRUCE, 2.5, "10 6"),
    "c-median": Ink(GREY, 2),
    "c-median--vidare": Ink(GREY, 2, "3 6"),
    "c-medel": Ink(GREY, 2),
    "c-medel--vidare": Ink(GREY, 2, "11 5"),
    "c-grans": Ink(GREY, 1.5, "3 5"),
    "c-grans--vidare": Ink(GREY, 1.5, "8 6"),
    "c-andring": Ink(INK, 2),
    "fore": Ink(GREY, 2.25),
    "efter": Ink(LAKE, 3),
    "senare": Ink(LAKE, 2.25, "8 5"),
    "bro": Ink("#6B7F84", 1.5, "3 5"),
}
MARKS: Final = {
    "fore": (GREY, Ink("#FFFFFF", 1.5)),
    "efter": (LAKE, Ink("#FFFFFF", 1.5)),
    "senare": ("#FFFFFF", Ink(LAKE, 2.5)),
    "utanfor": ("none", Ink(GREY, 2)),
    "improvement": (RAPE, Ink(INK, 1.75)),
    "concern": (BERRY, Ink(INK, 1.75)),
}


def slide(series: Series, caption: Caption) -> Slide | None:
    """The picture, or None when there is nothing to draw."""
    if not series.values:
        return None
    laid = plan.lay_out(series, FRAME)
    legend_strokes, legend_fills, legend_texts = _legend(_keys(laid))
    dots = [dot for dot, point in zip(plan.dots(laid), laid.points, strict=True) if point.mark or not laid.is_long]
    return Slide(
        title=f"{caption.heading}. {words.title(series)}",
        description=f"{caption.verdict} {words.description(series, has_table=False)}",
        bands=plan.bands(laid),
        strokes=[
            *(_across(tick.y, Ink(LINE, 1)) for tick in labels.scale_labels(laid)),
            *(_line(each) for each in plan.levels(laid)),
            *(Stroke(path.d, LINES[path.kind]) for path in plan.paths(laid)),
            *legend_strokes,
        ],
        fills=[*(_mark(dot.kind, dot.x, dot.y) for dot in dots), *legend_fills],
        texts=[*_captions(caption, series), *_around(laid), *legend_texts],
    )


def readable_xml(text: str) -> str:
    """Without the signs that no XML may hold, whoever typed or pasted them."""
    return NOT_XML.sub("", text)


def _across(y: str, ink: Ink) -> Stroke:
    return Stroke(f"M{FRAME.across(0)} {y}H{FRAME.across(1)}", ink)


def _line(line: Segment) -> Stroke:
    return Stroke(f"M{line.x1} {line.y1}L{line.x2} {line.y2}", LINES[line.css.split()[-1]])


def _mark(kind: str, x: str, y: str) -> Fill:
    fill, ink = MARKS[kind]
    return Fill(SHAPES[kind], x, y, fill, ink)


def _captions(caption: Caption, series: Series) -> list[Text]:
    """From above: what it is about, what it came to, and what is measured; at the foot where it is from."""
    texts = []
    y = 16.0
    for size, fill, weight, text, most in (
        (32, INK, 700, caption.heading, 2),
        (24, LAKE, 700, caption.verdict, 1),
        (19, INK, 400, caption.verdict_text, 2),
        (18, GREY, 400, words.title(series), 1),
    ):
        for line in _wrapped(text, size, most):
            y += size * 1.2
            texts.append(Text(line, f"{MARGIN:.1f}", f"{y:.1f}", size, fill, weight))
        y += 7
    (footer,) = _wrapped(caption.footer, 16, 1) or [""]
    return [*texts, Text(footer, f"{MARGIN:.1f}", f"{HEIGHT - 20}", 16)]


def _wrapped(text: str, size: int, most: int) -> list[str]:
    room = int((WIDTH - 2 * MARGIN) / (size * LETTER))
    return textwrap.wrap(text, room, max_lines=most, placeholder=" …")


def _around(laid: plan.Plan) -> list[Text]:
    """The scale, the dates, the levels, the change and the numbers of causes."""
    texts = [
        Text(tick.text, f"{FRAME.left - 14:.1f}", f"{float(tick.y) + 6:.1f}", anchor="end")
        for tick in labels.scale_labels(laid)
    ]
    dates = labels.date_labels(laid)
    if max(len(each.text) for each in dates) > WIDE_LABEL:
        dates = [each for each in dates if each.css != labels.LABEL_GAPS[-1][0]]
    texts += [Text(each.text, each.x, each.y, anchor=each.anchor) for each in dates]
    texts += [_beside(each) for each in labels.side_labels(laid, line_height=23)]
    texts += [Text(each.text, each.x, each.y, 18, INK, 700, "middle") for each in plan.cause_numbers(laid)]
    change = labels.change_label(laid)
    if change is not None and laid.series.change_on is not None:
        day = formats.date_format(laid.series.change_on, "SHORT_DATE_FORMAT")
        texts.append(Text(f"{change.text}, {day}", change.x, change.y, 18, INK, 700, change.anchor))
    return texts


def _beside(label: Label) -> Text:
    fill = SPRUCE if label.css == "c-etikett--mal" else INK
    return Text(label.text, label.x, label.y, 18, fill, 700 if label.css else 400)


def _keys(laid: plan.Plan) -> list[Key]:
    """The legend without the target, which is named beside its line, and with what the numbers stand for."""
    causes = [f"{number}. {cause}" for number, cause in enumerate(words.causes(laid), start=1)]
    return [key for key in words.legend(laid) if key.kind != "mal"] + [
        Key(textwrap.shorten(cause, CAUSE_LENGTH, placeholder=" …"), "") for cause in causes
    ]


def _legend(keys: Sequence[Key]) -> tuple[list[Stroke], list[Fill], list[Text]]:
    """In rows below the chart, as many to a row as there is room for, and no more rows than that."""
    strokes: list[Stroke] = []
    fills: list[Fill] = []
    texts: list[Text] = []
    x, y = MARGIN, FRAME.bottom + 64
    for key in keys:
        indent = 42 if key.kind else 0
        needed = indent + len(key.text) * 17 * LETTER + 20
        if x > MARGIN and x + needed > WIDTH - MARGIN / 2:
            x, y = MARGIN, y + 27
        if y > FRAME.bottom + 64 + 27 * (LEGEND_ROWS - 1):
            break
        ink = LINES.get(key.kind) or LINES.get(f"c-{key.kind}")
        if ink is not None:
            strokes.append(Stroke(f"M{x:.1f} {y - 6:.1f}h32", ink))
        if key.d:
            fills.append(_mark(key.kind, f"{x + 16:.1f}", f"{y - 6:.1f}"))
        texts.append(Text(key.text, f"{x + indent:.1f}", f"{y:.1f}", 17))
        x += needed
    return strokes, fills, texts
