"""Comments: whoever sees the initiative may write a line, and what was written stays."""

import datetime as dt

import pytest

from initiatives.actions.commenting import LONGEST, comment
from initiatives.actions.drafting import delete_draft
from initiatives.actions.refusals import NotAllowed, Refused
from initiatives.models import CoDriver, Comment, Event, Handover, Initiative
from initiatives.workflow import State
from kommun.models import Employee, Unit
from tests.builders import NOW, TODAY, a_manager, a_person, a_unit, an_initiative

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit() -> Unit:
    return a_unit(parent=a_unit("Åsmåla kommun"))


@pytest.fixture
def owner(unit: Unit) -> Employee:
    return a_person(unit=unit)


def test_a_comment_is_kept_with_who_and_when_and_counts_as_activity(unit: Unit, owner: Employee) -> None:
    initiative = an_initiative(owner, unit, State.UNDERWAY)
    written = comment(initiative, "  Första\r\nAndra\x00 ", by=owner, now=NOW)
    kept = Comment.objects.values_list("initiative", "by", "text", "at", "source")
    assert list(kept) == [(initiative.pk, owner.pk, "Första\nAndra", NOW, "page")]
    events = Event.objects.values_list("kind", "initiative", "subject", "by", "at", "data")
    assert list(events) == [
        ("comment.create", initiative.pk, written.uuid, owner.pk, NOW, {"source": "page"}),
    ]


@pytest.mark.parametrize("state", [State.PROPOSED, State.UNDERWAY, State.PAUSED, State.MEASURING, State.CONCLUDED])
def test_any_employee_may_write_about_what_everybody_sees(unit: Unit, owner: Employee, state: State) -> None:
    initiative = an_initiative(owner, unit, state)
    for person in (a_person("Sara", "Stranger"), a_manager(a_unit("Annan enhet")), owner):
        comment(initiative, "Bra!", by=person, now=NOW)
    assert initiative.comments.count() == 3


@pytest.mark.parametrize("state", [State.DRAFT, State.DECLINED, State.WITHDRAWN])
def test_who_cannot_see_it_cannot_write(unit: Unit, owner: Employee, state: State) -> None:
    initiative = an_initiative(owner, unit, state)
    for person in (a_person("Sara", "Stranger"), a_manager(a_unit("Annan enhet"))):
        with pytest.raises(NotAllowed):
            comment(initiative, "Bra!", by=person, now=NOW)
    assert not Comment.objects.exists()
    assert not Event.objects.exists()


def test_in_a_draft_the_owner_and_the_invited_write(unit: Unit, owner: Employee) -> None:
    draft = an_initiative(owner, unit)
    invited, asked, manager = a_person(), a_person(), a_manager(unit)
    CoDriver.objects.create(initiative=draft, employee=invited, invited_by=owner)
    Handover.objects.create(initiative=draft, to=asked, offered_by=owner, offered_at=NOW)
    for person in (owner, invited, asked):
        comment(draft, "Ska vi?", by=person, now=NOW)
    with pytest.raises(NotAllowed):
        comment(draft, "Ska ni?", by=manager, now=NOW)
    assert draft.comments.count() == 3


def test_somebody_who_has_left_cannot_write(unit: Unit, owner: Employee) -> None:
    initiative = an_initiative(owner, unit, State.UNDERWAY)
    owner.ended_on = TODAY - dt.timedelta(days=1)
    owner.save()
    with pytest.raises(NotAllowed):
        comment(initiative, "Hej då", by=owner, now=NOW)
    owner.ended_on = TODAY
    comment(initiative, "Hej då", by=owner, now=NOW)  # on the last day


@pytest.mark.parametrize("text", ["", " \r\n\t ", "\x00"])
def test_nothing_is_no_comment(unit: Unit, owner: Employee, text: str) -> None:
    with pytest.raises(Refused, match=r"^Skriv något först\.$") as refused:
        comment(an_initiative(owner, unit, State.UNDERWAY), text, by=owner, now=NOW)
    assert [each.field for each in refused.value.missing] == ["text"]


def test_a_comment_is_at_most_two_thousand_characters(unit: Unit, owner: Employee) -> None:
    initiative = an_initiative(owner, unit, State.UNDERWAY)
    comment(initiative, "å" * LONGEST, by=owner, now=NOW)
    with pytest.raises(Refused, match=r"^Skriv högst 2000 tecken\.$"):
        comment(initiative, "å" * (LONGEST + 1), by=owner, now=NOW)
    assert (LONGEST, initiative.comments.count()) == (2000, 1)


def test_a_draft_that_somebody_has_written_about_is_kept(unit: Unit, owner: Employee) -> None:
    draft = an_initiative(owner, unit)
    comment(draft, "Ska vi?", by=owner, now=NOW)
    with pytest.raises(Refused, match="Det finns kommentarer"):
        delete_draft(draft, by=owner, seen=draft.seen, now=NOW)
    assert Initiative.objects.filter(pk=draft.pk).exists()
