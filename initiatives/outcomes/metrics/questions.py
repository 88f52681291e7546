"""What can be asked of the metrics, and what is answered."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db.models import TextChoices

from initiatives.evidence import FEWEST_PEOPLE
from initiatives.workflow import Ending, State

FEWEST_EMPLOYEES: Final = FEWEST_PEOPLE  # a group in a smaller part of the organisation is withheld
GRADES: Final = range(6)


class Dimension(TextChoices):
    UNIT = "unit"
    PERIOD = "period"
    INDICATOR = "indicator"
    KIND = "kind"
    GOAL = "goal"
    ENDING = "ending"
    GRADE = "evidenceGrade"


class PeriodLength(TextChoices):
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"

    @property
    def months(self) -> int:
        return {"month": 1, "quarter": 3, "year": 12}[self.value]


@dataclass(frozen=True)
class Scope:
    """Where. `unit` is the code of a unit, with all below it; `bound_to` the id of the unit that the reader is kept to.

    None is the whole municipality. Of a unit above the reader's own there is the reader's own; of another, nothing.
    """

    unit: str | None = None
    bound_to: int | None = None


@dataclass(frozen=True)
class Question:
    """What is asked for. `first` and `last` are days of the first and the last period; None leaves it open."""

    by: frozenset[Dimension] = frozenset()
    period: PeriodLength = PeriodLength.MONTH
    scope: Scope = Scope()
    indicator: UUID | None = None
    kinds: Sequence[str] | None = None
    goal: str | None = None  # its code
    endings: Sequence[str] | None = None
    least_grade: int = 0
    first: dt.date | None = None
    last: dt.date | None = None
    tells_withheld: bool = True  # groups without figures too


@dataclass(frozen=True)
class Share:
    """`numerator` of `denominator`; there is no value of nothing."""

    numerator: int
    denominator: int

    @property
    def value(self) -> float | None:
        return round(self.numerator / self.denominator, 4) if self.denominator else None


@dataclass(frozen=True)
class Effects:
    """In hours or kronor, of the months that are over: all; what is confirmed and checked; of that each effect once."""

    claimed: Decimal
    confirmed: Decimal
    counted: Decimal


@dataclass(frozen=True)
class Figures:
    """What a group came to. Of what is told by indicator, states and grades are those of outcomes, else of initiatives.

    An ending is that of the outcome that decided it, and counts for no other's indicator. An initiative belongs to the
    period in which it was submitted, a value to that of its date, a shift to that of its outcome's latest value, and
    an effect to those in which it comes. Means exist only where all values are of one indicator.
    """

    initiatives: int
    outcomes: int
    states: Mapping[State, int]
    endings: Mapping[Ending, int]
    not_measured: int  # of those not proven: a verdict was never possible, and the reason why was accepted
    grades: Sequence[int]  # 0 to 5
    measured: Share  # of what has ended
    confirmed: Share  # of what was measured
    verified: Share  # of what was confirmed
    held: Share  # for half a year or more, of what was verified
    values: int
    mean_value: Decimal | None
    shifts: int
    mean_shift: Decimal | None
    hours: Effects
    money: Effects


@dataclass(frozen=True)
class Group:
    """One group. When `is_withheld` it tells only the unit and the period, and there are no figures.

    Figures leave out the years in `withheld_years`, of which nothing may be shown.
    """

    unit_code: str | None
    unit_name: str | None
    period_start: dt.date | None
    period_end: dt.date | None
    indicator: UUID | None
    indicator_name: str | None
    unit_of_measure: str | None
    kolada_id: str | None
    kind: str | None
    goal_code: str | None
    goal_name: str | None
    ending: str | None  # empty for what has not ended, and for outcomes that did not decide
    grade: int | None
    withheld_years: Sequence[int]
    figures: Figures | None

    @property
    def is_withheld(self) -> bool:
        return self.figures is None
