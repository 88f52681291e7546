"""The outcome metrics: how many initiatives, where they stand, what they measured and what it came to.

All of it comes from the roll-up and its summaries, in one statement of SQL, over what every reader sees. It knows no
request and no JSON.
"""

from initiatives.outcomes.metrics.questions import (
    FEWEST_EMPLOYEES,
    GRADES,
    Dimension,
    Effects,
    Group,
    PeriodLength,
    Question,
    Scope,
    Share,
)
from initiatives.outcomes.metrics.reading import metrics

__all__ = [
    "FEWEST_EMPLOYEES",
    "GRADES",
    "Dimension",
    "Effects",
    "Group",
    "PeriodLength",
    "Question",
    "Scope",
    "Share",
    "metrics",
]
