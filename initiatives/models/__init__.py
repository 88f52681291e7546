"""What is stored about initiatives, and what is always true of it."""

from initiatives.models.agreement import Promise, Waiver
from initiatives.models.claim import Claim, Overlap
from initiatives.models.history import Event, Transition
from initiatives.models.initiative import CoDriver, Goal, Handover, Initiative, Kind
from initiatives.models.measurement import Correction, Measurement
from initiatives.models.nudge import Nudge
from initiatives.models.outcome import Indicator, Outcome, Verification
from initiatives.models.proof import Grading, HoldCheck, VerificationStep
from initiatives.models.rollup import Rollup

__all__ = [
    "Claim",
    "CoDriver",
    "Correction",
    "Event",
    "Goal",
    "Grading",
    "Handover",
    "HoldCheck",
    "Indicator",
    "Initiative",
    "Kind",
    "Measurement",
    "Nudge",
    "Outcome",
    "Overlap",
    "Promise",
    "Rollup",
    "Transition",
    "Verification",
    "VerificationStep",
    "Waiver",
]
