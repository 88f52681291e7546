"""How the letters go, for administrators: numbers, what was given up and why, and once more. Never what they say."""

import datetime as dt
import re
import uuid
from html import unescape

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries as Counted

from kommun.heartbeat import CLOCK, beat
from kommun.letters import try_again
from kommun.models import Employee, Letter, Role, Unit
from tests.builders import NOW, TODAY, a_manager, a_person, a_unit, assign
from tests.pages.markup import faults
from tests.pages.test_steps import as_person

pytestmark = pytest.mark.django_db
PAGE = "/administration/brev/"


@pytest.fixture
def root() -> Unit:
    return a_unit("Åsmåla kommun")


@pytest.fixture
def admin(root: Unit) -> Client:
    return as_person(assign(a_person(unit=root), Role.ADMINISTRATOR, root))


def a_letter(**columns: object) -> Letter:
    said = {"kind": "direct", "on": TODAY, "address": "eva@asmala.example", "subject": "Ditt svar", "text": "Hemligt"}
    return Letter.objects.create(**{"employee": a_person()} | said | columns)


def a_given_up_letter(**columns: object) -> Letter:
    return a_letter(**{"failed_at": NOW, "attempts": 12, "error": "550 No such mailbox"} | columns)


def shown(client: Client) -> str:
    response = client.get(PAGE)
    assert response.status_code == 200
    page = response.content.decode()
    assert faults(page) == []
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


def strangers(root: Unit) -> list[Employee]:
    below = a_unit("Skolan", root)
    former = assign(a_person(), Role.ADMINISTRATOR, root)
    return [a_person(unit=root), a_manager(root), assign(a_person(), Role.ADMINISTRATOR, below), former]


def test_only_administrators_of_the_whole_see_it_and_send_again(root: Unit) -> None:
    *strange, former = strangers(root)
    letter = a_given_up_letter()
    for person in strange:
        client = as_person(person)
        answers = [client.get(PAGE).status_code, client.post(f"{PAGE}{letter.uuid}/forsok-igen/").status_code]
        assert answers == [403, 403]
    former.ended_on = timezone.localdate() - dt.timedelta(days=1)
    former.save()
    for person in (*strange, former):
        with pytest.raises(PermissionDenied):
            try_again(letter.uuid, by=Employee.objects.get(pk=person.pk), now=NOW)
    assert as_person(former).get(PAGE).status_code == 302
    assert Client().get(PAGE).headers["Location"] == f"/logga-in/?next={PAGE}"
    assert Letter.objects.get().failed_at == NOW


def test_it_tells_how_many_wait_and_went_and_what_was_given_up_but_not_what_they_say(admin: Client) -> None:
    now = timezone.now()
    a_letter(created_at=dt.datetime(2026, 11, 20, 8, 5, tzinfo=dt.UTC))
    a_letter(attempts=1)
    a_letter(sent_at=now)
    a_letter(sent_at=now - dt.timedelta(days=1, minutes=1))
    a_given_up_letter(subject="Det hemliga", address="nils@asmala.example")
    page = shown(admin)
    assert "Väntar 2 Skickade i dag 1 Gick inte fram 1" in page
    assert "Det äldsta som väntar skrevs 20 november 2026 09.05. 1 har prövats och väntar på nästa försök." in page
    assert "Det hemliga Till nils@asmala.example, gavs upp 23 november 2026 10.00 550 No such mailbox" in page
    assert "Hemligt" not in page


def test_it_tells_when_the_clock_and_the_letters_last_gave_a_sign_of_life(admin: Client) -> None:
    now = timezone.now()
    beat(CLOCK, now)
    at = timezone.localtime(now).strftime("%H.%M")
    page = shown(admin)
    assert re.search(rf"Går Klockan. Senaste livstecken \d+ \w+ \d{{4}} {at}\.", page)
    assert "Har stannat Utskicket av brev. Inget livstecken än." in page
    beat("letters", now - dt.timedelta(minutes=11))
    assert "Har stannat Utskicket av brev. Senaste livstecken" in shown(admin)


def test_our_own_reasons_are_said_in_the_readers_language(admin: Client) -> None:
    a_given_up_letter(error="The recipient has left.")
    assert "Mottagaren har slutat." in shown(admin)
    assert "Inga. Varje brev har gått fram" not in shown(admin)


def test_without_any_it_says_that_all_is_well(admin: Client) -> None:
    assert "Inga. Varje brev har gått fram eller är på väg." in shown(admin)


def test_only_the_latest_fifty_are_listed_in_as_many_queries_as_one(
    admin: Client, django_assert_num_queries: Counted
) -> None:
    a_given_up_letter(subject="Äldst", failed_at=NOW - dt.timedelta(days=1))
    with django_assert_num_queries(QUERIES):
        admin.get(PAGE)
    for number in range(50):
        a_given_up_letter(subject=f"Brev {number}")
    with django_assert_num_queries(QUERIES):
        page = shown(admin)
    assert (page.count("Försök igen"), "De 50 senaste visas." in page, "Äldst" in page) == (50, True, False)


QUERIES = 9


def test_a_letter_given_up_goes_once_more_as_if_new(admin: Client) -> None:
    letter = a_given_up_letter(was_repeated=True, in_flight_at=NOW)
    address = f"{PAGE}{letter.uuid}/forsok-igen/"
    assert admin.get(address).status_code == 405
    page = admin.post(address, follow=True).content.decode()
    assert "Brevet går igen inom en minut, eller nästa arbetsdag." in page
    letter.refresh_from_db()
    assert (letter.failed_at, letter.attempts, letter.in_flight_at, letter.claimed_at) == (None, 0, None, None)
    assert letter.send_after <= timezone.now()
    again = admin.post(address, follow=True).content.decode()
    unknown = admin.post(f"{PAGE}{uuid.uuid4()}/forsok-igen/", follow=True).content.decode()
    assert all("Det brevet är redan på väg, eller finns inte." in page for page in (again, unknown))


def test_it_goes_to_the_recipients_address_of_today(admin: Client) -> None:
    letter = a_given_up_letter(address="gammal@asmala.example", employee=a_person(email="ny@asmala.example"))
    channel = a_given_up_letter(address="Teams", kind="channel", employee=a_person(email=""))
    for each in (letter, channel):
        admin.post(f"{PAGE}{each.uuid}/forsok-igen/")
    assert list(Letter.objects.order_by("pk").values_list("address", "failed_at")) == [
        ("ny@asmala.example", None), ("Teams", None),
    ]  # fmt: skip


def test_to_somebody_without_an_address_it_does_not_go_again(admin: Client) -> None:
    letter = a_given_up_letter(employee=a_person(email=""))
    page = admin.post(f"{PAGE}{letter.uuid}/forsok-igen/", follow=True).content.decode()
    assert "Mottagaren saknar e-postadress. Brevet kan inte gå igen." in page
    letter.refresh_from_db()
    assert (letter.failed_at, letter.attempts) == (NOW, 12)


def test_what_has_gone_is_not_sent_again(admin: Client) -> None:
    sent = a_letter(sent_at=NOW)
    admin.post(f"{PAGE}{sent.uuid}/forsok-igen/")
    sent.refresh_from_db()
    assert (sent.sent_at, sent.failed_at) == (NOW, None)


def test_administrators_find_it_in_the_admin(admin: Client) -> None:
    assert f'<a href="{PAGE}">Brev och klocka</a>' in admin.get("/admin/").content.decode()
