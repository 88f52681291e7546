"""What was done with a client, told in sentences."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import formats, timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from kommun.models import ClientAct, Employee, Unit
from kommun.numbers import number


@dataclass(frozen=True)
class Told:
    """`who` is empty when a command did it."""

    what: str
    who: str
    at: dt.datetime
    lines: Sequence[str]


def told(acts: Iterable[ClientAct]) -> list[Told]:
    """In the same order. Two queries for what they name."""
    listed = list(acts)
    names = _names(listed)
    return [
        Told(act.get_kind_display(), act.by.display_name if act.by else "", act.at, _lines(act, names))
        for act in listed
    ]


def _lines(act: ClientAct, names: Mapping[str, Mapping[str, str]]) -> list[str]:
    data = act.data
    if act.kind == ClientAct.Kind.CREATE:
        return [_field(name, value, names) for name, value in data.items() if value]
    if act.kind == ClientAct.Kind.BIND:
        return [
            _("%(field)s, before: %(before)s")
            % {"field": _field(name, after, names), "before": _value(name, before, names)}
            for name, (before, after) in data.items()
        ]
    if act.kind == ClientAct.Kind.SET_KEYS:
        return [", ".join(kid or _("without a kid") for kid in data["kids"]) or _("none")]
    lines = [_("Ends with %(hint)s") % {"hint": data["hint"]}] if data.get("hint") else []
    former = parse_datetime(data.get("former_ends_at") or "")
    if former:
        at = formats.date_format(timezone.localtime(former), "j F Y H.i")
        lines.append(_("The former one works until %(at)s") % {"at": at})
    return lines


def _field(name: str, value: Any, names: Mapping[str, Mapping[str, str]]) -> str:
    labels = {
        "name": _("Name"),
        "unit": _("Part of the organisation"),
        "scopes": _("It may"),
        "responsible": _("Responsible"),
        "requests_per_minute": _("Calls a minute"),
    }
    return f"{labels.get(name, name)}: {_value(name, value, names)}"


def _value(name: str, value: Any, names: Mapping[str, Mapping[str, str]]) -> str:
    if name == "unit" and not value:
        return _("the whole municipality")
    if name == "requests_per_minute":
        return number(value)
    return names.get(name, {}).get(value, str(value)) or _("nobody")


def _names(acts: Iterable[ClientAct]) -> dict[str, dict[str, str]]:
    """By field, what the codes and employee ids in the acts are called now."""
    said: dict[str, set[str]] = {"unit": set(), "responsible": set()}
    for act in acts:
        for name, found in said.items():
            value = act.data.get(name, "")
            found |= {each for each in (value if isinstance(value, list) else [value]) if each}
    units = Unit.objects.filter(code__in=said["unit"]).values_list("code", "name")
    people = Employee.objects.filter(employee_id__in=said["responsible"])
    return {"unit": dict(units), "responsible": {each.employee_id: each.display_name for each in people}}
