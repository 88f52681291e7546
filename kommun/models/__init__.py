"""What is stored about the organisation, and what is always true of it."""

from kommun.models.client import ApiCall, ApiClient, ClientAct, ClientPace, ClientSecret, UsedAssertion
from kommun.models.heartbeat import Heartbeat
from kommun.models.letter import Letter
from kommun.models.person import Absence, Assignment, Employee, Employment, Role
from kommun.models.sign_in import DemoPerson, PasswordRequest
from kommun.models.source import Source
from kommun.models.unit import ClosedDay, QuietDays, Unit, UnitPlacement, UnitSetting

__all__ = [
    "Absence",
    "ApiCall",
    "ApiClient",
    "Assignment",
    "ClientAct",
    "ClientPace",
    "ClientSecret",
    "ClosedDay",
    "DemoPerson",
    "Employee",
    "Employment",
    "Heartbeat",
    "Letter",
    "PasswordRequest",
    "QuietDays",
    "Role",
    "Source",
    "Unit",
    "UnitPlacement",
    "UnitSetting",
    "UsedAssertion",
]
