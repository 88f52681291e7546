"""Of which units, in which years, figures may be shown, so that none is about fewer than five people.

What has no row is withheld. `initiatives.outcomes.withholding` writes the rows.
"""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from initiatives.evidence import FEWEST_PEOPLE
from kommun.models import Unit


class Showing(models.Model):
    """What may be shown of a unit's figures of one calendar year, of each month in it, and of any part of it.

    A figure of a longer time is the sum of what is shown of its years, so nothing is found out by subtracting periods.
    """

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="showings")
    year = models.PositiveSmallIntegerField()
    own_is_shown = models.BooleanField()  # of the unit itself, without those below it
    whole_is_shown = models.BooleanField()  # of its whole subtree
    people = models.PositiveIntegerField()  # who work in its subtree, at the end of the month with fewest

    class Meta:
        ordering = ["unit", "year"]
        constraints = [
            models.UniqueConstraint(
                name="what_is_shown_of_a_year_is_said_once",
                fields=["unit", "year"],
                include=["own_is_shown", "whole_is_shown"],
            ),
            models.CheckConstraint(
                name="what_is_shown_is_about_five_people_or_more",
                condition=Q(own_is_shown=False, whole_is_shown=False) | Q(people__gte=FEWEST_PEOPLE),
            ),
        ]


class ShowingBasis(models.Model):
    """From what the rows of Showing were reckoned, so that they are only when it is another. One row at most."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    on = models.DateField()
    checksum = models.CharField(max_length=80)  # of who works where, of the tree, and of which years have figures
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.CheckConstraint(name="basis_of_what_is_shown_is_one", condition=Q(id=1))]
