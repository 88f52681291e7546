"""The national REST API profile, as the tests know it: which requirements there are, and which test holds which."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from django.conf import settings

LIST = Path(__file__).parent.parent / "data" / "rest-api-profil" / "krav-1.2.0.csv"
DOCUMENT = Path(settings.BASE_DIR) / "docs" / "api" / "rest-api-profil.md"
Test = TypeVar("Test", bound=Callable[..., Any])


class Requirement(NamedTuple):
    id: str
    kind: str  # SKALL, SKALL INTE, BÖR, BÖR INTE
    text: str


def requirements() -> list[Requirement]:
    with LIST.open(encoding="utf-8", newline="") as file:
        return [Requirement(row["id"], row["typ"], row["krav"]) for row in csv.DictReader(file)]


def holds(*ids: str) -> Callable[[Test], Test]:
    """Says which requirements of the profile a test holds; the list in docs/api names the test for each of them."""

    def mark(test: Test) -> Test:
        test.holds = ids  # type: ignore[attr-defined]  # a function takes any attribute
        return test

    return mark
