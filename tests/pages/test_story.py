"""The main job from beginning to end, by three persons over HTTP."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from initiatives import clock
from initiatives.models import Initiative, Transition
from kommun.models import Employee, Unit
from kommun.organisation import set_setting
from tests.builders import LONG_AGO, a_manager, a_person, a_unit
from tests.pages.test_steps import as_person
from tests.passing_time import let_days_pass

pytestmark = pytest.mark.django_db
WEEK = dt.timedelta(days=7)


@pytest.fixture
def unit() -> Unit:
    root = a_unit("Åsmåla kommun")
    set_setting(root, on=LONG_AGO, silence_means_go=True, mandate_amount=50_000)
    return a_unit("Bygglovsenheten", root)


@pytest.fixture
def amina(unit: Unit) -> Employee:
    return a_person("Amina", "Lindqvist", unit=unit)


@pytest.fixture
def johan(unit: Unit) -> Employee:
    return a_manager(unit, "Johan", "Ek")


def today() -> dt.date:
    return timezone.localdate()


def register(client: Client, unit: Unit) -> Initiative:
    """The four questions, then the completing page."""
    idea = {"title": "Ring sökanden samma dag", "benefit": "Sökanden vet vad som händer.", "notice": "faster"}
    client.post("/initiativ/nytt/", {**idea, "unit": unit.pk, "send": "1"})
    initiative = Initiative.objects.get()
    address = f"/initiativ/{initiative.uuid}/komplettera/"
    refused = client.post(address, {**idea, "unit": unit.pk, "cadence": "weekly", "seen": initiative.seen, "send": "1"})
    assert refused.status_code == 422
    initiative.refresh_from_db()
    rest = {
        "plan": "Jag ringer upp alla som söker.",
        "first_step": "Ring alla på en tisdag",
        "first_step_on": (today() + WEEK).isoformat(),
        "indicator": "Dagar till första svar",
        "unit_of_measure": "dagar",
        "direction": "down",
        "target": "2,5",
        "target_on": (today() + 20 * WEEK).isoformat(),
        "cadence": "weekly",
        "baseline_ready_on": (today() + 2 * WEEK).isoformat(),
        "cost": "0",
        "has_personal_data": "no",
        "is_reversible": "yes",
        "is_critical": "no",
    }
    sent = client.post(address, {**idea, **rest, "unit": unit.pk, "seen": initiative.seen, "send": "1"})
    assert sent.status_code == 302, sent.context["form"].errors
    initiative.refresh_from_db()
    return initiative


def enter(client: Client, initiative: Initiative, numbers: list[str], *, first: dt.date) -> None:
    for index, number in enumerate(numbers):
        day = (first + index * WEEK).isoformat()
        answer = client.post(f"/initiativ/{initiative.uuid}/varde/", {"value": number, "observed_on": day})
        assert answer.status_code == 302, answer.context["form"].errors


def take(client: Client, initiative: Initiative, verb: str, **fields: str) -> None:
    initiative.refresh_from_db()
    answer = client.post(f"/initiativ/{initiative.uuid}/steg/{verb}/", {"seen": initiative.seen, **fields})
    assert answer.status_code == 302, answer.context["form"].errors
    initiative.refresh_from_db()


def test_from_idea_to_confirmed_effect(unit: Unit, amina: Employee, johan: Employee) -> None:
    hers, his, colleague = as_person(amina), as_person(johan), as_person(a_person("Sara", "Berg"))
    initiative = register(hers, unit)
    assert (initiative.state, initiative.decider) == ("proposed", johan)

    inbox = his.get("/beslut/").content.decode()
    assert "Ett initiativ väntar på ditt beslut" in inbox
    his.post(f"/beslut/{initiative.uuid}/", {"seen": initiative.seen, "answer": "yes", "reason": "Kör!"})
    initiative.refresh_from_db()
    assert initiative.state == "underway"

    enter(hers, initiative, ["6", "7", "6,5", "7,5", "6", "7"], first=today() - 7 * WEEK)
    take(hers, initiative, "implement", change_on=today().isoformat())
    let_days_pass(initiative, 21 * 7)
    enter(hers, initiative, ["2", "2,5", "1,5", "2", "3", "2"], first=today() - 20 * WEEK)
    page = colleague.get(initiative.get_absolute_url()).content.decode()
    assert "Ja. Det är mycket osannolikt att det är slump." in page

    take(hers, initiative, "conclude", lesson="Ett samtal på fem minuter sparar två brev.")
    outcome = initiative.outcomes.get()
    assert (initiative.state, initiative.ending, outcome.grade) == ("concluded", "confirmed", 3)
    page = colleague.get(initiative.get_absolute_url()).content.decode()
    assert "Ett samtal på fem minuter sparar två brev." in page
    assert "Utslaget är slutligt." in page
    verbs = Transition.objects.filter(initiative=initiative).order_by("number").values_list("verb", flat=True)
    assert list(verbs) == ["submit", "approve", "implement", "conclude"]


def test_silence_means_go(unit: Unit, amina: Employee, johan: Employee) -> None:
    initiative = register(as_person(amina), unit)
    let_days_pass(initiative, 30)
    clock.turn(timezone.now())
    initiative.refresh_from_db()
    step = Transition.objects.filter(initiative=initiative).latest("number")
    assert (initiative.state, step.verb, step.by) == ("underway", "silence", None)
    page = as_person(johan).get(initiative.get_absolute_url()).content.decode()
    assert "Det startade genom tystnad." in page
    assert f"/initiativ/{initiative.uuid}/steg/stop/" in page  # the veto
