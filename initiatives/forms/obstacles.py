"""What is said about an obstacle and about a promise: what is in the way, and the answer."""

from collections.abc import Iterable
from typing import Any, cast
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

LONGEST = 300  # characters, as the columns hold


def _words(label: Any, hint: Any = "") -> forms.CharField:
    """A few lines, never demanded by the form: the action says what is missing."""
    widget = forms.Textarea(attrs={"rows": 2})
    return forms.CharField(label=label, help_text=hint, required=False, max_length=LONGEST, widget=widget)


class ObstacleForm(forms.Form):
    text = _words(_("What is in the way?"), _("One sentence. It goes to the one who can remove it."))


class ObstacleAnswerForm(forms.Form):
    answer = _words(_("Your answer"), _("Needed if it has to stay."))


class HandOnForm(forms.Form):
    """Who else can remove it: a few managers and deputies, so they fit in a list."""

    person = forms.ChoiceField(label=_("Who can remove it?"))

    def __init__(self, *args: Any, people: Iterable[tuple[UUID, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast(forms.ChoiceField, self.fields["person"])
        field.choices = [(str(uuid), name) for uuid, name in people]


class PromiseNoteForm(forms.Form):
    note = _words(_("A few words, if you like"))
