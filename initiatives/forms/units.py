"""Choosing a unit among thousands: those around one's own in a list, any other by a part of its name."""

import datetime as dt
from typing import Any, Final

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kommun.models import Employee, Employment, Unit
from kommun.models.unit import UnitQuerySet

AROUND_AT_MOST: Final = 200
MATCHES_AT_MOST: Final = 20


def own_units(person: Employee, *, on: dt.date) -> list[Unit]:
    """Where `person` works, the main employment first."""
    employments = Employment.objects.on(on).filter(employee=person).select_related("unit")
    return [employment.unit for employment in employments.order_by("-is_main", "from_on", "id")]


def around(units: list[Unit], *, on: dt.date) -> UnitQuerySet:
    """Those above `units`, beside them and right below them."""
    above = {pk for unit in units for pk in unit.path}
    parents = {unit.parent_id for unit in units if unit.parent_id} | {unit.pk for unit in units}
    near = Unit.objects.open_on(on).filter(Q(pk__in=above) | Q(parent_id__in=parents))
    return near.exclude(pk__in=[unit.pk for unit in units])[:AROUND_AT_MOST]


class UnitForm(forms.Form):
    """A form with the question about the unit; `cleaned_data["unit"]` is the answer, however it was given."""

    unit = forms.ModelChoiceField(
        Unit.objects.none(), required=False, label=gettext_lazy("Which unit does it concern?")
    )
    another_unit = forms.CharField(
        required=False,
        max_length=100,
        label=gettext_lazy("Another unit"),
        help_text=gettext_lazy("Write its name or a part of it."),
    )
    matching_unit = forms.ModelChoiceField(
        Unit.objects.none(),
        required=False,
        empty_label=None,
        widget=forms.RadioSelect,
        label=gettext_lazy("Which of these?"),
    )

    def __init__(self, *args: Any, person: Employee, today: dt.date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.own = own_units(person, on=today)
        self.open_units = Unit.objects.open_on(today)
        unit = self._unit_field("unit")
        unit.queryset = self._unit_field("matching_unit").queryset = self.open_units
        self._unit_field("matching_unit").choices = []
        unit.choices = self._choices(around(self.own, on=today))
        self.initial.setdefault("unit", self.own[0] if self.own else None)

    def _unit_field(self, name: str) -> "forms.ModelChoiceField[Unit]":
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        return field

    def _choices(self, near: UnitQuerySet) -> list[Any]:
        mine = [(unit.pk, _("%(unit)s (your unit)") % {"unit": unit.name}) for unit in self.own]
        others = [(unit.pk, unit.name) for unit in near]
        chosen = self.initial.get("unit")
        if chosen and chosen.pk not in {pk for pk, _name in [*mine, *others]}:
            others.insert(0, (chosen.pk, chosen.name))
        blank = [] if mine else [("", _("Choose a unit"))]
        return [*blank, *mine, *([(_("Units around"), others)] if others else [])]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if words := cleaned.get("another_unit"):
            cleaned["unit"] = cleaned.get("matching_unit") or self._found(words)
        return cleaned

    def _found(self, words: str) -> Unit | None:
        """The one unit that is meant; with several the form asks which."""
        matches = list(self.open_units.filter(name__icontains=words)[: MATCHES_AT_MOST + 1])
        exact = [unit for unit in matches if unit.name.lower() == words.lower()]
        if len(meant := exact or matches) == 1:
            return meant[0]
        self._ask_which(matches)
        return None

    def _ask_which(self, matches: list[Unit]) -> None:
        if not matches:
            self.add_error("another_unit", _("There is no unit with that in its name. Try a shorter part of it."))
        elif len(matches) > MATCHES_AT_MOST:
            self.add_error("another_unit", _("Many units are called that. Write more of the name."))
        else:
            self._unit_field("matching_unit").choices = [(unit.pk, unit.name) for unit in matches]
            self.add_error("matching_unit", _("Several units are called that. Choose one."))
