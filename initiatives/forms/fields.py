"""Fields that take what people write: days from the device's own calendar, numbers with a comma, yes or no."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kommun.numbers import number


class Day(forms.DateField):
    """A day; the browser's calendar speaks ISO dates whatever the language of the page."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        messages = {"invalid": _("Write the day like this: 2026-10-14.")}
        super().__init__(widget=widget, error_messages=messages, input_formats=["%Y-%m-%d"], **options)


class Number(forms.DecimalField):
    """A number written the Swedish or the English way: 1 041,5 or 1041.5, with a hyphen or a real minus."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        messages = {"invalid": _("Write a number, such as 41.5.")}
        super().__init__(widget=widget, error_messages=messages, localize=True, **options)

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]  # the stubs say int
        if isinstance(value, str):
            value = "".join(value.split()).replace("\N{MINUS SIGN}", "-")
        return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        return number(value) if isinstance(value, Decimal) else value


class YesOrNo(forms.TypedChoiceField):
    """A question that has no answer until somebody has given one."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            choices=[("yes", _("Yes")), ("no", _("No"))],
            coerce=lambda answer: answer == "yes",
            empty_value=None,
            widget=forms.RadioSelect,
            **options,
        )

    def prepare_value(self, value: Any) -> Any:
        return {True: "yes", False: "no"}.get(value, value)
