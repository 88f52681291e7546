"""What a person looks for in the list: words and filters in the address, where they can be saved and shared."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from initiatives.evidence import Verdict
from initiatives.forms.units import own_units
from initiatives.models import Kind, Outcome
from initiatives.models.initiative import InitiativeQuerySet
from initiatives.workflow import PHASE_OF, Ending, Phase, State
from kommun.models import Employee, Unit

ADDRESSES: Final = {  # how a field is called in the address, which is Swedish
    "words": "q",
    "unit": "enhet",
    "state": "lage",
    "ending": "avslut",
    "kind": "slag",
    "mine": "mina",
}
NOBODY_LOOKS_FOR: Final = {State.DRAFT}  # drafts are on the person's own page
NOT_MEASURED: Final = "not_measured"
ANY: Final = ("", gettext_lazy("All"))


def _states() -> list[Any]:
    """Each phase as a whole, and below it its states."""
    choices: list[Any] = [ANY]
    for phase in Phase:
        states = [(state, state.label) for state in State if PHASE_OF[state] == phase and state not in NOBODY_LOOKS_FOR]
        choices.append((phase.label, [(phase, _("%(phase)s, all") % {"phase": phase.label}), *states]))
    return choices


def _endings() -> list[Any]:
    """Not measured, with the decision-maker's yes, is another thing than measured and not shown."""
    choices: list[Any] = [ANY, *Ending.choices]
    place = choices.index((Ending.NOT_PROVEN, Ending.NOT_PROVEN.label))
    return [*choices[: place + 1], (NOT_MEASURED, _("Not measured")), *choices[place + 1 :]]


class FilterForm(forms.Form):
    """Every field is optional, and a value that does not exist is ignored; `ignored` says which."""

    words = forms.CharField(
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "id": "sok", "autocomplete": "off"}),
        label=gettext_lazy("Search for words"),
    )
    unit = forms.ModelChoiceField(
        Unit.objects.none(), to_field_name="code", required=False, label=gettext_lazy("Unit, with all below it")
    )
    state = forms.ChoiceField(required=False, choices=_states, label=pgettext_lazy("filter", "Where it stands"))
    ending = forms.ChoiceField(required=False, choices=_endings, label=gettext_lazy("How it ended"))
    kind = forms.ChoiceField(
        required=False, choices=[ANY, *Kind.choices], label=pgettext_lazy("filter", "What gets better")
    )
    mine = forms.BooleanField(required=False, label=gettext_lazy("Only those I drive"))

    def __init__(self, data: Mapping[str, Any], *, person: Employee, today: dt.date) -> None:
        super().__init__(data)
        self.person = person
        self.ignored: list[str] = []
        unit = self.fields["unit"]
        assert isinstance(unit, forms.ModelChoiceField)
        unit.queryset = Unit.objects.all()
        unit.choices = _unit_choices(person, data.get(ADDRESSES["unit"], "").replace("\0", ""), today)

    def add_prefix(self, field_name: str) -> str:
        return ADDRESSES.get(field_name, field_name)

    def full_clean(self) -> None:
        """What cannot be is said once, above the rows, and stops nothing."""
        super().full_clean()
        self.ignored = [self._ignored(self[name]) for name in self.errors]
        self.errors.clear()

    def _ignored(self, field: forms.BoundField) -> str:
        words = {"value": field.value(), "filter": field.label}
        return _("“%(value)s” is nothing to choose for “%(filter)s”, so it is not used.") % words

    @property
    def chosen(self) -> dict[str, Any]:
        """What is looked for, without what cannot be."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def is_narrowed(self) -> bool:
        return bool(self.chosen)

    @property
    def is_filtered(self) -> bool:
        """By more than words."""
        return bool(self.chosen.keys() - {"words"})

    def narrow(self, rows: InitiativeQuerySet) -> InitiativeQuerySet:
        chosen = self.chosen
        if words := chosen.get("words"):
            rows = rows.searching(words)
        if unit := chosen.get("unit"):
            rows = rows.within(unit)
        if state := chosen.get("state"):
            rows = rows.filter(state__in=[each for each in State if state in (each, PHASE_OF[each])])
        if chosen.get("mine"):
            rows = rows.driven_by(self.person)
        if ending := chosen.get("ending"):
            rows = _ended(rows, ending)
        return rows.filter(kind=chosen["kind"]) if "kind" in chosen else rows


def _ended(rows: InitiativeQuerySet, ending: str) -> InitiativeQuerySet:
    if ending not in (NOT_MEASURED, Ending.NOT_PROVEN):
        return rows.filter(ending=ending)
    decided = Outcome.objects.filter(initiative=OuterRef("pk"), is_primary=True, verdict=Verdict.TOO_FEW)
    was_not_measured = Exists(decided)
    return rows.filter(was_not_measured if ending == NOT_MEASURED else ~was_not_measured, ending=Ending.NOT_PROVEN)


def _unit_choices(person: Employee, asked: str, today: dt.date) -> list[Any]:
    """One's own units, everything down to divisions, and the unit in the address: never all three thousand."""
    own = own_units(person, on=today)
    large = Unit.objects.open_on(today).exclude(kind=Unit.Kind.UNIT)
    others = {unit.code: unit.name for unit in large | Unit.objects.filter(code=asked)}
    mine = [(unit.code, _("%(unit)s (your unit)") % {"unit": unit.name}) for unit in own]
    rest = [choice for choice in others.items() if choice[0] not in {unit.code for unit in own}]
    return [ANY, *mine, *rest]
