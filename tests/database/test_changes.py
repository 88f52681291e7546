"""What is told of which act, exactly: to those who see the whole, and to a part of the organisation."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from initiatives.actions.measuring import Entry, record_values
from initiatives.api.indicators import INDICATOR
from initiatives.api.initiatives import INITIATIVE
from initiatives.api.measurements import MEASUREMENT
from initiatives.api.outcomes import OUTCOME
from initiatives.api.units import UNIT
from initiatives.models import Change, Claim, Correction, Goal, Indicator, Initiative, Measurement, Outcome, Overlap
from initiatives.workflow import PRIVATE_STATES, QUIET_STATES, State
from kommun import organisation
from kommun.models import Unit
from tests.builders import NOW, TODAY, a_claim, a_person, a_unit, an_indicator, an_initiative, an_outcome, values
from tests.watching import a_client, told_to

pytestmark = pytest.mark.django_db
Told = set[tuple[str, str]]


@dataclass
class Town:
    """Two departments; a unit in the first, with an initiative that another one in the second is modelled on."""

    root: Unit
    build: Unit
    school: Unit
    unit: Unit
    initiative: Initiative
    outcome: Outcome
    later: Initiative

    def told(self, act: Callable[[], object]) -> tuple[Told, Told, Told]:
        """What the whole, the first department and the second are told of the act."""
        Change.objects.all().delete()
        act()
        whole, build, school = (told_to(a_client(unit)) for unit in (None, self.build, self.school))
        return whole, build, school

    def change(self, **columns: Any) -> object:
        return Initiative.objects.filter(pk=self.initiative.pk).update(**columns)


@pytest.fixture
def town() -> Town:
    root = a_unit("Kommunen")
    build, school = a_unit("Bygg", root), a_unit("Skola", root)
    unit = a_unit("Bygglov", build)
    initiative = an_initiative(a_person(), unit, "measuring")
    later = an_initiative(a_person(), school, "measuring", target=None, origin=initiative)
    return Town(root, build, school, unit, initiative, initiative.outcomes.get(), later)


def of(kind: str, *subjects: Any) -> Told:
    return {(kind, str(getattr(each, "uuid", getattr(each, "code", each)))) for each in subjects}


# --- Initiatives ----------------------------------------------------------------------------------------------------
def test_states_that_machines_do_not_see_are_those_of_the_workflow() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT state FROM unnest(%s::text[]) state WHERE NOT machines_see(state)", [State.values])
        assert {state for (state,) in cursor.fetchall()} == PRIVATE_STATES | QUIET_STATES


def test_any_change_of_an_initiative_is_told_since_it_shows_when_it_was(town: Town) -> None:
    changed = of("initiative.changed", town.initiative)
    assert town.told(lambda: town.change(title="Annat")) == (changed, changed, set())
    assert town.told(lambda: town.change(decide_by_on=TODAY)) == (changed, changed, set())


def everything(what: str, town: Town) -> Told:
    came = of(f"initiative.{what}", town.initiative) | of(f"outcome.{what}", town.outcome)
    return came | of("indicator.changed", town.outcome.indicator)


@pytest.mark.parametrize("state", ["withdrawn", "declined", "draft"])
def test_what_goes_out_of_sight_is_removed_with_all_that_belongs_to_it_and_what_shows_it(
    town: Town, state: str
) -> None:
    gone, model = everything("removed", town), of("initiative.changed", town.later)
    assert town.told(lambda: town.change(state=state)) == (gone | model, gone, set())
    assert town.told(lambda: town.change(title="Annat")) == (set(), set(), set())
    come = everything("changed", town)
    assert town.told(lambda: town.change(state="measuring")) == (come | model, come, set())


def test_what_moves_is_gone_from_the_part_that_it_leaves_and_comes_to_the_other(town: Town) -> None:
    changed = of("initiative.changed", town.initiative) | of("outcome.changed", town.outcome)
    indicator, model = of("indicator.changed", town.outcome.indicator), of("initiative.changed", town.later)
    assert town.told(lambda: town.change(unit=town.school)) == (
        changed,
        everything("removed", town),
        changed | indicator | model,
    )


def test_what_moves_within_a_part_is_only_changed_there(town: Town) -> None:
    changed = of("initiative.changed", town.initiative) | of("outcome.changed", town.outcome)
    assert town.told(lambda: town.change(unit=town.build)) == (changed, changed, set())
    here = a_client(town.unit)
    town.told(lambda: town.change(unit=town.unit))
    assert told_to(here) == everything("changed", town)
    town.told(lambda: town.change(unit=town.build))
    assert told_to(here) == everything("removed", town)


def test_a_deleted_initiative_is_removed(town: Town) -> None:
    made = Initiative.objects.create(title="Ny", owner=a_person(), unit=town.unit, state="underway", steps_taken=1)
    outcome = an_outcome(made)
    gone = of("initiative.removed", made) | of("outcome.removed", outcome) | of("indicator.changed", outcome.indicator)
    changed = of("initiative.changed", made)  # for a moment, without its outcome
    assert town.told(made.delete) == (gone | changed, gone | changed, set())
    assert Change.objects.filter(subject=made.uuid).last() == Change.objects.get(kind="initiative.removed")


def test_drafts_tell_nothing(town: Town) -> None:
    def live() -> None:
        draft = an_initiative(a_person(), town.unit, origin=town.later)
        outcome = draft.outcomes.get()
        values(outcome, [1, 2], until=TODAY)
        outcome.measurements.update(value=3)
        a_claim(outcome)
        Indicator.objects.filter(pk=outcome.indicator_id).update(name="Ett annat")
        Initiative.objects.filter(pk=draft.pk).update(unit=town.school, goal=Goal.objects.create(code="A", name="B"))
        Goal.objects.update(name="C")
        outcome.delete()

    assert town.told(live) == (set(), set(), set())


def test_many_at_once_are_each_told(town: Town) -> None:
    assert town.told(lambda: Initiative.objects.update(title="Samma"))[0] == of(
        "initiative.changed", town.initiative, town.later
    )


# --- Outcomes and what lies below them ------------------------------------------------------------------------------
def changed_outcome(town: Town) -> tuple[Told, Told, Told]:
    changed = of("outcome.changed", town.outcome)
    return changed, changed, set()


@pytest.mark.parametrize("columns", [{"target": 7}, {"next_due_on": TODAY}, {"hold": "held"}, {"shift_low": 1}])
def test_any_change_of_an_outcome_is_told(town: Town, columns: dict[str, Any]) -> None:
    act = lambda: Outcome.objects.filter(pk=town.outcome.pk).update(**columns)  # noqa: E731
    assert town.told(act) == changed_outcome(town)


@pytest.mark.parametrize("columns", [{"grade": 3}, {"verdict": "improved"}, {"is_primary": False}])
def test_what_decides_an_initiative_changes_it_too(town: Town, columns: dict[str, Any]) -> None:
    told = of("outcome.changed", town.outcome) | of("initiative.changed", town.initiative)
    act = lambda: Outcome.objects.filter(pk=town.outcome.pk).update(**columns)  # noqa: E731
    assert town.told(act) == (told, told, set())


def test_what_does_not_decide_changes_no_initiative(town: Town) -> None:
    second = an_outcome(town.initiative, is_primary=False)
    act = lambda: Outcome.objects.filter(pk=second.pk).update(grade=3)  # noqa: E731
    assert town.told(act)[0] == of("outcome.changed", second)


def test_an_outcome_comes_and_goes_with_its_indicator(town: Town) -> None:
    made: list[Outcome] = []
    whole, build, school = town.told(lambda: made.append(an_outcome(town.later)))
    told = of("outcome.changed", made[0]) | of("indicator.changed", made[0].indicator)
    decided = of("initiative.changed", town.later)
    assert (whole, build, school) == (told | decided, set(), told | decided)
    gone = of("outcome.removed", made[0]) | of("indicator.changed", made[0].indicator) | decided
    assert town.told(made[0].delete) == (gone, set(), gone)


def test_an_outcome_that_is_judged_by_another_indicator_tells_of_both(town: Town) -> None:
    other, before = an_indicator(), town.outcome.indicator
    act = lambda: Outcome.objects.filter(pk=town.outcome.pk).update(indicator=other)  # noqa: E731
    assert town.told(act)[1] == of("outcome.changed", town.outcome) | of("indicator.changed", other, before)


def enter(town: Town, **columns: Any) -> Measurement:
    span = {"outcome": town.outcome, "observed_on": TODAY, "period_start": TODAY, "source": "api", "value": 1}
    return Measurement.objects.create(**span | columns)


def test_a_value_of_any_series_changes_its_outcome_as_it_comes_changes_and_goes(town: Town) -> None:
    assert town.told(lambda: enter(town)) == changed_outcome(town)
    assert town.told(lambda: enter(town, series="extra")) == changed_outcome(town)
    day = TODAY - dt.timedelta(days=1)
    assert town.told(lambda: enter(town, observed_on=day, period_start=day, value=None)) == changed_outcome(town)
    assert town.told(lambda: Measurement.objects.update(value=2)) == changed_outcome(town)
    assert town.told(lambda: Measurement.objects.update(cause="Semester")) == changed_outcome(town)
    correction = Correction(measurement=Measurement.objects.all()[0], reason="Fel", at=NOW)
    Change.objects.all().delete()
    assert town.told(correction.save) == changed_outcome(town)
    assert town.told(lambda: Measurement.objects.exclude(corrections__reason="Fel").delete()) == changed_outcome(town)


def test_claims_and_how_they_were_told_apart_change_their_outcomes(town: Town) -> None:
    other = an_outcome(town.later, indicator=town.outcome.indicator)
    assert town.told(lambda: a_claim(town.outcome)) == changed_outcome(town)
    claim, second = town.outcome.claims.get(), a_claim(other)
    both = of("outcome.changed", town.outcome, other)
    overlap = Overlap(first=claim, other=second, answer="split", first_share=1, other_share=0, reason="A", at=NOW)
    overlap.by = a_person()
    assert town.told(overlap.save)[0] == both
    assert town.told(lambda: Overlap.objects.update(reason="B"))[0] == both
    assert town.told(overlap.delete)[0] == both
    assert town.told(lambda: Claim.objects.filter(pk=claim.pk).update(volume=9)) == changed_outcome(town)
    assert town.told(claim.delete) == changed_outcome(town)


def test_ten_thousand_values_are_told_once(town: Town) -> None:
    days = [dt.date(1990, 1, 1) + dt.timedelta(days=each) for each in range(10_000)]
    Change.objects.all().delete()
    record_values(town.outcome, [Entry(day, Decimal(1)) for day in days], source=Measurement.Source.API, now=NOW)
    assert Change.objects.filter(kind="outcome.changed").count() == 1


# --- What many show -------------------------------------------------------------------------------------------------
def test_a_goal_in_other_words_changes_the_initiatives_that_serve_it(town: Town) -> None:
    goal = Goal.objects.create(code="KF-1", name="Enkel kontakt")
    town.change(goal=goal)
    changed = of("initiative.changed", town.initiative)
    for columns in ({"name": "Annat"}, {"code": "KF-2"}):
        act = lambda columns=columns: Goal.objects.update(**columns)  # noqa: E731
        assert town.told(act) == (changed, changed, set())
    assert town.told(lambda: Goal.objects.update(from_on=TODAY)) == (set(), set(), set())


@pytest.mark.parametrize("column", ["name", "unit_of_measure"])
def test_an_indicator_in_other_words_changes_its_outcomes(town: Town, column: str) -> None:
    told = of("indicator.changed", town.outcome.indicator) | of("outcome.changed", town.outcome)
    assert town.told(lambda: Indicator.objects.update(**{column: "annat"})) == (told, told, set())


def test_what_else_an_indicator_says_changes_it_alone(town: Town) -> None:
    told = of("indicator.changed", town.outcome.indicator)
    assert town.told(lambda: Indicator.objects.update(kolada_id="N00945")) == (told, told, set())


# --- Units ----------------------------------------------------------------------------------------------------------
def update(unit: Unit, **columns: Any) -> Callable[[], object]:
    return lambda: Unit.objects.filter(pk=unit.pk).update(**columns)


def test_a_unit_with_another_name_changes_what_shows_it(town: Town) -> None:
    told = of("unit.changed", town.unit) | of("initiative.changed", town.initiative)
    assert town.told(update(town.unit, name="Annan")) == (told, told, set())


@pytest.mark.parametrize("columns", [{"kind": "division"}, {"ended_on": TODAY}, {"sort_key": "ö"}])
def test_what_else_a_unit_says_changes_it_alone(town: Town, columns: dict[str, Any]) -> None:
    told = of("unit.changed", town.unit)
    assert town.told(update(town.unit, **columns)) == (told, told, set())
    assert town.told(update(town.unit, source="import")) == (set(), set(), set())


def test_a_unit_with_another_code_is_another_and_so_are_those_who_name_it(town: Town) -> None:
    gone = of("unit.removed", town.build.code)
    changed = of("unit.changed", "NY", town.unit)
    assert town.told(update(town.build, code="NY")) == (gone | changed, gone | changed, set())
    told = of("unit.removed", town.unit.code) | of("unit.changed", "LOV") | of("initiative.changed", town.initiative)
    told |= of("outcome.changed", town.outcome)
    assert town.told(update(town.unit, code="LOV")) == (told, told, set())


def test_a_unit_that_moves_takes_all_in_it_along(town: Town) -> None:
    unit = of("unit.changed", town.unit)
    gone = of("unit.removed", town.unit) | everything("removed", town)
    # While it moves, it is for a moment under its new parent with its old path: the old part is told of that too.
    whole, build, school = town.told(lambda: organisation.place(town.unit, town.school, on=TODAY))
    assert (whole, build - unit) == (unit, gone)
    assert school == unit | everything("changed", town) | of("initiative.changed", town.later)


def test_a_new_unit_and_one_that_is_deleted(town: Town) -> None:
    told = of("unit.changed", "NY")
    assert town.told(lambda: organisation.add_unit("NY", "Ny", parent=town.build, on=TODAY)) == (told, told, set())
    gone = of("unit.removed", "NY")
    assert town.told(Unit.objects.get(code="NY").delete) == (gone, gone, set())


# --- Once in a transaction ------------------------------------------------------------------------------------------
def test_told_again_it_comes_after_what_was_told_since(town: Town) -> None:
    def there_and_back() -> None:
        town.change(title="Annat")
        town.change(state="withdrawn")
        town.change(state="measuring")

    town.told(there_and_back)
    listed = Change.objects.filter(subject=town.initiative.uuid).values_list("kind", flat=True)
    assert list(listed) == ["initiative.removed", "initiative.changed"]


def test_told_again_it_concerns_all_whom_it_did(town: Town) -> None:
    def to_and_fro() -> None:
        for unit in (town.school, town.unit, town.school):
            town.change(unit=unit)

    _whole, build, school = town.told(to_and_fro)
    assert of("initiative.removed", town.initiative) <= build & school
    [path] = Change.objects.filter(kind="initiative.changed", subject=town.initiative.uuid).values_list("path")
    assert set(path[0]) == {0, town.root.pk, town.build.pk, town.unit.pk, town.school.pk}


def test_what_is_undone_is_not_told(town: Town) -> None:
    Change.objects.all().delete()
    with transaction.atomic():
        town.change(title="Annat")
        transaction.set_rollback(True)
    assert not Change.objects.exists()


# --- Every member of every resource ---------------------------------------------------------------------------------
# Where each member comes from. A new one has to be thought of: is a change of what it shows told?
MEMBERS = {
    "Initiative": {
        "its row": "id title benefit plan kind state phase ending lesson cost begunAt submittedAt changeOn concludedAt "
        "stateSinceAt createdAt updatedAt",
        "its unit": "unitCode unitName",
        "its goal": "goalCode goalName",
        "its model": "originId",
        "its primary outcome": "wasMeasured evidenceGrade",
    },
    "Outcome": {
        "its row": "id isPrimary target targetOn reviewOn cadence valueCount latest.value latest.observedOn "
        "baseline.median baseline.fromOn baseline.toOn limits.mean limits.low limits.high "
        "verdict.code verdict.isFinal verdict.isSecondLook verdict.shift "
        "verdict.shiftLow verdict.shiftHigh verdict.pValue verdict.warnings resultStatus evidenceGrade "
        "provenance.method provenance.valuesBefore provenance.valuesAfter provenance.verifiedByRole "
        "provenance.verifiedAt provenance.hold provenance.heldUntil provenance.fadedOn createdAt updatedAt",
        "its initiative": "initiativeId",
        "its initiative's unit": "unitCode",
        "its indicator": "indicatorId indicatorName unitOfMeasure direction",
        "its values": "provenance.sources",
        "its claims": "provenance.overlapFactor",
    },
    "Indicator": {"its row": "id name unitOfMeasure direction kind koladaId createdAt updatedAt"},
    "Unit": {"its row": "code name kind level endedOn", "its parent": "parentCode"},
    "Measurement": {
        "its row": "id series periodStart observedOn value channel source createdAt updatedAt",
        "its corrections": "isCorrected",
    },
}


@pytest.mark.parametrize(
    "shape", [INITIATIVE, OUTCOME, INDICATOR, UNIT, MEASUREMENT], ids=lambda shape: shape.component.name
)
def test_every_member_comes_from_something_whose_changes_are_told(shape: Any) -> None:
    known = " ".join(MEMBERS[shape.component.name].values()).split()
    assert {field.name for field in shape.fields} <= set(known)
