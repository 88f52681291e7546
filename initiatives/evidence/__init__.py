"""Is the change real, or noise? Pure rules on values and dates: no database, no request, exact arithmetic.

Arithmetic is in Fraction throughout; with floats a constant series of 3.7 becomes "seven points above the mean".
"""

from initiatives.evidence.comparison import (
    SURE,
    VALUES_NEEDED,
    Comparison,
    Direction,
    Verdict,
    before_after,
    chance_one_in,
    compare,
)
from initiatives.evidence.conclusions import (
    SHOWN_GRADE,
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
from initiatives.evidence.effects import NOTHING, Effect, effect, total
from initiatives.evidence.fading import faded_since
from initiatives.evidence.overlaps import Claimed, Settled, counted, counted_by_month, months_of
from initiatives.evidence.ranks import EXACT_UP_TO
from initiatives.evidence.reminders import (
    SMALLEST_EFFECT,
    Helps,
    NumberNeeded,
    helps,
    is_worth_retiring,
    newcombe,
    number_needed,
    occasions_needed,
)
from initiatives.evidence.run_charts import ChartPart, ChartPoint, RunChart, i_chart, run_chart
from initiatives.evidence.runs import Runs, runs_of
from initiatives.evidence.values import Parts, Value, earliest_baseline, split
from initiatives.evidence.warnings import CAPPING, Warning
from initiatives.evidence.withholding import FEWEST_PEOPLE, Figures, Place, Shown, people_behind, shown
from initiatives.evidence.xmr import (
    FEWEST_FIXED,
    Assurance,
    Limits,
    Point,
    Signal,
    Variation,
    XmrChart,
    baseline_limits,
    xmr,
)

__all__ = [
    "CAPPING",
    "EXACT_UP_TO",
    "FEWEST_FIXED",
    "FEWEST_PEOPLE",
    "NOTHING",
    "SHOWN_GRADE",
    "SMALLEST_EFFECT",
    "SURE",
    "VALUES_NEEDED",
    "Assurance",
    "ChartPart",
    "ChartPoint",
    "Claimed",
    "Comparison",
    "Direction",
    "Effect",
    "Ending",
    "Figures",
    "Helps",
    "Hold",
    "Limits",
    "NumberNeeded",
    "Parts",
    "Place",
    "Point",
    "ResultStatus",
    "RunChart",
    "Runs",
    "Settled",
    "Shown",
    "Signal",
    "Value",
    "Variation",
    "Verdict",
    "Warning",
    "XmrChart",
    "baseline_limits",
    "before_after",
    "chance_one_in",
    "compare",
    "counted",
    "counted_by_month",
    "earliest_baseline",
    "effect",
    "ending",
    "faded_since",
    "grade",
    "half_life",
    "helps",
    "hold",
    "i_chart",
    "is_worth_retiring",
    "months_of",
    "newcombe",
    "number_needed",
    "occasions_needed",
    "people_behind",
    "result_status",
    "run_chart",
    "runs_of",
    "shown",
    "split",
    "total",
    "wanted_effect",
    "xmr",
]
