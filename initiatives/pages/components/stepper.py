"""The five phases and how far an initiative has come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from initiatives.workflow import Phase

NOTHING_TO_SAY: Mapping[Phase, str] = {}


@dataclass(frozen=True)
class PhaseMark:
    number: int
    label: str
    css: str  # klar, nu or kvar
    said: str  # done, here, left
    note: str = ""


@dataclass(frozen=True)
class Stepper:
    marks: Sequence[PhaseMark]
    now: PhaseMark
    short: str  # step 4 of 5: Follow up


def stepper(phase: Phase, *, is_over: bool = False, notes: Mapping[Phase, str] = NOTHING_TO_SAY) -> Stepper:
    """The phases with `phase` as the current one. `is_over`: the last one is done too. `notes` are short, as a date."""
    place = list(Phase).index(phase)
    marks = [_mark(index, each, place + is_over, notes.get(each, "")) for index, each in enumerate(Phase)]
    return Stepper(marks, marks[place], f"{phase_in_words(phase)}: {phase.label}")


def phase_in_words(phase: Phase) -> str:
    return _("Step %(number)d of %(count)d") % {"number": list(Phase).index(phase) + 1, "count": len(Phase)}


def _mark(index: int, phase: Phase, place: int, note: str) -> PhaseMark:
    css, said = (
        ("klar", pgettext("phase", "done"))
        if index < place
        else ("nu", pgettext("phase", "you are here"))
        if index == place
        else ("kvar", pgettext("phase", "still to come"))
    )
    return PhaseMark(index + 1, str(phase.label), css, said, note)
