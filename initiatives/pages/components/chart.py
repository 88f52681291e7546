"""The chart of an outcome's values: before and after the change, the baseline's median, the change date and the target.

It draws; what the values say is for `initiatives.evidence`. The table beside it holds every value, and is what screen
readers, the keyboard and paper read.
"""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import Final

from django.utils import formats
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from initiatives.evidence import Value, split
from initiatives.pages.components.scale import DateScale, ValueScale, percent, pixels, spread_out, value_scale
from kommun.numbers import number, quantity, rounded

HEIGHT: Final = 320
TOP: Final = 26.0
BOTTOM: Final = 290.0
MOST_MARKS: Final = 200  # above this each part is one path, and points are not marked
LABEL_GAPS: Final = (("", 0.40), ("c-x--bred", 0.24), ("c-x--tat", 0.14))  # narrow, wider and widest screens
LINE_HEIGHT: Final = 17.0
LONG_NUMBER: Final = 5


class Part(StrEnum):
    """Which side of the change a value is on. Also the last word of its class names."""

    BEFORE = "fore"
    AFTER = "efter"
    OUTSIDE = "utanfor"  # across the change or outside the window: shown, not counted


@dataclass(frozen=True)
class Series:
    """What is to be drawn. The median is the frozen baseline's; notes are of values, by their last day."""

    name: str
    unit: str
    values: Sequence[Value]
    change_on: dt.date | None = None
    baseline_from: dt.date | None = None
    until: dt.date | None = None
    baseline_median: Fraction | Decimal | None = None
    target: Decimal | None = None
    notes: Mapping[dt.date, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Mark:
    x: str
    y: str
    part: Part


@dataclass(frozen=True)
class Segment:
    x1: str
    y1: str
    x2: str
    y2: str
    css: str


@dataclass(frozen=True)
class Label:
    text: str
    x: str = ""
    y: str = ""
    css: str = ""
    anchor: str = "middle"


@dataclass(frozen=True)
class Row:
    period: str
    value: str
    part: str
    note: str
    x: str  # per cent, without the sign


@dataclass(frozen=True)
class Chart:
    """Everything the template writes, as text ready for attributes. No number in it may be localised again."""

    id: str
    title: str
    description: str
    height: int
    bottom: str
    scale: Sequence[Label]
    dates: Sequence[Label]
    lines: Sequence[Segment]
    paths: Sequence[tuple[Part, str]]
    marks: Sequence[Mark]
    side: Sequence[Label]
    legend: Sequence[tuple[str, str]]  # what is shown, and its kind
    rows: Sequence[Row]
    change: Label | None = None
    change_on: str = ""
    has_long_scale: bool = False  # its numbers need a wider column


@dataclass(frozen=True)
class _Point:
    x: float
    y: float
    part: Part
    value: Value


def draw(series: Series, *, id: str) -> Chart | None:
    """The chart, or None when there is nothing to draw. `id` is unique on its page."""
    if not series.values:
        return None
    across = _date_scale(series)
    upwards = value_scale(_heights(series), top=TOP, bottom=BOTTOM)
    points = _points(series, across, upwards)
    is_long = len(points) > MOST_MARKS
    return Chart(
        id=id,
        title=f"{series.name}, {series.unit}" if series.unit else series.name,
        description=_description(series),
        height=HEIGHT,
        bottom=pixels(BOTTOM),
        scale=[Label(number(tick), y=pixels(upwards.y(tick))) for tick in upwards.ticks],
        dates=_date_labels(points),
        lines=[*_levels(series, across, upwards), *([] if is_long else _curve(points))],
        paths=_paths(points) if is_long else [],
        marks=[] if is_long else [Mark(percent(each.x), pixels(each.y), each.part) for each in points],
        side=_side_labels(series, upwards),
        legend=_legend(series, {each.part for each in points}),
        rows=[_row(each, series) for each in points],
        change=_change_label(series, across),
        change_on=formats.date_format(series.change_on, "SHORT_DATE_FORMAT") if series.change_on else "",
        has_long_scale=max(len(number(tick)) for tick in upwards.ticks) > LONG_NUMBER,
    )


def period_label(first: dt.date, last: dt.date) -> str:
    """A period with its year, as short as can be: 2024, kv 3 2024, okt 2024, v. 42 2024, 14 okt 2024."""
    days = (last - first).days + 1
    if days == 1:
        return formats.date_format(last, "SHORT_DATE_FORMAT")
    if days <= 7:
        year, week, _day = last.isocalendar()
        return _("wk %(week)d %(year)d") % {"week": week, "year": year}
    if days > 360:
        return str(last.year)
    if days > 92:
        return "–".join(formats.date_format(day, "YEAR_MONTH_FORMAT") for day in (first, last))
    if days > 31:
        return _("Q%(quarter)d %(year)d") % {"quarter": (last.month + 2) // 3, "year": last.year}
    return formats.date_format(last, "YEAR_MONTH_FORMAT")


def _date_scale(series: Series) -> DateScale:
    days = [day for each in series.values for day in (each.period_start, each.observed_on)]
    days += [series.change_on] if series.change_on else []
    return DateScale(min(days), max(days))


def _heights(series: Series) -> list[Decimal | Fraction]:
    levels = [level for level in (series.baseline_median, series.target) if level is not None]
    return [*(each.value for each in series.values), *levels]


def _points(series: Series, across: DateScale, upwards: ValueScale) -> list[_Point]:
    parts = split(
        series.values, series.change_on or dt.date.max, baseline_from=series.baseline_from, until=series.until
    )
    part_of = dict.fromkeys(parts.before, Part.BEFORE) | dict.fromkeys(parts.after, Part.AFTER)
    return [
        _Point(
            across.middle(value.period_start, value.observed_on),
            upwards.y(value.value),
            part_of.get(value, Part.OUTSIDE),
            value,
        )
        for value in sorted(series.values, key=lambda each: each.observed_on)
    ]


def _curve(points: Sequence[_Point]) -> list[Segment]:
    """Point to point; the stretch over the change or to a value that is not counted is drawn as a thin bridge."""
    return [
        Segment(percent(a.x), pixels(a.y), percent(b.x), pixels(b.y), f"c-linje c-linje--{_stretch(a.part, b.part)}")
        for a, b in pairwise(points)
    ]


def _stretch(a: Part, b: Part) -> str:
    return a.value if a == b and a is not Part.OUTSIDE else "bro"


def _paths(points: Sequence[_Point]) -> list[tuple[Part, str]]:
    """One path for each part, in a drawing that is 100 wide and stretched."""
    parts = [part for part in Part if any(each.part == part for each in points)]
    return [
        (part, "M" + "L".join(f"{each.x * 100:.2f} {each.y:.1f}" for each in points if each.part == part))
        for part in parts
    ]


def _levels(series: Series, across: DateScale, upwards: ValueScale) -> list[Segment]:
    """The target, the baseline's median (drawn on, dotted, past the change) and the change itself."""
    lines = []
    turn = percent(across.x(series.change_on)) if series.change_on else "100%"
    if series.target is not None:
        lines.append(_level("c-mal", "0%", "100%", upwards.y(series.target)))
    if series.baseline_median is not None:
        y = upwards.y(series.baseline_median)
        lines += [_level("c-median", "0%", turn, y), _level("c-median c-median--vidare", turn, "100%", y)]
    if series.change_on:
        lines.append(Segment(turn, "4", turn, pixels(BOTTOM), "c-andring"))
    return lines


def _level(css: str, x1: str, x2: str, y: float) -> Segment:
    return Segment(x1, pixels(y), x2, pixels(y), css)


def _change_label(series: Series, across: DateScale) -> Label | None:
    if series.change_on is None:
        return None
    text = _("The change")
    x = across.x(series.change_on)
    if x > 0.5:
        return Label(text, percent(x - 0.012), "16", anchor="end")
    return Label(text, percent(x + 0.012), "16", anchor="start")


def _date_labels(points: Sequence[_Point]) -> list[Label]:
    """Evenly many, and so that none meets another: few on a narrow screen, more on wider ones."""
    chosen: dict[int, str] = {}
    for step, (css, gap) in zip(_label_steps(points), LABEL_GAPS, strict=True):
        for index in range(0, len(points), step):
            if all(abs(points[index].x - points[other].x) >= gap for other in chosen):
                chosen[index] = css
    return [
        Label(
            period_label(points[index].value.period_start, points[index].value.observed_on),
            percent(points[index].x),
            str(HEIGHT - 6),
            chosen[index],
        )
        for index in sorted(chosen)
    ]


def _label_steps(points: Sequence[_Point]) -> list[int]:
    """Every how many values to label, for each of LABEL_GAPS; each a multiple of the next, as they share labels."""
    spacing = (points[-1].x - points[0].x) / max(1, len(points) - 1) or 1.0
    steps: list[int] = []
    step = 1
    for _css, gap in reversed(LABEL_GAPS):
        step *= max(1, math.ceil(gap / (spacing * step) - 0.001))
        steps.insert(0, step)
    return steps


def _side_labels(series: Series, upwards: ValueScale) -> list[Label]:
    said = [
        (upwards.y(level), text % {"value": rounded(level)}, css)
        for level, text, css in (
            (series.baseline_median, _("Before %(value)s"), "c-etikett--median"),
            (series.target, _("Target %(value)s"), "c-etikett--mal"),
        )
        if level is not None
    ]
    heights = spread_out([y + 4 for y, _text, _css in said], LINE_HEIGHT, lowest=BOTTOM + 4)
    return [Label(text, "10", pixels(y), css, "start") for y, (_y, text, css) in zip(heights, said, strict=True)]


def _legend(series: Series, parts: set[Part]) -> list[tuple[str, str]]:
    def with_unit(level: Decimal | Fraction) -> str:
        return quantity(rounded(level), series.unit)

    shown = [(_part_name(part), part.value) for part in Part if part in parts]
    if series.baseline_median is not None:
        shown.append((_("Median before: %(value)s") % {"value": with_unit(series.baseline_median)}, "median"))
    if series.target is not None:
        shown.append((_("Target: %(value)s") % {"value": with_unit(series.target)}, "mal"))
    return shown


def _part_name(part: Part) -> str:
    return {
        Part.BEFORE: _("Before the change"),
        Part.AFTER: _("After the change"),
        Part.OUTSIDE: _("Not counted"),
    }[part]


def _row(point: _Point, series: Series) -> Row:
    value = point.value
    return Row(
        period=period_label(value.period_start, value.observed_on),
        value=quantity(number(value.value), series.unit),
        part=_part_name(point.part),
        note=series.notes.get(value.observed_on, ""),
        x=f"{point.x * 100:.2f}",
    )


def _description(series: Series) -> str:
    values = sorted(series.values, key=lambda each: each.observed_on)
    first, last = values[0], values[-1]
    said = [
        _("Line chart of %(count)s values, %(first)s to %(last)s.")
        % {
            "count": len(values),
            "first": period_label(first.period_start, first.observed_on),
            "last": period_label(last.period_start, last.observed_on),
        }
    ]
    said += [
        text % {"value": quantity(rounded(level), series.unit)}
        for text, level in (
            (_("The median before the change is %(value)s."), series.baseline_median),
            (_("The latest value is %(value)s."), last.value),
            (_("The target is %(value)s."), series.target),
        )
        if level is not None
    ]
    if series.change_on:
        said.append(
            _("The change was made on %(date)s.") % {"date": formats.date_format(series.change_on, "DATE_FORMAT")}
        )
    said.append(_("All values are in the table after the chart."))
    return capfirst(" ".join(said))
