"""An outcome's figures as a page shows them, and where its values come from."""

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from initiatives.models import Outcome
from initiatives.pages.components.panels import Figure
from initiatives.pages.verdict_words import difference
from kommun.numbers import readable, rounded


def sources_of(outcome: Outcome) -> list[str]:
    """Where the values say that they come from, at most three. One query."""
    rows = outcome.measurements.filter(series="").exclude(source_reference="").order_by("source_reference")
    return list(rows.values_list("source_reference", flat=True).distinct()[:3])


def figures_of(outcome: Outcome) -> list[Figure]:
    """Baseline, now, target, and what is left."""
    unit = outcome.indicator.unit_of_measure
    found = []
    if outcome.baseline_median is not None:
        found.append(Figure(_("Baseline"), rounded(outcome.baseline_median), unit))
    if outcome.latest_value is not None and outcome.latest_on is not None:
        label = _("Now, %(day)s") % {"day": date_format(outcome.latest_on, "j b Y")}
        found.append(Figure(label, readable(outcome.latest_value), unit))
    if outcome.target is not None:
        day = date_format(outcome.target_on, "j b Y") if outcome.target_on else ""
        found.append(Figure(_("Target %(day)s") % {"day": day}, readable(outcome.target), unit))
    if outcome.target is not None and outcome.latest_value is not None:
        found.append(_left(outcome, unit))
    return found


def _left(outcome: Outcome, unit: str) -> Figure:
    assert outcome.target is not None
    assert outcome.latest_value is not None
    sign = 1 if outcome.indicator.direction == "up" else -1
    left = sign * (outcome.target - outcome.latest_value)
    if left <= 0:
        return Figure(_("Target"), _("met"))
    return Figure(_("Left to the target"), rounded(left), difference("", unit).strip())
