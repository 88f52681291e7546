"""What each measure of the soil is, one line of the table for each. The figures come from `initiatives.soil.facts`."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from initiatives.models import SoilMeasure


class Fact(StrEnum):
    """What is counted in a part of the organisation and a period; SQL gives each by this name."""

    EMPLOYEES = "employees"  # on the period's last day
    DRIVERS = "drivers"  # of them, those who drove something in the period
    STARTED = "started"
    DECIDED = "decided"
    SILENCE = "silence"
    ENDED = "ended"
    MEASURED = "measured"
    CONFIRMED = "confirmed"
    VERIFIED = "verified"
    STOPPED = "stopped"
    LESSONS = "lessons"
    CHECKED_6 = "checked_6"
    HELD_6 = "held_6"
    CHECKED_12 = "checked_12"
    HELD_12 = "held_12"
    TAKEN_OVER = "taken_over"
    ANSWERED = "answered"
    REMOVED = "removed"
    PROMISED = "promised"
    KEPT = "kept"


class Kind(StrEnum):
    SHARE = "share"  # of a whole, 0 to 1
    RATIO = "ratio"  # so many for each, or for each hundred
    MEDIAN = "median"
    SUM = "sum"


class Direction(StrEnum):
    UP = "up"
    DOWN = "down"
    NEITHER = "neither"


@dataclass(frozen=True)
class Definition:
    """`of` per `by`, `scale` times over; of a median or a sum, both are the same and tell what it is taken of."""

    measure: SoilMeasure
    kind: Kind
    of: Fact | None
    by: Fact | None
    direction: Direction
    unit_of_measure: str
    en: str
    sv: str
    scale: int = 1

    @property
    def is_inherited(self) -> bool:
        """Whether a target for a unit is one for each unit below it as well; a sum is shared between them."""
        return self.kind != Kind.SUM


_M, _F, _K, _D = SoilMeasure, Fact, Kind, Direction
DEFINITIONS: Final = (
    Definition(
        _M.STARTED_PER_HUNDRED, _K.RATIO, _F.STARTED, _F.EMPLOYEES, _D.UP, "per 100",
        "Initiatives sent for decision, or started on one's own mandate, for the first time, per 100 employees.",
        "Initiativ som för första gången skickats till beslut eller startats på eget mandat, per 100 anställda.",
        scale=100,
    ),
    Definition(
        _M.DRIVING, _K.SHARE, _F.DRIVERS, _F.EMPLOYEES, _D.UP, "share",
        "Share of the employees who drove an initiative at some time in the period.",
        "Andel av de anställda som drev något initiativ någon gång under perioden.",
    ),
    Definition(
        _M.DECISION_DAYS, _K.MEDIAN, _F.DECIDED, None, _D.DOWN, "working days",
        "Median number of full working days from when an initiative was last sent to when it was decided.",
        "Median av antalet hela arbetsdagar från att initiativet senast skickades till att det avgjordes.",
    ),
    Definition(
        _M.BY_SILENCE, _K.SHARE, _F.SILENCE, _F.DECIDED, _D.DOWN, "share",
        "Share of the decisions that silence made, because nobody answered in time.",
        "Andel av besluten som tystnaden fattade, för att ingen svarade i tid.",
    ),
    Definition(
        _M.MEASURED, _K.SHARE, _F.MEASURED, _F.ENDED, _D.UP, "share",
        "Share of the ended initiatives that had been followed up with measured values.",
        "Andel av de avslutade initiativen som hade följts upp med mätvärden.",
    ),
    Definition(
        _M.CONFIRMED, _K.SHARE, _F.CONFIRMED, _F.ENDED, _D.UP, "share",
        "Share of the ended initiatives whose effect was confirmed.",
        "Andel av de avslutade initiativen vars effekt blev bekräftad.",
    ),
    Definition(
        _M.VERIFIED, _K.SHARE, _F.VERIFIED, _F.CONFIRMED, _D.UP, "share",
        "Share of the confirmed effects that a controller has verified.",
        "Andel av de bekräftade effekterna som en controller har granskat och godkänt.",
    ),
    Definition(
        _M.HELD_6, _K.SHARE, _F.HELD_6, _F.CHECKED_6, _D.UP, "share",
        "Share of the effects whose check at six months fell due and was answered that had held.",
        "Andel av effekterna som höll, av dem vars kontroll efter sex månader blev gjord.",
    ),
    Definition(
        _M.HELD_12, _K.SHARE, _F.HELD_12, _F.CHECKED_12, _D.UP, "share",
        "Share of the effects whose check at twelve months fell due and was answered that had held.",
        "Andel av effekterna som höll, av dem vars kontroll efter tolv månader blev gjord.",
    ),
    Definition(
        _M.LESSONS_PER_STOPPED, _K.RATIO, _F.LESSONS, _F.STOPPED, _D.NEITHER, "per initiative",
        "Lessons written when initiatives ended, whatever their ending, for each one that was stopped.",
        "Lärdomar som skrevs när initiativ avslutades, oavsett avslut, för varje avbrutet initiativ.",
    ),
    Definition(
        _M.TAKEN_OVER_PER_CONFIRMED, _K.RATIO, _F.TAKEN_OVER, _F.CONFIRMED, _D.UP, "per initiative",
        "Initiatives anywhere that were started in the period after the model of one here, per effect confirmed here.",
        "Initiativ var som helst som startade under perioden med ett härifrån som förebild, per effekt bekräftad här.",
    ),
    Definition(
        _M.OBSTACLES_REMOVED, _K.SHARE, _F.REMOVED, _F.ANSWERED, _D.UP, "share",
        "Share of the obstacles answered in the period that were removed; the numerator is how many.",
        "Andel av de hinder som besvarades under perioden som undanröjdes; täljaren är hur många.",
    ),
    Definition(
        _M.REMOVAL_DAYS, _K.MEDIAN, _F.REMOVED, None, _D.DOWN, "days",
        "Median number of days from when an obstacle was raised to when it was removed.",
        "Median av antalet dagar från att ett hinder anmäldes till att det undanröjdes.",
    ),
    Definition(
        _M.PROMISES_KEPT, _K.SHARE, _F.KEPT, _F.PROMISED, _D.UP, "share",
        "Share of the promises that fell due in the period that were kept; one never answered for was not.",
        "Andel av de löften som förföll under perioden som hölls; ett som ingen svarat för hölls inte.",
    ),
    Definition(
        _M.HOURS, _K.SUM, None, None, _D.UP, "hours",
        "Hours of confirmed effects in the period's months that are over, each effect counted once.",
        "Timmar av bekräftade effekter under periodens avslutade månader, varje effekt räknad en gång.",
    ),
    Definition(
        _M.MONEY, _K.SUM, None, None, _D.UP, "kronor",
        "Kronor of confirmed effects in the period's months that are over, each effect counted once.",
        "Kronor av bekräftade effekter under periodens avslutade månader, varje effekt räknad en gång.",
    ),
)  # fmt: skip
DEFINITION: Final[Mapping[str, Definition]] = {each.measure.value: each for each in DEFINITIONS}
