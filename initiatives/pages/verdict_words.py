"""What the figures say, in one plain sentence for everyone. The rules are those of `initiatives.evidence`."""

from decimal import Decimal
from typing import Final

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from initiatives.evidence import VALUES_NEEDED, Verdict, Warning, chance_one_in
from initiatives.models import Initiative, Outcome
from initiatives.pages.components.panels import VerdictBox
from initiatives.workflow import Ending, State
from kommun.numbers import number, quantity, rounded

TONES: Final = {
    Verdict.IMPROVED: ("natt", "upp"),
    Verdict.PROBABLY_IMPROVED: ("pavag", "upp"),
    Verdict.PROBABLY_WORSE: ("obs", "varning"),
    Verdict.WORSE: ("avviker", "varning"),
}


WAITING: Final = ("", "timglas")


def verdict_words(initiative: Initiative, outcome: Outcome) -> VerdictBox:
    """The verdict on one outcome: heading, sentences, and what to bear in mind."""
    if initiative.change_on is None:
        return _box(_("The change is not in place yet."), _baseline_so_far(outcome))
    verdict = Verdict(outcome.verdict or Verdict.TOO_FEW)
    if verdict is Verdict.TOO_FEW:
        return _too_few(initiative, outcome)
    tone, icon = TONES.get(verdict, WAITING)
    text = " ".join(each for each in (_shift(outcome, verdict), _chance(outcome)) if each)
    notes = [each for each in (_standing(initiative, outcome), *_caveats(outcome)) if each]
    return VerdictBox(_heading(verdict), text, tone, icon, notes)


def _box(heading: str, text: str) -> VerdictBox:
    return VerdictBox(heading, text, *WAITING)


def _heading(verdict: Verdict) -> str:
    return {
        Verdict.IMPROVED: _("Yes. It is very unlikely to be chance."),
        Verdict.PROBABLY_IMPROVED: _("Probably. Keep measuring."),
        Verdict.MAY_BE_CHANCE: _("It may be chance."),
        Verdict.PROBABLY_WORSE: _("No, it has probably got worse."),
        Verdict.WORSE: _("No, it has got worse."),
    }[verdict]


def _too_few(initiative: Initiative, outcome: Outcome) -> VerdictBox:
    if initiative.state == State.CONCLUDED and initiative.ending != Ending.STOPPED:
        return _box(_("Not measured."), _("There are too few values, and the decision-maker has accepted why."))
    lacking = max(0, VALUES_NEEDED - outcome.n_before) + max(0, VALUES_NEEDED - outcome.n_after)
    more = ngettext(
        "%(count)d more value is needed before the figures can say anything.",
        "%(count)d more values are needed before the figures can say anything.",
        lacking,
    ) % {"count": lacking}
    return _box(_("Too early to tell."), more)


def _baseline_so_far(outcome: Outcome) -> str:
    lacking = max(0, VALUES_NEEDED - outcome.n_before)
    if not lacking:
        return _("There are enough values from before. Enter the change date when the change is in place.")
    return ngettext(
        "%(count)d more value from before the change is needed to compare with.",
        "%(count)d more values from before the change are needed to compare with.",
        lacking,
    ) % {"count": lacking}


def _shift(outcome: Outcome, verdict: Verdict) -> str:
    shift, low, high = outcome.shift, outcome.shift_low, outcome.shift_high
    if shift is None or low is None or high is None:
        return ""
    unit = outcome.indicator.unit_of_measure
    if verdict is Verdict.MAY_BE_CHANCE:
        return _("Anything from %(one)s to %(other)s fits the values.") % {
            "one": _end(low, unit),
            "other": _end(high, unit),
        }
    if shift == 0:
        return _often(outcome, verdict)
    near, far = sorted((low, high), key=abs)
    words = {"amount": quantity(rounded(abs(shift)), unit), "near": _size(near), "far": _size(far)}
    if shift > 0:
        return _("Since the change it is about %(amount)s higher (probably between %(near)s and %(far)s).") % words
    return _("Since the change it is about %(amount)s lower (probably between %(near)s and %(far)s).") % words


def _often(outcome: Outcome, verdict: Verdict) -> str:
    """With many equal values the typical difference may be none although one side lies higher more often."""
    is_better = verdict in (Verdict.IMPROVED, Verdict.PROBABLY_IMPROVED)
    if is_better == (outcome.indicator.direction == "up"):
        return _("Since the change the value is more often higher than before.")
    return _("Since the change the value is more often lower than before.")


def _size(value: Decimal) -> str:
    return rounded(abs(value))


def _end(value: Decimal, unit: str) -> str:
    if value == 0:
        return _("no difference")
    amount = quantity(rounded(abs(value)), unit)
    return (_("%(amount)s higher") if value > 0 else _("%(amount)s lower")) % {"amount": amount}


def _chance(outcome: Outcome) -> str:
    if outcome.p_value is None:
        return ""
    one_in = chance_one_in(outcome.p_value, outcome.n_before, outcome.n_after)
    if one_in is None:
        return ""
    return _(
        "If nothing had really changed, so large a difference would come about by chance about once in %(number)s."
    ) % {"number": number(one_in)}


def _standing(initiative: Initiative, outcome: Outcome) -> str:
    if outcome.verdict_is_final:
        return (
            _("The verdict is final.") if not outcome.is_second_look else _("The verdict is final, at a second look.")
        )
    if outcome.review_on is None or initiative.state == State.CONCLUDED:
        return ""
    return _("The verdict is preliminary until %(date)s.") % {"date": date_format(outcome.review_on, "j F Y")}


def _caveats(outcome: Outcome) -> list[str]:
    words = {
        Warning.BASELINE_TREND: _("It was getting better already before the change, so the change may not be why."),
        Warning.NO_LEVEL_CHANGE: _("There is no step at the change itself, so something slower may be why."),
        Warning.AUTOCORRELATION: _("Values follow their neighbours, so chance plays a larger part than it seems."),
        Warning.UNEVEN_MONTHS: _("Other months of the year were measured after than before."),
    }
    return [words[Warning(each)] for each in outcome.warnings] + [
        _("Something else may have changed at the same time.")
    ]
