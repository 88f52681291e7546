"""Sums of the roll-up by place in the organisation, so coarse that a question costs the same however much there is.

The database keeps them: folding adds the changes up the tree, and what a moved unit holds moves with it. What has not
been folded yet is not here; readers add it.
"""

from typing import Final

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from initiatives.models.initiative import Goal, Kind
from initiatives.models.outcome import Indicator
from initiatives.workflow import Ending, State

EVERYWHERE: Final = 0  # the place that is the whole municipality


class Grain(models.IntegerChoices):
    """Which dimensions a summary keeps beside the place. The first two hold counts only.

    Of what is a unit's own there are those of `OWN_GRAINS` only. The rest is read from its cells: they are no more than
    one unit has made.
    """

    KIND_GRADE = 1
    MONTH_KIND_GRADE = 2
    MONTH = 3
    MONTH_KIND = 4
    MONTH_ENDING = 5
    MONTH_GRADE = 6
    MONTH_GOAL = 7
    MONTH_INDICATOR = 8
    MONTH_INDICATOR_GRADE = 9
    YEAR = 10
    YEAR_KIND = 11
    YEAR_ENDING = 12
    YEAR_GRADE = 13
    YEAR_GOAL = 14
    YEAR_INDICATOR = 15
    YEAR_INDICATOR_GRADE = 16


OWN_GRAINS: Final = frozenset(
    {
        Grain.KIND_GRADE,
        Grain.MONTH_KIND_GRADE,
        Grain.MONTH,
        Grain.MONTH_GRADE,
        Grain.YEAR,
        Grain.YEAR_KIND,
        Grain.YEAR_ENDING,
        Grain.YEAR_GRADE,
        Grain.YEAR_GOAL,
        Grain.YEAR_INDICATOR,
    }
)


class Standing(models.IntegerChoices):
    """Where an initiative stands, and how far it came: the places in an array of counts, after the first."""

    PROPOSED = 2
    RETURNED = 3
    UNDERWAY = 4
    PAUSED = 5
    MEASURING = 6
    CONFIRMED = 7  # neither verified nor held
    VERIFIED = 8  # confirmed, and verified by a controller
    HELD = 9  # verified, and still there after half a year
    NOT_PROVEN = 10
    NOT_MEASURED = 11  # not proven, because it could not be measured
    NO_EFFECT = 12
    WORSE = 13
    STOPPED = 14
    STOPPED_UNMEASURED = 15

    @property
    def state(self) -> State:
        return State.CONCLUDED if self.ending else State[self.name]

    @property
    def ending(self) -> Ending | None:
        return _ENDINGS.get(self)


_ENDINGS: Final = {
    Standing.CONFIRMED: Ending.CONFIRMED,
    Standing.VERIFIED: Ending.CONFIRMED,
    Standing.HELD: Ending.CONFIRMED,
    Standing.NOT_PROVEN: Ending.NOT_PROVEN,
    Standing.NOT_MEASURED: Ending.NOT_PROVEN,
    Standing.NO_EFFECT: Ending.NO_EFFECT,
    Standing.WORSE: Ending.WORSE,
    Standing.STOPPED: Ending.STOPPED,
    Standing.STOPPED_UNMEASURED: Ending.STOPPED,
}
IN_ALL: Final = 1  # the first place in an array of counts
NO_OUTCOME: Final = -1  # the grade of an initiative that has no outcome to be graded
GRADE_0: Final = 17  # the place of grade 0; those without an outcome stand before it, the other grades after it


def _amount() -> models.DecimalField:
    return models.DecimalField(max_digits=30, decimal_places=6, db_default=0)


class Summary(models.Model):
    """What every reader sees of a place: figures as in the roll-up, counts as arrays. A dimension not kept is empty.

    A place is what is a unit's own, or all that lies below a unit, by today's tree; a unit as a whole is both.
    An array of counts holds how many in all, by `Standing`, and by grade. An ending is that of what it decided.
    """

    place = models.BigIntegerField()  # a unit's id, or EVERYWHERE
    is_own = models.BooleanField()  # else what lies below it, without its own
    grain = models.PositiveSmallIntegerField(choices=Grain)
    month = models.DateField(null=True)  # its first day; the first of the year where a whole year is kept
    indicator = models.ForeignKey(
        Indicator, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    goal = models.ForeignKey(Goal, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+")
    kind = models.CharField(max_length=16, choices=Kind, null=True)
    ending = models.CharField(max_length=16, choices=Ending, null=True)
    grade = models.SmallIntegerField(null=True)  # 0 to 5, or NO_OUTCOME

    initiatives = ArrayField(models.IntegerField(), null=True)  # empty where there is none
    outcomes = ArrayField(models.IntegerField(), null=True)
    measurements = models.IntegerField(db_default=0)
    shifts = models.IntegerField(db_default=0)
    value_sum = _amount()
    shift_sum = _amount()
    hours = _amount()
    hours_confirmed = _amount()
    hours_counted = _amount()
    money = _amount()
    money_confirmed = _amount()
    money_counted = _amount()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="summary_is_kept_once",
                fields=["grain", "place", "is_own", "indicator", "goal", "kind", "ending", "grade", "month"],
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="everywhere_is_no_unit_of_its_own", condition=~Q(place=EVERYWHERE) | Q(is_own=False)
            ),
        ]
