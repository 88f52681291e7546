"""Which reasons to write to somebody hold at a moment, and to whom, said of one initiative at a time."""

import datetime as dt
from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID

from tests.year.days import ONE_DAY, ZONE, midnight
from tests.year.municipality import Municipality
from tests.year.picture import Picture, Row

ENDED = {"concluded", "declined", "withdrawn"}
GIVEN_UP = {"not_proven", "no_effect", "worse", "stopped"}
NEWS_IS_KEPT = ONE_DAY * 120  # what is older has been told, or never will be
OWNER_ONLY = {
    *("draft_resting", "take_over", "declined", "verified", "approved", "silence_owner", "stopped"),
    *("waiver_answered", "obstacle_removed", "promise_settled", "comment_written"),
}
STEP_NEWS = {
    "approve": ("approved",),
    "silence": ("silence_owner", "silence_decider"),
    "start": ("own_mandate",),
}


class Reason(NamedTuple):
    rule: str
    row: Row
    subject: UUID
    since: dt.datetime
    step: int
    about: int | None = None  # the person who was asked to do it

    @property
    def key(self) -> tuple[Any, ...]:
        return self.rule, self.row.id, self.subject, self.since

    @property
    def since_on(self) -> dt.date:
        return self.since.astimezone(ZONE).date()


def reasons(picture: Picture, today: dt.date) -> Iterator[Reason]:
    shown = [row for row in picture.rows if row.ending == "confirmed" and row.grade >= 3]
    for row in picture.rows:
        yield from _of_state(row, picture, today)
        yield from _of_days(row, picture, today)
        yield from _of_what_belongs_to_it(row, picture)
        yield from _of_steps(row, picture, midnight(today - NEWS_IS_KEPT))
        yield from _of_others(row, shown, today)


def _of_state(row: Row, picture: Picture, today: dt.date) -> Iterator[Reason]:
    if row.state == "proposed":
        yield _reason("decision_waiting", row, row.submitted_at)
    if row.state == "returned":
        yield _reason("returned", row, row.state_since_at)
    if row.state == "draft":
        yield _reason("draft_resting", row, row.updated_at)
    if row.state == "underway":
        heard_at = picture.heard_at.get(row.id)
        yield _reason("no_progress", row, max(row.state_since_at, heard_at or row.state_since_at))
    if row.verification == "asked":
        yield _reason("verification_waiting", row, row.verification_at)
    if row.verification == "returned":
        yield _reason("verification_returned", row, row.verification_at)
    if row.verification == "confirmed":
        yield _reason("verified", row, row.verification_at)


def _of_days(row: Row, picture: Picture, today: dt.date) -> Iterator[Reason]:
    """What a day in the plan is a reason for; reminding begins at most sixty days before it."""
    going, soon = row.state in ("underway", "measuring"), today + ONE_DAY * 60
    excused = {kind for _, _, _, kind, is_accepted in picture.of("waivers", row.id) if is_accepted}
    if going and row.next_due_on and row.next_due_on <= today and "result" not in excused:
        yield _reason("value_due", row, midnight(max(row.next_due_on, _first_of_period(today, row.cadence))))
    before = row.state in ("proposed", "returned", "underway") and not row.change_on
    lacks_baseline = before and row.value_count < 5 and "baseline" not in excused
    if lacks_baseline and row.baseline_ready_on and row.baseline_ready_on <= soon:
        yield _reason("baseline_missing", row, midnight(row.baseline_ready_on))
    if row.state == "measuring" and row.review_on and row.review_on <= soon:
        yield _reason("conclude_due", row, midnight(row.review_on))
    if row.state == "underway" and row.first_step_on <= soon:
        heard_at = picture.heard_at.get(row.id)
        if heard_at is None or heard_at < midnight(row.first_step_on):
            yield _reason("first_step_due", row, midnight(row.first_step_on))
    if going and row.target_on and row.target_on <= soon and row.result_status != "target_met":
        yield _reason("target_passed", row, midnight(row.target_on))
        if row.target_on >= today:
            yield _reason("target_near", row, midnight(row.target_on))
    if row.state == "concluded":
        come = [each for each in picture.of("checks", row.id) if each[0] == row.steps_taken and each[2] <= today]
        if come:
            yield _reason("hold_check_due", row, midnight(max(day for _, _, day in come)))


def _of_what_belongs_to_it(row: Row, picture: Picture) -> Iterator[Reason]:
    for subject, asked_at, answered_at, kind, _ in picture.of("waivers", row.id):
        if answered_at:
            yield _reason("waiver_answered", row, answered_at, subject)
        elif row.state not in ENDED and (kind == "result" or not row.change_on):
            yield _reason("waiver_asked", row, asked_at, subject)
    for subject, raised_at, owner, closed_at, closed_by in picture.of("obstacles", row.id):
        if closed_at and closed_by != row.owner:
            yield _reason("obstacle_removed", row, closed_at, subject)
        elif not closed_at and row.state not in ENDED:
            yield _reason("obstacle_open", row, raised_at, subject, owner)
    for subject, due_on, by, settled_at in picture.of("promises", row.id):
        if settled_at:
            yield _reason("promise_settled", row, settled_at, subject)
        elif row.state not in ENDED:
            yield _reason("promise_due", row, midnight(due_on), subject, by)
    for subject, to, offered_at, answered_at, _ in picture.of("handovers", row.id):
        if not answered_at and (row.state != "concluded" or row.ending == "confirmed"):
            yield _reason("handover_offered", row, offered_at, subject, to)
    for subject, by, at in picture.of("comments", row.id):
        if by != row.owner:
            yield _reason("comment_written", row, at, subject)


def _of_steps(row: Row, picture: Picture, earliest: dt.datetime) -> Iterator[Reason]:
    for number, verb, subject, at, by in picture.of("steps", row.id):
        if at < earliest:
            continue
        for rule in STEP_NEWS.get(verb, ()):
            yield Reason(rule, row, subject, at, number)
        if verb == "stop" and by and by != row.owner:
            yield Reason("stopped", row, subject, at, number)
        if verb == "decline" and number == row.steps_taken:
            yield Reason("declined", row, subject, at, number)


def _of_others(row: Row, shown: list[Row], today: dt.date) -> Iterator[Reason]:
    """Somebody else has moved the same measure since this was given up, or while it is thought about."""
    has_given_up = row.ending in GIVEN_UP and row.concluded_at >= midnight(today - ONE_DAY * 365)
    if row.state == "draft" or has_given_up:
        found = [
            each
            for each in shown
            if each.indicator == row.indicator
            and each.unit != row.unit
            and each.owner != row.owner
            and each.concluded_at > row.state_since_at
        ]
        if found:
            latest = max(found, key=lambda each: (each.concluded_at, each.outcome))
            yield _reason("take_over", row, latest.concluded_at, latest.uuid)


def recipient(reason: Reason, level: int, picture: Picture, who: Municipality, today: dt.date) -> int | None:
    """The one who can act on it today; at level 1 the one above."""
    row = reason.row
    first = _first_recipient(reason, picture, who, today)
    if level == 0:
        return first
    above = first and who.above(row.unit, today, first)
    cost = row.cost if reason.rule == "decision_waiting" else None
    return who.decider(above, today, cost, {row.owner, first}) if first and above else None


def _first_recipient(reason: Reason, picture: Picture, who: Municipality, today: dt.date) -> int | None:
    rule, row = reason.rule, reason.row
    if rule in OWNER_ONLY:
        return row.owner
    if rule in ("decision_waiting", "silence_decider", "own_mandate"):
        return row.decider  # checked by itself, while it waits
    if rule == "waiver_asked":
        return who.decider(row.unit, today, row.cost, {row.owner})
    if rule in ("obstacle_open", "promise_due"):
        if reason.about and who.is_here(reason.about, today) and _still_answers(reason.about, row, who, today):
            return reason.about
        return who.decider(row.unit, today, None, {row.owner})
    if rule == "handover_offered":
        return reason.about
    if rule == "verification_waiting":
        taken_over = {to for _, to, _, _, accepted in picture.of("handovers", row.id) if accepted}
        asked = who.decider(row.unit, today, row.cost, {row.owner})
        barred = picture.parts[row.id] | taken_over | {row.owner, *([asked] if asked else [])}
        return who.controller(row.unit, today, barred)
    if who.is_employed(row.owner, today):
        return row.owner
    return who.decider(row.unit, today, row.cost, {row.owner})


def _still_answers(person: int, row: Row, who: Municipality, today: dt.date) -> bool:
    return person != row.owner and who.answers(row.unit, today, person)


def _reason(
    rule: str, row: Row, since: dt.datetime, subject: UUID | None = None, about: int | None = None
) -> Reason:  # fmt: skip
    return Reason(rule, row, subject or row.uuid, since, row.steps_taken, about)


def _first_of_period(day: dt.date, cadence: str) -> dt.date:
    if cadence == "weekly":
        return day - ONE_DAY * day.weekday()
    return day.replace(day=1, month=day.month if cadence == "monthly" else (day.month - 1) // 3 * 3 + 1)
