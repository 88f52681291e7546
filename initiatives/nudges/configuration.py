"""Which figures hold for a rule: the table's, the municipality's, or a unit's for itself and all below it."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any, Final

from initiatives.models import EscalateTo, NudgeSetting
from initiatives.nudges.rules import Figures, Rule
from kommun.models import Unit

NAMES: Final = tuple(field.name for field in dataclasses.fields(Figures))


@dataclasses.dataclass(frozen=True)
class Configured:
    """The figures of a rule everywhere. `variants[0]` is the municipality's; `of_unit` names another for some units."""

    variants: tuple[Figures, ...]
    of_unit: Mapping[int, int] = dataclasses.field(default_factory=dict)

    def for_unit(self, unit_id: int | None) -> Figures:
        return self.variants[self.of_unit.get(unit_id, 0) if unit_id else 0]


def configured(rules: Iterable[Rule]) -> dict[str, Configured]:
    """By the name of the rule, as set by now. One query, and one more when any unit has figures of its own."""
    latest = list(NudgeSetting.objects.order_by("rule", "unit_id", "-id").distinct("rule", "unit_id"))
    setting_units = {row.unit_id for row in latest if row.unit_id}
    paths = _paths_below(setting_units) if setting_units else {}
    rows: dict[str, dict[int | None, NudgeSetting]] = {}
    for row in latest:
        rows.setdefault(row.rule, {})[row.unit_id] = row
    return {rule.name.value: _of_rule(rule, rows.get(rule.name.value, {}), paths) for rule in rules}


def figures_of(rule: Rule, unit: Unit | None = None) -> Figures:
    """What holds for one unit, or for the municipality."""
    found = configured([rule])[rule.name.value]
    return found.for_unit(unit.pk if unit else None)


def _paths_below(units: set[int]) -> dict[int, list[int]]:
    """Unit id → its path, for every unit at or below those that have set something."""
    return dict(Unit.objects.filter(path__overlap=list(units)).values_list("pk", "path"))


def _of_rule(rule: Rule, rows: Mapping[int | None, NudgeSetting], paths: Mapping[int, list[int]]) -> Configured:
    municipality = _changed(rule, rule.figures, rows.get(None))
    variants: dict[Figures, int] = {municipality: 0}
    of_unit = {}
    if rows.keys() - {None}:
        for unit, path in paths.items():
            figures = municipality
            for above in path:  # from the top, so that the nearest has the last word
                figures = _changed(rule, figures, rows.get(above))
            if figures != municipality:
                of_unit[unit] = variants.setdefault(figures, len(variants))
    return Configured(tuple(variants), of_unit)


def _changed(rule: Rule, figures: Figures, row: NudgeSetting | None) -> Figures:
    """With what the row says; what it leaves empty is as before. Without words for the next level, nothing climbs."""
    if row is None:
        return figures
    said: dict[str, Any] = {name: value for name in NAMES if (value := getattr(row, name)) not in (None, "")}
    if "escalate_to" in said:
        said["escalate_to"] = EscalateTo(said["escalate_to"]) if rule.can_escalate else EscalateTo.NOBODY
    return dataclasses.replace(figures, **said)
