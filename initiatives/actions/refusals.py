"""How an action says no: always with sentences that a person can act on, each bound to the field that it is about."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _


@dataclass(frozen=True)
class Missing:
    """What is wrong and what to do about it. `field` is the name of the form field; "" when there is none."""

    field: str
    message: str


class Refused(Exception):
    """A step or change that cannot be done as it stands; nothing was written."""

    def __init__(self, *missing: Missing) -> None:
        self.missing: Sequence[Missing] = missing
        super().__init__(" ".join(each.message for each in missing))


class NotAllowed(Refused):
    """The person is not the one who may do this."""

    def __init__(self, message: str = "") -> None:
        super().__init__(Missing("", message or _("You cannot do this. It is for somebody else to do.")))


class Overtaken(Refused):
    """Something has happened since the person looked."""

    def __init__(self) -> None:
        super().__init__(Missing("", _("Somebody was here before you. Look at what has changed and try again.")))
