"""Obstacles and promises on their pages: who is asked, what each may answer, and where it is seen."""

import datetime as dt
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from initiatives.models import CoDriver, Event, Initiative, Obstacle, Promise
from initiatives.workflow import State
from kommun.models import Assignment, Employee, Role, Unit
from tests.builders import a_manager, a_person, a_unit, an_initiative, assign
from tests.pages.markup import faults
from tests.pages.test_steps import as_person

pytestmark = pytest.mark.django_db


def an_obstacle(initiative: Initiative, owner: Employee | None, *, days: int = 6, **columns: Any) -> Obstacle:
    """Raised by the one who drives it, that many days ago."""
    raised_at = timezone.now() - dt.timedelta(days=days)
    given = {"initiative": initiative, "text": "Vi saknar behörighet", "raised_by": initiative.owner, "owner": owner}
    return Obstacle.objects.create(**given | {"raised_at": raised_at} | columns)


def a_promise(initiative: Initiative, by: Employee, **columns: Any) -> Promise:
    given = {"initiative": initiative, "kind": "time", "text": "Två timmar i veckan", "promised_by": by}
    return Promise.objects.create(**given | {"due_on": day(9), "promised_at": timezone.now()} | columns)


def day(days: int) -> dt.date:
    return timezone.localdate() + dt.timedelta(days=days)


def read(person: Employee, address: str) -> str:
    """The page, which has no faults in its markup."""
    answer = as_person(person).get(address)
    assert answer.status_code == 200
    html = answer.content.decode()
    assert faults(html) == []
    return unescape(html)


def post(who: Employee, address: str, **fields: Any) -> tuple[int, str]:
    """The status, and where a redirect leads or what the page says."""
    answer = as_person(who).post(address, fields)
    return answer.status_code, answer.get("location") or unescape(answer.content.decode())


@pytest.fixture
def root() -> Unit:
    return a_unit("Åsmåla kommun")


@pytest.fixture
def unit(root: Unit) -> Unit:
    return a_unit("Bygglovsenheten", root)


@pytest.fixture
def manager(unit: Unit) -> Employee:
    return a_manager(unit)


@pytest.fixture
def initiative(unit: Unit, manager: Employee) -> Initiative:
    return an_initiative(a_person(unit=unit), unit, State.UNDERWAY, decider=manager)


@pytest.fixture
def obstacle(initiative: Initiative, manager: Employee) -> Obstacle:
    return an_obstacle(initiative, manager)


@pytest.fixture
def promise(initiative: Initiative, manager: Employee) -> Promise:
    return a_promise(initiative, manager)


REMOVED, STAYS, GONE = "Det är borttaget", "Det måste stå kvar", "Det är borta"


def buttons(html: str) -> list[str]:
    return [word for word in (REMOVED, STAYS, GONE) if f">{word}<" in html]


class TestAnObstacleOnTheInitiativesPage:
    def test_the_driver_says_what_is_in_the_way_and_is_told_whom_it_waits_for(
        self, initiative: Initiative, manager: Employee
    ) -> None:
        address = initiative.get_absolute_url()
        assert "Något är i vägen" in read(initiative.owner, address)
        assert post(initiative.owner, f"{address}hinder/", text="Låst dörr") == (302, address)
        assert Obstacle.objects.get().owner == manager
        html = read(initiative.owner, address)
        assert "Låst dörr" in html and "Väntar på Johan Ek sedan i dag." in html

    def test_what_was_written_too_long_is_kept_and_opened(self, initiative: Initiative) -> None:
        address = f"{initiative.get_absolute_url()}hinder/"
        for text, said in (("x" * 301, "301"), (" ", "Skriv vad som är i vägen")):
            status, page = post(initiative.owner, address, text=text)
            assert (status, said in page, '<details class="fall" open><summary>' in page) == (422, True, True)
        assert Obstacle.objects.count() == 0

    def test_nobody_else_raises_one(self, initiative: Initiative, manager: Employee, unit: Unit) -> None:
        for other in (manager, a_person(unit=unit)):
            assert "Något är i vägen" not in read(other, initiative.get_absolute_url())
            assert post(other, f"{initiative.get_absolute_url()}hinder/", text="Låst dörr")[0] == 403

    def test_each_is_shown_the_answers_that_are_theirs(
        self, obstacle: Obstacle, initiative: Initiative, manager: Employee, unit: Unit, root: Unit
    ) -> None:
        deputy = assign(a_person(unit=unit), Role.DEPUTY, unit)
        people = (manager, a_manager(root), deputy, initiative.owner, a_person(unit=unit), a_manager(a_unit("Annan")))
        shown = [buttons(read(person, initiative.get_absolute_url())) for person in people]
        assert shown == [[REMOVED, STAYS]] * 3 + [[GONE], [], []]

    def test_it_says_whom_it_waits_for_and_since_when(
        self, obstacle: Obstacle, initiative: Initiative, manager: Employee
    ) -> None:
        assert "Väntar på Johan Ek sedan 6 dagar." in read(initiative.owner, initiative.get_absolute_url())
        for address in (initiative.get_absolute_url(), "/beslut/", f"/hinder/{obstacle.uuid}/"):
            assert "Väntar på dig sedan 6 dagar." in read(manager, address)
        Obstacle.objects.update(owner=None)
        assert "Ingen är utsedd att ta bort det." in read(initiative.owner, initiative.get_absolute_url())

    def test_what_was_answered_says_how_long_it_took_and_the_words(
        self, obstacle: Obstacle, initiative: Initiative, manager: Employee
    ) -> None:
        address = initiative.get_absolute_url()
        assert post(manager, f"/hinder/{obstacle.uuid}/", is_removed="yes", answer="Du har den nu") == (302, address)
        html = read(initiative.owner, address)
        assert "Borttaget efter 6 dagar." in html and "<q>Du har den nu</q>" in html
        assert "sa att ett hinder är borta" in html
        an_obstacle(
            initiative, manager, closed_at=timezone.now(), closed_by=manager, is_removed=False, answer="Lagen säger så"
        )
        html = read(initiative.owner, address)
        assert "Det står kvar." in html and "<q>Lagen säger så</q>" in html

    def test_those_that_stand_come_first(self, initiative: Initiative, manager: Employee) -> None:
        an_obstacle(initiative, manager, text="Löst", closed_at=timezone.now(), closed_by=manager, is_removed=True)
        an_obstacle(initiative, manager, text="Kvar", days=1)
        rows = as_person(manager).get(initiative.get_absolute_url()).context["obstacles"].rows
        assert [row.obstacle.text for row in rows] == ["Kvar", "Löst"]

    def test_what_has_ended_asks_nobody_and_shows_it_still(
        self, obstacle: Obstacle, initiative: Initiative, manager: Employee
    ) -> None:
        ended = {"state": "concluded", "ending": "stopped", "concluded_at": timezone.now(), "lesson": "Så"}
        Initiative.objects.filter(pk=initiative.pk).update(**ended)
        for person in (manager, initiative.owner):
            html = read(person, initiative.get_absolute_url())
            assert ("Vi saknar behörighet" in html, "Det fick aldrig något svar." in html, buttons(html)) == (
                True, True, [],
            )  # fmt: skip
            assert "Något är i vägen" not in html
        assert "Vi saknar behörighet" not in read(manager, "/beslut/")


class TestAnObstaclesOwnPage:
    def test_it_opens_with_the_cursor_in_the_answer(self, obstacle: Obstacle, manager: Employee) -> None:
        html = read(manager, f"/hinder/{obstacle.uuid}/")
        assert "Kan du ta bort det här hindret?" in html
        assert html.count("autofocus") == 1 and f'id="{obstacle.uuid}-answer"' in html.split("autofocus")[1]

    def test_looking_answers_nothing(self, obstacle: Obstacle, promise: Promise, manager: Employee) -> None:
        for address in (f"/hinder/{obstacle.uuid}/?is_removed=yes", f"/lofte/{promise.uuid}/?is_kept=yes"):
            read(manager, address)
        assert (Obstacle.objects.get().closed_at, Promise.objects.get().settled_at) == (None, None)

    def test_that_it_stays_without_a_reason_is_refused_on_the_field(
        self, obstacle: Obstacle, manager: Employee
    ) -> None:
        status, page = post(manager, f"/hinder/{obstacle.uuid}/", is_removed="no", answer=" ")
        assert (status, "Skriv varför det måste stå kvar." in page, 'aria-invalid="true"' in page) == (422, True, True)

    def test_the_second_answer_is_told_so(self, obstacle: Obstacle, manager: Employee, root: Unit) -> None:
        address = f"/hinder/{obstacle.uuid}/"
        assert post(a_manager(root), address, is_removed="yes")[0] == 302
        status, page = post(manager, address, is_removed="no", answer="Nej")
        assert (status, "Någon hann före dig" in page, "Borttaget efter 6 dagar." in page) == (409, True, True)

    def test_only_a_yes_or_a_no_is_an_answer(self, obstacle: Obstacle, promise: Promise, manager: Employee) -> None:
        for address in (f"/hinder/{obstacle.uuid}/", f"/lofte/{promise.uuid}/"):
            assert [post(manager, address, **fields)[0] for fields in ({}, {"is_removed": "x"})] == [404, 404]

    def test_a_stranger_reads_it_and_answers_nothing(self, obstacle: Obstacle, unit: Unit) -> None:
        stranger = a_person(unit=unit)
        assert buttons(read(stranger, f"/hinder/{obstacle.uuid}/")) == []
        assert post(stranger, f"/hinder/{obstacle.uuid}/", is_removed="yes")[0] == 403

    def test_what_may_not_be_seen_is_not_found(
        self, obstacle: Obstacle, promise: Promise, initiative: Initiative, unit: Unit, manager: Employee
    ) -> None:
        Initiative.objects.filter(pk=initiative.pk).update(state=State.DECLINED)
        stranger = as_person(a_person(unit=unit))
        to = {"person": str(manager.uuid)}
        for path in (f"/hinder/{obstacle.uuid}/", f"/lofte/{promise.uuid}/"):
            assert (stranger.get(path).status_code, as_person(manager).get(path).status_code) == (404, 200)
            assert stranger.post(path, {"is_removed": "yes", "is_kept": "yes"}).status_code == 404
        assert stranger.post(f"/hinder/{obstacle.uuid}/vidare/", to).status_code == 404

    def test_those_who_have_not_signed_in_come_back_to_it(self, obstacle: Obstacle) -> None:
        answer = Client().get(f"/hinder/{obstacle.uuid}/")
        assert (answer.status_code, answer["location"]) == (302, f"/logga-in/?next=/hinder/{obstacle.uuid}/")

    def test_it_is_handed_on_to_one_of_the_few_with_the_mandate(
        self, obstacle: Obstacle, initiative: Initiative, manager: Employee, root: Unit, unit: Unit
    ) -> None:
        director = a_manager(root, "Helena", "Strand")
        deputy = assign(a_person("Dan", "Berg", unit=unit), Role.DEPUTY, unit)
        assign(deputy, Role.DEPUTY, root)
        a_manager(a_unit("Annan", root), "Nils", "Nej")
        form = as_person(manager).get(f"/hinder/{obstacle.uuid}/").context["hand_on_form"]
        assert form.fields["person"].choices == [
            (str(deputy.uuid), "Dan Berg, Bygglovsenheten"), (str(director.uuid), "Helena Strand, Åsmåla kommun"),
        ]  # fmt: skip
        address = f"/hinder/{obstacle.uuid}/vidare/"
        assert post(manager, address, person=str(initiative.owner.uuid))[0] == 422
        assert post(manager, address, person=str(director.uuid)) == (302, initiative.get_absolute_url())
        assert "Väntar på Helena Strand sedan 6 dagar." in read(initiative.owner, initiative.get_absolute_url())
        assert post(manager, address, person=str(deputy.uuid))[0] == 403
        assert as_person(manager).get(f"/hinder/{obstacle.uuid}/").context["hand_on_form"] is None

    @pytest.mark.parametrize("count", [1, 30])
    def test_its_page_costs_the_same_with_one_and_thirty_managers_above(
        self, obstacle: Obstacle, manager: Employee, root: Unit, count: int
    ) -> None:
        for _manager in range(count):
            a_manager(root)
            an_obstacle(obstacle.initiative, manager)
        client = as_person(manager)
        client.get("/hjalp/")
        with CaptureQueriesContext(connection) as seen:
            client.get(f"/hinder/{obstacle.uuid}/")
        assert len(seen) == OBSTACLE_QUERIES


OBSTACLE_QUERIES = 6


class TestAPromise:
    def test_whoever_promised_says_that_it_is_done(
        self, promise: Promise, initiative: Initiative, manager: Employee
    ) -> None:
        address = initiative.get_absolute_url()
        assert "Ja, det är gjort" in read(manager, address)
        html = read(manager, f"/lofte/{promise.uuid}/")
        assert "Blev det så?" in html and 'id="id_note"' in html.split("autofocus")[1]
        assert post(manager, f"/lofte/{promise.uuid}/", is_kept="yes", note="Från måndag") == (302, address)
        html = read(initiative.owner, address)
        assert "Det blev gjort." in html and "sa att ett löfte hölls" in html and "<q>Från måndag</q>" in html
        assert "Ja, det är gjort" not in read(manager, address)

    def test_or_that_it_did_not_come_true(self, promise: Promise, initiative: Initiative, manager: Employee) -> None:
        assert post(manager, f"/lofte/{promise.uuid}/", is_kept="no")[0] == 302
        html = read(initiative.owner, initiative.get_absolute_url())
        assert "Det blev inte så." in html and "sa att ett löfte inte hölls" in html
        status, page = post(manager, f"/lofte/{promise.uuid}/", is_kept="yes")
        assert (status, "Någon hann före dig" in page) == (409, True)

    def test_nobody_else_is_asked(self, promise: Promise, initiative: Initiative, root: Unit, unit: Unit) -> None:
        for other in (initiative.owner, a_person(unit=unit), a_manager(root)):
            for address in (initiative.get_absolute_url(), f"/lofte/{promise.uuid}/"):
                assert "Ja, det är gjort" not in read(other, address)
            assert post(other, f"/lofte/{promise.uuid}/", is_kept="yes")[0] == 403

    @pytest.mark.parametrize(("days", "said"), [(-1, "Dagen har passerat."), (0, "Johan Ek, senast i dag.")])
    def test_it_says_when_it_is_due(self, promise: Promise, initiative: Initiative, days: int, said: str) -> None:
        Promise.objects.update(due_on=day(days))
        assert said in read(initiative.owner, initiative.get_absolute_url())

    def test_the_decider_promises_more(self, initiative: Initiative, manager: Employee, unit: Unit) -> None:
        address = initiative.get_absolute_url()
        assert "Lova något" in read(manager, address)
        fields = {"promise_kind": "money", "promise": "Femtusen kronor", "promise_due_on": day(5).isoformat()}
        assert post(manager, f"{address}lofte/", **fields) == (302, address)
        assert list(Promise.objects.values_list("kind", "text", "due_on")) == [("money", "Femtusen kronor", day(5))]
        for other in (initiative.owner, a_person(unit=unit)):
            assert "Lova något" not in read(other, address)
            assert post(other, f"{address}lofte/", **fields)[0] == 403

    def test_half_a_promise_is_refused_and_kept(self, initiative: Initiative, manager: Employee) -> None:
        status, page = post(manager, f"{initiative.get_absolute_url()}lofte/", promise="Femtusen kronor")
        assert (status, "Skriv vad du lovar" in page, "Femtusen kronor" in page) == (422, True, True)


class TestWhereTheyAreSeen:
    def test_the_inbox_lists_them_and_answering_there_leads_back(
        self, obstacle: Obstacle, promise: Promise, manager: Employee
    ) -> None:
        html = read(manager, "/beslut/")
        assert "Hinder som väntar på dig" in html and "Dina löften" in html
        for address, fields in (
            (f"/hinder/{obstacle.uuid}/", {"is_removed": "yes"}),
            (f"/lofte/{promise.uuid}/", {"is_kept": "yes"}),
        ):
            assert post(manager, address, back="decisions", **fields) == (302, "/beslut/")
        html = read(manager, "/beslut/")
        assert ("Hinder som väntar på dig" in html, "Dina löften" in html, "Här är det lugnt" in html) == (
            False,
            False,
            True,
        )

    def test_an_address_of_somebody_elses_making_is_not_followed(self, obstacle: Obstacle, manager: Employee) -> None:
        address = obstacle.initiative.get_absolute_url()
        assert post(manager, f"/hinder/{obstacle.uuid}/", back="//elak.example", is_removed="yes") == (302, address)

    def test_they_are_asked_of_one_person_each(
        self, obstacle: Obstacle, promise: Promise, initiative: Initiative, manager: Employee, unit: Unit, root: Unit
    ) -> None:
        deputy = assign(a_person(unit=unit), Role.DEPUTY, unit)
        people = (manager, deputy, a_manager(root), initiative.owner)
        assert [asked(person) for person in people] == [(1, 1), (0, 0), (0, 0), (0, 0)]

    def test_when_that_person_has_left_or_answers_no_longer_the_decider_is_asked(
        self, obstacle: Obstacle, promise: Promise, initiative: Initiative, manager: Employee, unit: Unit, root: Unit
    ) -> None:
        director = a_manager(root)
        Assignment.objects.filter(employee=manager).update(to_on=day(-1))
        assert [asked(person) for person in (manager, director)] == [(0, 0), (1, 1)]
        new = a_manager(unit, "Nina", "Ny")
        assert [asked(person) for person in (manager, director, new)] == [(0, 0), (0, 0), (1, 1)]
        Obstacle.objects.update(owner=None)
        assert asked(new) == (1, 1)
        Assignment.objects.filter(employee=manager).update(to_on=None)
        Employee.objects.filter(pk=manager.pk).update(ended_on=day(-1))
        assert asked(new) == (1, 1)

    def test_a_driver_is_not_asked_about_their_own(
        self, obstacle: Obstacle, promise: Promise, initiative: Initiative, manager: Employee, root: Unit
    ) -> None:
        Obstacle.objects.update(owner=None)
        director = a_manager(root)
        CoDriver.objects.create(initiative=initiative, employee=manager, invited_by=initiative.owner)
        assert [asked(person) for person in (manager, director)] == [(0, 0), (1, 1)]

    def test_home_asks_about_an_obstacle_at_once_and_a_promise_on_its_day(
        self, obstacle: Obstacle, promise: Promise, manager: Employee
    ) -> None:
        html = read(manager, "/")
        assert "En sak väntar på dig." in html and "Amina Lindqvist behöver din hjälp" in html
        assert f'href="/hinder/{obstacle.uuid}/"' in html
        Promise.objects.update(due_on=day(0))
        assert "2 saker väntar på dig." in read(manager, "/")
        Obstacle.objects.all().delete()
        html = read(manager, "/")
        assert "Blev det som du lovade?" in html and f'href="/lofte/{promise.uuid}/"' in html

    def test_the_menus_count_is_of_decisions_alone(
        self, obstacle: Obstacle, promise: Promise, manager: Employee
    ) -> None:
        menu = as_person(manager).get("/beslut/").context["menu"]
        assert [item.count for item in menu if item.url == "/beslut/"] == [0]

    def test_what_was_done_is_in_the_history(self, initiative: Initiative, manager: Employee) -> None:
        post(initiative.owner, f"{initiative.get_absolute_url()}hinder/", text="Låst dörr")
        html = read(manager, initiative.get_absolute_url())
        assert "sa vad som är i vägen" in html and "<q>Låst dörr</q>" in html
        assert Event.objects.filter(kind="obstacle.raise").count() == 1


def asked(person: Employee) -> tuple[int, int]:
    """How many obstacles and promises the person is asked about."""
    context = as_person(person).get("/beslut/").context or {}
    return len(context.get("obstacles", [])), len(context.get("promises", []))
