"""Whatever anybody does, each client is told of all that became different for it, and of nothing that it never saw."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from initiatives.models import Change, Goal, Indicator, Initiative, Measurement
from kommun import organisation
from kommun.models import Unit
from tests.builders import TODAY
from tests.database.test_rollup_operations import Municipality, pick, with_or_without
from tests.watching import a_client, differences, seen_by, subjects, told_to

pytestmark = pytest.mark.django_db


class WatchedMunicipality(Municipality):
    """The same operations as those that the roll-up must stand, and changes of what many initiatives show."""

    def __init__(self) -> None:
        super().__init__()
        self.goals = [Goal.objects.create(code=f"KF-{number}", name="Enkel kontakt") for number in range(2)]
        self.units.append(organisation.add_unit("GREN", "Gren", parent=self.units[2], on=TODAY))
        self.clients = [a_client(), *(a_client(unit) for unit in Unit.objects.all())]
        self.before = [seen_by(client) for client in self.clients]
        Change.objects.all().delete()

    @rule(which=pick, unit=pick)
    def move_to_another_unit(self, which: int, unit: int) -> None:
        Initiative.objects.filter(pk=self.one(which).pk).update(unit=self.units[unit % 4])

    @rule(unit=pick, parent=pick)
    def move_many_units(self, unit: int, parent: int) -> None:
        one, other = self.units[unit % 4], self.units[parent % 4]
        places: dict[int, int | None] = {one.pk: other.pk, other.pk: Unit.objects.get(parent=None).pk}
        with_or_without(lambda: organisation.place_many(places, on=TODAY))

    @rule(which=pick, goal=pick | st.none(), origin=pick)
    def serve(self, which: int, goal: int | None, origin: int) -> None:
        found, model = self.one(which), self.one(origin)
        Initiative.objects.filter(pk=found.pk).update(
            goal=None if goal is None else self.goals[goal % 2], origin=model if model != found else None
        )

    @rule(unit=pick, column=st.sampled_from(["name", "code", "kind", "ended_on"]), number=st.integers(0, 9))
    def change_unit(self, unit: int, column: str, number: int) -> None:
        place = self.units[unit % 4]
        values = {"name": f"Enhet {number}", "code": f"N{number}", "kind": "division", "ended_on": TODAY}
        with_or_without(lambda: Unit.objects.filter(pk=place.pk).update(**{column: values[column]}))

    @rule(goal=pick, column=st.sampled_from(["name", "code"]), number=st.integers(0, 9))
    def change_goal(self, goal: int, column: str, number: int) -> None:
        with_or_without(lambda: Goal.objects.filter(pk=self.goals[goal % 2].pk).update(**{column: f"M{number}"}))

    @rule(
        which=pick, column=st.sampled_from(["name", "unit_of_measure", "kind", "kolada_id"]), number=st.integers(0, 9)
    )
    def change_indicator(self, which: int, column: str, number: int) -> None:
        values = {"name": f"Mått {number}", "unit_of_measure": f"m{number}", "kind": "money", "kolada_id": "N00945"}
        found = self.indicators[which % 3]
        with_or_without(lambda: Indicator.objects.filter(pk=found.pk).update(**{column: values[column]}))

    @rule(which=pick, value=st.integers(1, 40))
    def correct(self, which: int, value: int) -> None:
        Measurement.objects.filter(outcome=self.an_outcome_of(which)).update(value=Decimal(value))

    @rule()
    def rename_all_at_once(self) -> None:
        Initiative.objects.all().update(title="Samma namn")

    @invariant()
    def everybody_is_told_all_that_concerns_them_and_nothing_else(self) -> None:
        if not hasattr(self, "clients"):
            return
        for number, client in enumerate(self.clients):
            before, after, told = self.before[number], seen_by(client), told_to(client)
            assert differences(before, after) - told == set()
            assert subjects(told) - (before.keys() | after.keys()) == set()
            self.before[number] = after
        Change.objects.all().delete()


def test_whatever_happens_is_told_to_whom_it_concerns() -> None:
    run_state_machine_as_test(
        WatchedMunicipality,
        settings=settings(
            max_examples=6,
            stateful_step_count=40,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
