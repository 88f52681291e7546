"""Granska: what a controller sees and answers, and what the owner and colleagues see of it."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from initiatives.actions.claiming import Terms, make_claim
from initiatives.actions.measuring import Entry, record_values
from initiatives.models import Claim, Initiative, Measurement, Outcome, Transition, VerificationStep
from initiatives.workflow import State
from kommun.models import Employee, Role, Unit
from tests.builders import LONG_AGO, a_person, a_unit, an_initiative, assign, values
from tests.pages.markup import faults
from tests.pages.test_steps import as_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit() -> Unit:
    return a_unit("Bygglovsenheten", a_unit("Åsmåla kommun"))


@pytest.fixture
def owner(unit: Unit) -> Employee:
    return a_person(unit=unit)


@pytest.fixture
def karin(unit: Unit) -> Employee:
    return assign(a_person("Karin", "Nordin"), Role.CONTROLLER, unit)


def confirmed(owner: Employee, unit: Unit, title: str = "Ring sökanden") -> Initiative:
    """Its effect was shown, and waits for a controller."""
    today = timezone.localdate()
    change_on = today - dt.timedelta(days=60)
    columns: dict[str, Any] = {"change_on": change_on, "concluded_at": timezone.now(), "title": title}
    initiative = an_initiative(owner, unit, State.CONCLUDED, **columns)
    outcome = initiative.outcomes.get()
    Outcome.objects.filter(pk=outcome.pk).update(review_on=today, baseline_from_on=LONG_AGO)
    outcome.refresh_from_db()
    values(outcome, [40, 42, 41, 39, 43], until=change_on - dt.timedelta(days=3))
    values(outcome, [20, 22, 21, 19, 23], until=today - dt.timedelta(days=3))
    initiative.outcomes.update(verdict_is_final=True, grade=3, verification="asked", verification_at=timezone.now())
    return initiative


def seen(client: Client, initiative: Initiative) -> str:
    card = client.get(f"/granska/{initiative.uuid}/").context["cards"][0]
    return str(card.form["seen"].value())


def answer(client: Client, initiative: Initiative, answer: str, **fields: str) -> Any:
    data = {"answer": answer, "seen": seen(client, initiative), **fields}
    return client.post(f"/granska/{initiative.uuid}/", data)


def stands(initiative: Initiative) -> tuple[str, int]:
    return initiative.outcomes.values_list("verification", "grade").get()


def test_a_controller_finds_it_in_the_menu_and_confirms_it(owner: Employee, unit: Unit, karin: Employee) -> None:
    initiative, client = confirmed(owner, unit), as_person(karin)
    page = client.get("/granska/").content.decode()
    assert "Ett resultat väntar på din granskning" in page
    assert faults(page) == []
    done = answer(client, initiative, "confirm")
    assert (done.status_code, done["Location"], stands(initiative)) == (302, "/granska/", ("confirmed", 4))
    assert "Inget väntar på din granskning" in client.get("/granska/").content.decode()
    shown = as_person(a_person()).get(initiative.get_absolute_url()).content.decode()
    assert "Bekräftat av controllern Karin Nordin" in shown
    assert "bekräftade resultatet" in shown


def test_sending_back_needs_a_reason_and_keeps_the_page(owner: Employee, unit: Unit, karin: Employee) -> None:
    initiative, client = confirmed(owner, unit), as_person(karin)
    refused = answer(client, initiative, "return", reason="")
    assert refused.status_code == 422
    assert "Skriv vad som saknas eller är fel." in refused.content.decode()
    assert faults(refused.content.decode()) == []
    assert answer(client, initiative, "return", reason="Vilka ärenden räknas?").status_code == 302
    assert stands(initiative) == ("returned", 3)


def test_the_owner_reads_the_reason_and_answers(owner: Employee, unit: Unit, karin: Employee) -> None:
    initiative, hers = confirmed(owner, unit), as_person(owner)
    answer(as_person(karin), initiative, "return", reason="Vilka ärenden räknas?")
    page = hers.get(initiative.get_absolute_url()).content.decode()
    assert "Vilka ärenden räknas?" in page
    assert faults(page) == []
    address = f"/initiativ/{initiative.uuid}/controller/"
    refused = hers.post(address, {"words": " "})
    assert (refused.status_code, "Skriv vad du har ändrat" in refused.content.decode()) == (422, True)
    assert as_person(a_person()).post(address, {"words": "Alla"}).status_code == 403
    assert hers.post(address, {"words": "Alla enkla bygglov."}).status_code == 302
    assert stands(initiative) == ("asked", 3)
    assert "Alla enkla bygglov." in as_person(karin).get("/granska/").content.decode()


def test_what_moved_since_the_controller_looked_is_shown_and_asked_about_anew(
    owner: Employee, unit: Unit, karin: Employee
) -> None:
    initiative, client = confirmed(owner, unit), as_person(karin)
    old = seen(client, initiative)
    Outcome.objects.filter(initiative=initiative).update(follow_up_median=24)
    late = client.post(f"/granska/{initiative.uuid}/", {"answer": "confirm", "seen": old})
    assert (late.status_code, stands(initiative)) == (409, ("asked", 3))
    assert "Någon hann före dig." in late.content.decode()
    again = {"answer": "confirm", "seen": str(late.context["cards"][0].form["seen"].value())}
    assert client.post(f"/granska/{initiative.uuid}/", again).status_code == 302


def test_what_is_verified_is_what_the_corrected_values_say(owner: Employee, unit: Unit, karin: Employee) -> None:
    """The verdict stays; its values and what is claimed of it are those of today, in the inbox and on the page."""
    initiative, now = confirmed(owner, unit), timezone.now()
    outcome = Outcome.objects.select_related("indicator", "initiative").get(initiative=initiative)
    VerificationStep.objects.create(outcome=outcome, number=1, kind="asked", at=now, by=owner)
    terms = Terms(Claim.Kind.HOURS, Decimal(10), Decimal(1), "Diariet", is_recurring=True)
    make_claim(outcome, terms, by=owner, now=now)
    rows = outcome.measurements.filter(observed_on__gte=initiative.change_on)
    entries = [Entry(row.observed_on, (row.value or Decimal()) + 15) for row in rows]
    record_values(outcome, entries, source=Measurement.Source.PERSON, now=now, by=owner, reason="Fel kolumn")
    said = "5 värden har rättats eller lagts till sedan utslaget, som står kvar. Den typiska skillnaden är nu −5 dagar."
    for page in (f"/granska/{initiative.uuid}/", initiative.get_absolute_url()):
        shown = as_person(karin).get(page).content.decode().replace("\N{NO-BREAK SPACE}", " ")
        assert said in shown
        assert "5 dagar lägre × 10 i månaden × 1 timmar = 50 timmar i månaden" in shown
        assert "200 timmar" not in shown


@pytest.mark.parametrize("role", [None, Role.MANAGER, Role.VIEWER, Role.ADMINISTRATOR])
def test_the_page_is_for_controllers(owner: Employee, unit: Unit, role: Role | None) -> None:
    initiative, person = confirmed(owner, unit), a_person()
    client = as_person(assign(person, role, unit) if role else person)
    assert client.get("/granska/").status_code == 403
    assert client.get(f"/granska/{initiative.uuid}/").status_code == 403
    assert client.post(f"/granska/{initiative.uuid}/", {"answer": "confirm", "seen": "x"}).status_code == 403
    assert 'href="/granska/"' not in client.get("/").content.decode()


def test_a_controller_does_not_meet_what_is_not_theirs_to_verify(owner: Employee, unit: Unit, karin: Employee) -> None:
    hers = confirmed(karin, unit, "Hennes eget")
    decided = confirmed(owner, unit, "Det hon beslutade om")
    Transition.objects.create(
        initiative=decided, number=9, verb="approve", from_state="proposed", to_state="underway", by=karin,
        at=timezone.now(),
    )  # fmt: skip
    elsewhere = confirmed(owner, a_unit("Gator"), "En annan enhets")
    client = as_person(karin)
    assert client.get("/granska/").context["cards"] == []
    for initiative in (hers, decided, elsewhere):
        assert client.get(f"/granska/{initiative.uuid}/").status_code == 403
        assert client.post(f"/granska/{initiative.uuid}/", {"answer": "confirm", "seen": "x"}).status_code == 403


def test_what_no_longer_waits_leads_to_the_initiative(owner: Employee, unit: Unit, karin: Employee) -> None:
    initiative = confirmed(owner, unit)
    initiative.outcomes.update(verification="confirmed")
    found = as_person(karin).get(f"/granska/{initiative.uuid}/")
    assert (found.status_code, found["Location"]) == (302, initiative.get_absolute_url())


# Session and user, menu 2, role; outcomes, steps with who, claims.
REVIEWING = 12


@pytest.mark.parametrize("count", [1, 30])
def test_the_page_takes_the_same_queries_at_any_length(
    owner: Employee, unit: Unit, karin: Employee, count: int, django_assert_num_queries: Any
) -> None:
    for number in range(count):
        confirmed(owner, unit, f"Nummer {number}")
    client = as_person(karin)
    with django_assert_num_queries(REVIEWING):
        assert len(client.get("/granska/").context["cards"]) == count
