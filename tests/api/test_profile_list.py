"""The list in docs/api/rest-api-profil.md has every requirement of the profile, and names tests that there are."""

import ast
import re
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings

from tests.api import test_profile, test_profile_answers
from tests.api.profile import DOCUMENT, Requirement, requirements

ANSWERS = ("ja", "delvis", "nej", "ej aktuellt", "drift")
TESTS = Path(settings.BASE_DIR) / "tests"


class Row(NamedTuple):
    requirement: Requirement
    answer: str
    how: str
    held_by: str

    @property
    def named(self) -> list[str]:
        """What the last column names between backticks."""
        return re.findall(r"`([^`]+)`", self.held_by)


def rows() -> list[Row]:
    found = []
    for line in DOCUMENT.read_text("utf-8").splitlines():
        if re.match(r"\| [A-Z]{3}\.\d\d \|", line):
            id_, kind, text, *rest = (cell.strip() for cell in line.strip("|").split(" | "))
            found.append(Row(Requirement(id_, kind, text), *rest))
    return found


def known_tests() -> set[str]:
    return {
        node.name
        for path in TESTS.rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def held() -> set[tuple[str, str]]:
    """Requirement and test, as the tests of the profile have it themselves."""
    found: set[Any] = set()
    for module in (test_profile, test_profile_answers):
        for name, function in vars(module).items():
            found |= {(requirement, name) for requirement in getattr(function, "holds", ())}
    return found


def test_list_is_the_profiles() -> None:
    assert len(requirements()) == 151
    assert [row.requirement for row in rows()] == requirements()


def test_every_requirement_is_answered_and_what_the_profile_demands_is_never_refused() -> None:
    for row in rows():
        assert row.answer in ANSWERS, row.requirement.id
        assert row.how.endswith((".", ".)")), row.requirement.id
        assert row.held_by, row.requirement.id
        assert not (row.answer == "nej" and row.requirement.kind.startswith("SKALL")), row.requirement.id
        assert ("Drift" in row.held_by) == (row.answer == "drift"), row.requirement.id


def test_sum_at_the_top_is_that_of_the_list() -> None:
    said = re.findall(rf"^\| ({'|'.join(ANSWERS)}) \|[^|]*\| (\d+) \|$", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    assert {answer: int(count) for answer, count in said} == Counter(row.answer for row in rows())


def test_everything_that_holds_a_requirement_exists() -> None:
    known = known_tests()
    for row in rows():
        assert row.named or row.held_by == "Drift", row.requirement.id
        for name in row.named:
            assert name in known or (Path(settings.BASE_DIR) / name).is_file(), (row.requirement.id, name)


def test_list_and_tests_agree_on_who_holds_what() -> None:
    ours = {name for _, name in held()}
    assert held() == {(row.requirement.id, name) for row in rows() for name in row.named if name in ours}
