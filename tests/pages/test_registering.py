"""A draft from a title, then one page that says at each field what is missing, and keeps what was written."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from initiatives.actions.attempt import Given
from initiatives.actions.steps import take_step
from initiatives.models import CoDriver, Indicator, Initiative
from initiatives.workflow import Verb
from kommun.models import Employee, Role, Unit
from kommun.organisation import set_setting
from tests.builders import LONG_AGO, a_manager, a_person, a_unit, an_indicator, an_initiative, assign
from tests.pages.markup import faults
from tests.pages.test_steps import as_person

pytestmark = pytest.mark.django_db


def day(days: int) -> str:
    return (timezone.localdate() + dt.timedelta(days=days)).isoformat()


@pytest.fixture
def root() -> Unit:
    return a_unit("Åsmåla kommun")


@pytest.fixture
def unit(root: Unit) -> Unit:
    return a_unit("Bygglovsenheten", root)


@pytest.fixture
def owner(unit: Unit) -> Employee:
    return a_person("Amina", "Lindqvist", unit=unit)


@pytest.fixture
def johan(unit: Unit) -> Employee:
    return a_manager(unit, "Johan", "Ek")


@pytest.fixture
def draft(owner: Employee, unit: Unit) -> Initiative:
    """Only what the four questions ask for."""
    asked: dict[str, Any] = {"plan": "", "first_step": "", "first_step_on": None, "cost": None}
    rails: dict[str, Any] = {"has_personal_data": None, "is_reversible": None, "is_critical": None}
    return an_initiative(owner, unit, target=None, title="Ring samma dag", **asked, **rails)


def everything(unit: Unit, **changed: str) -> dict[str, str]:
    return {
        "title": "Ring samma dag",
        "benefit": "Sökanden vet vad som händer.",
        "plan": "Jag ringer.",
        "unit": str(unit.pk),
        "first_step": "Ring på tisdag",
        "first_step_on": day(7),
        "indicator": "Dagar till svar",
        "unit_of_measure": "dagar",
        "direction": "down",
        "target": "2,5",
        "target_on": day(140),
        "cadence": "weekly",
        "baseline_ready_on": day(14),
        "cost": "0",
        "has_personal_data": "no",
        "is_reversible": "yes",
        "is_critical": "no",
    } | changed


def ask(person: Employee, **fields: str) -> Any:
    return as_person(person).post("/initiativ/nytt/", fields)


def fill_in(person: Employee, initiative: Initiative, button: str, fields: dict[str, str]) -> Any:
    address = f"/initiativ/{initiative.uuid}/komplettera/"
    answer = as_person(person).post(address, {"seen": initiative.seen, button: "", **fields})
    initiative.refresh_from_db()
    return answer


def errors(answer: Any) -> set[str]:
    assert answer.status_code == 422
    return set(answer.context["form"].errors)


class TestNew:
    def test_the_button_names_the_one_who_decides(self, owner: Employee, johan: Employee) -> None:
        html = as_person(owner).get("/initiativ/nytt/").content.decode()
        assert faults(html) == []
        assert "Skicka till Johan Ek för beslut" in html

    def test_another_unit_in_the_address_has_its_own_decider(
        self, owner: Employee, johan: Employee, root: Unit
    ) -> None:
        school = a_unit("Norra skolan", root)
        a_manager(school, "Eva", "Alm")
        for asked, named in ((str(school.pk), "Eva Alm"), ("xx", "Johan Ek"), (str(10**30), "Johan Ek")):
            html = as_person(owner).get("/initiativ/nytt/", {"unit": asked}).content.decode()
            assert f"Skicka till {named} för beslut" in html

    def test_a_title_makes_a_draft_that_only_the_owner_sees(self, owner: Employee, johan: Employee) -> None:
        answer = ask(owner, title="Kopiatorn är trasig", save="")
        initiative = Initiative.objects.get()
        assert (answer.status_code, answer["location"]) == (302, "/?visa=utkast")
        assert (initiative.state, initiative.owner, initiative.unit) == ("draft", owner, None)
        address = f"{initiative.get_absolute_url()}komplettera/"
        assert [as_person(each).get(address).status_code for each in (owner, johan)] == [200, 404]

    def test_sending_without_a_result_is_refused_on_the_field_and_keeps_what_was_written(
        self, owner: Employee, unit: Unit
    ) -> None:
        answer = ask(owner, title="Digital tidbokning", notice="faster", unit=str(unit.pk), send="")
        html = answer.content.decode()
        assert (errors(answer), Initiative.objects.count()) == ({"benefit"}, 0)
        assert faults(html) == []
        assert "Skriv vilket resultat du vill nå." in html
        assert 'value="Digital tidbokning"' in html and 'value="faster"' in html

    def test_sending_leads_to_what_is_still_missing(self, owner: Employee, unit: Unit) -> None:
        answer = ask(owner, title="Ring", benefit="Fortare", notice="rarer", unit=str(unit.pk), send="")
        initiative = Initiative.objects.get()
        assert answer["location"] == f"{initiative.get_absolute_url()}komplettera/?notice=rarer"
        html = as_person(owner).get(answer["location"]).content.decode()
        assert faults(html) == []
        assert "Skriv vad du ska göra åt det. En mening räcker." in html  # a remark asks to become a deed
        assert 'name="unit_of_measure" value="antal"' in html

    def test_another_unit_is_found_by_a_part_of_its_name(self, owner: Employee, unit: Unit, root: Unit) -> None:
        school = a_unit("Norra skolan", root)
        ask(owner, title="Ring", unit=str(unit.pk), another_unit="norra sk", save="")
        assert Initiative.objects.get().unit == school

    def test_of_several_units_the_form_asks_which(self, owner: Employee, unit: Unit, root: Unit) -> None:
        schools = [a_unit("Norra skolan", root), a_unit("Södra skolan", root)]
        words = {"title": "Ring", "unit": str(unit.pk), "another_unit": "skolan", "save": ""}
        answer = ask(owner, **words)
        assert errors(answer) == {"matching_unit"}
        assert all(f'value="{school.pk}"' in answer.content.decode() for school in schools)
        ask(owner, **words, matching_unit=str(schools[1].pk))
        assert Initiative.objects.get().unit == schools[1]

    def test_a_closed_unit_cannot_be_chosen(self, owner: Employee, root: Unit) -> None:
        closed = a_unit("Gamla enheten", root)
        Unit.objects.filter(pk=closed.pk).update(ended_on=LONG_AGO)
        assert errors(ask(owner, title="Ring", unit=str(closed.pk), save="")) == {"unit"}
        assert errors(ask(owner, title="Ring", another_unit="Gamla", save="")) == {"another_unit"}

    def test_the_list_of_units_is_short_and_begins_with_ones_own(self, owner: Employee, root: Unit) -> None:
        elsewhere = a_unit("Annan förvaltning", root)
        far = a_unit("Långt borta", elsewhere)
        html = as_person(owner).get("/initiativ/nytt/").content.decode()
        assert "Bygglovsenheten (din enhet)" in html
        assert f'<option value="{elsewhere.pk}">' in html
        assert f'<option value="{far.pk}">' not in html

    def test_somebody_without_a_unit_can_still_begin(self) -> None:
        ask(a_person("Sara", "Berg"), title="Ring", save="")
        assert Initiative.objects.get().title == "Ring"


class TestComplete:
    def test_the_page_counts_what_is_left_and_leads_to_each_field(self, owner: Employee, draft: Initiative) -> None:
        html = as_person(owner).get(f"/initiativ/{draft.uuid}/komplettera/").content.decode()
        assert faults(html) == []
        assert "8 saker kvar innan du kan skicka" in html
        for field in ("id_plan", "id_cost", "id_first_step", "id_first_step_on", "id_indicator"):
            assert f'href="#{field}"' in html
        assert 'href="#id_has_personal_data_0"' in html

    def test_a_part_is_saved_as_a_draft(self, owner: Employee, draft: Initiative, unit: Unit) -> None:
        answer = fill_in(owner, draft, "save", {"title": "Nytt", "plan": "Jag ska ringa.", "cadence": "monthly"})
        assert (answer.status_code, draft.state, draft.title, draft.plan) == (302, "draft", "Nytt", "Jag ska ringa.")

    def test_everything_is_sent_to_the_decider(
        self, owner: Employee, johan: Employee, draft: Initiative, unit: Unit
    ) -> None:
        answer = fill_in(owner, draft, "send", everything(unit))
        assert (answer.status_code, draft.state, draft.decider) == (302, "proposed", johan)
        outcome = draft.outcomes.get()
        assert (outcome.target, outcome.cadence, str(outcome.indicator)) == (
            Decimal("2.5"),
            "weekly",
            "Dagar till svar (dagar)",
        )
        assert (outcome.review_on, outcome.is_primary) == (outcome.target_on, True)

    def test_the_owner_is_told_who_answers_and_by_when(
        self, owner: Employee, johan: Employee, draft: Initiative, unit: Unit
    ) -> None:
        fields = {"seen": draft.seen, "send": "", **everything(unit)}
        page = as_person(owner).post(f"/initiativ/{draft.uuid}/komplettera/", fields, follow=True)
        assert "Skickat till Johan Ek, som svarar senast" in page.content.decode()

    @pytest.mark.parametrize(
        ("left_out", "refused"),
        [
            ("plan", {"plan"}),
            ("benefit", {"benefit"}),
            ("cost", {"cost"}),
            ("first_step", {"first_step"}),
            ("first_step_on", {"first_step_on"}),
            ("target", {"target"}),
            ("target_on", {"target_on"}),
            ("baseline_ready_on", {"baseline_ready_on"}),
            ("has_personal_data", {"has_personal_data"}),
            ("is_reversible", {"is_reversible"}),
            ("is_critical", {"is_critical"}),
        ],
    )
    def test_what_the_gate_misses_is_said_on_the_field_and_the_rest_is_saved(
        self, owner: Employee, johan: Employee, draft: Initiative, unit: Unit, left_out: str, refused: set[str]
    ) -> None:
        answer = fill_in(owner, draft, "send", everything(unit, title="Sparas ändå", **{left_out: ""}))
        assert errors(answer) == refused
        assert (draft.state, draft.title, draft.outcomes.count()) == ("draft", "Sparas ändå", 1)
        assert faults(answer.content.decode()) == []

    def test_nothing_measured_is_one_thing_missing(
        self, owner: Employee, johan: Employee, draft: Initiative, unit: Unit
    ) -> None:
        nothing = dict.fromkeys(("indicator", "target", "target_on", "baseline_ready_on"), "")
        assert errors(fill_in(owner, draft, "send", everything(unit, **nothing))) == {"indicator"}

    def test_a_target_without_a_measure_is_not_lost_in_silence(
        self, owner: Employee, draft: Initiative, unit: Unit
    ) -> None:
        answer = fill_in(owner, draft, "save", everything(unit, indicator=""))
        assert errors(answer) == {"indicator"}
        assert 'value="2,5"' in answer.content.decode()

    def test_a_measure_that_exists_needs_only_its_name(
        self, owner: Employee, johan: Employee, draft: Initiative, unit: Unit
    ) -> None:
        known = an_indicator("Väntetid i telefon", "minuter")
        chosen = {"indicator": "väntetid i telefon", "unit_of_measure": "", "direction": ""}
        fill_in(owner, draft, "send", everything(unit, **chosen))
        assert (draft.state, draft.outcomes.get().indicator, Indicator.objects.count()) == ("proposed", known, 1)

    def test_a_new_measure_says_what_it_is_counted_in_and_which_way_is_better(
        self, owner: Employee, draft: Initiative, unit: Unit
    ) -> None:
        answer = fill_in(owner, draft, "save", everything(unit, unit_of_measure="", direction=""))
        assert (errors(answer), Indicator.objects.count()) == ({"unit_of_measure", "direction"}, 0)

    def test_the_page_says_what_the_planned_values_can_show(
        self, owner: Employee, draft: Initiative, unit: Unit
    ) -> None:
        fill_in(owner, draft, "save", everything(unit, cadence="quarterly"))
        html = as_person(owner).get(f"/initiativ/{draft.uuid}/komplettera/").content.decode()
        assert "Det behövs minst fem före och fem efter för ett utslag." in html

    def test_own_mandate_is_offered_where_the_unit_lets_it(
        self, owner: Employee, johan: Employee, draft: Initiative, unit: Unit
    ) -> None:
        address = f"/initiativ/{draft.uuid}/komplettera/"
        assert "Börja nu på eget mandat" not in as_person(owner).get(address).content.decode()
        set_setting(unit, on=LONG_AGO, own_mandate=True)
        assert "Börja nu på eget mandat" in as_person(owner).get(address).content.decode()
        fill_in(owner, draft, "start", everything(unit))
        assert draft.state == "underway"

    def test_own_mandate_is_refused_at_the_top_when_it_is_not_free(
        self, owner: Employee, johan: Employee, draft: Initiative, unit: Unit
    ) -> None:
        set_setting(unit, on=LONG_AGO, own_mandate=True, mandate_amount=1_000)
        assert errors(fill_in(owner, draft, "start", everything(unit, cost="100"))) == {"__all__"}
        assert draft.state == "draft"

    def test_somebody_who_was_first_is_told_of(self, owner: Employee, draft: Initiative, unit: Unit) -> None:
        old = draft.seen
        take_away = Initiative.objects.filter(pk=draft.pk)
        take_away.update(steps_taken=2)
        answer = as_person(owner).post(
            f"/initiativ/{draft.uuid}/komplettera/", {"seen": old, "save": "", **everything(unit)}
        )
        assert (answer.status_code, take_away.get().title) == (409, "Ring samma dag")

    def test_a_draft_can_be_deleted(self, owner: Employee, draft: Initiative) -> None:
        answer = fill_in_and_forget(owner, draft)
        assert (answer["location"], Initiative.objects.count()) == ("/?visa=utkast", 0)

    def test_a_link_changes_nothing(self, owner: Employee, draft: Initiative) -> None:
        as_person(owner).get(f"/initiativ/{draft.uuid}/komplettera/?delete=&send=&seen={draft.seen}")
        draft.refresh_from_db()
        assert draft.state == "draft"


def fill_in_and_forget(person: Employee, initiative: Initiative) -> Any:
    address = f"/initiativ/{initiative.uuid}/komplettera/"
    return as_person(person).post(address, {"seen": initiative.seen, "delete": ""})


class TestReturned:
    @pytest.fixture
    def returned(self, owner: Employee, johan: Employee, draft: Initiative, unit: Unit) -> Initiative:
        fill_in(owner, draft, "send", everything(unit))
        question = Given(reason="Vad kostar det?")
        take_step(draft, Verb.RETURN, by=johan, seen=draft.seen, now=timezone.now(), given=question)
        draft.refresh_from_db()
        return draft

    def test_the_question_is_shown_and_the_answer_is_asked_for(self, owner: Employee, returned: Initiative) -> None:
        html = as_person(owner).get(f"/initiativ/{returned.uuid}/komplettera/").content.decode()
        assert faults(html) == []
        assert "Johan Ek undrar" in html and "Vad kostar det?" in html and 'id="fraga"' in html
        assert "Ta bort utkastet" not in html

    def test_without_an_answer_it_is_not_sent(self, owner: Employee, returned: Initiative, unit: Unit) -> None:
        assert errors(fill_in(owner, returned, "answer", everything(unit))) == {"reason"}
        assert returned.state == "returned"

    def test_with_an_answer_it_is_sent_again(self, owner: Employee, returned: Initiative, unit: Unit) -> None:
        fill_in(owner, returned, "answer", everything(unit, reason="Ingenting."))
        assert returned.state == "proposed"
        assert returned.transitions.get(verb="resubmit").reason == "Ingenting."

    def test_everybody_may_read_it_but_only_the_owner_writes(
        self, owner: Employee, johan: Employee, returned: Initiative
    ) -> None:
        address = f"/initiativ/{returned.uuid}/komplettera/"
        people = (owner, johan, a_person("Sara", "Berg"))
        assert [as_person(each).get(address).status_code for each in people] == [200, 403, 403]


class TestWhoComesIn:
    def test_a_draft_is_there_for_its_drivers_alone(
        self, owner: Employee, johan: Employee, draft: Initiative, root: Unit
    ) -> None:
        co_driver = a_person("Bo", "Ask")
        CoDriver.objects.create(initiative=draft, employee=co_driver, invited_by=owner)
        elsewhere = a_manager(a_unit("Skolan", root), "Eva", "Alm")
        director = assign(a_person("Per", "Lund"), Role.MANAGER, root)
        people = (owner, co_driver, johan, elsewhere, director, a_person("Sara", "Berg"))
        address = f"/initiativ/{draft.uuid}/komplettera/"
        assert [as_person(each).get(address).status_code for each in people] == [200, 200, 404, 404, 404, 404]

    def test_a_former_employee_is_asked_to_sign_in(self, owner: Employee, draft: Initiative) -> None:
        client = as_person(owner)
        Employee.objects.filter(pk=owner.pk).update(ended_on=LONG_AGO)
        answer = client.get(f"/initiativ/{draft.uuid}/komplettera/")
        assert (answer.status_code, answer["location"].split("?")[0]) == (302, "/logga-in/")

    def test_a_visitor_is_asked_to_sign_in(self, draft: Initiative) -> None:
        addresses = ("/", "/initiativ/", "/initiativ/nytt/", f"/initiativ/{draft.uuid}/komplettera/")
        assert {Client().get(address).status_code for address in addresses} == {302}

    def test_what_is_under_way_leads_to_its_own_page(self, owner: Employee, unit: Unit) -> None:
        initiative = an_initiative(owner, unit, "underway")
        answer = as_person(owner).get(f"/initiativ/{initiative.uuid}/komplettera/")
        assert (answer.status_code, answer["location"]) == (302, initiative.get_absolute_url())


def test_the_pages_take_the_same_queries_with_many_units_and_measures(
    owner: Employee, johan: Employee, draft: Initiative, root: Unit, django_assert_num_queries: Any
) -> None:
    client = as_person(owner)
    for count in (1, 30):
        for number in range(count):
            a_unit(f"Enhet {number}", root)
            an_indicator()
        with django_assert_num_queries(NEW_QUERIES):
            client.get("/initiativ/nytt/")
        with django_assert_num_queries(COMPLETE_QUERIES):
            client.get(f"/initiativ/{draft.uuid}/komplettera/")


NEW_QUERIES = 8
COMPLETE_QUERIES = 15


# --- Nothing that was written is lost -------------------------------------------------------------------------------
def test_an_answer_that_is_not_sent_stays_in_its_field(owner: Employee, johan: Employee, draft: Initiative) -> None:
    Initiative.objects.filter(pk=draft.pk).update(state="returned", steps_taken=2)
    draft.refresh_from_db()
    draft.transitions.create(
        number=2, verb="return", from_state="proposed", to_state="returned", by=johan, at=timezone.now(), reason="Vem?"
    )
    fields = {"seen": draft.seen, "title": draft.title, "cadence": "weekly", "reason": "Jag gör det själv", "save": ""}
    homeless = as_person(owner).post(f"{draft.get_absolute_url()}komplettera/", fields)
    assert (homeless.status_code, homeless.context["form"].errors.keys()) == (422, {"unit"})
    fields["unit"] = str(draft.unit_id)
    answer = as_person(owner).post(f"{draft.get_absolute_url()}komplettera/", fields)
    assert (answer.status_code, "Jag gör det själv" in answer.content.decode()) == (200, True)


def test_what_was_written_is_shown_when_the_initiative_has_moved_on(
    owner: Employee, johan: Employee, draft: Initiative
) -> None:
    seen = draft.seen
    Initiative.objects.filter(pk=draft.pk).update(
        state="proposed", steps_taken=1, submitted_at=timezone.now(), decide_by_on=timezone.localdate()
    )
    fields = {"seen": seen, "title": "En bättre rubrik", "cadence": "weekly", "save": ""}
    answer = as_person(owner).post(f"{draft.get_absolute_url()}komplettera/", fields)
    assert (answer.status_code, "En bättre rubrik" in answer.content.decode()) == (409, True)


def test_a_measure_that_exists_wins_over_what_was_only_suggested(
    owner: Employee, johan: Employee, draft: Initiative
) -> None:
    known = an_indicator("Minuter vid skiftbyte", "minuter", "down")
    Initiative.objects.filter(pk=draft.pk).update(kind="time")
    page = f"{draft.get_absolute_url()}komplettera/"
    suggested = as_person(owner).get(page).context["form"]["unit_of_measure"].value()
    fields = {"seen": draft.seen, "title": draft.title, "cadence": "weekly", "kind": "time", "direction": "down"}
    as_person(owner).post(page, {**fields, "indicator": "minuter vid skiftbyte", "unit_of_measure": str(suggested)})
    assert (suggested, draft.outcomes.get().indicator) == ("dagar", known)
    gone = as_person(owner).post(page, {**fields, "seen": draft.seen, "indicator": ""})
    assert (gone.status_code, draft.outcomes.get().indicator) == (422, known)
