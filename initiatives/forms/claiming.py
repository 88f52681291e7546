"""What a result is worth, in few questions; and how two who count the same effect are told apart."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from initiatives.actions.claiming import MOST_MONTHS, Shares, Terms, first_month, months_after
from initiatives.forms.fields import Number
from initiatives.models import Claim, Initiative, Outcome, Overlap

NOTHING: Final = Decimal(0)


class ClaimForm(forms.Form):
    """The questions about one claim. What is left empty is refused by the action, in its own words."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    kind = forms.ChoiceField(
        label=gettext_lazy("What does it give?"),
        choices=Claim.Kind.choices,
        widget=forms.RadioSelect,
        initial=Claim.Kind.HOURS,
    )
    unit_of_measure = forms.CharField(
        label=gettext_lazy("What is it counted in?"),
        help_text=gettext_lazy("Only for something else than hours and kronor, such as kg of carbon dioxide."),
        required=False,
        max_length=40,
    )
    repeats = forms.ChoiceField(
        label=gettext_lazy("How often does it come?"),
        choices=[("monthly", gettext_lazy("Every month")), ("once", gettext_lazy("Once"))],
        widget=forms.RadioSelect,
        initial="monthly",
    )
    volume = Number(
        label=gettext_lazy("How many does it happen to?"),
        help_text=gettext_lazy("Cases, visits or journeys in a month. In all, if the effect comes once."),
        required=False,
        max_digits=18,
        decimal_places=6,
    )
    unit_value = Number(required=False, max_digits=18, decimal_places=6)
    is_hard = forms.ChoiceField(
        label=gettext_lazy("What becomes of it?"),
        choices=[
            ("no", gettext_lazy("Time or room is freed for something else")),
            ("yes", gettext_lazy("A budget can be lowered")),
        ],
        widget=forms.RadioSelect,
        initial="no",
    )
    basis = forms.CharField(
        label=gettext_lazy("How do you know the numbers?"),
        help_text=gettext_lazy("A controller checks them. One sentence is enough."),
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    from_on = forms.TypedChoiceField(label=gettext_lazy("From which month?"), coerce=dt.date.fromisoformat)
    months = forms.IntegerField(
        label=gettext_lazy("For how many months?"),
        help_text=gettext_lazy("Twelve at most. It stops by itself if the effect fades."),
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        initial=MOST_MONTHS,
    )

    def __init__(
        self, data: Mapping[str, Any] | None, *, outcome: Outcome, claim: Claim | None = None, seen: str = ""
    ) -> None:
        super().__init__(data, initial=_initial(claim) | {"seen": seen})
        a_step = _("In hours, kronor or what you chose. A step is one of: %(measure)s.")
        self.fields["unit_value"].label = _("What is one step of the measure worth, for each?")
        self.fields["unit_value"].help_text = a_step % {"measure": str(outcome.indicator)}
        month = self.fields["from_on"]
        assert isinstance(month, forms.TypedChoiceField)
        month.choices = _months(outcome.initiative)

    def terms(self) -> Terms:
        """What was asked for, once the form is valid."""
        given = self.cleaned_data
        return Terms(
            Claim.Kind(given["kind"]),
            given["volume"] or NOTHING,
            given["unit_value"] or NOTHING,
            given["basis"],
            is_recurring=given["repeats"] == "monthly",
            is_hard=given["is_hard"] == "yes",
            unit_of_measure=given["unit_of_measure"],
            from_on=given["from_on"],
            months=given["months"],
        )

    def numbers(self) -> tuple[Decimal, Decimal] | None:
        """Volume and unit value, when both can be read and are above zero, whatever else is missing."""
        self.is_valid()
        given: dict[str, Any] = self.cleaned_data if self.is_bound else {}
        volume, unit_value = given.get("volume"), given.get("unit_value")
        return (volume, unit_value) if volume and unit_value and min(volume, unit_value) > 0 else None


class SettleForm(forms.Form):
    """Two claims told apart. `mine` and `other` are the titles of their initiatives."""

    answer = forms.ChoiceField(
        label=gettext_lazy("How do the two belong together?"), widget=forms.RadioSelect, initial="split"
    )
    share = Number(required=False, max_digits=5, decimal_places=2, initial=Decimal(50))
    reason = forms.CharField(
        label=pgettext_lazy("overlap", "Why?"),
        help_text=gettext_lazy("Both owners see it, and the controller."),
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, mine: str, other: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        answer = self.fields["answer"]
        assert isinstance(answer, forms.ChoiceField)
        answer.choices = [
            ("split", _("They share the effect")),
            ("mine", _("All of it is counted in “%(title)s”") % {"title": mine}),
            ("other", _("All of it is counted in “%(title)s”") % {"title": other}),
        ]
        self.fields["share"].label = _("How many per cent of it belong to “%(title)s”?") % {"title": mine}
        self.fields["share"].help_text = _("Only if they share. The rest belongs to the other.")

    @property
    def answered(self) -> tuple[Overlap.Answer, bool, Shares | None]:
        """The answer, whether it is the other that includes the first, and the shares if there are any."""
        given = self.cleaned_data
        if given["answer"] != "split":
            return Overlap.Answer.INCLUDED, given["answer"] == "other", None
        share = (given["share"] or NOTHING) / 100
        return Overlap.Answer.SPLIT, False, Shares(share, 1 - share)


def _initial(claim: Claim | None) -> dict[str, Any]:
    if claim is None:
        return {}
    return {
        "kind": claim.kind,
        "unit_of_measure": claim.unit_of_measure,
        "repeats": "monthly" if claim.is_recurring else "once",
        "volume": claim.volume,
        "unit_value": claim.unit_value,
        "is_hard": "yes" if claim.is_hard else "no",
        "basis": claim.basis,
        "from_on": claim.from_on.isoformat(),
        "months": claim.months,
    }


def _months(initiative: Initiative) -> list[tuple[str, str]]:
    """The months that an effect of it can begin with, the first whole one after the change first."""
    if initiative.change_on is None:
        return []
    first = first_month(initiative.change_on)
    days = [months_after(first, count) for count in range(MOST_MONTHS + 1)]
    return [(day.isoformat(), date_format(day, "F Y")) for day in days]
