"""What became true in a part of the organisation: how initiatives ended, how far it is proven, and whether it lasts.

The counts come from the roll-up; only the few results that are shown by name are read one by one.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from initiatives.evidence import SHOWN_GRADE, Value
from initiatives.models import Measurement, Outcome
from initiatives.outcomes import rollup
from initiatives.outcomes.holding import half_life
from initiatives.pages.components.panels import Figure
from initiatives.pages.components.sparkline import Sparkline, sparkline
from initiatives.pages.components.status import StatusTag, tag_of
from initiatives.workflow import Ending, State
from kommun.models import Unit
from kommun.numbers import quantity, rounded

SHOWN: Final = 6
NOT_MEASURED: Final = "not_measured"
DAYS_IN_A_MONTH: Final = 30.44


@dataclass(frozen=True)
class Result:
    """One confirmed effect: before and now in words, and its curve."""

    url: str
    title: str
    unit: str
    change: str
    tag: StatusTag
    line: Sparkline | None


@dataclass(frozen=True)
class ResultSection:
    heading: str
    endings: Sequence[Figure]
    grades: Sequence[Figure]
    lasting: str
    results: Sequence[Result]


def result_section(unit: Unit | None, *, today: dt.date) -> ResultSection:
    """Of `unit` and all below it; None is the whole municipality. Six queries at most, however much there is."""
    ended = _ended(unit)
    return ResultSection(
        heading=_heading(ended),
        endings=[
            Figure(_name(ending), str(ended[ending])) for ending in [*Ending.values, NOT_MEASURED] if ended[ending]
        ],
        grades=[Figure(_("Grade %(grade)d") % {"grade": grade}, str(count)) for grade, count in _graded(unit)],
        lasting=_lasting(unit, today),
        results=_results(unit),
    )


def _ended(unit: Unit | None) -> dict[str, int]:
    """How many have each ending; what was not measured apart from what was measured and not shown."""
    counts: dict[str, int] = defaultdict(int)
    for total in rollup.totals("ending", "grade", part=unit, states=[State.CONCLUDED]):
        ending, grade = total.of["ending"], total.of["grade"]
        is_measured = ending != Ending.NOT_PROVEN or grade > 1  # a verdict needs a baseline and a follow-up
        counts[ending if is_measured else NOT_MEASURED] += total.initiatives
    return counts


def _graded(unit: Unit | None) -> list[tuple[int, int]]:
    """How many initiatives have each evidence grade, the highest first."""
    rows = rollup.totals("grade", part=unit, is_primary=True)
    return [(row.of["grade"], row.initiatives) for row in reversed(rows) if row.initiatives]


def _heading(ended: dict[str, int]) -> str:
    count, confirmed = sum(ended.values()), ended[Ending.CONFIRMED]
    if not count:
        return _("Nothing has ended yet")
    return ngettext(
        "%(confirmed)d of %(count)d that has ended has shown an effect",
        "%(confirmed)d of %(count)d that have ended have shown an effect",
        count,
    ) % {"confirmed": confirmed, "count": count}


def _name(ending: str) -> str:
    return _("Not measured") if ending == NOT_MEASURED else str(Ending(ending).label)


def _lasting(unit: Unit | None, today: dt.date) -> str:
    """How long effects last: after how many months half of them have faded."""
    days = half_life(unit, today=today)
    if days is None:
        return _("More than half of the confirmed effects are still there, as far as they have been measured.")
    months = max(1, round(days / DAYS_IN_A_MONTH))
    return ngettext(
        "Half of the confirmed effects have faded within %(count)d month.",
        "Half of the confirmed effects have faded within %(count)d months.",
        months,
    ) % {"count": months}


def _results(unit: Unit | None) -> list[Result]:
    """The latest confirmed that are still shown: neither faded nor corrected away. Two queries."""
    confirmed = Outcome.objects.filter(is_primary=True, initiative__ending=Ending.CONFIRMED, grade__gte=SHOWN_GRADE)
    if unit is not None:
        confirmed = confirmed.filter(initiative__unit__path__contains=[unit.pk])
    rows = confirmed.select_related("initiative__unit", "indicator").defer("initiative__search")
    latest = list(rows.order_by("-initiative__concluded_at", "id")[:SHOWN])
    values = _values(latest)
    return [_result(each, values[each.pk]) for each in latest]


def _values(outcomes: Sequence[Outcome]) -> dict[int, list[Value]]:
    found: dict[int, list[Value]] = defaultdict(list)
    rows = Measurement.objects.filter(outcome__in=outcomes, series="", value__isnull=False)
    for outcome, first, last, value in rows.values_list("outcome", "period_start", "observed_on", "value"):
        assert value is not None, "only observed values are asked for"
        found[outcome].append(Value(first, last, value))
    return found


def _result(outcome: Outcome, values: Sequence[Value]) -> Result:
    initiative = outcome.initiative
    change = _change(outcome)
    return Result(
        url=initiative.get_absolute_url(),
        title=initiative.title,
        unit=initiative.unit.name if initiative.unit else "",
        change=change,
        tag=tag_of(initiative, outcome),
        line=sparkline(values, change_on=initiative.change_on, target=outcome.target, label=change),
    )


def _change(outcome: Outcome) -> str:
    """What the outcome measures, before and after: Väntetid: från 41,5 dagar till 26 dagar."""
    unit = outcome.indicator.unit_of_measure
    words = {"name": outcome.indicator.name, "before": "–", "after": "–"}
    if outcome.baseline_median is not None:
        words["before"] = quantity(rounded(outcome.baseline_median), unit)
    if outcome.follow_up_median is not None:
        words["after"] = quantity(rounded(outcome.follow_up_median), unit)
    return _("%(name)s: from %(before)s to %(after)s") % words
