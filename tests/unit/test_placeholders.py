"""Names in braces are filled in, and nothing else is: what people write can neither break a letter nor look into it."""

import pytest

from initiatives.models import RuleName
from initiatives.reading.placeholders import ALWAYS, BESIDE, allowed, fill, lacking, unknown

VALUES = {"title": "Kortare {owner}", "owner": "Amina", "latest": ""}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{title}", "Kortare {owner}"),  # once: a title with braces is not filled in again
        ("{owner} och {owner}", "Amina och Amina"),
        ("{owner", "{owner"),
        ("owner}", "owner}"),
        ("{}", "{}"),
        ("{{owner}}", "{Amina}"),
        ("{owner.pk} {owner[0]} {owner!r} {owner:>10}", "{owner.pk} {owner[0]} {owner!r} {owner:>10}"),
        ("{__class__} {0} {nobody}", "{__class__} {0} {nobody}"),
        ("100 % %s %(owner)s $owner", "100 % %s %(owner)s $owner"),
    ],
)
def test_only_names_that_have_a_value_are_filled_in(text: str, filled: str) -> None:
    assert fill(text, VALUES) == filled


def test_it_is_known_which_names_have_nothing_to_say() -> None:
    assert lacking("{owner}: {latest} av {target}", VALUES) == ["latest", "target"]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("Hur gick det i {period}? {latest} var det, {target} är målet.", []),
        ("{titel}", ["{titel}"]),
        ("{owner.password}", ["{owner.password}"]),
        ("{title", ["{"]),
        ("}{title}{", ["}", "{"]),
        ("{obstacle}", ["{obstacle}"]),
    ],
)
def test_what_does_not_fit_the_rule_is_found(text: str, wrong: list[str]) -> None:
    assert unknown(text, RuleName.VALUE_DUE) == wrong


def test_every_rule_has_the_common_names_and_its_own() -> None:
    assert {rule: allowed(rule)[len(ALWAYS) :] for rule in RuleName if rule in BESIDE} == dict(BESIDE)
    assert allowed(RuleName.NO_PROGRESS) == ("title", "owner", "unit", "days", "day")
