"""The roll-up is what a full recount gives after any operations in any order."""

import datetime as dt
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from initiatives.actions import drafting, steps, verifying
from initiatives.actions.attempt import Given
from initiatives.actions.measuring import Entry, record_values
from initiatives.actions.refusals import NotAllowed, Overtaken, Refused
from initiatives.models import Claim, Goal, Initiative, Kind, Measurement, Outcome, Rollup
from initiatives.outcomes import rollup, series, shares
from initiatives.workflow import STEP, Actor, State, Verb
from kommun import organisation
from kommun.models import Role
from tests.builders import (
    NOW,
    READY,
    TODAY,
    a_claim,
    a_manager,
    a_person,
    a_unit,
    an_indicator,
    an_initiative,
    an_outcome,
    assign,
    moment,
)

pytestmark = pytest.mark.django_db
GIVEN = Given(
    reason="Därför.",
    lesson="Börja i liten skala.",
    yes_when="Om det blir billigare.",
    resume_on=TODAY + dt.timedelta(days=14),
    change_on=TODAY - dt.timedelta(days=60),
    review_on=TODAY + dt.timedelta(days=60),
)
pick = st.integers(0, 1000)
grades = st.integers(0, 5)
amounts = st.none() | st.decimals(-1000, 1000, places=2)
entries = st.lists(st.tuples(st.integers(0, 400), st.none() | st.integers(1, 40)), min_size=1, max_size=12)


# Whole counts, written otherwise than the facts that triggers and recount share.
COUNTED = """
WITH placed AS (SELECT id FROM initiatives_initiative WHERE unit_id IS NOT NULL),
aimed AS (SELECT id, shift FROM initiatives_outcome WHERE initiative_id IN (TABLE placed))
SELECT array[
    (SELECT count(*) FROM placed), (SELECT count(*) FROM aimed), (SELECT count(shift) FROM aimed),
    (SELECT count(value) FROM initiatives_measurement WHERE outcome_id IN (SELECT id FROM aimed))
], (SELECT array[sum(initiatives), sum(outcomes), sum(shifts), sum(measurements)] FROM initiatives_rollup)
"""


class Municipality(RuleBasedStateMachine):
    """Anything that people, machines and the clock do with initiatives, values and units, and some that they do not."""

    def __init__(self) -> None:
        super().__init__()
        self.example = transaction.atomic()
        self.example.__enter__()
        root = a_unit("Kommunen")
        self.units = [a_unit(name, root, own_mandate=True) for name in ("Bygg", "Skola")]
        self.units.append(a_unit("Förskola", self.units[1]))
        self.owner, self.decider = a_person(unit=root), a_manager(root)
        self.controller = assign(a_person(), Role.CONTROLLER, root)
        self.indicators = [an_indicator() for _ in range(3)]
        self.goals = [Goal.objects.create(code=code, name=code) for code in ("A", "B")]
        for unit in self.units:
            an_initiative(self.owner, unit, "measuring")

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.example.__exit__(None, None, None)

    def one(self, number: int) -> Initiative:
        found = Initiative.objects.order_by("id")
        return found[number % found.count()]

    def an_outcome_of(self, number: int) -> Outcome:
        found = Outcome.objects.select_related("initiative__unit", "indicator").order_by("id")
        return found[number % found.count()]

    def claims_from(self, number: int) -> "QuerySet[Claim]":
        found = list(Claim.objects.order_by("id").values_list("pk", flat=True)) or [0]
        return Claim.objects.filter(pk__gte=found[number % len(found)])

    @rule(unit=pick | st.none(), kind=st.sampled_from(["", *Kind.values]), state=st.sampled_from(State))
    def begin(self, unit: int | None, kind: str, state: State) -> None:
        if state != State.DRAFT and unit is not None:
            day = moment(TODAY - dt.timedelta(days=unit % 90), hour=0)
            an_initiative(self.owner, self.units[unit % 3], state, kind=kind, submitted_at=day)
        else:
            place = None if unit is None else self.units[unit % 3]
            drafting.create_draft(by=self.owner, now=NOW, title="Kortare kö", unit=place, kind=kind, **READY)

    @rule(which=pick, indicator=pick)
    def want(self, which: int, indicator: int) -> None:
        day = TODAY + dt.timedelta(days=90)
        wanted = drafting.WantedOutcome(self.indicators[indicator % 3], Decimal(5), day, baseline_ready_on=day)
        found = self.one(which)
        with_or_without(lambda: drafting.want(found, wanted, by=self.owner, seen=found.seen, now=NOW))

    @rule(which=pick, unit=pick, kind=st.sampled_from(Kind))
    def describe(self, which: int, unit: int, kind: Kind) -> None:
        found, place = self.one(which), self.units[unit % 3]
        with_or_without(
            lambda: drafting.describe(found, by=self.owner, seen=found.seen, now=NOW, unit=place, kind=kind)
        )

    @rule(which=pick, verb=st.sampled_from(Verb))
    def take_step(self, which: int, verb: Verb) -> None:
        found = self.one(which)
        possible = [step for step in STEP.values() if found.state in step.sources]
        step = possible[list(Verb).index(verb) % len(possible)]
        by = {Actor.OWNER: self.owner, Actor.DECIDER: self.decider}.get(min(step.actors, default=Actor.CLOCK))
        with_or_without(lambda: steps.take_step(found, step.verb, by=by, seen=found.seen, now=NOW, given=GIVEN))

    @rule(which=pick)
    def delete_draft(self, which: int) -> None:
        found = self.one(which)
        with_or_without(lambda: drafting.delete_draft(found, by=self.owner, seen=found.seen, now=NOW))

    @rule(which=pick, numbers=entries)
    def record(self, which: int, numbers: list[tuple[int, int | None]]) -> None:
        entered = [
            Entry(TODAY - dt.timedelta(days=days), None if value is None else Decimal(value)) for days, value in numbers
        ]
        record_values(self.an_outcome_of(which), entered, source=Measurement.Source.API, now=NOW)

    @rule(which=pick, days=st.integers(1, 60), is_undone=st.booleans())
    def drop_values(self, which: int, days: int, is_undone: bool) -> None:
        with transaction.atomic():
            Measurement.objects.filter(outcome=self.an_outcome_of(which), observed_on__day=days % 28).delete()
            transaction.set_rollback(is_undone)

    @rule(which=pick, days=st.integers(-40, 40))
    def move_values_in_time(self, which: int, days: int) -> None:
        outcome = self.an_outcome_of(which)
        with suppress(IntegrityError), transaction.atomic():
            for value in outcome.measurements.order_by("-observed_on" if days > 0 else "observed_on"):
                value.observed_on += dt.timedelta(days=days)
                value.period_start = value.observed_on
                value.save()
        series.refresh_outcome(outcome, outcome.initiative, now=NOW)

    @rule(which=pick, indicator=pick)
    def add_secondary(self, which: int, indicator: int) -> None:
        initiative, chosen = self.an_outcome_of(which).initiative, self.indicators[indicator % 3]
        with suppress(IntegrityError), transaction.atomic():
            an_outcome(initiative, indicator=chosen, is_primary=False)

    @rule(which=pick, is_primary=st.booleans())
    def change_what_decides(self, which: int, is_primary: bool) -> None:
        outcome = self.an_outcome_of(which)
        outcome.initiative.outcomes.update(is_primary=False)
        can_do_without = outcome.initiative.state == State.DRAFT
        Outcome.objects.filter(pk=outcome.pk).update(is_primary=is_primary or not can_do_without)

    @rule(which=pick, grade=grades, of_all=st.booleans())
    def grade(self, which: int, grade: int, of_all: bool) -> None:
        """Of one or of many in one statement."""
        graded = Outcome.objects.all() if of_all else Outcome.objects.filter(pk=self.an_outcome_of(which).pk)
        graded.update(grade=grade, shift=grade or None)

    @rule(which=pick)
    def verify(self, which: int) -> None:
        outcome = self.an_outcome_of(which)
        if outcome.verification == "":
            verifying.open_verification(outcome, by=self.owner, now=NOW)
        seen = verifying.seen_by_controller(outcome)
        with_or_without(lambda: verifying.verify(outcome, by=self.controller, seen=seen, now=NOW))

    @rule(
        which=pick,
        kind=st.sampled_from(Claim.Kind),
        amount=amounts,
        months=st.integers(1, 12),
        is_recurring=st.booleans(),
    )
    def claim(self, which: int, kind: str, amount: Decimal | None, months: int, is_recurring: bool) -> None:
        outcome = self.an_outcome_of(which)
        unit = "ton" if kind == Claim.Kind.OTHER else ""
        if outcome.initiative.unit and not outcome.claims.filter(kind=kind).exists():
            span = {"months": months if is_recurring else 1, "is_recurring": is_recurring}
            a_claim(outcome, kind=kind, amount=amount, unit_of_measure=unit, **span)

    @rule(which=pick, amount=amounts, is_checked=st.booleans(), stopped=st.integers(0, 200) | st.none())
    def answer_claims(self, which: int, amount: Decimal | None, is_checked: bool, stopped: int | None) -> None:
        self.claims_from(which).update(
            amount=amount,
            checked_at=NOW if is_checked else None,
            checked_by=self.decider if is_checked else None,
            stopped_on=None if stopped is None else TODAY + dt.timedelta(days=stopped),
        )

    @rule(which=pick)
    def drop_claims(self, which: int) -> None:
        self.claims_from(which).delete()

    @rule(unit=pick, parent=pick)
    def move_unit(self, unit: int, parent: int) -> None:
        with suppress(organisation.PlacementRefused), transaction.atomic():
            organisation.place(self.units[unit % 3], self.units[parent % 3], on=TODAY)
            assert rollup.summary_differences() == []

    @rule(which=pick, goal=pick | st.none())
    def serve(self, which: int, goal: int | None) -> None:
        Initiative.objects.filter(pk=self.one(which).pk).update(goal=None if goal is None else self.goals[goal % 2])

    @rule()
    def reckon_shares(self) -> None:
        shares.refresh()

    @rule()
    def fold(self) -> None:
        pending = Rollup.objects.filter(is_change=True).count()
        assert rollup.fold() == pending
        assert not Rollup.objects.filter(is_change=True).exists()
        assert rollup.summary_differences() == []

    @invariant()
    def is_what_a_recount_gives(self) -> None:
        assert rollup.differences() == []

    @invariant()
    def is_what_the_rows_are(self) -> None:
        """Counted otherwise than the recount that the triggers share their text with."""
        with connection.cursor() as cursor:
            cursor.execute(COUNTED)
            rows, figures = cursor.fetchone()
        assert figures == rows


def with_or_without(act: Callable[[], object]) -> None:
    """What is refused has changed nothing; the rest has."""
    with suppress(Refused, NotAllowed, Overtaken, IntegrityError), transaction.atomic():
        act()


def test_no_difference_after_thousands_of_random_operations() -> None:
    run_state_machine_as_test(
        Municipality,
        settings=settings(
            max_examples=40,
            stateful_step_count=50,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
