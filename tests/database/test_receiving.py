"""Answers to letters: the right person's becomes a value or a comment where the letter asked; nobody else's does."""

import datetime as dt
import threading
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from initiatives.actions.receiving import receive
from initiatives.models import CoDriver, Comment, Initiative, Measurement, Nudge, ReceivedMail
from initiatives.nudges.collecting import collect_letters
from initiatives.nudges.writing import write_nudges
from initiatives.workflow import State
from kommun.models import Employee, Letter
from kommun.replying import reply_address
from tests.builders import NOW, TODAY, a_person, a_unit, an_initiative, an_outcome, values

pytestmark = pytest.mark.django_db
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
OCTOBER, NOVEMBER = dt.date(2026, 10, 31), dt.date(2026, 11, 30)


@pytest.fixture(autouse=True)
def _taking_answers(settings: Settings) -> None:
    settings.REPLY_ADDRESS, settings.MAIL_AUTHSERV_ID = "svar@kommun.example", ""
    settings.BASE_URL = "https://framsteg.example"


@pytest.fixture
def owner() -> Employee:
    return a_person(email="amina@kommun.example")


@pytest.fixture
def initiative(owner: Employee) -> Initiative:
    """Measured until September."""
    unit = a_unit(parent=a_unit("Åsmåla kommun"))
    found = an_initiative(owner, unit, State.MEASURING, title="Jour")
    values(found.outcomes.get(), [30, 29, 28], until=dt.date(2026, 9, 30), days=30)
    return found


def a_letter(*about: Initiative, rule: str = "value_due", to: Employee | None = None, **columns: Any) -> Letter:
    """A collected letter to the owner, with a nudge for each of `about`."""
    person = to or about[0].owner
    letter = Letter.objects.create(
        **{"employee": person, "kind": "collected", "on": TODAY, "address": person.email, "subject": "Hur gick det?"}
        | columns
    )
    for each in about:
        Nudge.objects.create(
            rule=rule, initiative=each, subject=each.uuid, step=each.steps_taken, since_at=NOW, number=letter.pk,
            occasion=TODAY, to=person, letter=letter,
        )  # fmt: skip
    return letter


def mail(
    letter: Letter | None, text: str = "Det går bra.", *headers: str, sender: str = "amina@kommun.example"
) -> bytes:
    named = {each.partition(":")[0].lower() for each in headers}
    usual = (
        f"Message-ID: <{uuid.uuid4()}@kommun.example>",
        f"From: Amina <{sender}>",
        f"To: {reply_address(letter.uuid) if letter else 'svar@kommun.example'}",
        "Subject: Hur gick det?",
        "Content-Type: text/plain; charset=utf-8",
    )
    lines = [*headers, *(each for each in usual if each.partition(":")[0].lower() not in named)]
    return ("\r\n".join(lines) + "\r\n\r\n" + text).encode()


def comments() -> list[str]:
    return list(Comment.objects.values_list("text", flat=True))


def entered() -> list[tuple[dt.date, dt.date, Decimal | None]]:
    """What was entered by answers: since October, and by somebody."""
    rows = Measurement.objects.filter(by__isnull=False).order_by("observed_on")
    return list(rows.values_list("period_start", "observed_on", "value"))


def answers() -> list[Letter]:
    return list(Letter.objects.filter(kind="direct").order_by("id"))


def refused(row: ReceivedMail, sentence: str, leads_to: str) -> None:
    """It came to nothing, and the person is told so in this sentence, with this address."""
    [letter] = answers()
    assert (row.result, row.reason, row.answer) == ("refused", sentence, letter)
    assert f"\n{sentence}\n" in letter.text
    assert letter.text.endswith(f"\nhttps://framsteg.example{leads_to}\n")
    assert (comments(), entered()) == ([], [])


def ignored(row: ReceivedMail, reason: str) -> None:
    """Nothing comes of it and nobody is told."""
    assert (row.result, row.reason, row.employee, row.answer) == ("ignored", reason, None, None)
    assert (comments(), entered(), answers()) == ([], [], [])


# What it becomes.


def test_an_answer_becomes_a_comment(initiative: Initiative, owner: Employee) -> None:
    letter = a_letter(initiative, rule="no_progress")
    row = receive(mail(letter, "Det går bra.\n\nMvh Amina\n\n> Hej!", "Message-ID: <a@b>"), now=NOW)
    kept = Comment.objects.values_list("initiative", "by", "text", "at", "source")
    assert list(kept) == [(initiative.pk, owner.pk, "Det går bra.", NOW, "mail")]
    fields = (row.message_id, row.sender, row.received_at, row.employee, row.letter, row.result, row.reason, row.answer)
    assert fields == ("<a@b>", "amina@kommun.example", NOW, owner, letter, "comment", "", None)
    assert ReceivedMail.objects.get() == row
    assert answers() == []


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("26", 26),
        ("26,5 dagar", Decimal("26.5")),
        ("26.5", Decimal("26.5")),
        ("1 041", 1041),
        ("1\xa0041 dagar", 1041),
        ("−3", -3),
        ("-3", -3),
        ("*26*", 26),
        ("26.", 26),
        ("Hej!\n\n26 dagar", 26),
        ("inget värde", None),
        ("Saknas", None),
    ],
)
def test_a_number_becomes_the_value_of_the_period_that_the_letter_asked_about(
    initiative: Initiative, written: str, value: Decimal | None
) -> None:
    row = receive(mail(a_letter(initiative), written), now=NOW)
    assert (row.result, row.reason) == ("value", "")
    assert entered() == [(dt.date(2026, 10, 1), OCTOBER, value)]
    assert (comments(), answers()) == ([], [])


def test_the_lines_below_a_number_become_a_comment(initiative: Initiative) -> None:
    row = receive(mail(a_letter(initiative), "26 dagar\n\nVi var två extra.\nDet syns.\n\nMvh Amina"), now=NOW)
    assert row.result == "value"
    assert entered() == [(dt.date(2026, 10, 1), OCTOBER, 26)]
    assert comments() == ["Vi var två extra.\nDet syns."]


@pytest.mark.parametrize("text", ["26 personer var med i går", "Cirka 26", "Runt trettio", "–", "Vi hann 26"])
def test_a_sentence_is_a_comment_though_a_value_was_asked_for(initiative: Initiative, text: str) -> None:
    assert receive(mail(a_letter(initiative), text), now=NOW).result == "comment"
    assert (comments(), entered()) == ([text], [])


def test_a_number_is_a_comment_where_no_value_was_asked_for(initiative: Initiative) -> None:
    assert receive(mail(a_letter(initiative, rule="no_progress"), "26"), now=NOW).result == "comment"
    assert (comments(), entered()) == (["26"], [])


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("1.041", "”1.041” kan läsas på två sätt. Skriv 1041 eller 1,041."),
        ("2026-11-23", "”2026-11-23” har en annan enhet än dagar. Skriv bara talet."),
        ("23/11", "”23/11” har en annan enhet än dagar. Skriv bara talet."),
        ("26 timmar", "”26 timmar” har en annan enhet än dagar. Skriv bara talet."),
        ("26 %", "”26 %” har en annan enhet än dagar. Skriv bara talet."),
        ("26 27", "”26 27” är inget tal."),
        ("1000000000000", "Värdet är för stort."),
    ],
)
def test_what_may_be_another_number_is_asked_about(initiative: Initiative, written: str, sentence: str) -> None:
    row = receive(mail(a_letter(initiative), written), now=NOW)
    refused(row, sentence, f"/initiativ/{initiative.uuid}/varde/")


def test_a_comma_is_read_in_the_language_of_the_person(initiative: Initiative, owner: Employee) -> None:
    owner.language = "en"
    owner.save()
    row = receive(mail(a_letter(initiative), "1,041"), now=NOW)
    refused(row, "“1,041” can be read in two ways. Write 1041 or 1.0410.", f"/initiativ/{initiative.uuid}/varde/")
    assert answers()[0].subject == "Re: Hur gick det?"
    assert answers()[0].text.startswith("Hello Amina!\n\nThank you for your letter. It could not be saved.\n")


def test_the_letter_of_the_day_is_answered_with_the_value_that_it_asks_for(initiative: Initiative) -> None:
    write_nudges(now=NOW, today=TODAY)
    collect_letters(now=NOW)
    letter = Letter.objects.get(employee=initiative.owner)
    assert "oktober" in letter.subject
    assert letter.reply_to == reply_address(letter.uuid)
    answer = f"26\n\nDen mån 23 nov. 2026 kl 10:00 skrev Framsteg <{letter.reply_to}>:\n> {letter.text}"
    assert receive(mail(letter, answer), now=NOW).result == "value"
    assert entered() == [(dt.date(2026, 10, 1), OCTOBER, 26)]


# Which value.


def test_the_period_is_that_of_the_letter_though_others_have_been_entered_since(initiative: Initiative) -> None:
    letter = a_letter(initiative)
    values(initiative.outcomes.get(), [26], until=OCTOBER)  # by another system, meanwhile
    row = receive(mail(letter, "27"), now=NOW + 10 * DAY)
    assert "Skriv varför" in row.reason
    assert Measurement.objects.get(observed_on=OCTOBER).value == 26
    assert entered() == []


def test_a_late_answer_is_of_the_period_asked_about(initiative: Initiative) -> None:
    receive(mail(a_letter(initiative), "26"), now=NOW + 60 * DAY)
    assert entered() == [(dt.date(2026, 10, 1), OCTOBER, 26)]


def test_a_hold_check_asks_for_the_latest_whole_period(owner: Employee) -> None:
    initiative = an_initiative(owner, a_unit(), State.CONCLUDED)
    values(initiative.outcomes.get(), [30, 29], until=dt.date(2026, 5, 31), days=31)
    receive(mail(a_letter(initiative, rule="hold_check_due"), "26"), now=NOW)
    assert entered() == [(dt.date(2026, 10, 1), OCTOBER, 26)]


def test_a_baseline_asks_for_the_period_after_the_last_value(owner: Employee) -> None:
    initiative = an_initiative(owner, a_unit(), State.UNDERWAY)
    letter = a_letter(initiative, rule="baseline_missing")
    receive(mail(letter, "26"), now=NOW)
    assert entered() == [(dt.date(2026, 10, 1), OCTOBER, 26)]
    receive(mail(a_letter(initiative, rule="baseline_missing", on=TODAY + DAY, kind="channel"), "25"), now=NOW + DAY)
    assert entered()[1:] == [(dt.date(2026, 11, 1), TODAY + DAY, 25)]


def test_of_several_outcomes_the_primary_one_that_lacks_a_value_is_meant(initiative: Initiative) -> None:
    primary = initiative.outcomes.get()
    other = an_outcome(initiative, is_primary=False)
    values(other, [5], until=dt.date(2026, 8, 31))
    receive(mail(a_letter(initiative), "26"), now=NOW)
    assert [row.outcome for row in Measurement.objects.filter(by__isnull=False)] == [primary]
    receive(mail(a_letter(initiative, on=TODAY + DAY), "4"), now=NOW + DAY)
    assert Measurement.objects.get(value=4).outcome == other


def test_the_outcome_that_the_nudge_names_is_meant(initiative: Initiative) -> None:
    other = an_outcome(initiative, is_primary=False)
    values(other, [5], until=dt.date(2026, 8, 31))
    letter = a_letter(to=initiative.owner)
    Nudge.objects.create(
        rule="value_due", initiative=initiative, subject=other.uuid, step=1, since_at=NOW, occasion=TODAY,
        to=initiative.owner, letter=letter,
    )  # fmt: skip
    receive(mail(letter, "4"), now=NOW)
    assert Measurement.objects.get(value=4).outcome == other
    receive(mail(letter, "5"), now=NOW)
    assert answers()[0].text.endswith(f"/initiativ/{initiative.uuid}/varde/?outcome={other.uuid}\n")


def test_of_two_values_that_a_letter_asks_for_none_is_guessed(initiative: Initiative) -> None:
    letter = a_letter(to=initiative.owner)
    for outcome in (initiative.outcomes.get(), an_outcome(initiative, is_primary=False)):
        Nudge.objects.create(
            rule="value_due", initiative=initiative, subject=outcome.uuid, step=1, since_at=NOW, occasion=TODAY,
            to=initiative.owner, letter=letter,
        )  # fmt: skip
    row = receive(mail(letter, "26"), now=NOW)
    refused(row, "Brevet bad om fler än ett värde. Skriv in vart och ett.", f"/initiativ/{initiative.uuid}/varde/")
    assert receive(mail(letter, "Inga siffror än."), now=NOW).result == "comment"


def test_two_answers_with_numbers_need_a_reason(initiative: Initiative) -> None:
    letter = a_letter(initiative)
    receive(mail(letter, "26"), now=NOW)
    again = receive(mail(letter, "26"), now=NOW)
    assert (again.result, again.answer) == ("value", None)  # says the same
    other = receive(mail(letter, "27\n\nJag räknade fel."), now=NOW)
    assert (other.result, other.reason) == (
        "refused",
        "Det finns redan ett värde för perioden. Skriv varför det ändras.",
    )
    assert entered() == [(dt.date(2026, 10, 1), OCTOBER, 26)]
    assert comments() == []  # nothing of it is stored
    assert f"https://framsteg.example/initiativ/{initiative.uuid}/varde/" in answers()[0].text


def test_when_the_comment_is_too_long_the_value_is_not_entered_either(initiative: Initiative) -> None:
    row = receive(mail(a_letter(initiative), "26\n" + "x" * 2001), now=NOW)
    refused(row, "Skriv högst 2000 tecken.", f"/initiativ/{initiative.uuid}/kommentar/")


def test_an_answer_to_a_letter_of_more_than_sixty_days_ago_is_refused(initiative: Initiative) -> None:
    row = receive(mail(a_letter(initiative, on=TODAY - 61 * DAY), "26"), now=NOW)
    sentence = "Brevet som du svarade på är gammalt. Öppna initiativet och skriv där."
    refused(row, sentence, f"/initiativ/{initiative.uuid}/")
    still = a_letter(initiative, rule="no_progress", on=TODAY - 60 * DAY)
    assert receive(mail(still), now=NOW).result == "comment"


def test_nothing_written_is_asked_about(initiative: Initiative) -> None:
    row = receive(mail(a_letter(initiative), "> Hej Amina!\n"), now=NOW)
    refused(row, "Det stod inget i ditt brev.", f"/initiativ/{initiative.uuid}/kommentar/")


# What the initiative has become.


def test_who_drives_it_no_longer_enters_no_value(initiative: Initiative, owner: Employee) -> None:
    letter = a_letter(initiative)
    initiative.owner = a_person("Bo")
    initiative.save()
    row = receive(mail(letter, "26"), now=NOW)
    refused(row, "Den som driver initiativet skriver in värdena.", f"/initiativ/{initiative.uuid}/")


def test_a_co_driver_answers_as_an_owner(initiative: Initiative, owner: Employee) -> None:
    letter, bo = a_letter(initiative), a_person("Bo")
    Initiative.objects.filter(pk=initiative.pk).update(owner=bo)
    CoDriver.objects.create(initiative=initiative, employee=owner, invited_by=bo)
    assert receive(mail(letter, "26"), now=NOW).result == "value"


def test_of_several_initiatives_none_is_guessed(initiative: Initiative, owner: Employee) -> None:
    letter = a_letter(initiative, an_initiative(owner, initiative.unit, State.MEASURING))
    row = receive(mail(letter, "26"), now=NOW)
    refused(row, "Brevet handlade inte om ett enda initiativ. Öppna det du menar.", "/")


def test_two_nudges_of_one_initiative_are_about_one(initiative: Initiative) -> None:
    letter = a_letter(initiative, rule="target_near")
    Nudge.objects.create(
        rule="value_due", initiative=initiative, subject=initiative.uuid, step=1, since_at=NOW, occasion=TODAY,
        to=initiative.owner, letter=letter,
    )  # fmt: skip
    assert receive(mail(letter, "26"), now=NOW).result == "value"


def test_a_letter_about_nothing_leads_home(initiative: Initiative, owner: Employee) -> None:
    row = receive(mail(a_letter(to=owner), "26"), now=NOW)
    refused(row, "Brevet handlade inte om ett enda initiativ. Öppna det du menar.", "/")


GONE = "Det brevet handlade om finns inte kvar för dig."


def test_of_a_deleted_draft_nothing_is_told(owner: Employee) -> None:
    draft = an_initiative(owner, None, title="Hemlig")
    letter = a_letter(draft, rule="draft_resting")
    draft.delete()
    row = receive(mail(letter), now=NOW)
    refused(row, GONE, "/")
    assert "Hemlig" not in answers()[0].text


def test_what_the_person_may_not_see_any_longer_is_not_told_of(initiative: Initiative, owner: Employee) -> None:
    letter = a_letter(initiative, rule="comment_written")
    Initiative.objects.filter(pk=initiative.pk).update(owner=a_person("Bo"), state=State.WITHDRAWN)
    row = receive(mail(letter), now=NOW)
    refused(row, GONE, "/")
    assert "initiativ/" not in answers()[0].text


def test_what_has_ended_still_takes_comments_and_values(initiative: Initiative) -> None:
    letter = a_letter(initiative)
    Initiative.objects.filter(pk=initiative.pk).update(
        state=State.CONCLUDED, ending="confirmed", concluded_at=NOW, lesson="Börja smått."
    )
    assert receive(mail(letter, "26\nBra!"), now=NOW).result == "value"
    assert (comments(), entered()) == (["Bra!"], [(dt.date(2026, 10, 1), OCTOBER, 26)])


def test_what_takes_no_values_says_so(initiative: Initiative) -> None:
    letter = a_letter(initiative)
    Initiative.objects.filter(pk=initiative.pk).update(state=State.WITHDRAWN)
    row = receive(mail(letter, "26"), now=NOW)
    refused(row, "Initiativet tar inte emot värden just nu.", f"/initiativ/{initiative.uuid}/varde/")


# Who answers.

STRANGER = "The sender is not the one whom the letter was sent to."


@pytest.mark.parametrize("sender", ["bo@kommun.example", "evil@example.org", "amina@kommun.example.org"])
def test_a_forged_sender_comes_to_nothing_and_is_not_answered(initiative: Initiative, sender: str) -> None:
    a_person("Bo", email="bo@kommun.example")
    ignored(receive(mail(a_letter(initiative), "26", sender=sender), now=NOW), STRANGER)


def test_the_address_of_another_persons_letter_comes_to_nothing(initiative: Initiative) -> None:
    """Somebody who was forwarded a letter answers it."""
    bo = a_person("Bo", email="bo@kommun.example")
    CoDriver.objects.create(initiative=initiative, employee=bo, invited_by=initiative.owner)
    ignored(receive(mail(a_letter(initiative), "26", sender="bo@kommun.example"), now=NOW), STRANGER)


def test_an_address_that_we_have_not_made_comes_to_nothing(initiative: Initiative) -> None:
    letter = a_letter(initiative)
    forged = f"To: svar+{letter.uuid.hex}.0123456789abcdef@kommun.example"
    for raw in (mail(letter, "26", forged), mail(None, "26")):
        ignored(receive(raw, now=NOW), "It answers no letter of ours.")


def test_a_letter_that_is_gone_comes_to_nothing(initiative: Initiative, owner: Employee) -> None:
    letter = a_letter(to=owner)
    raw = mail(letter)
    letter.delete()
    ignored(receive(raw, now=NOW), "It answers no letter of ours.")


def test_the_address_that_the_letter_was_sent_to_counts_and_the_persons_own_of_today(
    initiative: Initiative, owner: Employee
) -> None:
    letter = a_letter(initiative, address="Amina.Lindqvist@Kommun.example")
    senders = ("AMINA@kommun.example", "amina.lindqvist@KOMMUN.example")
    assert [receive(mail(letter, sender=sender), now=NOW).result for sender in senders] == ["comment", "comment"]


@pytest.mark.parametrize(("days", "result"), [(0, "comment"), (1, "ignored")])
def test_somebody_who_has_left_comes_to_nothing(
    initiative: Initiative, owner: Employee, days: int, result: str
) -> None:
    letter = a_letter(initiative)
    owner.ended_on = TODAY
    owner.save()
    row = receive(mail(letter), now=NOW + days * DAY)
    assert (row.result, row.reason) == (result, "The sender has left." if days else "")


def test_a_person_without_an_address_matches_no_sender_that_is_missing(initiative: Initiative, owner: Employee) -> None:
    letter = a_letter(initiative)
    Letter.objects.filter(pk=letter.pk).update(address="")
    Employee.objects.filter(pk=owner.pk).update(email="")
    ignored(receive(mail(letter, "26", "From: ;"), now=NOW), STRANGER)


PASS = "Authentication-Results: mx.kommun.example; dmarc=pass header.from=kommun.example"
FAIL = "Authentication-Results: mx.kommun.example; dmarc=fail header.from=kommun.example"


@pytest.mark.parametrize("lines", [(), (FAIL,), (FAIL, PASS), ("Authentication-Results: evil.example; dmarc=pass",)])
def test_where_a_server_vouches_nobody_else_is_believed(
    initiative: Initiative, settings: Settings, lines: tuple[str, ...]
) -> None:
    settings.MAIL_AUTHSERV_ID = "mx.kommun.example"
    row = receive(mail(a_letter(initiative), "26", *lines), now=NOW)
    ignored(row, "mx.kommun.example does not vouch for the sender.")


@pytest.mark.parametrize("server", ["mx.kommun.example", ""])
def test_who_is_vouched_for_is_believed(initiative: Initiative, settings: Settings, server: str) -> None:
    settings.MAIL_AUTHSERV_ID = server
    assert receive(mail(a_letter(initiative), "26", PASS if server else FAIL), now=NOW).result == "value"


# Machines and loops.


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("Auto-Submitted: auto-replied", "Auto-Submitted: auto-replied"),
        ("Subject: Automatiskt svar: Hur gick det?", "Subject says that nobody is there"),
        ("List-Id: <alla.kommun.example>", "List-Id"),
    ],
)
def test_a_machine_comes_to_nothing_and_is_not_answered(initiative: Initiative, line: str, why: str) -> None:
    letter = a_letter(initiative)
    row = receive(mail(letter, "26", line), now=NOW)
    ignored(row, f"A machine wrote it. {why}")
    assert row.letter == letter


def test_a_report_of_a_failed_delivery_is_noted_with_the_letter(initiative: Initiative) -> None:
    letter = a_letter(initiative)
    report = (
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n"
        "Action: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 unknown\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{letter.uuid}@framsteg.example>\r\n--b--"
    )
    kind = "Content-Type: multipart/report; report-type=delivery-status; boundary=b"
    row = receive(mail(None, report, kind, "Return-Path: <>"), now=NOW)
    ignored(row, "Not delivered: 5.1.1 smtp; 550 unknown")
    assert row.letter == letter


def test_a_letter_that_comes_again_is_dealt_with_once(initiative: Initiative) -> None:
    raw = mail(a_letter(initiative))
    first, again = receive(raw, now=NOW), receive(raw, now=NOW + HOUR)
    assert (again, again.received_at) == (first, NOW)
    assert comments() == ["Det går bra."]


def test_a_letter_without_a_message_id_that_comes_again_is_dealt_with_once(initiative: Initiative) -> None:
    raw = mail(a_letter(initiative), "Hej", "Message-ID:")
    assert receive(raw, now=NOW) == receive(raw, now=NOW)
    assert comments() == ["Hej"]


def at_once(*letters: bytes) -> list[ReceivedMail]:
    """Each is received by a worker of its own, all at the same moment."""
    together, rows = threading.Barrier(len(letters)), []

    def work(raw: bytes) -> None:
        together.wait()
        rows.append(receive(raw, now=NOW))
        connection.close()

    workers = [threading.Thread(target=work, args=[raw]) for raw in letters]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return rows


@pytest.mark.django_db(transaction=True)
def test_of_workers_with_the_same_letter_one_deals_with_it(initiative: Initiative) -> None:
    assert at_once(*[mail(a_letter(initiative))] * 4) == [ReceivedMail.objects.get()] * 4
    assert comments() == ["Det går bra."]


@pytest.mark.django_db(transaction=True)
def test_letters_that_come_at_once_are_answered_once(initiative: Initiative) -> None:
    letter = a_letter(initiative)
    rows = at_once(*[mail(letter, "26 timmar") for _number in range(4)])
    assert [row.result for row in rows] == ["refused"] * 4
    assert len(answers()) == 1


def test_the_polite_answer_answers_the_letter(initiative: Initiative, owner: Employee) -> None:
    receive(mail(a_letter(initiative), "26 timmar", "Message-ID: <a@b>"), now=NOW)
    [letter] = answers()
    fields = (letter.employee, letter.on, letter.address, letter.subject, letter.in_reply_to, letter.reply_to)
    assert fields == (owner, TODAY, "amina@kommun.example", "Sv: Hur gick det?", "<a@b>", "")
    assert letter.text == (
        "Hej Amina!\n\nTack för ditt brev. Det gick inte att spara.\n"
        "”26 timmar” har en annan enhet än dagar. Skriv bara talet.\n\n"
        f"Här kan du göra det:\nhttps://framsteg.example/initiativ/{initiative.uuid}/varde/\n"
    )


@pytest.mark.parametrize(
    ("subject", "answered"),
    [
        ("Sv: Hur?", "Sv: Hur?"),
        ("RE: Hur?", "RE: Hur?"),
        ("Hur?", "Sv: Hur?"),
        ("", "Sv: Ditt brev"),
        ("x" * 900, f"Sv: {'x' * 200}"),
        ("=?utf-8?q?Hur=0D=0ABcc:_x@y?=", "Sv: Hur Bcc: x@y"),
    ],
)
def test_its_subject_is_that_of_the_letter(initiative: Initiative, subject: str, answered: str) -> None:
    receive(mail(a_letter(initiative), "26 timmar", f"Subject: {subject}"), now=NOW)
    assert [letter.subject for letter in answers()] == [answered]


def test_a_person_gets_at_most_one_answer_an_hour_and_three_a_day(initiative: Initiative) -> None:
    letter = a_letter(initiative)
    minutes = (0, 1, 59, 60, 119, 120, 200, 600, 24 * 60, 25 * 60)
    rows = [receive(mail(letter, "26 timmar"), now=NOW + dt.timedelta(minutes=each)) for each in minutes]
    assert [each for each, row in zip(minutes, rows, strict=True) if row.answer] == [0, 60, 120, 24 * 60, 25 * 60]
    assert {row.result for row in rows} == {"refused"}
    assert rows[1].reason.endswith("Skriv bara talet. No answer: enough were sent.")


def test_answers_to_one_person_do_not_use_up_those_to_another(initiative: Initiative) -> None:
    bo = a_person("Bo", email="bo@kommun.example")
    receive(mail(a_letter(initiative), "26 timmar"), now=NOW)
    row = receive(mail(a_letter(initiative, to=bo, rule="comment_written"), " ", sender="bo@kommun.example"), now=NOW)
    assert [each.employee for each in answers()] == [initiative.owner, bo]
    assert row.answer is not None


def test_a_protected_person_is_heard_and_not_written_to(initiative: Initiative, owner: Employee) -> None:
    letter = a_letter(initiative, rule="comment_written")
    Employee.objects.filter(pk=owner.pk).update(is_protected=True, given_name="", family_name="", email="", sort_key="")
    assert receive(mail(letter), now=NOW).result == "comment"
    assert receive(mail(letter, " "), now=NOW).answer is None


def test_whatever_comes_is_noted(initiative: Initiative) -> None:
    for raw in (b"", b"\x00", b"From: \xff\r\n\r\n\x00", bytes(range(256)) * 9):
        receive(raw, now=NOW)
    assert ReceivedMail.objects.filter(result="ignored").count() == 4


def test_each_answer_costs_the_same(initiative: Initiative, django_assert_num_queries: Any) -> None:
    letter = a_letter(initiative, rule="no_progress")
    for count in range(2):
        with django_assert_num_queries(16):
            receive(mail(letter, f"Rad {count}"), now=NOW)
