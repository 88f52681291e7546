"""Signed links of a letter: to open one changes nothing, to post does one thing, for one person, for a while."""

import datetime as dt
import re
import uuid
from typing import Any

import pytest
from django.apps import apps
from django.core.signing import TimestampSigner
from django.test import Client
from django.utils import timezone, translation

from initiatives.models import DUTIES, Initiative, Measurement, Nudge, OptOut, Snooze
from initiatives.nudges.links import Purpose, signed, snooze_url, unsubscribe_url, value_url
from kommun.models import Employee, Letter, Unit
from tests.builders import a_manager, a_person, a_unit, an_initiative, an_outcome
from tests.pages.markup import faults
from tests.pages.test_steps import as_person

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def unit() -> Unit:
    return a_unit()


@pytest.fixture
def owner(unit: Unit) -> Employee:
    return a_person(unit=unit)


def today() -> dt.date:
    return timezone.localdate()


def last_month() -> dt.date:
    """Its last day."""
    return today().replace(day=1) - DAY


def a_letter(to: Employee, on: dt.date | None = None) -> Letter:
    said = {"kind": "collected", "address": "a@example.org", "subject": "Hej", "text": "Hej"}
    return Letter.objects.create(employee=to, on=on or today(), **said)


def a_nudge(to: Employee, unit: Unit, rule: str = "value_due", **columns: Any) -> Nudge:
    """With the letter that told it; what it asks for is the value of last month."""
    given = columns.pop("initiative", None)
    initiative = given or an_initiative(to, unit, "measuring", title="Kortare kö", target=None)
    if given is None:
        an_outcome(initiative, next_due_on=today().replace(day=1))
    if "letter" not in columns:
        columns["letter"] = a_letter(to)
    now = timezone.now()
    return Nudge.objects.create(
        **{"initiative": initiative, "subject": initiative.uuid, "step": 1, "since_at": now, "occasion": today()}
        | {"rule": rule, "to": to, "created_at": now}
        | columns
    )


def path(url: str) -> str:
    assert url.startswith("http://localhost")
    return "/" + url.split("/", 3)[3]


def links(nudge: Nudge) -> dict[str, str]:
    assert nudge.letter is not None
    return {
        "snooze": path(snooze_url(nudge)),
        "value": path(value_url(nudge)),
        "unsubscribe": path(unsubscribe_url(nudge.letter.uuid)),
    }


def everything() -> dict[str, list[Any]]:
    models: list[Any] = [model for app in ("kommun", "initiatives") for model in apps.get_app_config(app).get_models()]
    return {model.__name__: list(model.objects.order_by("pk").values_list()) for model in models}


def said(answer: Any) -> str:
    """The page's heading, when nothing is wrong with the page."""
    html = answer.content.decode()
    assert faults(html) == []
    return " ".join(re.findall(r"<h1[^>]*>(.*?)</h1>", html, re.DOTALL)[0].split())


def with_csrf(address: str, data: dict[str, Any]) -> Any:
    """As a browser that was never signed in: the page is opened, and its form is sent."""
    client = Client(enforce_csrf_checks=True)
    html = client.get(address).content.decode()
    [token, *_rest] = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', html.partition("<main")[2])
    return client.post(address, data | {"csrfmiddlewaretoken": token})


@pytest.mark.parametrize("purpose", ["snooze", "value", "unsubscribe"])
@pytest.mark.parametrize("signed_in", [False, True])
def test_to_open_a_link_changes_nothing_however_often(
    owner: Employee, unit: Unit, purpose: str, signed_in: bool
) -> None:
    address = links(a_nudge(owner, unit))[purpose]
    client = as_person(owner) if signed_in else Client()
    before = everything()
    for method in (client.get, client.get, client.head, client.head):
        assert method(address).status_code == 200
    assert everything() == before


@pytest.mark.parametrize("purpose", ["snooze", "value", "unsubscribe"])
def test_the_page_is_never_kept_found_or_told_to_others(owner: Employee, unit: Unit, purpose: str) -> None:
    client = Client()
    answer = client.get(links(a_nudge(owner, unit))[purpose])
    assert said(answer)
    assert "no-store" in answer.headers["Cache-Control"]
    assert (answer.headers["X-Robots-Tag"], answer.headers["Referrer-Policy"]) == ("noindex, nofollow", "same-origin")
    assert "framsteg" not in client.cookies  # no session


@pytest.mark.parametrize("purpose", ["snooze", "value"])
def test_the_page_shows_no_more_than_the_letter_did(owner: Employee, unit: Unit, purpose: str) -> None:
    nudge = a_nudge(owner, unit)
    html = Client().get(links(nudge)[purpose]).content.decode()
    initiative = nudge.initiative
    assert initiative.title in html
    for hidden in (initiative.plan, initiative.benefit, owner.display_name, unit.name):
        assert hidden not in html


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_link_is_for_one_purpose(owner: Employee, unit: Unit, purpose: Purpose) -> None:
    nudge = a_nudge(owner, unit)
    tokens = {name: address.split("/")[3] for name, address in links(nudge).items()}
    start = links(nudge)[purpose].rsplit("/", 2)[0]
    for other, token in tokens.items():
        assert Client().get(f"{start}/{token}/").status_code == (200 if other == purpose else 404)


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_link_that_was_changed_or_is_of_nothing_leads_to_the_way_in(
    owner: Employee, unit: Unit, purpose: Purpose
) -> None:
    address = links(a_nudge(owner, unit))[purpose]
    changed = address[:-2] + ("A" if address[-2] != "A" else "B") + "/"
    for each in (changed, "/".join([*address.split("/")[:3], "x", ""]), path(signed(purpose, uuid.uuid4()))):
        before = everything()
        for answer in (Client().get(each), Client().post(each, ONE_CLICK | {"when": "week", "value": "3"})):
            assert (answer.status_code, said(answer)) == (404, "Länken leder ingenstans")
            assert '<a class="knapp knapp--lugn" href="/">Logga in</a>' in answer.content.decode()
        assert everything() == before


@pytest.mark.parametrize(("purpose", "days"), [("snooze", 30), ("value", 14), ("unsubscribe", 30)])
def test_a_link_holds_for_a_while(
    owner: Employee, unit: Unit, purpose: str, days: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    nudge = a_nudge(owner, unit)
    now = timezone.now().timestamp()
    for age, status in ((days * 86_400 - 60, 200), (days * 86_400 + 60, 410)):
        with monkeypatch.context() as then:
            then.setattr("django.core.signing.time.time", lambda age=age: now - age)
            address = links(nudge)[purpose]
        answer = Client().get(address)
        assert answer.status_code == status
    assert said(answer) == "Länken har blivit för gammal"
    assert "Logga in för att göra samma sak." in answer.content.decode()
    before = everything()
    assert Client().post(address, ONE_CLICK | {"when": "week", "value": "3"}).status_code == 410
    assert everything() == before


def test_the_addresses_are_signed_by_their_own_salt(owner: Employee, unit: Unit) -> None:
    token = links(a_nudge(owner, unit))["snooze"].split("/")[3]
    assert TimestampSigner(salt="initiatives.nudges.links.snooze", sep=".").unsign(token)


@pytest.mark.parametrize("purpose", ["snooze", "value", "unsubscribe"])
def test_who_has_left_is_refused_with_a_sentence(owner: Employee, unit: Unit, purpose: str) -> None:
    nudge = a_nudge(owner, unit)
    Employee.objects.filter(pk=owner.pk).update(ended_on=today() - DAY)
    before = everything()
    address = links(nudge)[purpose]
    for answer in (Client().get(address), Client().post(address, ONE_CLICK | {"when": "week", "value": "3"})):
        assert (answer.status_code, said(answer)) == (403, "Det här är bara för den som arbetar här.")
        assert "Kortare kö" not in answer.content.decode()
    assert everything() == before


@pytest.mark.parametrize("purpose", ["snooze", "value"])
def test_a_form_from_elsewhere_is_refused(owner: Employee, unit: Unit, purpose: str) -> None:
    address = links(a_nudge(owner, unit))[purpose]
    before = everything()
    answer = Client(enforce_csrf_checks=True).post(address, {"when": "week", "value": "3"})
    assert (answer.status_code, everything()) == (403, before)


def test_the_page_speaks_the_persons_language(owner: Employee, unit: Unit) -> None:
    Employee.objects.filter(pk=owner.pk).update(language="en")
    for address in links(a_nudge(owner, unit)).values():
        html = Client().get(address).content.decode()
        assert '<html lang="en"' in html


class TestLater:
    @pytest.mark.parametrize(
        ("data", "days"), [({"when": "tomorrow"}, 1), ({"when": "week"}, 7), ({"when": "day"}, 30)]
    )
    def test_it_is_put_off(self, owner: Employee, unit: Unit, data: dict[str, str], days: int) -> None:
        nudge = a_nudge(owner, unit)
        day = today() + days * DAY
        answer = with_csrf(links(nudge)["snooze"], data | {"until": day.isoformat()})
        assert (answer.status_code, said(answer)[:23]) == (200, "Du blir påmind igen den")
        found = Snooze.objects.values_list("employee", "rule", "initiative", "until_on", "ended_at")
        assert list(found) == [(owner.pk, "value_due", nudge.initiative_id, day, None)]

    @pytest.mark.parametrize("data", [{}, {"when": "x"}, {"when": "day"}, {"when": "day", "until": "2020-01-01"}])
    def test_a_day_that_cannot_be_is_asked_for_again(self, owner: Employee, unit: Unit, data: dict[str, str]) -> None:
        answer = with_csrf(links(a_nudge(owner, unit))["snooze"], data)
        assert (answer.status_code, said(answer)) == (422, "När vill du bli påmind?")
        assert (Snooze.objects.count(), 'class="felruta"' in answer.content.decode()) == (0, True)

    def test_a_decision_can_wait_for_a_week_at_most(self, owner: Employee, unit: Unit) -> None:
        johan = a_manager(unit)
        proposed = an_initiative(owner, unit, "proposed", decider=johan)
        address = links(a_nudge(johan, unit, "decision_waiting", initiative=proposed))["snooze"]
        late = {"when": "day", "until": (today() + 8 * DAY).isoformat()}
        assert with_csrf(address, late).status_code == 422
        assert with_csrf(address, {"when": "week"}).status_code == 200

    def test_what_is_done_is_not_put_off(self, owner: Employee, unit: Unit) -> None:
        address = links(a_nudge(owner, unit, acted_at=timezone.now()))["snooze"]
        assert said(Client().get(address)) == "Det här är redan gjort. Tack!"
        assert said(Client().post(address, {"when": "week"})) == "Det här är redan gjort. Tack!"
        assert Snooze.objects.count() == 0

    def test_what_the_person_sees_no_more_is_gone(self, owner: Employee, unit: Unit) -> None:
        sara = a_person("Sara", "Berg")
        draft = an_initiative(owner, unit, title="Hemligt")
        answer = Client().get(links(a_nudge(sara, unit, "draft_resting", initiative=draft))["snooze"])
        assert (answer.status_code, "Hemligt" in answer.content.decode()) == (404, False)

    def test_who_was_never_told_has_no_link(self, owner: Employee, unit: Unit) -> None:
        held_out = a_nudge(owner, unit, is_held_out=True, letter=None)
        assert Client().get(path(snooze_url(held_out))).status_code == 404


class TestValue:
    def enter(self, nudge: Nudge, **data: Any) -> Any:
        return with_csrf(links(nudge)["value"], {"period": last_month().isoformat()} | data)

    def stored(self) -> list[tuple[Any, ...]]:
        rows = Measurement.objects.order_by("observed_on")
        return list(rows.values_list("period_start", "observed_on", "value", "by", "source"))

    def test_it_is_stored_for_the_period_that_the_letter_asked_about(self, owner: Employee, unit: Unit) -> None:
        answer = self.enter(a_nudge(owner, unit), value="26,5")
        assert (answer.status_code, said(answer)[:11]) == (200, "Sparat för ")
        [(first, last, value, by, source)] = self.stored()
        assert (first, last, float(value)) == (last_month().replace(day=1), last_month(), 26.5)
        assert (by, source) == (owner.pk, "person")

    def test_the_page_asks_for_that_period_with_the_last_value(self, owner: Employee, unit: Unit) -> None:
        nudge = a_nudge(owner, unit)
        nudge.initiative.outcomes.update(latest_value=26, latest_on=last_month() - 40 * DAY)
        html = Client().get(links(nudge)["value"]).content.decode()
        with translation.override("sv"):
            assert f'name="period" value="{last_month().isoformat()}"' in html
        assert "Förra gången var det 26\N{NO-BREAK SPACE}dagar." in html

    def test_there_may_be_none(self, owner: Employee, unit: Unit) -> None:
        assert self.enter(a_nudge(owner, unit), skip="1").status_code == 200
        assert [row[2] for row in self.stored()] == [None]

    @pytest.mark.parametrize("data", [{}, {"value": "x"}, {"value": "1e13"}])
    def test_what_is_no_value_is_asked_for_again(self, owner: Employee, unit: Unit, data: dict[str, str]) -> None:
        answer = self.enter(a_nudge(owner, unit), **data)
        assert (answer.status_code, said(answer)[:8]) == (422, "Vad blev")
        assert (self.stored(), 'class="felruta"' in answer.content.decode()) == ([], True)

    def test_another_period_is_refused(self, owner: Employee, unit: Unit) -> None:
        answer = self.enter(a_nudge(owner, unit), value="3", period=today().isoformat())
        assert (answer.status_code, self.stored()) == (422, [])
        assert "Något har hänt sedan du öppnade sidan." in answer.content.decode()

    def test_it_takes_one_value_and_no_correction(self, owner: Employee, unit: Unit) -> None:
        nudge = a_nudge(owner, unit)
        self.enter(nudge, value="26")
        answer = Client().post(links(nudge)["value"], {"period": last_month().isoformat(), "value": "27"})
        assert (answer.status_code, said(answer)) == (200, "Det här är redan gjort. Tack!")
        assert [float(row[2]) for row in self.stored()] == [26]

    def test_a_value_that_somebody_else_has_entered_since_answers_it(self, owner: Employee, unit: Unit) -> None:
        """Though the clock has not noted it yet, and another period is the one that lacks a value now."""
        nudge = a_nudge(owner, unit)
        outcome = nudge.initiative.outcomes.get()
        day = last_month()
        outcome.measurements.create(period_start=day.replace(day=1), observed_on=day, value=26, source="api")
        assert said(Client().get(links(nudge)["value"])) == "Det här är redan gjort. Tack!"

    def test_a_value_that_was_there_before_is_not_replaced(self, owner: Employee, unit: Unit) -> None:
        nudge = a_nudge(owner, unit, "hold_check_due")
        outcome = nudge.initiative.outcomes.get()
        day = last_month()
        row = outcome.measurements.create(period_start=day.replace(day=1), observed_on=day, value=26, source="api")
        Measurement.objects.filter(pk=row.pk).update(created_at=nudge.created_at - DAY)
        answer = self.enter(nudge, value="27")
        assert (answer.status_code, [float(row[2]) for row in self.stored()]) == (422, [26])
        assert "Logga in för att skriva den." in answer.content.decode()

    def test_who_drives_it_no_more_is_refused(self, owner: Employee, unit: Unit) -> None:
        nudge = a_nudge(owner, unit)
        Initiative.objects.filter(pk=nudge.initiative_id).update(owner=a_person("Sara", "Berg"))
        for answer in (Client().get(links(nudge)["value"]), Client().post(links(nudge)["value"], {"value": "3"})):
            assert answer.status_code == 403
        assert self.stored() == []

    @pytest.mark.parametrize("rule", ["decision_waiting", "conclude_due", "approved"])
    def test_other_reminders_ask_for_no_value(self, owner: Employee, unit: Unit, rule: str) -> None:
        assert Client().get(links(a_nudge(owner, unit, rule))["value"]).status_code == 404

    def test_where_nothing_is_lacking_there_is_nothing_to_do(self, owner: Employee, unit: Unit) -> None:
        nudge = a_nudge(owner, unit)
        nudge.initiative.outcomes.update(next_due_on=today() + DAY)
        assert said(Client().get(links(nudge)["value"])) == "Det här är redan gjort. Tack!"

    def test_of_several_the_primary_one_is_asked_for_unless_it_is_about_another(
        self, owner: Employee, unit: Unit
    ) -> None:
        nudge = a_nudge(owner, unit)
        other = an_outcome(nudge.initiative, is_primary=False, next_due_on=today().replace(day=1) - 40 * DAY)
        primary = nudge.initiative.outcomes.get(is_primary=True)
        assert str(primary.indicator.name) in Client().get(links(nudge)["value"]).content.decode()
        about = a_nudge(owner, unit, initiative=nudge.initiative, subject=other.uuid, letter=nudge.letter)
        assert str(other.indicator.name) in Client().get(links(about)["value"]).content.decode()

    def test_a_hold_check_asks_for_the_last_whole_month_of_the_letters_day(self, owner: Employee, unit: Unit) -> None:
        concluded = an_initiative(owner, unit, "concluded")
        day = last_month().replace(day=10)
        nudge = a_nudge(owner, unit, "hold_check_due", initiative=concluded, letter=a_letter(owner, day))
        asked_for = day.replace(day=1) - DAY
        assert f'value="{asked_for.isoformat()}"' in Client().get(links(nudge)["value"]).content.decode()
        assert self.enter(nudge, value="3", period=asked_for.isoformat()).status_code == 200
        assert [row[:2] for row in self.stored()] == [(asked_for.replace(day=1), asked_for)]


class TestUnsubscribe:
    def test_one_click_without_cookies_declines_the_kinds_of_the_letter(self, owner: Employee, unit: Unit) -> None:
        nudge = a_nudge(owner, unit)
        a_nudge(owner, unit, "approved", letter=nudge.letter)
        a_nudge(owner, unit, "decision_waiting", letter=nudge.letter)
        a_nudge(owner, unit, "conclude_due", letter=a_letter(owner, today() - DAY))
        client = Client(enforce_csrf_checks=True)
        for _time in range(2):
            answer = client.post(links(nudge)["unsubscribe"], ONE_CLICK)
            assert (answer.status_code, said(answer)) == (200, "Du får inga fler av de här påminnelserna")
        assert sorted(OptOut.objects.values_list("employee", "rule")) == [
            (owner.pk, "approved"),
            (owner.pk, "value_due"),
        ]

    def test_the_page_says_what_it_is_about_and_its_own_form_does_the_same(self, owner: Employee, unit: Unit) -> None:
        address = links(a_nudge(owner, unit))["unsubscribe"]
        html = Client().get(address).content.decode()
        assert "<li>Ett värde ska skrivas in</li>" in html
        assert dict(re.findall(r'name="(List-Unsubscribe)" value="([\w-]+)"', html)) == ONE_CLICK

    @pytest.mark.parametrize("data", [{}, {"List-Unsubscribe": "x"}])
    def test_another_body_declines_nothing(self, owner: Employee, unit: Unit, data: dict[str, str]) -> None:
        answer = Client().post(links(a_nudge(owner, unit))["unsubscribe"], data)
        assert (answer.status_code, OptOut.objects.count()) == (400, 0)

    @pytest.mark.parametrize("rule", DUTIES)
    def test_what_others_wait_for_cannot_be_declined(self, owner: Employee, unit: Unit, rule: str) -> None:
        address = links(a_nudge(owner, unit, rule))["unsubscribe"]
        for answer in (Client().get(address), Client().post(address, ONE_CLICK)):
            assert (answer.status_code, said(answer)) == (200, "De här påminnelserna går inte att stänga av")
        assert OptOut.objects.count() == 0
