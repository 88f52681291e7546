"""What a chart says to those who do not see it, or do not see colours: title, description, legend and table."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from django.utils import formats
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from initiatives.evidence import Signal, Variation
from initiatives.outcomes.early_warning import Level, Mark
from initiatives.pages.components.chart.labels import period_label
from initiatives.pages.components.chart.plan import Plan
from initiatives.pages.components.chart.series import Part, Series
from initiatives.pages.components.chart.shapes import Key, Row
from kommun.numbers import number, quantity, readable, rounded


def title(series: Series) -> str:
    return f"{series.name}, {series.unit}" if series.unit else series.name


def rows(plan: Plan) -> list[Row]:
    series = plan.series
    parts, signals = part_names(), signal_names()
    return [
        Row(
            period=period_label(point.value.period_start, point.value.observed_on),
            value=quantity(number(point.value.value), series.unit),
            part=parts[point.part],
            signal=signals[point.mark] if point.mark else "",
            note=_note(point.value.observed_on, series),
            x=f"{point.x * 100:.2f}",
        )
        for point in plan.points
    ]


def _note(day: dt.date, series: Series) -> str:
    return "; ".join(each for each in (series.causes.get(day), series.notes.get(day)) if each)


def causes(plan: Plan) -> list[str]:
    """In the order of their numbers."""
    return [
        f"{period_label(each.value.period_start, each.value.observed_on)}: {plan.series.causes[each.value.observed_on]}"
        for each in plan.points
        if each.value.observed_on in plan.series.causes
    ]


def part_names() -> dict[Part, str]:
    return {
        Part.BEFORE: _("Before the change"),
        Part.AFTER: _("After the change"),
        Part.LATER: _("After the ending"),
        Part.OUTSIDE: _("Not counted"),
    }


def signal_names() -> Mapping[Mark, str]:
    """Which rule a value breaks, in words short enough for a table."""
    return {
        Mark(Signal.OUTSIDE, Variation.IMPROVEMENT): _("Outside normal variation, the right way"),
        Mark(Signal.OUTSIDE, Variation.CONCERN): _("Outside normal variation, the wrong way"),
        Mark(Signal.TREND, Variation.IMPROVEMENT): _("Seven in a row the right way"),
        Mark(Signal.TREND, Variation.CONCERN): _("Seven in a row the wrong way"),
        Mark(Signal.TWO_IN_THREE, Variation.IMPROVEMENT): _("Two of three near the limit, the right way"),
        Mark(Signal.TWO_IN_THREE, Variation.CONCERN): _("Two of three near the limit, the wrong way"),
        Mark(Signal.RUN, Variation.IMPROVEMENT): _("Seven in a row on the right side of the mean"),
        Mark(Signal.RUN, Variation.CONCERN): _("Seven in a row on the wrong side of the mean"),
    }


def legend(plan: Plan) -> list[Key]:
    series = plan.series
    return [*_values_shown(plan), *_levels_shown(series)]


def _values_shown(plan: Plan) -> list[Key]:
    kinds = {each.kind for each in plan.points}
    kinds |= {each.part.value for each in plan.points if each.part is not Part.OUTSIDE}  # by their line
    signals = {
        Variation.IMPROVEMENT: (_("Signal the right way: more than chance"), _("Signal the right way")),
        Variation.CONCERN: (_("Signal the wrong way: more than chance"), _("Signal the wrong way")),
    }
    shown = [Key(name, part.value) for part, name in part_names().items() if part.value in kinds]
    return shown + [
        Key(sure if plan.series.is_backed else plain, way.value, dot=plan.is_long)
        for way, (sure, plain) in signals.items()
        if way.value in kinds
    ]


def _levels_shown(series: Series) -> list[Key]:
    shown = []
    if series.levels:
        first, last = series.levels[0], series.levels[-1]
        kind = "median" if series.has_medians else "medel"
        shown.append(Key(_centre(series), kind))
        if last.lower is not None and last.upper is not None:
            limits = _("Limits of normal variation: %(low)s to %(high)s")
            if first is not last:
                limits = _("Limits of normal variation after: %(low)s to %(high)s")
            shown.append(Key(limits % _span(last, series.unit), "grans"))
    if series.target is not None:
        shown.append(Key(_("Target: %(value)s") % {"value": _amount(series.target, series.unit)}, "mal"))
    return shown


def _centre(series: Series) -> str:
    first, last = series.levels[0], series.levels[-1]
    amount = quantity(_at(last, last.centre), series.unit)
    if series.has_medians:
        return _("Median before: %(value)s") % {"value": amount}
    if first is not last:
        return _("Mean: %(before)s before, %(after)s after") % {"before": _at(first, first.centre), "after": amount}
    if last.frozen_on is not None:
        return _("Mean before: %(value)s") % {"value": amount}
    return _("Mean: %(value)s") % {"value": amount}


def _span(level: Level, unit: str) -> dict[str, str]:
    assert level.lower is not None, "there are limits"
    assert level.upper is not None, "there are limits"
    return {"low": _at(level, level.lower), "high": quantity(_at(level, level.upper), unit)}


def _at(level: Level, value: Fraction) -> str:
    return rounded(value, width=level.width)


def _amount(value: Decimal, unit: str) -> str:
    return quantity(readable(value), unit)


def description(series: Series, *, has_table: bool) -> str:
    """All that the drawing shows, in sentences."""
    values = sorted(series.values, key=lambda each: each.observed_on)
    first, last = values[0], values[-1]
    said = [
        _("Line chart of %(count)s values, %(first)s to %(last)s.")
        % {
            "count": len(values),
            "first": period_label(first.period_start, first.observed_on),
            "last": period_label(last.period_start, last.observed_on),
        },
        *_levels_described(series),
        _("The latest value is %(value)s.") % {"value": _amount(last.value, series.unit)},
    ]
    if series.target is not None:
        said.append(_("The target is %(value)s.") % {"value": _amount(series.target, series.unit)})
    if series.change_on:
        said.append(
            _("The change was made on %(date)s.") % {"date": formats.date_format(series.change_on, "DATE_FORMAT")}
        )
    said += _signals_described(series)
    if has_table:
        said.append(_("All values are in the table after the chart."))
    return capfirst(" ".join(said))


def _levels_described(series: Series) -> list[str]:
    if not series.levels:
        return []
    level = series.levels[-1]
    words = {"value": quantity(_at(level, level.centre), series.unit)}
    if series.has_medians:
        return [_("The median before the change is %(value)s.") % words]
    if len(series.levels) > 1:
        mean = _("The mean after the change is %(value)s.")
    else:
        mean = _("The mean before the change is %(value)s.") if level.frozen_on else _("The mean is %(value)s.")
    said = [mean % words]
    if level.lower is not None and level.upper is not None:
        said.append(_("Normal variation is between %(low)s and %(high)s.") % _span(level, series.unit))
    return said


def _signals_described(series: Series) -> list[str]:
    if series.has_medians or series.warning is None:
        return []
    count = len(series.warning.marks)
    if not count:
        return [_("No value is marked as a signal.")]
    said = ngettext("%(count)d value is marked as a signal.", "%(count)d values are marked as signals.", count)
    return [said % {"count": count}]
