"""What is stored about the organisation, and what is always true of it."""

from kommun.models.client import ApiClient
from kommun.models.letter import Letter
from kommun.models.person import Absence, Assignment, Employee, Employment, Role
from kommun.models.unit import ClosedDay, Unit, UnitPlacement, UnitSetting

__all__ = [
    "Absence",
    "ApiClient",
    "Assignment",
    "ClosedDay",
    "Employee",
    "Employment",
    "Letter",
    "Role",
    "Unit",
    "UnitPlacement",
    "UnitSetting",
]
