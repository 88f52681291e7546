"""The inbox of a decision-maker."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.utils import timezone

from initiatives.actions.agreeing import ask_for_waiver
from initiatives.models import Initiative, Promise, Transition, Waiver
from initiatives.workflow import State
from kommun.models import Assignment, Employee, Role, Unit
from kommun.workdays import Workdays
from tests.builders import a_manager, a_person, a_unit, an_initiative, assign
from tests.pages.markup import faults
from tests.pages.test_obstacles import a_promise, an_obstacle
from tests.pages.test_steps import as_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit() -> Unit:
    return a_unit(parent=a_unit("Åsmåla kommun"))


@pytest.fixture
def manager(unit: Unit) -> Employee:
    return a_manager(unit)


def waiting(unit: Unit, manager: Employee, *, days: int = 4, title: str = "Digital tidbokning") -> Initiative:
    sent = timezone.now() - dt.timedelta(days=days)
    owner = a_person("Amina", "Lindqvist", unit=unit)
    return an_initiative(owner, unit, State.PROPOSED, submitted_at=sent, decider=manager, title=title)


def answer(manager: Employee, initiative: Initiative, **fields: str) -> int:
    fields = {"seen": initiative.seen} | fields
    status: int = as_person(manager).post(f"/beslut/{initiative.uuid}/", fields).status_code
    initiative.refresh_from_db()
    return status


def test_the_longest_wait_stands_first(unit: Unit, manager: Employee) -> None:
    for days, title in ((2, "Ny"), (20, "Gammal"), (9, "Mellan")):
        waiting(unit, manager, days=days, title=title)
    page = as_person(manager).get("/beslut/")
    assert [card.initiative.title for card in page.context["cards"]] == ["Gammal", "Mellan", "Ny"]
    assert "3 initiativ väntar på ditt beslut" in page.content.decode()


def test_a_yes_may_carry_a_greeting_and_a_promise(unit: Unit, manager: Employee) -> None:
    initiative = waiting(unit, manager)
    due = (timezone.localdate() + dt.timedelta(days=9)).isoformat()
    promise = {"promise_kind": "time", "promise": "Fyra timmar i veckan", "promise_due_on": due}
    assert answer(manager, initiative, answer="yes", reason="Bra!", **promise) == 302
    assert (initiative.state, initiative.transitions.get(verb="approve").reason) == ("underway", "Bra!")
    assert Promise.objects.get().text == "Fyra timmar i veckan"


def test_half_a_promise_is_refused_and_nothing_is_decided(unit: Unit, manager: Employee) -> None:
    initiative = waiting(unit, manager)
    assert answer(manager, initiative, answer="yes", promise="Fyra timmar i veckan", promise_kind="time") == 422
    assert (initiative.state, Promise.objects.count()) == ("proposed", 0)


def test_a_no_asks_why_and_what_would_make_it_a_yes(unit: Unit, manager: Employee) -> None:
    initiative = waiting(unit, manager)
    assert answer(manager, initiative, answer="no", reason="Inte i år") == 422
    assert answer(manager, initiative, answer="no", reason="Inte i år", yes_when="I maj") == 302
    assert initiative.state == "declined"


def test_a_question_goes_back_to_the_owner(unit: Unit, manager: Employee) -> None:
    initiative = waiting(unit, manager)
    assert answer(manager, initiative, answer="question", reason="Vilka berörs?") == 302
    assert initiative.state == "returned"


def test_a_page_from_before_is_answered_with_conflict(unit: Unit, manager: Employee) -> None:
    initiative = waiting(unit, manager)
    assert answer(manager, initiative, answer="yes", seen="proposed.0") == 409
    assert initiative.state == "proposed"


def test_another_units_manager_is_refused(unit: Unit, manager: Employee) -> None:
    initiative = waiting(unit, manager)
    assert answer(a_manager(a_unit("Gata och park")), initiative, answer="yes") == 403
    assert initiative.state == "proposed"


def test_the_owner_does_not_decide_their_own(unit: Unit, manager: Employee) -> None:
    initiative = waiting(unit, manager)
    assert answer(initiative.owner, initiative, answer="yes") == 403


def test_nothing_waits_is_said_in_words(manager: Employee) -> None:
    assert "Inget väntar på ditt beslut" in as_person(manager).get("/beslut/").content.decode()


@pytest.mark.parametrize("rows", [1, 30])
def test_the_inbox_takes_the_same_queries_at_any_length(
    unit: Unit, manager: Employee, rows: int, django_assert_num_queries: object
) -> None:
    for _row in range(rows):
        waiting(unit, manager)
        driven = an_initiative(a_person(unit=unit), unit, State.UNDERWAY)
        an_obstacle(driven, manager)
        a_promise(driven, manager)
    client = as_person(manager)
    with django_assert_num_queries(INBOX_QUERIES):  # type: ignore[operator]
        client.get("/beslut/")


INBOX_QUERIES = 12


# --- One decision by its own address --------------------------------------------------------------------------------
def test_a_deputy_beside_the_manager_who_is_asked_may_decide_too(unit: Unit, manager: Employee) -> None:
    deputy = assign(a_person("Sara", "Berg", unit=unit), Role.DEPUTY, unit)
    initiative = waiting(unit, manager)
    page = as_person(deputy).get(f"/beslut/{initiative.uuid}/")
    assert [card.initiative for card in page.context["cards"]] == [initiative]
    assert answer(deputy, initiative, answer="no", reason="Inte nu") == 422
    assert answer(deputy, initiative, answer="yes") == 302
    assert initiative.state == "underway"


def test_the_one_that_was_asked_for_stands_first_and_once(unit: Unit, manager: Employee) -> None:
    older, newer = waiting(unit, manager, days=9, title="Gammal"), waiting(unit, manager, days=2, title="Ny")
    page = as_person(manager).get(f"/beslut/{newer.uuid}/")
    assert [card.initiative for card in page.context["cards"]] == [newer, older]


def test_others_and_what_has_been_decided_are_shown_the_way(unit: Unit, manager: Employee) -> None:
    initiative = waiting(unit, manager)
    assert as_person(a_person(unit=unit)).get(f"/beslut/{initiative.uuid}/").status_code == 403
    answer(manager, initiative, answer="yes")
    late = as_person(manager).get(f"/beslut/{initiative.uuid}/")
    assert (late.status_code, late["location"]) == (302, initiative.get_absolute_url())


def test_what_was_written_is_kept_when_somebody_was_first(unit: Unit, manager: Employee) -> None:
    initiative = waiting(unit, manager)
    seen = initiative.seen
    answer(manager, initiative, answer="yes")
    fields = {"seen": seen, "answer": "question", "reason": "Vem ringer på lovet?"}
    late = as_person(manager).post(f"/beslut/{initiative.uuid}/", fields)
    assert (late.status_code, "Vem ringer på lovet?" in late.content.decode()) == (409, True)


def test_a_new_manager_answers_a_reason_that_was_given_to_the_former(unit: Unit, manager: Employee) -> None:
    owner = a_person(unit=unit)
    initiative = an_initiative(owner, unit, "measuring", decider=manager)
    ask_for_waiver(initiative, Waiver.Kind.RESULT, "Registret är borta", by=owner, now=timezone.now())
    Assignment.objects.filter(employee=manager).update(to_on=timezone.localdate() - dt.timedelta(days=1))
    new = a_manager(unit, "Nina", "Ny")
    read = [as_person(person).get("/beslut/").content.decode() for person in (new, manager)]
    assert ["Registret är borta" in page for page in read] == [True, False]


# --- What has come on from somebody who has not answered --------------------------------------------------------------
def test_what_has_climbed_is_listed_with_the_reason_why(unit: Unit, manager: Employee) -> None:
    assert unit.parent is not None
    director = a_manager(unit.parent, "Helena", "Strand")
    sent = timezone.now() - dt.timedelta(days=15)
    initiative = waiting(unit, manager, days=15)
    Initiative.objects.update(escalated_to=director)
    days = Workdays.load(sent.date(), timezone.localdate()).between(timezone.localdate(sent), timezone.localdate())
    page = as_person(director).get("/beslut/")
    said = f"Har gått vidare till dig: Johan Ek har inte svarat på {days} arbetsdagar."
    assert [(card.initiative, card.came_on) for card in page.context["cards"]] == [(initiative, said)]
    assert said in page.content.decode() and faults(page.content.decode()) == []
    assert [item.count for item in page.context["menu"] if item.url == "/beslut/"] == [1]
    assert "Amina Lindqvist väntar på ditt svar" in as_person(director).get("/").content.decode()


def test_the_one_who_was_asked_first_sees_it_still_and_no_reason(unit: Unit, manager: Employee) -> None:
    assert unit.parent is not None
    waiting(unit, manager)
    Initiative.objects.update(escalated_to=a_manager(unit.parent))
    page = as_person(manager).get("/beslut/")
    assert [card.came_on for card in page.context["cards"]] == [""]
    assert [item.count for item in page.context["menu"] if item.url == "/beslut/"] == [1]


def test_what_waits_is_found_by_an_index_of_each_whom_it_waits_for(unit: Unit, manager: Employee) -> None:
    others = [a_manager(unit) for _other in range(25)]
    asked = {"state": State.PROPOSED, "submitted_at": timezone.now(), "decide_by_on": timezone.localdate()}
    Initiative.objects.bulk_create(
        Initiative(title="Väntar", owner=manager, unit=unit, decider=one, escalated_to=other, **asked)
        for one in others
        for other in others
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE initiatives_initiative")
        cursor.execute("SET LOCAL enable_seqscan = off")  # so few rows are read as fast without
    plan = Initiative.objects.awaiting(others[0]).order_by().explain()
    assert "BitmapOr" in plan and "Seq Scan" not in plan, plan
    assert Initiative.objects.awaiting(others[0]).count() == 49


# --- Their own answering time -----------------------------------------------------------------------------------------
def test_their_own_answering_time_is_for_their_own_eyes(unit: Unit, manager: Employee) -> None:
    """Of three who may decide for the unit, each reads their own, and of the others not even that there is one."""
    assert unit.parent is not None
    director, deputy = a_manager(unit.parent, "Helena", "Strand"), assign(a_person("Dan", "Berg"), Role.DEPUTY, unit)
    for person, waited in ((manager, 21), (deputy, 35), (deputy, 35)):
        initiative = an_initiative(a_person(unit=unit), unit, State.DRAFT)
        now = timezone.now()
        steps = [("submit", "draft", "proposed", initiative.owner, now - dt.timedelta(days=waited))]
        steps.append(("approve", "proposed", "underway", person, now))
        for number, (verb, before, after, by, at) in enumerate(steps, start=1):
            Transition.objects.create(
                initiative=initiative, number=number, verb=verb, from_state=before, to_state=after, by=by, at=at
            )
    seen = {person: as_person(person).get("/beslut/") for person in (manager, deputy, director)}
    times = {person: page.context["answering_time"] for person, page in seen.items()}
    assert [time and time.answers for time in times.values()] == [1, 2, None]
    assert times[manager].days < times[deputy].days
    for person, page in seen.items():
        html = page.content.decode()
        shown = re.findall(r'class="effekt__siffra">(\d+)', html)
        assert shown == ([str(times[person].days)] if times[person] else [])
        assert not [other for other in seen if other != person and f"{other.given_name} {other.family_name}" in html]
    assert "2 svar senaste året. Bara du ser den." in seen[deputy].content.decode()
    assert "Du har inte beslutat något det senaste året." in seen[director].content.decode()
