"""How people act: by their nature, and more readily when a letter has asked them. Steps go through the real actions.

What has no cheap action of its own is written as the rows that the action would leave.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any, Final
from uuid import UUID

from initiatives import events
from initiatives.actions import agreeing, drafting, promising, verifying, wishes
from initiatives.actions.attempt import Given
from initiatives.actions.measuring import Entry, enter_value, record_values
from initiatives.actions.refusals import NotAllowed, Overtaken, Refused
from initiatives.actions.steps import take_step
from initiatives.cadence import next_span, span_of
from initiatives.models import (
    Comment,
    Handover,
    Indicator,
    Initiative,
    Measurement,
    Nudge,
    Obstacle,
    Outcome,
    Promise,
    RuleName,
    Waiver,
)
from initiatives.workflow import Verb
from kommun.models import Employee
from tests.builders import last_changed
from tests.year.days import ONE_DAY, ZONE, is_working_day
from tests.year.municipality import Municipality
from tests.year.picture import Row
from tests.year.reckoning import Reckoning

PACE: Final = {"eager": 2.0, "ordinary": 1.0, "slow": 0.35, "never": 0.0}
TOLD_LATELY: Final = ONE_DAY * 10
READY: Final[dict[str, Any]] = {
    "plan": "Vi provar i liten skala.",
    "benefit": "Det går fortare.",
    "first_step": "Prova med tio ärenden",
    "has_personal_data": False,
    "is_reversible": True,
    "is_critical": False,
}


@dataclass
class Nature:
    pace: float
    works: bool  # whether what they try makes anything better
    step_at: dt.date | None = None


class Life:
    def __init__(self, who: Municipality, reckoning: Reckoning, chance: Random, *, initiatives: int) -> None:
        self.who, self.reckoning, self.chance = who, reckoning, chance
        self.left_to_start = initiatives
        self.natures: dict[int, Nature] = {}
        self.touched: set[int] = set()
        self.refusals: Counter[str] = Counter()
        self.acts: Counter[str] = Counter()
        able = [person for person in who.people.values() if not person.is_protected]
        few = chance.sample(able, 160)
        self.starters = few + few[:40] * 3  # some have many at once
        self.homes = dict(zip((person.pk for person in few), chance.choices(list(who.units), k=160), strict=True))
        self.indicators = Indicator.objects.bulk_create(
            Indicator(name=f"Dagar {number}", unit_of_measure="dagar", direction="down", kind="time")
            for number in range(12)
        )

    def go(self, now: dt.datetime) -> None:
        """What happens at this hour."""
        self.today = today = now.astimezone(ZONE).date()
        self.ease = 1.0 if is_working_day(today) else 0.08
        self.touched.clear()
        if (
            is_working_day(today)
            and self.left_to_start
            and self.chance.random() < self.left_to_start / self._left() / 2
        ):
            for _ in range(self.chance.randrange(1, 4)):
                self._try("start", self._start, now)
        for row in self.reckoning.picture.rows:
            if row.id not in self.touched:
                self._consider(row, now)
        self._put_off(now)

    def _left(self) -> float:
        return max(1.0, (dt.date(2026, 8, 31) - self.today).days * 5 / 7)

    def _consider(self, row: Row, now: dt.datetime) -> None:
        nature = self.natures[row.id]
        getattr(self, f"_when_{row.state}", lambda *_: None)(row, nature, now)
        of = self.reckoning.picture.of
        for subject, owner, closed_at in ((each[0], each[2], each[3]) for each in of("obstacles", row.id)):
            if closed_at is None and self._will(0.02, 0.3, nature, row, "obstacle_open"):
                self._try("close", self._close, row, subject, owner, now)
        for subject, due_on, by, settled_at in of("promises", row.id):
            if settled_at is None and due_on <= self.today and self._will(0.03, 0.3, nature, row, "promise_due"):
                self._try("settle", self._settle, row, subject, by, now)
        for subject, _, answered_at, *_ in of("waivers", row.id):
            if answered_at is None and self._will(0.02, 0.3, nature, row, "waiver_asked"):
                self._try("answer_waiver", self._answer_waiver, row, subject, now)
        for subject, to, _, answered_at, _ in of("handovers", row.id):
            if answered_at is None and self._will(0.03, 0.3, nature, row, "handover_offered"):
                self._try("answer_handover", self._answer_handover, subject, to, now)

    def _will(self, p: float, if_told: float, nature: Nature, row: Row, *rules: str) -> bool:
        """Whether somebody acts now: seldom by themselves, sooner when they have been told lately."""
        told = any(
            self.today - on <= TOLD_LATELY
            for rule in rules
            if (on := self.reckoning.told_on.get((rule, row.id))) is not None
        )
        return self.chance.random() < (if_told if told else p) * nature.pace * self.ease

    def _try(self, name: str, act: Callable[..., None], *arguments: Any) -> None:
        """Does it; somebody may not be allowed to, or be too late, as people are."""
        self.touched |= {each.id for each in arguments if isinstance(each, Row)}
        try:
            act(*arguments)
            self.acts[name] += 1
        except (Refused, NotAllowed, Overtaken) as refusal:
            self.refusals[f"{name}: {refusal}"] += 1

    # Beginning

    def _start(self, now: dt.datetime) -> None:
        owner = self.chance.choice(self.starters)
        if not self.who.is_here(owner.pk, self.today):
            return
        self.left_to_start -= 1
        initiative = drafting.create_draft(
            by=owner,
            now=now,
            title="Kortare handläggning",
            unit=self.who.units[self.homes[owner.pk]],
            cost=Decimal(self.chance.choice((0, 0, 5_000, 50_000))),
            first_step_on=self.today + ONE_DAY * self.chance.randrange(12, 29),
            **READY | {"has_personal_data": self.chance.random() < 0.15},
        )
        # The draw of who is held out goes by the public id, so that it is not left to chance from run to run.
        Initiative.objects.filter(pk=initiative.pk).update(uuid=UUID(int=self.chance.getrandbits(128)))
        initiative.refresh_from_db()
        self.natures[initiative.pk] = Nature(
            self.chance.choices(list(PACE.values()), (4, 5, 3, 1))[0], self.chance.random() < 0.7
        )
        self._want(initiative, owner, now)
        last_changed(initiative, now)

    def _want(self, initiative: Initiative, owner: Employee, now: dt.datetime) -> None:
        cadence = self.chance.choices(("weekly", "monthly", "quarterly"), (10, 2, 1))[0]
        review_on = self.today + ONE_DAY * self.chance.randrange(75, 150)
        wanted = drafting.WantedOutcome(
            indicator=self.chance.choice(self.indicators),
            target=Decimal(25),
            target_on=review_on - ONE_DAY * self.chance.randrange(25),
            cadence=cadence,
            review_on=review_on,
            baseline_ready_on=self.today + ONE_DAY * self.chance.randrange(30, 45),
        )
        outcome = drafting.want(initiative, wanted, by=owner, seen=initiative.seen, now=now)
        if self.chance.random() < 0.75:
            day, entries = span_of(self.today, cadence).first - ONE_DAY, []
            for _ in range(6):
                span = span_of(day, cadence)
                entries.append(Entry(span.last, Decimal(self.chance.randrange(28, 34)), period_start=span.first))
                day = span.first - ONE_DAY
            record_values(outcome, entries, source=Measurement.Source.PERSON, now=now, by=owner)
            outcome.measurements.update(created_at=now)

    def _when_draft(self, row: Row, nature: Nature, now: dt.datetime) -> None:
        if self._will(0.10, 0.4, nature, row, "draft_resting", "take_over"):
            self._try("submit", self._submit, row, now)

    def _submit(self, row: Row, now: dt.datetime) -> None:
        initiative, owner = self._initiative(row), self._person(row.owner)
        if initiative.first_step_on is None or initiative.first_step_on < self.today:
            first = self.today + ONE_DAY * self.chance.randrange(5, 29)
            drafting.describe(initiative, by=owner, seen=initiative.seen, now=now, first_step_on=first)
            last_changed(initiative, now)
        is_free = initiative.cost == 0 and not initiative.has_personal_data
        self._step(initiative, Verb.START if is_free and self.chance.random() < 0.4 else Verb.SUBMIT, owner, now)

    # Deciding

    def _when_proposed(self, row: Row, nature: Nature, now: dt.datetime) -> None:
        if self._will(0.03, 0.25, nature, row, "decision_waiting"):
            self._try("decide", self._decide, row, now)
        elif self._will(0.002, 0.002, nature, row):
            self._try("withdraw", self._step, self._initiative(row), Verb.WITHDRAW, self._person(row.owner), now)

    def _decide(self, row: Row, now: dt.datetime) -> None:
        asked = [each for each in (row.decider, row.escalated_to) if each and self.who.is_here(each, self.today)]
        if not asked:
            return
        initiative, by = self._initiative(row), self._person(asked[-1])
        verb = self.chance.choices((Verb.APPROVE, Verb.RETURN, Verb.DECLINE), (6, 3, 1))[0]
        if verb != Verb.APPROVE:
            self._step(initiative, verb, by, now, reason="Vad kostar det?", yes_when="När vi har bytt system.")
            return
        promised = [
            promising.Promised(Promise.Kind.TIME, "Två timmar", self.today + ONE_DAY * self.chance.randrange(5, 60))
        ]
        promises = promised if self.chance.random() < 0.6 else []
        agreeing.approve(initiative, by=by, seen=initiative.seen, now=now, promises=promises)

    def _when_returned(self, row: Row, nature: Nature, now: dt.datetime) -> None:
        if self._will(0.03, 0.35, nature, row, "returned"):
            self._try("resubmit", self._resubmit, row, now)

    def _resubmit(self, row: Row, now: dt.datetime) -> None:
        initiative, owner = self._initiative(row), self._person(row.owner)
        if initiative.first_step_on is None or initiative.first_step_on < self.today:
            first = self.today + ONE_DAY * 14
            drafting.describe(initiative, by=owner, seen=initiative.seen, now=now, first_step_on=first)
        self._step(initiative, Verb.RESUBMIT, owner, now, reason="Det är gratis.")

    def _when_declined(self, row: Row, nature: Nature, now: dt.datetime) -> None:
        if self._will(0.005, 0.05, nature, row, "declined"):
            self._try("revise", self._revise, row, now)

    def _revise(self, row: Row, now: dt.datetime) -> None:
        initiative = self._initiative(row)
        self._step(initiative, Verb.REVISE, self._person(row.owner), now)
        last_changed(initiative, now)

    # Testing

    def _when_underway(self, row: Row, nature: Nature, now: dt.datetime) -> None:
        if row.value_count < 6 and self._will(0.03, 0.3, nature, row, "baseline_missing", "value_due"):
            self._try("value", self._value, row, now)
        elif row.value_count < 5 and self._will(0.01, 0.06, nature, row, "baseline_missing"):
            self._try("ask_for_waiver", self._ask_for_waiver, row, now)
        elif (row.value_count >= 5 or self._excused(row)) and self._will(0.06, 0.15, nature, row, "first_step_due"):
            self._try("implement", self._implement, row, now)
        elif self._will(0.01, 0.25, nature, row, "first_step_due", "no_progress"):
            self._try("line", self._line, row, row.owner, now)
        else:
            self._hindered(row, nature, now)

    def _excused(self, row: Row) -> bool:
        return any(answered_at for _, _, answered_at, *_ in self.reckoning.picture.of("waivers", row.id))

    def _ask_for_waiver(self, row: Row, now: dt.datetime) -> None:
        kind = Waiver.Kind.BASELINE
        agreeing.ask_for_waiver(self._initiative(row), kind, "Det går inte.", by=self._person(row.owner), now=now)

    def _answer_waiver(self, row: Row, subject: Any, now: dt.datetime) -> None:
        if row.decider and self.who.is_here(row.decider, self.today):
            waiver = Waiver.objects.select_related("initiative__unit").get(uuid=subject)
            yes = self.chance.random() < 0.7
            agreeing.answer_waiver(waiver, is_accepted=yes, by=self._person(row.decider), now=now)

    def _implement(self, row: Row, now: dt.datetime) -> None:
        self._step(self._initiative(row), Verb.IMPLEMENT, self._person(row.owner), now, change_on=self.today)

    def _hindered(self, row: Row, nature: Nature, now: dt.datetime) -> None:
        """Something stands in the way, somebody says something, it is paused, stopped or handed over."""
        drawn = self.chance.random() / self.ease
        if drawn < 0.004:
            self._try("obstacle", self._obstacle, row, now)
        elif drawn < 0.012:
            self._try("comment", self._line, row, self.chance.choice(self.starters).pk, now)
        elif drawn < 0.013 and row.state == "underway":
            self._try("pause", self._pause, row, now)
        elif drawn < 0.0145:
            self._try("stop", self._stop, row, now)
        elif drawn < 0.016 or (drawn < 0.05 and not self.who.is_employed(row.owner, self.today)):
            self._try("offer", self._offer, row, now)

    def _pause(self, row: Row, now: dt.datetime) -> None:
        resume_on = self.today + ONE_DAY * self.chance.randrange(5, 40)
        by = self._person(row.owner)
        self._step(self._initiative(row), Verb.PAUSE, by, now, reason="Vi väntar.", resume_on=resume_on)

    def _stop(self, row: Row, now: dt.datetime) -> None:
        by = self._person(row.owner)
        self._step(self._initiative(row), Verb.STOP, by, now, reason="Tiden räcker inte.", lesson="Börja mindre.")

    def _offer(self, row: Row, now: dt.datetime) -> None:
        is_here = self.who.is_employed(row.owner, self.today)
        by = row.owner if is_here else self.who.decider(row.unit, self.today, row.cost, {row.owner})
        if by:
            to = self.chance.choice(self.starters)
            agreeing.offer_handover(self._initiative(row), to, by=self._person(by), now=now)

    def _answer_handover(self, subject: Any, to: int, now: dt.datetime) -> None:
        handover = Handover.objects.select_related("initiative__unit").get(uuid=subject)
        yes = self.chance.random() < 0.6
        agreeing.answer_handover(handover, is_accepted=yes, by=self._person(to), now=now)

    def _obstacle(self, row: Row, now: dt.datetime) -> None:
        asked = self.who.decider(row.unit, self.today, None, {row.owner})
        if asked:
            initiative, by = self._initiative(row), self._person(row.owner)
            raised = Obstacle.objects.create(
                initiative=initiative, text="Vi saknar behörighet", raised_by=by, raised_at=now, owner_id=asked
            )
            events.record("obstacle.raise", initiative, at=now, subject=raised.uuid, by=by)

    def _close(self, row: Row, subject: Any, owner: int, now: dt.datetime) -> None:
        closer = owner if self.who.is_here(owner, self.today) else row.owner
        Obstacle.objects.filter(uuid=subject).update(closed_at=now, closed_by=closer, is_removed=True)
        events.record("obstacle.close", self._initiative(row), at=now, subject=subject, by=self._person(closer))

    def _settle(self, row: Row, subject: Any, by: int, now: dt.datetime) -> None:
        Promise.objects.filter(uuid=subject).update(settled_at=now, is_kept=self.chance.random() < 0.8)
        events.record("promise.settle", self._initiative(row), at=now, subject=subject, by=self._person(by))

    def _line(self, row: Row, by: int, now: dt.datetime) -> None:
        initiative = self._initiative(row)
        said = Comment.objects.create(initiative=initiative, by_id=by, text="Det går framåt.", at=now)
        events.record("comment.write", initiative, at=now, subject=said.uuid, by=self._person(by))

    # Following up

    def _when_measuring(self, row: Row, nature: Nature, now: dt.datetime) -> None:
        if row.next_due_on and row.next_due_on <= self.today and self._will(0.35, 0.8, nature, row, "value_due"):
            self._try("value", self._value, row, now)
        elif row.review_on <= self.today and self._will(0.06, 0.4, nature, row, "conclude_due"):
            self._try("conclude", self._conclude, row, now)
        else:
            self._hindered(row, nature, now)

    def _value(self, row: Row, now: dt.datetime) -> None:
        """The value of the period that waits, as rows; the figures are reckoned anew when it is concluded."""
        before = not row.change_on
        level = (28, 34) if before or not self.natures[row.id].works else (16, 22)
        last = Measurement.objects.filter(outcome=row.outcome).order_by("-observed_on").first()
        span = next_span(last.observed_on, row.cadence) if last else span_of(self.today, row.cadence)
        if span.last > self.today:
            return
        value = Decimal(self.chance.randrange(*level))
        Measurement.objects.create(
            outcome_id=row.outcome,
            period_start=span.first,
            observed_on=span.last,
            value=value,
            source="person",
            by_id=row.owner,
            created_at=now,
        )
        due = next_span(span.last, row.cadence)
        Outcome.objects.filter(pk=row.outcome).update(
            value_count=row.value_count + 1,
            latest_value=value,
            latest_on=span.last,
            next_due_on=None if due.first > row.review_on else due.last + ONE_DAY,
        )
        initiative, by = self._initiative(row), self._person(row.owner)
        events.record("measurements.recorded", initiative, at=now, by=by)

    def _conclude(self, row: Row, now: dt.datetime) -> None:
        by = self._person(row.owner)
        self._step(self._initiative(row), Verb.CONCLUDE, by, now, lesson="Börja i liten skala.")

    def _when_concluded(self, row: Row, nature: Nature, now: dt.datetime) -> None:
        if self._will(0.02, 0.4, nature, row, "hold_check_due") and self._waits(row):
            self._try("check", self._check, row, now)
        elif row.verification == "asked" and self._will(0.05, 0.5, nature, row, "verification_waiting"):
            self._try("verify", self._verify, row, now)
        elif row.verification == "returned" and self._will(0.05, 0.3, nature, row, "verification_returned"):
            self._try("ask_again", self._ask_again, row, now)

    def _waits(self, row: Row) -> bool:
        return any(due_on <= self.today for _, _, due_on in self.reckoning.picture.of("checks", row.id))

    def _check(self, row: Row, now: dt.datetime) -> None:
        level = (16, 22) if self.natures[row.id].works else (28, 34)
        entry = Entry(self.today, Decimal(self.chance.randrange(*level)), period_start=self.today)
        outcome = Outcome.objects.select_related("initiative__unit", "indicator").get(pk=row.outcome)
        enter_value(outcome, entry, by=self._person(row.owner), now=now)
        outcome.measurements.filter(observed_on=self.today).update(created_at=now)

    def _verify(self, row: Row, now: dt.datetime) -> None:
        barred = self.reckoning.picture.parts[row.id] | {row.owner}
        by = self.who.controller(row.unit, self.today, barred)
        if by:
            outcome = Outcome.objects.select_related("initiative__unit", "indicator").get(pk=row.outcome)
            if self.chance.random() < 0.5:
                seen = verifying.seen_by_controller(outcome)
                verifying.send_back(outcome, "Vad är räknat?", by=self._person(by), seen=seen, now=now)
            else:
                seen = verifying.seen_by_controller(outcome)
                verifying.verify(outcome, by=self._person(by), seen=seen, now=now)

    def _ask_again(self, row: Row, now: dt.datetime) -> None:
        outcome = Outcome.objects.select_related("initiative__unit", "indicator").get(pk=row.outcome)
        verifying.ask_again(outcome, "Det är räknat för hand.", by=self._person(row.owner), now=now)

    # What they wish of the letters

    def _put_off(self, now: dt.datetime) -> None:
        """Somebody who had a letter today or yesterday says: later."""
        lately = [
            told
            for told in self.reckoning.told[-200:]
            if told.letter_on and self.today - told.letter_on <= ONE_DAY and not told.acted
        ]
        for told in lately:
            if self.chance.random() < 0.03 and self.who.is_employed(told.to, self.today):
                self._try("put_off", self._later, told.key, told.rule, told.to, now)

    def _later(self, key: tuple[Any, ...], rule: str, to: int, now: dt.datetime) -> None:
        nudge = Nudge.objects.get(uuid=self.reckoning.uuids[key])
        until = self.today + ONE_DAY * self.chance.choice((1, 3, 7, 7) if rule in _SOON else (1, 7, 14, 40))
        self.reckoning.snooze(wishes.snooze(nudge, until, by=self._person(to), now=now))

    def _initiative(self, row: Row) -> Initiative:
        return Initiative.objects.select_related("unit", "owner").get(pk=row.id)

    def _person(self, person: int) -> Employee:
        return self.who.people[person]

    def _step(self, initiative: Initiative, verb: Verb, by: Employee, now: dt.datetime, **given: Any) -> None:
        take_step(initiative, verb, by=by, seen=initiative.seen, now=now, given=Given(**given))


_SOON: Final[Iterable[str]] = (
    *(RuleName.DECISION_WAITING, RuleName.WAIVER_ASKED),
    *(RuleName.OBSTACLE_OPEN, RuleName.PROMISE_DUE),
)
