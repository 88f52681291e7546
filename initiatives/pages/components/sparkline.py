"""The shape of a series at a glance, for rows of lists: a small curve with its change and target, and no numbers."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from initiatives.evidence import Value
from initiatives.pages.components.scale import DateScale, percent, pixels, value_scale

HEIGHT: Final = 36
TOP: Final = 5.0
BOTTOM: Final = 31.0


@dataclass(frozen=True)
class Sparkline:
    """All as text ready for attributes. `before` and `after` are paths in a drawing that is 100 wide and stretched."""

    said: str  # the whole of it, for those who do not see it
    height: int
    before: str
    after: str
    last_x: str
    last_y: str
    change_x: str = ""
    target_y: str = ""


def sparkline(
    values: Sequence[Value], *, change_on: dt.date | None = None, target: Decimal | None = None, label: str
) -> Sparkline | None:
    """The curve of at least two values, or None. `label` is what it shows, in words: it has to do alone."""
    if len(values) < 2:
        return None
    ordered = sorted(values, key=lambda each: each.observed_on)
    across = DateScale(min(each.period_start for each in values), ordered[-1].observed_on)
    heights = [each.value for each in ordered] + ([] if target is None else [target])
    upwards = value_scale(heights, top=TOP, bottom=BOTTOM)
    places = [(across.middle(each.period_start, each.observed_on), upwards.y(each.value)) for each in ordered]
    turn = sum(change_on is None or each.period_start < change_on for each in ordered)
    is_within = change_on is not None and across.first < change_on <= across.last
    return Sparkline(
        said=label,
        height=HEIGHT,
        before=_path(places[: turn + 1]),
        after=_path(places[turn:]),
        last_x=percent(places[-1][0]),
        last_y=pixels(places[-1][1]),
        change_x=percent(across.x(change_on)) if change_on is not None and is_within else "",
        target_y=pixels(upwards.y(target)) if target is not None else "",
    )


def _path(places: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x * 100:.2f} {y:.1f}" for x, y in places) if len(places) > 1 else ""
