"""The ways a letter goes: over SMTP, through another of Django's backends, or to a chat or an SMS gateway.

A carrier is opened, is handed one letter after the other, and is closed. It knows no rows.
"""

import re
import smtplib
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend
from django.utils.translation import gettext_noop

from kommun import channels
from kommun.letters.answers import NeverAnswered
from kommun.letters.messages import as_bytes, as_message, recipient, sender
from kommun.models import Letter

GOOD, ALSO_GOOD, GO_ON = 250, 251, 354  # 251: the server forwards it


class Parcel(Protocol):
    """A letter made ready, so that nothing but the way itself can fail."""

    def hand_over(self) -> None: ...


class Carrier(Protocol):
    def open(self) -> None:
        """Connects, if there is no connection. Raises OSError or SMTPException when nobody answers."""

    def prepare(self, letter: Letter) -> Parcel:
        """Raises ValueError when no mail can be made of the letter."""

    def close(self) -> None: ...


def by_mail() -> Carrier:
    backend = get_connection()
    return Smtp(backend) if isinstance(backend, EmailBackend) else Backend(backend)


class Smtp:
    """One connection for all letters; Django's backend opens it, with the encryption and the user of the settings."""

    def __init__(self, backend: EmailBackend) -> None:
        self.backend = backend

    def open(self) -> None:
        self.backend.open()
        if self.backend.connection:
            self.backend.connection.ehlo_or_helo_if_needed()

    def prepare(self, letter: Letter) -> Parcel:
        envelope = sender(settings.DEFAULT_FROM_EMAIL)[0]
        return SmtpParcel(self.backend, envelope, recipient(letter), _as_sent(as_bytes(letter)))

    def close(self) -> None:
        with suppress(OSError, smtplib.SMTPException):  # a connection that is dead already
            self.backend.close()


def _as_sent(content: bytes) -> bytes:
    """With dots doubled where a line begins with one, ended by CRLF and by the dot alone: RFC 5321, 4.5.2."""
    end = b".\r\n" if content.endswith(b"\r\n") else b"\r\n.\r\n"
    return re.sub(rb"(?m)^\.", b"..", content) + end


@dataclass(frozen=True)
class SmtpParcel:
    backend: EmailBackend
    sender: str
    recipient: str
    content: bytes

    def hand_over(self) -> None:
        """As smtplib's `sendmail`, but telling a connection that broke before the letter was out from one that broke
        after, when it may have arrived. Raises SMTPException, OSError, or NeverAnswered.
        """
        server = self.backend.connection
        assert server is not None, "the carrier has been opened"
        code, said = server.mail(self.sender, self._options(server))
        if code != GOOD:
            raise self._refused(server, smtplib.SMTPSenderRefused(code, said, self.sender))
        code, said = server.rcpt(self.recipient)
        if code not in (GOOD, ALSO_GOOD):
            raise self._refused(server, smtplib.SMTPRecipientsRefused({self.recipient: (code, said)}))
        code, said = server.docmd("DATA")
        if code != GO_ON:
            raise self._refused(server, smtplib.SMTPDataError(code, said))
        code, said = self._content(server)
        if code != GOOD:
            raise self._refused(server, smtplib.SMTPDataError(code, said))

    def _options(self, server: smtplib.SMTP) -> list[str]:
        if (self.sender + self.recipient).isascii():
            return []
        if not server.has_extn("smtputf8"):
            raise ValueError(NO_SUCH_SIGNS)
        return ["SMTPUTF8"]

    def _content(self, server: smtplib.SMTP) -> tuple[int, bytes]:
        try:
            server.send(self.content)
            return server.getreply()
        except (OSError, smtplib.SMTPServerDisconnected) as error:
            raise NeverAnswered(NO_ANSWER) from error

    def _refused(self, server: smtplib.SMTP, error: smtplib.SMTPException) -> smtplib.SMTPException:
        try:
            server.rset()  # so that the next letter can begin
        except (OSError, smtplib.SMTPException):
            with suppress(OSError, smtplib.SMTPException):
                self.backend.close()  # the next letter opens a new one
        return error


NO_SUCH_SIGNS = gettext_noop("The mail server cannot write to an address with such letters in it.")
NO_ANSWER = gettext_noop("The mail server took the letter and never answered.")


class Backend:
    """Any other of Django's backends, such as files in a demo."""

    def __init__(self, backend: BaseEmailBackend) -> None:
        self.backend = backend

    def open(self) -> None:
        self.backend.open()

    def prepare(self, letter: Letter) -> Parcel:
        message = as_message(letter)
        message.message()  # raises what is wrong with it now
        return BackendParcel(self.backend, letter)

    def close(self) -> None:
        self.backend.close()


@dataclass(frozen=True)
class BackendParcel:
    backend: BaseEmailBackend
    letter: Letter

    def hand_over(self) -> None:
        self.backend.send_messages([as_message(self.letter)])


class Channel:
    """A chat or an SMS gateway, by its name in the settings. There is no connection to keep."""

    def __init__(self, name: str) -> None:
        self.name = name

    def open(self) -> None: ...

    def prepare(self, letter: Letter) -> Parcel:
        return ChannelParcel(channels.address(self.name, letter.employee), letter.subject, letter.text)

    def close(self) -> None: ...


@dataclass(frozen=True, repr=False)
class ChannelParcel:
    address: str  # secret
    subject: str
    text: str

    def hand_over(self) -> None:
        channels.send(self.address, self.subject, self.text)
