"""What has been changed of a frozen baseline, or of the values of a final verdict, said beside the verdict."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from initiatives.models import Initiative, Outcome
from initiatives.outcomes.baseline import ChangedSince, changed_since
from initiatives.outcomes.series import as_they_are
from initiatives.pages.components.panels import VerdictBox
from initiatives.pages.verdict_words import difference, verdict_words
from kommun.numbers import rounded


def verdict_with_changes(initiative: Initiative, outcome: Outcome) -> VerdictBox:
    """The verdict, and what has been changed of its baseline afterwards. Two queries once the baseline is frozen."""
    return with_changes(verdict_words(initiative, outcome), baseline_notes([outcome]).get(outcome.pk, []))


def with_changes(verdict: VerdictBox, notes: list[str]) -> VerdictBox:
    return replace(verdict, notes=[*notes, *verdict.notes])


def baseline_notes(outcomes: Iterable[Outcome]) -> Mapping[int, list[str]]:
    """By the outcome's key, for those that have something to say. Two queries, however many; three when a verdict among
    them is final, and one for each whose values have been corrected since.
    """
    listed = {each.pk: each for each in outcomes}
    return {key: _said(changed, listed[key]) for key, changed in changed_since(listed.values()).items()}


def _said(changed: ChangedSince, outcome: Outcome) -> list[str]:
    said = [_corrected_since(changed.judged, outcome)] if changed.judged else []
    if changed.move is not None and changed.move.from_on != changed.move.locked_from_on:  # else it was moved back
        words = {
            "to": date_format(changed.move.from_on, "DATE_FORMAT"),
            "from": date_format(changed.move.locked_from_on, "DATE_FORMAT"),
            "reason": changed.move.reason,
        }
        moved = _("The baseline was changed afterwards: it begins on %(to)s and not on %(from)s. Reason: %(reason)s")
        said.append(moved % words)
    if changed.values:
        words_of_values = ngettext(
            "The baseline was changed afterwards: %(count)d value was corrected or added.",
            "The baseline was changed afterwards: %(count)d values were corrected or added.",
            changed.values,
        )
        said.append(words_of_values % {"count": changed.values})
    return said


def _corrected_since(count: int, outcome: Outcome) -> str:
    """A final verdict stays. Whoever reads it, or verifies it, learns what the values say now."""
    text = ngettext(
        "%(count)d value has been corrected since the verdict, which stays as it was.",
        "%(count)d values have been corrected since the verdict, which stays as it was.",
        count,
    )
    comparison = as_they_are(outcome, outcome.initiative.change_on)
    if comparison is None or comparison.shift is None:
        return text % {"count": count}
    amount = {"amount": difference(rounded(comparison.shift), outcome.indicator.unit_of_measure)}
    now = _("The typical difference is now %(amount)s.") % amount
    return f"{text % {'count': count}} {now}"
