"""Many values at once, as a person reads them in: what each would do to those that are there, and then doing it.

A second value for a period corrects the first, wherever in the period that stands. A value whose period is part of
another's, in the file or among those that are there, is refused: nothing is counted twice.
"""

import datetime as dt
from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from initiatives.actions.measuring import (
    Answer,
    Entry,
    Result,
    changes_what_was_kept,
    foresee,
    joins_baseline,
    record_values,
)
from initiatives.actions.refusals import Missing, NotAllowed, Refused
from initiatives.cadence import Span, span_of
from initiatives.models import Initiative, Measurement, Outcome
from initiatives.permissions import drives
from initiatives.reading import ReadValue
from initiatives.workflow import State
from kommun.models import Employee


@dataclass(frozen=True)
class Planned:
    """What becomes of a value. `old` is the one that it corrects, `reason` why it is refused."""

    read: ReadValue
    entry: Entry
    outcome: Result
    reason: str = ""
    old: Decimal | None = None
    joins_baseline: bool = False
    needs_reason: bool = False


def plan(outcome: Outcome, values: Sequence[ReadValue], *, today: dt.date) -> list[Planned]:
    """What would become of the values, in order, if they were read in now. Two queries."""
    known = _Known(outcome)
    overlaps = _overlaps_within(values)
    placed = [known.place(each, overlaps.get(each.row, ""), today=today) for each in values]
    to_store = [each for each in placed if not each.reason]
    answers = iter(foresee(outcome, [each.entry for each in to_store], today=today))
    return [each if each.reason else _answered(each, next(answers), outcome) for each in placed]


@transaction.atomic
def read_in(
    outcome: Outcome,
    values: Sequence[ReadValue],
    *,
    by: Employee,
    now: dt.datetime,
    reason: str = "",
    source_reference: str = "",
) -> list[Planned]:
    """Stores the values that can be, all in one transaction, and says of each what became of it.

    Raises NotAllowed for anybody who does not drive the initiative, and Refused when a value that others may have seen
    is corrected, or the frozen baseline added to, without a reason. A constant number of queries.
    """
    today = timezone.localdate(now)
    outcome.initiative = Initiative.objects.select_for_update(of=("self",)).get(pk=outcome.initiative_id)
    if not drives(by, outcome.initiative, on=today):
        raise NotAllowed(_("The one who drives the initiative enters its values."))
    outcome.refresh_from_db(fields=["baseline_from_on", "baseline_to_on"])
    planned = plan(outcome, values, today=today)
    if not reason and any(each.needs_reason for each in planned):
        raise Refused(
            Missing(
                "reason", _("Some of this changes values that are there, or adds to the frozen baseline. Write why.")
            )
        )
    entries = [each.entry._replace(source_reference=source_reference) for each in planned if not each.reason]
    if entries:
        record_values(outcome, entries, source=Measurement.Source.PERSON, now=now, by=by, reason=reason)
    return planned


def _answered(planned: Planned, answer: Answer, outcome: Outcome) -> Planned:
    changes = changes_what_was_kept(answer, outcome)
    return replace(
        planned,
        outcome=answer.outcome,
        reason=answer.reason,
        joins_baseline=answer.outcome == "created" and joins_baseline(outcome, answer.entry),
        needs_reason=changes and outcome.initiative.state != State.DRAFT,
    )


def _overlaps_within(values: Sequence[ReadValue]) -> dict[int, str]:
    """By row, why a value cannot stand beside another of the same file. The shorter period stays: a year is a sum."""
    taken: list[tuple[dt.date, dt.date, int]] = []
    refusals = {}
    for each in sorted(values, key=lambda each: (each.span.last - each.span.first, each.row)):
        place = bisect_left(taken, (each.span.first, dt.date.min, 0))
        near = [row for row in taken[max(0, place - 1) : place + 1] if row[0] <= each.span.last]
        other = next((row for row in near if row[1] >= each.span.first), None)
        if other is None:
            insort(taken, (each.span.first, each.span.last, each.row))
        elif other[:2] == each.span:
            refusals[each.row] = _("The same period stands in row %(row)d.") % {"row": other[2]}
        else:
            refusals[each.row] = _("The period overlaps that of row %(row)d.") % {"row": other[2]}
    return refusals


type_of_row = tuple[dt.date, dt.date, Decimal | None, str]  # a value's period, itself and its source


class _Known:
    """The values that are there, by the last day of their periods."""

    def __init__(self, outcome: Outcome) -> None:
        rows = outcome.measurements.filter(series="").order_by("observed_on")
        self.cadence = outcome.cadence
        self.rows = list(rows.values_list("period_start", "observed_on", "value", "source"))
        self.days = [last for _first, last, _value, _source in self.rows]
        self.longest = max((last - first for first, last, _value, _source in self.rows), default=dt.timedelta())

    def place(self, read: ReadValue, refusal: str, *, today: dt.date) -> Planned:
        """Where the value belongs: in the place of one that is there for the same period, or in a new one."""
        span = read.span
        entry = Entry(min(span.last, max(today, span.first)), read.value, period_start=span.first)
        if refusal:
            return Planned(read, entry, "refused", refusal)
        there = list(self._overlapping(span))
        same = [row for row in there if row[:2] in ((span.first, span.last), (span.first, entry.observed_on))]
        if not same and len(there) == 1 and self._is_in_the_same_period(there[0], span):
            same = there
        if same:
            first, last, old, _source = same[0]
            return Planned(read, Entry(last, read.value, period_start=first), "unchanged", old=old)
        if any(value is not None and source != Measurement.Source.KOLADA for _first, _last, value, source in there):
            return Planned(read, entry, "refused", _("There is a value already for a period that overlaps this one."))
        return Planned(read, entry, "created")

    def _overlapping(self, span: Span) -> Iterator[type_of_row]:
        for row in self.rows[bisect_left(self.days, span.first) :]:
            if row[1] - self.longest > span.last:
                return
            if row[0] <= span.last:
                yield row

    def _is_in_the_same_period(self, row: type_of_row, span: Span) -> bool:
        """A value that stands somewhere within the period, when that is no longer than one in which it is measured."""
        whole = span_of(row[1], self.cadence)
        return span.first <= row[0] and row[1] <= span.last and whole.first <= span.first and span.last <= whole.last
