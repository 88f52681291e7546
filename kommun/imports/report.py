"""What an import came to: how many rows did what, and which were refused and why. Reasons never repeat a name."""

import dataclasses
from collections.abc import Sequence

MANY_SHARE, MANY_AT_LEAST = 0.2, 10


class ImportStopped(Exception):
    """Nothing was stored; the message says why and what to do."""


@dataclasses.dataclass(frozen=True)
class Refusal:
    row: int  # as in a spreadsheet, where the heading is row 1; in JSON the number of the object, from 1
    reason: str

    def __str__(self) -> str:
        return f"Row {self.row} refused: {self.reason}"


@dataclasses.dataclass(frozen=True)
class Report:
    what: str
    counts: dict[str, int]
    refusals: Sequence[Refusal]

    def __str__(self) -> str:
        numbers = ", ".join(f"{number} {name}" for name, number in self.counts.items())
        lines = [*map(str, sorted(self.refusals, key=lambda refusal: refusal.row)), f"{self.what}: {numbers}."]
        return "\n".join(lines)


def stop_if_many_would_end(what: str, ending: int, of: int, *, allowed: bool) -> None:
    """Half a file looks like half a municipality leaving.

    Raises ImportStopped for more than a fifth, if that is more than ten.
    """
    if ending > max(MANY_AT_LEAST, of * MANY_SHARE) and not allowed:
        raise ImportStopped(
            f"The file lacks {ending} of {of} {what}, who would all be ended. Nothing was stored. "
            "If it is right, run again with --allow-ending-many."
        )
