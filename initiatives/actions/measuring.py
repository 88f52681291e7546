"""Values: entering one or thousands, correcting one with a reason, saying that a period has none.

Machines measure here too; they take no steps. One transaction for all, set-based, and idempotent by
(outcome, series, date).
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from django.db import transaction
from django.db.models import DateField, Subquery, Value
from django.db.models.functions import Least
from django.utils import timezone
from django.utils.translation import gettext as _

from initiatives import events
from initiatives.actions.periods import Taken
from initiatives.actions.refusals import Missing, NotAllowed, Refused
from initiatives.actions.verifying import follow_values
from initiatives.cadence import Span, span_of
from initiatives.models import Correction, Initiative, Measurement, Outcome
from initiatives.outcomes import series
from initiatives.permissions import drives
from initiatives.workflow import State
from kommun.models import ApiClient, Employee

LARGEST: Final = Decimal("1e12")
EARLIEST: Final = dt.date(1970, 1, 1)
MEASURABLE: Final = frozenset(
    {State.DRAFT, State.RETURNED, State.PROPOSED, State.UNDERWAY, State.PAUSED, State.MEASURING, State.CONCLUDED}
)
_ANSWERED: Final = (
    "review_on", "baseline_from_on", "baseline_to_on", "verdict", "verdict_is_final", "grade", "verification", "hold",
    "faded_on",
)  # fmt: skip
Result = Literal["created", "unchanged", "corrected", "refused"]
STORED: Final = ("created", "corrected")


@dataclass(frozen=True)
class Entry:
    """One value to be stored. `observed_on` is the period's last day; `value` None says that there is none for it."""

    observed_on: dt.date
    value: Decimal | None
    period_start: dt.date | None = None
    series: str = ""
    source_reference: str = ""


@dataclass(frozen=True)
class Answer:
    """What became of an entry; `reason` says why it was refused."""

    entry: Entry
    outcome: Result
    reason: str = ""


def entry_for_period(outcome: Outcome, day: dt.date, value: Decimal | None, *, today: dt.date) -> Entry:
    """The value of the whole period that `day` lies in.

    A period that is not over yet is dated today; a later value for the same period then corrects it, wherever in the
    period the first one stands, if it stands alone there.
    """
    span = span_of(day, outcome.cadence)
    there = outcome.measurements.filter(series="", observed_on__gte=span.first, period_start__lte=span.last)
    rows = list(there[:2])
    if len(rows) == 1 and span.first <= rows[0].period_start and rows[0].observed_on <= span.last:
        return Entry(rows[0].observed_on, value, period_start=rows[0].period_start)
    return Entry(min(span.last, max(today, span.first)), value, period_start=span.first)


@transaction.atomic
def enter_value(outcome: Outcome, entry: Entry, *, by: Employee, now: dt.datetime, reason: str = "") -> Answer:
    """A person who drives the initiative enters or corrects one value.

    Raises NotAllowed for anybody else, and Refused when the value cannot be, or when a value that others may have
    seen is corrected without a reason.
    """
    outcome.initiative = _held(outcome)
    outcome.refresh_from_db(fields=_ANSWERED)
    if not drives(by, outcome.initiative, on=timezone.localdate(now)):
        raise NotAllowed(_("The one who drives the initiative enters its values."))
    if _is_of_another_period(outcome, entry):
        raise Refused(Missing("value", _overlapping()))
    if reason == "" and (why := _asks_for_a_reason(outcome, entry)):
        raise Refused(Missing("reason", why))
    [answer] = record_values(outcome, [entry], source=Measurement.Source.PERSON, now=now, by=by, reason=reason)
    if answer.outcome == "refused":
        raise Refused(Missing("value", answer.reason))
    return answer


@transaction.atomic
def record_values(
    outcome: Outcome,
    entries: Sequence[Entry],
    *,
    source: Measurement.Source,
    now: dt.datetime,
    by: Employee | None = None,
    client: ApiClient | None = None,
    strict: bool = False,
    reason: str = "",
) -> list[Answer]:
    """Stores values: new ones created, equal ones left alone, differing ones corrected with the old value kept.

    Answers per entry, in order. One bad value never loses the good ones, unless `strict`: then nothing is stored
    when any is refused. A constant number of queries.
    """
    initiative = _held(outcome)
    outcome.refresh_from_db(fields=_ANSWERED)  # somebody may have concluded or verified since it was read
    known = _known(outcome, entries)
    refusals = _refusals(entries, initiative, known, source, today=timezone.localdate(now))
    answers = [_answer(entry, refusal, known) for entry, refusal in zip(entries, refusals, strict=True)]
    if strict and any(answer.outcome == "refused" for answer in answers):
        return [_left_out(answer) for answer in answers]
    stored = _store(outcome, answers, known, source, by, client)
    given_way = _give_way(answers, known, source)
    if initiative.state != State.DRAFT:  # what nobody has seen leaves no history, so that a draft can be deleted
        corrected = [answer for answer in answers if changes_what_was_kept(answer, outcome)]
        _keep_old_values(corrected, stored, known, by, client, now, reason or _("A new value was sent"))
        _keep_given_way(given_way, by, client, now)
    if any(answer.outcome in STORED for answer in answers):
        _tell(outcome, initiative, answers, by, client, now)
        series.refresh_outcome(outcome, initiative, now=now)
        follow_values(outcome, initiative, now=now)
    return answers


def foresee(outcome: Outcome, entries: Sequence[Entry], *, today: dt.date) -> list[Answer]:
    """What would become of the entries, in order, if they were recorded now. One query."""
    known = _known(outcome, entries)
    refusals = _refusals(entries, outcome.initiative, known, Measurement.Source.PERSON, today=today)
    return [_answer(entry, refusal, known) for entry, refusal in zip(entries, refusals, strict=True)]


def _held(outcome: Outcome) -> Initiative:
    """The initiative as it is now, and until this is done."""
    return Initiative.objects.select_for_update(of=("self",)).get(pk=outcome.initiative_id)


type_of_known = dict[tuple[str, dt.date], Measurement]


def _asks_for_a_reason(outcome: Outcome, entry: Entry) -> str:
    """The sentence that asks why, or nothing."""
    if outcome.initiative.state == State.DRAFT:
        return ""
    old = outcome.measurements.filter(series=entry.series, observed_on=entry.observed_on).first()
    if old is not None and old.value != entry.value:
        return _("There is a value for this period. Write why it is changed.")
    if old is None and joins_baseline(outcome, entry):
        return _("The values from before the change were kept as the baseline. Write why one is added.")
    return ""


def joins_baseline(outcome: Outcome, entry: Entry) -> bool:
    """Whether the value lies in a baseline that has been frozen."""
    first, last = outcome.baseline_from_on, outcome.baseline_to_on
    return first is not None and last is not None and entry.series == "" and first <= entry.observed_on <= last


def _is_of_another_period(outcome: Outcome, entry: Entry) -> bool:
    """Whether a value ends on the same day and begins on another: the year's, when December is entered."""
    rows = outcome.measurements.filter(series=entry.series, observed_on=entry.observed_on)
    rows = rows.exclude(value=None).exclude(source=Measurement.Source.KOLADA)
    return entry.period_start is not None and rows.exclude(period_start=entry.period_start).exists()


def _refusals(
    entries: Sequence[Entry], initiative: Initiative, known: type_of_known, source: str, *, today: dt.date
) -> list[str]:
    if initiative.state not in MEASURABLE:
        return [_("This initiative takes no values now.")] * len(entries)
    seen: set[tuple[str, dt.date]] = set()
    taken = {name: Taken(_spans(known, name, source)) for name in {entry.series for entry in entries}}
    refusals = []
    for entry in entries:
        key, span = (entry.series, entry.observed_on), _span(entry, known)
        refusal = _refusal(entry, today) or (_("The same date stands twice.") if key in seen else "")
        if not refusal and not _keeps_its_period(entry, known) and taken[entry.series].overlaps(span):
            refusal = _overlapping()
        if not refusal and entry.value is not None:
            taken[entry.series].take(span)
        refusals.append(refusal)
        seen.add(key)
    return refusals


def _overlapping() -> str:
    return _("There is a value already for a period that overlaps this one.")


def _keeps_its_period(entry: Entry, known: type_of_known) -> bool:
    """Whether it takes no more room than the value that it replaces."""
    old = known.get((entry.series, entry.observed_on))
    has_room = old is not None and (old.value is not None or entry.value is None)
    return has_room and _span(entry, known).first == _former_start(entry, known)


def _spans(known: type_of_known, series: str, source: str) -> Iterator[Span]:
    rows = (row for (name, _day), row in known.items() if name == series and not _makes_room(row, source))
    return (Span(row.period_start, row.observed_on) for row in rows)


def _makes_room(row: Measurement, source: str) -> bool:
    """A period without a value does, and a year of Kolada's for those who measure within it themselves."""
    return row.value is None or (row.source == Measurement.Source.KOLADA and source != Measurement.Source.KOLADA)


def _span(entry: Entry, known: type_of_known) -> Span:
    return Span(entry.period_start or _former_start(entry, known), entry.observed_on)


def _refusal(entry: Entry, today: dt.date) -> str:
    if entry.value is not None and not entry.value.is_finite():
        return _("The value is not a number.")
    if entry.value is not None and abs(entry.value) >= LARGEST:
        return _("The value is too large.")
    if entry.value is not None and entry.value != round(entry.value, 6):
        return _("The value has more than six decimals.")
    if entry.observed_on > today:
        return _("The date has not come yet.")
    if min(entry.observed_on, entry.period_start or entry.observed_on) < EARLIEST:
        return _("The date is before 1970.")
    if entry.period_start is not None and entry.period_start > entry.observed_on:
        return _("The period begins after it ends.")
    return ""


def _known(outcome: Outcome, entries: Sequence[Entry]) -> type_of_known:
    """The values whose periods have a day in common with those of the entries, or lie between. One query for any."""
    if not entries:
        return {}
    first = min(entry.period_start or entry.observed_on for entry in entries)
    last = max(entry.observed_on for entry in entries)
    replaced = outcome.measurements.filter(observed_on__in={each.observed_on for each in entries})  # keep their periods
    former = replaced.order_by("period_start").values("period_start")[:1]
    rows = outcome.measurements.filter(
        observed_on__gte=Least(Value(first, DateField()), Subquery(former)), period_start__lte=last
    )
    return {(row.series, row.observed_on): row for row in rows}


def _answer(entry: Entry, refusal: str, known: type_of_known) -> Answer:
    if refusal:
        return Answer(entry, "refused", refusal)
    old = known.get((entry.series, entry.observed_on))
    if old is None:
        return Answer(entry, "created")
    is_same = old.value == entry.value and entry.period_start in (None, old.period_start)
    return Answer(entry, "unchanged" if is_same else "corrected")


def _left_out(answer: Answer) -> Answer:
    return Answer(answer.entry, "refused", answer.reason or _("Left out because another value was refused."))


def _store(
    outcome: Outcome,
    answers: list[Answer],
    known: type_of_known,
    source: Measurement.Source,
    by: Employee | None,
    client: ApiClient | None,
) -> type_of_known:
    """Writes the rows, and gives them back by series and date."""
    rows = [
        Measurement(
            outcome=outcome,
            series=answer.entry.series,
            period_start=_span(answer.entry, known).first,
            observed_on=answer.entry.observed_on,
            value=answer.entry.value,
            source=source,
            source_reference=answer.entry.source_reference,
            by=by,
            client=client,
        )
        for answer in answers
        if answer.outcome in STORED
    ]
    stored = Measurement.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["outcome", "series", "observed_on"],
        update_fields=["value", "period_start", "source", "source_reference", "by", "client"],
    )
    return {(row.series, row.observed_on): row for row in stored}


def _give_way(answers: Sequence[Answer], known: type_of_known, source: str) -> list[Measurement]:
    """Empties the years of Kolada's that lie over what was entered; the rows as they were. One query when there are."""
    entered = [each.entry for each in answers if each.outcome in STORED and each.entry.value is not None]
    keys = {(entry.series, entry.observed_on) for entry in entered}
    taken = Taken(_span(entry, known) for entry in entered if entry.series == "")
    rows = [
        row
        for key, row in known.items()
        if row.series == "" and key not in keys and row.value is not None and _makes_room(row, source)
        if taken.overlaps(Span(row.period_start, row.observed_on))
    ]
    if rows:
        Measurement.objects.filter(pk__in=[row.pk for row in rows]).update(value=None)
    return rows


def _keep_given_way(
    rows: Sequence[Measurement], by: Employee | None, client: ApiClient | None, now: dt.datetime
) -> None:
    reason = _("Makes room for values of shorter periods")
    Correction.objects.bulk_create(
        Correction(measurement=row, old_value=row.value, new_value=None, reason=reason, by=by, client=client, at=now)
        for row in rows
    )


def _former_start(entry: Entry, known: type_of_known) -> dt.date:
    old = known.get((entry.series, entry.observed_on))
    return old.period_start if old else entry.observed_on


def changes_what_was_kept(answer: Answer, outcome: Outcome) -> bool:
    """A value that replaces another, or that is added to a baseline that was frozen without it."""
    is_added_late = answer.outcome == "created" and joins_baseline(outcome, answer.entry)
    return answer.outcome == "corrected" or is_added_late


def _keep_old_values(
    answers: list[Answer],
    stored: type_of_known,
    known: type_of_known,
    by: Employee | None,
    client: ApiClient | None,
    now: dt.datetime,
    reason: str,
) -> None:
    Correction.objects.bulk_create(
        Correction(
            measurement=stored[key],
            old_value=known[key].value if key in known else None,
            new_value=answer.entry.value,
            reason=reason,
            by=by,
            client=client,
            at=now,
        )
        for answer in answers
        if (key := (answer.entry.series, answer.entry.observed_on))
    )


def _tell(
    outcome: Outcome,
    initiative: Initiative,
    answers: list[Answer],
    by: Employee | None,
    client: ApiClient | None,
    now: dt.datetime,
) -> None:
    changed = [answer for answer in answers if answer.outcome in STORED]
    last = max(changed, key=lambda answer: answer.entry.observed_on).entry
    events.record(
        "measurements.recorded",
        initiative,
        at=now,
        subject=outcome.uuid,
        by=by,
        client=client,
        created=sum(answer.outcome == "created" for answer in changed),
        corrected=sum(answer.outcome == "corrected" for answer in changed),
        latest_on=last.observed_on.isoformat(),
        latest_value=None if last.value is None else format(last.value, "f"),
    )
