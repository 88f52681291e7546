"""What should have been written and told at each turn of the clock, kept in plain Python beside what was."""

import datetime as dt
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from initiatives.clock import turn
from initiatives.models import NudgePolicy, Snooze
from tests.year.days import ONE_DAY, ZONE, midnight, takes_letters, working_days_after
from tests.year.municipality import Municipality
from tests.year.picture import Picture
from tests.year.reasons import Reason, reasons, recipient
from tests.year.rules import HELD_OUT_SHARE, PROMISED

LETTER_HOUR, NOT_AFTER = dt.time(7, 30), dt.time(20)
PER_WEEK = 3
STALE = ONE_DAY * 90
WATCHED = ONE_DAY * 30
VALUES = {"value_due", "baseline_missing", "hold_check_due"}
ANYTHING = {"first_step_due", "no_progress", "target_near", "target_passed", "draft_resting"}
BY_CONTROLLER = {"verification_waiting", "verification_returned"}
NEXT_STEP = {"decision_waiting", "returned", "conclude_due", "declined"}

NUDGES = """
SELECT id, uuid, rule, initiative_id, subject, since_at, level, number, occasion, to_id, is_held_out
FROM initiatives_nudge WHERE id > %s ORDER BY id
"""
LETTERS = """
SELECT l.id, l.employee_id, l."on", n.rule, n.initiative_id, n.subject, n.since_at, n.level, n.number, n.to_id
FROM kommun_letter l LEFT JOIN initiatives_nudge n ON n.letter_id = l.id WHERE l.id > %s AND l.kind = 'collected'
"""


@dataclass(eq=False)
class Told:
    """A nudge as it should be."""

    rule: str
    initiative: int
    subject: UUID
    since: dt.datetime
    level: int
    number: int
    occasion: dt.date
    step: int
    to: int
    created_at: dt.datetime
    is_held_out: bool = False
    acted: bool = False
    letter_on: dt.date | None = None

    @property
    def reason(self) -> tuple[Any, ...]:
        return self.rule, self.initiative, self.subject, self.since

    @property
    def key(self) -> tuple[Any, ...]:
        return *self.reason, self.level, self.number

    @property
    def written(self) -> tuple[Any, ...]:
        return *self.key, self.occasion, self.to, self.is_held_out


class Reckoning:
    def __init__(self, who: Municipality, policy: NudgePolicy) -> None:
        self.who, self.key = who, bytes.fromhex(policy.key)
        self.picture = Picture()
        self.told: list[Told] = []
        self.latest: dict[tuple[Any, ...], int] = {}  # by reason and level, the highest number
        self.of_reason: dict[tuple[Any, ...], list[Told]] = defaultdict(list)  # and level
        self.open: list[Told] = []
        self.watched: list[Told] = []
        self.snoozes: list[Snooze] = []
        self.put_off: set[tuple[Any, ...]] = set()
        self.letters: dict[int, list[dt.date]] = defaultdict(list)
        self.told_on: dict[tuple[str, int], dt.date] = {}
        self.hold: dict[tuple[Any, ...], Reason] = {}
        self.uuids: dict[tuple[Any, ...], UUID] = {}
        self.violations: list[str] = []
        self._last_nudge = self._last_letter = 0

    def turn(self, now: dt.datetime) -> None:
        """Lets the real clock look, and says what it should have done."""
        turn(now.astimezone(dt.UTC))
        today = now.astimezone(ZONE).date()
        self.picture.take()
        hold: dict[tuple[Any, ...], Reason] = {}
        for reason in reasons(self.picture, today):
            hold[reason.key] = reason
        self.hold = hold
        self._check_deciders(today)
        self._note_acts(now)
        written = self._end_snoozes(hold, now, today)
        self._readdress(hold, now, today)
        written += self._tell_successors(hold, now, today)
        written += self._write(hold.values(), now, today)
        letters = self._collect(hold, now, today)
        self._compare(now, today, written, letters)

    def snooze(self, row: Snooze) -> None:
        self.snoozes = [each for each in self.snoozes if _subject(each) != _subject(row)] + [row]

    def _check_deciders(self, today: dt.date) -> None:
        for row in self.picture.rows:
            asked = any(answered_at is None for _, _, answered_at, *_ in self.picture.of("waivers", row.id))
            if row.state == "proposed" or asked:
                expected = self.who.decider(row.unit, today, row.cost, {row.owner})
                if row.decider != expected:
                    self.violations.append(f"{today}: {row.id} asks {row.decider} and not {expected}")

    def _note_acts(self, now: dt.datetime) -> None:
        self.watched = [told for told in self.watched if not told.acted and told.created_at >= now - WATCHED]
        for told in self.watched:
            told.acted = self._is_acted_on(told)

    def _is_acted_on(self, told: Told) -> bool:
        of, key = self.picture.of, told.initiative
        if told.rule in NEXT_STEP:
            return any(number == told.step + 1 and by for number, *_, by in of("steps", key))
        if told.rule in VALUES:
            return any(at >= told.created_at for (at,) in of("values", key))
        if told.rule in ANYTHING:
            return any(by and at >= told.created_at for _, at, by in of("events", key))
        if told.rule in BY_CONTROLLER:
            return any(by and at > told.since and at >= told.created_at for at, by in of("verifications", key))
        return False  # of the others the reason is gone, too

    def _end_snoozes(self, hold: dict[Any, Reason], now: dt.datetime, today: dt.date) -> list[Told]:
        ended = [
            each
            for each in self.snoozes
            if each.until_on <= today and (PROMISED[each.rule].is_duty or not self._is_away(each.employee_id, today))
        ]
        self.snoozes = [each for each in self.snoozes if each not in ended]
        self.put_off = {_subject(each) for each in self.snoozes}
        written = []
        for each in ended:
            reason = hold.get((each.rule, each.initiative_id, each.subject, each.since_at))
            if reason is None or each.rule in self.who.declined.get(each.employee_id, ()):
                continue
            before = self._of(reason, each.level)
            number = max((told.number for told in before if not told.is_held_out), default=-1) + 1
            waits = any(
                told.letter_on is None and not told.is_held_out and told.created_at >= now - STALE / 2
                for told in before
            )
            to = recipient(reason, each.level, self.picture, self.who, today)
            was_told = to != each.employee_id and to in {told.to for told in before}
            if to and not waits and not was_told and number not in {told.number for told in before}:
                written.append(self._add(reason, each.level, number, today, to, now, is_held_out=False))
        return written

    def _of(self, reason: Reason, level: int) -> list[Told]:
        return self.of_reason[(*reason.key, level)]

    def _tell_successors(self, hold: dict[Any, Reason], now: dt.datetime, today: dt.date) -> list[Told]:
        """What others wait for goes on at once to who is to act now, though somebody else was told."""
        written = []
        for told in [each for each in self.told if PROMISED[each.rule].is_duty and each.letter_on and not each.acted]:
            reason, latest = hold.get(told.reason), self.latest[(*told.reason, told.level)]
            if reason is None or told.number != latest or told.created_at < now - STALE:
                continue
            to = recipient(reason, told.level, self.picture, self.who, today)
            if to and to not in {each.to for each in self._of(reason, told.level)}:
                written.append(self._add(reason, told.level, latest + 1, today, to, now, is_held_out=False))
        return written

    def _readdress(self, hold: dict[Any, Reason], now: dt.datetime, today: dt.date) -> None:
        for told in self.open:
            reason = hold.get(told.reason)
            is_asked = PROMISED[told.rule].is_news or not told.acted
            if reason and is_asked and told.created_at >= now - STALE:
                told.to = recipient(reason, told.level, self.picture, self.who, today) or told.to

    def _write(self, hold: Iterable[Reason], now: dt.datetime, today: dt.date) -> list[Told]:
        written = []
        for reason in hold:
            promised, since_on = PROMISED[reason.rule], reason.since_on
            if promised.forgotten_after is not None and since_on < today - ONE_DAY * promised.forgotten_after:
                continue
            for level, days in enumerate(promised.days):
                due = [
                    working_days_after(since_on, each) if promised.workdays else since_on + ONE_DAY * each
                    for each in days
                ]
                number = sum(day <= today for day in due) - 1
                if number < 0 or self.latest.get((*reason.key, level), -1) >= number:
                    continue
                to = recipient(reason, level, self.picture, self.who, today)
                if to is None or not self._can_be_told(to, reason, today):
                    continue
                is_last_of_workdays = promised.workdays and number == len(days) - 1 and max(days) > 0
                occasion = today if is_last_of_workdays else due[number]
                if any(told.occasion >= occasion for told in self._of(reason, level)):
                    continue
                is_owner = to == reason.row.owner
                is_held_out = promised.can_be_held_out and is_owner and self._is_drawn(reason)
                written.append(self._add(reason, level, number, occasion, to, now, is_held_out=is_held_out))
        return written

    def _can_be_told(self, to: int, reason: Reason, today: dt.date) -> bool:
        promised = PROMISED[reason.rule]
        spares_the_absent = not promised.is_duty and promised.forgotten_after is None
        return (
            self.who.is_employed(to, today)
            and reason.rule not in self.who.declined.get(to, ())
            and (to, *reason.key[:3]) not in self.put_off
            and not (spares_the_absent and self._is_away(to, today))
        )

    def _add(
        self,
        reason: Reason,
        level: int,
        number: int,
        occasion: dt.date,
        to: int,
        now: dt.datetime,
        *,
        is_held_out: bool,
    ) -> Told:
        told = Told(
            reason.rule, reason.row.id, reason.subject, reason.since, level, number, occasion, reason.step, to, now,
            is_held_out,
        )  # fmt: skip
        self.told.append(told)
        self.of_reason[(*told.reason, told.level)].append(told)
        if not PROMISED[told.rule].is_news:
            self.watched.append(told)
        self.latest[(*reason.key, level)] = number
        if not is_held_out:
            self.open.append(told)
        return told

    def _is_drawn(self, reason: Reason) -> bool:
        """The nested construction of HMAC's kind, first 32 bits."""
        text = f"{reason.rule}:{reason.row.uuid}:{reason.step}".encode()
        inner = hashlib.sha256(self.key + text).digest()
        return int.from_bytes(hashlib.sha256(self.key + inner).digest()[:4], "big") < HELD_OUT_SHARE * 2**32

    def _collect(self, hold: dict[Any, Reason], now: dt.datetime, today: dt.date) -> dict[int, list[Told]]:
        local = now.astimezone(ZONE)
        if not takes_letters(today) or local.time() >= NOT_AFTER:
            return {}
        mine: dict[int, list[Told]] = defaultdict(list)
        for told in self.open:
            if self._still_holds(told, hold, now):
                mine[told.to].append(told)
        letters = {}
        for person, waiting in mine.items():
            inside = self._within_wishes(person, waiting, today) if self._takes_letter(person, local) else []
            if inside:
                letters[person] = inside
                self.letters[person].append(today)
                for told in inside:
                    told.letter_on = self.told_on[told.rule, told.initiative] = today
        self.open = [told for told in self.open if told.letter_on is None]
        return letters

    def _still_holds(self, told: Told, hold: dict[Any, Reason], now: dt.datetime) -> bool:
        is_news = PROMISED[told.rule].is_news
        return (
            told.created_at >= now - STALE
            and (is_news or (told.reason in hold and not told.acted))
            and told.rule not in self.who.declined.get(told.to, ())
            and (told.to, *told.reason[:3]) not in self.put_off
        )

    def _takes_letter(self, person: int, local: dt.datetime) -> bool:
        each, today = self.who.people[person], local.date()
        return (
            self.who.is_here(person, today)
            and bool(each.email)
            and not each.is_protected
            and local.time() >= (each.letter_hour or LETTER_HOUR)
            and today not in self.letters[person]
        )

    def _within_wishes(self, person: int, waiting: list[Told], today: dt.date) -> list[Told]:
        each, monday = self.who.people[person], today - ONE_DAY * today.weekday()
        had = sum(on >= monday for on in self.letters[person])
        is_paused = each.letters_paused_until is not None and each.letters_paused_until > today
        if is_paused or had >= (each.letters_per_week or PER_WEEK):
            return [told for told in waiting if PROMISED[told.rule].is_duty]
        return waiting

    def _is_away(self, person: int, today: dt.date) -> bool:
        """Also of somebody who has left."""
        away = self.who.absences.get(person, ())
        return any(first <= today and (last is None or today <= last) for first, last in away)

    def _compare(
        self, now: dt.datetime, today: dt.date, written: list[Told], letters: dict[int, list[Told]]
    ) -> None:  # fmt: skip
        was_written, was_told = set(), defaultdict(set)
        for pk, uuid, *rest in _read(NUDGES, self._last_nudge):
            self._last_nudge = pk
            rule, initiative, subject, since, level, number, occasion, to, held = rest
            was_written.add((rule, initiative, subject, since, level, number, occasion, to, held))
            self.uuids[rule, initiative, subject, since, level, number] = uuid
        for pk, person, on, *key, to in _read(LETTERS, self._last_letter):
            self._last_letter = max(self._last_letter, pk)
            was_told[person].add(tuple(key))
            if (on, to) != (today, person):
                self.violations.append(f"{now}: a letter of {on} to {person} tells what is for {to}")
        should = {told.written for told in written}
        self._differ(now, "written", was_written, should)
        pairs = {(person, *told.key) for person, inside in letters.items() for told in inside}
        self._differ(now, "told", {(person, *key) for person, keys in was_told.items() for key in keys}, pairs)

    def _differ(self, now: dt.datetime, what: str, was: set[Any], should: set[Any]) -> None:
        self.violations += [f"{now}: {what}, and should not be: {each}" for each in was - should]
        self.violations += [f"{now}: not {what}, and should be: {each}" for each in should - was]

    def count(self) -> Counter[str]:
        return Counter(told.rule for told in self.told if told.letter_on)

    def excuse(self, told: Told, now: dt.datetime) -> str:
        """Why it has not been told when the year is over; nothing when there is no reason for that."""
        person, today = self.who.people[told.to], now.astimezone(ZONE).date()
        excuses = {
            "held out": told.is_held_out,
            "done": told.acted or (not PROMISED[told.rule].is_news and told.reason not in self.hold),
            "stale": told.created_at < now - STALE,
            "no address": not person.email or person.is_protected,
            "away or gone": not self.who.is_here(told.to, today),
            "declined": told.rule in self.who.declined.get(told.to, ()),
            "put off": (told.to, *told.reason[:3]) in self.put_off,
            "paused": person.letters_paused_until is not None and person.letters_paused_until > today,
            "the letters of the week are spent, or no letters go": told.created_at > midnight(today - ONE_DAY * 10),
        }
        return next((name for name, holds in excuses.items() if holds), "")


def _subject(snooze: Snooze) -> tuple[Any, ...]:
    return snooze.employee_id, snooze.rule, snooze.initiative_id, snooze.subject


def _read(sql: str, after: int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [after])
        return list(cursor.fetchall())
