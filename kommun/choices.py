"""The text of a choice that explains itself, for radio cards."""

from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True)
class HintedLabel:
    """A label with a line below it. Use it in the place of the label in a field's choices."""

    label: str | Promise
    hint: str | Promise

    def __str__(self) -> str:
        return str(self.label)
