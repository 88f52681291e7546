"""A cause, written on a value that stands out, by those who know what happened. It changes no number and no verdict."""

import datetime as dt
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from initiatives import events
from initiatives.actions.measuring import MEASURABLE
from initiatives.actions.refusals import Missing, NotAllowed, Refused
from initiatives.models import Initiative, Measurement
from initiatives.permissions import drives
from kommun.models import Employee

LONGEST: Final = 300


@transaction.atomic
def explain(measurement: Measurement, cause: str, *, by: Employee, now: dt.datetime) -> None:
    """Writes what happened at that value, in place of what was written before; the empty text takes it away.

    Raises NotAllowed for anybody who does not drive the initiative, and Refused when the words are too many.
    """
    rows = Initiative.objects.select_for_update(of=("self",))
    initiative = rows.get(outcomes=measurement.outcome_id)
    if not drives(by, initiative, on=timezone.localdate(now)):
        raise NotAllowed(_("The one who drives the initiative writes what happened."))
    if initiative.state not in MEASURABLE:
        raise Refused(Missing("cause", _("This initiative takes no values now.")))
    cause = " ".join(cause.split())
    if len(cause) > LONGEST:
        raise Refused(Missing("cause", _("Write at most %(count)d characters.") % {"count": LONGEST}))
    measurement.refresh_from_db(fields=["cause"])
    if cause == measurement.cause:
        return
    measurement.cause = cause
    measurement.save(update_fields=["cause"])
    day = measurement.observed_on.isoformat()
    events.record(
        "measurement.explain", initiative, at=now, subject=measurement.uuid, by=by, observed_on=day, cause=cause
    )
