"""One value for one period: the number, or the word that there is none."""

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from initiatives.actions.explaining import LONGEST
from initiatives.actions.measuring import Entry, entry_for_period
from initiatives.forms.fields import Day, Number
from initiatives.models import Measurement, Outcome
from initiatives.workflow import State


class ValueForm(forms.Form):
    """`observed_on` is any day of the period; the period is the outcome's own, a week, a month or a quarter."""

    value = Number(label=_("Value"), required=False, max_digits=18, decimal_places=6)
    observed_on = Day(label=_("Which period? Choose any day in it"))
    reason = forms.CharField(
        label=_("Why is it changed?"),
        help_text=_("Only if there is a value for the period already, or if the period is from before the change."),
        required=False,
        max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, outcome: Outcome, today: dt.date, says_none: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.outcome, self.today, self.says_none = outcome, today, says_none
        self.fields["value"].label = str(outcome.indicator)
        self.fields["value"].widget.attrs["autofocus"] = True

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        _refuse_nothing(self, cleaned)
        return cleaned

    def entry(self) -> Entry:
        """The value for the period that the day lies in."""
        value = None if self.says_none else self.cleaned_data["value"]
        return entry_for_period(self.outcome, self.cleaned_data["observed_on"], value, today=self.today)


class QuickValueForm(forms.Form):
    """The same, where the period is given and only the number is asked for."""

    value = Number(max_digits=18, decimal_places=6)
    observed_on = forms.DateField(widget=forms.HiddenInput)
    next = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, outcome: Outcome, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["value"].label = f"{outcome.indicator.name}, {outcome.indicator.unit_of_measure}"
        self.fields["value"].widget.attrs["id"] = "varde"


class CorrectionForm(forms.Form):
    """Another number for a value that is there, or none, and why. What the reason is needed for the action says."""

    value = Number(label=_("Value"), required=False, max_digits=18, decimal_places=6)
    reason = forms.CharField(
        label=_("Why is it changed?"),
        required=False,
        max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, data: Any = None, *, measurement: Measurement, says_none: bool = False) -> None:
        super().__init__(data, initial={"value": measurement.value})
        self.measurement, self.says_none = measurement, says_none
        self.fields["value"].label = str(measurement.outcome.indicator)
        if measurement.outcome.initiative.state != State.DRAFT:
            self.fields["reason"].help_text = _("The old value and the reason are kept and shown.")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        _refuse_nothing(self, cleaned)
        return cleaned

    def entry(self) -> Entry:
        """The value for just the period that it has."""
        value = None if self.says_none else self.cleaned_data["value"]
        old = self.measurement
        return Entry(old.observed_on, value, period_start=old.period_start, series=old.series)


class CauseForm(forms.Form):
    cause = forms.CharField(
        label=_("What was it that happened?"),
        help_text=_("It shows beside the value and in the chart. Leave it empty to take it away."),
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class BaselineForm(forms.Form):
    """What is missing the action says."""

    from_on = Day(label=_("First day of the baseline"), required=False)
    reason = forms.CharField(
        label=_("Why is the baseline changed?"),
        help_text=_("It shows beside the verdict from then on."),
        required=False,
        max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


def _refuse_nothing(form: ValueForm | CorrectionForm, cleaned: dict[str, Any]) -> None:
    if not form.says_none and "value" in cleaned and cleaned["value"] is None:
        form.add_error("value", _("Write the value, or say that there is none for the period."))
