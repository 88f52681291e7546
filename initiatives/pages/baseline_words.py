"""What has been changed of a frozen baseline, said beside the verdict that rests on it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from initiatives.models import Initiative, Outcome
from initiatives.outcomes.baseline import ChangedSince, changed_since
from initiatives.pages.components.panels import VerdictBox
from initiatives.pages.verdict_words import verdict_words


def verdict_with_changes(initiative: Initiative, outcome: Outcome) -> VerdictBox:
    """The verdict, and what has been changed of its baseline afterwards. Two queries once the baseline is frozen."""
    return with_changes(verdict_words(initiative, outcome), baseline_notes([outcome]).get(outcome.pk, []))


def with_changes(verdict: VerdictBox, notes: list[str]) -> VerdictBox:
    return replace(verdict, notes=[*notes, *verdict.notes])


def baseline_notes(outcomes: Iterable[Outcome]) -> Mapping[int, list[str]]:
    """By the outcome's key, for those that have something to say. Two queries, however many."""
    return {key: _said(changed) for key, changed in changed_since(outcomes).items()}


def _said(changed: ChangedSince) -> list[str]:
    said = []
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
