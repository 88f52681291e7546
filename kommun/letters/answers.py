"""What a failed sending means for the letter: never, later, or nobody knows. It knows SMTP's codes, and no rows."""

import enum
import re
import smtplib

from kommun.channels import ChannelFailed, ChannelUnanswered

ABOUT_US = {421, 530, 534, 535, 538}  # the server is closing, or does not know us: nothing about this letter

# RFC 3463, 5.7.x, said of a recipient: "Relay access denied", "Client host blocked". Our settings are at fault.
POLICY = re.compile(rb"\s*5\.7\.\d{1,3}\b")


class NeverAnswered(Exception):
    """The whole letter was handed over, and then the connection broke: it may have arrived."""


class Verdict(enum.Enum):
    NEVER = enum.auto()  # given up, and shown to the administrator
    LATER = enum.auto()  # this letter waits; the connection is good for the next one
    SILENCE = enum.auto()  # nothing about the letter: the server, the network or our own settings. It waits
    UNKNOWN = enum.auto()  # it may have arrived


def judge(error: Exception) -> Verdict:
    """A refusal for good (5xx) of the recipient or of what was written ends a letter; one of us as sender does not."""
    if isinstance(error, NeverAnswered | ChannelUnanswered):
        return Verdict.UNKNOWN
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        refusals = error.recipients.values()
        if any(POLICY.match(said) for _code, said in refusals):
            return Verdict.SILENCE
        return _by_code(max(code for code, _words in refusals))
    if isinstance(error, smtplib.SMTPDataError):
        return _by_code(error.smtp_code)
    if isinstance(error, ValueError | smtplib.SMTPNotSupportedError):  # a subject or an address that cannot be sent
        return Verdict.NEVER
    return Verdict.SILENCE


def _by_code(code: int) -> Verdict:
    if code in ABOUT_US:
        return Verdict.SILENCE
    return Verdict.NEVER if code >= 500 else Verdict.LATER


def words(error: Exception) -> str:
    """The server's own words with its code; else our sentence, or the error's name and text."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(_reply(code, said) for code, said in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return _reply(error.smtp_code, error.smtp_error)
    if isinstance(error, NeverAnswered | ChannelFailed | ValueError):
        return str(error)
    return f"{type(error).__name__}: {error}"


def _reply(code: int, said: bytes | str) -> str:
    return f"{code} {said.decode(errors='replace') if isinstance(said, bytes) else said}"
