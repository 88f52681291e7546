"""A letter as the bytes of a mail: headers by RFC 5322, 2369, 3834 and 8058, text with HTML beside it.

Written out here rather than by Django or the standard library, which take several times as long: a municipality's
letters go in the same minutes of the morning. Bodies are quoted-printable, so every server can carry them.
"""

import binascii
import email
import functools
import re
import unicodedata
import uuid
from email.errors import HeaderParseError
from email.header import Header
from email.message import Message
from email.utils import formatdate, parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.encoding import punycode

from kommun.models import Letter

LINE = 76  # signs, as RFC 5322 and 2045 recommend
MAILBOX = re.compile(r"[^\s<>,;:\\\"()\[\]@\x00-\x20\x7f]+@[^\s<>,;:\\\"()\[\]@\x00-\x20\x7f]+")
MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,250}>")
AUTO_REPLIED, AUTO_GENERATED = "auto-replied", "auto-generated"  # RFC 3834


def as_bytes(letter: Letter) -> bytes:
    """The mail, lines ended by CRLF. Raises ValueError when the subject or an address is one that no mail can have."""
    lines = [f"{name}: {value}" for name, value in _headers(letter).items()]
    head = "\r\n".join([*lines, "MIME-Version: 1.0", ""]).encode()
    text = _part("text/plain", letter.text)
    if not letter.html:
        return head + text
    boundary = f"=_{letter.uuid.hex}".encode()  # "=_" is found in no quoted-printable text
    return b"".join(
        (
            head,
            b'Content-Type: multipart/alternative;\r\n boundary="' + boundary + b'"\r\n\r\n',
            b"--" + boundary + b"\r\n" + text,
            b"\r\n--" + boundary + b"\r\n" + _part("text/html", letter.html),
            b"\r\n--" + boundary + b"--\r\n",
        )
    )


class ReadyMessage(EmailMessage):
    """The same mail for Django's other backends, such as the one that writes files."""

    def __init__(self, letter: Letter) -> None:
        super().__init__(letter.subject, letter.text, to=[recipient(letter)])
        self.letter = letter

    def message(self) -> Message:  # type: ignore[override]  # Django says which subclass of it
        return email.message_from_bytes(as_bytes(self.letter).replace(b"\r\n", b"\n"))


def as_message(letter: Letter) -> EmailMessage:
    return ReadyMessage(letter)


def recipient(letter: Letter) -> str:
    return mailbox(letter.address)


@functools.lru_cache(maxsize=16)
def sender(given: str) -> tuple[str, str]:
    """Of such as "Framsteg <framsteg@example.org>": the bare address, and what the header From says."""
    name, address = parseaddr(given)
    address = mailbox(address)
    return address, f"{_words('From', name)} <{address}>" if name else address


def mailbox(address: str) -> str:
    """The bare address with its domain in ASCII. Raises ValueError when it is none."""
    if not MAILBOX.fullmatch(address):
        raise ValueError(f"{address!r} is no e-mail address.")
    if address.isascii():
        return address
    local, _at, domain = address.rpartition("@")
    return f"{local}@{punycode(domain)}"


def _headers(letter: Letter) -> dict[str, str]:
    headers = {
        "From": sender(settings.DEFAULT_FROM_EMAIL)[1],
        "To": recipient(letter),
        "Subject": _words("Subject", letter.subject),
        "Date": formatdate(),
        "Message-ID": _id(letter.uuid),
        "Auto-Submitted": AUTO_REPLIED if letter.in_reply_to else AUTO_GENERATED,
        "X-Auto-Response-Suppress": "All",  # Exchange sends no "out of office" to it
    }
    if letter.reply_to:
        headers["Reply-To"] = mailbox(letter.reply_to)
    if answered := _answered(letter):
        headers |= {"In-Reply-To": answered, "References": answered}
    if letter.unsubscribe_url:
        headers["List-Unsubscribe"] = f"<{_address(letter.unsubscribe_url)}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def _answered(letter: Letter) -> str:
    """What mail programs show this letter under: the one it answers, else the thread of what it is about, else nothing.

    What a stranger's letter called itself is used only when it is one plain Message-ID.
    """
    if letter.in_reply_to:
        given = letter.in_reply_to.strip()
        return given if MESSAGE_ID.fullmatch(given) else ""
    return _id(letter.thread) if letter.thread else ""


def _id(key: uuid.UUID) -> str:
    return f"<{key}@{urlsplit(settings.BASE_URL).hostname}>"


def _address(url: str) -> str:
    if not url.isascii() or re.search(r"[\s<>]", url):
        raise ValueError("The address to unsubscribe at is none.")
    return url


def _words(name: str, value: str) -> str:
    """A header's free text, encoded by RFC 2047 where it must be, and folded.

    A line break would begin a new header, and Python takes more signs for line breaks than RFC 5322 does.
    """
    if any(unicodedata.category(sign) == "Cc" for sign in value):
        raise ValueError(f"The header {name} has no line breaks or control characters.")
    charset = "us-ascii" if value.isascii() else "utf-8"
    try:
        return Header(value, charset, maxlinelen=LINE, header_name=name).encode(linesep="\r\n")
    except HeaderParseError as error:
        raise ValueError(f"The header {name} cannot be written: {error}") from error


def _part(kind: str, body: str) -> bytes:
    head = f"Content-Type: {kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    lines = body.replace("\r\n", "\n").replace("\r", "\n").encode()
    return head.encode() + binascii.b2a_qp(lines, istext=True).replace(b"\n", b"\r\n")
