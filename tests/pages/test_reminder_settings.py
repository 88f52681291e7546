"""How a person wants to be written to: the page says what holds now, and what is chosen holds."""

import datetime as dt
import re
from typing import Any

import pytest
from django.utils import timezone

from initiatives.models import DUTIES, NudgePolicy, OptOut, RuleName
from initiatives.nudges.budget import at_most, left, letters_this_week
from kommun.models import Employee, Letter
from tests.builders import TODAY, a_person, a_unit
from tests.pages.markup import faults
from tests.pages.test_steps import as_person

pytestmark = pytest.mark.django_db
PAGE = "/installningar/paminnelser/"
DAY = dt.timedelta(days=1)
MAY_BE_DECLINED = [rule for rule in RuleName.values if rule not in DUTIES]


@pytest.fixture
def owner() -> Employee:
    return a_person(unit=a_unit())


def page(person: Employee) -> str:
    answer = as_person(person).get(PAGE)
    html = answer.content.decode()
    assert (answer.status_code, faults(html)) == (200, [])
    return html


def save(person: Employee, **data: Any) -> Any:
    return as_person(person).post(PAGE, {"kinds": MAY_BE_DECLINED} | data)


def a_letter(person: Employee, on: dt.date, **columns: Any) -> Letter:
    said = {"kind": "collected", "address": "a@example.org", "subject": "Hej", "text": "Hej"}
    return Letter.objects.create(**{"employee": person, "on": on} | said | columns)


def checked(html: str) -> list[str]:
    return [name for name, more in re.findall(r'name="kinds" value="(\w+)"([^>]*)', html) if "checked" in more]


def chosen(html: str, name: str) -> str:
    """The text of what is chosen in the list; the first when nothing is."""
    options: list[str] = re.findall(
        r"<option[^>]*>[^<]*", re.findall(rf'<select name="{name}".*?</select>', html, re.DOTALL)[0]
    )
    return next((each for each in options if "selected" in each), options[0]).partition(">")[2].strip()


def test_the_page_is_found_from_ones_settings_and_from_the_bell(owner: Employee) -> None:
    for address in ("/installningar/", "/paminnelser/"):
        assert f'<a href="{PAGE}">Brev och påminnelser</a>' in as_person(owner).get(address).content.decode()


def test_it_says_what_holds_before_anything_is_chosen(owner: Employee, settings: Any) -> None:
    settings.LETTER_HOUR = dt.time(7, 30)
    html = page(owner)
    assert chosen(html, "hour") == "Kommunens tid, 07.30"
    assert chosen(html, "per_week") == "Som kommunen har valt, 3 brev"
    assert sorted(checked(html)) == sorted(MAY_BE_DECLINED)
    assert 'name="channel"' not in html


def test_the_hours_are_every_half_hour_from_six_to_six(owner: Employee) -> None:
    hours = re.findall(r'<option value="(\d\d:\d\d)"', page(owner))
    assert hours == [f"{hour:02}:{minute:02}" for hour in range(6, 18) for minute in (0, 30)] + ["18:00"]


def test_what_is_chosen_holds_and_is_shown(owner: Employee, settings: Any) -> None:
    settings.CHANNELS = {"teams": "x"}
    day = timezone.localdate() + 10 * DAY
    answer = save(owner, hour="16:30", per_week="5", paused_until=day.isoformat(), channel="teams")
    assert (answer.status_code, answer.headers["Location"]) == (302, PAGE)
    owner.refresh_from_db()
    assert (owner.letter_hour, owner.letters_per_week) == (dt.time(16, 30), 5)
    assert (owner.letters_paused_until, owner.channel) == (day, "teams")
    html = page(owner)
    assert (chosen(html, "hour"), chosen(html, "per_week"), chosen(html, "channel")) == ("16.30", "5 brev", "teams")
    assert f'value="{day.isoformat()}"' in html
    save(owner)
    owner.refresh_from_db()
    assert (owner.letter_hour, owner.letters_per_week, owner.letters_paused_until, owner.channel) == (None,) * 3 + ("",)


def test_a_pause_that_is_over_is_not_shown(owner: Employee) -> None:
    Employee.objects.filter(pk=owner.pk).update(letters_paused_until=timezone.localdate())
    assert timezone.localdate().isoformat() not in page(owner).replace("min=", "")


def test_kinds_are_declined_and_accepted_again(owner: Employee) -> None:
    save(owner, kinds=[rule for rule in MAY_BE_DECLINED if rule not in ("value_due", "approved")])
    assert sorted(OptOut.objects.values_list("employee", "rule")) == [(owner.pk, "approved"), (owner.pk, "value_due")]
    assert set(MAY_BE_DECLINED) - set(checked(page(owner))) == {"approved", "value_due"}
    save(owner, kinds=[rule for rule in MAY_BE_DECLINED if rule != "value_due"])
    assert list(OptOut.objects.values_list("rule", flat=True)) == ["value_due"]


def test_what_others_wait_for_is_said_and_has_no_box(owner: Employee) -> None:
    html = page(owner)
    said = re.findall(r"<li>([^<]*)</li>", html.partition('id="vantar"')[2].partition("</section>")[0])
    assert said == [str(rule.label) for rule in DUTIES]
    assert "Någon kommer inte vidare utan dig." in html
    assert not set(re.findall(r'name="kinds" value="(\w+)"', html)) & set(DUTIES)


def test_a_duty_that_is_sent_all_the_same_is_refused(owner: Employee) -> None:
    assert save(owner, kinds=["decision_waiting"]).status_code == 422
    assert OptOut.objects.count() == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [("hour", "05:30"), ("per_week", "6"), ("paused_until", "2020-01-01"), ("channel", "teams"), ("kinds", "nosuch")],
)
def test_what_cannot_be_chosen_is_refused_and_nothing_is_saved(
    owner: Employee, field: str, value: str, settings: Any
) -> None:
    settings.CHANNELS = {"mattermost": "x"}
    answer = save(owner, **{"per_week": "2", "kinds": []} | {field: value})
    html = answer.content.decode()
    assert (answer.status_code, faults(html), 'class="felruta"' in html) == (422, [], True)
    owner.refresh_from_db()
    assert (owner.letters_per_week, OptOut.objects.count()) == (None, 0)


def test_the_week_counts_letters_and_says_how_many_are_left(owner: Employee) -> None:
    today = timezone.localdate()
    monday = today - today.weekday() * DAY
    a_letter(owner, monday)
    assert "1 av högst 3 brev den här veckan." in page(owner)
    assert "2 till kan komma." in page(owner)
    Employee.objects.filter(pk=owner.pk).update(letters_per_week=1)
    assert "1 av högst 1 brev den här veckan." in page(owner)
    assert "Du har fått nog." in page(owner)


@pytest.mark.parametrize(
    ("day", "columns", "count"),
    [
        (TODAY, {}, 1),
        (TODAY + 6 * DAY, {}, 1),
        (TODAY - DAY, {}, 0),
        (TODAY + 7 * DAY, {}, 0),
        (TODAY, {"kind": "channel"}, 0),
        (TODAY, {"kind": "direct"}, 0),
        (TODAY, {"failed_at": timezone.now()}, 0),
        (TODAY, {"sent_at": timezone.now()}, 1),
    ],
)
def test_a_letter_counts_in_its_own_week_unless_it_failed(
    owner: Employee, day: dt.date, columns: dict[str, Any], count: int
) -> None:
    a_letter(owner, day, **columns)
    a_letter(a_person(), TODAY)
    for asked in (TODAY, TODAY + 6 * DAY):  # Monday and Sunday
        assert letters_this_week([owner.pk], asked) == {owner.pk: count}


def test_everybody_is_counted_in_one_query(owner: Employee, django_assert_num_queries: Any) -> None:
    sara = a_person("Sara", "Berg")
    for days in range(3):
        a_letter(owner, TODAY + days * DAY)
    with django_assert_num_queries(1):
        assert letters_this_week([owner.pk, sara.pk], TODAY) == {owner.pk: 3, sara.pk: 0}


@pytest.mark.parametrize(
    ("own", "had", "most", "remain"), [(None, 0, 3, 3), (None, 4, 3, 0), (5, 4, 5, 1), (1, 0, 1, 1)]
)
def test_ones_own_number_comes_before_the_municipalitys(own: int | None, had: int, most: int, remain: int) -> None:
    person, policy = Employee(letters_per_week=own), NudgePolicy(letters_per_week=3)
    assert (at_most(person, policy), left(person, had, policy)) == (most, remain)


def test_the_municipalitys_number_is_followed(owner: Employee) -> None:
    NudgePolicy.objects.update_or_create(pk=1, defaults={"letters_per_week": 4})
    assert "0 av högst 4 brev den här veckan." in page(owner)


def test_who_has_left_changes_nothing(owner: Employee) -> None:
    client = as_person(owner)
    Employee.objects.filter(pk=owner.pk).update(ended_on=timezone.localdate() - DAY)
    assert client.post(PAGE, {"per_week": "1"}).headers["Location"].startswith("/logga-in/")
    assert Employee.objects.get(pk=owner.pk).letters_per_week is None
