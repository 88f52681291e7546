"""Saying what a result is worth: who may, when, with which numbers, and what the values and a controller make of it."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from initiatives.actions.attempt import Given
from initiatives.actions.claiming import (
    Terms,
    change_claim,
    check_claims,
    first_month,
    make_claim,
    remove_claim,
    seen_of,
)
from initiatives.actions.measuring import Entry, record_values
from initiatives.actions.refusals import NotAllowed, Overtaken, Refused
from initiatives.actions.steps import take_step
from initiatives.actions.verifying import seen_by_controller, verify
from initiatives.models import Claim, CoDriver, Event, Initiative, Measurement, Outcome, Transition
from initiatives.outcomes.claims import revalue
from initiatives.workflow import State, Verb
from kommun.models import Employee, Role, Unit
from tests.builders import (
    LONG_AGO,
    NOW,
    TODAY,
    a_manager,
    a_person,
    a_unit,
    a_year_of_hours,
    an_initiative,
    an_outcome,
    assign,
    moment,
    values,
)

pytestmark = pytest.mark.django_db
HOURS = Terms(Claim.Kind.HOURS, Decimal(30), Decimal("0.5"), "30 ärenden i månaden enligt diariet.", is_recurring=True)
CHANGE_ON = TODAY - dt.timedelta(days=60)  # 24 September
OCTOBER = dt.date(2026, 10, 1)


@pytest.fixture
def root() -> Unit:
    return a_unit("Kommunen")


@pytest.fixture
def unit(root: Unit) -> Unit:
    return a_unit("Bygglov", root)


@pytest.fixture
def owner(unit: Unit) -> Employee:
    return a_person(unit=unit)


@pytest.fixture
def karin(root: Unit) -> Employee:
    return assign(a_person("Karin", "Nordin"), Role.CONTROLLER, root)


@pytest.fixture
def outcome(owner: Employee, unit: Unit) -> Outcome:
    """Of an initiative that is followed up: about 41 days before, about 21 after."""
    initiative = an_initiative(owner, unit, State.MEASURING, change_on=CHANGE_ON)
    Outcome.objects.filter(initiative=initiative).update(
        review_on=TODAY, baseline_from_on=LONG_AGO, baseline_to_on=CHANGE_ON - dt.timedelta(days=1)
    )
    found = initiative.outcomes.get()
    values(found, [40, 42, 41, 39, 43], until=CHANGE_ON - dt.timedelta(days=3))
    values(found, [20, 22, 21, 19, 23], until=TODAY - dt.timedelta(days=3))
    return initiative.outcomes.get()


@pytest.fixture
def claim(outcome: Outcome, owner: Employee) -> Claim:
    return make_claim(outcome, HOURS, by=owner, now=NOW)


def conclude(outcome: Outcome) -> Outcome:
    initiative = Initiative.objects.get(pk=outcome.initiative_id)
    given = Given(lesson="Ring dem.")
    take_step(initiative, Verb.CONCLUDE, by=initiative.owner, seen=initiative.seen, now=NOW, given=given)
    return initiative.outcomes.get()


def said(refused: pytest.ExceptionInfo[Refused]) -> list[tuple[str, str]]:
    return [(each.field, each.message) for each in refused.value.missing]


def fields(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [each.field for each in refused.value.missing]


def amounts(claim: Claim) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    claim.refresh_from_db()
    return claim.amount, claim.amount_low, claim.amount_high


def events(kind: str) -> list[dict[str, Any]]:
    return list(Event.objects.filter(kind=kind).order_by("id").values_list("data", flat=True))


# --- What it is worth -----------------------------------------------------------------------------------------------
def test_a_claim_is_worth_shift_times_volume_times_unit_value_with_the_interval(outcome: Outcome, claim: Claim) -> None:
    assert outcome.shift == -20
    assert (outcome.shift_low, outcome.shift_high) == (-23, -17)
    assert amounts(claim) == (300, 255, 345)
    assert (claim.from_on, claim.months, claim.to_on) == (OCTOBER, 12, dt.date(2027, 9, 30))
    assert (claim.indicator_id, claim.unit_id) == (outcome.indicator_id, outcome.initiative.unit_id)


def test_a_claim_follows_the_values(outcome: Outcome, claim: Claim, owner: Employee) -> None:
    entry = Entry(TODAY - dt.timedelta(days=1), Decimal(35))
    record_values(outcome, [entry], source=Measurement.Source.PERSON, now=NOW, by=owner)
    outcome.refresh_from_db()
    assert outcome.shift == Decimal("-19.5")
    assert amounts(claim)[0] == Decimal("292.5")


def test_without_enough_values_nothing_is_worth_anything_yet(owner: Employee, unit: Unit) -> None:
    initiative = an_initiative(owner, unit, State.MEASURING, change_on=CHANGE_ON)
    values(initiative.outcomes.get(), [41], until=CHANGE_ON - dt.timedelta(days=3))
    values(initiative.outcomes.get(), [21], until=TODAY)
    claim = make_claim(initiative.outcomes.get(), HOURS, by=owner, now=NOW)
    assert initiative.outcomes.get().shift == -20
    assert amounts(claim) == (None, None, None)


def test_an_amount_too_large_to_be_kept_is_none_and_never_stops_a_value(outcome: Outcome, owner: Employee) -> None:
    large = replace(HOURS, volume=Decimal("1e6"), unit_value=Decimal("1e6"))
    claim = make_claim(outcome, large, by=owner, now=NOW)
    entries = [Entry(TODAY - dt.timedelta(days=days), Decimal("9e11")) for days in range(20)]
    record_values(outcome, entries, source=Measurement.Source.PERSON, now=NOW, by=owner)
    outcome.refresh_from_db()
    assert (outcome.n_after, amounts(claim)) == (22, (None, None, None))


def test_a_recurring_effect_stops_the_day_it_faded_and_what_is_one_time_does_not(
    outcome: Outcome, claim: Claim, owner: Employee
) -> None:
    once = replace(HOURS, kind=Claim.Kind.MONEY, is_recurring=False)
    money = make_claim(outcome, once, by=owner, now=NOW)
    outcome = conclude(outcome)
    days = [TODAY + dt.timedelta(days=7 * count) for count in range(1, 7)]
    entries = [Entry(day, Decimal(41)) for day in days]
    record_values(outcome, entries, source=Measurement.Source.PERSON, now=moment(days[-1]), by=owner)
    outcome.refresh_from_db()
    claim.refresh_from_db()
    money.refresh_from_db()
    assert (claim.stopped_on, money.stopped_on) == (outcome.faded_on, None)
    assert claim.stopped_on is not None


@pytest.mark.parametrize("count", [1, 30])
def test_claims_are_revalued_in_two_queries_and_left_alone_in_one(
    outcome: Outcome, count: int, django_assert_num_queries: Any
) -> None:
    for number in range(count):
        a_year_of_hours(outcome, kind="other", unit_of_measure=f"sort {number}")
    with django_assert_num_queries(2):
        revalue(outcome)
    with django_assert_num_queries(1):
        revalue(outcome)
    assert set(outcome.claims.values_list("amount", flat=True)) == {Decimal(300)}


# --- When and from when ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("change_on", "first"),
    [
        (dt.date(2026, 9, 24), OCTOBER),
        (OCTOBER, OCTOBER),
        (dt.date(2026, 12, 2), dt.date(2027, 1, 1)),
        (dt.date(2026, 1, 31), dt.date(2026, 2, 1)),
    ],
)
def test_an_effect_begins_with_the_first_whole_month(change_on: dt.date, first: dt.date) -> None:
    assert first_month(change_on) == first


def test_what_is_one_time_is_one_month(outcome: Outcome, owner: Employee) -> None:
    claim = make_claim(outcome, replace(HOURS, is_recurring=False, months=7), by=owner, now=NOW)
    assert (claim.months, claim.to_on) == (1, dt.date(2026, 10, 31))


@pytest.mark.parametrize(
    ("from_on", "is_refused"),
    [
        (dt.date(2026, 9, 30), True),
        (dt.date(2026, 10, 31), False),
        (dt.date(2027, 10, 1), False),
        (dt.date(2027, 11, 1), True),
    ],
)
def test_an_effect_begins_within_a_year_after_the_change(
    outcome: Outcome, owner: Employee, from_on: dt.date, is_refused: bool
) -> None:
    terms = replace(HOURS, from_on=from_on)
    if not is_refused:
        assert make_claim(outcome, terms, by=owner, now=NOW).from_on == from_on.replace(day=1)
        return
    with pytest.raises(Refused) as refused:
        make_claim(outcome, terms, by=owner, now=NOW)
    assert fields(refused) == ["from_on"]


@pytest.mark.parametrize("state", [State.UNDERWAY, State.PROPOSED])
def test_nothing_is_worth_anything_before_the_change(owner: Employee, unit: Unit, state: State) -> None:
    outcome = an_initiative(owner, unit, state).outcomes.get()
    with pytest.raises(Refused) as refused:
        make_claim(outcome, HOURS, by=owner, now=NOW)
    assert fields(refused) == [""]


def test_only_the_outcome_that_decides_is_worth_something(outcome: Outcome, owner: Employee) -> None:
    second = an_outcome(outcome.initiative, is_primary=False)
    with pytest.raises(Refused) as refused:
        make_claim(second, HOURS, by=owner, now=NOW)
    assert fields(refused) == [""]


# --- Which numbers --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("terms", "field"),
    [
        (replace(HOURS, volume=Decimal(0)), "volume"),
        (replace(HOURS, volume=Decimal(-1)), "volume"),
        (replace(HOURS, volume=Decimal("NaN")), "volume"),
        (replace(HOURS, volume=Decimal("1e12")), "volume"),
        (replace(HOURS, volume=Decimal("0.1234567")), "volume"),
        (replace(HOURS, unit_value=Decimal(0)), "unit_value"),
        (replace(HOURS, volume=Decimal("1e11"), unit_value=Decimal("1e3")), "volume"),
        (replace(HOURS, basis="  "), "basis"),
        (replace(HOURS, months=0), "months"),
        (replace(HOURS, months=13), "months"),
        (replace(HOURS, kind=Claim.Kind.OTHER), "unit_of_measure"),
    ],
)
def test_a_claim_is_refused_on_the_field_that_is_wrong(
    outcome: Outcome, owner: Employee, terms: Terms, field: str
) -> None:
    with pytest.raises(Refused) as refused:
        make_claim(outcome, terms, by=owner, now=NOW)
    assert fields(refused) == [field]
    assert (Claim.objects.count(), Event.objects.filter(kind="claim.make").count()) == (0, 0)


def test_there_is_no_money_without_a_volume(outcome: Outcome, owner: Employee) -> None:
    money = replace(HOURS, kind=Claim.Kind.MONEY, volume=Decimal(0), unit_value=Decimal(450))
    with translation.override("en"), pytest.raises(Refused) as refused:
        make_claim(outcome, money, by=owner, now=NOW)
    assert said(refused) == [("volume", "Write how many it happens to. Without a number there is no amount.")]


def test_one_kind_is_counted_once_and_something_else_once_per_unit_of_measure(
    outcome: Outcome, claim: Claim, owner: Employee
) -> None:
    with pytest.raises(Refused) as refused:
        make_claim(outcome, HOURS, by=owner, now=NOW)
    assert fields(refused) == ["kind"]
    for unit_of_measure in ("kg koldioxid", "körda mil"):
        other = replace(HOURS, kind=Claim.Kind.OTHER, unit_of_measure=unit_of_measure)
        make_claim(outcome, other, by=owner, now=NOW)
    assert Claim.objects.count() == 3


def test_hours_are_hours_whatever_is_written_beside(outcome: Outcome, owner: Employee) -> None:
    assert make_claim(outcome, replace(HOURS, unit_of_measure="minuter"), by=owner, now=NOW).unit_of_measure == ""


# --- Changing and removing ------------------------------------------------------------------------------------------
def test_a_claim_that_is_changed_is_unchecked_again(claim: Claim, owner: Employee, karin: Employee) -> None:
    check_claims(claim.outcome, by=karin, now=NOW)
    claim.refresh_from_db()
    assert claim.checked_by == karin
    changed = change_claim(claim, replace(HOURS, volume=Decimal(20)), by=owner, seen=seen_of(claim), now=NOW)
    assert (changed.checked_by, changed.checked_at, amounts(changed)) == (None, None, (200, 170, 230))


def test_a_claim_that_stays_the_same_stays_checked(claim: Claim, owner: Employee, karin: Employee) -> None:
    check_claims(claim.outcome, by=karin, now=NOW)
    claim.refresh_from_db()
    same = change_claim(claim, HOURS, by=owner, seen=seen_of(claim), now=NOW)
    assert (same.checked_by, events("claim.change")) == (karin, [])


def test_of_two_who_change_a_claim_the_later_is_told(claim: Claim, owner: Employee) -> None:
    seen = seen_of(claim)
    change_claim(claim, replace(HOURS, volume=Decimal(20)), by=owner, seen=seen, now=NOW)
    with pytest.raises(Overtaken):
        change_claim(claim, replace(HOURS, volume=Decimal(40)), by=owner, seen=seen, now=NOW)
    assert amounts(claim)[0] == 200


def test_a_claim_cannot_be_changed_to_nothing(claim: Claim, owner: Employee) -> None:
    with pytest.raises(Refused) as refused:
        change_claim(claim, replace(HOURS, volume=Decimal(0), basis=""), by=owner, seen=seen_of(claim), now=NOW)
    assert fields(refused) == ["volume", "basis"]
    assert amounts(claim)[0] == 300


def test_a_claim_that_is_removed_is_gone_and_told(claim: Claim, owner: Employee) -> None:
    remove_claim(claim, by=owner, seen=seen_of(claim), now=NOW)
    assert not Claim.objects.exists()
    with pytest.raises(Overtaken):
        remove_claim(claim, by=owner, seen="", now=NOW)
    assert len(events("claim.remove")) == 1


def test_what_is_claimed_is_told_with_its_numbers(claim: Claim) -> None:
    assert events("claim.make") == [
        {"claim": "hours", "volume": "30", "unit_value": "0.5", "unit_of_measure": "", "is_recurring": True}
        | {"is_hard": False, "from_on": "2026-10-01", "months": 12}
    ]
    assert Event.objects.get(kind="claim.make").subject == claim.uuid


# --- Who ------------------------------------------------------------------------------------------------------------
def test_only_those_who_drive_it_claim_change_and_remove(claim: Claim, unit: Unit, karin: Employee) -> None:
    left = a_person("Per", "Borta", ended_on=TODAY - dt.timedelta(days=1))
    CoDriver.objects.create(initiative=claim.outcome.initiative, employee=left, invited_by=claim.created_by)
    elsewhere = a_manager(a_unit("Skolan"))
    for person in (a_person(unit=unit), a_manager(unit), elsewhere, karin, left):
        with pytest.raises(NotAllowed):
            make_claim(claim.outcome, replace(HOURS, kind=Claim.Kind.MONEY), by=person, now=NOW)
        with pytest.raises(NotAllowed):
            change_claim(claim, replace(HOURS, volume=Decimal(1)), by=person, seen=seen_of(claim), now=NOW)
        with pytest.raises(NotAllowed):
            remove_claim(claim, by=person, seen=seen_of(claim), now=NOW)
    assert amounts(claim)[0] == 300


def test_a_co_driver_claims_like_the_owner(outcome: Outcome, unit: Unit) -> None:
    moa = a_person("Moa", "Ek", unit=unit)
    CoDriver.objects.create(initiative=outcome.initiative, employee=moa, invited_by=outcome.initiative.owner)
    assert make_claim(outcome, HOURS, by=moa, now=NOW).created_by == moa


def test_a_controller_of_the_unit_checks_the_claims_once(claim: Claim, karin: Employee) -> None:
    assert check_claims(claim.outcome, by=karin, now=NOW, seen=seen_of(claim)) == 1
    assert check_claims(claim.outcome, by=karin, now=NOW) == 0
    claim.refresh_from_db()
    assert (claim.checked_by, claim.checked_at, len(events("claim.check"))) == (karin, NOW, 1)


def test_a_controller_who_looked_at_something_else_is_told(claim: Claim, owner: Employee, karin: Employee) -> None:
    seen = seen_of(claim)
    change_claim(claim, replace(HOURS, volume=Decimal(300)), by=owner, seen=seen, now=NOW)
    with pytest.raises(Overtaken):
        check_claims(claim.outcome, by=karin, now=NOW, seen=seen)


def test_who_drives_it_or_decides_or_has_decided_cannot_check(claim: Claim, unit: Unit, owner: Employee) -> None:
    initiative = claim.outcome.initiative
    decided = assign(a_person("Dan", "Ask"), Role.CONTROLLER, unit)
    Transition.objects.create(
        initiative=initiative, number=2, verb="approve", from_state="proposed", to_state="underway", by=decided, at=NOW
    )
    co_driver = assign(a_person("Moa", "Ek"), Role.CONTROLLER, unit)
    CoDriver.objects.create(initiative=initiative, employee=co_driver, invited_by=owner)
    decider = assign(a_manager(unit), Role.CONTROLLER, unit)
    elsewhere = assign(a_person("Eva", "Lund"), Role.CONTROLLER, a_unit("Skolan"))
    left = assign(a_person("Per", "Borta", ended_on=TODAY - dt.timedelta(days=1)), Role.CONTROLLER, unit)
    for person in (a_person(unit=unit), owner, co_driver, decider, decided, elsewhere, left):
        with pytest.raises(NotAllowed):
            check_claims(claim.outcome, by=person, now=NOW)
    claim.refresh_from_db()
    assert claim.checked_at is None


def test_a_verified_result_has_its_claims_checked(claim: Claim, karin: Employee) -> None:
    outcome = conclude(claim.outcome)
    verify(outcome, by=karin, seen=seen_by_controller(outcome), now=NOW)
    claim.refresh_from_db()
    assert (claim.checked_by, claim.checked_at) == (karin, NOW)


def test_what_is_claimed_stays_when_the_initiative_ends(claim: Claim) -> None:
    conclude(claim.outcome)
    assert amounts(claim) == (300, 255, 345)


def test_a_claim_made_by_hand_is_revalued_with_the_next_value(outcome: Outcome, owner: Employee) -> None:
    claim = a_year_of_hours(outcome, None)
    entry = Entry(TODAY - dt.timedelta(days=1), Decimal(21))
    record_values(outcome, [entry], source=Measurement.Source.PERSON, now=NOW, by=owner)
    assert amounts(claim)[0] == 300


def test_what_a_corrected_value_is_worth_follows_it_although_the_verdict_is_final(
    outcome: Outcome, owner: Employee
) -> None:
    claim = make_claim(outcome, HOURS, by=owner, now=NOW)
    before = claim.amount
    Outcome.objects.filter(pk=outcome.pk).update(verdict_is_final=True, review_on=TODAY)
    outcome = Outcome.objects.select_related("indicator", "initiative").get(pk=outcome.pk)
    after = outcome.measurements.filter(observed_on__gte=outcome.initiative.change_on)
    entries = [Entry(row.observed_on, (row.value or Decimal(0)) + 5) for row in after]
    record_values(outcome, entries, source=Measurement.Source.PERSON, now=NOW, by=owner, reason="Fel kolumn")
    claim.refresh_from_db()
    shift = outcome.shift
    outcome.refresh_from_db()
    assert (outcome.shift, claim.amount) == (shift, (before or Decimal(0)) - 5 * HOURS.volume * HOURS.unit_value)
