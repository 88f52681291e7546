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


class ChannelFailed(OSError):
    """Not now; perhaps later. The sentence says no more than what may be shown."""


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
    """Raises ValueError for an address that is none, and ChannelFailed with the answer's code if there was one."""
    service = apprise.Apprise(asset=ASSET)
    if not service.add(address):
        raise ValueError(NOT_UNDERSTOOD)
    done = service.notify(body=text, title=subject, body_format=apprise.NotifyFormat.TEXT, log_level=logging.WARNING)
    if not done:
        raise ChannelFailed(" ".join([NOT_TAKEN, *_codes(done)]))


def _codes(done: apprise.AppriseResult) -> list[str]:
    """The HTTP statuses of the answers. All else that was said may hold the secret."""
    said = "\n".join(entry.message for entry in done.logs())
    return sorted(set(re.findall(r"error=(\d{3})\b", said)))
