"""What would become of values, by those that are there. Nothing is written here."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Final

from django.db.models import DateField, Min, Subquery, Value
from django.db.models.functions import Least
from django.utils.translation import gettext as _

from initiatives.actions.measuring.entries import EARLIEST, LARGEST, Answer, Entry, Kept
from initiatives.actions.measuring.periods import Taken, are_apart
from initiatives.cadence import Span
from initiatives.models import Initiative, Measurement, Outcome
from initiatives.workflow import State

MEASURABLE: Final = frozenset(
    {State.DRAFT, State.RETURNED, State.PROPOSED, State.UNDERWAY, State.PAUSED, State.MEASURING, State.CONCLUDED}
)
Known = Mapping[tuple[str, dt.date], Kept]


def foresee(outcome: Outcome, entries: Sequence[Entry], *, today: dt.date) -> list[Answer]:
    """What would become of the entries, in order, if a person recorded them now. One query."""
    answers, _known = judge(outcome, entries, outcome.initiative, source=Measurement.Source.PERSON, today=today)
    return answers


def judge(
    outcome: Outcome, entries: Sequence[Entry], initiative: Initiative, *, source: str, today: dt.date
) -> tuple[list[Answer], Known]:
    """What becomes of each, in order, and the values that are there, by series and date. One query."""
    if initiative.state not in MEASURABLE:
        closed = _("This initiative takes no values now.")
        return [Answer(entry, "refused", closed) for entry in entries], {}
    faults = _faults(entries, today)
    sound = [entry for entry, fault in zip(entries, faults, strict=True) if not fault]
    known = _known(outcome, sound)
    crowded = _crowded(sound, known, source)
    return [_judged(entry, fault, known, crowded) for entry, fault in zip(entries, faults, strict=True)], known


def overlapping() -> str:
    return _("There is a value already for a period that overlaps this one.")


def makes_room(row: Kept, source: str) -> bool:
    """A period without a value does, and a year of Kolada's for those who measure within it themselves."""
    return row.value is None or (row.source == Measurement.Source.KOLADA and source != Measurement.Source.KOLADA)


def _faults(entries: Sequence[Entry], today: dt.date) -> list[str]:
    """What is wrong with each, whatever is there already."""
    seen: dict[str, set[dt.date]] = {entry.series: set() for entry in entries}
    faults = []
    for entry in entries:
        days = seen[entry.series]
        faults.append(_fault(entry, today) or (_("The same date stands twice.") if entry.observed_on in days else ""))
        days.add(entry.observed_on)
    return faults


def _fault(entry: Entry, today: dt.date) -> str:
    observed_on, value, period_start, *_others = entry
    if value is not None:
        if not value.is_finite():
            return _("The value is not a number.")
        if abs(value) >= LARGEST:
            return _("The value is too large.")
        if value != round(value, 6):
            return _("The value has more than six decimals.")
    if observed_on > today:
        return _("The date has not come yet.")
    if (period_start or observed_on) < EARLIEST or observed_on < EARLIEST:
        return _("The date is before 1970.")
    if period_start is not None and period_start > observed_on:
        return _("The period begins after it ends.")
    return ""


def _known(outcome: Outcome, entries: Sequence[Entry]) -> Known:
    """The values whose periods have a day in common with those of the entries, or lie between.

    An entry that does not say where its period begins keeps that of the value it replaces, which may begin earlier.
    """
    if not entries:
        return {}
    first = min(entry.period_start or entry.observed_on for entry in entries)
    last = max(entry.observed_on for entry in entries)
    replaced = outcome.measurements.filter(observed_on__range=(first, last)).order_by()
    former = replaced.values("outcome").annotate(first=Min("period_start")).values("first")
    rows = outcome.measurements.order_by().filter(
        observed_on__gte=Least(Value(first, DateField()), Subquery(former)), period_start__lte=last
    )
    return {(row[1], row[3]): Kept(*row) for row in rows.values_list(*Kept._fields)}


def _crowded(entries: Sequence[Entry], known: Known, source: str) -> Mapping[str, Taken]:
    """The series in which periods may overlap, with those that are taken.

    Where all of them are apart, whichever of the entries are stored, nobody needs to look at them one by one.
    """
    there: dict[str, list[Span]] = {entry.series: [] for entry in entries}
    sent: dict[str, list[Entry]] = {name: [] for name in there}
    for entry in entries:
        sent[entry.series].append(entry)
    for row in known.values():
        if row.series in there and not makes_room(row, source):
            there[row.series].append(Span(row.period_start, row.observed_on))
    return {
        name: Taken(spans)
        for name, spans in there.items()
        if not are_apart(chain(spans, (_span(entry, known) for entry in sent[name])))
    }


def _span(entry: Entry, known: Known) -> Span:
    return Span(_begins(entry, known.get((entry.series, entry.observed_on))), entry.observed_on)


def _begins(entry: Entry, old: Kept | None) -> dt.date:
    return entry.period_start or (old.period_start if old else entry.observed_on)


def _judged(entry: Entry, fault: str, known: Known, crowded: Mapping[str, Taken]) -> Answer:
    if fault:
        return Answer(entry, "refused", fault)
    old = known.get((entry.series, entry.observed_on))
    first, taken = _begins(entry, old), crowded.get(entry.series)
    if taken is not None:
        span = Span(first, entry.observed_on)
        if not _keeps_its_period(entry, first, old) and taken.overlaps(span):
            return Answer(entry, "refused", overlapping())
        if entry.value is not None:
            taken.take(span)
    if old is None:
        return Answer(entry, "created", "", first)
    is_same = old.value == entry.value and old.period_start == first
    return Answer(entry, "unchanged" if is_same else "corrected", "", first, old)


def _keeps_its_period(entry: Entry, first: dt.date, old: Kept | None) -> bool:
    """Whether it takes no more room than the value that it replaces."""
    has_room = old is not None and (old.value is not None or entry.value is None)
    return has_room and old is not None and first == old.period_start


def given_way(answers: Iterable[Answer], known: Known, source: str) -> Iterator[Kept]:
    """The years of Kolada's that lie over what is entered."""
    over = [row for row in known.values() if row.series == "" and row.value is not None and makes_room(row, source)]
    if not over:
        return
    entered = {
        each.entry.observed_on: Span(each.period_start or each.entry.observed_on, each.entry.observed_on)
        for each in answers
        if each.outcome in ("created", "corrected") and each.entry.value is not None and each.entry.series == ""
    }
    taken = Taken(entered.values())
    for row in over:
        if row.observed_on not in entered and taken.overlaps(Span(row.period_start, row.observed_on)):
            yield row
