"""What is asked about reminders: until when one is put off, how letters come, and the value that a letter asked for."""

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Any, Final, cast

from django import forms
from django.utils.formats import time_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from initiatives.actions.wishes import HOURS, PER_WEEK, latest_snooze
from initiatives.forms.fields import Day, Number
from initiatives.models import Outcome
from kommun.models import Employee

TOMORROW: Final = dt.timedelta(days=1)
WEEK: Final = dt.timedelta(days=7)


class LaterForm(forms.Form):
    """Tomorrow, in a week, or a day that is chosen; `when` comes from the button."""

    when = forms.ChoiceField(choices=[(each, each) for each in ("tomorrow", "week", "day")], widget=forms.HiddenInput)
    until = Day(label=_("Which day?"), required=False)

    def __init__(self, data: Any = None, *, rule: str, today: dt.date, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.today = today
        bounds = {"min": today + TOMORROW, "max": latest_snooze(rule, today)}
        self.fields["until"].widget.attrs |= {name: day.isoformat() for name, day in bounds.items()}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "when" not in cleaned:
            self.add_error(None, _("Choose tomorrow, in a week, or a day."))
        if cleaned.get("when") == "day" and "until" in cleaned and cleaned["until"] is None:
            self.add_error("until", _("Choose the day on which you want to be reminded."))
        return cleaned

    def day(self) -> dt.date:
        """The day that was chosen; whether it is one that can be, the action says."""
        fixed = {"tomorrow": self.today + TOMORROW, "week": self.today + WEEK}
        day: dt.date = fixed.get(self.cleaned_data["when"]) or self.cleaned_data["until"]
        return day


class LettersForm(forms.Form):
    """When letters come and how many, and which kinds are wanted. What is empty follows the municipality."""

    hour = forms.ChoiceField(label=_("When does the letter of the day come?"), required=False)
    per_week = forms.TypedChoiceField(
        label=_("How many letters a week at most?"), coerce=int, empty_value=None, required=False
    )
    paused_until = Day(
        label=_("No letters until"),
        help_text=_("Leave it empty to get letters. Reminders are still here, behind the bell."),
        required=False,
    )
    channel = forms.ChoiceField(label=_("Where else than by e-mail?"), required=False)
    kinds = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)  # drawn in groups

    def __init__(
        self,
        data: Any = None,
        *,
        person: Employee,
        today: dt.date,
        usual: tuple[dt.time, int],
        channels: Collection[str],
        kinds: Iterable[tuple[str, Any]],
        declined: Iterable[str],
    ) -> None:
        self.offered = list(kinds)
        super().__init__(data, initial=_initial(person, today) | {"kinds": _wanted(self.offered, declined)})
        self._choices("hour", [("", _usual_hour(usual[0])), *((_said(each), _shown(each)) for each in HOURS)])
        self._choices("per_week", [("", _usual_number(usual[1])), *((each, _letters(each)) for each in PER_WEEK)])
        self._choices("kinds", self.offered)
        self._choices("channel", [("", _("Only by e-mail")), *((name, name) for name in channels)])
        if not channels:
            del self.fields["channel"]
        self.fields["paused_until"].widget.attrs["min"] = (today + TOMORROW).isoformat()

    def _choices(self, name: str, choices: list[tuple[Any, Any]]) -> None:
        cast(forms.ChoiceField, self.fields[name]).choices = choices

    def wishes(self) -> dict[str, Any]:
        """As the action takes them."""
        hour = self.cleaned_data["hour"]
        return {
            "hour": dt.time.fromisoformat(hour) if hour else None,
            "per_week": self.cleaned_data["per_week"],
            "paused_until": self.cleaned_data["paused_until"],
            "channel": self.cleaned_data.get("channel", ""),
        }


class AskedValueForm(forms.Form):
    """The value that a letter asked for; `period` is the last day of the period that the page showed."""

    value = Number(required=False, max_digits=18, decimal_places=6)
    period = forms.DateField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, outcome: Outcome, period: dt.date, says_none: bool = False) -> None:
        super().__init__(data, initial={"period": period.isoformat()})
        self.says_none = says_none
        self.fields["value"].label = str(outcome.indicator)
        self.fields["value"].widget.attrs["autofocus"] = True

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.says_none and "value" in cleaned and cleaned["value"] is None:
            self.add_error("value", _("Write the value, or say that there is none for the period."))
        return cleaned


def _initial(person: Employee, today: dt.date) -> dict[str, Any]:
    paused = person.letters_paused_until
    return {
        "hour": _said(person.letter_hour) if person.letter_hour else "",
        "per_week": person.letters_per_week or "",
        "paused_until": paused if paused and paused > today else None,
        "channel": person.channel,
    }


def _wanted(kinds: Iterable[tuple[str, Any]], declined: Iterable[str]) -> list[str]:
    unwanted = set(declined)
    return [name for name, _label in kinds if name not in unwanted]


def _said(hour: dt.time) -> str:
    return f"{hour:%H:%M}"


def _shown(hour: dt.time) -> str:
    return time_format(hour, "TIME_FORMAT")


def _letters(number: int) -> str:
    return ngettext("%(count)d letter", "%(count)d letters", number) % {"count": number}


def _usual_hour(hour: dt.time) -> Any:
    return _("The municipality's time, %(hour)s") % {"hour": _shown(hour)}


def _usual_number(number: int) -> Any:
    return _("As the municipality says, %(letters)s") % {"letters": _letters(number)}
