"""Initiatives driven through the real actions and gates, each step at the time when it would have been taken."""

import datetime as dt
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from django.utils import timezone

from initiatives.actions.agreeing import answer_waiver, ask_for_waiver
from initiatives.actions.attempt import Given
from initiatives.actions.claiming import Terms, make_claim
from initiatives.actions.drafting import WantedOutcome, create_draft, indicator_named, want
from initiatives.actions.explaining import explain
from initiatives.actions.measuring import Entry, record_values
from initiatives.actions.steps import take_step
from initiatives.actions.verifying import seen_by_controller, verify
from initiatives.cadence import Span, next_span, span_of
from initiatives.demo.help_from_managers import help_and_ask
from initiatives.demo.ideas import Idea
from initiatives.models import Claim, Initiative, Measurement, Outcome, Verification, Waiver
from initiatives.permissions import driver_ids, verifies
from initiatives.workflow import Verb
from kommun.deciders import decider_for
from kommun.models import Assignment, Employee, Role, Unit

CLAIMED: Final = 0.7  # shares of what is concluded
VERIFIED: Final = 0.6


@dataclass
class Plot:
    """What shall happen: how far it goes, how big its effect is, and how many periods it is followed.

    It is measured for `before` periods first. `since` periods are measured after the ending as well, in which the
    effect holds or fades.
    """

    goes_to: str
    effect: float  # share of the way from level to target
    follow_up: int = 8
    cadence: str = "monthly"
    before: int = 12
    since: int = 0
    holds: bool = True
    claims: bool = False  # without leaving it to chance
    meets_obstacles: bool = False  # and is promised something


class Story:
    """One initiative on its way through time. Every step is taken by the one who may."""

    def __init__(self, idea: Idea, owner: Employee, unit: Unit, plot: Plot, chance: random.Random, today: dt.date):
        self.idea, self.owner, self.unit, self.plot, self.chance, self.today = idea, owner, unit, plot, chance, today
        self.title = idea.title
        self.before: Sequence[float] = ()  # given values instead of drawn ones
        self.after: Sequence[float] = ()
        self.causes: dict[int, str] = {}  # what happened at which of the values after the change

    def tell(self) -> Initiative:
        spans = self._spans()
        change_on = spans[self.plot.before].first
        submitted_on = self._submitted_on(spans)
        self._describe(submitted_on, spans)
        if self.plot.goes_to == "draft":
            return self.initiative
        self.before = self.before or self._drawn(self.plot.before, 0)
        self._measure(spans[: self.plot.before], self.before, self.moment(submitted_on))
        ENDS[self.plot.goes_to](self, submitted_on, change_on, spans)
        if self.plot.meets_obstacles:
            help_and_ask(self.initiative, decider=self.decider(self.today), today=self.today)
        return self.initiative

    # What the story knows about time -------------------------------------------------------------------------------
    def _spans(self) -> list[Span]:
        """The periods of the values, the last one ended before today (one more is always waiting for its value)."""
        count = self.plot.before + (self.plot.follow_up + self.plot.since if self.plot.goes_to in MEASURED else 0)
        days = {"weekly": 7, "monthly": 31, "quarterly": 92}[self.plot.cadence]
        first = self.today - dt.timedelta(days=days * (count + (1 if self.plot.goes_to in MEASURED else 0)))
        spans = [span_of(first, self.plot.cadence)]
        while len(spans) <= count:
            spans.append(next_span(spans[-1].last, self.plot.cadence))
        return spans

    def reviewed(self, spans: list[Span]) -> Span:
        """The period with whose end the verdict becomes final."""
        return spans[self.plot.before + self.plot.follow_up]

    def _submitted_on(self, spans: list[Span]) -> dt.date:
        if self.plot.goes_to in ("draft", "proposed"):
            return self.today - dt.timedelta(days=self.chance.choice((1, 2, 4, 6, 9, 12)))
        if self.plot.goes_to in MEASURED:
            return spans[self.plot.before].first - dt.timedelta(days=self.chance.randint(20, 40))
        return self.today - dt.timedelta(days=self.chance.randint(25, 90))

    def moment(self, day: dt.date) -> dt.datetime:
        clock = dt.time(self.chance.randint(8, 16), self.chance.randint(0, 59))
        return dt.datetime.combine(day, clock, tzinfo=timezone.get_default_timezone())

    # What happens --------------------------------------------------------------------------------------------------
    def _describe(self, submitted_on: dt.date, spans: list[Span]) -> None:
        idea, now = self.idea, self.moment(submitted_on - dt.timedelta(days=1))
        is_ready = self.plot.goes_to != "draft"
        rest: dict[str, Any] = {"benefit": idea.benefit, "kind": idea.kind}
        if is_ready:
            rest |= {
                "plan": idea.plan,
                "first_step": idea.first_step,
                "first_step_on": submitted_on + dt.timedelta(days=self.chance.randint(5, 25)),
                "cost": Decimal(self.chance.choice((0, 0, 0, 2_000, 8_000, 25_000))),
                "hours_asked": Decimal(self.chance.choice((4, 8, 16, 40))),
                "has_personal_data": False,
                "is_reversible": True,
                "is_critical": False,
            }
        self.initiative = create_draft(by=self.owner, now=now, title=self.title, unit=self.unit, **rest)
        indicator = indicator_named(idea.indicator, idea.unit_of_measure, idea.direction, idea.kind)
        review_on = self.reviewed(spans).last if self.plot.goes_to in ENDED else None
        horizon = submitted_on + dt.timedelta(days=300)
        wanted = WantedOutcome(
            indicator,
            target=Decimal(str(idea.target)),
            target_on=review_on or max(horizon, self.today + dt.timedelta(days=30)),
            cadence=self.plot.cadence,
            review_on=review_on,
            baseline_ready_on=submitted_on + dt.timedelta(days=20),
        )
        self.outcome: Outcome = want(self.initiative, wanted, by=self.owner, seen=self.initiative.seen, now=now)

    def _drawn(self, count: int, effect: float) -> list[float]:
        level = self.idea.level + effect * (self.idea.target - self.idea.level)
        return [max(0.0, round(self.chance.gauss(level, self.idea.noise), 1)) for _ in range(count)]

    def _measure(self, spans: list[Span], numbers: Iterable[float], now: dt.datetime) -> None:
        entries = [
            Entry(span.last, Decimal(str(number)), period_start=span.first)
            for span, number in zip(spans, numbers, strict=False)
            if span.last <= timezone.localdate(now)
        ]
        record_values(self.outcome, entries, source=Measurement.Source.PERSON, now=now, by=self.owner)

    def step(self, verb: Verb, day: dt.date, *, by: Employee | None, **given: Any) -> None:
        self.initiative.refresh_from_db()
        given_ = Given(**given)
        take_step(self.initiative, verb, by=by, seen=self.initiative.seen, now=self.moment(day), given=given_)

    def decider(self, day: dt.date) -> Employee:
        found = decider_for(self.unit, on=day, cost=self.initiative.cost, drivers=driver_ids(self.initiative))
        assert found is not None, "the demo's municipality has a decision-maker everywhere"
        return found.employee

    def submit(self, day: dt.date) -> None:
        self.step(Verb.SUBMIT, day, by=self.owner)

    def get_going(self, day: dt.date) -> dt.date:
        """Decided in some days, or started by silence."""
        self.submit(day)
        if self.chance.random() < 0.12:
            self.initiative.refresh_from_db()
            assert self.initiative.decide_by_on is not None
            started_on: dt.date = self.initiative.decide_by_on + dt.timedelta(days=1)
            self.step(Verb.SILENCE, started_on, by=None)
            return started_on
        started_on = day + dt.timedelta(days=self.chance.randint(1, 9))
        greeting = self.chance.choice(
            ("", "Bra att ni börjar i liten skala.", "Kör, jag tror på det här!", "Ja, gärna.")
        )
        self.step(Verb.APPROVE, started_on, by=self.decider(started_on), reason=greeting)
        return started_on

    def follow_up(self, change_on: dt.date, spans: list[Span], until: dt.date) -> None:
        self._measure(spans[: self.plot.before], self.before, self.moment(change_on))
        self.step(Verb.IMPLEMENT, max(change_on, spans[self.plot.before].first), by=self.owner, change_on=change_on)
        after = self.after or self._drawn(len(spans), self.plot.effect)
        self._measure(spans[self.plot.before :], after, self.moment(until))
        for place, cause in self.causes.items():
            value = self.outcome.measurements.get(observed_on=spans[self.plot.before + place].last)
            explain(value, cause, by=self.owner, now=self.moment(until))

    def claim(self, ended_on: dt.date) -> None:
        """What saves time is worth hours, and now and then kronor too."""
        if self.idea.kind != "time" or not (self.plot.claims or self.chance.random() <= CLAIMED):
            return
        outcome, now = self.initiative.outcomes.get(), self.moment(ended_on)
        cases, each = self.chance.choice((20, 40, 60)), Decimal(self.chance.choice(("0.25", "0.5")))
        hours = Terms(
            Claim.Kind.HOURS, Decimal(cases), each, "Antal ärenden ur verksamhetssystemet.", is_recurring=True
        )
        make_claim(outcome, hours, by=self.owner, now=now)
        if self.chance.random() < 0.3:
            kronor = replace(hours, kind=Claim.Kind.MONEY, unit_value=each * 420, is_hard=True)
            make_claim(outcome, kronor, by=self.owner, now=now)

    def let_verify(self, ended_on: dt.date) -> None:
        """Some weeks later by the nearest controller, if there is one; what ended just now still waits."""
        outcome = self.initiative.outcomes.get()
        day = ended_on + dt.timedelta(days=self.chance.randint(5, 30))
        controllers = Assignment.objects.filter(role=Role.CONTROLLER, unit__in=self.unit.path)
        nearest = max(controllers, key=lambda held: self.unit.path.index(held.unit_id), default=None)
        if outcome.verification != Verification.ASKED or nearest is None or day > self.today:
            return
        if self.chance.random() < VERIFIED and verifies(nearest.employee, self.initiative, on=day):
            verify(outcome, by=nearest.employee, seen=seen_by_controller(outcome), now=self.moment(day))

    def go_on_measuring(self, ended_on: dt.date, spans: list[Span]) -> None:
        """Each value when its period is over, so that every check comes in its time."""
        effect = self.plot.effect if self.plot.holds else 0.05
        later = [span for span in spans if span.last > ended_on and span.last < self.today]
        for span, number in zip(later, self._drawn(len(later), effect), strict=True):
            self._measure([span], [number], self.moment(min(span.last + dt.timedelta(days=3), self.today)))


def _proposed(story: Story, day: dt.date, change_on: dt.date, spans: list[Span]) -> None:
    story.submit(day)


def _returned(story: Story, day: dt.date, change_on: dt.date, spans: list[Span]) -> None:
    story.submit(day)
    later = day + dt.timedelta(days=3)
    story.step(Verb.RETURN, later, by=story.decider(later), reason="Vilka berörs mer än er egen grupp?")


def _declined(story: Story, day: dt.date, change_on: dt.date, spans: list[Span]) -> None:
    story.submit(day)
    later = day + dt.timedelta(days=5)
    story.step(
        Verb.DECLINE, later, by=story.decider(later),
        reason="Vi byter system i vår och kan inte göra båda samtidigt.", yes_when="När bytet är klart i maj.",
    )  # fmt: skip


def _withdrawn(story: Story, day: dt.date, change_on: dt.date, spans: list[Span]) -> None:
    story.submit(day)
    story.step(Verb.WITHDRAW, day + dt.timedelta(days=2), by=story.owner)


def _underway(story: Story, day: dt.date, change_on: dt.date, spans: list[Span]) -> None:
    story.get_going(day)


def _paused(story: Story, day: dt.date, change_on: dt.date, spans: list[Span]) -> None:
    started_on = story.get_going(day)
    story.step(
        Verb.PAUSE, min(started_on + dt.timedelta(days=4), story.today), by=story.owner,
        reason="Vi är korta på folk till efter jul.", resume_on=story.today + dt.timedelta(days=40),
    )  # fmt: skip


def _stopped(story: Story, day: dt.date, change_on: dt.date, spans: list[Span]) -> None:
    started_on = story.get_going(day)
    story.step(
        Verb.STOP, min(started_on + dt.timedelta(days=10), story.today), by=story.owner,
        reason="Leverantören drog tillbaka tjänsten.", lesson=story.idea.lesson,
    )  # fmt: skip


def _measuring(story: Story, day: dt.date, change_on: dt.date, spans: list[Span]) -> None:
    story.get_going(day)
    story.follow_up(change_on, spans, story.today)


def _concluded(story: Story, day: dt.date, change_on: dt.date, spans: list[Span]) -> None:
    story.get_going(day)
    review_on = story.reviewed(spans).last
    done_on = min(review_on + dt.timedelta(days=story.chance.randint(0, 6)), story.today)
    story.follow_up(change_on, spans, done_on)
    story.step(Verb.CONCLUDE, done_on, by=story.owner, lesson=story.idea.lesson)
    story.claim(done_on)
    story.let_verify(done_on)
    story.go_on_measuring(done_on, spans)


def _unmeasured(story: Story, day: dt.date, change_on: dt.date, spans: list[Span]) -> None:
    """Too few values, and the decider's yes to the reason why."""
    story.get_going(day)
    done_on = min(story.reviewed(spans).last, story.today)
    story.follow_up(change_on, spans, done_on)
    story.initiative.refresh_from_db()
    reason = "Systemet som räknade byttes ut, och det nya räknar något annat."
    now = story.moment(done_on)
    waiver = ask_for_waiver(story.initiative, Waiver.Kind.RESULT, reason, by=story.owner, now=now)
    answer_waiver(waiver, is_accepted=True, by=story.decider(done_on), now=now)
    story.step(Verb.CONCLUDE, done_on, by=story.owner, lesson=story.idea.lesson)


ENDS: Final[dict[str, Callable[[Story, dt.date, dt.date, list[Span]], None]]] = {
    "proposed": _proposed,
    "returned": _returned,
    "declined": _declined,
    "withdrawn": _withdrawn,
    "underway": _underway,
    "paused": _paused,
    "stopped": _stopped,
    "measuring": _measuring,
    "concluded": _concluded,
    "unmeasured": _unmeasured,
}
MEASURED: Final = frozenset({"measuring", "concluded", "unmeasured"})
ENDED: Final = frozenset({"concluded", "unmeasured"})
