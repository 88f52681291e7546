"""From baseline to an effect that held, and then faded: over simulated months, by three persons over HTTP."""

import pytest
from django.test import Client
from django.utils import timezone

from initiatives import clock
from initiatives.models import Grading, HoldCheck, Initiative, Nudge
from kommun.models import Employee, Role, Unit
from kommun.organisation import set_setting
from tests.builders import LONG_AGO, a_manager, a_person, a_unit, assign
from tests.pages.test_steps import as_person
from tests.pages.test_story import WEEK, enter, register, take, today
from tests.passing_time import let_days_pass

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit() -> Unit:
    root = a_unit("Åsmåla kommun")
    set_setting(root, on=LONG_AGO, silence_means_go=True, mandate_amount=50_000)
    return a_unit("Bygglovsenheten", root)


@pytest.fixture
def amina(unit: Unit) -> Employee:
    return a_person("Amina", "Lindqvist", unit=unit)


@pytest.fixture
def karin(unit: Unit) -> Employee:
    return assign(a_person("Karin", "Nordin"), Role.CONTROLLER, unit)


def concluded(unit: Unit, amina: Employee) -> Initiative:
    """Six values before the change, six clearly better after it, and the lesson."""
    hers, his = as_person(amina), as_person(a_manager(unit, "Johan", "Ek"))
    initiative = register(hers, unit)
    his.post(f"/beslut/{initiative.uuid}/", {"seen": initiative.seen, "answer": "yes"})
    enter(hers, initiative, ["6", "7", "6,5", "7,5", "6", "7"], first=today() - 7 * WEEK)
    take(hers, initiative, "implement", change_on=today().isoformat())
    let_days_pass(initiative, 21 * 7)
    enter(hers, initiative, ["2", "2,5", "1,5", "2", "3", "2"], first=today() - 20 * WEEK)
    take(hers, initiative, "conclude", lesson="Ett samtal på fem minuter sparar två brev.")
    return initiative


def months_pass(initiative: Initiative, months: int) -> None:
    """Until the check so many months after the ending has come."""
    due_on = HoldCheck.objects.get(outcome__initiative=initiative, months=months).due_on
    let_days_pass(initiative, (due_on - today()).days)
    clock.turn(timezone.now())


def page(client: Client, initiative: Initiative) -> str:
    return client.get(initiative.get_absolute_url()).content.decode()


def results(initiative: Initiative) -> list[str]:
    checks = HoldCheck.objects.filter(outcome__initiative=initiative).order_by("months")
    return list(checks.values_list("result", flat=True))


def test_from_baseline_to_held_and_faded(unit: Unit, amina: Employee, karin: Employee) -> None:
    hers, controller = as_person(amina), as_person(karin)
    initiative = concluded(unit, amina)
    assert "Väntar på att en controller bekräftar." in page(hers, initiative)

    card = controller.get(f"/granska/{initiative.uuid}/").context["cards"][0]
    controller.post(f"/granska/{initiative.uuid}/", {"seen": card.form["seen"].value(), "answer": "confirm"})
    assert "Bekräftat av controllern Karin Nordin" in page(hers, initiative)
    assert initiative.outcomes.get().grade == 4

    for months, value in ((1, "2"), (3, "2,5"), (6, "1,5")):
        months_pass(initiative, months)
        assert Nudge.objects.filter(rule="hold_check_due", to=amina, initiative=initiative).exists()
        assert "Håller den i sig?" in hers.get("/").content.decode()
        asked = hers.get("/").context["step"].task
        sent = {"value": value, "observed_on": asked.form.initial["observed_on"].isoformat(), "next": "/"}
        assert hers.post(asked.url, sent)["Location"] == "/"
        assert "Håller den i sig?" not in hers.get("/").content.decode()
    assert results(initiative) == ["held", "held", "held", ""]
    assert "Ja, det håller i sig." in page(hers, initiative)
    assert initiative.outcomes.get().grade == 5

    months_pass(initiative, 12)
    enter(hers, initiative, ["7", "6", "7,5", "7", "6,5", "7", "8"], first=today() - 7 * WEEK)
    shown = page(as_person(a_person("Sara", "Berg")), initiative)
    assert "Effekten har klingat av." in shown
    assert "Bekräftad, men har klingat av" in shown
    grades = Grading.objects.filter(outcome__initiative=initiative).order_by("id").values_list("grade", flat=True)
    assert (initiative.outcomes.get().grade, list(grades)) == (2, [1, 2, 3, 4, 5, 2])
    assert "Sjönk från 5 till 2" in hers.get(f"{initiative.get_absolute_url()}bevis/").content.decode()


def test_a_controller_sends_it_back_and_a_correction_asks_anew(unit: Unit, amina: Employee, karin: Employee) -> None:
    hers, controller = as_person(amina), as_person(karin)
    initiative = concluded(unit, amina)

    def answer(**fields: str) -> None:
        card = controller.get(f"/granska/{initiative.uuid}/").context["cards"][0]
        sent = {"seen": card.form["seen"].value(), **fields}
        assert controller.post(f"/granska/{initiative.uuid}/", sent).status_code == 302

    answer(answer="return", reason="Räknas telefontid?")
    assert "Räknas telefontid?" in page(hers, initiative)
    hers.post(f"{initiative.get_absolute_url()}controller/", {"words": "Ja, sedan i mars."})
    answer(answer="confirm")
    day = initiative.outcomes.get().measurements.latest("observed_on").observed_on
    corrected = {"value": "2,9", "observed_on": day.isoformat(), "reason": "Ett ärende saknades."}
    assert hers.post(f"{initiative.get_absolute_url()}varde/", corrected).status_code == 302
    outcome = initiative.outcomes.get()
    assert (outcome.verification, outcome.grade) == ("asked", 3)
    assert "Ett resultat väntar på din granskning" in controller.get("/granska/").content.decode()
