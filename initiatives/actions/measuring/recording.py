"""Recording values: what a person enters, and what is sent by the thousand, by one rule."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from initiatives import events
from initiatives.actions.measuring.entries import (
    STORED,
    Answer,
    Entry,
    Kept,
    changes_what_was_kept,
    joins_baseline,
)
from initiatives.actions.measuring.judging import given_way, judge, overlapping
from initiatives.actions.measuring.storing import Pen
from initiatives.actions.refusals import Missing, NotAllowed, Refused
from initiatives.actions.verifying import follow_values
from initiatives.cadence import span_of
from initiatives.models import Correction, Initiative, Measurement, Outcome
from initiatives.outcomes import series
from initiatives.permissions import drives
from initiatives.workflow import State
from kommun.models import ApiClient, Employee

_ANSWERED: Final = (
    "review_on", "baseline_from_on", "baseline_to_on", "verdict", "verdict_is_final", "grade", "verification", "hold",
    "faded_on",
)  # fmt: skip


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
        raise Refused(Missing("value", overlapping()))
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
    when any is refused. `reason` is for the entries that have none of their own. A constant number of queries.
    """
    initiative = _held(outcome)
    outcome.refresh_from_db(fields=_ANSWERED)  # somebody may have concluded or verified since it was read
    answers, known = judge(outcome, entries, initiative, source=source, today=timezone.localdate(now))
    if strict and any(answer.outcome == "refused" for answer in answers):
        return [_left_out(answer) for answer in answers]
    if any(answer.outcome in STORED for answer in answers):
        _store(Pen(outcome, source, by, client, now), initiative, answers, reason)
        _make_room(list(given_way(answers, known, source)), initiative, by, client, now)
        _tell(outcome, initiative, answers, by, client, now)
        series.refresh_outcome(outcome, initiative, now=now)
        follow_values(outcome, initiative, now=now)
    return answers


def _held(outcome: Outcome) -> Initiative:
    """The initiative as it is now, and until this is done."""
    return Initiative.objects.select_for_update(of=("self",)).get(pk=outcome.initiative_id)


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


def _is_of_another_period(outcome: Outcome, entry: Entry) -> bool:
    """Whether a value ends on the same day and begins on another: the year's, when December is entered."""
    rows = outcome.measurements.filter(series=entry.series, observed_on=entry.observed_on)
    rows = rows.exclude(value=None).exclude(source=Measurement.Source.KOLADA)
    return entry.period_start is not None and rows.exclude(period_start=entry.period_start).exists()


def _left_out(answer: Answer) -> Answer:
    return Answer(answer.entry, "refused", answer.reason or _("Left out because another value was refused."))


def _store(pen: Pen, initiative: Initiative, answers: Sequence[Answer], reason: str) -> None:
    """Writes the rows, and what was there before them: not of a draft, so that one can be deleted."""
    created = [answer for answer in answers if answer.outcome == "created"]
    corrected = [answer for answer in answers if answer.outcome == "corrected"]
    is_seen = initiative.state != State.DRAFT
    late = [answer for answer in created if is_seen and changes_what_was_kept(answer, pen.outcome)]
    default = reason or _("A new value was sent")
    pen.create(created)
    pen.correct(corrected, [(answer.entry.reason or default) if is_seen else "" for answer in corrected])
    pen.add_late(late, [answer.entry.reason or default for answer in late])


def _make_room(
    rows: Sequence[Kept], initiative: Initiative, by: Employee | None, client: ApiClient | None, now: dt.datetime
) -> None:
    """Empties rows that give way. Two queries when there are any."""
    if not rows:
        return
    Measurement.objects.filter(pk__in=[row.id for row in rows]).update(value=None)
    if initiative.state == State.DRAFT:
        return
    why = _("Makes room for values of shorter periods")
    Correction.objects.bulk_create(
        Correction(measurement_id=row.id, old_value=row.value, reason=why, by=by, client=client, at=now) for row in rows
    )


def _tell(
    outcome: Outcome,
    initiative: Initiative,
    answers: Sequence[Answer],
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
