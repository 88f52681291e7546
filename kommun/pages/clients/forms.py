"""What an administrator writes about another system: its terms, its keys, when a former secret ends."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kommun.clients.acts import LONGEST_NAME, MOST_A_MINUTE, Terms, all_scopes
from kommun.clients.refusals import Refused
from kommun.models import ApiClient, Employee, Unit

SUGGESTED: Final = 5
LONGEST_KEYS: Final = 50_000  # characters


class TermsForm(forms.Form):
    """A client's terms. `seen` is the latest act when the form was shown, `uuid` a new client's, so that pressing the
    button twice does not do it twice.
    """

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    uuid = forms.UUIDField(widget=forms.HiddenInput, required=False)
    name = forms.CharField(
        label=gettext_lazy("What is the system called?"),
        max_length=LONGEST_NAME,
        error_messages={"required": gettext_lazy("Write what the system is called.")},
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What may it do?"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose what it may do.")},
    )
    unit = forms.CharField(
        label=gettext_lazy("Which part of the organisation?"),
        help_text=gettext_lazy(
            "Write the unit's name or code. It sees that unit and everything below it. Empty: the whole municipality."
        ),
        required=False,
        max_length=200,
    )
    responsible = forms.CharField(
        label=gettext_lazy("Who is responsible for it?"),
        help_text=gettext_lazy("Employee id, sign-in name or e-mail address. That person gets letters about it."),
        required=False,
        max_length=254,
    )
    requests_per_minute = forms.IntegerField(
        label=gettext_lazy("How many calls a minute at most?"),
        min_value=1,
        max_value=MOST_A_MINUTE,
        initial=600,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        localize=False,
    )

    client_id = forms.RegexField(
        r"^[A-Za-z0-9._~-]+$",
        label=gettext_lazy("Client id"),
        help_text=gettext_lazy(
            "Only if the municipality's own authorisation server has named it already. Empty: it gets one."
        ),
        required=False,
        max_length=255,
        error_messages={"invalid": gettext_lazy("Use letters a to z, digits, and the signs . _ ~ and -.")},
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, client: ApiClient | None, today: dt.date) -> None:
        super().__init__(data, initial=_initial(client) if client else {})
        if client is not None:
            del self.fields["client_id"]  # it is what others know it by
        self._client, self._today = client, today
        scopes = self.fields["scopes"]
        assert isinstance(scopes, forms.MultipleChoiceField)
        scopes.choices = [(name, f"{_(does)} ({name})") for name, does in all_scopes().items()]

    def clean_unit(self) -> Unit | None:
        """By code, by name, or by the only name that it is a part of."""
        words = self.cleaned_data["unit"].strip()
        if not words or (self._client and self._client.unit and words == self._client.unit.code):
            return self._client.unit if words and self._client else None
        open_units = Unit.objects.open_on(self._today)
        found = list(open_units.filter(Q(code=words) | Q(name__iexact=words))[: SUGGESTED + 1])
        found = found or list(open_units.filter(name__icontains=words)[: SUGGESTED + 1])
        if not found:
            raise forms.ValidationError(_("There is no unit with that in its name. Try a shorter part of it."))
        if len(found) > 1:
            named = ", ".join(f"{unit.name} ({unit.code})" for unit in found[:SUGGESTED])
            raise forms.ValidationError(
                _("Several units are called that. Write the code: %(units)s.") % {"units": named}
            )
        return found[0]

    def clean_responsible(self) -> Employee | None:
        words = self.cleaned_data["responsible"].strip()
        if not words:
            return None
        named = Q(employee_id=words) | Q(login=words.lower()) | Q(email=words.lower())
        found = list(Employee.objects.filter(named)[:2])
        if len(found) != 1:
            raise forms.ValidationError(_("Nobody, or more than one, is called that. Write the employee id."))
        return found[0]

    def terms(self) -> Terms:
        """Once the form is valid."""
        said = self.cleaned_data
        names = ("name", "unit", "scopes", "responsible", "requests_per_minute")
        return Terms(**{name: said[name] for name in names})


class SecretForm(forms.Form):
    """A second secret; the former one may be given its last day."""

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    former_ends_on = forms.DateField(
        label=gettext_lazy("The last day of the former secret"),
        help_text=gettext_lazy("Empty: it works until you end it."),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
    )

    def former_ends_at(self) -> dt.datetime | None:
        """When that day is over, local time."""
        day: dt.date | None = self.cleaned_data["former_ends_on"]
        if day is None:
            return None
        try:
            midnight = dt.datetime.combine(day + dt.timedelta(days=1), dt.time())
            return timezone.make_aware(midnight, timezone.get_default_timezone())
        except OverflowError:
            raise Refused(_("Choose a day that is still to come."), field="former_ends_on") from None


class KeysForm(forms.Form):
    """The client's public keys, all of them."""

    keys = forms.CharField(
        label=gettext_lazy("Public keys"),
        help_text=gettext_lazy(
            "A JWK set: RSA keys of at least 2,048 bits, or keys of the curve P-256. Never a private key. Empty: none."
        ),
        required=False,
        max_length=LONGEST_KEYS,
        widget=forms.Textarea(attrs={"rows": 6, "class": "kod", "spellcheck": "false", "autocomplete": "off"}),
    )


class EndForm(forms.Form):
    """One yes before what cannot be undone."""

    sure = forms.BooleanField(
        label=gettext_lazy("Yes, end it for ever"),
        error_messages={"required": gettext_lazy("Tick the box if you are sure.")},
    )


def _initial(client: ApiClient) -> dict[str, Any]:
    latest = client.acts.order_by("-pk").values_list("pk", flat=True).first()
    return {
        "seen": latest,
        "name": client.name,
        "scopes": client.allowed_scopes.split(),
        "unit": client.unit.code if client.unit else "",
        "responsible": client.responsible.employee_id if client.responsible else "",
        "requests_per_minute": client.requests_per_minute,
    }
