"""Letting time pass for an initiative: its dates move back, not the clock forward, so that real pages can be used."""

import datetime as dt

from django.db.models import F

from initiatives.models import HoldCheck, Initiative, Measurement, Outcome

DATES_OF_OUTCOME = (
    "target_on",
    "review_on",
    "baseline_ready_on",
    "baseline_from_on",
    "baseline_to_on",
    "next_due_on",
    "faded_on",
)
DATES_OF_INITIATIVE = ("first_step_on", "decide_by_on", "change_on", "resume_on")


def let_days_pass(initiative: Initiative, days: int) -> None:
    """As if everything about the initiative had happened `days` days earlier. The history keeps its own dates."""
    back = dt.timedelta(days=days)
    Initiative.objects.filter(pk=initiative.pk).update(
        submitted_at=F("submitted_at") - back,
        concluded_at=F("concluded_at") - back,
        **{name: F(name) - back for name in DATES_OF_INITIATIVE},
    )
    Outcome.objects.filter(initiative=initiative).update(**{name: F(name) - back for name in DATES_OF_OUTCOME})
    HoldCheck.objects.filter(outcome__initiative=initiative).update(
        due_on=F("due_on") - back, checked_at=F("checked_at") - back
    )
    for row in Measurement.objects.filter(outcome__initiative=initiative).order_by("observed_on"):
        Measurement.objects.filter(pk=row.pk).update(
            period_start=row.period_start - back, observed_on=row.observed_on - back
        )
    initiative.refresh_from_db()
