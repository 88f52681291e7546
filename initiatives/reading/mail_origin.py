"""Where a letter comes from: a person or a machine, and whether a server that we trust vouches for the sender."""

import re
from collections.abc import Iterator, Sequence
from email.message import EmailMessage, Message
from typing import Final

from initiatives.reading.mail_text import FAULTS, clean

LONGEST_FAILURE: Final = 500
_PRECEDENCE: Final = frozenset({"bulk", "junk", "list", "auto_reply"})
_NOBODY: Final = frozenset({"mailer-daemon", "postmaster", "noreply", "no-reply", "no_reply", "donotreply"})
_AWAY: Final = re.compile(
    r"(?:re|sv): *(?:autosvar|automatiskt svar|automatic reply|out of (?:the )?office)\b"
    r"|(?:autosvar|auto-?svar|automatiskt (?:svar|meddelande)|frånvaro\w*|ej på plats|inte på plats)\b"
    r"|(?:automatic|auto|autom\.)[ -]?(?:reply|response)\b|out of (?:the )?office\b|away from (?:my|the) office",
    re.IGNORECASE,
)


def machine_of(message: EmailMessage, subject: str) -> str:
    """Why a machine must have written it, by RFC 3834 and what machines did before it; "" for a person."""
    return next(_signs(message, subject), "")


def _signs(message: EmailMessage, subject: str) -> Iterator[str]:
    if (sent := _value(message, "Auto-Submitted").split(";")[0].strip()) not in ("", "no"):
        yield f"Auto-Submitted: {sent}"
    if (precedence := _value(message, "Precedence")) in _PRECEDENCE:
        yield f"Precedence: {precedence}"
    for name in ("List-Id", "X-Autoreply", "X-Autorespond", "X-Autoresponder"):
        if _value(message, name) not in ("", "no"):
            yield name
    if _value(message, "Return-Path") == "<>":
        yield "Return-Path: <>"
    if (name := _local_part(_value(message, "From"))) in _NOBODY:
        yield f"From: {name}"
    if message.get_content_type() == "multipart/report":
        yield "multipart/report"
    if _AWAY.match(subject.strip()):
        yield "Subject says that nobody is there"


def failure_of(message: EmailMessage) -> str:
    """That a letter was not delivered and never will be, by RFC 3464: "5.1.1 smtp; 550 unknown user"; else ""."""
    if message.get_content_type() != "multipart/report":
        return ""
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            for block in _blocks(part):
                status = _value(block, "Status")
                if _value(block, "Action") == "failed" and status.startswith("5."):
                    return f"{status} {_value(block, 'Diagnostic-Code')}".strip()[:LONGEST_FAILURE]
    return ""


def is_vouched_for(sender: str, results: Sequence[str], server: str) -> bool:
    """Whether the topmost Authentication-Results of `server` says that `sender`'s domain has sent the letter.

    DMARC has passed; or SPF or DKIM has, for the very domain of the sender or for one below it. The server must take
    away what comes from outside in its own name, as RFC 8601 section 5 demands of it.
    """
    domain = sender.rpartition("@")[2].lower()
    for result in results:
        name, *methods = [" ".join(each.split()).lower() for each in _pieces(result)]
        if name.partition(" ")[0] == server.lower():
            return bool(domain) and _passes(methods, domain)
    return False


def _passes(methods: Sequence[str], domain: str) -> bool:
    dmarc = [each for each in methods if each.startswith("dmarc=")]
    if dmarc and not all(_is_of(each, domain, "header.from") for each in dmarc):
        return False
    if any(_is_pass(each, "dmarc") for each in dmarc):
        return all(_is_pass(each, "dmarc") for each in dmarc)
    if any(each.startswith("dmarc=fail") for each in dmarc):
        return False
    return any(
        (_is_pass(each, "spf") and _is_aligned(each, "smtp.mailfrom", domain))
        or (_is_pass(each, "dkim") and _is_aligned(each, "header.d", domain))
        for each in methods
    )


def _is_pass(method: str, name: str) -> bool:
    return method.split(" ")[0] == f"{name}=pass"


def _is_of(method: str, domain: str, prop: str) -> bool:
    """What is said is said of this domain, or of none that is named."""
    return all(said == domain for said in _props(method, prop))


def _is_aligned(method: str, prop: str, domain: str) -> bool:
    said = _props(method, prop)
    return bool(said) and all(each == domain or each.endswith(f".{domain}") for each in said)


def _props(method: str, prop: str) -> list[str]:
    return [each.partition("=")[2].rpartition("@")[2] for each in method.split(" ") if each.startswith(f"{prop}=")]


def _pieces(value: str) -> list[str]:
    """The value at its semicolons, without comments and what stands in quotation marks: a stranger may choose those."""
    pieces, depth, is_quoted, is_escaped = [""], 0, False, False
    for sign in value:
        if is_escaped or sign == "\\":
            is_escaped = not is_escaped
        elif sign == '"' and depth == 0:
            is_quoted = not is_quoted
            pieces[-1] += sign
        elif not is_quoted and sign in "()":
            depth = max(0, depth + (1 if sign == "(" else -1))
        elif not is_quoted and depth == 0:
            if sign == ";":
                pieces.append("")
            else:
                pieces[-1] += sign
    return pieces


def _value(message: Message, name: str) -> str:
    """The first header of that name in lower case; "" when it cannot be read."""
    try:
        return clean(str(message.get(name, ""))).strip().lower()
    except FAULTS:
        return ""


def _local_part(sender: str) -> str:
    return sender.rpartition("<")[2].partition("@")[0].strip(' "<>')


def _blocks(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [each for each in payload if isinstance(each, Message)] if isinstance(payload, list) else []
