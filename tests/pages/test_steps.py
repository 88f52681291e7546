"""Every step as a page: what is missing is said, what was written is kept, and GET changes nothing."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client

from initiatives.models import Initiative, Transition
from initiatives.workflow import STEPS, State, Verb
from kommun.models import Employee, Unit
from tests.builders import NOW, a_manager, a_person, a_unit, an_initiative, values

pytestmark = pytest.mark.django_db
TODAY = dt.date.today  # pages read the clock themselves
type_of_visit = Callable[[Employee], Client]


@pytest.fixture
def unit() -> Unit:
    return a_unit(parent=a_unit("Åsmåla kommun"))


@pytest.fixture
def owner(unit: Unit) -> Employee:
    return a_person(unit=unit)


@pytest.fixture
def manager(unit: Unit) -> Employee:
    return a_manager(unit)


def as_person(person: Employee) -> Client:
    client = Client(headers={"accept-language": "sv"})
    client.force_login(person, backend="kommun.sign_in.EmployeeBackend")
    return client


def address(initiative: Initiative, verb: Verb | str) -> str:
    return f"/initiativ/{initiative.uuid}/steg/{verb}/"


def test_get_changes_nothing(unit: Unit, owner: Employee, manager: Employee) -> None:
    for step in STEPS:
        for source in step.sources:
            initiative = an_initiative(owner, unit, source)
            before = (initiative.state, Transition.objects.count())
            for person in (owner, manager):
                as_person(person).get(address(initiative, step.verb))
            initiative.refresh_from_db()
            assert (initiative.state, Transition.objects.count()) == before


def test_the_owner_takes_it_back(unit: Unit, owner: Employee) -> None:
    initiative = an_initiative(owner, unit, State.PROPOSED)
    answer = as_person(owner).post(address(initiative, "withdraw"), {"seen": initiative.seen})
    initiative.refresh_from_db()
    assert (answer.status_code, answer["location"], initiative.state) == (
        302,
        initiative.get_absolute_url(),
        "withdrawn",
    )


def test_what_is_missing_stands_on_its_field_and_what_was_written_is_kept(unit: Unit, owner: Employee) -> None:
    initiative = an_initiative(owner, unit, State.UNDERWAY)
    answer = as_person(owner).post(address(initiative, "stop"), {"seen": initiative.seen, "reason": "Det tar slut."})
    initiative.refresh_from_db()
    assert (answer.status_code, initiative.state) == (422, "underway")
    assert answer.context["form"].errors.keys() == {"lesson"}
    assert "Det tar slut." in answer.content.decode()


def test_the_second_of_two_posts_is_told_so(unit: Unit, owner: Employee, manager: Employee) -> None:
    initiative = an_initiative(owner, unit, State.UNDERWAY)
    seen = {"seen": initiative.seen, "reason": "Sommar", "resume_on": (TODAY() + dt.timedelta(days=9)).isoformat()}
    first = as_person(owner).post(address(initiative, "pause"), seen)
    second = as_person(manager).post(address(initiative, "pause"), seen)
    assert (first.status_code, second.status_code) == (302, 409)
    assert "Någon hann före" in second.content.decode() and "Sommar" in second.content.decode()
    assert Transition.objects.filter(verb="pause").count() == 1


def test_a_page_from_before_is_answered_with_conflict(unit: Unit, owner: Employee) -> None:
    initiative = an_initiative(owner, unit, State.PROPOSED)
    answer = as_person(owner).post(address(initiative, "withdraw"), {"seen": "proposed.0"})
    assert (answer.status_code, "Någon hann före dig" in answer.content.decode()) == (409, True)


@pytest.mark.parametrize("verb", ["approve", "withdraw", "stop", "conclude"])
def test_a_stranger_is_refused(unit: Unit, owner: Employee, manager: Employee, verb: str) -> None:
    initiative = an_initiative(owner, unit, State.MEASURING if verb in ("stop", "conclude") else State.PROPOSED)
    stranger, elsewhere = a_person("Sara", "Berg"), a_manager(a_unit("Gata och park"))
    assert [as_person(each).get(address(initiative, verb)).status_code for each in (stranger, elsewhere)] == [403, 403]


def test_a_stranger_does_not_even_find_a_draft(unit: Unit, owner: Employee) -> None:
    assert as_person(a_person("Sara", "Berg")).get(address(an_initiative(owner, unit), "submit")).status_code == 404


@pytest.mark.parametrize("verb", ["silence", "fly"])
def test_what_people_cannot_do_is_not_found(unit: Unit, owner: Employee, verb: str) -> None:
    assert as_person(owner).get(address(an_initiative(owner, unit, State.PROPOSED), verb)).status_code == 404


def test_the_change_date_page_says_how_many_values_are_missing(unit: Unit, owner: Employee) -> None:
    initiative = an_initiative(owner, unit, State.UNDERWAY)
    values(initiative.outcomes.get(), [40, 41, 42], until=TODAY() - dt.timedelta(days=2))
    page = as_person(owner).get(address(initiative, "implement"))
    assert [each.field for each in page.context["gate"]] == ["baseline"]


def test_the_owner_puts_the_change_in_place(unit: Unit, owner: Employee) -> None:
    initiative = an_initiative(owner, unit, State.UNDERWAY)
    values(initiative.outcomes.get(), [40, 41, 42, 43, 44], until=TODAY() - dt.timedelta(days=2))
    day = TODAY().isoformat()
    as_person(owner).post(address(initiative, "implement"), {"seen": initiative.seen, "change_on": day})
    initiative.refresh_from_db()
    assert (initiative.state, initiative.change_on) == ("measuring", TODAY())


# --- A stop by the decider --------------------------------------------------------------------------------------------
def test_a_decider_stops_it_with_a_reason_in_words_that_fit(unit: Unit, owner: Employee, manager: Employee) -> None:
    initiative = an_initiative(owner, unit, State.UNDERWAY)
    html = as_person(manager).get(address(initiative, "stop")).content.decode()
    assert "<h1>Stoppa, med ett skäl</h1>" in html and "Varför avbryts det?" in html
    assert "Stoppa, med ett skäl" in as_person(manager).get(initiative.get_absolute_url()).content.decode()
    assert "<h1>Avbryt med en lärdom</h1>" in as_person(owner).get(address(initiative, "stop")).content.decode()
    assert "Stoppa, med ett skäl" not in as_person(owner).get(initiative.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    ("verb", "said"),
    [("silence", "Det startade genom tystnad."), ("start", "Det startade på eget mandat."), ("approve", None)],
)
@pytest.mark.parametrize("state", [State.UNDERWAY, State.MEASURING])
def test_what_began_without_a_yes_shows_the_decider_that_it_can_still_be_stopped(
    unit: Unit, owner: Employee, manager: Employee, verb: str, said: str | None, state: State
) -> None:
    initiative = an_initiative(owner, unit, state)
    by = {"silence": None, "start": owner, "approve": manager}[verb]
    Transition.objects.create(
        initiative=initiative, number=2, verb=verb, from_state="proposed", to_state=state, by=by, at=NOW
    )
    pages = [as_person(who).get(initiative.get_absolute_url()) for who in (manager, owner, a_person(unit=unit))]
    assert [page.context["started_unasked"] for page in pages] == [said or "", "", ""]
    offered = f'Testet fortsätter. Du kan fortfarande stoppa det. <a href="{address(initiative, "stop")}">'
    assert [offered in page.content.decode() for page in pages] == [said is not None, False, False]


def test_the_decider_stops_what_silence_started_and_the_owner_reads_why(
    unit: Unit, owner: Employee, manager: Employee
) -> None:
    initiative = an_initiative(owner, unit, State.UNDERWAY, steps_taken=2)
    Transition.objects.create(
        initiative=initiative, number=2, verb="silence", from_state="proposed", to_state="underway", by=None, at=NOW
    )
    fields = {"seen": initiative.seen, "reason": "Vi byter system."}
    assert as_person(manager).post(address(initiative, "stop"), fields).status_code == 422
    answer = as_person(manager).post(address(initiative, "stop"), fields | {"lesson": "Fråga systemgruppen först."})
    initiative.refresh_from_db()
    assert (answer.status_code, initiative.state, initiative.ending) == (302, "concluded", "stopped")
    assert "<q>Vi byter system.</q>" in as_person(owner).get(initiative.get_absolute_url()).content.decode()
    assert as_person(manager).get(initiative.get_absolute_url()).context["started_unasked"] == ""
