"""What has been changed of a frozen baseline, or of the values of a final verdict, said beside the verdict."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from initiatives.evidence import Comparison
from initiatives.models import Initiative, Outcome
from initiatives.outcomes.baseline import ChangedSince, changed_since
from initiatives.outcomes.series import as_they_are
from initiatives.pages.components.panels import VerdictBox
from initiatives.pages.verdict_words import difference, verdict_words
from kommun.numbers import rounded


def verdict_with_changes(initiative: Initiative, outcome: Outcome) -> VerdictBox:
    """The verdict, and what has been changed of its baseline afterwards. Queries as for the notes."""
    return with_changes(verdict_words(initiative, outcome), baseline_notes([outcome]).get(outcome.pk, []))


def with_changes(verdict: VerdictBox, notes: list[str]) -> VerdictBox:
    return replace(verdict, notes=[*notes, *verdict.notes])


def baseline_notes(outcomes: Iterable[Outcome]) -> Mapping[int, list[str]]:
    """By the outcome's key, for those that have something to say.

    Two queries, however many; two more when a verdict among them is final, and one when values have changed since.
    """
    listed = {each.pk: each for each in outcomes}
    changes = changed_since(listed.values())
    now = as_they_are(listed[key] for key, changed in changes.items() if changed.judged)
    return {key: _said(changed, listed[key], now.get(key)) for key, changed in changes.items()}


def _said(changed: ChangedSince, outcome: Outcome, now: Comparison | None) -> list[str]:
    said = [_changed_since(changed.judged, outcome, now)] if changed.judged else []
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


def _changed_since(count: int, outcome: Outcome, now: Comparison | None) -> str:
    """A final verdict stays. Whoever reads it, or verifies it, learns what the values say now."""
    text = ngettext(
        "%(count)d value has been corrected or added since the verdict, which stays as it was.",
        "%(count)d values have been corrected or added since the verdict, which stays as it was.",
        count,
    ) % {"count": count}
    if now is None or now.shift is None:
        return text
    amount = {"amount": difference(rounded(now.shift), outcome.indicator.unit_of_measure)}
    is_now = _("The typical difference is now %(amount)s.") % amount
    return f"{text} {is_now}"
