"""The goal band: from the baseline, by way of now, to the target. The same in every list, to be recognised."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from django.utils.translation import gettext as _

from initiatives.evidence import ResultStatus
from initiatives.pages.components.scale import percent
from kommun.numbers import quantity, readable

START: Final = 0.025  # shares of the width: where the band begins, and where the flag stands
FLAG: Final = 0.94
NEAR: Final = 0.15  # so near an end a centred figure would stick out
TONE: Final = {ResultStatus.TARGET_MET: "natt", ResultStatus.OFF_TRACK: "avviker", ResultStatus.ON_TRACK: "pavag"}

Number = Decimal | Fraction


@dataclass(frozen=True)
class GoalBand:
    """All in words and attributes; `now_x` is empty before the first value."""

    said: str  # the whole of it, for those who do not see it
    start: str
    goal: str
    tone: str
    now: str = ""
    now_x: str = ""
    now_anchor: str = "middle"
    now_dx: str = "0"


def goal_band(
    *,
    baseline: Number | None,
    now: Number | None,
    target: Number | None,
    unit: str,
    status: ResultStatus | str = "",
) -> GoalBand | None:
    """The band, or None while there is no target. `now` is the latest value after the change, or what stands for it."""
    if target is None:
        return None
    goal = _("Target %(value)s") % {"value": _with_unit(target, unit)}
    start = _("Baseline %(value)s") % {"value": _with_unit(baseline, unit)} if baseline is not None else ""
    start = start or _("No baseline yet")
    if baseline is None or now is None:
        said = ". ".join([_("No value after the change yet"), start, goal]) + "."
        return GoalBand(said, start, goal, "tom")
    latest = _("Now %(value)s") % {"value": _with_unit(now, unit)}
    share = progress(Fraction(baseline), Fraction(now), Fraction(target))
    place = START + (FLAG - START) * float(max(Fraction(0), min(Fraction(1), share)))
    anchor, dx = _anchor(place)
    return GoalBand(
        said=f"{start}. {latest}. {goal}. {_share_in_words(share)}",
        start=start,
        goal=goal,
        tone=TONE.get(ResultStatus(status), "") if status else "",
        now=_with_unit(now, unit),
        now_x=percent(place),
        now_anchor=anchor,
        now_dx=dx,
    )


def progress(baseline: Fraction, now: Fraction, target: Fraction) -> Fraction:
    """How much of the way from baseline to target: 0 at the baseline, 1 at the target, below 0 when going away."""
    if target == baseline:
        return Fraction(1 if now == target else 0)
    return (now - baseline) / (target - baseline)


def _share_in_words(share: Fraction) -> str:
    if share < 0:
        return _("Further from the target than the baseline was.")
    return _("%(share)d per cent of the way to the target.") % {"share": int(share * 100)}


def _with_unit(value: Number, unit: str) -> str:
    return quantity(readable(value), unit)


def _anchor(place: float) -> tuple[str, str]:
    if place < START + NEAR:
        return "start", "-6"
    return ("end", "-8") if place > FLAG - NEAR else ("middle", "0")
