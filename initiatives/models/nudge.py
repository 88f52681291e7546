"""Nudges: one row per thing that a person was told or asked, so that it is said once."""

import uuid
from typing import Final

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from initiatives.models.initiative import Initiative
from kommun.models import Employee, Letter


class RuleName(models.TextChoices):
    """Every reason to write to somebody, in the order in which a letter tells them: what waits first, then the news."""

    DECISION_WAITING = "decision_waiting", _("A decision is waiting")
    WAIVER_ASKED = "waiver_asked", _("A question about measuring is waiting")
    OBSTACLE_OPEN = "obstacle_open", _("An obstacle stands in the way")
    PROMISE_DUE = "promise_due", _("A promise is due")
    HANDOVER_OFFERED = "handover_offered", _("Somebody is asked to take over")
    VERIFICATION_WAITING = "verification_waiting", _("A result waits for a controller")
    VERIFICATION_RETURNED = "verification_returned", _("A controller has a question")
    RETURNED = "returned", _("A question from the decision-maker is waiting")
    VALUE_DUE = "value_due", _("A value is due")
    BASELINE_MISSING = "baseline_missing", _("The baseline is missing")
    CONCLUDE_DUE = "conclude_due", _("The review date has come")
    HOLD_CHECK_DUE = "hold_check_due", _("Does the effect hold?")
    FIRST_STEP_DUE = "first_step_due", _("The day of the first step has come")
    NO_PROGRESS = "no_progress", _("Nothing has happened for a while")
    TARGET_NEAR = "target_near", _("The target date is near")
    TARGET_PASSED = "target_passed", _("The target date has passed")
    DRAFT_RESTING = "draft_resting", _("A draft is resting")
    TAKE_OVER = "take_over", _("A result worth taking over")
    DECLINED = "declined", _("The answer was: not now")
    VERIFIED = "verified", _("A result was verified")
    APPROVED = "approved", _("The answer was yes")
    SILENCE_OWNER = "silence_owner", _("Silence started my test")
    SILENCE_DECIDER = "silence_decider", _("Silence started a test that I was asked about")
    OWN_MANDATE = "own_mandate", _("A test was started on own mandate")
    STOPPED = "stopped", _("The decision-maker stopped my test")
    WAIVER_ANSWERED = "waiver_answered", _("A question about measuring was answered")
    OBSTACLE_REMOVED = "obstacle_removed", _("An obstacle was removed")
    PROMISE_SETTLED = "promise_settled", _("A promise was kept, or could not be")
    COMMENT_WRITTEN = "comment_written", _("Somebody has written about my initiative")


# What somebody waits for, and only this person can do: it cannot be opted out of, and goes beside the weekly cap.
DUTIES: Final = (
    RuleName.DECISION_WAITING,
    RuleName.WAIVER_ASKED,
    RuleName.OBSTACLE_OPEN,
    RuleName.PROMISE_DUE,
)
# Where somebody may be left without a reminder, to see what reminders do: nobody waits, and nobody has a right to it.
MAY_BE_HELD_OUT: Final = (
    RuleName.VALUE_DUE,
    RuleName.BASELINE_MISSING,
    RuleName.FIRST_STEP_DUE,
    RuleName.NO_PROGRESS,
    RuleName.TARGET_NEAR,
    RuleName.TARGET_PASSED,
    RuleName.DRAFT_RESTING,
    RuleName.TAKE_OVER,
)
# Where the next level can be told when no answer comes, and may then answer too.
MAY_ESCALATE: Final = (RuleName.DECISION_WAITING, RuleName.OBSTACLE_OPEN, RuleName.PROMISE_DUE)
# Of a day that lies ahead: told before it.
COMES_BEFORE: Final = (RuleName.TARGET_NEAR,)


class Nudge(models.Model):
    """`rule`, `initiative`, `subject` and `since_at` say which reason it is; `level` and `number` which time of it.

    `subject` is what it is about when that is not the initiative as a whole: an obstacle, a promise, a step. `step` is
    how many steps the initiative had taken. `level` is 0 for the one who can act, 1 for whom it is escalated to.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    rule = models.CharField(max_length=40)  # a RuleName
    # No foreign key in the database: what was told outlives a deleted draft.
    initiative = models.ForeignKey(Initiative, models.DO_NOTHING, related_name="nudges", db_constraint=False)
    subject = models.UUIDField()
    step = models.PositiveIntegerField()
    since_at = models.DateTimeField()
    level = models.PositiveSmallIntegerField(default=0)
    number = models.PositiveIntegerField(default=0)
    occasion = models.DateField()  # the day that made it due
    to = models.ForeignKey(Employee, models.CASCADE, related_name="nudges")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    is_held_out = models.BooleanField(default=False)  # never told: it shows what happens without a reminder
    # A letter that is deleted would make its nudges untold again, so it stays as long as they do.
    letter = models.ForeignKey(Letter, models.RESTRICT, null=True, related_name="nudges")
    read_at = models.DateTimeField(null=True)  # in the app
    acted_at = models.DateTimeField(null=True)  # when what it asks for was done, whoever did it

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [
            models.Index(
                fields=["to", "id"], name="nudges_without_a_letter", condition=Q(letter=None, is_held_out=False)
            ),
            models.Index(fields=["to", "-id"], name="nudges_of_person", condition=Q(is_held_out=False)),
            models.Index(fields=["rule", "created_at"], name="nudges_to_be_acted_on", condition=Q(acted_at=None)),
            models.Index(fields=["rule", "initiative", "step", "created_at"], name="nudges_of_a_rule"),
        ]
        constraints = [
            models.UniqueConstraint(
                name="nudge_goes_out_once", fields=["initiative", "rule", "subject", "since_at", "level", "number"]
            ),
            models.CheckConstraint(
                name="who_is_held_out_gets_no_letter", condition=Q(is_held_out=False) | Q(letter=None, read_at=None)
            ),
            models.CheckConstraint(
                name="nobody_is_held_out_from_what_they_have_a_right_to",
                condition=Q(is_held_out=False) | Q(rule__in=MAY_BE_HELD_OUT),
            ),
        ]
