"""The kinds of reminder as a person meets them: by name, and in three groups."""

from typing import Final, NamedTuple

from initiatives.models import DUTIES, RuleName
from initiatives.nudges.rules import RULE

_LABELS: Final = dict(RuleName.choices)


class Kinds(NamedTuple):
    """Names and labels, in the order of a letter."""

    duties: list[tuple[str, str]]  # what others wait for
    reminders: list[tuple[str, str]]
    news: list[tuple[str, str]]


def kind(rule: str) -> str:
    return str(_LABELS.get(rule, rule))


def kinds() -> Kinds:
    """Every kind there is."""
    groups = Kinds([], [], [])
    for rule in RuleName.values:
        is_news = rule in RULE and RULE[rule].is_news
        group = groups.duties if rule in DUTIES else groups.news if is_news else groups.reminders
        group.append((rule, kind(rule)))
    return groups
