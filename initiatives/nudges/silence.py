"""Whether silence will mean go for what waits, so that a letter may name the day. The gate of the step decides."""

import datetime as dt

from django.db.models import Case, DateField, F, When

from kommun.organisation import setting_of

UNIT = "initiative__unit"


def silent_after(today: dt.date) -> Case:
    """Of a nudge: the last day for an answer, where the initiative then starts by itself; else NULL."""
    within_guard_rails = {
        "initiative__state": "proposed",
        "initiative__has_personal_data": False,
        "initiative__is_reversible": True,
        "initiative__is_critical": False,
        "initiative__cost__lte": setting_of(UNIT, "mandate_amount", on=today),
    }
    is_on = setting_of(UNIT, "silence_means_go", on=today)
    return Case(
        When(is_on, then=F("initiative__decide_by_on"), **within_guard_rails), default=None, output_field=DateField()
    )
