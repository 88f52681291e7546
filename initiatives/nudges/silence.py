"""Whether silence will mean go for what waits, so that a letter may name the day. The gate of the step decides."""

import datetime as dt
from typing import Any

from django.db.models import BooleanField, Case, DateField, F, Func, IntegerField, OuterRef, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from kommun.models import UnitSetting
from kommun.organisation import Levers


def silent_after(today: dt.date) -> Case:
    """Of a nudge: the last day for an answer, where the initiative then starts by itself; else NULL."""
    within_guard_rails = {
        "initiative__state": "proposed",
        "initiative__has_personal_data": False,
        "initiative__is_reversible": True,
        "initiative__is_critical": False,
        "initiative__cost__lte": Coalesce(Subquery(_setting("mandate_amount", today)), Levers.mandate_amount),
    }
    is_on = Coalesce(Subquery(_setting("silence_means_go", today)), Levers.silence_means_go)
    return Case(
        When(is_on, then=F("initiative__decide_by_on"), **within_guard_rails), default=None, output_field=DateField()
    )


def _setting(name: str, today: dt.date) -> QuerySet[Any]:
    """The lever as the nearest unit from the initiative's own and upwards sets it."""
    path = OuterRef("initiative__unit__path")
    is_above = Func(
        F("unit_id"), path, template="(%(expressions)s))", arg_joiner=" = ANY (", output_field=BooleanField()
    )
    depth = Func(path, F("unit_id"), function="array_position", output_field=IntegerField())
    said = UnitSetting.objects.on(today).filter(is_above, **{f"{name}__isnull": False})
    nearest: QuerySet[Any] = said.annotate(depth=depth).order_by("-depth").values(name)[:1]
    return nearest
