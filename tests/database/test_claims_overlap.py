"""Claims on the same effect: found by one index, told apart by people, and counted once until they are."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db import connection
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from initiatives import evidence
from initiatives.actions.claiming import Shares, remove_claim, seen_of, settle_overlap
from initiatives.actions.refusals import NotAllowed, Overtaken, Refused
from initiatives.models import Claim, Event, Indicator, Initiative, Outcome, Overlap
from initiatives.outcomes.claims import Pair, open_overlaps, overlaps_of
from initiatives.outcomes.totals import Total, totals
from initiatives.workflow import State
from kommun.models import Assignment, Employee, Role, Unit
from tests.builders import NOW, TODAY, a_manager, a_person, a_unit, a_year_of_hours, an_indicator, an_initiative, assign

pytestmark = pytest.mark.django_db
SPLIT, INCLUDED = Overlap.Answer.SPLIT, Overlap.Answer.INCLUDED


@pytest.fixture
def root() -> Unit:
    return a_unit("Kommunen")


@pytest.fixture
def department(root: Unit) -> Unit:
    return a_unit("Samhällsbyggnad", root)


@pytest.fixture
def unit(department: Unit) -> Unit:
    return a_unit("Bygglov", department)


@pytest.fixture
def waiting() -> Indicator:
    return an_indicator("Dagar till beslut", "dagar")


def claimed(unit: Unit, indicator: Indicator, amount: int | None = 10, **columns: Any) -> Claim:
    """A checked claim of a confirmed initiative of its own."""
    initiative = an_initiative(a_person(unit=unit), unit, State.CONCLUDED, target=None, title=f"I {unit.name}")
    outcome = Outcome.objects.create(initiative=initiative, indicator=indicator)
    checked = {"checked_by": initiative.owner, "checked_at": NOW}
    return a_year_of_hours(outcome, amount, **checked | columns)


def others(claim: Claim) -> list[Any]:
    return [pair.other.claim for pair in overlaps_of([claim])]


def settle(first: Claim, other: Claim, by: Employee | None = None, **given: Any) -> Overlap:
    told: dict[str, Any] = {"answer": INCLUDED, "reason": "Samma handläggare."} | given
    return settle_overlap(first, other, by=by or first.outcome.initiative.owner, now=NOW, **told)


def halves(first: str = "0.5", other: str = "0.5") -> Shares:
    return Shares(Decimal(first), Decimal(other))


def the_total(within: Unit | None = None, today: dt.date = TODAY) -> Total:
    [found] = totals(within=within, today=today)
    return found


# --- Found ----------------------------------------------------------------------------------------------------------
def test_claims_above_and_below_overlap_and_those_beside_do_not(
    root: Unit, department: Unit, unit: Unit, waiting: Indicator
) -> None:
    mine = claimed(department, waiting)
    below, above, same = claimed(unit, waiting), claimed(root, waiting), claimed(department, waiting)
    claimed(a_unit("Skolan", root), waiting)
    assert others(mine) == [below.uuid, above.uuid, same.uuid]


@pytest.mark.parametrize(
    "columns",
    [
        {"kind": "money"},
        {"kind": "other", "unit_of_measure": "kg"},
        {"from_on": dt.date(2027, 1, 1)},
        {"months": 2, "from_on": dt.date(2025, 11, 1)},
        {"from_on": dt.date(2025, 7, 1), "stopped_on": dt.date(2026, 1, 31)},
        {"stopped_on": dt.date(2025, 1, 31)},
    ],
)
def test_what_is_of_another_kind_or_month_does_not_overlap(
    unit: Unit, waiting: Indicator, columns: dict[str, Any]
) -> None:
    mine, other = claimed(unit, waiting), claimed(unit, waiting, **columns)
    assert (others(mine), others(other), open_overlaps()) == ([], [], [])


def test_what_is_on_another_indicator_does_not_overlap(unit: Unit, waiting: Indicator) -> None:
    mine = claimed(unit, waiting)
    claimed(unit, an_indicator("Klagomål", "st"))
    assert others(mine) == []


def test_something_else_overlaps_when_it_is_counted_in_the_same(unit: Unit, waiting: Indicator) -> None:
    kilos: dict[str, Any] = {"kind": "other", "unit_of_measure": "kg"}
    mine = claimed(unit, waiting, **kilos)
    claimed(unit, waiting, kind="other", unit_of_measure="mil")
    same = claimed(unit, waiting, **kilos)
    assert others(mine) == [same.uuid]


def test_a_pair_tells_where_both_stand_and_the_months_in_common(
    department: Unit, unit: Unit, waiting: Indicator
) -> None:
    mine = claimed(department, waiting, from_on=dt.date(2026, 3, 1))
    other = claimed(unit, waiting, stopped_on=dt.date(2026, 9, 12))
    [pair] = overlaps_of([mine])
    assert (pair.kind, pair.unit_of_measure, pair.indicator_name) == ("hours", "", "Dagar till beslut")
    assert (pair.from_on, pair.to_on) == (dt.date(2026, 3, 1), dt.date(2026, 8, 31))
    assert (pair.first.claim, pair.first.initiative) == (mine.uuid, mine.outcome.initiative.uuid)
    assert (pair.other.claim, pair.other.title, pair.other.unit_name) == (other.uuid, "I Bygglov", "Bygglov")
    assert (pair.is_open, pair.first.share, pair.other.share) == (True, None, None)


def test_a_settled_pair_tells_the_shares_from_either_side(unit: Unit, waiting: Indicator) -> None:
    first, other = claimed(unit, waiting), claimed(unit, waiting)
    settle(other, first, answer=SPLIT, shares=halves("0.7", "0.3"))

    def told(pair: Pair) -> tuple[Any, ...]:
        return pair.first.claim, pair.first.share, pair.other.share, pair.answer, pair.reason

    assert [told(pair) for pair in overlaps_of([first, other])] == [
        (first.uuid, Decimal("0.3"), Decimal("0.7"), "split", "Samma handläggare."),
        (other.uuid, Decimal("0.7"), Decimal("0.3"), "split", "Samma handläggare."),
    ]
    assert open_overlaps() == []


def test_open_overlaps_lie_within_the_unit(root: Unit, department: Unit, unit: Unit, waiting: Indicator) -> None:
    above, below, beside = claimed(root, waiting), claimed(unit, waiting), claimed(unit, waiting)
    pairs = [(above.uuid, below.uuid), (above.uuid, beside.uuid), (below.uuid, beside.uuid)]

    def found(within: Unit | None) -> list[Any]:
        return [(pair.first.claim, pair.other.claim) for pair in open_overlaps(within=within)]

    assert (found(None), found(root), found(department), found(unit)) == (pairs, pairs, pairs[2:], pairs[2:])
    assert len(open_overlaps(limit=2)) == 2


def plan(statement: str, given: Sequence[Any]) -> str:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE initiatives_claim, kommun_unit")
        cursor.execute(f"EXPLAIN {statement}", given)
        return "\n".join(line for (line,) in cursor.fetchall())


def many(count: int) -> list[Claim]:
    """Claims in ten units, on four indicators, over forty years, put in at once."""
    root = a_unit("Kommunen")
    units = [a_unit(f"Enhet {number}", root) for number in range(10)]
    indicators = [an_indicator() for _number in range(4)]
    first = claimed(units[0], indicators[0])
    owner = first.created_by
    initiatives = Initiative.objects.bulk_create(
        Initiative(title="Nytt", owner=owner, unit=units[number % 10], change_on=TODAY) for number in range(count)
    )
    outcomes = Outcome.objects.bulk_create(
        Outcome(initiative=each, indicator=indicators[number % len(indicators)])
        for number, each in enumerate(initiatives)
    )
    shared = {"kind": "hours", "volume": 1, "unit_value": 1, "basis": "Så", "is_recurring": True, "months": 12}
    return Claim.objects.bulk_create(
        Claim(
            outcome=each, indicator=each.indicator, unit=each.initiative.unit, created_by=owner,
            from_on=dt.date(1990 + number // 10 % 40, 1, 1), amount=1, amount_low=0, amount_high=2, **shared,
        )
        for number, each in enumerate(outcomes)
    )  # fmt: skip


def test_overlaps_are_found_in_one_query_by_the_index(django_assert_num_queries: Any) -> None:
    claims = many(800)
    with django_assert_num_queries(1) as asked:
        assert overlaps_of(claims[:1])
    with django_assert_num_queries(1):
        overlaps_of(claims[:30])
    used = plan(asked.captured_queries[0]["sql"], [])
    assert "claims_on_one_indicator" in used
    assert "Seq Scan on initiatives_claim" not in used


@pytest.mark.parametrize("count", [2, 30])
def test_totals_take_two_queries(unit: Unit, waiting: Indicator, count: int, django_assert_num_queries: Any) -> None:
    for _number in range(count):
        claimed(unit, waiting)
    claimed(unit, an_indicator())
    with django_assert_num_queries(2):
        assert the_total(within=unit).measured_claims == count + 1
    with django_assert_num_queries(1):
        open_overlaps(within=unit)


# --- Told apart -----------------------------------------------------------------------------------------------------
def test_the_drivers_of_either_and_a_controller_settle(root: Unit, unit: Unit, waiting: Indicator) -> None:
    first, other = claimed(unit, waiting), claimed(unit, waiting)
    karin = assign(a_person("Karin", "Nordin"), Role.CONTROLLER, root)
    for person in (first.outcome.initiative.owner, other.outcome.initiative.owner, karin):
        assert settle(first, other, by=person).by == person
    assert Overlap.objects.count() == 1


def test_nobody_else_settles(root: Unit, unit: Unit, waiting: Indicator) -> None:
    first, other = claimed(unit, waiting), claimed(unit, waiting)
    owner = first.outcome.initiative.owner
    deciding = assign(a_manager(unit), Role.CONTROLLER, root)
    beside = assign(a_person("Eva", "Lund"), Role.CONTROLLER, a_unit("Skolan", root))
    Employee.objects.filter(pk=owner.pk).update(ended_on=TODAY - dt.timedelta(days=1))
    left = Employee.objects.get(pk=owner.pk)
    for person in (a_person(unit=unit), a_manager(a_unit("Vården", root)), deciding, beside, left):
        with pytest.raises(NotAllowed):
            settle(first, other, by=person)
    assert not Overlap.objects.exists()


def test_two_that_do_not_overlap_are_not_told_apart(root: Unit, unit: Unit, waiting: Indicator) -> None:
    first, other = claimed(unit, waiting), claimed(a_unit("Skolan", root), waiting)
    with translation.override("en"), pytest.raises(Refused, match="do not count the same effect"):
        settle(first, other)
    with pytest.raises(Refused):
        settle(first, first)


@pytest.mark.parametrize(
    "shares",
    [None, halves("0.6", "0.5"), halves("0", "1"), halves("1", "0"), halves("NaN", "0.5"), halves("0.33333", "0.5")],
)
def test_shares_are_more_than_nothing_and_at_most_the_whole(
    unit: Unit, waiting: Indicator, shares: Shares | None
) -> None:
    first, other = claimed(unit, waiting), claimed(unit, waiting)
    with pytest.raises(Refused) as refused:
        settle(first, other, answer=SPLIT, shares=shares)
    assert [each.field for each in refused.value.missing] == ["share"]


def test_telling_apart_has_a_reason(unit: Unit, waiting: Indicator) -> None:
    with pytest.raises(Refused) as refused:
        settle(claimed(unit, waiting), claimed(unit, waiting), reason=" ")
    assert [each.field for each in refused.value.missing] == ["reason"]


def test_a_later_answer_replaces_the_earlier_one_and_both_are_told(unit: Unit, waiting: Indicator) -> None:
    first, other = claimed(unit, waiting), claimed(unit, waiting)
    settle(first, other, answer=SPLIT, shares=halves())
    settle(other, first)
    kept = Overlap.objects.get()
    assert (kept.first, kept.other, kept.answer) == (other, first, INCLUDED)
    assert (kept.first_share, kept.other_share) == (1, 0)
    events = Event.objects.filter(kind="overlap.settle").order_by("id")
    assert list(events.values_list("subject", "data__answer", "data__share")) == [
        (first.uuid, "split", "0.5"),
        (other.uuid, "split", "0.5"),
        (other.uuid, "included", "1"),
        (first.uuid, "included", "0"),
    ]


def test_what_a_controller_has_told_apart_only_a_controller_changes(root: Unit, unit: Unit, waiting: Indicator) -> None:
    first, other = claimed(unit, waiting), claimed(unit, waiting)
    karin, eva = (assign(a_person(), Role.CONTROLLER, root) for _each in range(2))
    settle(first, other, by=karin)
    Assignment.objects.filter(employee=karin).update(to_on=TODAY - dt.timedelta(days=1))  # and her answer stays
    for mine, theirs in ((first, other), (other, first)):
        with pytest.raises(NotAllowed):
            settle(mine, theirs)
    owner = other.outcome.initiative.owner
    remove_claim(other, by=owner, seen=seen_of(other), now=NOW)
    anew = a_year_of_hours(other.outcome)
    with pytest.raises(NotAllowed):
        settle(anew, first, by=owner)
    assert settle(anew, first, by=eva).first == anew


def test_a_claim_that_is_gone_cannot_be_told_apart(unit: Unit, waiting: Indicator) -> None:
    first, other = claimed(unit, waiting), claimed(unit, waiting)
    Claim.objects.filter(pk=other.pk).delete()
    with pytest.raises(Overtaken):
        settle(first, other)


# --- Counted --------------------------------------------------------------------------------------------------------
def effect(amount: float, low: float, high: float) -> evidence.Effect:
    return evidence.Effect(Fraction(amount), Fraction(low), Fraction(high))


def test_months_that_are_over_are_counted(unit: Unit, waiting: Indicator) -> None:
    claimed(unit, waiting)  # 10 hours a month from January, 2 less and 3 more at most
    assert totals(today=dt.date(2026, 1, 31)) == []
    assert the_total(today=dt.date(2026, 2, 1)).confirmed == effect(10, 8, 13)
    assert the_total(today=dt.date(2026, 11, 23)).confirmed == effect(100, 80, 130)
    assert the_total(today=dt.date(2030, 1, 1)).confirmed == effect(120, 96, 156)


def test_an_effect_that_faded_counts_the_whole_months_before(unit: Unit, waiting: Indicator) -> None:
    claimed(unit, waiting, stopped_on=dt.date(2026, 4, 30))
    assert the_total().confirmed == effect(30, 24, 39)


def test_an_effect_that_faded_before_a_month_was_over_counts_nothing(unit: Unit, waiting: Indicator) -> None:
    claimed(unit, waiting, stopped_on=dt.date(2026, 1, 12))
    assert totals(today=TODAY) == []


def test_only_what_ended_as_confirmed_and_is_checked_is_effect(unit: Unit, root: Unit, waiting: Indicator) -> None:
    claimed(unit, waiting, months=1)
    claimed(unit, an_indicator(), months=1, checked_by=None, checked_at=None)
    unproven = claimed(unit, an_indicator(), months=1)
    Initiative.objects.filter(pk=unproven.outcome.initiative_id).update(ending="not_proven")
    worse = claimed(unit, an_indicator(), -30, months=1)
    Initiative.objects.filter(pk=worse.outcome.initiative_id).update(ending="worse")
    claimed(unit, an_indicator(), None)
    found = the_total()
    assert (found.confirmed, found.claims) == (effect(10, 8, 13), 1)
    measured = found.measured
    assert [round(end, 6) for end in (measured.amount, measured.low, measured.high)] == [0, -4, 6]
    assert found.measured_claims == 4


def test_hard_and_soft_are_told_apart_and_make_up_the_whole(unit: Unit, waiting: Indicator) -> None:
    claimed(unit, waiting, 30, months=1, is_hard=True)
    claimed(unit, an_indicator(), 7, months=1)
    found = the_total()
    assert (found.hard.amount, found.soft.amount, found.confirmed.amount) == (30, 7, 37)


def test_kinds_and_units_of_measure_are_never_added(unit: Unit, waiting: Indicator) -> None:
    claimed(unit, waiting, 1, kind="other", unit_of_measure="mil")
    claimed(unit, waiting, 2, kind="money")
    claimed(unit, waiting, 3, kind="other", unit_of_measure="kg")
    claimed(unit, waiting, 4)
    found = [(each.kind, each.unit_of_measure, each.confirmed.amount) for each in totals(today=TODAY)]
    assert found == [("hours", "", 40), ("money", "", 20), ("other", "kg", 30), ("other", "mil", 10)]


def test_an_open_overlap_counts_once_and_the_sum_before_is_shown_beside(
    department: Unit, unit: Unit, waiting: Indicator
) -> None:
    claimed(department, waiting, 10, months=6)
    claimed(unit, waiting, 4, from_on=dt.date(2026, 4, 1), months=6)
    claimed(unit, an_indicator(), 1, months=1)
    found = the_total()
    assert (found.confirmed.amount, found.before.amount) == (60 + 3 * 4 + 1, 60 + 24 + 1)
    assert (found.claims, found.measured) == (3, found.confirmed)


def test_a_settled_overlap_counts_as_it_was_settled(department: Unit, unit: Unit, waiting: Indicator) -> None:
    above, below = claimed(department, waiting, 10, months=2), claimed(unit, waiting, 4, months=3)
    settle(above, below, answer=SPLIT, shares=halves("0.75", "0.25"))
    assert the_total().confirmed.amount == 2 * (Fraction(15, 2) + 1) + 4
    settle(below, above)
    assert the_total().confirmed.amount == 3 * 4
    settle(above, below)
    assert the_total().confirmed.amount == 2 * 10 + 4


def test_what_is_not_confirmed_pushes_out_nothing_that_is(department: Unit, unit: Unit, waiting: Indicator) -> None:
    claimed(department, waiting, 10, months=1, checked_by=None, checked_at=None)
    claimed(unit, waiting, 4, months=1)
    found = the_total()
    assert (found.confirmed.amount, found.measured.amount, found.measured_before.amount) == (4, 10, 14)


def test_what_lies_outside_the_unit_neither_counts_nor_pushes_out(
    department: Unit, unit: Unit, waiting: Indicator
) -> None:
    claimed(department, waiting, 10, months=1)
    claimed(unit, waiting, 4, months=1)
    assert (the_total(within=unit).confirmed.amount, the_total(within=department).confirmed.amount) == (4, 10)


class TestTheDatabaseCountsAsTheRule(TestCase):
    """Whatever is claimed, the totals are those of the pure rule over every claim there is."""

    @settings(max_examples=25, deadline=None)
    @given(
        st.lists(
            st.tuples(
                st.integers(0, 3), st.integers(0, 1), st.integers(-9, 20), st.integers(1, 12), st.integers(1, 12),
                st.one_of(st.none(), st.integers(1, 12)),
            ),
            max_size=8,
        )
    )  # fmt: skip
    def test_totals_agree(self, drawn: list[tuple[int, int, int, int, int, int | None]]) -> None:
        root = a_unit("Kommunen")
        left, right = a_unit("A", root), a_unit("B", root)
        units = [root, left, right, a_unit("C", left)]
        indicators = [an_indicator(), an_indicator()]
        expected, before = Fraction(0), Fraction(0)
        rows: list[tuple[int, evidence.Claimed]] = []
        for place, indicator, amount, first, months, stopped in drawn:
            claim = claimed(
                units[place], indicators[indicator], amount, from_on=dt.date(2026, first, 1), months=months,
                stopped_on=stopped and dt.date(2026, stopped, 15),
            )  # fmt: skip
            last = min(first + months - 1, 10, stopped - 1 if stopped else 99)
            if last >= first:
                own = effect(amount, amount - 2, amount + 3)
                days = dt.date(2026, first, 1), dt.date(2026, last, 28)
                rows.append((indicator, evidence.Claimed(claim.pk, units[place].path, *days, own)))
        for indicator in (0, 1):
            group = [row for which, row in rows if which == indicator]
            counts = evidence.counted(group)
            expected += sum(counts[row.key] * row.effect.amount for row in group)
            before += sum(row.months * row.effect.amount for row in group)
        found = totals(today=TODAY)
        assert [(each.confirmed.amount, each.before.amount) for each in found] == ([(expected, before)] if rows else [])
