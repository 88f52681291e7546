"""Coming in: by password, by link, by one click in a demo; and how little a stranger learns on the way."""

import datetime as dt
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.auth.tokens import default_token_generator
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries as Counted
from pytest_django import Settings

from kommun.models import Absence, DemoPerson, Employee, Letter, PasswordRequest
from kommun.sign_in import answer_password_requests, identified
from tests.builders import a_person

pytestmark = pytest.mark.django_db
PASSWORD = "granen susar vid sjön"
NOT_OURS = re.compile(r"^(api|admin|oauth)")  # these answer with problems, or have a sign-in rule of their own


def employee(**fields: Any) -> Employee:
    person = a_person(**fields)
    person.set_password(PASSWORD)
    person.save()
    return person


def try_in(client: Client, name: str, password: str = PASSWORD, **posted: str) -> Any:
    return client.post("/logga-in/", {"username": name, "password": password, **posted})


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


@pytest.mark.parametrize("name", ["E1", "aminlin", "AminLin ", "amina@asmala.example", "Amina@Asmala.example"])
def test_employee_id_login_and_address_all_lead_in(client: Client, name: str) -> None:
    employee(employee_id="E1", login="aminlin", email="amina@asmala.example")
    response = try_in(client, name, next="/installningar/")
    assert (response.status_code, response.headers["Location"]) == (302, "/installningar/")
    assert client.get("/installningar/").status_code == 200


def test_nobody_is_led_away_to_another_site(client: Client) -> None:
    employee(login="a")
    assert try_in(client, "a", next="https://evil.example/").headers["Location"] == "/"


def test_a_shared_address_names_nobody_unless_the_other_has_left() -> None:
    one, other = (a_person(employee_id=key, email="delad@asmala.example") for key in "12")
    assert identified("delad@asmala.example") is None
    Employee.objects.filter(pk=other.pk).update(ended_on=timezone.localdate() - dt.timedelta(days=1))
    assert identified("delad@asmala.example") == one


def test_the_employee_id_goes_before_the_login_of_somebody_else() -> None:
    first = a_person(employee_id="x1", login="anna")
    a_person(employee_id="x2", login="x1")
    assert (identified("x1"), identified(""), identified(" ")) == (first, None, None)


def test_those_without_an_address_are_not_found_by_an_empty_one(client: Client) -> None:
    a_person(email="")
    assert identified("") is None


@pytest.mark.parametrize("kind", ["unknown", "wrong password", "no password", "ended", "protected by login"])
def test_every_refusal_looks_the_same(client: Client, kind: str) -> None:
    person = employee(employee_id="E1", login="aminlin")
    if kind == "unknown":
        person.delete()
    elif kind == "no password":
        person.set_unusable_password()
        person.save()
    elif kind == "ended":
        Employee.objects.update(ended_on=timezone.localdate() - dt.timedelta(days=1))
    elif kind == "protected by login":
        Employee.objects.update(is_protected=True, given_name="", family_name="", email="", sort_key="", login=None)
    response = try_in(client, "aminlin", "fel lösenord" if kind == "wrong password" else PASSWORD)
    page = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", response.content.decode())
    assert (response.status_code, signed_in(client)) == (422, False)
    assert "Namnet eller lösenordet stämmer inte." in page
    assert "Amina" not in page
    assert re.findall(r'value="([^"]*)"', page.split("<main")[1].split("</main")[0]) == ["", "aminlin"]


def test_a_protected_person_signs_in_with_the_employee_id_and_is_never_named(client: Client) -> None:
    employee(employee_id="E1", login=None, email="", given_name="", family_name="", is_protected=True)
    assert try_in(client, "E1").status_code == 302
    assert "A colleague" not in (page := client.get("/installningar/").content.decode())
    assert "En kollega" in page


@pytest.mark.parametrize("name", ["aminlin", "unset", "gone", "nobody"])
def test_argon2_runs_once_whether_the_account_exists_or_not(
    client: Client, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    employee(login="aminlin")
    a_person(login="unset")
    employee(login="gone", ended_on=timezone.localdate() - dt.timedelta(days=1))
    runs: list[str] = []

    def counted(name: str) -> Callable[..., Any]:
        real = getattr(Argon2PasswordHasher, name)

        def run(*args: Any) -> Any:
            runs.append(name)
            return real(*args)

        return run

    for step in ("encode", "verify"):
        monkeypatch.setattr(Argon2PasswordHasher, step, counted(step))
    try_in(client, name, "fel")
    assert len(runs) == 1


def test_eight_failures_close_the_door_for_known_and_unknown_alike(client: Client) -> None:
    employee(login="aminlin")
    pages = {}
    for name in ("aminlin", "nobody"):
        codes = [try_in(client, name, "fel").status_code for _ in range(9)]
        assert codes == [422] * 7 + [429] * 2
        response = try_in(client, name)
        assert (response.status_code, signed_in(client)) == (429, False)
        pages[name] = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", response.content.decode())
    assert pages["aminlin"] == pages["nobody"]
    assert "Försök igen om en kvart." in pages["nobody"]


def test_another_name_for_the_same_person_is_no_new_chance(client: Client) -> None:
    employee(employee_id="E1", login="aminlin", email="amina@asmala.example")
    for name in ("E1", "aminlin", "AMINLIN", "amina@asmala.example") * 2:
        response = try_in(client, name, "fel")
    assert response.status_code == 429


def test_a_colleague_at_the_same_address_is_not_shut_out(client: Client) -> None:
    employee(login="aminlin")
    for _ in range(9):
        try_in(client, "nobody", "fel")
    assert try_in(client, "aminlin").status_code == 302


def test_the_door_opens_again_after_a_quarter_of_an_hour(client: Client) -> None:
    employee(login="aminlin")
    for _ in range(9):
        try_in(client, "aminlin", "fel")
    AccessAttempt.objects.update(attempt_time=timezone.now() - dt.timedelta(minutes=16))
    assert try_in(client, "aminlin").status_code == 302


def test_failed_attempts_are_counted_without_keeping_what_was_written(client: Client) -> None:
    try_in(client, "hemlig.person@asmala.example", "hemligt lösenord")
    stored = str([*AccessAttempt.objects.values()])
    assert (AccessAttempt.objects.count(), "hemlig" in stored) == (1, False)


def test_who_has_left_is_out_at_once(client: Client) -> None:
    person = employee(login="aminlin")
    try_in(client, "aminlin")
    assert client.get("/installningar/").status_code == 200
    person.ended_on = timezone.localdate() - dt.timedelta(days=1)
    person.save()
    assert client.get("/installningar/").headers["Location"] == "/logga-in/?next=/installningar/"


def test_going_out_needs_a_post(client: Client) -> None:
    client.force_login(a_person())
    assert (client.get("/logga-ut/").status_code, signed_in(client)) == (405, True)
    assert (client.post("/logga-ut/").headers["Location"], signed_in(client)) == ("/logga-in/", False)


# --- Every page needs sign-in ---------------------------------------------------------------------------------------
def patterns(resolver: URLResolver, before: str = "") -> list[tuple[str, URLPattern]]:
    found = []
    for pattern in resolver.url_patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            found += patterns(pattern, route)
        else:
            found.append((route, pattern))
    return found


def test_these_pages_and_no_others_are_open_to_everybody() -> None:
    ours = [(route, view) for route, view in patterns(get_resolver()) if not NOT_OURS.match(route.lstrip("^"))]
    assert {view.name for _, view in ours if not getattr(view.callback, "login_required", True)} == {
        "sign-in",
        "password-link",
        "set-password",
        "accessibility",
        "calendar-feed",  # by its secret address: calendars cannot sign in
        "choose-language",
        "health",
        "web-health",
        "demo-sign-in",
        "demo-mail",
        "demo-letter",
        "later-link",  # these three by a signed token
        "value-link",
        "unsubscribe-link",
        "authorization-server",  # what machines read before they have a token
    }


def test_a_page_leads_to_sign_in_and_a_part_of_one_takes_the_whole_page_there(client: Client) -> None:
    assert client.get("/installningar/").headers["Location"] == "/logga-in/?next=/installningar/"
    response = client.get(
        "/installningar/", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/beslut/?sida=2"}
    )
    assert response.headers["HX-Redirect"] == "/logga-in/?next=%2Fbeslut%2F%3Fsida%3D2"


# --- A password by link ---------------------------------------------------------------------------------------------
def ask(client: Client, identifier: str) -> Any:
    return client.post("/losenord/", {"identifier": identifier}, follow=True)


def link_in(letter: Letter) -> str:
    found = re.search(r"http://[^/]+(/losenord/\S+/)", letter.text)
    assert found is not None
    return found[1]


def test_asking_for_a_link_is_answered_the_same_and_by_the_same_work(
    client: Client, django_assert_num_queries: Counted
) -> None:
    a_person(login="aminlin")
    answers = []
    for name in ("aminlin", "nobody"):
        client.cookies.clear()
        with django_assert_num_queries(1):
            client.post("/losenord/", {"identifier": name})
        answers.append(re.sub(r'value="[^"]{64}"', "", client.get("/logga-in/").content.decode()))
    assert answers[0] == answers[1]
    assert "Om vi har din e-postadress är ett brev med en länk på väg." in answers[0]


def test_the_link_comes_by_letter_and_sets_the_password_once(client: Client) -> None:
    person = a_person(login="aminlin", email="amina@asmala.example")
    person.set_unusable_password()
    person.save()
    ask(client, "aminlin")
    assert answer_password_requests(now=timezone.now()) == 1
    letter = Letter.objects.get()
    assert (letter.address, letter.kind, letter.subject) == (
        "amina@asmala.example",
        "direct",
        "Välj ditt lösenord till Framsteg",
    )
    assert link_in(letter) in letter.html
    link = link_in(letter)
    for _ in range(2):  # a mail program that opens links changes nothing
        assert client.get(link).status_code == 200
    assert not Employee.objects.get().has_usable_password()
    new = {"new_password1": PASSWORD, "new_password2": PASSWORD}
    assert client.post(link, new).headers["Location"] == "/logga-in/"
    assert try_in(client, "aminlin").status_code == 302
    for method in (client.get, client.post):
        assert method(link, new).headers["Location"] == "/losenord/"


def test_a_link_holds_for_a_day(client: Client, settings: Settings) -> None:
    person = a_person()
    token = default_token_generator.make_token(person)
    link = reverse("set-password", args=[person.uuid, token])
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert client.get(link).headers["Location"] == "/losenord/"


def test_a_link_is_for_its_person_alone_and_while_employed(client: Client) -> None:
    one, other = a_person(), a_person()
    token = default_token_generator.make_token(one)
    assert client.get(reverse("set-password", args=[one.uuid, token])).status_code == 200
    assert client.get(reverse("set-password", args=[other.uuid, token])).status_code == 302
    Employee.objects.filter(pk=one.pk).update(ended_on=timezone.localdate() - dt.timedelta(days=1))
    assert client.get(reverse("set-password", args=[one.uuid, token])).status_code == 302


def test_a_weak_password_is_not_taken(client: Client) -> None:
    person = a_person()
    link = reverse("set-password", args=[person.uuid, default_token_generator.make_token(person)])
    for weak in ("kort", "1q2w3e4r5t6y"):
        assert client.post(link, {"new_password1": weak, "new_password2": weak}).status_code == 422
    assert not Employee.objects.get().has_usable_password()


def test_only_employees_with_an_address_get_a_letter_and_at_most_three_an_hour(client: Client) -> None:
    a_person(login="noaddress", email="")
    a_person(login="gone", ended_on=timezone.localdate() - dt.timedelta(days=1))
    a_person(login="aminlin")
    for name in ("noaddress", "gone", "nobody"):
        ask(client, name)
    assert answer_password_requests(now=timezone.now()) == 0
    sent = []
    for _ in range(5):
        ask(client, "aminlin")
        sent.append(answer_password_requests(now=timezone.now()))
    assert (sent, PasswordRequest.objects.count()) == ([1, 1, 1, 0, 0], 0)


def test_asking_twice_before_the_clock_has_turned_gives_one_letter(client: Client) -> None:
    a_person(login="aminlin", email="amina@asmala.example")
    for name in ("aminlin", "aminlin", "amina@asmala.example"):
        ask(client, name)
    assert (answer_password_requests(now=timezone.now()), Letter.objects.count()) == (1, 1)


def test_a_password_set_from_the_command_line_works(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    a_person(employee_id="E1")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    call_command("set_password", "E1")
    assert try_in(client, "E1").status_code == 302
    monkeypatch.setattr("sys.stdin", io.StringIO("kort\n"))
    with pytest.raises(CommandError):
        call_command("set_password", "E1")
    with pytest.raises(CommandError, match="no employee"):
        call_command("set_password", "E2")


def test_passwords_are_kept_by_argon2() -> None:
    assert employee().password.startswith("argon2$argon2id$")


# --- A demo ---------------------------------------------------------------------------------------------------------
@pytest.fixture
def offered() -> Employee:
    person = a_person("Amina", "Lindqvist")
    DemoPerson.objects.create(employee=person, number=1, says="Handläggare")
    return person


def test_one_click_is_enough_in_a_demo(
    client: Client, offered: Employee, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.DEMO = True
    assert "Amina Lindqvist" in client.get("/logga-in/").content.decode()
    address = reverse("demo-sign-in", args=[offered.uuid])
    assert client.get(address).status_code == 405
    assert client.post(address, {"next": "https://evil.example/"}).headers["Location"] == "/"
    assert client.post(address, {"next": "/beslut/"}).headers["Location"] == "/beslut/"
    assert client.get("/installningar/").status_code == 200
    call_command("demo_persons")
    assert capsys.readouterr().out.split() == ["Amina", "Lindqvist", "Handläggare"]


def test_only_those_that_the_demo_offers_may_be_chosen(client: Client, settings: Settings) -> None:
    settings.DEMO = True
    assert client.post(reverse("demo-sign-in", args=[a_person().uuid])).status_code == 404


def test_outside_a_demo_there_is_no_such_thing(
    client: Client, offered: Employee, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.DEMO = False
    assert "Amina" not in client.get("/logga-in/").content.decode()
    assert client.post(reverse("demo-sign-in", args=[offered.uuid])).status_code == 404
    assert [client.get(address).status_code for address in ("/demo/mail/", f"/demo/mail/{offered.uuid}/")] == [404, 404]
    call_command("demo_persons")
    assert (capsys.readouterr().out, signed_in(client)) == ("", False)


# --- Settings -------------------------------------------------------------------------------------------------------
def test_a_person_chooses_language_and_theme(client: Client) -> None:
    person = a_person()
    client.force_login(person)
    assert client.get("/installningar/").headers["Content-Language"] == "sv"
    client.post("/installningar/", {"language": "en", "theme": "dark"})
    page = client.get("/installningar/").content.decode()
    assert '<html lang="en" data-tema="dark">' in page
    assert "Your settings" in page


def test_the_own_choice_of_language_goes_before_the_cookie_and_the_browser_is_not_asked(client: Client) -> None:
    english = {"Accept-Language": "en-GB,en"}
    assert client.get("/logga-in/", headers=english).headers["Content-Language"] == "sv"
    client.cookies["django_language"] = "en"
    assert client.get("/logga-in/").headers["Content-Language"] == "en"
    client.cookies["django_language"] = "xx"
    assert client.get("/logga-in/").headers["Content-Language"] == "sv"
    client.cookies["django_language"] = "en"
    client.force_login(a_person(language="sv"))
    assert client.get("/installningar/").headers["Content-Language"] == "sv"


def test_a_person_says_when_away_and_comes_back_earlier(client: Client) -> None:
    person, today = a_person(), timezone.localdate()
    client.force_login(person)
    first, last = today - dt.timedelta(days=2), today + dt.timedelta(days=5)
    dates = {"from_on": first.isoformat(), "to_on": last.isoformat()}
    assert client.post("/installningar/franvaro/", dates).status_code == 302
    assert client.post("/installningar/franvaro/", dates).status_code == 422  # already away then
    wrong = {"from_on": last.isoformat(), "to_on": first.isoformat()}
    assert "före den första" in client.post("/installningar/franvaro/", wrong).content.decode()
    absence = Absence.objects.get()
    assert (absence.employee, absence.from_on, absence.to_on) == (person, first, last)
    address = reverse("end-absence", args=[absence.pk])
    assert address in client.get("/installningar/").content.decode()
    client.post(address)
    assert Absence.objects.get().to_on == today - dt.timedelta(days=1)


def test_an_absence_that_has_not_begun_is_taken_away_and_never_somebody_elses(client: Client) -> None:
    person, today = a_person(), timezone.localdate()
    absences = [Absence.objects.create(employee=who, from_on=today) for who in (person, a_person())]
    client.force_login(person)
    codes = [client.post(reverse("end-absence", args=[absence.pk])).status_code for absence in absences]
    assert (codes, [*Absence.objects.all()]) == ([302, 404], [absences[1]])


@pytest.mark.parametrize("many", [1, 30])
def test_the_settings_page_costs_the_same_with_one_absence_and_with_thirty(
    client: Client, many: int, django_assert_num_queries: Counted
) -> None:
    person, today = a_person(), timezone.localdate()
    client.force_login(person)
    for index in range(many):
        day = today + dt.timedelta(days=index)
        Absence.objects.create(employee=person, from_on=day, to_on=day)
    with django_assert_num_queries(5):
        client.get("/installningar/")
