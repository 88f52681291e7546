"""What the chart's early warning says, in plain sentences. It never says more than the verdict does."""

from collections.abc import Sequence
from typing import Final

from django.utils.translation import gettext as _

from initiatives.evidence import FEWEST_FIXED, Assurance, Runs, Signal, Variation, Verdict
from initiatives.outcomes.early_warning import EarlyWarning, Mark

FOR_BETTER: Final = {Verdict.IMPROVED, Verdict.PROBABLY_IMPROVED}
FOR_WORSE: Final = {Verdict.WORSE, Verdict.PROBABLY_WORSE}


def is_backed(warning: EarlyWarning | None, verdict: str) -> bool:
    """Whether the verdict leaves room for calling the signals more than chance."""
    if warning is None or not verdict:
        return True
    against = FOR_WORSE if warning.latest and warning.latest.variation is Variation.IMPROVEMENT else set()
    against = FOR_BETTER if warning.latest and warning.latest.variation is Variation.CONCERN else against
    return verdict not in {*against, Verdict.MAY_BE_CHANCE}


def warning_words(warning: EarlyWarning | None, verdict: str) -> Sequence[str]:
    """What the latest value says, and how much that is worth. `verdict` may be empty, before there is one."""
    if warning is None:
        return []
    fact = _runs(warning.runs) if warning.runs else _latest(warning.latest)
    is_signal = warning.runs.signal if warning.runs else warning.latest is not None
    if is_signal and is_backed(warning, verdict):
        fact = _("%(what)s: more than chance.") % {"what": fact}
    elif fact:
        fact = f"{fact}."
    notes = [_assurance(warning.assurance), _few() if warning.runs else ""]
    weight = _("The chart is an early warning, the verdict decides.") if fact else ""
    return [each for each in (" ".join(part for part in (fact, *notes) if part), weight) if each]


def _latest(mark: Mark | None) -> str:
    if mark is None:
        return _("The latest value: nothing out of the ordinary")
    is_better = mark.variation is Variation.IMPROVEMENT
    better, worse = {
        Signal.OUTSIDE: (
            _("The latest value is better than normal variation"),
            _("The latest value is worse than normal variation"),
        ),
        Signal.TREND: (
            _("Seven values in a row, each better than the one before"),
            _("Seven values in a row, each worse than the one before"),
        ),
        Signal.TWO_IN_THREE: (
            _("Two of three values near the limit, on the right side of the mean"),
            _("Two of three values near the limit, on the wrong side of the mean"),
        ),
        Signal.RUN: (
            _("Seven values in a row on the right side of the mean"),
            _("Seven values in a row on the wrong side of the mean"),
        ),
    }[mark.signal]
    return better if is_better else worse


def _runs(runs: Runs) -> str:
    """A run chart's signal is about the whole series, so it tells no direction; without one nothing is said."""
    if runs.longest is not None and runs.longest_most is not None and runs.longest > runs.longest_most:
        return _("%(count)d values in a row on the same side of the median") % {"count": runs.longest}
    if runs.signal:
        return _("The values cross the median unusually seldom")
    return ""


def _assurance(assurance: Assurance | None) -> str:
    if assurance is None:
        return ""
    return {
        Assurance.CONSISTENTLY_PASSES: _("As things are, the target is met every time."),
        Assurance.CONSISTENTLY_FAILS: _("As things are, the target is not met."),
        Assurance.HIT_OR_MISS: _("As things are, the target is met some of the times."),
    }[assurance]


def _few() -> str:
    said = _("Limits of normal variation need %(count)d values from before the change; the line here is the median.")
    return said % {"count": FEWEST_FIXED}
