"""Hem: the heading states the situation, one thing is done on the spot, and the person's own are in three tabs."""

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from initiatives.models import CoDriver, Initiative, Obstacle, Outcome, Transition
from kommun.models import Employee, Role, Unit
from tests.builders import a_manager, a_person, a_unit, an_initiative, an_outcome, assign
from tests.pages.markup import faults
from tests.pages.test_obstacles import a_promise, an_obstacle
from tests.pages.test_steps import as_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def root() -> Unit:
    return a_unit("Åsmåla kommun")


@pytest.fixture
def unit(root: Unit) -> Unit:
    return a_unit("Bygglovsenheten", root)


@pytest.fixture
def owner(unit: Unit) -> Employee:
    return a_person("Amina", "Lindqvist", unit=unit)


def day(days: int) -> dt.date:
    return timezone.localdate() + dt.timedelta(days=days)


def hem(person: Employee, address: str = "/") -> str:
    html = as_person(person).get(address).content.decode()
    assert faults(html) == []
    return html


def measured(owner: Employee, unit: Unit, *, due_on: dt.date | None = None, review_on: dt.date | None = None) -> Any:
    initiative = an_initiative(owner, unit, "measuring", target=None, change_on=day(-100), title="Kortare väntan")
    review_on = review_on or day(100)
    return an_outcome(initiative, next_due_on=due_on, cadence="monthly", target_on=review_on, review_on=review_on)


def question_for(initiative: Initiative, decider: Employee) -> None:
    Transition.objects.create(
        initiative=initiative,
        number=2,
        verb="return",
        from_state="proposed",
        to_state="returned",
        by=decider,
        at=timezone.now(),
    )


def headings(html: str) -> str:
    return html.split('id="nasta-steg">')[1].split("<")[0]


class TestWhatWaits:
    def test_nothing(self, owner: Employee) -> None:
        html = hem(owner)
        assert "Hej Amina!" in html and "Inget väntar på dig." in html
        assert headings(html) == "Vad vill du göra bättre?"

    def test_a_draft_may_rest_and_is_still_the_next_step(self, owner: Employee, unit: Unit) -> None:
        an_initiative(owner, unit)
        html = hem(owner)
        assert "Inget väntar på dig." in html
        assert headings(html) == "Gör klart och skicka"

    def test_a_value_that_is_due_is_entered_on_the_spot(self, owner: Employee, unit: Unit) -> None:
        outcome = measured(owner, unit, due_on=day(0))
        client = as_person(owner)
        step = client.get("/").context["step"]
        hidden = {field.name: field.value() for field in step.task.form.hidden_fields()}
        answer = client.post(step.task.url, {**hidden, "value": "26,5"})
        assert (answer["location"], str(outcome.measurements.get().value.normalize())) == ("/", "26.5")

    def test_that_there_is_no_value_is_said_on_the_spot(self, owner: Employee, unit: Unit) -> None:
        outcome = measured(owner, unit, due_on=day(0))
        client = as_person(owner)
        step = client.get("/").context["step"]
        hidden = {field.name: field.value() for field in step.task.form.hidden_fields()}
        client.post(step.task.url, {**hidden, "value": "", "skip": "1"})
        assert outcome.measurements.get().value is None

    def test_a_value_is_not_asked_for_before_its_day(self, owner: Employee, unit: Unit) -> None:
        measured(owner, unit, due_on=day(1))
        assert "Inget väntar på dig." in hem(owner)

    def test_the_review_asks_for_the_lesson(self, owner: Employee, unit: Unit) -> None:
        measured(owner, unit, review_on=day(0))
        html = hem(owner)
        assert "En sak väntar på dig." in html
        assert headings(html) == "Vad har ni lärt er?"

    def test_the_first_step_has_its_day(self, owner: Employee, unit: Unit) -> None:
        an_initiative(owner, unit, "underway", first_step="Ring på tisdag", first_step_on=day(0))
        html = hem(owner)
        assert headings(html) == "Dags för första steget"
        assert "Ring på tisdag" in html

    def test_after_a_week_the_first_step_is_no_news(self, owner: Employee, unit: Unit) -> None:
        an_initiative(owner, unit, "underway", first_step_on=day(-7))
        assert "Inget väntar på dig." in hem(owner)

    def test_what_keeps_somebody_else_waiting_comes_first(self, owner: Employee, unit: Unit) -> None:
        """All at once, then one by one taken away: the order of importance."""
        johan = a_manager(unit)
        sara = a_person("Sara", "Berg", unit=unit)
        an_initiative(johan, unit)
        an_initiative(johan, unit, "underway", first_step_on=day(0), target=None)
        measured(johan, unit, review_on=day(0))
        measured(johan, unit, due_on=day(0))
        question_for(an_initiative(johan, unit, "returned"), owner)
        waiting = an_initiative(sara, unit, "proposed", decider=johan)
        driven = an_initiative(sara, unit, "underway", target=None)
        an_obstacle(driven, johan, text="Låst dörr")
        a_promise(driven, johan, due_on=day(0))
        seen = [headings(hem(johan))]
        Initiative.objects.filter(pk=waiting.pk).update(state="declined")
        seen.append(headings(hem(johan)))
        Obstacle.objects.all().delete()
        seen.append(headings(hem(johan)))
        Initiative.objects.filter(pk=driven.pk).update(state="declined")
        seen.append(headings(hem(johan)))
        Initiative.objects.filter(state="returned").update(state="declined")
        seen.append(headings(hem(johan))[:20])
        Initiative.objects.filter(outcomes__next_due_on=day(0)).update(state="paused", resume_on=day(30))
        seen.append(headings(hem(johan)))
        Initiative.objects.filter(state="measuring").update(state="paused", resume_on=day(30))
        seen.append(headings(hem(johan)))
        Initiative.objects.filter(state="underway").update(state="paused", resume_on=day(30))
        seen.append(headings(hem(johan)))
        assert seen == [
            "Sara Berg väntar på ditt svar",
            "Sara Berg behöver din hjälp",
            "Blev det som du lovade?",
            "Svara på frågan och skicka igen",
            "Vad blev värdet för ",
            "Vad har ni lärt er?",
            "Dags för första steget",
            "Gör klart och skicka",
        ]

    def test_the_heading_counts_everything_but_drafts(self, owner: Employee, unit: Unit) -> None:
        an_initiative(owner, unit)
        measured(owner, unit, due_on=day(0), review_on=day(0))
        assert "2 saker väntar på dig." in hem(owner)

    def test_the_oldest_decision_leads_to_its_card(self, unit: Unit, owner: Employee) -> None:
        johan = a_manager(unit)
        newer = an_initiative(owner, unit, "proposed", decider=johan, submitted_at=timezone.now())
        older = an_initiative(
            owner, unit, "proposed", decider=johan, submitted_at=timezone.now() - dt.timedelta(days=9)
        )
        html = hem(johan)
        assert (f"/beslut/{older.uuid}/" in html, f"/beslut/{newer.uuid}/" in html) == (True, False)
        assert '2<span class="dold"> väntar</span>' in html  # the menu's count


class TestMine:
    def test_three_tabs_with_counts(self, owner: Employee, unit: Unit) -> None:
        for state in ("draft", "proposed", "returned", "underway", "paused", "measuring"):
            an_initiative(owner, unit, state, title=state)
        for state in ("concluded", "declined", "withdrawn"):
            an_initiative(owner, unit, state, title=state)
        an_initiative(a_person("Sara", "Berg"), unit, "underway", title="någon annans")
        client = as_person(owner)
        answers = [client.get(address).context for address in ("/", "/?visa=utkast", "/?visa=avslutade", "/?visa=xx")]
        shown = [{row.title for row in answer["rows"]} for answer in answers]
        active = {"proposed", "returned", "underway", "paused", "measuring"}
        assert shown == [active, {"draft"}, {"concluded", "declined", "withdrawn"}, active]
        assert [tab.count for tab in answers[0]["tabs"]] == [5, 1, 3]

    def test_what_somebody_co_drives_is_theirs(self, owner: Employee, unit: Unit) -> None:
        initiative = an_initiative(a_person("Sara", "Berg"), unit, "underway", first_step_on=day(3))
        CoDriver.objects.create(initiative=initiative, employee=owner, invited_by=initiative.owner)
        assert [row.title for row in as_person(owner).get("/").context["rows"]] == [initiative.title]

    def test_the_dates_ahead_come_in_order(self, owner: Employee, unit: Unit) -> None:
        measured(owner, unit, due_on=day(5), review_on=day(40))
        an_initiative(owner, unit, "paused", resume_on=day(3), target=None)
        an_initiative(owner, unit, "underway", first_step_on=day(9), target=None)
        an_initiative(owner, unit, "proposed", decide_by_on=day(1), target=None)
        measured(owner, unit, due_on=day(0), review_on=day(90))  # today is no longer ahead
        ahead = as_person(owner).get("/").context["ahead"]
        assert [(date.on, said) for date, said in ahead] == [
            (day(1), "Svar utlovat"),
            (day(3), "Återupptas"),
            (day(5), "Nytt värde"),
            (day(9), "Första steget"),
        ]


class TestLesson:
    def test_one_that_was_shown_to_work_beside_ones_own_unit_comes_first(
        self, owner: Employee, unit: Unit, root: Unit
    ) -> None:
        sara = a_person("Sara", "Berg")
        beside = a_unit("Lantmäteriet", root)
        far = a_unit("Långt borta", beside)
        now = timezone.now()
        an_initiative(sara, far, "concluded", concluded_at=now, title="Färsk", lesson="långt borta")
        assert as_person(owner).get("/").context["lesson"].lesson == "långt borta"
        then = now - dt.timedelta(days=90)
        an_initiative(sara, beside, "concluded", concluded_at=then, title="Granne", lesson="bredvid")
        an_initiative(sara, beside, "concluded", ending="worse", title="Sämre", lesson="sämre")
        an_initiative(owner, unit, "concluded", title="Min egen", lesson="min")
        assert as_person(owner).get("/").context["lesson"].lesson == "bredvid"
        assert "Lärdom från Lantmäteriet" in hem(owner)


class TestWhatAControllerAndAnOwnerAskOfEachOther:
    @pytest.fixture
    def outcome(self, owner: Employee, unit: Unit) -> Outcome:
        """Confirmed, and a controller is asked to look."""
        outcome = an_initiative(owner, unit, "concluded", title="Kortare väntan").outcomes.get()
        Outcome.objects.filter(pk=outcome.pk).update(verification="asked", verification_at=timezone.now())
        return outcome

    def test_a_result_to_review_waits_for_the_controller(self, outcome: Outcome, root: Unit) -> None:
        karin = assign(a_person("Karin", "Nordin", unit=root), Role.CONTROLLER, root)
        html = hem(karin)
        assert "En sak väntar på dig." in html
        assert headings(html) == "Ett resultat väntar på din granskning"
        assert f"/granska/{outcome.initiative.uuid}/" in html

    def test_it_waits_for_nobody_else(self, outcome: Outcome, owner: Employee, unit: Unit) -> None:
        for person in (owner, a_manager(unit), a_person("Sara", "Berg", unit=unit)):
            assert "Inget väntar på dig." in hem(person)

    def test_what_a_controller_sent_back_waits_for_the_owner(self, outcome: Outcome, owner: Employee) -> None:
        Outcome.objects.filter(pk=outcome.pk).update(verification="returned")
        html = hem(owner)
        assert "En sak väntar på dig." in html
        assert headings(html) == "Controllern frågar"
        assert f"{outcome.initiative.get_absolute_url()}#controller" in html


def test_a_former_employee_sees_nothing(owner: Employee, unit: Unit) -> None:
    client = as_person(owner)
    Employee.objects.filter(pk=owner.pk).update(ended_on=day(-1))
    assert client.get("/").status_code == 302


@pytest.mark.parametrize("rows", [1, 30])
def test_hem_takes_the_same_queries_at_any_length(
    owner: Employee, unit: Unit, rows: int, django_assert_num_queries: Any
) -> None:
    johan = a_manager(unit)
    beside = a_unit("Lantmäteriet")
    assign(johan, Role.CONTROLLER, beside)
    for _row in range(rows):
        measured(johan, unit, due_on=day(0))
        an_initiative(johan, unit, "concluded", target=None)
        waits = an_initiative(owner, beside, "concluded").outcomes.get()
        sent_back = an_initiative(johan, unit, "concluded").outcomes.get()
        for outcome, verification in ((waits, "asked"), (sent_back, "returned")):
            Outcome.objects.filter(pk=outcome.pk).update(verification=verification, verification_at=timezone.now())
        an_initiative(owner, unit, "proposed", decider=johan)
        driven = an_initiative(owner, unit, "underway", target=None)
        an_obstacle(driven, johan)
        a_promise(driven, johan, due_on=day(0))
    client = as_person(johan)
    with django_assert_num_queries(HOME_QUERIES):
        client.get("/")


HOME_QUERIES = 19
