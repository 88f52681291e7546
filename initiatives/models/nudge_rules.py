"""How the rules of nudges are set, by the municipality and by a unit. Each change is a row more; the latest holds."""

import datetime as dt
import secrets
import uuid
from typing import Any, Final

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from initiatives.models.nudge import MAY_BE_HELD_OUT
from kommun.models import Employee, Unit


class EscalateTo(models.TextChoices):
    NOBODY = "nobody", _("Nobody")
    NEXT_LEVEL = "next_level", _("The next level above")


FIGURES: Final = ("is_on", "first_after", "repeat", "at_most", "escalate_after", "escalate_to", "holdout_share")
WORDS: Final = ("subject", "sentence", "button")


class NudgeSettingQuerySet(models.QuerySet["NudgeSetting"]):
    def latest_of(self, rule: str, unit: Unit | None) -> "NudgeSetting | None":
        """The one that holds for the municipality (`unit` None) or was set by the unit itself."""
        return self.filter(rule=rule, unit=unit).order_by("-id").first()

    def change(
        self, rule: str, unit: Unit | None, *, by: Employee | None, at: dt.datetime, **figures: Any
    ) -> "NudgeSetting | None":
        """Adds a row with `figures`, and the others as they were. None, and no row, when that says nothing new."""
        latest = self.latest_of(rule, unit) or NudgeSetting(rule=rule, unit=unit)
        before = {name: getattr(latest, name) for name in FIGURES}
        if before | figures == before:
            return None
        return self.create(rule=rule, unit=unit, by=by, at=at, **before | figures)


class NudgeSetting(models.Model):
    """One change of a rule: for the whole municipality, or for `unit` and everything below it. Only added to.

    What is empty is inherited: from the unit above, the municipality, and last the table in `initiatives.nudges.rules`.
    """

    rule = models.CharField(max_length=40)  # a RuleName
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="nudge_settings")
    is_on = models.BooleanField(null=True, blank=True)
    first_after = models.SmallIntegerField(null=True, blank=True)  # days; less than nothing is before the day
    repeat = models.PositiveSmallIntegerField(null=True, blank=True)  # days between two times
    at_most = models.PositiveSmallIntegerField(null=True, blank=True)  # times
    escalate_after = models.PositiveSmallIntegerField(null=True, blank=True)  # days
    escalate_to = models.CharField(max_length=16, choices=EscalateTo, blank=True)
    holdout_share = models.DecimalField(max_digits=3, decimal_places=2, null=True, blank=True)
    by = models.ForeignKey(Employee, models.PROTECT, null=True, blank=True, related_name="+")  # None is the clock
    at = models.DateTimeField(db_default=Now())

    objects = NudgeSettingQuerySet.as_manager()

    class Meta:
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["rule", "unit", "-id"], name="latest_nudge_setting")]
        constraints = [
            models.CheckConstraint(
                name="reminder_comes_at_most_sixty_days_before", condition=Q(first_after__gte=-60, first_after__lte=365)
            ),
            models.CheckConstraint(name="reminder_is_repeated_after_a_day_or_more", condition=Q(repeat__gte=1)),
            models.CheckConstraint(name="reminder_comes_one_to_twenty_times", condition=Q(at_most__range=(1, 20))),
            models.CheckConstraint(name="escalation_waits_a_day_or_more", condition=Q(escalate_after__gte=1)),
            models.CheckConstraint(
                name="held_out_are_none_or_a_tenth_to_a_half",
                condition=Q(holdout_share=0)
                | Q(holdout_share__gte="0.10", holdout_share__lte="0.50", rule__in=MAY_BE_HELD_OUT),
            ),
        ]


class NudgeTextQuerySet(models.QuerySet["NudgeText"]):
    def latest_of(self, rule: str, language: str, unit: Unit | None) -> "NudgeText | None":
        return self.filter(rule=rule, language=language, unit=unit).order_by("-id").first()


class NudgeText(models.Model):
    """The municipality's, or a unit's, own words for a rule in a language. Only added to; empty words inherit."""

    rule = models.CharField(max_length=40)  # a RuleName
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="nudge_texts")
    language = models.CharField(max_length=2, choices=[("sv", _("Swedish")), ("en", _("English"))])
    subject = models.CharField(max_length=150, blank=True)
    sentence = models.CharField(max_length=500, blank=True)
    button = models.CharField(max_length=60, blank=True)
    by = models.ForeignKey(Employee, models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())

    objects = NudgeTextQuerySet.as_manager()

    class Meta:
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["rule", "unit", "language", "-id"], name="latest_nudge_text")]


def new_key() -> str:
    return secrets.token_hex(32)


class NudgePolicy(models.Model):
    """What holds for all reminders of the municipality. One row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    hold_out_is_on = models.BooleanField(default=False)  # whether anybody is left without a reminder, to see its effect
    letters_per_week = models.PositiveSmallIntegerField(default=3)  # at most, beside what others wait for
    retire_after = models.PositiveIntegerField(
        null=True, blank=True, default=200
    )  # occasions in each arm; empty: never
    retiring_asks_first = models.BooleanField(default=True)
    key = models.CharField(max_length=64, default=new_key, editable=False)  # of the draw; secret, and never changed

    class Meta:
        constraints = [
            models.CheckConstraint(name="there_is_one_policy_of_nudges", condition=Q(id=1)),
            models.CheckConstraint(
                name="letters_per_week_are_one_to_five", condition=Q(letters_per_week__range=(1, 5))
            ),
        ]


class Retirement(models.Model):
    """A rule that showed no effect: proposed by the clock, and answered by an administrator, or by the policy."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    rule = models.CharField(max_length=40)  # a RuleName
    proposed_at = models.DateTimeField()
    figures = models.JSONField(default=dict)  # what the effect was said to be at that moment
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(Employee, models.PROTECT, null=True, related_name="+")
    is_retired = models.BooleanField(null=True)

    class Meta:
        ordering = ["proposed_at", "id"]
        constraints = [
            models.UniqueConstraint(
                name="one_open_retirement_per_rule", fields=["rule"], condition=Q(answered_at=None)
            ),
            models.CheckConstraint(
                name="retirement_is_answered_with_yes_or_no",
                condition=Q(answered_at=None, is_retired=None) | Q(answered_at__isnull=False, is_retired__isnull=False),
            ),
        ]
