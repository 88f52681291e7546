"""Words with names in braces that a letter fills in: "How did {period} go?". Which names fit which reminder.

Nothing is looked up but the names given: a text that people write can reach no attribute and no item of anything.
"""

import re
from collections.abc import Mapping
from typing import Final

NAME: Final = re.compile(r"\{([a-z_]+)\}")
ALWAYS: Final = ("title", "owner", "unit", "days", "day")
_OF_VALUES: Final = ("period", "latest", "target")
BESIDE: Final[Mapping[str, tuple[str, ...]]] = {  # by the name of the rule
    "value_due": _OF_VALUES,
    "hold_check_due": _OF_VALUES,
    "baseline_missing": _OF_VALUES,
    "target_near": ("latest", "target"),
    "target_passed": ("latest", "target"),
    "returned": ("decider",),
    "declined": ("decider",),
    "approved": ("decider",),
    "stopped": ("decider",),
    "silence_owner": ("decider",),
    "waiver_answered": ("decider",),
    "obstacle_open": ("obstacle",),
    "obstacle_removed": ("obstacle",),
    "promise_due": ("promise",),
    "promise_settled": ("decider", "promise"),
}


def allowed(rule: str) -> tuple[str, ...]:
    """The names that a text of `rule` may use, without braces."""
    return ALWAYS + BESIDE.get(rule, ())


def fill(text: str, values: Mapping[str, str]) -> str:
    """`text` with each name in braces replaced by its value, once: braces in a value stay. Never raises.

    A name without a value stays as it is written; see `lacking`.
    """
    return NAME.sub(lambda found: values.get(found[1], found[0]), text)


def lacking(text: str, values: Mapping[str, str]) -> list[str]:
    """The names in `text` that have no value, or an empty one: the standard words are then better."""
    return [name for name in NAME.findall(text) if not values.get(name)]


def unknown(text: str, rule: str) -> list[str]:
    """What stands in braces in `text` and is not a name that fits `rule`, as written; a brace that stands alone too."""
    names = allowed(rule)
    rest = NAME.sub(lambda found: "" if found[1] in names else found[0], text)
    return re.findall(r"\{[^{}]*\}|[{}]", rest)
