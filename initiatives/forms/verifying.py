"""What a controller and an owner write to each other about a confirmed effect."""

from django import forms
from django.utils.translation import gettext_lazy as _


class VerdictForm(forms.Form):
    """The controller's answer; the reason is asked for only when it is sent back."""

    seen = forms.CharField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("What is missing or wrong?"),
        required=False,
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class AnswerForm(forms.Form):
    words = forms.CharField(
        label=_("Your answer to the controller"),
        help_text=_("What you have changed, or why it is right as it is."),
        required=False,
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
