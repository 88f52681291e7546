"""The evidence grade in plain words: which steps are reached, since when, and what would lift it one more."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from initiatives.evidence import VALUES_NEEDED, Hold, Verdict
from initiatives.models import Grading, HoldCheck, Initiative, Outcome, Verification
from initiatives.pages.verdict_words import difference
from initiatives.workflow import State
from kommun.numbers import rounded

STEPS: Final = (
    gettext_lazy("An intention"),
    gettext_lazy("The baseline is measured"),
    gettext_lazy("The follow-up is measured"),
    gettext_lazy("A real improvement is shown"),
    gettext_lazy("A controller has verified it"),
    gettext_lazy("It has held for half a year"),
)


@dataclass(frozen=True)
class Rung:
    number: int
    text: str
    is_reached: bool
    since: dt.date | None = None


@dataclass(frozen=True)
class Change:
    """A grade of the history, with the values that it came from."""

    on: dt.date
    text: str
    came_from: str


def rungs(outcome: Outcome, gradings: Iterable[Grading]) -> list[Rung]:
    """The ladder, the lowest step first. `gradings` in the order of time. No queries."""
    since: dict[int, dt.date] = {}
    former = 0
    for each in gradings:
        day = timezone.localdate(each.at)
        since = {number: on for number, on in since.items() if number <= each.grade}
        since |= dict.fromkeys(range(former + 1, each.grade + 1), day)
        former = each.grade
    return [Rung(number, str(text), number <= outcome.grade, since.get(number)) for number, text in enumerate(STEPS)]


def changes(outcome: Outcome, gradings: Sequence[Grading]) -> list[Change]:
    """How the grade has come to be what it is, the latest first. No queries."""
    unit, former, found = outcome.indicator.unit_of_measure, 0, []
    for each in gradings:
        words = {"former": former, "grade": each.grade}
        text = _("Rose from %(former)d to %(grade)d") if each.grade > former else _("Fell from %(former)d to %(grade)d")
        found.append(Change(timezone.localdate(each.at), text % words, _came_from(each.figures, unit)))
        former = each.grade
    return found[::-1]


def lift(initiative: Initiative, outcome: Outcome, checks: Sequence[HoldCheck]) -> str:
    """What would lift the grade one step. No queries."""
    if outcome.grade == 0:
        return _more_before(initiative, outcome)
    if outcome.grade == 1:
        return _more_after(initiative, outcome)
    return {2: _show, 3: _verify, 4: _hold, 5: _nothing}[outcome.grade](initiative, outcome, checks)


def _more_before(initiative: Initiative, outcome: Outcome) -> str:
    if initiative.change_on is not None:
        return _("There are too few values from before the change, so what it was like then cannot be known.")
    lacking = VALUES_NEEDED - outcome.n_before
    return ngettext(
        "%(count)d more value from before the change lifts it.",
        "%(count)d more values from before the change lift it.",
        lacking,
    ) % {"count": lacking}


def _more_after(initiative: Initiative, outcome: Outcome) -> str:
    if initiative.state == State.CONCLUDED:
        return _("It ended with too few values from after the change, so it stays here.")
    if initiative.change_on is None:
        return _("The change in place, and five values after it, lift it.")
    lacking = VALUES_NEEDED - outcome.n_after
    return ngettext(
        "%(count)d more value from after the change lifts it.",
        "%(count)d more values from after the change lift it.",
        lacking,
    ) % {"count": lacking}


def _show(initiative: Initiative, outcome: Outcome, checks: Sequence[HoldCheck]) -> str:
    if outcome.hold == Hold.FADED:
        return _("The effect has faded. New values that are clearly better than before lift it again.")
    if outcome.verdict_is_final and outcome.verdict == Verdict.IMPROVED:
        return _("Values have been corrected since the verdict, and no longer show a real improvement.")
    if outcome.verdict_is_final or initiative.state == State.CONCLUDED:
        return _("It ended without a real improvement being shown, so it stays here.")
    if outcome.review_on is None:
        return _("A final verdict of a real improvement lifts it.")
    day = {"day": date_format(outcome.review_on, "j F Y")}
    return _("The verdict is final on %(day)s. If it shows a real improvement, that lifts it.") % day


def _verify(initiative: Initiative, outcome: Outcome, checks: Sequence[HoldCheck]) -> str:
    if outcome.verification == Verification.RETURNED:
        return _("A controller has a question. The answer to it, and then the controller's yes, lift it.")
    return _("A controller who confirms the result lifts it.")


def _hold(initiative: Initiative, outcome: Outcome, checks: Sequence[HoldCheck]) -> str:
    ahead = next((check for check in checks if check.months >= 6 and not check.result), None)
    if ahead is None:
        return _("Values that show, half a year after the ending or later, that it holds lift it.")
    day = {"day": date_format(ahead.due_on, "j F Y")}
    return _("Values that show on %(day)s or later that it holds lift it.") % day


def _nothing(initiative: Initiative, outcome: Outcome, checks: Sequence[HoldCheck]) -> str:
    return _("There is no higher step. It falls if new values say so.")


def _came_from(figures: dict[str, Any], unit: str) -> str:
    """The values behind a grade, as they were then."""
    said = [
        _("%(before)d values before the change and %(after)d after it")
        % {"before": figures.get("n_before", 0), "after": figures.get("n_after", 0)}
    ]
    if figures.get("shift") is not None:
        said.append(
            _("typical difference %(amount)s") % {"amount": difference(rounded(Decimal(figures["shift"])), unit)}
        )
    if figures.get("is_final"):
        said.append(_("the verdict is final"))
    if figures.get("verification") == Verification.CONFIRMED:
        said.append(_("verified by a controller"))
    if figures.get("hold") == Hold.FADED:
        said.append(_("the effect has faded"))
    elif figures.get("held_half_a_year"):
        said.append(_("it has held for half a year"))
    return ", ".join(said)
