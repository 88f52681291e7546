"""Beviset: the page of the evidence grade."""

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from initiatives.models import Grading
from kommun.models import Employee
from tests.builders import a_person, a_unit, an_initiative
from tests.pages.markup import faults
from tests.pages.test_steps import as_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Employee:
    return a_person(unit=a_unit())


def test_the_page_tells_the_grade_what_lifts_it_and_how_it_came_to_be(owner: Employee) -> None:
    initiative = an_initiative(owner, owner.employments.get().unit, "measuring")
    outcome = initiative.outcomes.get()
    type(outcome).objects.filter(pk=outcome.pk).update(grade=1, n_before=8, n_after=2)
    Grading.objects.create(outcome=outcome, grade=1, at=timezone.now(), figures={"n_before": 8, "n_after": 0})
    client = as_person(a_person("Sara", "Berg"))
    page = client.get(f"/initiativ/{initiative.uuid}/bevis/").content.decode()
    assert faults(page) == []
    for words in (
        "Bevisgrad 1 av 5",
        "3 värden till från tiden efter",
        "Höjdes från 0 till 1",
        "8 värden före ändringen",
    ):
        assert words in page
    assert f'href="/initiativ/{initiative.uuid}/bevis/"' in client.get(initiative.get_absolute_url()).content.decode()


def test_an_initiative_without_an_outcome_has_no_evidence(owner: Employee) -> None:
    initiative = an_initiative(owner, owner.employments.get().unit, target=None)
    assert as_person(owner).get(f"/initiativ/{initiative.uuid}/bevis/").status_code == 404


def test_the_evidence_of_a_draft_is_for_its_owner(owner: Employee) -> None:
    initiative = an_initiative(owner, owner.employments.get().unit)
    address = f"/initiativ/{initiative.uuid}/bevis/"
    assert [as_person(person).get(address).status_code for person in (owner, a_person())] == [200, 404]


EVIDENCE = 7


@pytest.mark.parametrize("count", [1, 30])
def test_the_page_takes_the_same_queries_at_any_length(
    owner: Employee, count: int, django_assert_num_queries: Any
) -> None:
    initiative = an_initiative(owner, owner.employments.get().unit, "measuring")
    outcome = initiative.outcomes.get()
    for number in range(count):
        at = timezone.now() + dt.timedelta(days=number)
        Grading.objects.create(outcome=outcome, grade=number % 3, at=at, figures={})
    client = as_person(owner)
    with django_assert_num_queries(EVIDENCE):
        client.get(f"/initiativ/{initiative.uuid}/bevis/")
