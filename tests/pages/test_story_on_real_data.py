"""The main job on master data and key figures as they come: imported, signed in to by password, fed over the API."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from initiatives.models import Initiative
from kommun.clients.acts import Terms, create
from kommun.models import Employee, Unit
from tests.pages.test_story import register, today

pytestmark = pytest.mark.django_db
DATA = Path(settings.BASE_DIR) / "tests" / "data" / "story"
PASSWORD = "granen susar vid sjön"


@pytest.fixture(autouse=True)
def imported(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tree and the people from the two commands, and a first password each from the third."""
    for name, file in (("import_organisation", "organisation.json"), ("import_employees", "employees.json")):
        call_command(name, str(DATA / file), stdout=io.StringIO())
    for person in Employee.objects.all():
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
        call_command("set_password", person.employee_id, stdout=io.StringIO())


def signed_in(login: str) -> Client:
    client = Client()
    assert client.post("/logga-in/", {"username": login, "password": PASSWORD}).status_code == 302
    return client


def robot(unit: Unit) -> dict[str, str]:
    """A machine of the unit's, and the header it has after asking for a token."""
    terms = Terms("Nyckeltalsroboten", unit, ["measurements:write", "initiatives:read"], None, 600)
    client, secret = create(terms, by=None, now=timezone.now())
    form = {"grant_type": "client_credentials", "client_id": client.client_id, "client_secret": secret}
    return {"Authorization": f"Bearer {Client().post('/oauth/token', form).json()['access_token']}"}


def kolada() -> list[dict[str, Any]]:
    """The body of one request: every year's value, with the period it stands for and where it comes from."""
    with (DATA / "kolada.csv").open(encoding="utf-8", newline="") as file:
        return [
            {
                "periodStart": f"{row['year']}-01-01",
                "observedOn": f"{row['year']}-12-31",
                "value": float(row["value"]),
                "source": f"Kolada {row['kpi']}, {row['municipality']}",
            }
            for row in csv.DictReader(file)
        ]


def measured_values(headers: dict[str, str]) -> int:
    found = Client().get("/api/v1/outcomes", headers=headers).json()["outcomes"]
    return sum(row["valueCount"] for row in found)


def test_from_master_data_to_a_figure_in_another_system() -> None:
    unit = Unit.objects.get(code="1")
    amina, johan = signed_in("amilin02"), signed_in("johek01")
    initiative = register(amina, unit)
    assert (initiative.state, initiative.decider) == ("proposed", Employee.objects.get(login="johek01"))
    johan.post(f"/beslut/{initiative.uuid}/", {"seen": initiative.seen, "answer": "yes", "reason": "Kör!"})

    headers, outcome = robot(Unit.objects.get(code="100")), initiative.outcomes.get()
    address, before = f"/api/v1/outcomes/{outcome.uuid}/measurements", measured_values(headers)
    for result in ("created", "unchanged"):
        answer = (
            Client().post(address, {"measurements": kolada()}, content_type="application/json", headers=headers).json()
        )
        assert {each["result"] for each in answer["results"]} == {result}
    assert measured_values(headers) == before + 12

    page = amina.get(initiative.get_absolute_url()).content.decode()
    assert all(words in page for words in ("Nyckeltalsroboten", "334,166548", "Kolada N03702, Arboga", ">2023<"))
    assert Initiative.objects.get().state == "underway"
    assert signed_in("saraber03").get(initiative.get_absolute_url()).status_code == 200
    assert today() >= outcome.measurements.latest("observed_on").observed_on
