"""What is stored about initiatives, and what is always true of it."""

from initiatives.models.agreement import Promise, Waiver
from initiatives.models.change import Change, Delivery, Webhook
from initiatives.models.claim import Claim, Overlap, SharesDue
from initiatives.models.conversation import Comment, ReceivedMail
from initiatives.models.history import Event, Transition
from initiatives.models.initiative import CoDriver, Goal, Handover, Initiative, Kind
from initiatives.models.measurement import Correction, Measurement
from initiatives.models.nudge import COMES_BEFORE, DUTIES, MAY_BE_HELD_OUT, MAY_ESCALATE, Nudge, RuleName
from initiatives.models.nudge_rules import EscalateTo, NudgePolicy, NudgeSetting, NudgeText, Retirement
from initiatives.models.obstacle import Obstacle
from initiatives.models.outcome import Indicator, Outcome, Verification
from initiatives.models.proof import Grading, HoldCheck, VerificationStep
from initiatives.models.repetition import KeptAnswer
from initiatives.models.rollup import Rollup
from initiatives.models.showing import Showing, ShowingBasis
from initiatives.models.soil import SoilMeasure, SoilTarget
from initiatives.models.summary import Summary
from initiatives.models.wishes import OptOut, Snooze

__all__ = [
    "COMES_BEFORE",
    "DUTIES",
    "MAY_BE_HELD_OUT",
    "MAY_ESCALATE",
    "Change",
    "Claim",
    "CoDriver",
    "Comment",
    "Correction",
    "Delivery",
    "EscalateTo",
    "Event",
    "Goal",
    "Grading",
    "Handover",
    "HoldCheck",
    "Indicator",
    "Initiative",
    "KeptAnswer",
    "Kind",
    "Measurement",
    "Nudge",
    "NudgePolicy",
    "NudgeSetting",
    "NudgeText",
    "Obstacle",
    "OptOut",
    "Outcome",
    "Overlap",
    "Promise",
    "ReceivedMail",
    "Retirement",
    "Rollup",
    "RuleName",
    "SharesDue",
    "Showing",
    "ShowingBasis",
    "Snooze",
    "SoilMeasure",
    "SoilTarget",
    "Summary",
    "Transition",
    "Verification",
    "VerificationStep",
    "Waiver",
    "Webhook",
]
