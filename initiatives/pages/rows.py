"""An initiative as a row of a list: where it stands in one tag, and its goal band or who has it in hand."""

import datetime as dt
from decimal import Decimal

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from initiatives.models import Initiative, Outcome
from initiatives.models.initiative import InitiativeQuerySet
from initiatives.pages.components.goal_band import GoalBand, goal_band
from initiatives.pages.components.panels import InitiativeRow, Waiting
from initiatives.pages.components.status import tag_of
from initiatives.pages.components.stepper import phase_in_words
from initiatives.workflow import MEASURED_STATES, State


def with_what_rows_show(initiatives: InitiativeQuerySet) -> InitiativeQuerySet:
    """Two queries, however many rows."""
    primary = Outcome.objects.filter(is_primary=True).select_related("indicator")
    related = initiatives.select_related("unit", "owner", "decider")
    return related.prefetch_related(Prefetch("outcomes", primary, to_attr="primary_outcomes")).defer("search")


def primary(initiative: Initiative) -> Outcome | None:
    """The outcome that decides, of an initiative fetched with what rows show."""
    found: list[Outcome] = initiative.primary_outcomes  # type: ignore[attr-defined]
    return found[0] if found else None


def row(initiative: Initiative, *, today: dt.date, context: str = "") -> InitiativeRow:
    outcome = primary(initiative)
    waiting = _waiting(initiative, today)
    return InitiativeRow(
        url=initiative.get_absolute_url(),
        title=initiative.title,
        tag=tag_of(initiative, outcome),
        phase=f"{initiative.phase.label}, {phase_in_words(initiative.phase).lower()}",
        context=context,
        band=_band(initiative, outcome) if outcome and not waiting else None,
        waiting=waiting,
    )


def context(initiative: Initiative) -> str:
    """Whose it is, for lists of everybody's."""
    unit = initiative.unit.name if initiative.unit else ""
    return ", ".join(each for each in (initiative.owner.display_name, unit) if each)


def _band(initiative: Initiative, outcome: Outcome) -> GoalBand | None:
    return goal_band(
        baseline=outcome.baseline_median,
        now=_now(initiative, outcome),
        target=outcome.target,
        unit=outcome.indicator.unit_of_measure,
        status=outcome.result_status,
    )


def _now(initiative: Initiative, outcome: Outcome) -> Decimal | None:
    """The latest value from after the change."""
    if initiative.change_on is None or outcome.latest_on is None or outcome.latest_on < initiative.change_on:
        return None
    return outcome.latest_value


def _waiting(initiative: Initiative, today: dt.date) -> Waiting | None:
    """What is said while there is nothing to measure."""
    days = (today - timezone.localdate(initiative.state_since_at)).days
    if initiative.state == State.PROPOSED:
        who = initiative.decider.display_name if initiative.decider else _("Nobody")
        return Waiting("timglas", _("%(name)s decides") % {"name": who}, _sent(days))
    if initiative.state == State.RETURNED:
        return Waiting("penna", _("A question waits for an answer"), _asked(days))
    if initiative.state == State.PAUSED and initiative.resume_on:
        return Waiting("kalender", _("Resumes"), date_format(initiative.resume_on, "j F Y"))
    if initiative.state in MEASURED_STATES or initiative.state == State.CONCLUDED:
        return None
    return Waiting("kalender", _("Last changed"), date_format(timezone.localdate(initiative.updated_at), "j F Y"))


def _sent(days: int) -> str:
    if days == 0:
        return _("Sent today")
    return ngettext("Sent %(count)d day ago", "Sent %(count)d days ago", days) % {"count": days}


def _asked(days: int) -> str:
    if days == 0:
        return _("Asked today")
    return ngettext("Asked %(count)d day ago", "Asked %(count)d days ago", days) % {"count": days}
