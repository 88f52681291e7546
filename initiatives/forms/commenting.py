"""A line about how it goes."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class CommentForm(forms.Form):
    """What is missing the action says."""

    text = forms.CharField(label=_("Write a line"), required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, is_alone: bool = False, **kwargs: Any) -> None:
        """`is_alone` on a page, it has the cursor."""
        super().__init__(*args, **kwargs)
        self.fields["text"].widget.attrs["autofocus"] = is_alone
