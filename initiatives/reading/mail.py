"""A letter as mail servers hand it over, read into what matters: who wrote it, to which addresses, and what.

Anything may come from outside, so nothing in it raises an exception: what cannot be read is as if it were not there. It
judges nobody: whether a sender is who they claim to be is for others to say, by what stands in `authentication`.
"""

import hashlib
import re
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesHeaderParser, BytesParser
from email.policy import EmailPolicy
from typing import Any, Final, cast

from initiatives.reading.mail_origin import failure_of, machine_of
from initiatives.reading.mail_text import FAULTS, clean, text_of_message, written_in

MOST_BYTES: Final = 1_000_000  # of a letter; what lies beyond, a picture most likely, is not read
LONGEST_HEADER: Final = 4_000  # characters; the standard library takes minutes over one of a megabyte
LONGEST_ID: Final = 250  # bytes, all ASCII as RFC 5322 has it: a unique index takes no long ones
_ID: Final = re.compile(r"<[^<>\s]+>")
_ADDRESS: Final = re.compile(r"[^\s<>,;:\"()\[\]]+@[^\s<>,;:\"()\[\]]+")
_RECIPIENTS: Final = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To")
_ANSWERED: Final = ("In-Reply-To", "References")
_QUOTED_ID: Final = re.compile(rb"^message-id:\s*(<[^<>\s]{1,900}>)", re.IGNORECASE | re.MULTILINE)


class _BoundedPolicy(EmailPolicy):
    """`email.policy.default`, with headers that end."""

    def header_source_parse(self, sourcelines: Any) -> Any:
        name, value = super().header_source_parse(sourcelines[:LONGEST_HEADER])
        return name, value[:LONGEST_HEADER]

    def header_max_count(self, name: str) -> None:
        return None


_POLICY: Final[Any] = _BoundedPolicy()


@dataclass(frozen=True)
class Mail:
    """One letter. Addresses are in lower case."""

    message_id: str  # with its angle brackets; made from the letter's own bytes where it has no good one
    sender: str  # "" when there is none, or more than one
    recipients: tuple[str, ...]
    subject: str
    text: str  # all of it
    written: str  # what the person wrote, above the letter that they answer
    machine: str  # why a machine must have written it; "" for a person
    failure: (
        str  # that a letter could not be delivered for good, in the words of the server; "" when it is no such word
    )
    answers: tuple[str, ...]  # the Message-IDs of the letters that it answers, or reports on
    authentication: tuple[str, ...]  # the Authentication-Results, the topmost first


def read_mail(raw: bytes) -> Mail:
    """The letter in `raw`, as it lies in a mailbox. Raises nothing."""
    kept = raw[:MOST_BYTES]
    message = _parsed(kept)
    text = text_of_message(message)
    return Mail(
        message_id=_message_id(message, kept),
        sender=_sender(message),
        recipients=tuple(address for name in _RECIPIENTS for address in _addresses(message, name)),
        subject=header(message, "Subject"),
        text=text,
        written=written_in(text),
        machine=machine_of(message, header(message, "Subject")),
        failure=failure_of(message),
        answers=_answers(message, kept),
        authentication=tuple(headers(message, "Authentication-Results")),
    )


def headers(message: EmailMessage, name: str) -> list[str]:
    """All headers of that name from the top, unfolded; without those that cannot be read."""
    found: list[str] = []
    for key, value in message.raw_items():
        if key.lower() == name.lower():
            try:
                found.append(clean(str(_POLICY.header_fetch_parse(key, value))).strip())
            except FAULTS:
                continue
    return found


def header(message: EmailMessage, name: str) -> str:
    return next(iter(headers(message, name)), "")


def _parsed(raw: bytes) -> EmailMessage:
    """The letter with its parts; the headers alone when those lie in a thousand layers."""
    try:
        found = BytesParser(policy=_POLICY).parsebytes(raw)
    except FAULTS:
        found = BytesHeaderParser(policy=_POLICY).parsebytes(raw)
    return cast(EmailMessage, found)  # the class that the policy says


def _message_id(message: EmailMessage, raw: bytes) -> str:
    found = _ID.search(header(message, "Message-ID"))
    if found and found[0].isascii() and len(found[0]) <= LONGEST_ID:
        return found[0]
    return f"<{hashlib.sha256(raw).hexdigest()}@without.message-id>"


def _sender(message: EmailMessage) -> str:
    """Of two that claim to have written it, neither is believed."""
    rows = [value for key, value in message.raw_items() if key.lower() == "from"]
    if len(rows) != 1:
        return ""
    try:
        read: Any = _POLICY.header_fetch_parse("From", rows[0])
        addresses = read.addresses
        return clean(addresses[0].addr_spec).lower() if len(addresses) == 1 and addresses[0].domain else ""
    except FAULTS:
        return ""


def _addresses(message: EmailMessage, name: str) -> list[str]:
    return [each.lower() for value in headers(message, name) for each in _ADDRESS.findall(value)]


def _answers(message: EmailMessage, raw: bytes) -> tuple[str, ...]:
    """A report quotes the letter that it is about with its headers."""
    named = [found for name in _ANSWERED for value in headers(message, name) for found in _ID.findall(value)]
    if message.get_content_type() == "multipart/report":
        named += [clean(found.decode("ascii", "replace")) for found in _QUOTED_ID.findall(raw)[1:]]
    return tuple(dict.fromkeys(named))
