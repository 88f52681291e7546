"""What a step of the workflow asks the person for, as a form made from the workflow's own table."""

import datetime as dt
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from initiatives.actions.attempt import Given
from initiatives.forms.fields import Day
from initiatives.models import Promise
from initiatives.workflow import Need, Step, Verb

# The one text field of a step has another name in each of them.
REASON_OF: Final = {
    Verb.RETURN: _("What do you need to know?"),
    Verb.RESUBMIT: _("Your answer"),
    Verb.DECLINE: _("Why not now?"),
    Verb.PAUSE: _("Why does it pause?"),
    Verb.STOP: _("Why does it stop?"),
    Verb.REOPEN: _("Why is it opened again?"),
    Verb.APPROVE: _("A greeting, if you like"),
}
DECIDED_IN_THE_INBOX: Final = frozenset({Verb.APPROVE, Verb.RETURN, Verb.DECLINE})  # many forms on one page
OPTIONAL_REASON: Final = frozenset({Verb.APPROVE})


class StepForm(forms.Form):
    """The fields that the step needs, and no others. `seen` says what the person saw."""

    seen = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, step: Step, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.step = step
        if Need.REASON in step.needs or step.verb in OPTIONAL_REASON:
            self.fields["reason"] = _text(REASON_OF.get(step.verb, _("Why?")))
        if Need.YES_WHEN in step.needs:
            self.fields["yes_when"] = _text(_("What would make it a yes?"))
        if Need.LESSON in step.needs:
            self.fields["lesson"] = _text(_("What have you learned?"), _("So that others need not learn it again."))
        self._add_days(step)
        for name in [name for name in self.fields if name != "seen"][:1]:
            self.fields[name].widget.attrs["autofocus"] = step.verb not in DECIDED_IN_THE_INBOX

    def _add_days(self, step: Step) -> None:
        days = {
            Need.RESUME_ON: (_("When does it resume?"), ""),
            Need.CHANGE_ON: (
                _("When was the change in place?"),
                _("Values from before this day are compared with those from this day on."),
            ),
            Need.REVIEW_ON: (_("New review date"), ""),
        }
        for need, (label, hint) in days.items():
            if need in step.needs:
                self.fields[need.value] = Day(label=label, help_text=hint, required=False)

    def given(self) -> Given:
        """What the person wrote. Call it on a valid form; what is missing the step itself says."""
        names: list[str] = [name for name in self.cleaned_data if name != "seen"]
        return Given(**{name: self.cleaned_data[name] for name in names})


class PromiseForm(forms.Form):
    """What a decider promises with a yes; empty for no promise."""

    promise_kind = forms.ChoiceField(choices=Promise.Kind, required=False, label=pgettext_lazy("promise", "I promise"))
    promise = forms.CharField(max_length=300, required=False, label=_("What do you promise?"))
    promise_due_on = Day(required=False, label=_("By when?"))

    @property
    def has_something(self) -> bool:
        """Whether anything of a promise was written, right or wrong."""
        return bool(self.data.get("promise") or self.data.get("promise_due_on"))


class WaiverForm(forms.Form):
    waiver = forms.CharField(
        required=False,
        label=_("Why can it not be measured?"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class PersonForm(forms.Form):
    """A colleague by work address or login: the names of 60,000 people fit in no list."""

    person = forms.CharField(
        max_length=150, label=_("Colleague"), help_text=_("Their e-mail address at work, or their login.")
    )


class ReviewForm(forms.Form):
    review_on = Day(required=False, label=_("New review date"))
    reason = forms.CharField(required=False, label=_("Why is it moved?"), widget=forms.Textarea(attrs={"rows": 2}))


def _text(label: Any, hint: Any = "") -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": 3})
    return forms.CharField(label=label, help_text=hint, required=False, max_length=5_000, widget=widget)


def day_or_none(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None
