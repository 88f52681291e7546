"""Where answers come in: a letter that a mail server pipes to a command, and a mailbox that is emptied each minute."""

import datetime as dt
import imaplib
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.utils import timezone
from pytest_django import Settings

from initiatives.actions import emptying
from initiatives.models import ReceivedMail
from initiatives.tasks import receive_mail
from initiatives.workflow import State
from kommun.mailbox import Mailbox
from kommun.models import Letter
from tests.builders import NOW, a_person, a_unit, an_initiative
from tests.database.test_receiving import a_letter, comments, mail
from tests.imap_stand_in import ImapStandIn

pytestmark = pytest.mark.django_db
CLONE = Path(__file__).parents[2]
WEEK = dt.timedelta(days=7)


@pytest.fixture
def letter(settings: Settings) -> Letter:
    settings.REPLY_ADDRESS, settings.MAIL_AUTHSERV_ID = "svar@kommun.example", ""
    owner = a_person(email="amina@kommun.example")
    return a_letter(an_initiative(owner, a_unit(), State.UNDERWAY), rule="no_progress")


@pytest.fixture
def server(settings: Settings) -> Iterator[ImapStandIn]:
    with ImapStandIn() as stand_in:
        settings.IMAP_URL = stand_in.url
        yield stand_in


def from_the_mailbox() -> str:
    said = StringIO()
    call_command("receive_mail", "--imap", stdout=said)
    return said.getvalue()


# The mailbox.


def test_what_waits_in_the_mailbox_is_dealt_with_and_marked_as_seen(letter: Letter, server: ImapStandIn) -> None:
    for text in ("Ett", "Två", "Tre"):
        server.put(mail(letter, text))
    server.put(mail(letter, "Reklam", sender="evil@example.org"))
    assert from_the_mailbox() == "comment 3, ignored 1\n"
    assert comments() == ["Ett", "Två", "Tre"]
    assert server.flags() == [{r"\Seen"}] * 4
    assert from_the_mailbox() == "no letters\n"


def test_the_task_does_the_same(letter: Letter, server: ImapStandIn) -> None:
    server.put(mail(letter, "Ett"))
    receive_mail()
    assert (comments(), server.flags()) == (["Ett"], [{r"\Seen"}])


def test_reading_a_letter_does_not_mark_it(letter: Letter, server: ImapStandIn) -> None:
    server.put(mail(letter, "Ett"))
    with Mailbox(server.url) as mailbox:
        assert mailbox.waiting() == ["1"]
        assert mailbox.letter("1", most=4) == mail(letter, "Ett")[:4] == b"Mess"
        assert mailbox.letter("9", most=4) is None
        assert mailbox.waiting() == ["1"]
    assert server.said[-1] == "LOGOUT"


def test_what_somebody_has_seen_or_put_aside_is_left_alone(letter: Letter, server: ImapStandIn) -> None:
    server.put(mail(letter, "Sett"), r"\Seen")
    server.put(mail(letter, "Lagt undan"), r"\Flagged")
    assert from_the_mailbox() == "no letters\n"


@pytest.mark.parametrize("fault", ["data_exception", "program_limit_exceeded"])  # the second: OperationalError
def test_a_letter_that_cannot_be_dealt_with_is_put_aside_and_stops_no_other(
    letter: Letter, server: ImapStandIn, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    """A trigger that refuses one of them stands for whatever fault there may be."""
    with connection.cursor() as cursor:
        cursor.execute(f"""
            CREATE FUNCTION refuse_one() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'odd' USING ERRCODE = '{fault}'; END $$;
            CREATE TRIGGER refuse_one BEFORE INSERT ON initiatives_comment
                FOR EACH ROW WHEN (NEW.text = 'Två') EXECUTE FUNCTION refuse_one();
        """)
    for text in ("Ett", "Två", "Tre"):
        server.put(mail(letter, text))
    assert from_the_mailbox() == "comment 2, put aside 1\n"
    assert comments() == ["Ett", "Tre"]
    assert server.flags() == [{r"\Seen"}, {r"\Flagged"}, {r"\Seen"}]
    assert "Letter 2 in the mailbox could not be dealt with. It is flagged there." in caplog.text
    assert ReceivedMail.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_database_that_goes_away_in_the_middle_is_no_fault_of_the_letter(letter: Letter, server: ImapStandIn) -> None:
    server.put(mail(letter, "Ett"))
    with connection.cursor() as cursor:
        cursor.execute("""
            CREATE FUNCTION hang_up() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$;
            CREATE TRIGGER hang_up BEFORE INSERT ON initiatives_comment FOR EACH ROW EXECUTE FUNCTION hang_up();
        """)
    try:
        with pytest.raises(OperationalError), Mailbox(server.url) as mailbox:
            emptying.empty(mailbox, now=NOW)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION hang_up CASCADE")
    assert server.flags() == [set()]
    assert from_the_mailbox() == "comment 1\n"


def test_a_letter_whose_mark_was_lost_is_dealt_with_once(letter: Letter, server: ImapStandIn) -> None:
    server.put(mail(letter, "Ett"))
    server.breaks_off_at = "STORE"
    with pytest.raises(CommandError, match="The mailbox does not answer") as ended:
        from_the_mailbox()
    assert ended.value.returncode == 75
    assert server.flags() == [set()]
    server.breaks_off_at = ""
    assert from_the_mailbox() == "comment 1\n"
    assert (comments(), server.flags()) == (["Ett"], [{r"\Seen"}])


def test_a_turn_takes_no_more_than_a_turn_may(
    letter: Letter, server: ImapStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emptying, "AT_MOST", 2)
    for text in ("Ett", "Två", "Tre"):
        server.put(mail(letter, text))
    assert [from_the_mailbox() for _turn in range(3)] == ["comment 2\n", "comment 1\n", "no letters\n"]
    monkeypatch.setattr(emptying, "LONGEST", -1.0)
    server.put(mail(letter, "Fyra"))
    assert from_the_mailbox() == "no letters\n"


def test_of_a_big_letter_the_beginning_is_read(letter: Letter, server: ImapStandIn) -> None:
    server.put(mail(letter, "Hej\n\n-- \n" + "x" * 3_000_000))
    assert from_the_mailbox() == "comment 1\n"
    assert comments() == ["Hej"]


@pytest.mark.parametrize("command", ["LOGIN", "SELECT", "SEARCH", "FETCH", "STORE"])
def test_a_server_that_says_no_is_said_in_one_sentence_and_comes_back_later(
    letter: Letter, server: ImapStandIn, caplog: pytest.LogCaptureFixture, command: str
) -> None:
    server.put(mail(letter, "Ett"))
    server.refuses = command
    with pytest.raises(CommandError, match=r"^The mailbox does not answer: .*not today"):
        from_the_mailbox()
    receive_mail()
    assert "The mailbox of answers does not answer" in caplog.text
    assert "lig" not in caplog.text  # the password
    server.refuses = ""
    receive_mail()
    assert comments() == ["Ett"]


def test_a_server_that_is_away_is_no_fault_of_the_task(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    with ImapStandIn() as gone:
        settings.IMAP_URL = gone.url
    receive_mail()
    assert "The mailbox of answers does not answer" in caplog.text


def test_a_wrong_password_is_refused(server: ImapStandIn) -> None:
    with pytest.raises(imaplib.IMAP4.error, match="who are you"), Mailbox(server.url.replace("hem", "fel")):
        pass


def test_another_folder_may_be_read(letter: Letter, server: ImapStandIn) -> None:
    server.folder = "Svar till Framsteg"
    server.put(mail(letter, "Ett"))
    with Mailbox(f"{server.url}/Svar%20till%20Framsteg") as mailbox:
        assert mailbox.waiting() == ["1"]


def a_certificate(folder: Path) -> Path:
    """Of localhost, signed by itself, with its key in the same file."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]),
    )
    begins = timezone.now() - dt.timedelta(days=1)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), begins, begins + WEEK)
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file = folder / "certificate.pem"
    file.write_bytes(made.sign(key, SHA256()).public_bytes(Encoding.PEM) + secret)
    return file


def test_a_mailbox_is_read_over_tls_from_a_server_whose_certificate_is_trusted(
    letter: Letter, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = a_certificate(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(file)
    with ImapStandIn(tls) as server:
        settings.IMAP_URL = server.url
        server.put(mail(letter, "Ett"))
        with pytest.raises(CommandError, match="CERTIFICATE_VERIFY_FAILED"):
            from_the_mailbox()
        assert (server.said, comments()) == ([], [])
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        assert from_the_mailbox() == "comment 1\n"


def test_where_no_mailbox_is_set_none_is_read(settings: Settings) -> None:
    settings.IMAP_URL = ""
    receive_mail()
    with pytest.raises(CommandError, match="Set IMAP_URL"):
        from_the_mailbox()


# The pipe. A mail server starts a process and looks at how it ends.


def piped(raw: bytes, **environment: str) -> subprocess.CompletedProcess[bytes]:
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    env = os.environ | {"DATABASE_URL": urlunsplit(database), "REPLY_ADDRESS": "svar@kommun.example"} | environment
    command = [sys.executable, "manage.py", "receive_mail"]
    return subprocess.run(command, input=raw, env=env, cwd=CLONE, capture_output=True, check=False)


@pytest.mark.django_db(transaction=True)
def test_a_piped_letter_is_received(letter: Letter, settings: Settings) -> None:
    done = piped(mail(letter, "Det går bra."), SECRET_KEY=settings.SECRET_KEY)
    assert (done.returncode, done.stdout) == (0, b"comment\n"), done.stderr.decode()
    assert comments() == ["Det går bra."]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("raw", [b"", b"\x00\xff" * 900_000, b"Subject: Reklam\r\n\r\nK\xf6p!"])
def test_a_piped_letter_that_is_ignored_ends_well(raw: bytes) -> None:
    done = piped(raw)
    assert (done.returncode, done.stdout) == (0, b"ignored: It answers no letter of ours.\n"), done.stderr.decode()


def test_when_the_database_is_away_the_mail_server_is_asked_to_come_again() -> None:
    done = piped(b"Subject: Hej\r\n\r\n26", DATABASE_URL="postgres://nobody@127.0.0.1:1/nothing")
    assert (done.returncode, done.stdout) == (75, b"")
    assert done.stderr.endswith(b"CommandError: It could not be received now. Try again later.\n")
