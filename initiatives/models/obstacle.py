"""What stops the one who drives an initiative, owned by somebody with the mandate to remove it."""

import uuid

from django.db import models
from django.db.models import Q

from initiatives.models.initiative import Initiative
from kommun.models import Employee


class Obstacle(models.Model):
    """Raised by a driver, owned one level up. It is open until somebody has answered it: removed, or it has to stay."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    initiative = models.ForeignKey(Initiative, models.CASCADE, related_name="obstacles")
    text = models.CharField(max_length=300)
    raised_by = models.ForeignKey(Employee, models.PROTECT, related_name="+")
    raised_at = models.DateTimeField()
    owner = models.ForeignKey(
        Employee, models.PROTECT, null=True, related_name="obstacles"
    )  # who was asked to remove it
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(Employee, models.PROTECT, null=True, related_name="+")
    is_removed = models.BooleanField(null=True)  # False: it has to stay, and `answer` says why
    answer = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["raised_at", "id"]
        indexes = [models.Index(fields=["raised_at"], name="obstacles_that_stand", condition=Q(closed_at=None))]
        constraints = [
            models.CheckConstraint(name="obstacle_says_what_it_is", condition=~Q(text="")),
            models.CheckConstraint(
                name="obstacle_is_closed_by_somebody",
                condition=Q(closed_at=None, closed_by=None, is_removed=None)
                | Q(closed_at__isnull=False, closed_by__isnull=False, is_removed__isnull=False),
            ),
            models.CheckConstraint(
                name="obstacle_that_stays_has_a_reason", condition=~Q(is_removed=False) | ~Q(answer="")
            ),
        ]
