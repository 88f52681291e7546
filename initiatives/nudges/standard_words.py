"""The product's own words for a reminder, as an administrator reads them: names in braces are what is filled in."""

import datetime as dt
import re
from typing import Any, Final

from django.template import Context
from django.template.loader import get_template
from django.utils import translation

FOLDER: Final = "initiatives/letters"
PARTS: Final = ("subject", "sentence", "button")


class _Example(dict[str, Any]):
    """What a text asks for and no name stands for is three dots."""

    def __contains__(self, key: object) -> bool:
        return key not in ("True", "False", "None")  # which Django's templates have as names

    def __missing__(self, key: str) -> "_Example":
        return _Example()

    def __bool__(self) -> bool:
        return True

    def __str__(self) -> str:
        return "…"


def standard_words(rule: str, language: str, *, today: dt.date) -> dict[str, str]:
    """Subject, sentence and button of `rule` in `language`, with an example of a day and of how many."""
    with translation.override(language):
        return {part: _one_line(f"{FOLDER}/{rule}.txt#{part}", _example(today, language)) for part in PARTS}


def _example(today: dt.date, language: str) -> _Example:
    owner = _Example(display_name="{owner}", first_name="{owner}")
    decider = _Example(display_name="{decider}", first_name="{decider}")
    return _Example(
        initiative=_Example(title="{title}", unit=_Example(name="{unit}")),
        owner=owner,
        step=_Example(by=decider, at=today),
        obstacle=_Example(text="{obstacle}"),
        promise=_Example(text="{promise}", due_on=today),
        period="{period}",
        during="i {period}" if language == "sv" else "in {period}",
        latest="{latest}",
        target="{target}",
        waited=5,
        since=today,
        silent_after=today,
    )


def _one_line(template: str, context: _Example) -> str:
    found: Any = get_template(template)
    text = found.template.render(Context(context, autoescape=False))
    return re.sub(r"\s+", " ", text, flags=re.ASCII).strip()
