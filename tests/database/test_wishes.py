"""What a person wishes of the reminders: for themselves, within bounds, and one wish at a time for each reason."""

import datetime as dt
import uuid
from typing import Any

import pytest

from initiatives.actions.refusals import NotAllowed, Refused
from initiatives.actions.wishes import accept_again, decline, snooze, wish_for_letters
from initiatives.models import DUTIES, Nudge, OptOut, RuleName, Snooze
from kommun.models import Employee
from tests.builders import NOW, TODAY, a_manager, a_person, a_unit, an_initiative

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
LATER = NOW + dt.timedelta(hours=2)
NO_WISHES: dict[str, Any] = {"hour": None, "per_week": None, "paused_until": None, "channel": ""}


@pytest.fixture
def owner() -> Employee:
    return a_person(unit=a_unit())


def a_nudge(to: Employee, rule: str = RuleName.VALUE_DUE, **columns: Any) -> Nudge:
    return Nudge.objects.create(
        **{"initiative": an_initiative(to, a_unit(), "measuring"), "subject": uuid.uuid4(), "step": 1}
        | {"rule": rule, "since_at": NOW, "occasion": TODAY, "to": to}
        | columns
    )


def has_left(person: Employee) -> Employee:
    Employee.objects.filter(pk=person.pk).update(ended_on=TODAY - DAY)
    return person  # as somebody holds it who read it before


def refusals(attempt: Any, *args: Any, **kwargs: Any) -> list[tuple[str, str]]:
    with pytest.raises(Refused) as refused:
        attempt(*args, **kwargs)
    return [(each.field, each.message) for each in refused.value.missing]


def test_a_reason_is_put_off_until_a_day(owner: Employee) -> None:
    nudge = a_nudge(owner, level=1)
    row = snooze(nudge, TODAY + DAY, by=owner, now=NOW)
    row.refresh_from_db()
    assert (row.employee, row.rule, row.initiative, row.subject) == (
        owner, "value_due", nudge.initiative, nudge.subject,
    )  # fmt: skip
    assert (row.since_at, row.level, row.until_on, row.created_at, row.ended_at) == (NOW, 1, TODAY + DAY, NOW, None)


def test_a_later_answer_takes_the_place_of_the_open_one(owner: Employee) -> None:
    nudge = a_nudge(owner)
    again = a_nudge(owner, initiative=nudge.initiative, subject=nudge.subject, number=1)
    other = a_nudge(owner, initiative=nudge.initiative, subject=uuid.uuid4())
    snooze(other, TODAY + DAY, by=owner, now=NOW)
    snooze(nudge, TODAY + 7 * DAY, by=owner, now=NOW)
    snooze(again, TODAY + 2 * DAY, by=owner, now=LATER)
    found = Snooze.objects.order_by("pk").values_list("subject", "until_on", "ended_at")
    assert list(found) == [
        (other.subject, TODAY + DAY, None),
        (nudge.subject, TODAY + 7 * DAY, LATER),
        (nudge.subject, TODAY + 2 * DAY, None),
    ]


def test_what_somebody_else_has_put_off_stays_so(owner: Employee) -> None:
    nudge, sara = a_nudge(owner), a_person("Sara", "Berg")
    hers = a_nudge(sara, initiative=nudge.initiative, subject=nudge.subject, level=1)
    snooze(hers, TODAY + DAY, by=sara, now=NOW)
    snooze(nudge, TODAY + DAY, by=owner, now=LATER)
    assert list(Snooze.objects.order_by("pk").values_list("employee", "ended_at")) == [
        (sara.pk, None),
        (owner.pk, None),
    ]


@pytest.mark.parametrize("rule", RuleName.values)
def test_a_reason_is_put_off_by_at_most_ninety_days_and_what_others_wait_for_by_seven(
    owner: Employee, rule: str
) -> None:
    nudge = a_nudge(owner, rule)
    longest = 7 if rule in DUTIES else 90
    for days in (-1, 0, longest + 1):
        [(field, message)] = refusals(snooze, nudge, TODAY + days * DAY, by=owner, now=NOW)
        assert (field, message.startswith("Välj en dag från 24 november 2026 till ")) == ("until", True)
    assert snooze(nudge, TODAY + DAY, by=owner, now=NOW).until_on == TODAY + DAY
    assert snooze(nudge, TODAY + longest * DAY, by=owner, now=NOW).until_on == TODAY + longest * DAY


def test_only_the_one_it_is_to_puts_it_off() -> None:
    unit = a_unit()
    owner, manager, stranger = a_person(unit=unit), a_manager(unit), a_person("Sara", "Berg")
    nudge = a_nudge(owner)
    for person in (manager, stranger, a_manager(a_unit("Gatan")), has_left(owner)):
        with pytest.raises(NotAllowed):
            snooze(nudge, TODAY + DAY, by=person, now=NOW)
    assert Snooze.objects.count() == 0


def test_who_was_never_told_cannot_put_it_off(owner: Employee) -> None:
    with pytest.raises(NotAllowed):
        snooze(a_nudge(owner, is_held_out=True), TODAY + DAY, by=owner, now=NOW)


def test_what_is_done_cannot_be_put_off(owner: Employee) -> None:
    nudge = a_nudge(owner, acted_at=NOW)
    said = [("", "Det här är redan gjort, så det finns inget att skjuta upp.")]
    assert refusals(snooze, nudge, TODAY + DAY, by=owner, now=NOW) == said


@pytest.mark.parametrize("rule", RuleName.values)
def test_every_kind_can_be_declined_but_what_others_wait_for(owner: Employee, rule: str) -> None:
    if rule in DUTIES:
        said = [("rule", "Någon väntar på det här, så det går inte att stänga av.")]
        assert refusals(decline, rule, by=owner, now=NOW) == said
    else:
        decline(rule, by=owner, now=NOW)
    assert OptOut.objects.filter(employee=owner, rule=rule).exists() == (rule not in DUTIES)


def test_no_kind_cannot_be_declined(owner: Employee) -> None:
    said = [("rule", "Det finns ingen sådan sorts påminnelse.")]
    assert refusals(decline, "nosuch", by=owner, now=NOW) == said


def test_what_is_declined_twice_is_declined_once_and_accepted_again(owner: Employee) -> None:
    sara = a_person("Sara", "Berg")
    decline("value_due", by=sara, now=NOW)
    decline("value_due", by=owner, now=NOW)
    decline("value_due", by=owner, now=LATER)
    assert list(owner.opt_outs.values_list("rule", "created_at")) == [("value_due", NOW)]
    accept_again("value_due", by=owner, now=NOW)
    accept_again("value_due", by=owner, now=NOW)
    assert list(OptOut.objects.values_list("employee", flat=True)) == [sara.pk]


def test_the_letters_come_as_the_person_wishes(owner: Employee, settings: Any) -> None:
    settings.CHANNELS = {"teams": "x"}
    day = TODAY + 180 * DAY
    wish_for_letters(by=owner, hour=dt.time(18), per_week=5, paused_until=day, channel="teams", now=NOW)
    owner.refresh_from_db()
    assert (owner.letter_hour, owner.letters_per_week) == (dt.time(18), 5)
    assert (owner.letters_paused_until, owner.channel) == (day, "teams")
    wish_for_letters(by=owner, **NO_WISHES, now=NOW)
    owner.refresh_from_db()
    assert (owner.letter_hour, owner.letters_per_week) == (None, None)
    assert (owner.letters_paused_until, owner.channel) == (None, "")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[("hour", time) for time in (dt.time(5, 30), dt.time(18, 30), dt.time(7, 15))],
        *[("per_week", number) for number in (0, 6)],
        *[("paused_until", TODAY + days * DAY) for days in (0, 181)],
        ("channel", "teams"),
    ],
)
def test_what_cannot_be_wished_for_is_said_at_the_field(owner: Employee, field: str, value: Any) -> None:
    [(where, _message)] = refusals(wish_for_letters, by=owner, **NO_WISHES | {field: value}, now=NOW)
    assert where == field


@pytest.mark.parametrize(
    "attempt",
    [
        lambda person: decline("value_due", by=person, now=NOW),
        lambda person: accept_again("value_due", by=person, now=NOW),
        lambda person: wish_for_letters(by=person, **NO_WISHES | {"per_week": 1}, now=NOW),
    ],
)
def test_who_has_left_wishes_nothing(owner: Employee, attempt: Any) -> None:
    OptOut.objects.create(employee=owner, rule="approved")
    with pytest.raises(NotAllowed):
        attempt(has_left(owner))
    assert list(owner.opt_outs.values_list("rule", flat=True)) == ["approved"]
    assert Employee.objects.get(pk=owner.pk).letters_per_week is None
