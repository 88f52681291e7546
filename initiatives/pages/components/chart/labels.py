"""The words inside a chart's drawing: dates, levels and the change, placed so that none meets another."""

import datetime as dt
import math
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any, Final

from django.utils import formats
from django.utils.translation import gettext as _

from initiatives.pages.components.chart.plan import Plan, Point
from initiatives.pages.components.chart.shapes import Label
from initiatives.pages.components.scale import pixels, spread_out
from kommun.numbers import number, readable, rounded

LABEL_GAPS: Final = (("", 0.40), ("c-x--bred", 0.24), ("c-x--tat", 0.14))  # narrow, wider and widest screens
LINE_HEIGHT: Final = 17.0
ROOM_FOR_DATES: Final = 24
ROUNDING: Final = 0.0005  # of a gap: what is nearly wide enough is
MILLION: Final = 10**6
BILLION: Final = 10**9
Number = Decimal | Fraction


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


def scale_labels(plan: Plan) -> list[Label]:
    largest = max(map(abs, plan.values.ticks))
    return [Label(_short(tick, number, of=largest), y=pixels(plan.values.y(tick))) for tick in plan.values.ticks]


def _short(value: Number, written: Callable[[Any], str], *, of: Number | None = None) -> str:
    """In millions or thousands of them, when `of`, else the value itself, is too long for the room beside a chart."""
    size = abs(float(value if of is None else of))
    if size >= 10 * BILLION:
        return _("%(value)s bn") % {"value": written(value / BILLION)}
    if size >= 10 * MILLION:
        return _("%(value)s mn") % {"value": written(value / MILLION)}
    return written(value)


def date_labels(plan: Plan) -> list[Label]:
    """Evenly many, and so that none meets another: few on a narrow screen, more on wider ones."""
    points = plan.points
    chosen: dict[int, str] = {}
    for step, (css, gap) in zip(_label_steps(points), LABEL_GAPS, strict=True):
        for index in range(0, len(points), step):
            if all(abs(points[index].x - points[other].x) >= gap * (1 - ROUNDING) for other in chosen):
                chosen[index] = css
    return [
        Label(
            period_label(points[index].value.period_start, points[index].value.observed_on),
            plan.frame.across(points[index].x),
            pixels(plan.frame.bottom + ROOM_FOR_DATES),
            chosen[index],
        )
        for index in sorted(chosen)
    ]


def _label_steps(points: Sequence[Point]) -> list[int]:
    """Every how many values to label, for each of LABEL_GAPS; each a multiple of the next, as they share labels."""
    spacing = (points[-1].x - points[0].x) / max(1, len(points) - 1) or 1.0
    steps: list[int] = []
    step = 1
    for _css, gap in reversed(LABEL_GAPS):
        step *= max(1, math.ceil(gap / (spacing * step) - ROUNDING))
        steps.insert(0, step)
    return steps


def side_labels(plan: Plan, *, line_height: float = LINE_HEIGHT) -> list[Label]:
    """What the levels at the right edge are, each beside its line."""
    said: list[tuple[Number, str, str]] = [*_sides(plan)]
    if (target := plan.series.target) is not None:
        said.append((target, _("Target %(value)s") % {"value": _short(target, readable)}, "c-etikett--mal"))
    wanted = [plan.values.y(height) + 4 for height, _text, _css in said]
    heights = spread_out(wanted, line_height, lowest=plan.frame.bottom + 4)
    x = pixels(plan.frame.left + plan.frame.width + 10)
    return [Label(text, x, pixels(y), css, "start") for y, (_y, text, css) in zip(heights, said, strict=True)]


def _sides(plan: Plan) -> Iterator[tuple[Fraction, str, str]]:
    if not plan.series.levels:
        return
    level = plan.series.levels[-1]
    centre = _("Before %(value)s") if plan.series.has_medians else _("Mean %(value)s")
    for height, text, css in (
        (level.upper, _("Upper limit %(value)s"), ""),
        (level.centre, centre, "c-etikett--median"),
        (level.lower, _("Lower limit %(value)s"), ""),
    ):
        if height is not None:
            yield height, text % {"value": _short(height, partial(rounded, width=level.width))}, css


def change_label(plan: Plan) -> Label | None:
    """On the side of the change where there is most room."""
    if plan.series.change_on is None:
        return None
    x = plan.dates.x(plan.series.change_on)
    y = pixels(plan.frame.top - 10)
    if x > 0.5:
        return Label(_("The change"), plan.frame.across(x - 0.012), y, anchor="end")
    return Label(_("The change"), plan.frame.across(x + 0.012), y, anchor="start")
