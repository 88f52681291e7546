"""What a result is worth in hours, money or something else, and which claims count the same effect."""

import uuid
from decimal import Decimal

from django.contrib.postgres.fields import ArrayField, DateRangeField
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Greatest, Least, Now
from django.utils.translation import gettext_lazy as _

from initiatives.models.outcome import Indicator, Outcome
from kommun.models import Employee, Unit


class LastDay(Func):
    """The last day of the last of so many months."""

    template = "(%(expressions)s - interval '1 day')::date"
    arg_joiner = " + interval '1 month' * "
    output_field = models.DateField()


class Claim(models.Model):
    """Shift × volume × unit value. `amount` is a month's when it is recurring, else the whole.

    Indicator and unit are the outcome's own, written here so that overlapping claims are found by one index.
    """

    class Kind(models.TextChoices):
        HOURS = "hours", _("Hours")
        MONEY = "money", _("Money")
        OTHER = "other", _("Something else")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    outcome = models.ForeignKey(Outcome, models.CASCADE, related_name="claims")
    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind)
    unit_of_measure = models.CharField(max_length=40, blank=True)  # of something else; hours and kronor need none
    volume = models.DecimalField(max_digits=18, decimal_places=6)  # units a month; of what is one-time, units in all
    unit_value = models.DecimalField(max_digits=18, decimal_places=6)  # what one step of the indicator is worth, each
    basis = models.TextField()  # how the volume and the unit value are known
    is_recurring = models.BooleanField()
    is_hard = models.BooleanField(default=False)  # a budget can be lowered; else time or room is freed
    from_on = models.DateField()  # the first day of a month
    months = models.PositiveSmallIntegerField()  # one for what is one-time
    to_on = models.GeneratedField(
        expression=LastDay(F("from_on"), F("months")), output_field=models.DateField(), db_persist=True
    )
    # The answer to it: what the values make of it, and who has checked volume and unit value.
    amount = models.DecimalField(max_digits=20, decimal_places=6, null=True, editable=False)
    amount_low = models.DecimalField(max_digits=20, decimal_places=6, null=True, editable=False)
    amount_high = models.DecimalField(max_digits=20, decimal_places=6, null=True, editable=False)
    checked_by = models.ForeignKey(Employee, models.PROTECT, null=True, related_name="+", editable=False)
    checked_at = models.DateTimeField(null=True, editable=False)
    stopped_on = models.DateField(
        null=True, editable=False
    )  # when the effect had faded; it counts until the day before
    # How much of each of its months counts in the municipality as a whole, 0 to 1; empty where all of it does.
    counted_shares: "ArrayField[list[Decimal] | None, list[Decimal] | None]" = ArrayField(
        models.DecimalField(max_digits=9, decimal_places=8), null=True, editable=False
    )
    created_by = models.ForeignKey(Employee, models.PROTECT, related_name="+", editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)  # kept by a trigger; never runs backwards

    class Meta:
        ordering = ["outcome", "id"]
        indexes = [
            GistIndex(
                "indicator",
                "kind",
                Func(F("from_on"), F("to_on"), Value("[]"), function="daterange", output_field=DateRangeField()),
                name="claims_on_one_indicator",
            ),
            models.Index(fields=["unit", "from_on"], name="claim_by_unit"),
        ]
        constraints = [
            models.UniqueConstraint(name="effect_is_claimed_once", fields=["outcome", "kind", "unit_of_measure"]),
            models.CheckConstraint(
                name="effect_is_claimed_for_at_most_twelve_months",
                condition=Q(months__gte=1, months__lte=12) & (Q(is_recurring=True) | Q(months=1)),
            ),
            models.CheckConstraint(name="claim_begins_with_a_month", condition=Q(from_on__day=1)),
            models.CheckConstraint(name="claim_says_how_it_is_known", condition=~Q(basis="")),
            models.CheckConstraint(name="claim_has_a_volume_and_a_value", condition=Q(volume__gt=0, unit_value__gt=0)),
            models.CheckConstraint(
                name="something_else_says_its_unit", condition=Q(kind="other") ^ Q(unit_of_measure="")
            ),
            models.CheckConstraint(
                name="claim_is_checked_by_somebody",
                condition=Q(checked_by=None, checked_at=None) | Q(checked_by__isnull=False, checked_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outcome}: {self.get_kind_display()}"


class Overlap(models.Model):
    """How two claims that may count the same effect were told apart: split in shares, or one included in the other."""

    class Answer(models.TextChoices):
        SPLIT = "split", _("Each has its share")
        INCLUDED = "included", _("The other is included in the first")

    first = models.ForeignKey(Claim, models.CASCADE, related_name="+")
    other = models.ForeignKey(Claim, models.CASCADE, related_name="+")
    answer = models.CharField(max_length=8, choices=Answer)
    first_share = models.DecimalField(max_digits=5, decimal_places=4, default=1)
    other_share = models.DecimalField(max_digits=5, decimal_places=4, default=0)
    reason = models.TextField()
    by = models.ForeignKey(Employee, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                Least("first", "other"), Greatest("first", "other"), name="overlap_is_settled_once"
            ),
            models.CheckConstraint(name="claim_does_not_overlap_itself", condition=~Q(first=F("other"))),
            models.CheckConstraint(
                name="shares_are_at_most_the_whole",
                condition=Q(first_share__gte=0, other_share__gte=0, first_share__lte=1 - F("other_share")),
            ),
            models.CheckConstraint(
                name="what_is_included_has_no_share",
                condition=Q(answer="split") | Q(first_share=1, other_share=0),
            ),
        ]


class SharesDue(models.Model):
    """That the shares of claims on one indicator, of one kind, are to be reckoned anew. Triggers add rows, in the
    transaction that gave the reason; whoever has reckoned takes them away."""

    indicator = models.ForeignKey(Indicator, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    kind = models.CharField(max_length=8, choices=Claim.Kind)
    unit_of_measure = models.CharField(max_length=40)
