"""A cause on a value: written by those who drive the initiative, told once, and no number changes by it."""

import datetime as dt

import pytest

from initiatives.actions.drafting import invite_co_driver
from initiatives.actions.explaining import explain
from initiatives.actions.refusals import NotAllowed, Refused
from initiatives.models import Correction, Event, Measurement
from initiatives.workflow import State
from kommun.models import Employee, Unit
from tests.builders import NOW, TODAY, a_manager, a_person, a_unit, an_initiative, values

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit() -> Unit:
    return a_unit()


@pytest.fixture
def owner(unit: Unit) -> Employee:
    return a_person(unit=unit)


@pytest.fixture
def odd(owner: Employee, unit: Unit) -> Measurement:
    outcome = an_initiative(owner, unit, State.UNDERWAY).outcomes.get()
    return values(outcome, [26, 25, 80], until=TODAY)[-1]


def told() -> list[tuple[str, str]]:
    rows = Event.objects.filter(kind="measurement.explain").order_by("id")
    return [(row.data["observed_on"], row.data["cause"]) for row in rows]


def test_a_cause_is_kept_on_the_value_and_told(odd: Measurement, owner: Employee) -> None:
    explain(odd, " Två var \n sjuka ", by=owner, now=NOW)
    odd.refresh_from_db()
    assert (odd.cause, odd.value, Correction.objects.count()) == ("Två var sjuka", 80, 0)
    assert told() == [("2026-11-23", "Två var sjuka")]
    assert Event.objects.get(kind="measurement.explain").subject == odd.uuid


def test_the_same_cause_again_tells_nothing_and_an_empty_one_takes_it_away(odd: Measurement, owner: Employee) -> None:
    for cause in ("Sjuka", "Sjuka", ""):
        explain(odd, cause, by=owner, now=NOW)
    assert told() == [("2026-11-23", "Sjuka"), ("2026-11-23", "")]
    assert Measurement.objects.filter(cause="Sjuka").count() == 0


def test_a_co_driver_may_and_nobody_else(odd: Measurement, owner: Employee, unit: Unit) -> None:
    helper = a_person("Sara", "Berg", unit=unit)
    invite_co_driver(odd.outcome.initiative, helper, by=owner, now=NOW)
    former = a_person("Eva", "Ask", ended_on=TODAY - dt.timedelta(days=1))
    strangers = [a_person("Olle", "Ek"), a_manager(unit), a_manager(a_unit("Gatukontoret")), former]
    for person in strangers:
        with pytest.raises(NotAllowed):
            explain(odd, "Jag tror det", by=person, now=NOW)
    explain(odd, "Sjuka", by=helper, now=NOW)
    assert [cause for _day, cause in told()] == ["Sjuka"]


def test_an_owner_who_has_left_writes_no_more(odd: Measurement, owner: Employee) -> None:
    Employee.objects.filter(pk=owner.pk).update(ended_on=TODAY - dt.timedelta(days=1))
    owner.refresh_from_db()
    with pytest.raises(NotAllowed):
        explain(odd, "Sjuka", by=owner, now=NOW)


def test_too_many_words_are_refused_on_their_field(odd: Measurement, owner: Employee) -> None:
    with pytest.raises(Refused) as refused:
        explain(odd, "x" * 301, by=owner, now=NOW)
    assert [each.field for each in refused.value.missing] == ["cause"]
    explain(odd, "x" * 300, by=owner, now=NOW)


@pytest.mark.parametrize("state", [State.DECLINED, State.WITHDRAWN])
def test_what_is_not_going_on_is_left_as_it_is(owner: Employee, unit: Unit, state: State) -> None:
    row = values(an_initiative(owner, unit, state).outcomes.get(), [26], until=TODAY)[0]
    with pytest.raises(Refused):
        explain(row, "Sjuka", by=owner, now=NOW)
