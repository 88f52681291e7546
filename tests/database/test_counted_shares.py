"""What of a confirmed claim counts is kept month by month, by whatever gave reason, and never twice anywhere."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db import transaction

from initiatives import clock
from initiatives.actions.claiming import Shares, check_claims, remove_claim, seen_of, settle_overlap
from initiatives.models import Claim, Indicator, Initiative, Outcome, Overlap, SharesDue
from initiatives.outcomes import rollup, shares
from initiatives.outcomes.totals import totals
from initiatives.workflow import State
from kommun import organisation
from kommun.models import Role, Unit
from tests.builders import NOW, TODAY, a_person, a_unit, a_year_of_hours, an_indicator, an_initiative, assign
from tests.database.test_rollup import beside, wait_until_somebody_waits_or_is_done

pytestmark = pytest.mark.django_db


@pytest.fixture
def units() -> list[Unit]:
    """A municipality, a department and a unit below it."""
    root = a_unit("Kommunen")
    department = a_unit("Samhällsbyggnad", root)
    return [root, department, a_unit("Bygglov", department)]


@pytest.fixture
def waiting() -> Indicator:
    return an_indicator("Dagar till beslut", "dagar")


def claimed(unit: Unit, indicator: Indicator, amount: int = 10, **columns: Any) -> Claim:
    """A checked claim of twelve months from January 2026, of a confirmed initiative of its own."""
    initiative = an_initiative(a_person(unit=unit), unit, State.CONCLUDED, target=None, title=f"I {unit.name}")
    outcome = Outcome.objects.create(initiative=initiative, indicator=indicator)
    return a_year_of_hours(outcome, amount, **{"checked_by": initiative.owner, "checked_at": NOW} | columns)


def kept(*claims: Claim) -> list[list[Decimal] | None]:
    """Those of each claim, as the clock leaves them."""
    shares.refresh()
    assert not SharesDue.objects.exists()
    found = dict(Claim.objects.values_list("pk", "counted_shares"))
    return [found[claim.pk] for claim in claims]


def counted(**of: Any) -> Decimal:
    return sum((each.hours_counted for each in rollup.totals(**of)), Decimal(0))


def test_what_overlaps_nothing_counts_whole_and_has_nothing_kept(units: list[Unit], waiting: Indicator) -> None:
    claim, other = claimed(units[1], waiting), claimed(units[2], an_indicator())
    assert kept(claim, other) == [None, None]
    assert counted() == 240


def test_of_two_that_overlap_the_heavier_counts_in_the_months_of_both(units: list[Unit], waiting: Indicator) -> None:
    heavier = claimed(units[1], waiting, 10)
    lighter = claimed(units[2], waiting, 4, from_on=dt.date(2026, 7, 1))
    assert counted() == 168  # until it is reckoned
    assert kept(heavier, lighter) == [None, [0] * 6 + [1] * 6]
    assert counted() == 120 + 24
    december, january = dt.date(2026, 12, 1), dt.date(2027, 1, 1)
    assert [counted(first=month, last=month) for month in (december, january)] == [10, 4]


def test_sums_over_the_parts_are_the_sum_over_all(units: list[Unit], waiting: Indicator) -> None:
    for amount, unit in enumerate([*units, *units], 3):
        claimed(unit, waiting, amount, from_on=dt.date(2026, amount, 1))
    shares.refresh()
    by_unit = {each.of["unit"]: each.hours_counted for each in rollup.totals("unit")}
    assert sum(by_unit.values()) == counted(part=units[0])
    until = dt.date(2026, 10, 1)
    [total] = totals(today=TODAY)
    assert Fraction(counted(last=until)) == total.confirmed.amount


def test_a_split_counts_each_with_its_share_rounded_down(units: list[Unit], waiting: Indicator) -> None:
    one, two = claimed(units[1], waiting), claimed(units[2], waiting)
    controller = assign(a_person(), Role.CONTROLLER, units[0])
    told = Shares(Decimal("0.3333"), Decimal("0.6667"))
    settle_overlap(one, two, answer=Overlap.Answer.SPLIT, reason="Ja.", by=controller, now=NOW, shares=told)
    assert not SharesDue.objects.exists()  # by the action itself
    assert kept(one, two) == [[Decimal("0.3333")] * 12, [Decimal("0.6667")] * 12]
    assert counted() == 120


def pay_less(claim: Claim) -> None:
    Claim.objects.filter(pk=claim.pk).update(amount=1)


def uncheck(claim: Claim) -> None:
    Claim.objects.filter(pk=claim.pk).update(checked_by=None, checked_at=None)


def stop(claim: Claim) -> None:
    Claim.objects.filter(pk=claim.pk).update(stopped_on=dt.date(2026, 1, 5))


def take_away(claim: Claim) -> None:
    claim.delete()


def reopen(claim: Claim) -> None:
    Initiative.objects.filter(pk=claim.outcome.initiative_id).update(
        state=State.MEASURING, ending="", concluded_at=None, change_on=TODAY
    )


def make_secondary(claim: Claim) -> None:
    Outcome.objects.filter(pk=claim.outcome_id).update(is_primary=False)


def move_away(claim: Claim) -> None:
    organisation.place(Claim.objects.exclude(pk=claim.pk).get().unit, None, on=TODAY)


def include(claim: Claim) -> None:
    other = Claim.objects.exclude(pk=claim.pk).get()
    said = {"reason": "Samma.", "by": claim.created_by, "at": NOW}
    Overlap.objects.create(first=other, other=claim, answer=Overlap.Answer.INCLUDED, **said)


@pytest.mark.parametrize("reason", [pay_less, uncheck, stop, take_away, reopen, make_secondary, move_away, include])
def test_whatever_gives_reason_to_it_the_shares_of_the_other_are_reckoned_anew(
    units: list[Unit], waiting: Indicator, reason: Callable[[Claim], None]
) -> None:
    heavier, lighter = claimed(units[1], waiting, 10), claimed(units[2], waiting, 4)
    assert kept(lighter) == [[0] * 12]
    reason(heavier)
    assert SharesDue.objects.exists()
    assert kept(lighter) == [None]


def test_what_is_no_reason_makes_nothing_due(units: list[Unit], waiting: Indicator) -> None:
    claim, unchecked = claimed(units[1], waiting), claimed(units[2], waiting, checked_by=None, checked_at=None)
    shares.refresh()
    Claim.objects.filter(pk=unchecked.pk).update(amount=99)
    Claim.objects.filter(pk=claim.pk).update(basis="Räknat igen", amount_low=1)
    Initiative.objects.update(title="Annat namn")
    Unit.objects.update(name="Annat namn")
    unchecked.delete()
    assert not SharesDue.objects.exists()


def test_a_share_is_no_change_of_the_claim(units: list[Unit], waiting: Indicator) -> None:
    lighter = claimed(units[2], waiting, 4)
    claimed(units[1], waiting, 10)
    seen = seen_of(lighter)
    assert kept(lighter) == [[0] * 12]
    lighter.refresh_from_db()
    assert seen_of(lighter) == seen
    lighter.basis = "Räknat igen"
    lighter.save()
    lighter.refresh_from_db()
    assert seen_of(lighter) != seen


def test_actions_reckon_at_once(units: list[Unit], waiting: Indicator) -> None:
    heavier = claimed(units[1], waiting, 10)
    lighter = claimed(units[2], waiting, 4, checked_by=None, checked_at=None)
    controller = assign(a_person(), Role.CONTROLLER, units[0])
    check_claims(lighter.outcome, by=controller, now=NOW)
    lighter.refresh_from_db()
    assert (lighter.counted_shares, SharesDue.objects.count()) == ([0] * 12, 0)
    heavier.refresh_from_db()
    remove_claim(heavier, by=heavier.outcome.initiative.owner, seen=seen_of(heavier), now=NOW)
    lighter.refresh_from_db()
    assert (lighter.counted_shares, SharesDue.objects.count(), counted()) == (None, 0, 48)


def test_the_clock_reckons_before_it_folds(units: list[Unit], waiting: Indicator) -> None:
    claimed(units[1], waiting, 10)
    claimed(units[2], waiting, 4)
    done = clock.turn(NOW)
    assert (done.shares, counted()) == (1, 120)
    assert clock.turn(NOW).shares == 0


@pytest.mark.django_db(transaction=True)
def test_an_action_waits_for_nobody_and_the_clock_makes_it_good() -> None:
    root = a_unit("Kommunen")
    waiting = an_indicator()
    heavier = claimed(root, waiting, 10)
    lighter = claimed(a_unit("Bygglov", root), waiting, 4, checked_by=None, checked_at=None)
    shares.refresh()
    controller = assign(a_person(), Role.CONTROLLER, root)
    other = beside(lambda: check_claims(lighter.outcome, by=controller, now=NOW))
    with transaction.atomic():
        Initiative.objects.select_for_update().get(pk=heavier.outcome.initiative_id)
        other.start()
        other.join(timeout=10)
        assert not other.is_alive()
    assert SharesDue.objects.exists()
    assert kept(heavier, lighter) == [None, [0] * 12]


@pytest.mark.django_db(transaction=True)
def test_what_is_claimed_while_the_clock_reckons_is_reckoned_by_its_next_turn() -> None:
    root = a_unit("Kommunen")
    waiting = an_indicator()
    lighter = claimed(a_unit("Bygglov", root), waiting, 4)
    clock_s = beside(shares.refresh)
    with transaction.atomic():
        heavier = claimed(root, waiting, 10)
        Initiative.objects.select_for_update().get(pk=lighter.outcome.initiative_id)
        clock_s.start()
        wait_until_somebody_waits_or_is_done(clock_s)
    clock_s.join(timeout=10)
    assert kept(heavier, lighter) == [None, [0] * 12]
    assert rollup.differences() == []
