"""The municipality's own words for a reminder, where somebody has written any: the nearest unit's, part by part."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Self

from initiatives.models import NudgeText
from initiatives.reading.placeholders import fill, lacking

PARTS: Final = ("subject", "sentence", "button")
Key = tuple[str, str, int | None]  # rule, language, unit


@dataclass(frozen=True)
class OwnWords:
    rows: Mapping[Key, NudgeText] = field(default_factory=dict)

    @classmethod
    def load(cls) -> Self:
        """What has been written by now. One query."""
        order = ("rule", "language", "unit_id")
        latest = NudgeText.objects.order_by(*order, "-id").distinct(*order)
        return cls({(row.rule, row.language, row.unit_id): row for row in latest})

    def of(self, rule: str, language: str, path: Sequence[int], values: Mapping[str, str]) -> dict[str, str]:
        """Those of subject, sentence and button that somebody has written, filled in.

        `path` is the unit's, from the top. Words with a name that has no value here are left to the standard text.
        """
        said: dict[str, str] = {}
        for unit in (None, *path) if self.rows else ():
            row = self.rows.get((rule, language, unit))
            said |= {part: text for part in PARTS if row and (text := getattr(row, part))}
        return {part: fill(text, values) for part, text in said.items() if not lacking(text, values)}
