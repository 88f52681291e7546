"""The calendar: read by another parser than wrote it, at an address that only its owner can change."""

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import pytest
import vobject
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.crypto import salted_hmac

from initiatives.models import Indicator, Initiative, Promise
from initiatives.outcomes.holding import plan_checks
from initiatives.pages.calendar_address import SALT
from initiatives.workflow import State
from kommun.models import Employee, Unit
from tests.builders import a_manager, a_person, a_unit, an_initiative
from tests.pages.markup import faults
from tests.pages.test_steps import as_person

pytestmark = pytest.mark.django_db

PAGE = "/installningar/kalender/"


def day(days: int) -> dt.date:
    return timezone.localdate() + dt.timedelta(days=days)


@pytest.fixture
def unit() -> Unit:
    return a_unit(parent=a_unit("Åsmåla kommun"))


@pytest.fixture
def owner(unit: Unit) -> Employee:
    return a_person(unit=unit)


def an_address(person: Employee) -> str:
    """The path of the calendar, got as a person gets it."""
    client = as_person(person)
    client.post(PAGE)
    return path_on(client.get(PAGE).content.decode())


def path_on(html: str) -> str:
    (whole,) = set(re.findall(r'value="(http[^"]*\.ics)"', html))
    assert whole.startswith(settings.BASE_URL)
    return str(whole).removeprefix(settings.BASE_URL)


def underway(owner: Employee, unit: Unit, **columns: Any) -> Initiative:
    """With one date: its first step."""
    return an_initiative(owner, unit, State.UNDERWAY, target=None, **{"first_step_on": day(7)} | columns)


def events(text: bytes) -> list[Any]:
    calendar = vobject.readOne(text.decode())
    return list(calendar.contents.get("vevent", []))


def read(path: str) -> bytes:
    answer = Client().get(path)
    assert answer.status_code == 200
    return answer.content


# --- The address ----------------------------------------------------------------------------------------------------
class TestTheAddress:
    def test_nobody_has_one_from_the_start(self, owner: Employee) -> None:
        html = as_person(owner).get(PAGE).content.decode()
        assert faults(html) == []
        assert ("Skapa en adress" in html, ".ics" in html) == (True, False)

    def test_it_is_given_and_works_without_sign_in(self, owner: Employee, unit: Unit) -> None:
        underway(owner, unit)
        path = an_address(owner)
        assert re.fullmatch(rf"/kalender/{owner.uuid.hex}-[0-9a-f]{{32}}\.ics", path)
        assert len(events(read(path))) == 1

    def test_a_new_one_kills_the_old(self, owner: Employee) -> None:
        old = an_address(owner)
        new = an_address(owner)
        assert (Client().get(old).status_code, Client().get(new).status_code) == (404, 200)

    def test_closed_it_is_gone_and_opened_again_it_is_another(self, owner: Employee) -> None:
        old = an_address(owner)
        as_person(owner).post(PAGE, {"what": "close"})
        assert Client().get(old).status_code == 404
        assert "Skapa en adress" in as_person(owner).get(PAGE).content.decode()
        new = an_address(owner)
        assert (new != old, Client().get(old).status_code) == (True, 404)

    def test_get_gives_and_changes_nothing(self, owner: Employee) -> None:
        as_person(owner).get(PAGE)
        owner.refresh_from_db()
        assert owner.calendar_version == 0

    def test_it_is_only_for_who_has_signed_in(self) -> None:
        for answer in (Client().get(PAGE), Client().post(PAGE)):
            assert (answer.status_code, answer["location"]) == (302, f"/logga-in/?next={PAGE}")

    def test_a_form_of_another_site_changes_nothing(self, owner: Employee) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(owner, backend="kommun.sign_in.EmployeeBackend")
        assert client.post(PAGE).status_code == 403

    def test_each_has_their_own(self, owner: Employee, unit: Unit) -> None:
        sara = a_person("Sara", "Berg", unit=unit)
        underway(owner, unit)
        own, hers = an_address(owner), an_address(sara)
        assert (len(events(read(own))), len(events(read(hers)))) == (1, 0)
        mixed = hers.replace(sara.uuid.hex, owner.uuid.hex)
        assert Client().get(mixed).status_code == 404

    def test_two_of_one_version_cannot_read_each_others(self, owner: Employee, unit: Unit) -> None:
        sara = a_person("Sara", "Berg", unit=unit)
        Employee.objects.update(calendar_version=5)
        pages = [as_person(each).get(PAGE).content.decode() for each in (owner, sara)]
        own, hers = map(path_on, pages)
        assert Client().get(hers).status_code == 200
        assert Client().get(own.replace(owner.uuid.hex, sara.uuid.hex)).status_code == 404

    def test_without_a_calendar_not_even_a_true_signature_opens_it(self, owner: Employee) -> None:
        signed = salted_hmac(SALT, f"{owner.uuid.hex}.0", algorithm="sha256").hexdigest()[:32]
        assert Client().get(f"/kalender/{owner.uuid.hex}-{signed}.ics").status_code == 404
        Employee.objects.update(calendar_version=7)
        signed = salted_hmac(SALT, f"{owner.uuid.hex}.7", algorithm="sha256").hexdigest()[:32]
        assert Client().get(f"/kalender/{owner.uuid.hex}-{signed}.ics").status_code == 200

    def test_everything_that_is_no_address_gets_the_same_answer(self, owner: Employee, unit: Unit) -> None:
        """Wrong, changed, closed, of nobody, and of somebody who has left: nobody can tell them apart."""
        path = an_address(owner)
        wrong = path.replace("-", "-0", 1).replace(path[-5:], ".ics")
        assert len(wrong) == len(path)
        closed = a_person("Sara", "Berg")
        nobodys = f"/kalender/{'0' * 32}-{path[-36:]}"
        left = a_person("Moa", "Ek")
        of_left = an_address(left)
        Employee.objects.filter(pk=left.pk).update(ended_on=day(-1))
        of_closed = f"/kalender/{closed.uuid.hex}-{path[-36:]}"
        answers = [Client().get(each) for each in (wrong, nobodys, of_left, of_closed, "/kalender/finns-inte.ics")]
        assert [answer.status_code for answer in answers] == [404] * 5
        told = [(said(answer), sorted(answer.headers)) for answer in answers]
        assert told == [told[0]] * 5

    def test_it_works_until_the_last_day_of_employment(self, owner: Employee) -> None:
        path = an_address(owner)
        Employee.objects.filter(pk=owner.pk).update(ended_on=day(0))
        assert Client().get(path).status_code == 200

    def test_it_depends_on_the_secret_of_the_installation(self, owner: Employee, settings: Any) -> None:
        path = an_address(owner)
        settings.SECRET_KEY = "another-secret-of-fifty-signs-and-more-0123456789-0123456789"
        assert Client().get(path).status_code == 404

    def test_it_outlives_a_change_of_that_secret_as_long_as_the_old_one_is_kept(
        self, owner: Employee, settings: Any
    ) -> None:
        path = an_address(owner)
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
        settings.SECRET_KEY = "another-secret-of-fifty-signs-and-more-0123456789-0123456789"
        assert Client().get(path).status_code == 200

    def test_the_page_is_not_kept_by_the_browser(self, owner: Employee) -> None:
        an_address(owner)
        assert as_person(owner).get(PAGE)["cache-control"] == "private, no-store"

    def test_the_account_page_leads_here(self, owner: Employee) -> None:
        html = as_person(owner).get("/installningar/").content.decode()
        assert faults(html) == []
        assert f'<a href="{PAGE}">Datum i din kalender</a>' in html

    @pytest.mark.parametrize(
        ("language", "words"),
        [("sv", ["Byt adress", "Stäng av"]), ("en", ["Change the address", "Close the calendar"])],
    )
    def test_the_page_says_how_in_the_persons_language(self, owner: Employee, language: str, words: list[str]) -> None:
        Employee.objects.filter(pk=owner.pk).update(language=language)
        owner.refresh_from_db()
        an_address(owner)
        html = as_person(owner).get(PAGE).content.decode()
        assert faults(html) == []
        assert all(word in html for word in [*words, "Outlook", "Google", "iPhone", 'href="webcal://'])

    def test_what_was_done_is_said(self, owner: Employee) -> None:
        client = as_person(owner)
        told = [client.post(PAGE, data, follow=True).content.decode() for data in ({}, {}, {"what": "close"})]
        assert "Nu har din kalender en adress." in told[0]
        assert "Du har fått en ny adress." in told[1]
        assert "Kalendern är avstängd." in told[2]


def said(answer: Any) -> str:
    """The page, but for the token of its form and the address that it comes back to."""
    html = answer.content.decode().replace(answer.request["PATH_INFO"], "")
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", html)


# --- What the feed is -----------------------------------------------------------------------------------------------
class TestTheAnswer:
    @pytest.fixture
    def answer(self, owner: Employee, unit: Unit) -> Any:
        underway(owner, unit)
        return Client().get(an_address(owner))

    def test_it_is_a_calendar_of_this_person_alone(self, answer: Any) -> None:
        assert answer["content-type"] == "text/calendar; charset=utf-8"
        assert answer["cache-control"] == "private, max-age=900"
        assert answer["x-robots-tag"] == "noindex"
        assert answer["content-language"] == "sv"
        assert len(answer.cookies) == 0
        assert answer["content-security-policy"].count("default-src 'none'") == 1

    def test_head_answers_like_get_but_for_the_body(self, owner: Employee, unit: Unit) -> None:
        underway(owner, unit)
        path = an_address(owner)
        get, head = Client().get(path), Client().head(path)
        assert (head.status_code, head.content, dict(head.headers)) == (200, b"", dict(get.headers))

    def test_nothing_else_is_allowed(self, owner: Employee) -> None:
        assert Client().post(an_address(owner)).status_code == 405

    def test_who_has_it_gets_it_not_again(self, owner: Employee, unit: Unit) -> None:
        initiative = underway(owner, unit)
        path = an_address(owner)
        seen = Client().get(path)["etag"]
        again = Client().get(path, headers={"if-none-match": seen})
        assert (again.status_code, again.content, again["etag"]) == (304, b"", seen)
        assert again["cache-control"] == "private, max-age=900"
        assert len(again.cookies) == 0
        Initiative.objects.filter(pk=initiative.pk).update(first_step_on=day(8))
        moved = Client().get(path, headers={"if-none-match": seen})
        assert (moved.status_code, moved["etag"] != seen) == (200, True)

    def test_queries_are_as_many_for_one_as_for_thirty(self, owner: Employee, unit: Unit) -> None:
        path = an_address(owner)

        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                read(path)
            return len(captured)

        underway(owner, unit)
        one = queries()
        for _number in range(29):
            underway(owner, unit)
        assert (one, queries(), len(events(read(path)))) == (6, 6, 30)


# --- What stands in it ----------------------------------------------------------------------------------------------
class TestTheEvents:
    def test_the_calendar_says_whose_it_is(self, owner: Employee) -> None:
        calendar = vobject.readOne(read(an_address(owner)).decode())
        said = {name: calendar.contents[name][0].value for name in calendar.contents}
        assert said == {
            "version": "2.0",
            "prodid": "-//Åsmåla kommun//Framsteg//SV",
            "calscale": "GREGORIAN",
            "method": "PUBLISH",
            "name": "Framsteg, Åsmåla kommun",
            "x-wr-calname": "Framsteg, Åsmåla kommun",
            "x-wr-timezone": "Europe/Stockholm",
            "refresh-interval": "PT12H",
            "x-published-ttl": "PT12H",
        }
        assert calendar.contents["refresh-interval"][0].params == {"VALUE": ["DURATION"]}

    def test_an_event_is_a_whole_day_without_alarm(self, owner: Employee, unit: Unit) -> None:
        initiative = underway(owner, unit)
        initiative.refresh_from_db()
        (event,) = events(read(an_address(owner)))
        url = f"{settings.BASE_URL}/initiativ/{initiative.uuid}/"
        changed = initiative.updated_at.replace(microsecond=0)
        assert {name: event.contents[name][0].value for name in event.contents} == {
            "uid": f"first-step-{initiative.uuid}@localhost",
            "dtstart": day(7),
            "dtend": day(8),
            "dtstamp": changed,
            "last-modified": changed,
            "sequence": "0",
            "summary": "Första steget: Kortare handläggning av enkla bygglov",
            "description": f"Dags för första steget: Prova med tio ärenden\n{url}",
            "url": url,
            "transp": "TRANSPARENT",
        }
        raw = read(an_address(owner)).decode()
        assert f"DTSTART;VALUE=DATE:{day(7):%Y%m%d}\r\n" in raw
        assert f"DTEND;VALUE=DATE:{day(8):%Y%m%d}\r\n" in raw
        assert "VALARM" not in raw

    def test_a_change_counts_the_sequence_up_and_keeps_the_uid(self, owner: Employee, unit: Unit) -> None:
        initiative, path = underway(owner, unit), an_address(owner)
        hour_ago = timezone.now() - dt.timedelta(hours=1)
        Initiative.objects.filter(pk=initiative.pk).update(created_at=hour_ago)
        (event,) = events(read(path))
        assert 3590 <= int(event.sequence.value) <= 3700
        Initiative.objects.filter(pk=initiative.pk).update(first_step_on=day(9))
        (moved,) = events(read(path))
        assert (moved.uid.value, moved.dtstart.value) == (event.uid.value, day(9))
        assert int(moved.sequence.value) >= int(event.sequence.value)

    def everything(self, owner: Employee, unit: Unit) -> None:
        """One of each kind for `owner`, who is a manager too."""
        measuring = an_initiative(owner, unit, State.MEASURING, title="A")
        measuring.outcomes.update(next_due_on=day(1), target_on=day(2), review_on=day(3))
        underway(owner, unit, title="B", first_step_on=day(4))
        an_initiative(owner, unit, State.PAUSED, title="C", resume_on=day(5))
        other = a_person("Sara", "Berg", unit=unit)
        an_initiative(other, unit, State.PROPOSED, title="D", decider=owner, decide_by_on=day(6))
        promised = an_initiative(other, unit, State.PAUSED, title="E")
        Promise.objects.create(
            initiative=promised,
            kind="time",
            text="Fyra timmar.",
            promised_by=owner,
            promised_at=timezone.now(),
            due_on=day(7),
        )
        ended = an_initiative(owner, unit, State.CONCLUDED, title="F")
        plan_checks(ended.outcomes.get(), step=1, ended_on=day(0))
        ended.outcomes.get().hold_checks.exclude(months=1).delete()
        ended.outcomes.get().hold_checks.update(due_on=day(8))
        for initiative in (measuring, ended):
            Indicator.objects.filter(outcomes__initiative=initiative).update(name=f"Dagar {initiative.title}")

    def test_each_kind_says_what_to_do_in_one_sentence(self, unit: Unit) -> None:
        owner = a_manager(unit)
        self.everything(owner, unit)
        found = events(read(an_address(owner)))
        assert [(each.summary.value, each.description.value.split("\n")[0]) for each in found] == [
            ("Nytt värde: A", "Nu kan du skriva in ett nytt värde för Dagar A."),
            ("Måldag: A", "Nu ska målet för Dagar A vara nått."),
            ("Uppföljningsdag: A", "Utslaget blir slutligt. Skriv vad ni har lärt er."),
            ("Första steget: B", "Dags för första steget: Prova med tio ärenden"),
            ("Fortsätter: C", "Pausen är slut och testet fortsätter."),
            ("Sista dag att svara: D", "Sara Berg väntar på ditt svar."),
            ("Ditt löfte: E", "Du har lovat: Fyra timmar."),
            ("Se om effekten håller: F", "Skriv in ett värde för att se om effekten finns kvar efter 1 månad."),
        ]
        assert len({each.uid.value for each in found}) == 8

    def test_and_in_english_for_those_who_want(self, unit: Unit) -> None:
        owner = a_manager(unit)
        self.everything(owner, unit)
        path = an_address(owner)
        Employee.objects.filter(pk=owner.pk).update(language="en")
        answer = Client(headers={"accept-language": "sv"}).get(path)
        assert answer["content-language"] == "en"
        assert [each.summary.value for each in events(answer.content)] == [
            "New value: A",
            "Target date: A",
            "Review date: A",
            "First step: B",
            "Goes on: C",
            "Last day to answer: D",
            "Your promise: E",
            "See whether it holds: F",
        ]

    def test_each_leads_to_a_page_that_is_there(self, unit: Unit) -> None:
        owner = a_manager(unit)
        self.everything(owner, unit)
        found = events(read(an_address(owner)))
        urls = [each.url.value.removeprefix(settings.BASE_URL) for each in found]
        assert [re.sub(r"[0-9a-f-]{36}", "…", url) for url in urls] == [
            "/initiativ/…/varde/?outcome=…",
            "/initiativ/…/",
            "/initiativ/…/steg/conclude/",
            "/initiativ/…/",
            "/initiativ/…/",
            "/beslut/…/",
            "/lofte/…/",
            "/initiativ/…/varde/?outcome=…",
        ]
        client = as_person(owner)
        assert [client.get(url).status_code for url in urls] == [200] * 8
        assert all(each.description.value.split("\n")[1] == each.url.value for each in found)

    def test_before_it_is_measured_the_review_leads_to_the_initiative(self, owner: Employee, unit: Unit) -> None:
        initiative = an_initiative(owner, unit, State.UNDERWAY, first_step_on=None)
        urls = {each.url.value for each in events(read(an_address(owner)))}
        assert urls == {f"{settings.BASE_URL}/initiativ/{initiative.uuid}/"}


# --- The format, on the bytes ---------------------------------------------------------------------------------------
AWKWARD = [
    "Bygglov, rivningslov; marklov",
    "Rad ett\nrad två\r\nrad tre\rrad fyra",
    "Snälla 👩‍🚒🚒 fixa 🇸🇪 lampor 😀" * 5,
    "Åäö " * 45,
    'Sökväg C:\\nytt "citat" a:b=c',
    "X" * 200,
    "ORGANIZER:mallory\nEND:VEVENT\nBEGIN:VEVENT",
    "Tabb\toch \x0b\x1f\x7f\x85styrtecken\u2028rad\u2029stycke",
    "BEGIN:VALARM",
    "100 % \\, \\; \\n",
]


def lines(text: bytes) -> Iterator[bytes]:
    assert text.endswith(b"\r\n")
    yield from text.removesuffix(b"\r\n").split(b"\r\n")


@pytest.mark.parametrize("title", AWKWARD)
def test_a_title_comes_out_as_it_went_in(owner: Employee, unit: Unit, title: str) -> None:
    underway(owner, unit, title=title, first_step=title)
    (event,) = events(read(an_address(owner)))
    plain = re.sub(r"[\x00-\x1f\x7f-\x9f]", "", " ".join(title.split()))
    assert event.summary.value == f"Första steget: {plain}"
    assert event.description.value.split("\n")[0] == f"Dags för första steget: {plain}"


@pytest.mark.parametrize("title", AWKWARD)
def test_no_line_is_longer_than_75_octets_and_each_ends_with_crlf(owner: Employee, unit: Unit, title: str) -> None:
    underway(owner, unit, title=title, first_step=title)
    text = read(an_address(owner))
    for line in lines(text):
        assert len(line) <= 75
        assert b"\r" not in line and b"\n" not in line
        line.decode()  # no sign is cut in two
        assert re.match(rb"[A-Z-]+[;:]| ", line)
    assert (text.count(b"\r\nBEGIN:VEVENT"), text.count(b"\r\nORGANIZER"), text.count(b"\r\nBEGIN:VALARM")) == (1, 0, 0)
