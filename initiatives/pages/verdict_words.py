"""What the figures say, in plain sentences for everyone. The rules are in `initiatives.evidence`."""

from decimal import Decimal
from fractions import Fraction
from typing import Final

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from initiatives.evidence import (
    CAPPING,
    EXACT_UP_TO,
    SURE,
    VALUES_NEEDED,
    Comparison,
    Direction,
    Verdict,
    Warning,
    chance_one_in,
)
from initiatives.models import Initiative, Outcome
from initiatives.pages.components.panels import VerdictBox
from initiatives.workflow import Ending, State
from kommun.numbers import is_per_cent, number, quantity, rounded

TONES: Final = {
    Verdict.IMPROVED: ("natt", "upp"),
    Verdict.PROBABLY_IMPROVED: ("pavag", "upp"),
    Verdict.PROBABLY_WORSE: ("obs", "varning"),
    Verdict.WORSE: ("avviker", "varning"),
}
GOOD: Final = {
    Verdict.IMPROVED: 1,
    Verdict.PROBABLY_IMPROVED: 1,
    Verdict.PROBABLY_WORSE: -1,
    Verdict.WORSE: -1,
}
WAITING: Final = ("", "timglas")


def verdict_words(initiative: Initiative, outcome: Outcome) -> VerdictBox:
    """The verdict on one outcome: heading, sentences, and what to bear in mind. No queries."""
    if initiative.change_on is None:
        return _before_the_change(initiative, outcome)
    verdict = Verdict(outcome.verdict or Verdict.TOO_FEW)
    if verdict is Verdict.TOO_FEW:
        return _too_few(initiative, outcome)
    tone, icon = TONES.get(verdict, WAITING)
    comparison = _kept(outcome, verdict)
    text = verdict_sentence(comparison, unit=outcome.indicator.unit_of_measure)
    notes = [each for each in (_standing(initiative, outcome), *_caveats(comparison)) if each]
    return VerdictBox(_heading(verdict), text, tone, icon, notes)


def verdict_sentence(comparison: Comparison, *, unit: str) -> str:
    """Shift and interval, then how likely chance is, in the active language; nothing with too few values.

    `unit` is the unit of measure in words ("dagar"), or "%" for a share.
    """
    return " ".join(each for each in (_shift(comparison, unit), _chance(comparison.chance_one_in)) if each)


def _kept(outcome: Outcome, verdict: Verdict) -> Comparison:
    """The comparison as the outcome keeps it, so that one set of words does for both."""
    p = None if outcome.p_value is None else _exact(outcome.p_value)
    return Comparison(
        verdict=verdict,
        n_before=outcome.n_before,
        n_after=outcome.n_after,
        baseline_median=_fraction(outcome.baseline_median),
        follow_up_median=_fraction(outcome.follow_up_median),
        p=p,
        is_exact=max(outcome.n_before, outcome.n_after) <= EXACT_UP_TO,
        change=GOOD.get(verdict, 0) * Direction(outcome.indicator.direction).sign,
        shift=_fraction(outcome.shift),
        low=_fraction(outcome.shift_low),
        high=_fraction(outcome.shift_high),
        chance_one_in=None if p is None else chance_one_in(p, outcome.n_before, outcome.n_after),
        warnings=tuple(Warning(each) for each in outcome.warnings),
        is_final=outcome.verdict_is_final,
    )


def _fraction(value: Decimal | None) -> Fraction | None:
    return None if value is None else Fraction(value)


def difference(amount: str, unit: str) -> str:
    """A difference with its unit of measure. Between two shares it is percentage points; per cent would be another."""
    return quantity(amount, _("percentage points") if is_per_cent(unit) else unit)


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


def _before_the_change(initiative: Initiative, outcome: Outcome) -> VerdictBox:
    if initiative.state == State.CONCLUDED:
        return _box(_("Not tested."), _("It was stopped before the change was in place."))
    lacking = max(0, VALUES_NEEDED - outcome.n_before)
    if not lacking:
        there = _("There are %(count)d values from before to compare with.") % {"count": outcome.n_before}
        return _box(_("The change is not in place yet."), there)
    more = ngettext(
        "%(count)d more value from before the change is needed to compare with.",
        "%(count)d more values from before the change are needed to compare with.",
        lacking,
    )
    return _box(_("The change is not in place yet."), more % {"count": lacking})


def _too_few(initiative: Initiative, outcome: Outcome) -> VerdictBox:
    if initiative.state == State.CONCLUDED and initiative.ending != Ending.STOPPED:
        return _box(_("Not measured."), _("There are too few values, and the decision-maker has accepted why."))
    if initiative.state == State.CONCLUDED:
        return _box(_("Too few values."), _("It was stopped before the figures could say anything."))
    before, after = (max(0, VALUES_NEEDED - count) for count in (outcome.n_before, outcome.n_after))
    if before and not after:
        return _box(_("It cannot be told."), _from_before(before))
    more = ngettext(
        "%(count)d more value is needed before the figures can say anything.",
        "%(count)d more values are needed before the figures can say anything.",
        before + after,
    )
    return _box(_("Too early to tell."), more % {"count": before + after})


def _from_before(lacking: int) -> str:
    """The values after are there, so only the baseline is lacking; it may be that there never was one."""
    return ngettext(
        "There is %(count)d value too few from before the change to compare with.",
        "There are %(count)d values too few from before the change to compare with.",
        lacking,
    ) % {"count": lacking}


def _shift(comparison: Comparison, unit: str) -> str:
    shift, low, high = comparison.shift, comparison.low, comparison.high
    if shift is None or low is None or high is None:
        return ""
    if comparison.verdict is Verdict.MAY_BE_CHANCE:
        return _("Anything from %(one)s to %(other)s fits the values.") % {
            "one": _end(low, unit),
            "other": _end(high, unit),
        }
    if shift == 0:
        return _often(comparison)
    near, far = (low, high) if shift > 0 else (-high, -low)  # an end on the other side of nothing gets a minus
    words = {"amount": difference(rounded(abs(shift)), unit), "near": rounded(near), "far": rounded(far)}
    if shift > 0:
        return _("Since the change it is about %(amount)s higher (probably between %(near)s and %(far)s).") % words
    return _("Since the change it is about %(amount)s lower (probably between %(near)s and %(far)s).") % words


def _often(comparison: Comparison) -> str:
    """With many equal values the typical difference may be none although one side lies higher more often."""
    if comparison.change > 0:
        return _("Since the change the value is more often higher than before.")
    return _("Since the change the value is more often lower than before.")


def _end(value: Fraction, unit: str) -> str:
    if value == 0:
        return _("no difference")
    amount = difference(rounded(abs(value)), unit)
    return (_("%(amount)s higher") if value > 0 else _("%(amount)s lower")) % {"amount": amount}


def _chance(one_in: int | None) -> str:
    if one_in is None:
        return ""
    return _(
        "If nothing had really changed, so large a difference would come about by chance about once in %(number)s."
    ) % {"number": number(one_in)}


def _standing(initiative: Initiative, outcome: Outcome) -> str:
    if outcome.verdict_is_final:
        return _("The verdict is final, at a second look.") if outcome.is_second_look else _("The verdict is final.")
    if outcome.review_on is None or initiative.state == State.CONCLUDED:
        return ""
    return _("The verdict is preliminary until %(date)s.") % {"date": date_format(outcome.review_on, "j F Y")}


def _caveats(comparison: Comparison) -> list[str]:
    said = [_warning(each) for each in comparison.warnings]
    is_sure = comparison.p is not None and comparison.p <= SURE
    if is_sure and comparison.verdict is Verdict.PROBABLY_IMPROVED and CAPPING.intersection(comparison.warnings):
        said.append(_("That is why it says probably, although chance is unlikely."))
    if not comparison.is_exact:
        said.append(_("With so many values the calculation is an approximation, and a close one."))
    return [*said, _("Something else may have changed at the same time.")]


def _warning(warning: Warning) -> str:
    return {
        Warning.BASELINE_TREND: _("It was getting better already before the change, so the change may not be why."),
        Warning.NO_LEVEL_CHANGE: _("There is no step at the change itself, so something slower may be why."),
        Warning.AUTOCORRELATION: _("Values follow their neighbours, so chance plays a larger part than it seems."),
        Warning.UNEVEN_MONTHS: _("Other months of the year were measured after than before."),
    }[warning]


def _exact(p: float) -> Fraction:
    """1/20 again, where the stored number is the nearest to it that a computer's fraction can be."""
    return Fraction(p).limit_denominator(10**9)
