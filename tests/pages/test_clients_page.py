"""Klienter: who may see and change them, what is shown of each, and that a secret is shown once."""

import datetime as dt
import json
import re
import uuid
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries as Counted

from kommun.clients import acts
from kommun.clients.acts import Terms
from kommun.clients.proving import proves
from kommun.models import ApiCall, ApiClient, ClientPace, Employee, Role, Unit
from tests.builders import a_manager, a_person, a_unit, assign
from tests.issuer_stand_in import ec_key, private, public
from tests.pages.markup import faults
from tests.pages.test_steps import as_person

pytestmark = pytest.mark.django_db
LIST = "/administration/klienter/"
NEW = f"{LIST}ny/"
FORM = {"name": "Stratsys", "scopes": ["metrics:read"], "unit": "", "responsible": "", "requests_per_minute": "600"}


@pytest.fixture
def root() -> Unit:
    return a_unit("Åsmåla kommun")


@pytest.fixture
def ada(root: Unit) -> Employee:
    return assign(a_person("Ada", "Berg", unit=root), Role.ADMINISTRATOR, root)


@pytest.fixture
def admin(ada: Employee) -> Client:
    return as_person(ada)


def made(name: str = "Stratsys", **changed: Any) -> ApiClient:
    terms = {"unit": None, "scopes": ["metrics:read"], "responsible": None, "requests_per_minute": 600} | changed
    return acts.create(Terms(name=name, **terms), by=None, now=timezone.now())[0]


def page_of(row: ApiClient) -> str:
    return f"{LIST}{row.uuid}/"


def read(response: Any, status: int = 200) -> str:
    assert response.status_code == status
    page = response.content.decode()
    assert faults(page) == []
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


def value_of(page: str, name: str) -> str:
    found = re.search(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', page)
    assert found
    return found[1]


def test_only_administrators_of_the_whole_municipality_see_and_change_them(root: Unit) -> None:
    row = made(unit=root)
    addresses = [LIST, NEW, page_of(row), f"{page_of(row)}andra/"]
    posts = [NEW, *(f"{page_of(row)}{name}/" for name in ("andra", "hemlighet", "nycklar", "avsluta"))]
    posts.append(f"{page_of(row)}hemlighet/{row.secrets.get().uuid}/avsluta/")
    below = a_unit("Skolan", root)
    strange = [
        a_person(unit=root), a_manager(root), assign(a_person(), Role.ADMINISTRATOR, below),
        assign(a_person(), Role.VIEWER, root), assign(a_person(), Role.CONTROLLER, root),
    ]  # fmt: skip
    for person in strange:
        browser = as_person(person)
        assert {browser.get(each).status_code for each in addresses} == {403}
        assert {browser.post(each, FORM | {"sure": "on"}).status_code for each in posts} == {403}
    former = assign(a_person(), Role.ADMINISTRATOR, root)
    browser = as_person(former)
    Employee.objects.filter(pk=former.pk).update(ended_on=timezone.localdate() - dt.timedelta(days=1))
    assert {browser.get(each).status_code for each in addresses} == {302}
    assert {browser.post(each, FORM).status_code for each in posts} == {302}
    assert {Client().get(each).status_code for each in addresses} == {302}
    assert (ApiClient.objects.count(), row.acts.count(), row.secrets.get().ended_at) == (1, 1, None)


def test_only_they_have_it_in_the_menu(admin: Client, root: Unit) -> None:
    entry = f'<a href="{LIST}">'
    part = as_person(assign(a_person(), Role.ADMINISTRATOR, a_unit("Skolan", root)))
    assert [entry in browser.get("/").content.decode() for browser in (admin, part)] == [True, False]
    assert f'<a href="{LIST}">Klienter</a>' in admin.get("/admin/").content.decode()


def test_djangos_own_admin_leaves_clients_alone(root: Unit) -> None:
    boss = as_person(a_person(is_superuser=True))
    row = made()
    addresses = ["", "add/", f"{row.pk}/change/", f"{row.pk}/delete/"]
    assert {boss.get(f"/admin/kommun/apiclient/{each}").status_code for each in addresses} == {403}
    assert "/admin/kommun/apiclient/" not in boss.get("/admin/").content.decode()


def test_the_list_names_each_with_its_part_its_scopes_and_its_last_use(admin: Client, root: Unit) -> None:
    assert "Inget system får anropa än." in read(admin.get(LIST))
    row = made("Qlik", unit=root, scopes=["metrics:read", "initiatives:read"])
    ClientPace.objects.create(client=row, allowance=1, counted_at=dt.datetime(2026, 11, 20, 8, 5, tzinfo=dt.UTC))
    acts.end(made("Gammal"), by=None, now=dt.datetime(2026, 11, 21, 9, 0, tzinfo=dt.UTC))
    made("Arkivet")
    page = read(admin.get(LIST))
    assert "Arkivet Hela kommunen metrics:read Aldrig använd" in page
    assert (
        "Qlik Åsmåla kommun metrics:read initiatives:read Användes senast 20 november 2026 09.05 1 är avslutad Gammal "
        "Avslutad 21 november 2026 10.00" in page
    )


def test_a_new_client_is_asked_about_and_its_secret_shown_once(admin: Client, root: Unit) -> None:
    eva = a_person("Eva", "Ek")
    asked = admin.get(NEW)
    read(asked)
    form = FORM | {"uuid": value_of(asked.content.decode(), "uuid"), "unit": "Åsmåla", "responsible": eva.email}
    shown = admin.post(NEW, form)
    page = shown.content.decode()
    assert "Kopiera hemligheten för Stratsys nu" in read(shown)
    assert "no-store" in shown["Cache-Control"]
    row = ApiClient.objects.get()
    secret = re.search(r'id="hemlighet"[^>]*value="(framsteg_[^"]+)"[^>]* readonly', page)
    assert secret is not None and proves(secret[1], client=row, now=timezone.now())
    assert f'value="{row.client_id}" readonly' in page
    assert (row.unit, row.responsible, row.requests_per_minute) == (root, eva, 600)
    assert row.acts.get().by is not None
    again = admin.post(NEW, form, follow=True)
    assert "Den är redan tillagd." in read(again)
    assert (ApiClient.objects.count(), secret[1] in again.content.decode()) == (1, False)


def test_a_new_client_may_be_given_the_id_that_another_server_knows_it_by(admin: Client) -> None:
    assert admin.post(NEW, FORM | {"client_id": "stratsys-prod"}).status_code == 200
    row = ApiClient.objects.get()
    assert row.client_id == "stratsys-prod"
    taken = admin.post(NEW, FORM | {"client_id": "stratsys-prod"})
    assert "Det finns redan en klient med det id:t" in read(taken, 422)
    assert "Använd bokstäverna a till z" in read(admin.post(NEW, FORM | {"client_id": "två ord"}), 422)
    assert 'name="client_id"' not in admin.get(f"{page_of(row)}andra/").content.decode()
    admin.post(f"{page_of(row)}andra/", FORM | {"client_id": "another"})
    assert ApiClient.objects.get().client_id == "stratsys-prod"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "Skriv vad systemet heter."),
        ({"scopes": []}, "Välj vad det får göra."),
        ({"unit": "finns inte"}, "Ingen enhet heter så."),
        ({"unit": "Skola"}, "Flera enheter heter så. Skriv koden: Skola A (E"),
        ({"unit": "Stängd"}, "Ingen enhet heter så."),
        ({"responsible": "nobody"}, "Ingen heter så, eller flera. Skriv anställningsnumret."),
        ({"responsible": "gone"}, "Välj någon som arbetar här."),
        ({"requests_per_minute": "0"}, "Kontrollera att detta värde är större än eller lika med 1."),
        ({"requests_per_minute": "many"}, "Fyll i ett heltal."),
    ],
)
def test_what_is_wrong_is_said_at_its_question(wrong: dict[str, Any], said: str, admin: Client, root: Unit) -> None:
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    a_unit("Skola A", root)
    a_unit("Skola B", root)
    Unit.objects.filter(pk=a_unit("Stängd", root).pk).update(ended_on=yesterday)
    a_person(login="gone", ended_on=yesterday)
    row = made()
    for address in (NEW, f"{page_of(row)}andra/"):
        response = admin.post(address, FORM | wrong)
        assert said in read(response, 422).replace("\N{NO-BREAK SPACE}", " ")
        assert "<title>Fel: " in response.content.decode()
    assert (ApiClient.objects.count(), row.acts.count()) == (1, 1)


def test_a_unit_is_found_by_its_code_first(admin: Client, root: Unit) -> None:
    school, other = a_unit("Skolan", root), a_unit("Fritid", root)
    Unit.objects.filter(pk=other.pk).update(name=school.code)
    admin.post(NEW, FORM | {"unit": school.code})
    Unit.objects.filter(pk=other.pk).update(name="Fritid")
    admin.post(NEW, FORM | {"unit": "fritid"})
    assert sorted(row.unit.name for row in ApiClient.objects.all() if row.unit) == ["Fritid"]


def test_terms_are_changed_and_what_was_before_is_told(admin: Client, root: Unit) -> None:
    row = made()
    asked = admin.get(f"{page_of(row)}andra/")
    assert "Ändra Stratsys" in read(asked)
    seen = value_of(asked.content.decode(), "seen")
    changed = FORM | {"seen": seen, "unit": root.code, "scopes": ["metrics:read", "measurements:write"]}
    page = read(admin.post(f"{page_of(row)}andra/", changed, follow=True))
    assert "Sparat. Det gäller från nästa anrop." in page
    assert "Åsmåla kommun och allt därunder" in page
    assert "Ändrad , Ada Berg Del av organisationen: Åsmåla kommun, förut: hela kommunen" in page
    assert "Den får: metrics:read measurements:write, förut: metrics:read" in page
    late = admin.post(f"{page_of(row)}andra/", FORM | {"seen": seen, "name": "Mitt"})
    assert "Någon annan har ändrat den sedan du tittade." in read(late, 422)
    row.refresh_from_db()
    assert row.name == "Stratsys"
    meant = {"seen": value_of(late.content.decode(), "seen"), "name": "Mitt"}
    assert admin.post(f"{page_of(row)}andra/", FORM | meant).status_code == 302


def test_what_stands_may_stay_though_it_could_not_be_chosen(admin: Client, root: Unit, ada: Employee) -> None:
    row = made(unit=root, responsible=ada)
    Unit.objects.filter(pk=root.pk).update(ended_on=timezone.localdate() - dt.timedelta(days=1))
    form = FORM | {"unit": root.code, "responsible": ada.employee_id, "requests_per_minute": "7"}
    assert admin.post(f"{page_of(row)}andra/", form).status_code == 302
    row.refresh_from_db()
    assert (row.unit, row.responsible, row.requests_per_minute) == (root, ada, 7)


def test_a_second_secret_is_shown_once_and_the_first_gets_its_last_day(admin: Client) -> None:
    row = made()
    first = admin.get(page_of(row)).content.decode()
    seen = value_of(first, "seen")
    day = timezone.localdate() + dt.timedelta(days=14)
    shown = admin.post(f"{page_of(row)}hemlighet/", {"seen": seen, "former_ends_on": day.isoformat()})
    secret = re.search(r'id="hemlighet"[^>]*value="([^"]+)"', shown.content.decode())
    assert secret is not None and proves(secret[1], client=row, now=timezone.now())
    assert "no-store" in shown["Cache-Control"]
    midnight = timezone.localtime(row.secrets.get(place=1).expires_at)
    assert (midnight.date(), midnight.hour, midnight.minute) == (day + dt.timedelta(days=1), 0, 0)
    page = read(admin.get(page_of(row)))
    assert "Fungerar till" in page and "Det kan finnas två åt gången." in page
    assert f"Slutar på {secret[1][-4:]}" in page and secret[1] not in page
    again = admin.post(f"{page_of(row)}hemlighet/", {"seen": seen})
    assert "Någon annan har ändrat den sedan du tittade." in read(again, 422)
    assert row.secrets.count() == 2


@pytest.mark.parametrize("day", ["2020-01-01", "9999-12-31", "no day"])
def test_a_last_day_that_is_none_is_refused(day: str, admin: Client) -> None:
    row = made()
    response = admin.post(f"{page_of(row)}hemlighet/", {"former_ends_on": day})
    read(response, 422)
    assert (row.secrets.count(), '<details class="fall" open>' in response.content.decode()) == (1, True)


def test_a_secret_is_ended_once_and_only_the_clients_own(admin: Client) -> None:
    row, other = made(), made("Annan")
    secret = row.secrets.get()
    assert admin.post(f"{page_of(other)}hemlighet/{secret.uuid}/avsluta/").status_code == 404
    address = f"{page_of(row)}hemlighet/{secret.uuid}/avsluta/"
    assert admin.get(address).status_code == 405
    page = read(admin.post(address, follow=True))
    assert "Hemligheten är avslutad." in page and "Den har ingen hemlighet." in page
    assert f"Hemlighet avslutad , Ada Berg Slutar på {secret.hint}" in page
    assert "Den var redan avslutad." in read(admin.post(address, follow=True))


def test_public_keys_are_saved_and_a_private_one_is_refused_and_not_shown_again(admin: Client) -> None:
    row = made()
    address = f"{page_of(row)}nycklar/"
    page = read(admin.post(address, {"keys": json.dumps({"keys": [public(ec_key(), "nyckel-1")]})}, follow=True))
    assert "Nycklarna är sparade." in page and "nyckel-1 EC P-256" in page
    assert "Publika nycklar utbytta , Ada Berg nyckel-1" in page
    key = private(ec_key("second"), "hemlig")
    refused = admin.post(address, {"keys": json.dumps(key)})
    assert "Det här innehåller en privat nyckel." in read(refused, 422)
    assert key["d"] not in refused.content.decode()
    row.refresh_from_db()
    assert [each["kid"] for each in row.jwks["keys"]] == ["nyckel-1"]


def test_a_client_is_ended_after_a_yes_and_nothing_more_can_be_done_with_it(admin: Client) -> None:
    row = made()
    address = f"{page_of(row)}avsluta/"
    assert "Kryssa i rutan om du är säker." in read(admin.post(address), 422)
    page = read(admin.post(address, {"sure": "on"}, follow=True))
    assert "Klienten är avslutad." in page and "Gör en ny hemlighet" not in page
    for name, form in (("andra", FORM), ("hemlighet", {}), ("nycklar", {"keys": ""}), ("avsluta", {"sure": "on"})):
        assert "Klienten är avslutad." in read(admin.post(f"{page_of(row)}{name}/", form), 422)
    secret = row.secrets.get()
    late = read(admin.post(f"{page_of(row)}hemlighet/{secret.uuid}/avsluta/", follow=True))
    assert "Klienten är avslutad." in late


def test_an_unknown_one_is_not_found(admin: Client) -> None:
    missing = f"{LIST}{uuid.uuid4()}/"
    assert [admin.get(missing).status_code, admin.post(f"{missing}avsluta/").status_code] == [404, 404]


def test_its_latest_calls_are_shown(admin: Client) -> None:
    row, other = made(), made("Annan")
    at = dt.datetime(2026, 11, 20, 8, 5, 7, tzinfo=dt.UTC)
    for client, path in ((row, "/api/v1/metrics?<b>"), (other, "/api/v1/units")):
        ApiCall.objects.create(client=client, at=at, method="GET", path=path, status=200, milliseconds=1234)
    page = read(admin.get(page_of(row)))
    assert "2026-11-20 09.05.07 GET /api/v1/metrics?<b> 200 1 234" in page.replace("\N{NO-BREAK SPACE}", " ")
    assert "/api/v1/units" not in page
    assert "Inga än." in read(admin.get(page_of(made("Tredje"))))


def test_it_speaks_english_too(admin: Client, ada: Employee) -> None:
    row = made()
    admin.cookies["django_language"] = "en"
    Employee.objects.filter(pk=ada.pk).update(language="en")
    page = read(admin.get(page_of(row), headers={"Accept-Language": "en"}))
    assert "Read the outcome metrics, the organisation and the indicators (metrics:read)" in page


LIST_QUERIES, PAGE_QUERIES = 5, 10


def test_thirty_take_as_many_queries_as_one(
    admin: Client, root: Unit, ada: Employee, django_assert_num_queries: Counted
) -> None:
    row = made(unit=root, responsible=ada)

    def fill(count: int) -> None:
        for number in range(count):
            made(f"Klient {number}", unit=root)
            terms = Terms(f"Namn {count} {number}", root if number % 2 else None, ["metrics:read"], ada, 600)
            acts.bind(row, terms, by=ada, now=timezone.now())
            ApiCall.objects.create(client=row, method="GET", path="/api/v1/units", status=200, milliseconds=1)

    fill(1)
    for more in (0, 30):
        fill(more)
        with django_assert_num_queries(LIST_QUERIES):
            read(admin.get(LIST))
        with django_assert_num_queries(PAGE_QUERIES):
            read(admin.get(page_of(row)))
