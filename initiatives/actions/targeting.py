"""What a unit aims at in a measure of the soil: set by whoever answers for it, and kept with who set what, and when."""

import datetime as dt
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from initiatives.actions.refusals import Missing, NotAllowed, Refused
from initiatives.models import SoilTarget
from initiatives.soil.measures import DEFINITION, Kind
from kommun.models import Employee, Role, Unit
from kommun.roles import has_role

ANSWERS_FOR: Final = (Role.MANAGER, Role.DEPUTY)
DECIMALS: Final = 4
TOO_LARGE: Final = Decimal(10) ** 12


@transaction.atomic
def set_target(
    unit: Unit,
    measure: str,
    value: Decimal | None,
    *,
    from_on: dt.date | None = None,
    to_on: dt.date | None = None,
    by: Employee,
    now: dt.datetime,
) -> SoilTarget | None:
    """Lets `value` be the target of `unit` from `from_on` (today) to `to_on` (until further notice).

    None ends the target there is, so that the one of a unit above holds again. What held until the day before stays as
    it was. A share is 0 to 1. Raises NotAllowed and Refused.
    """
    if not has_role(by, unit, *ANSWERS_FOR, on=timezone.localdate(now)):
        raise NotAllowed(_("Whoever answers for the unit sets its targets."))
    Unit.objects.select_for_update(no_key=True).get(pk=unit.pk)
    start = from_on or timezone.localdate(now)
    kept = SoilTarget.objects.filter(unit=unit, measure=measure)
    if wrong := [*_wrong_value(measure, value), *_wrong_days(kept.order_by("from_on").last(), start, to_on)]:
        raise Refused(*wrong)
    kept.filter(from_on=start).delete()  # what began that day never was
    kept.on(start).update(to_on=start - dt.timedelta(days=1))
    if value is None:
        return None
    return SoilTarget.objects.create(
        unit=unit, measure=measure, value=value, from_on=start, to_on=to_on, set_by=by, set_at=now
    )


def _wrong_value(measure: str, value: Decimal | None) -> list[Missing]:
    if measure not in DEFINITION:
        return [Missing("measure", _("Choose one of the measures."))]
    if value is None:
        return []
    if not value.is_finite() or not 0 <= value < TOO_LARGE or round(value, DECIMALS) != value:
        return [Missing("value", _("Write a number that is not below zero, with at most four decimals."))]
    if DEFINITION[measure].kind == Kind.SHARE and value > 1:
        return [Missing("value", _("A share is at most 100 percent."))]
    return []


def _wrong_days(latest: SoilTarget | None, start: dt.date, end: dt.date | None) -> list[Missing]:
    if end is not None and end < start:
        return [Missing("to_on", _("The last day cannot be before the first."))]
    if latest is not None and start < latest.from_on:
        return [Missing("from_on", _("There is a later target already. Choose a day that is not before it begins."))]
    return []
