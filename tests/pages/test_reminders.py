"""Behind the bell: what was told and asked, what is unread, and what a person does with it. To look changes nothing."""

import datetime as dt
import re
import uuid
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from initiatives.models import Initiative, Nudge, OptOut, Snooze
from initiatives.pages.reminders import Key
from kommun.models import Employee, Unit
from tests import builders
from tests.builders import a_manager, a_person, a_unit, an_initiative, an_outcome
from tests.pages.markup import faults
from tests.pages.test_steps import as_person

pytestmark = pytest.mark.django_db
PAGE = "/paminnelser/"
DAY = dt.timedelta(days=1)
CARD = re.compile(r"<li><article.*?</article></li>", re.DOTALL)


@pytest.fixture
def unit() -> Unit:
    return a_unit()


@pytest.fixture
def owner(unit: Unit) -> Employee:
    return a_person(unit=unit)


def today() -> dt.date:
    return timezone.localdate()


def measuring(owner: Employee, unit: Unit, title: str = "Kortare kö") -> Initiative:
    initiative = an_initiative(owner, unit, "measuring", title=title, target=None)
    an_outcome(initiative, next_due_on=today().replace(day=1))
    return initiative


def a_nudge(initiative: Initiative, to: Employee, rule: str = "value_due", **columns: Any) -> Nudge:
    return builders.a_nudge(initiative, rule, to, today(), **{"created_at": timezone.now()} | columns)


def put_off(nudge: Nudge, until: dt.date, **columns: Any) -> Snooze:
    reason = {"rule": nudge.rule, "initiative": nudge.initiative, "subject": nudge.subject, "since_at": nudge.since_at}
    return Snooze.objects.create(employee=nudge.to, until_on=until, **reason | columns)


def unread(person: Employee) -> int:
    """What the bell says."""
    html = as_person(person).get("/hjalp/").content.decode()
    found = re.search(r'Påminnelser</span>(?:<span class="bricka"><span class="dold">, </span>(\d+)\+?<span)?', html)
    assert found is not None
    return int(found[1] or 0)


def cards(person: Employee, address: str = PAGE) -> list[str]:
    answer = as_person(person).get(address)
    html = answer.content.decode()
    assert (answer.status_code, faults(html)) == (200, [])
    return CARD.findall(html)


def titles(found: list[str]) -> list[str]:
    return [re.findall("”([^”]*)”", each)[0] for each in found]


def test_the_bell_counts_what_is_unread_and_says_so_in_words(owner: Employee, unit: Unit) -> None:
    assert unread(owner) == 0
    for _time in range(2):
        a_nudge(measuring(owner, unit), owner)
    html = as_person(owner).get("/").content.decode()
    assert faults(html) == []
    assert 'Påminnelser</span><span class="bricka"><span class="dold">, </span>2<span class="dold"> olästa' in html


@pytest.mark.parametrize(
    "columns",
    [
        {"is_held_out": True},
        {"read_at": timezone.now()},
        {"acted_at": timezone.now()},
        {"created_at": timezone.now() - 61 * DAY},
    ],
    ids=lambda columns: next(iter(columns)),
)
def test_it_does_not_count(owner: Employee, unit: Unit, columns: dict[str, Any]) -> None:
    a_nudge(measuring(owner, unit), owner, **columns)
    assert unread(owner) == 0


def test_it_counts_sixty_days_and_only_ones_own(owner: Employee, unit: Unit) -> None:
    initiative = measuring(owner, unit)
    a_nudge(initiative, owner, created_at=timezone.now() - 59 * DAY)
    a_nudge(initiative, a_manager(unit), "decision_waiting")
    assert unread(owner) == 1


def test_what_is_put_off_is_unread_again_on_its_day(owner: Employee, unit: Unit) -> None:
    nudge = a_nudge(measuring(owner, unit), owner)
    row = put_off(nudge, today() + DAY)
    assert unread(owner) == 0
    Snooze.objects.filter(pk=row.pk).update(until_on=today())
    assert unread(owner) == 1


@pytest.mark.parametrize("other", ["rule", "initiative", "subject", "employee", "ended"])
def test_what_is_put_off_is_just_the_one_reason(owner: Employee, unit: Unit, other: str) -> None:
    nudge = a_nudge(measuring(owner, unit), owner)
    different: dict[str, Any] = {
        "rule": {"rule": "no_progress"},
        "initiative": {"initiative": measuring(owner, unit)},
        "subject": {"subject": uuid.uuid4()},
        "employee": {},
        "ended": {"ended_at": timezone.now()},
    }
    row = put_off(nudge, today() + DAY, **different[other])
    if other == "employee":
        Snooze.objects.filter(pk=row.pk).update(employee=a_person("Sara", "Berg"))
    assert unread(owner) == 1


def test_a_reason_that_is_told_three_times_is_there_once(owner: Employee, unit: Unit) -> None:
    initiative = measuring(owner, unit)
    for number in range(3):
        a_nudge(initiative, owner, number=number)
    assert (unread(owner), len(cards(owner))) == (1, 1)


def test_what_may_not_be_seen_is_neither_counted_nor_shown(owner: Employee, unit: Unit) -> None:
    draft = an_initiative(owner, unit)
    sara = a_person("Sara", "Berg")
    nudge = a_nudge(draft, sara, "draft_resting")
    gone = a_nudge(measuring(owner, unit), sara)
    Nudge.objects.filter(pk=gone.pk).update(initiative_id=0)  # a draft that was deleted
    assert (unread(sara), cards(sara)) == (0, [])
    assert as_person(sara).post(f"{PAGE}{nudge.uuid}/last/").status_code == 404


def test_each_is_a_sentence_a_day_and_a_button_to_the_very_field(owner: Employee, unit: Unit) -> None:
    initiative = measuring(owner, unit)
    nudge = a_nudge(initiative, owner)
    [card] = cards(owner)
    assert f'<p id="sagt-{nudge.uuid}">Skriv in ' in card
    assert "”Kortare kö”" in card
    assert f'href="/initiativ/{initiative.uuid}/varde/"' in card
    assert f'<time datetime="{timezone.localtime(nudge.created_at).isoformat(timespec="seconds")[:10]}' in card
    assert ("Ny</span>" in card, "Markera som läst" in card, "Gjort" in card) == (True, True, False)


def test_the_unread_come_first_then_the_latest(owner: Employee, unit: Unit) -> None:
    titled: list[tuple[str, dict[str, Any]]] = [
        ("först", {}),
        ("läst", {"read_at": timezone.now()}),
        ("sedan", {}),
        ("gjort", {"acted_at": timezone.now()}),
    ]
    for title, columns in titled:
        a_nudge(measuring(owner, unit, title), owner, **columns)
    assert titles(cards(owner)) == ["sedan", "först", "gjort", "läst"]


def test_what_is_done_says_so_and_asks_for_nothing(owner: Employee, unit: Unit) -> None:
    initiative = measuring(owner, unit)
    a_nudge(initiative, owner, acted_at=timezone.now())
    [card] = cards(owner)
    assert ("Gjort" in card, "Ett värde ska skrivas in: ”Kortare kö”" in card) == (True, True)
    assert (f'href="/initiativ/{initiative.uuid}/"' in card, "<form" in card) == (True, False)


def test_news_can_be_declined_and_there_is_nothing_to_put_off(owner: Employee, unit: Unit) -> None:
    a_nudge(an_initiative(owner, unit, "underway"), owner, "silence_owner")
    [card] = cards(owner)
    assert ("/senare/" in card, "/sluta/" in card) == (False, True)


def test_a_decision_says_when_silence_will_answer(owner: Employee) -> None:
    unit = a_unit(silence_means_go=True, mandate_amount=1000)
    johan = a_manager(unit)
    day = dt.date(2030, 5, 17)
    proposed = an_initiative(owner, unit, "proposed", decider=johan, decide_by_on=day)
    a_nudge(proposed, johan, "decision_waiting")
    assert "17 maj" in cards(johan)[0]


def test_what_others_wait_for_cannot_be_declined(owner: Employee, unit: Unit) -> None:
    johan = a_manager(unit)
    nudge = a_nudge(an_initiative(owner, unit, "proposed", decider=johan), johan, "decision_waiting")
    [card] = cards(johan)
    assert ("/senare/" in card, "/sluta/" in card) == (True, False)
    answer = as_person(johan).post(f"{PAGE}{nudge.uuid}/sluta/", follow=True)
    assert "Någon väntar på det här" in answer.content.decode()
    assert OptOut.objects.count() == 0


@pytest.mark.parametrize("address", [PAGE, "/installningar/paminnelser/", "/paminnelser/{}/senare/"])
@pytest.mark.parametrize("method", ["get", "head"])
def test_to_look_changes_nothing(owner: Employee, unit: Unit, address: str, method: str) -> None:
    nudge = a_nudge(measuring(owner, unit), owner)
    before = list(Nudge.objects.values_list())
    for _time in range(2):
        assert getattr(as_person(owner), method)(address.format(nudge.uuid)).status_code == 200
    assert (list(Nudge.objects.values_list()), Snooze.objects.count(), OptOut.objects.count()) == (before, 0, 0)


@pytest.mark.parametrize("what", ["alla-lasta/", "{}/last/", "{}/sluta/"])
def test_a_link_does_nothing(owner: Employee, unit: Unit, what: str) -> None:
    nudge = a_nudge(measuring(owner, unit), owner)
    assert as_person(owner).get(PAGE + what.format(nudge.uuid)).status_code == 405


def test_one_is_marked_as_read_with_the_earlier_times_of_its_reason(owner: Employee, unit: Unit) -> None:
    initiative = measuring(owner, unit)
    earlier = a_nudge(initiative, owner, number=0)
    nudge = a_nudge(initiative, owner, number=1)
    other = a_nudge(measuring(owner, unit), owner)
    answer = as_person(owner).post(f"{PAGE}{nudge.uuid}/last/")
    assert (answer.status_code, answer.headers["Location"]) == (302, PAGE)
    assert set(Nudge.objects.exclude(read_at=None)) == {earlier, nudge}
    assert ["Markera som läst" in card for card in cards(owner)] == [True, False]
    assert Nudge.objects.get(pk=other.pk).read_at is None


def test_all_are_marked_as_read_but_what_came_after_the_page(owner: Employee, unit: Unit) -> None:
    seen = [a_nudge(measuring(owner, unit), owner) for _time in range(2)]
    johans = a_nudge(measuring(owner, unit), a_manager(unit))
    html = as_person(owner).get(PAGE).content.decode()
    [up_to] = re.findall(r'name="up_to" value="(\d+)"', html)
    late = a_nudge(measuring(owner, unit), owner)
    answer = as_person(owner).post(f"{PAGE}alla-lasta/", {"up_to": up_to}, follow=True)
    assert "2 påminnelser är markerade som lästa." in answer.content.decode()
    assert set(Nudge.objects.filter(read_at=None)) == {johans, late}
    assert all(Nudge.objects.get(pk=nudge.pk).read_at for nudge in seen)


@pytest.mark.parametrize("up_to", ["", "x", "-1", "9" * 30])
def test_a_changed_form_marks_nothing(owner: Employee, unit: Unit, up_to: str) -> None:
    a_nudge(measuring(owner, unit), owner)
    answer = as_person(owner).post(f"{PAGE}alla-lasta/", {"up_to": up_to}, follow=True)
    assert (answer.status_code, unread(owner)) == (200, 1)


@pytest.mark.parametrize(
    ("data", "days"),
    [({"when": "tomorrow"}, 1), ({"when": "week"}, 7), ({"when": "day", "until": "{}"}, 30)],
    ids=["tomorrow", "in a week", "on a day"],
)
def test_one_is_put_off(owner: Employee, unit: Unit, data: dict[str, str], days: int) -> None:
    nudge = a_nudge(measuring(owner, unit), owner)
    day = today() + days * DAY
    data = {name: value.format(day.isoformat()) for name, value in data.items()}
    answer = as_person(owner).post(f"{PAGE}{nudge.uuid}/senare/", data, follow=True)
    assert "Du blir påmind igen den " in answer.content.decode()
    assert list(Snooze.objects.values_list("employee", "until_on")) == [(owner.pk, day)]
    [card] = cards(owner)
    assert ("Uppskjuten till" in card, "Ny</span>" in card) == (True, False)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "Välj i morgon, om en vecka eller en dag."),
        ({"when": "x"}, "Välj i morgon, om en vecka eller en dag."),
        ({"when": "day"}, "Välj den dag då du vill bli påmind."),
        ({"when": "day", "until": "2020-01-01"}, "Välj en dag från "),
        ({"when": "day", "until": "2099-13-01"}, "Skriv dagen så här"),
    ],
)
def test_a_day_that_cannot_be_is_asked_for_again(owner: Employee, unit: Unit, data: dict[str, str], said: str) -> None:
    nudge = a_nudge(measuring(owner, unit), owner)
    answer = as_person(owner).post(f"{PAGE}{nudge.uuid}/senare/", data)
    html = answer.content.decode()
    assert (answer.status_code, faults(html), said in html) == (422, [], True)
    assert Snooze.objects.count() == 0


def test_a_kind_is_declined_and_the_settings_take_it_back(owner: Employee, unit: Unit) -> None:
    nudge = a_nudge(measuring(owner, unit), owner)
    answer = as_person(owner).post(f"{PAGE}{nudge.uuid}/sluta/", follow=True)
    html = answer.content.decode()
    assert "Du får inga fler påminnelser av sorten ”Ett värde ska skrivas in”." in html
    assert '<a href="/installningar/paminnelser/">' in html
    assert list(OptOut.objects.values_list("employee", "rule")) == [(owner.pk, "value_due")]
    assert "/sluta/" not in CARD.findall(html)[0]


@pytest.mark.parametrize("what", ["last", "senare", "sluta"])
def test_what_is_to_somebody_else_is_not_found(owner: Employee, unit: Unit, what: str) -> None:
    nudge = a_nudge(measuring(owner, unit), owner)
    held_out = a_nudge(measuring(owner, unit), owner, is_held_out=True)
    for person in (a_manager(unit), a_person("Sara", "Berg"), a_manager(a_unit("Gatan"))):
        assert as_person(person).post(f"{PAGE}{nudge.uuid}/{what}/", {"when": "week"}).status_code == 404
    assert as_person(owner).post(f"{PAGE}{held_out.uuid}/{what}/", {"when": "week"}).status_code == 404
    assert (Snooze.objects.count(), OptOut.objects.count(), Nudge.objects.exclude(read_at=None).count()) == (0, 0, 0)


def test_a_former_employee_and_a_stranger_see_nothing(owner: Employee, unit: Unit) -> None:
    a_nudge(measuring(owner, unit), owner)
    client = as_person(owner)
    Employee.objects.filter(pk=owner.pk).update(ended_on=today() - DAY)
    for each in (client, Client()):
        answer = each.get(PAGE)
        assert (answer.status_code, answer.headers["Location"].startswith("/logga-in/")) == (302, True)


def test_older_ones_are_on_the_next_pages_and_none_is_twice(owner: Employee, unit: Unit) -> None:
    initiative = measuring(owner, unit)
    for number in range(120):
        read_at = None if number % 2 else timezone.now()
        a_nudge(initiative, owner, subject=uuid.uuid4(), read_at=read_at)
    seen, address, client = [], PAGE, as_person(owner)
    while address:
        html = client.get(address).content.decode()
        seen.append([(bool(new), key) for key, new in _shown(html)])
        older = re.search(r'rel="next" href="(\?fore=[\d-]+)"', html)
        address = PAGE + older[1] if older else ""
    assert [len(page) for page in seen] == [50, 50, 20]
    keys = [key for page in seen for _new, key in page]
    new = [str(each.uuid) for each in Nudge.objects.filter(read_at=None).order_by("-pk")]
    rest = [str(each.uuid) for each in Nudge.objects.exclude(read_at=None).order_by("-pk")]
    assert keys == [*new, *rest]


def _shown(html: str) -> list[tuple[str, bool]]:
    return [(re.findall(r"sagt-([\w-]{36})", card)[0], "Ny</span>" in card) for card in CARD.findall(html)]


@pytest.mark.parametrize("text", ["", "x", "2-1", "1-", "1-x", "1-" + "9" * 19, "1-²"])
def test_a_changed_address_shows_the_first_page(owner: Employee, unit: Unit, text: str) -> None:
    assert Key.read(text) is None
    a_nudge(measuring(owner, unit), owner)
    assert len(cards(owner, f"{PAGE}?fore={text}")) == 1


def test_a_key_is_read_as_it_was_written() -> None:
    for key in (Key(True, 12), Key(False, 3)):
        assert Key.read(str(key)) == key


def test_where_there_is_nothing_it_says_so(owner: Employee) -> None:
    html = as_person(owner).get(PAGE).content.decode()
    assert (faults(html), "Här visas det som Framsteg påminner dig om." in html) == ([], True)
    assert "Det finns inget äldre." in as_person(owner).get(f"{PAGE}?fore=0-1").content.decode()


@pytest.mark.parametrize("rows", [1, 30])
def test_the_page_takes_the_same_queries_at_any_length(
    owner: Employee, unit: Unit, rows: int, django_assert_num_queries: Any
) -> None:
    for number in range(rows):
        initiative = measuring(owner, unit)
        a_nudge(initiative, owner)
        a_nudge(initiative, owner, "approved")
        a_nudge(initiative, owner, "no_progress", acted_at=timezone.now() if number % 2 else None)
    client = as_person(owner)
    with django_assert_num_queries(QUERIES):
        client.get(PAGE)


QUERIES = 8  # with the own words of the municipality
