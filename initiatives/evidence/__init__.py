"""Is the change real, or noise? Pure rules on values and dates: no database, no request, exact arithmetic.

Arithmetic is in Fraction throughout; with floats a constant series of 3.7 becomes "seven points above the mean".
"""

from initiatives.evidence.comparison import SURE, VALUES_NEEDED, Comparison, Direction, Verdict, chance_one_in, compare
from initiatives.evidence.conclusions import (
    Ending,
    Hold,
    ResultStatus,
    ending,
    grade,
    half_life,
    hold,
    result_status,
    wanted_effect,
)
from initiatives.evidence.ranks import EXACT_UP_TO
from initiatives.evidence.values import Parts, Value, split
from initiatives.evidence.warnings import CAPPING, Warning

__all__ = [
    "CAPPING",
    "EXACT_UP_TO",
    "SURE",
    "VALUES_NEEDED",
    "Comparison",
    "Direction",
    "Ending",
    "Hold",
    "Parts",
    "ResultStatus",
    "Value",
    "Verdict",
    "Warning",
    "chance_one_in",
    "compare",
    "ending",
    "grade",
    "half_life",
    "hold",
    "result_status",
    "split",
    "wanted_effect",
]
