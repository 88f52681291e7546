"""An outcome's chart in the ways it can be looked at: with limits, plain, or at the new level after a final verdict."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.utils import timezone
from django.utils.translation import gettext as _

from initiatives.evidence import FEWEST_FIXED, Direction, Signal, Value, split
from initiatives.models import Correction, Measurement, Outcome
from initiatives.outcomes.early_warning import can_be_rebased, early_warning
from initiatives.pages.components.chart import Chart, Series, draw
from initiatives.pages.warning_words import is_backed, warning_words
from kommun.components import Tab


class View(StrEnum):
    """The last word of `?vy=`."""

    LIMITS = "granser"
    PLAIN = "enkel"
    REBASED = "ny-niva"


@dataclass(frozen=True)
class ChartPanel:
    """The chart, and links to its other views; none when there is but one."""

    chart: Chart | None
    tabs: Sequence[Tab]


def chart_panel(outcome: Outcome, view: str = "") -> ChartPanel:
    """The chart of the default series, seen in the way that `view` names, if it can be. Two queries."""
    series, views = series_of(outcome, view)
    address = outcome.initiative.get_absolute_url()
    says = warning_words(series.warning, outcome.verdict)
    chart = draw(series, id="diagram", says=says, download=f"{address}diagram.svg?vy={_shown(views, view)}")
    return ChartPanel(chart, _tabs(address, views, _shown(views, view)) if len(views) > 1 else [])


def series_of(outcome: Outcome, view: str) -> tuple[Series, Sequence[View]]:
    """What is to be drawn, and in which views it can be. Two queries."""
    initiative = outcome.initiative
    rows = list(outcome.measurements.filter(series="", value__isnull=False).order_by("observed_on"))
    values = [Value(row.period_start, row.observed_on, row.value) for row in rows if row.value is not None]
    parts = split(values, initiative.change_on or dt.date.max, baseline_from=outcome.baseline_from_on)
    views = [View.PLAIN]
    if len(parts.before) >= FEWEST_FIXED:
        views.insert(0, View.LIMITS)
        views += [View.REBASED] if outcome.verdict_is_final and can_be_rebased(parts) else []
    shown = _shown(views, view)
    warning = early_warning(
        parts,
        change_on=initiative.change_on,
        better=Direction(outcome.indicator.direction),
        target=outcome.target,
        rebased=shown is View.REBASED,
    )
    if shown is View.PLAIN and View.LIMITS in views:
        warning = None
    series = Series(
        name=outcome.indicator.name,
        unit=outcome.indicator.unit_of_measure,
        values=values,
        change_on=initiative.change_on,
        baseline_from=outcome.baseline_from_on,
        until=outcome.review_on if outcome.verdict_is_final else None,
        ended_on=timezone.localdate(initiative.concluded_at) if initiative.concluded_at else None,
        baseline_median=outcome.baseline_median,
        target=outcome.target,
        notes=_notes(outcome, rows),
        causes={row.observed_on: row.cause for row in rows if row.cause},
        warning=warning,
        is_backed=is_backed(warning, outcome.verdict),
    )
    return series, views


def stands_out(outcome: Outcome, day: dt.date) -> bool:
    """Whether the value of that day lies outside normal variation, and nobody has written why. Two queries."""
    series, _views = series_of(outcome, View.LIMITS)
    mark = series.warning.marks.get(day) if series.warning else None
    return mark is not None and mark.signal is Signal.OUTSIDE and day not in series.causes


def _shown(views: Sequence[View], view: str) -> View:
    """The view that was asked for, else the first."""
    return next((each for each in views if each == view), views[0])


def _tabs(address: str, views: Sequence[View], shown: View) -> list[Tab]:
    names = {View.LIMITS: _("With limits"), View.PLAIN: _("Plain"), View.REBASED: _("The new level")}
    return [Tab(f"{address}?vy={each}#resultat", names[each], is_current=each is shown) for each in views]


def _notes(outcome: Outcome, rows: Sequence[Measurement]) -> dict[dt.date, str]:
    """What is worth saying of single values: that they were corrected, and where they come from. One query."""
    notes: dict[dt.date, list[str]] = {row.observed_on: [] for row in rows}
    corrected = Correction.objects.filter(measurement__outcome=outcome, measurement__series="")
    for day, old in corrected.values_list("measurement__observed_on", "old_value"):
        if day in notes and not notes[day]:
            notes[day].append(_("Added afterwards") if old is None else _("Corrected"))
    for row in rows:
        notes[row.observed_on] += [said for said in [_source(row)] if said]
    return {day: "; ".join(said) for day, said in notes.items() if said}


def _source(row: Measurement) -> str:
    if row.source_reference:
        return row.source_reference
    return "" if row.source == Measurement.Source.PERSON else str(row.get_source_display())
