"""Chats and SMS gateways that the municipality has set up in CHANNELS, each behind one address for `apprise`.

An address holds secrets: it is never logged, stored or shown. Only its name leaves this file.
"""

import logging
import re
from collections.abc import Callable
from urllib.parse import quote

import apprise
from django.conf import settings
from django.utils.translation import gettext_noop

from kommun.models import Employee

ASSET = apprise.AppriseAsset(app_id="Framsteg", app_desc="Framsteg", async_mode=False, secure_logging=True)
FILLED_IN: dict[str, Callable[[Employee], str]] = {
    "{email}": lambda person: person.email,
    "{login}": lambda person: person.login or "",
    "{employee_id}": lambda person: person.employee_id,
}
IS_GONE = gettext_noop("There is no such channel any more.")
LACKS_WHAT_IT_NEEDS = gettext_noop("The channel needs something that the recipient lacks, such as an e-mail address.")
NOT_UNDERSTOOD = gettext_noop("The channel's address is wrong. It stands in CHANNELS.")
NOT_TAKEN = gettext_noop("The channel did not take it.")
NO_ANSWER = gettext_noop("The channel took the letter and never answered.")
TIMEOUT = 20.0  # seconds to connect, and to answer, where the address says no `cto` and `rto`: gateways may be slow
# As `requests` says it when all had been asked. A connection that was refused reads otherwise.
UNANSWERED = re.compile(r"Socket Exception: .*(Read timed out|Connection aborted|Connection broken)", re.DOTALL)


class ChannelFailed(OSError):
    """Not now; perhaps later. The sentence says no more than what may be shown."""


class ChannelUnanswered(ChannelFailed):
    """It was asked, and then nothing was heard: it may have taken it."""


def channels() -> list[str]:
    """Their names, in the order of the setting. `Employee.channel` is one of them, or one that has gone, or empty."""
    return list(settings.CHANNELS)


def address(name: str, person: Employee) -> str:
    """Where `person` is reached. Secret. Raises ValueError when the channel is gone, or needs what the person lacks."""
    if name not in settings.CHANNELS:
        raise ValueError(IS_GONE)

    def value(found: re.Match[str]) -> str:
        said = FILLED_IN[found[0]](person)
        if not said:
            raise ValueError(LACKS_WHAT_IT_NEEDS)
        return quote(said, safe="")

    return re.sub("|".join(map(re.escape, FILLED_IN)), value, settings.CHANNELS[name])


def send(address: str, subject: str, text: str) -> None:
    """Raises ValueError for an address that is none, ChannelFailed with the answer's code if there was one, and
    ChannelUnanswered when the channel may have taken it all the same.
    """
    service = apprise.Apprise(asset=ASSET)
    if not service.add(address):
        raise ValueError(NOT_UNDERSTOOD)
    _give_time(service)
    done = service.notify(body=text, title=subject, body_format=apprise.NotifyFormat.TEXT, log_level=logging.DEBUG)
    if not done and any(UNANSWERED.match(entry.message) for entry in done.logs()):
        raise ChannelUnanswered(NO_ANSWER)
    if not done:
        raise ChannelFailed(" ".join([NOT_TAKEN, *_codes(done)]))


def _give_time(service: apprise.Apprise) -> None:
    for place in service:
        for name in ("socket_connect_timeout", "socket_read_timeout"):
            if getattr(place, name) == getattr(type(place), name):
                setattr(place, name, TIMEOUT)


def _codes(done: apprise.AppriseResult) -> list[str]:
    """The HTTP statuses of the answers. All else that was said may hold the secret."""
    said = "\n".join(entry.message for entry in done.logs())
    return sorted(set(re.findall(r"error=(\d{3})\b", said)))
