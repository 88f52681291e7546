"""Where everything in a chart stands: lines, bands, paths and dots. It draws; what the values say is not for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import groupby, pairwise
from typing import Final

from initiatives.evidence import Value
from initiatives.outcomes.early_warning import Level, Mark
from initiatives.pages.components.chart.series import Part, Series
from initiatives.pages.components.chart.shapes import Band, Dot, Label, Path, Segment
from initiatives.pages.components.scale import DateScale, ValueScale, percent, pixels, value_scale

MOST_MARKS: Final = 200  # above this the curve is paths, and only signals are marked
ROOM_BELOW: Final = 24  # what a number under its point needs above the dates


@dataclass(frozen=True)
class Frame:
    """The drawing's room. Down is in pixels; across is in per cent when there is no width, so that it is fluid."""

    top: float
    bottom: float
    left: float = 0
    width: float = 0

    def across(self, share: float) -> str:
        return pixels(self.left + share * self.width) if self.width else percent(share)

    def wide(self, share: float) -> str:
        return pixels(share * self.width) if self.width else percent(share)

    def of_path(self, share: float) -> str:
        """Paths know no per cent; in a fluid drawing theirs is 100 wide and stretched."""
        return pixels(self.left + share * self.width) if self.width else f"{share * 100:.2f}"


@dataclass(frozen=True)
class Point:
    x: float
    y: float
    part: Part
    value: Value
    mark: Mark | None

    @property
    def kind(self) -> str:
        return self.mark.variation.value if self.mark else self.part.value


@dataclass(frozen=True)
class Plan:
    """A series laid out in a frame."""

    series: Series
    frame: Frame
    dates: DateScale
    values: ValueScale
    points: Sequence[Point]

    @property
    def is_long(self) -> bool:
        return len(self.points) > MOST_MARKS


def lay_out(series: Series, frame: Frame) -> Plan:
    """Raises ValueError for a series without values."""
    across = DateScale(series.first_on, series.last_on)
    upwards = value_scale(_heights(series), top=frame.top, bottom=frame.bottom)
    marks = series.warning.marks if series.warning else {}
    parts = series.parts()
    points = [
        Point(
            across.middle(value.period_start, value.observed_on),
            upwards.y(value.value),
            parts[value],
            value,
            marks.get(value.observed_on),
        )
        for value in sorted(series.values, key=lambda each: each.observed_on)
    ]
    return Plan(series, frame, across, upwards, points)


def _heights(series: Series) -> list[Decimal | Fraction]:
    levels = [height for level in series.levels for height in (level.lower, level.centre, level.upper)]
    return [each.value for each in series.values] + [each for each in (*levels, series.target) if each is not None]


def curve(plan: Plan) -> list[Segment]:
    """Point to point; the stretch over the change or to a value that is not counted is drawn as a thin bridge."""
    across = plan.frame.across
    return [
        Segment(across(a.x), pixels(a.y), across(b.x), pixels(b.y), f"c-linje c-linje--{_stretch(a, b)}")
        for a, b in pairwise(plan.points)
    ]


def paths(plan: Plan) -> list[Path]:
    """The curve as one path for each kind of stretch."""
    drawn: dict[str, str] = {}
    for kind, stretches in groupby(pairwise(plan.points), lambda pair: _stretch(*pair)):
        pairs = list(stretches)
        places = [_place(plan, each) for each in (pairs[0][0], *(b for _a, b in pairs))]
        drawn[kind] = drawn.get(kind, "") + "M" + "L".join(places)
    return [Path(kind, d) for kind, d in drawn.items()]


def _place(plan: Plan, point: Point) -> str:
    return f"{plan.frame.of_path(point.x)} {point.y:.1f}"


def _stretch(a: Point, b: Point) -> str:
    if Part.OUTSIDE in (a.part, b.part) or (a.part is Part.BEFORE and b.part is not Part.BEFORE):
        return "bro"
    return b.part.value


def dots(plan: Plan) -> list[Dot]:
    return [Dot(plan.frame.across(each.x), pixels(each.y), each.kind) for each in plan.points]


def signal_dots(plan: Plan) -> list[Path]:
    """A line without length for each signal: the shape of its ends makes it a dot that is never stretched."""
    found: dict[str, str] = {}
    for point in plan.points:
        if point.mark:
            found[point.kind] = f"{found.get(point.kind, '')}M{_place(plan, point)}h0"
    return [Path(kind, d) for kind, d in sorted(found.items())]


def levels(plan: Plan) -> list[Segment]:
    """The target, each level with its limits (drawn on, broken, past what it is reckoned from), and the change."""
    lines = []
    if plan.series.target is not None:
        lines.append(_level(plan, "c-mal", 0, 1, plan.series.target))
    for level, x1, turn, x2 in _stretches(plan):
        centre = "c-median" if plan.series.has_medians else "c-medel"
        for height, css in ((level.centre, centre), (level.lower, "c-grans"), (level.upper, "c-grans")):
            if height is not None:
                lines.append(_level(plan, css, x1, turn, height))
                lines += [_level(plan, f"{css} {css}--vidare", turn, x2, height)] if turn < x2 else []
    if plan.series.change_on:
        turn_at = plan.frame.across(plan.dates.x(plan.series.change_on))
        lines.append(Segment(turn_at, pixels(plan.frame.top - 22), turn_at, pixels(plan.frame.bottom), "c-andring"))
    return lines


def bands(plan: Plan) -> list[Band]:
    """Normal variation, where it was measured."""
    return [
        Band(
            plan.frame.across(x1),
            pixels(plan.values.y(level.upper)),
            plan.frame.wide(turn - x1),
            pixels(plan.values.y(level.lower) - plan.values.y(level.upper)),
        )
        for level, x1, turn, _x2 in _stretches(plan)
        if level.lower is not None and level.upper is not None
    ]


def _stretches(plan: Plan) -> list[tuple[Level, float, float, float]]:
    """Each level with where it begins, where it is only drawn on, and where it ends."""
    found = plan.series.levels
    ends = [plan.dates.x(following.first_on) for following in found[1:]] + [1.0]
    return [
        (level, plan.dates.x(level.first_on), plan.dates.x(level.frozen_on) if level.frozen_on else end, end)
        for level, end in zip(found, ends, strict=False)
    ]


def _level(plan: Plan, css: str, x1: float, x2: float, height: Decimal | Fraction) -> Segment:
    y = pixels(plan.values.y(height))
    return Segment(plan.frame.across(x1), y, plan.frame.across(x2), y, css)


def cause_numbers(plan: Plan) -> list[Label]:
    """A number at each value with a cause: above it, or below when the curve comes from above and there is room."""
    numbers: list[Label] = []
    for index, point in enumerate(plan.points):
        if point.value.observed_on in plan.series.causes:
            beside = [plan.points[other].y for other in (index - 1, index + 1) if 0 <= other < len(plan.points)]
            is_low = bool(beside) and point.y > max(beside) and point.y < plan.frame.bottom - ROOM_BELOW
            y = point.y + 21 if is_low else point.y - 11
            numbers.append(Label(str(len(numbers) + 1), plan.frame.across(point.x), pixels(y), "c-not"))
    return numbers
