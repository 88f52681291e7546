"""What is stored about initiatives, and what is always true of it."""

from initiatives.models.agreement import Promise, Waiver
from initiatives.models.history import Event, Transition
from initiatives.models.initiative import CoDriver, Goal, Handover, Initiative, Kind
from initiatives.models.measurement import Correction, Measurement
from initiatives.models.nudge import Nudge
from initiatives.models.outcome import Indicator, Outcome

__all__ = [
    "CoDriver",
    "Correction",
    "Event",
    "Goal",
    "Handover",
    "Indicator",
    "Initiative",
    "Kind",
    "Measurement",
    "Nudge",
    "Outcome",
    "Promise",
    "Transition",
    "Waiver",
]
