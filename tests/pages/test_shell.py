"""The frame of every page: there for everybody, in their language and theme, and also when something has failed."""

import pytest
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import translation

from kommun.models import Employee
from kommun.shell import MenuItem
from tests.builders import a_person
from tests.pages.markup import faults

ERRORS = ["400.html", "403.html", "403_csrf.html", "404.html", "500.html"]


def page(person: Employee | None = None, **context: object) -> str:
    request = RequestFactory().get("/initiativ/")
    if person:
        request.user = person
    return render_to_string("404.html", context, request)


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("template", ERRORS)
def test_an_error_page_needs_neither_request_nor_database(template: str, language: str) -> None:
    with translation.override(language):
        html = render_to_string(template)
    assert faults(html) == []
    assert f'<html lang="{language}">' in html
    assert html.count('<a class="knapp"') == 1


def test_a_page_that_is_not_there_says_so_in_swedish(client: Client) -> None:
    answer = client.get("/finns-inte/")
    assert (answer.status_code, "Vi hittar inte sidan" in answer.content.decode()) == (404, True)


def test_a_form_that_was_open_too_long_says_so() -> None:
    answer = Client(enforce_csrf_checks=True).post(reverse("choose-language"), {"language": "en"})
    assert (answer.status_code, "Formuläret hade varit öppet för länge" in answer.content.decode()) == (403, True)


def test_the_menu_is_drawn_from_data_with_what_waits() -> None:
    menu = [MenuItem("/", "Hem", "hem"), MenuItem("/beslut/", "Beslut", "beslut", count=2, is_current=True)]
    html = page(menu=menu, primary_action=MenuItem("/nytt/", "Nytt initiativ", "plus", short_label="Nytt"))
    assert faults(html) == []
    assert html.count('aria-current="page"') == 1
    assert '2<span class="dold"> väntar</span>' in html
    assert html.count('href="/nytt/"') == 2  # the button, and the thumb bar of a phone


def test_without_a_menu_there_is_no_navigation() -> None:
    assert "<nav" not in page()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("theme", "mark"), [("light", ' data-tema="light"'), ("dark", ' data-tema="dark"'), ("auto", "")]
)
def test_the_theme_is_the_persons_choice(theme: str, mark: str) -> None:
    assert f'<html lang="sv"{mark}>' in page(a_person(theme=theme))


@pytest.mark.django_db
def test_the_person_is_named() -> None:
    html = page(a_person("Amina", "Lindqvist"))
    assert '<span aria-hidden="true">AL</span><span class="dold">Amina Lindqvist, ditt konto</span>' in html


@pytest.mark.django_db
def test_the_language_is_kept_in_a_cookie_and_on_the_person(client: Client) -> None:
    person = a_person()
    client.force_login(person)
    answer = client.post(reverse("choose-language"), {"language": "en", "next": "/tillganglighet/"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/tillganglighet/")
    person.refresh_from_db()
    assert person.language == "en"
    assert '<html lang="en"' in client.get("/tillganglighet/").content.decode()


@pytest.mark.django_db
def test_a_language_that_we_do_not_have_changes_nothing(client: Client) -> None:
    person = a_person()
    client.force_login(person)
    client.post(reverse("choose-language"), {"language": "xx"})
    person.refresh_from_db()
    assert person.language == "sv"


def test_the_language_cannot_be_changed_by_a_link(client: Client) -> None:
    assert client.get(reverse("choose-language")).status_code == 405


def test_choosing_a_language_never_leads_away(client: Client) -> None:
    answer = client.post(reverse("choose-language"), {"language": "en", "next": "https://example.org/"})
    assert answer.headers["Location"] == "/"


@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_statement_on_accessibility_has_what_the_law_asks_for(client: Client, language: str) -> None:
    html = client.get("/tillganglighet/", headers={"accept-language": language}).content.decode()
    assert faults(html) == []
    assert html.count("<h2>") == 5  # how well, shortcomings, how to report, supervision, how tested
    assert ("EN 301 549" in html, "https://www.digg.se/tdosanmalan" in html, "mailto:" in html) == (True, True, True)
