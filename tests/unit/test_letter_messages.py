"""A letter as a mail: its headers by the RFCs, and that what was written arrives as it was written."""

import email.policy
import re
import unicodedata
import uuid
from email.message import EmailMessage, Message
from email.parser import BytesParser
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from kommun.letters import as_bytes, as_message
from kommun.models import Letter

KEY, THREAD = uuid.UUID(int=1), uuid.UUID(int=2)
PLAIN = {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress"}
MIME = {"MIME-Version", "Content-Type", "Content-Transfer-Encoding"}
# What PostgreSQL and an XML-like page can hold, as texts of letters are.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=400)


@pytest.fixture(autouse=True)
def _at_asmala(settings: Settings) -> None:
    settings.BASE_URL = "https://framsteg.asmala.example"
    settings.DEFAULT_FROM_EMAIL = "Framsteg i Åsmåla <framsteg@asmala.example>"


def a_letter(**columns: Any) -> Letter:
    said = {"uuid": KEY, "address": "eva@asmala.example", "subject": "Hej", "text": "Hej Eva!\n"}
    return Letter(**said | columns)


def read(letter: Letter) -> EmailMessage:
    message = BytesParser(policy=email.policy.default).parsebytes(as_bytes(letter))
    assert isinstance(message, EmailMessage)
    assert message.defects == []
    return message


def body(part: Message) -> str:
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode().replace("\r\n", "\n")


def headers(**columns: Any) -> dict[str, str]:
    message = read(a_letter(**columns))
    assert len(message.keys()) == len(set(message.keys()))
    return {name: str(value) for name, value in message.items() if name not in MIME}


def test_a_plain_letter_has_these_headers_and_no_others() -> None:
    said = headers()
    assert set(said) == PLAIN
    said.pop("Date")
    assert said == {
        "From": "Framsteg i Åsmåla <framsteg@asmala.example>",
        "To": "eva@asmala.example",
        "Subject": "Hej",
        "Message-ID": f"<{KEY}@framsteg.asmala.example>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }


def test_letters_about_one_initiative_are_one_thread() -> None:
    said = headers(thread=THREAD)
    thread = f"<{THREAD}@framsteg.asmala.example>"
    assert (said["In-Reply-To"], said["References"], said["Auto-Submitted"]) == (thread, thread, "auto-generated")


def test_one_click_ends_letters() -> None:
    said = headers(unsubscribe_url="https://framsteg.asmala.example/slut/abc", reply_to="svar+x@asmala.example")
    assert said["List-Unsubscribe"] == "<https://framsteg.asmala.example/slut/abc>"
    assert said["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert said["Reply-To"] == "svar+x@asmala.example"


def test_an_answer_says_that_it_is_one_and_to_what() -> None:
    said = headers(kind="direct", in_reply_to="<CAF+x=1@mail.example.org>", thread=THREAD)
    answered = "<CAF+x=1@mail.example.org>"
    assert (said["In-Reply-To"], said["References"], said["Auto-Submitted"]) == (answered, answered, "auto-replied")


@pytest.mark.parametrize(
    "given",
    ["<a@b>\r\nBcc: everybody@asmala.example", "<a@b>\n\n<p>", "no brackets", "<a b@c>", "<å@b>", f"<{'x' * 900}@b>"],
)
def test_what_a_stranger_calls_their_letter_becomes_no_header_unless_it_is_a_message_id(given: str) -> None:
    said = headers(kind="direct", in_reply_to=given)
    assert (set(said), said["Auto-Submitted"]) == (PLAIN, "auto-replied")


@pytest.mark.parametrize(
    "columns",
    [
        {"subject": "Hej\r\nBcc: a@b.example"},
        {"subject": "Hej\n Bcc: a@b.example"},
        {"subject": "Hej\x1cBcc: a@b.example"},
        {"subject": "Hej\x1d\x1e"},
        {"subject": "Hej\x00"},
        {"subject": "Hej å\x85"},
        {"address": "a@b.example\r\nBcc: c@d.example"},
        {"address": "a@b.example, c@d.example"},
        {"reply_to": "a@b.example>\r\nBcc: c"},
        {"unsubscribe_url": "https://x.example/> <mailto:y"},
    ],
)
def test_nothing_can_become_a_header_of_its_own(columns: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"header|address"):
        as_bytes(a_letter(**columns))


@given(TEXTS, TEXTS)
def test_what_was_written_arrives_as_it_was_written(text: str, html: str) -> None:
    message = read(a_letter(text=text, html=f"<p>{html}"))
    assert [body(part) for part in message.iter_parts()] == [text, f"<p>{html}"]
    assert body(read(a_letter(text=text))) == text


@given(TEXTS)
def test_no_line_is_longer_than_a_mail_server_takes(text: str) -> None:
    subject = "".join(sign for sign in text if unicodedata.category(sign) != "Cc")[:250]
    lines = as_bytes(a_letter(text=text, html=text, subject=subject)).split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    assert all(line.isascii() for line in lines)


@given(st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=250).map(str.strip))
def test_a_subject_arrives_as_it_was_written(subject: str) -> None:
    heard = str(read(a_letter(subject=subject))["Subject"])
    assert re.sub(r"\s+", "", heard) == re.sub(r"\s+", "", subject)


def test_other_backends_get_the_same_mail() -> None:
    letter = a_letter(html="<p>Hej", thread=THREAD)
    assert bytes(as_message(letter).message()).splitlines() == as_bytes(letter).splitlines()


def test_it_says_what_djangos_own_message_says() -> None:
    letter = a_letter(subject="Åtgärd väntar på ditt svar", text="Hej Åsa!\n.\n..x\n", html="<p>Hej Åsa!</p>")
    theirs = EmailMultiAlternatives(letter.subject, letter.text, to=[letter.address])
    theirs.attach_alternative(letter.html, "text/html")
    expected = BytesParser(policy=email.policy.default).parsebytes(theirs.message().as_bytes())
    ours = BytesParser(policy=email.policy.default).parsebytes(as_bytes(letter).replace(b"\r\n", b"\n"))
    assert isinstance(ours, EmailMessage) and isinstance(expected, EmailMessage)
    for name in ("From", "To", "Subject"):
        assert str(ours[name]) == str(expected[name])
    assert [(part.get_content_type(), part.get_content()) for part in ours.iter_parts()] == [
        (part.get_content_type(), part.get_content()) for part in expected.iter_parts()
    ]
