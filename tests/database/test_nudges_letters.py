"""One letter per person and working day, from the hour, about what still holds; and what it says."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from initiatives.models import Initiative, Nudge, Outcome, Transition
from initiatives.nudges.collecting import collect_letters
from initiatives.nudges.links import Purpose, nudge_of
from initiatives.nudges.policy import policy
from initiatives.nudges.rules import RULE, RULES
from initiatives.nudges.writing import write_nudges
from kommun.models import Absence, ClosedDay, Employee, Letter
from tests.builders import (
    NOW,
    TODAY,
    a_manager,
    a_nudge,
    a_person,
    a_unit,
    an_indicator,
    an_initiative,
    an_outcome,
    last_changed,
    moment,
)
from tests.reasons import REASONS, a_scene, obstacle_open

SAVEPOINT = 2  # begins and ends
BESIDE = ("no_progress", "silence_owner", "silence_decider", "target_near", "target_passed")  # reasons that come along
pytestmark = pytest.mark.django_db


def collect(day: dt.date = TODAY, clock: str = "07:30") -> int:
    local = dt.datetime.combine(day, dt.time.fromisoformat(clock), tzinfo=timezone.get_default_timezone())
    return collect_letters(now=local.astimezone(dt.UTC))


@pytest.fixture
def owner() -> Employee:
    return a_person(unit=a_unit(), language="en")


def lacking(owner: Employee, **columns: Any) -> Initiative:
    """What waits for September's value."""
    initiative = an_initiative(owner, owner.employments.get().unit, "measuring", target=None)
    indicator = an_indicator(unit_of_measure="dagar")
    an_outcome(
        initiative,
        indicator=indicator,
        latest_value=Decimal("26.500000"),
        **{"next_due_on": dt.date(2026, 10, 1)} | columns,
    )
    return initiative


def an_english(person: Employee) -> Employee:
    person.language = "en"
    person.save()
    return person


def told(owner: Employee, rule: str = "value_due", occasion: dt.date = TODAY, **columns: Any) -> Nudge:
    return a_nudge(lacking(owner, **columns), rule, owner, occasion)


class TestWhen:
    def test_from_the_hour_and_not_before(self, owner: Employee) -> None:
        told(owner)
        assert [collect(clock="07:29"), collect(clock="07:30")] == [0, 1]

    def test_also_later_in_the_day_when_the_hour_was_missed(self, owner: Employee) -> None:
        told(owner)
        assert collect(clock="16:00") == 1

    @pytest.mark.parametrize(
        "day",
        [
            dt.date(2026, 11, 21),  # Saturday
            dt.date(2026, 11, 22),  # Sunday
            dt.date(2026, 4, 3),  # Good Friday
            dt.date(2026, 6, 19),  # Midsummer's Eve
            dt.date(2026, 12, 24),
        ],
    )
    def test_never_on_a_day_off(self, owner: Employee, day: dt.date) -> None:
        told(owner, occasion=day, next_due_on=dt.date(2026, 1, 1))
        assert collect(day) == 0

    def test_never_on_a_day_that_the_municipality_keeps_closed(self, owner: Employee) -> None:
        ClosedDay.objects.create(on=TODAY, name="Kommunens dag")
        told(owner)
        assert collect() == 0

    @pytest.mark.parametrize(
        ("before", "at"),
        [
            ("2026-03-27T06:29Z", "2026-03-27T06:30Z"),  # the Friday before summer time
            ("2026-03-30T05:29Z", "2026-03-30T05:30Z"),  # the Monday after
            ("2026-10-23T05:29Z", "2026-10-23T05:30Z"),  # the Friday before winter time
            ("2026-10-26T06:29Z", "2026-10-26T06:30Z"),  # the Monday after
        ],
    )
    def test_the_hour_is_local_in_summer_and_winter(self, owner: Employee, before: str, at: str) -> None:
        told(owner, occasion=dt.date.fromisoformat(at[:10]), next_due_on=dt.date(2026, 1, 1))
        assert [collect_letters(now=dt.datetime.fromisoformat(each)) for each in (before, at)] == [0, 1]

    def test_what_comes_after_the_letter_waits_for_the_next_working_day(self, owner: Employee) -> None:
        friday = dt.date(2026, 11, 20)
        told(owner)
        collect(friday)
        late = told(owner)
        days = [friday, *(friday + dt.timedelta(days=number) for number in range(4))]
        assert [collect(day, "15:00") for day in days] == [0, 0, 0, 0, 1]
        late.refresh_from_db()
        assert late.letter is not None and late.letter.on == TODAY


class TestToWhom:
    def test_everything_for_a_person_is_one_letter(self, owner: Employee) -> None:
        nudges = [told(owner), told(owner), told(owner)]
        assert collect() == 1
        assert Letter.objects.get().nudges.count() == len(nudges)
        assert Letter.objects.get().subject == "Three things are waiting for you"

    def test_nobody_is_written_to_twice_for_the_same(self, owner: Employee) -> None:
        told(owner)
        assert [collect(), collect(), collect(TODAY + dt.timedelta(days=1))] == [1, 0, 0]

    def test_somebody_away_gets_it_when_they_are_back_and_only_the_latest(self, owner: Employee) -> None:
        initiative = lacking(owner)
        for days in (14, 7, 0):
            a_nudge(initiative, "value_due", owner, TODAY - dt.timedelta(days=days))
        Absence.objects.create(employee=owner, from_on=TODAY - dt.timedelta(days=30), to_on=TODAY)
        assert [collect(), collect(TODAY + dt.timedelta(days=1))] == [0, 1]
        assert Letter.objects.get().text.count("Enter September") == 1
        assert not Nudge.objects.filter(letter=None).exists()

    def test_a_former_employee_gets_nothing(self, owner: Employee) -> None:
        told(owner)
        Employee.objects.filter(pk=owner.pk).update(ended_on=TODAY - dt.timedelta(days=1))
        assert collect() == 0

    def test_a_person_without_an_address_gets_no_letter_but_keeps_the_nudge(self, owner: Employee) -> None:
        told(owner)
        Employee.objects.filter(pk=owner.pk).update(email="")
        assert (collect(), Nudge.objects.filter(letter=None).count()) == (0, 1)

    def test_a_protected_person_gets_no_letter_but_keeps_the_nudge(self, owner: Employee) -> None:
        told(owner)
        Employee.objects.filter(pk=owner.pk).update(
            is_protected=True, given_name="", family_name="", email="", sort_key=""
        )
        assert (collect(), Nudge.objects.filter(letter=None).count()) == (0, 1)


class TestWhatStillHolds:
    def test_what_was_done_before_the_letter_is_not_told(self, owner: Employee) -> None:
        told(owner)
        Outcome.objects.update(next_due_on=None)
        assert collect() == 0

    def test_what_was_decided_before_the_letter_is_not_told(self, owner: Employee) -> None:
        decider = a_manager(owner.employments.get().unit)
        initiative = an_initiative(owner, owner.employments.get().unit, "proposed", decider=decider)
        a_nudge(initiative, "decision_waiting", decider)
        Initiative.objects.update(state="underway", steps_taken=2)
        assert collect() == 0

    def test_news_is_told_even_if_more_has_happened_since(self, owner: Employee) -> None:
        initiative = an_initiative(owner, owner.employments.get().unit, "underway")
        a_nudge(initiative, "approved", owner)
        Initiative.objects.update(state="paused", steps_taken=3, resume_on=TODAY)
        assert collect() == 1


class Links(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.addresses: list[str | None] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.addresses.append(dict(attrs)["href"])


class TestWhatItSays:
    def test_one_thing_is_the_subject_itself(self, owner: Employee) -> None:
        told(owner)
        collect()
        assert Letter.objects.get().subject == "How did it go in September? It takes a minute"

    @pytest.mark.parametrize(
        ("cadence", "period"), [("weekly", "week 40"), ("monthly", "September"), ("quarterly", "quarter 3")]
    )
    def test_the_period_is_named_as_people_say_it(self, owner: Employee, cadence: str, period: str) -> None:
        told(owner, cadence=cadence)
        collect()
        assert Letter.objects.get().subject == f"How did it go in {period}? It takes a minute"

    def test_text_and_html_say_the_same_and_lead_to_the_field(self, owner: Employee) -> None:
        initiative = lacking(owner)
        Initiative.objects.update(title='Färre "onödiga" steg & köer')
        nudge = a_nudge(initiative, "value_due", owner)
        collect()
        letter = Letter.objects.get()
        field = f"http://localhost:8000/initiativ/{initiative.uuid}/varde/"
        was = "Last time it was 26.5\N{NO-BREAK SPACE}dagar. The target is 22."
        said = f'Enter September for “Färre "onödiga" steg & köer”. {was}'
        assert letter.text.splitlines()[:4] == ["Hello Amina!", "", said, f"Enter the value: {field}"]
        (without, direct), (remind, later) = (line.split(": ") for line in letter.text.splitlines()[4:6])
        assert (without, remind) == ("Without signing in", "Remind me later")
        assert [
            nudge_of(purpose, url.split("/")[-2]) for purpose, url in ((Purpose.VALUE, direct), (Purpose.SNOOZE, later))
        ] == [nudge, nudge]
        wishes = "http://localhost:8000/installningar/paminnelser/"
        assert Links(letter.html).addresses == [field, direct, later, wishes]
        assert "Färre &quot;onödiga&quot; steg &amp; köer" in letter.html

    def test_the_manager_sees_who_waits_how_long_and_the_day_of_silence(self) -> None:
        unit = a_unit(silence_means_go=True)
        owner, decider = a_person("Mikael", "Öberg", unit=unit), an_english(a_manager(unit))
        initiative = an_initiative(
            owner,
            unit,
            "proposed",
            decider=decider,
            submitted_at=moment(TODAY - dt.timedelta(days=12)),
            decide_by_on=dt.date(2026, 11, 25),
        )
        a_nudge(initiative, "decision_waiting", decider)
        collect()
        letter = Letter.objects.get()
        assert letter.subject == "Mikael has been waiting for your answer for 12 days"
        assert "Without an answer by 25 November it starts by itself." in letter.text
        assert f"Read and decide: http://localhost:8000/beslut/{initiative.uuid}/" in letter.text

    @pytest.mark.parametrize(
        ("levers", "columns"),
        [
            ({}, {}),
            ({"silence_means_go": False}, {}),
            ({"silence_means_go": True}, {"cost": 1}),
            ({"silence_means_go": True}, {"has_personal_data": True}),
            ({"silence_means_go": True}, {"is_reversible": False}),
            ({"silence_means_go": True}, {"is_critical": True}),
        ],
    )
    def test_no_day_of_silence_is_named_where_silence_means_nothing(
        self, levers: dict[str, Any], columns: dict[str, Any]
    ) -> None:
        unit = a_unit(parent=a_unit("Kommunen", silence_means_go=True), **{"silence_means_go": False} | levers)
        owner, decider = a_person(unit=unit), an_english(a_manager(unit))
        a_nudge(an_initiative(owner, unit, "proposed", decider=decider, **columns), "decision_waiting", decider)
        collect()
        assert "by itself" not in Letter.objects.get().text

    def test_the_decider_is_asked_for_a_new_owner_when_the_owner_has_left(self, owner: Employee) -> None:
        decider = an_english(a_manager(owner.employments.get().unit))
        initiative = lacking(owner)
        Employee.objects.filter(pk=owner.pk).update(ended_on=TODAY - dt.timedelta(days=1))
        a_nudge(initiative, "value_due", decider)
        collect()
        letter = Letter.objects.get()
        assert letter.subject == f"Who drives “{initiative.title}” now?"
        assert f"Open the initiative: http://localhost:8000/initiativ/{initiative.uuid}/\n" in letter.text

    def test_the_answer_no_says_why(self, owner: Employee) -> None:
        initiative = an_initiative(owner, owner.employments.get().unit, "declined", steps_taken=2)
        Transition.objects.create(
            initiative=initiative,
            number=2,
            verb="decline",
            from_state="proposed",
            to_state="declined",
            by=a_person("Johan", "Ek"),
            at=NOW,
            reason="Vi byter system i vår.\nFråga igen då.",
        )
        a_nudge(initiative, "declined", owner)
        collect()
        letter = Letter.objects.get()
        assert letter.subject == "The answer about your idea: not now"
        assert "Johan Ek answers about" in letter.text
        assert "“Vi byter system i vår. Fråga igen då.”" in letter.text

    def test_what_people_write_with_a_full_stop_stands_in_a_sentence_without_one(self) -> None:
        scene = a_scene()
        an_english(scene.manager)
        obstacle_open(scene, TODAY).obstacles.update(text="Vi saknar behörighet.")
        write_nudges(now=NOW, today=TODAY)
        collect()
        assert ": “Vi saknar behörighet”. Can you remove it" in Letter.objects.get().text

    def test_news_alone_is_counted_as_news(self, owner: Employee) -> None:
        for _ in range(2):
            a_nudge(an_initiative(owner, owner.employments.get().unit, "underway"), "silence_owner", owner)
        collect()
        assert Letter.objects.get().subject == "Two pieces of news from Framsteg"

    def test_what_waits_goes_before_the_news(self, owner: Employee) -> None:
        a_nudge(an_initiative(owner, owner.employments.get().unit, "underway"), "silence_owner", owner)
        told(owner)
        collect()
        letter = Letter.objects.get()
        assert letter.subject == "How did it go in September? It takes a minute"
        assert letter.text.index("Enter September") < letter.text.index("so the test has started")

    @pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
    @pytest.mark.parametrize("language", ["sv", "en"])
    def test_every_rule_has_its_words_and_a_subject_that_fits_a_mail(self, rule: Any, language: str) -> None:
        scene = a_scene()
        initiative = REASONS[rule.name](scene, TODAY - dt.timedelta(days=30 if rule.first_after > 0 else 0))
        initiative.refresh_from_db()
        Initiative.objects.filter(pk=initiative.pk).update(title="Ö" * 200)
        last_changed(initiative, initiative.updated_at)
        Employee.objects.update(language=language)
        write_nudges(now=NOW, today=TODAY)
        assert Nudge.objects.exclude(rule=rule.name).exclude(rule__in=BESIDE).exists() is False
        Nudge.objects.exclude(rule=rule.name, level=0).delete()
        assert collect() == 1
        letter = Letter.objects.get()
        mail = EmailMessage()
        mail["Subject"] = letter.subject
        assert letter.subject.strip() == letter.subject != ""
        assert letter.text.splitlines()[2].startswith(tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZÅÄÖ“”"))
        subject = Nudge.objects.get().subject
        assert RULE[rule.name].leads_to.format(uuid=initiative.uuid, subject=subject) in letter.text


# Closed days, policy, own words; people, then no more of them; rules, nudges, steps, outcomes; letters of the
# week; letters in, which are mine, links.
COLLECTING = 3 + 2 + 4 + 1 + 3 + SAVEPOINT


@pytest.mark.parametrize("count", [1, 30])
def test_collecting_takes_as_many_queries_for_thirty_people_as_for_one(
    count: int, django_assert_num_queries: Any
) -> None:
    unit = a_unit()
    for _ in range(count):
        told(a_person(unit=unit))
    policy()
    with django_assert_num_queries(COLLECTING):
        assert collect() == count


@pytest.mark.django_db(transaction=True)
def test_two_collectors_at_once_make_one_letter_each(owner: Employee) -> None:
    unit = owner.employments.get().unit
    for _ in range(30):
        told(a_person(unit=unit))

    def worker(_: int) -> int:
        try:
            return collect()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(worker, range(4)))
    assert sum(made) == Letter.objects.count() == 30
    assert not Nudge.objects.filter(letter=None).exists()
