"""Fields that take what people write: days from the device's own calendar, numbers with a comma, yes or no."""

import datetime as dt
import re
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kommun.numbers import number

EARLIEST: Final = dt.date(1970, 1, 1)
LATEST_FROM_NOW: Final = dt.timedelta(days=20 * 365)
IN_GROUPS: Final = re.compile(r"-?\d{1,3}(,\d{3})+\.\d+|-?\d{1,3}(,\d{3}){2,}")
AMBIGUOUS: Final = re.compile(r"-?\d{1,3},\d{3}")


class Day(forms.DateField):
    """A day; the browser's calendar speaks ISO dates whatever the language of the page."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        messages = {"invalid": _("Write the day like this: 2026-10-14.")}
        super().__init__(widget=widget, error_messages=messages, input_formats=["%Y-%m-%d"], **options)

    def validate(self, value: Any) -> None:
        """A slip of the finger in the year is told at once."""
        super().validate(value)
        if value is not None and not EARLIEST <= value <= timezone.localdate() + LATEST_FROM_NOW:
            raise forms.ValidationError(_("Check the year: it must be after 1969, and at most twenty years from now."))


class Number(forms.DecimalField):
    """A number written the Swedish or the English way: 1 041,5 or 1,041.5, with a hyphen or a real minus.

    In Swedish a comma is always a decimal comma. In English 1,041 could be either, and is asked about.
    """

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        messages = {"invalid": _("Write a number, such as 41.5.")}
        super().__init__(widget=widget, error_messages=messages, **options)

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]  # the stubs say int
        if isinstance(value, str):
            value = _with_a_point("".join(value.split()).replace("\N{MINUS SIGN}", "-"))
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


def _with_a_point(text: str) -> str:
    """The same number with a decimal point and nothing else. Raises ValidationError when it could be two numbers."""
    if IN_GROUPS.fullmatch(text):
        return text.replace(",", "")
    if AMBIGUOUS.fullmatch(text) and get_language() != "sv":
        plain = text.replace(",", "")
        raise forms.ValidationError(
            _("Write %(whole)s or %(decimal)s, so that nobody has to guess."),
            params={"whole": plain, "decimal": text.replace(",", ".")},
        )
    return text.replace(",", ".") if text.count(",") == 1 and "." not in text else text
