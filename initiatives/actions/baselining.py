"""Moving the first day of a baseline that is frozen: seldom, with a reason, and never after the verdict.

What the baseline was at the change stays with the step that locked it.
"""

import datetime as dt
from collections.abc import Iterator

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from initiatives import events
from initiatives.actions.refusals import Missing, NotAllowed, Refused
from initiatives.evidence import VALUES_NEEDED, earliest_baseline, split
from initiatives.models import Initiative, Outcome
from initiatives.outcomes import series
from initiatives.permissions import drives
from initiatives.workflow import State
from kommun.models import Employee


@transaction.atomic
def move_baseline(outcome: Outcome, *, from_on: dt.date | None, reason: str, by: Employee, now: dt.datetime) -> None:
    """The baseline begins on `from_on`, at most 24 months before the change, and what the values say is computed anew.

    Raises NotAllowed for anybody who does not drive the initiative, and Refused with what stands in the way.
    """
    initiative = Initiative.objects.select_for_update(of=("self",)).get(pk=outcome.initiative_id)
    if not drives(by, initiative, on=timezone.localdate(now)):
        raise NotAllowed(_("The one who drives the initiative can change its baseline."))
    outcome.refresh_from_db(fields=["baseline_from_on", "baseline_to_on", "verdict_is_final", "is_second_look"])
    former = outcome.baseline_from_on
    if former is None or not can_be_moved(outcome, initiative):
        raise Refused(Missing("", _("The baseline can be changed from the change until the verdict is final.")))
    if missing := list(_missing(outcome, initiative, from_on, reason.strip())):
        raise Refused(*missing)
    assert from_on is not None
    outcome.baseline_from_on = from_on
    outcome.save(update_fields=["baseline_from_on"])
    events.record(
        "baseline.move",
        initiative,
        at=now,
        subject=outcome.uuid,
        by=by,
        former_from_on=former.isoformat(),
        from_on=from_on.isoformat(),
        reason=reason.strip(),
    )
    series.refresh_outcome(outcome, initiative, now=now)


def can_be_moved(outcome: Outcome, initiative: Initiative) -> bool:
    """Whether there is a frozen baseline, and no verdict that has been final."""
    is_settled = outcome.verdict_is_final or outcome.is_second_look
    return initiative.state == State.MEASURING and outcome.baseline_from_on is not None and not is_settled


def _missing(outcome: Outcome, initiative: Initiative, from_on: dt.date | None, reason: str) -> Iterator[Missing]:
    change_on, former = initiative.change_on, outcome.baseline_from_on
    assert change_on is not None, "what is measured has a change date"
    assert former is not None
    if not reason:
        yield Missing("reason", _("Write why the baseline is changed."))
    if from_on is None:
        yield Missing("from_on", _("Write the first day of the baseline."))
    elif from_on == former:
        yield Missing("from_on", _("The baseline begins on that day already."))
    elif not earliest_baseline(change_on) <= from_on < change_on:
        words = {"first": _day(earliest_baseline(change_on)), "last": _day(change_on - dt.timedelta(days=1))}
        yield Missing("from_on", _("Choose a day between %(first)s and %(last)s.") % words)
    elif from_on > former and _values_from(outcome, change_on, from_on) < VALUES_NEEDED:
        yield Missing(
            "from_on", _("Too few values would be left. At least %(count)d are needed.") % {"count": VALUES_NEEDED}
        )


def _values_from(outcome: Outcome, change_on: dt.date, from_on: dt.date) -> int:
    return len(split(series.values_of(outcome), change_on, baseline_from=from_on).before)


def _day(day: dt.date) -> str:
    return date_format(day, "DATE_FORMAT")
