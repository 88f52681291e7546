"""Regler för påminnelser: who may see and set them, what is said of their effect, and what is inherited from where."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from initiatives.models import Nudge, NudgePolicy, NudgeSetting, NudgeText, Retirement
from initiatives.nudges.rules import RULE
from initiatives.reading.placeholders import unknown
from kommun.models import Employee, Role, Unit
from tests.builders import a_manager, a_person, a_unit, assign
from tests.pages.markup import faults
from tests.pages.test_steps import as_person

pytestmark = pytest.mark.django_db
RULES = "/administration/paminnelser/"
VALUE_DUE = f"{RULES}value_due/"


@pytest.fixture
def root() -> Unit:
    return a_unit("Åsmåla kommun")


@pytest.fixture
def unit(root: Unit) -> Unit:
    return a_unit("Bygglovsenheten", root)


@pytest.fixture
def ali(root: Unit) -> Employee:
    return assign(a_person("Ali", "Rahimi"), Role.ADMINISTRATOR, root)


@pytest.fixture
def eva(unit: Unit) -> Employee:
    return assign(a_person("Eva", "Ek"), Role.ADMINISTRATOR, unit)


def reminded(count: int, acted: int, *, held_out: bool = False, rule: str = "value_due", days_ago: int = 30) -> None:
    """So many occasions of the rule, of which `acted` led to something within a day."""
    to, at = a_person(), timezone.now() - dt.timedelta(days=days_ago)
    given: dict[str, Any] = {"rule": rule, "to": to, "step": 1, "since_at": at, "occasion": at.date()}
    Nudge.objects.bulk_create(
        Nudge(
            initiative_id=to.pk * 1000 + number,
            subject=uuid.uuid4(),
            created_at=at + dt.timedelta(minutes=number),
            is_held_out=held_out,
            acted_at=at + dt.timedelta(days=1) if number < acted else None,
            **given,
        )
        for number in range(count)
    )


def told_apart() -> None:
    """212 reminded, of whom 130 acted, among 98 left without, of whom 43 did."""
    reminded(1, 0, held_out=True, days_ago=31)
    reminded(212, 130)
    reminded(97, 43, held_out=True, days_ago=29)


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    page = answer.content.decode()
    assert faults(page) == []
    return page.replace("&nbsp;", "\N{NO-BREAK SPACE}")


def test_the_effect_is_told_in_words_with_its_interval(ali: Employee) -> None:
    told_apart()
    row = next(each for each in as_person(ali).get(RULES).context["asked"] if each.url == VALUE_DUE)
    assert row.does == [
        "Av 212 påminda gjorde 61\N{NO-BREAK SPACE}% det inom 7 dagar, av 98 utan påminnelse 44\N{NO-BREAK SPACE}%: "
        "17 procentenheter fler (95\N{NO-BREAK SPACE}%-intervall: 6 till 29).",
        "Det behövs 6 påminnelser för att en till ska göra det.",
    ]
    assert row.does[0] in text_of(as_person(ali), RULES)
    assert row.does[0] in text_of(as_person(ali), VALUE_DUE)


def test_what_may_be_chance_says_how_many_are_needed(ali: Employee) -> None:
    reminded(1, 0, held_out=True, days_ago=31)
    reminded(40, 21)
    reminded(39, 20, held_out=True, days_ago=29)
    row = next(each for each in as_person(ali).get(RULES).context["asked"] if each.url == VALUE_DUE)
    assert row.does[1] == "Det kan vara slump. Det behövs ungefär 385 på varje sida för att se om den hjälper."


def test_a_reminder_that_nobody_is_left_without_shows_who_acted(ali: Employee) -> None:
    reminded(10, 4, rule="decision_waiting")
    rows = {each.url: each for each in as_person(ali).get(RULES).context["asked"]}
    assert rows[f"{RULES}decision_waiting/"].does == [
        "Av 10 påminda gjorde 40\N{NO-BREAK SPACE}% det inom 7 dagar.",
        "Ingen lämnas utan den, så det finns inget att jämföra med.",
    ]
    assert rows[VALUE_DUE].does == ["Det finns inget att räkna än."]


def test_how_a_rule_goes_is_told_as_it_is_set(ali: Employee, unit: Unit) -> None:
    client = as_person(ali)
    rows = {each.url: each for each in client.get(RULES).context["asked"]}
    assert rows[f"{RULES}decision_waiting/"].goes == [
        "Efter 3 arbetsdagar.",
        "Sedan igen efter 3 arbetsdagar, högst 3 gånger för varje anledning.",
        "Till nästa nivå efter 6 arbetsdagar.",
    ]
    NudgePolicy.objects.update(hold_out_is_on=True)
    NudgeSetting.objects.create(rule="value_due", unit=unit, is_on=False)
    rows = {each.url: each for each in client.get(RULES).context["asked"]}
    assert rows[VALUE_DUE].goes[-1] == "20\N{NO-BREAK SPACE}% lämnas utan, av slumpen."
    own = {each.url: each for each in client.get(f"{RULES}?enhet={unit.code}").context["asked"]}
    assert own[f"{VALUE_DUE}?enhet={unit.code}"].goes == ["Avstängd."]


def test_an_administrator_sets_the_figures_and_sees_who_did(ali: Employee) -> None:
    client = as_person(ali)
    assert "Tomt: 7 dagar" in text_of(client, VALUE_DUE)
    given = {"seen": 0, "is_on": "", "first_after": "2", "repeat": "", "at_most": "4", "holdout_share": "30"}
    answer = client.post(VALUE_DUE, given)
    assert (answer.status_code, answer["Location"]) == (302, VALUE_DUE)
    row = NudgeSetting.objects.get()
    assert (row.is_on, row.first_after, row.repeat, row.at_most, row.holdout_share, row.by, row.unit) == (
        None, 2, None, 4, Decimal("0.30"), ali, None,
    )  # fmt: skip
    page = text_of(client, VALUE_DUE)
    assert [(change.who, list(change.what)) for change in client.get(VALUE_DUE).context["changes"]] == [
        ("Ali Rahimi", [
            "Dagar till den första: 2 dagar", "Högst så många gånger: 4", "Lämnas utan, procent: 30\N{NO-BREAK SPACE}%",
        ])
    ]  # fmt: skip
    assert 'value="30"' in page


def test_what_is_wrong_is_told_on_the_field_and_nothing_is_set(ali: Employee) -> None:
    client = as_person(ali)
    answer = client.post(VALUE_DUE, {"seen": 0, "at_most": "21", "holdout_share": "5"})
    page = answer.content.decode()
    assert (answer.status_code, NudgeSetting.objects.count(), faults(page)) == (422, 0, [])
    assert dict(answer.context["form"].errors) == {
        "at_most": ["Skriv ett tal från 1 till 20."],
        "holdout_share": ["Skriv 0, eller en andel från 10 till 50 procent."],
    }
    assert client.post(VALUE_DUE, {"seen": 0, "at_most": "många"}).status_code == 422


def test_who_was_second_sees_what_the_first_did(ali: Employee) -> None:
    client = as_person(ali)
    assert client.post(VALUE_DUE, {"seen": 0, "at_most": "4"}).status_code == 302
    late = client.post(VALUE_DUE, {"seen": 0, "at_most": "5"})
    assert (late.status_code, "Någon hann före dig." in late.content.decode()) == (409, True)
    again = {"seen": late.context["form"]["seen"].value(), "at_most": "5"}
    assert client.post(VALUE_DUE, again).status_code == 302


def test_only_what_fits_the_rule_is_asked(ali: Employee) -> None:
    client = as_person(ali)
    asked = {
        rule: [name for name in client.get(f"{RULES}{rule}/").context["form"].fields if name != "seen"]
        for rule in ("verified", "value_due", "decision_waiting")
    }
    assert asked == {
        "verified": ["is_on"],
        "value_due": ["is_on", "first_after", "repeat", "at_most", "holdout_share"],
        "decision_waiting": ["first_after", "repeat", "at_most", "escalate_after", "escalate_to"],
    }


def test_words_are_written_beside_the_products_own(ali: Employee, unit: Unit) -> None:
    client = as_person(ali)
    page = text_of(client, f"{RULES}value_due/")
    assert "{title}" in page
    address = f"{RULES}value_due/ord/sv/"
    given = {"seen": 0, "subject": "Vill du gå vidare med {title}?", "sentence": "", "button": ""}
    assert client.post(address, given).status_code == 302
    row = NudgeText.objects.get()
    assert (row.rule, row.language, row.subject, row.sentence, row.by) == (
        "value_due", "sv", "Vill du gå vidare med {title}?", "", ali,
    )  # fmt: skip
    below = text_of(client, f"{RULES}value_due/?enhet={unit.code}")
    assert "Tomt: Vill du gå vidare med {title}?" in below


def test_words_with_what_cannot_be_filled_in_are_refused_and_kept_on_the_page(ali: Employee) -> None:
    refused = as_person(ali).post(f"{RULES}value_due/ord/en/", {"seen": 0, "sentence": "Write {periods}, {owner.pk}"})
    page = refused.content.decode()
    assert (refused.status_code, NudgeText.objects.count(), faults(page)) == (422, 0, [])
    assert "{periods}, {owner.pk} kan inte fyllas i." in page
    assert "Write {periods}, {owner.pk}</textarea>" in page
    assert as_person(ali).post(f"{RULES}value_due/ord/de/", {"seen": 0}).status_code == 404


def test_an_administrator_of_a_unit_sets_it_there_and_nowhere_else(eva: Employee, unit: Unit, root: Unit) -> None:
    client, below = as_person(eva), a_unit("Karta", unit)
    beside = a_unit("Gata", root)
    assert "Påminnelser i Bygglovsenheten" in text_of(client, RULES)
    assert client.get(RULES).context["form"] is None
    for place in (unit, below):
        assert client.post(f"{VALUE_DUE}?enhet={place.code}", {"seen": 0, "at_most": "2"}).status_code == 302
    for place in (beside, root):
        for path in (RULES, VALUE_DUE):
            assert client.get(f"{path}?enhet={place.code}").status_code == 403
        assert client.post(f"{VALUE_DUE}?enhet={place.code}", {"seen": 0, "at_most": "2"}).status_code == 403
        assert client.post(f"{VALUE_DUE}ord/sv/?enhet={place.code}", {"seen": 0}).status_code == 403
    assert client.post(RULES, {"letters_per_week": "5"}).status_code == 403
    found = NudgeSetting.objects.order_by("id").values_list("unit__name", "at_most")
    assert list(found) == [("Bygglovsenheten", 2), ("Karta", 2)]


@pytest.mark.parametrize("role", ["stranger", "manager", "controller", "former"])
def test_it_is_closed_to_others(role: str, root: Unit) -> None:
    person = {"manager": a_manager(root), "stranger": a_person()}.get(role) or a_person()
    if role == "controller":
        assign(person, Role.CONTROLLER, root)
    client = as_person(person)
    if role == "former":
        assign(person, Role.ADMINISTRATOR, root)
        Employee.objects.filter(pk=person.pk).update(ended_on=timezone.localdate() - dt.timedelta(days=1))
    paths = (RULES, VALUE_DUE, f"{VALUE_DUE}?enhet={root.code}")
    refused = {client.get(path).status_code for path in paths} | {client.post(path).status_code for path in paths}
    retirement = Retirement.objects.create(rule="value_due", proposed_at=timezone.now(), figures={})
    refused.add(client.post(f"{RULES}forslag/{retirement.uuid}/", {"answer": "retire"}).status_code)
    assert refused == ({302} if role == "former" else {403})  # who has left is sent to sign in
    retirement.refresh_from_db()
    assert (retirement.answered_at, NudgeSetting.objects.count()) == (None, 0)


def test_a_proposal_to_retire_is_answered_on_the_page(ali: Employee) -> None:
    figures = {"acted_nudged": 50, "nudged": 200, "acted_held_out": 52, "held_out": 210}
    proposed = Retirement.objects.create(rule="value_due", proposed_at=timezone.now(), figures=figures)
    client = as_person(ali)
    assert "hjälper inte, så vitt det syns" in text_of(client, RULES)
    done = client.post(f"{RULES}forslag/{proposed.uuid}/", {"answer": "retire"})
    assert (done.status_code, done["Location"]) == (302, RULES)
    proposed.refresh_from_db()
    assert (proposed.is_retired, proposed.answered_by, NudgeSetting.objects.get().is_on) == (True, ali, False)
    again = client.post(f"{RULES}forslag/{proposed.uuid}/", {"answer": "keep"}, follow=True)
    assert "Någon hann före dig." in again.content.decode()
    assert "hjälper inte, så vitt det syns" not in text_of(client, RULES)


def test_what_holds_for_all_is_set_by_an_administrator_of_the_municipality(ali: Employee) -> None:
    client = as_person(ali)
    given = {"hold_out_is_on": "on", "letters_per_week": "2", "retire_after": ""}
    assert client.post(RULES, given).status_code == 302
    row = NudgePolicy.objects.get()
    assert (row.hold_out_is_on, row.letters_per_week, row.retire_after, row.retiring_asks_first) == (
        True, 2, None, False,
    )  # fmt: skip
    refused = client.post(RULES, {"letters_per_week": "6", "retire_after": "29"})
    assert (refused.status_code, faults(refused.content.decode())) == (422, [])
    assert dict(refused.context["form"].errors) == {
        "letters_per_week": ["Skriv ett tal från 1 till 5."], "retire_after": ["Skriv 30 eller mer, eller lämna tomt."],
    }  # fmt: skip


def test_units_are_found_by_name_and_those_with_settings_are_listed(ali: Employee, unit: Unit) -> None:
    client = as_person(ali)
    assert client.get(VALUE_DUE, {"sok": "lov"}).context["found"][0].url == f"{VALUE_DUE}?enhet={unit.code}"
    assert "Ingen enhet" in text_of(client, f"{VALUE_DUE}?sok=finnsinte")
    NudgeSetting.objects.create(rule="value_due", unit=unit, at_most=2)
    NudgeText.objects.create(rule="value_due", unit=unit, language="sv", subject="Hej", by=ali)
    assert [link.text for link in client.get(VALUE_DUE).context["own"]] == ["Bygglovsenheten"]


def test_administrators_find_it_in_the_menu_and_others_do_not(ali: Employee, eva: Employee) -> None:
    for person in (ali, eva):
        assert f'href="{RULES}"' in text_of(as_person(person), "/")
    assert RULES not in text_of(as_person(a_person()), "/")


def test_there_is_no_such_rule(ali: Employee, unit: Unit) -> None:
    assert as_person(ali).get(f"{RULES}nothing/").status_code == 404
    assert as_person(ali).get(f"{VALUE_DUE}?enhet=finnsinte").status_code == 404


@pytest.mark.parametrize("count", [1, 30])
def test_the_pages_take_the_same_queries_however_much_there_is(
    ali: Employee, unit: Unit, count: int, django_assert_num_queries: Any
) -> None:
    NudgePolicy.objects.create()
    for number in range(count):
        own = a_unit(f"Enhet {number}", unit)
        NudgeSetting.objects.create(rule="value_due", unit=own, at_most=2, by=ali)
        NudgeSetting.objects.create(rule="value_due", at_most=2 + number % 5, by=ali)
        NudgeText.objects.create(rule="value_due", language="sv", subject=f"Hej {number}", by=ali)
        reminded(5, 2)
    client = as_person(ali)
    with django_assert_num_queries(9):
        client.get(RULES)
    with django_assert_num_queries(16):
        client.get(VALUE_DUE)


@pytest.mark.parametrize("rule", RULE)
def test_every_rule_has_a_page_with_the_products_own_words_in_both_languages(ali: Employee, rule: str) -> None:
    client = as_person(ali)
    text_of(client, f"{RULES}{rule}/")
    for words in client.get(f"{RULES}{rule}/").context["words"]:
        said = [field.help_text.partition(": ")[2] for field in words.form.visible_fields()]
        assert all(said), (words.language, said)
        assert unknown(" ".join(said), rule) == []
    assert words.language == "en"
