"""The chart of an outcome's values: before and after the change, against levels, limits, signals and the target.

It draws; what the values say is for `initiatives.evidence`. The table beside it holds every value, and is what screen
readers, the keyboard and paper read.
"""

from collections.abc import Sequence
from typing import Final

from django.utils import formats

from initiatives.pages.components.chart import labels, plan, words
from initiatives.pages.components.chart.labels import period_label
from initiatives.pages.components.chart.plan import MOST_MARKS, Frame
from initiatives.pages.components.chart.series import Part, Series
from initiatives.pages.components.chart.shapes import Chart

__all__ = ["MOST_MARKS", "Chart", "Part", "Series", "draw", "period_label"]

HEIGHT: Final = 320
FRAME: Final = Frame(top=26, bottom=290)
LONG_NUMBER: Final = 5


def draw(series: Series, *, id: str, says: Sequence[str] = (), download: str = "") -> Chart | None:
    """The chart, or None when there is nothing to draw. `id` is unique on its page; `says` stands below the drawing."""
    if not series.values:
        return None
    laid = plan.lay_out(series, FRAME)
    is_long = laid.is_long
    scale = labels.scale_labels(laid)
    return Chart(
        id=id,
        title=words.title(series),
        description=words.description(series, has_table=True),
        height=HEIGHT,
        bottom=f"{FRAME.bottom:.1f}",
        scale=scale,
        dates=labels.date_labels(laid),
        bands=plan.bands(laid),
        lines=[*plan.levels(laid), *([] if is_long else plan.curve(laid))],
        paths=plan.paths(laid) if is_long else [],
        marks=[] if is_long else plan.dots(laid),
        dots=plan.signal_dots(laid) if is_long else [],
        numbers=plan.cause_numbers(laid),
        causes=words.causes(laid),
        side=labels.side_labels(laid),
        legend=words.legend(laid),
        rows=words.rows(laid),
        says=says,
        change=labels.change_label(laid),
        change_on=formats.date_format(series.change_on, "SHORT_DATE_FORMAT") if series.change_on else "",
        has_long_scale=max(len(tick.text) for tick in scale) > LONG_NUMBER,
        download=download,
    )
