"""How an administrator sets a reminder: its figures, its words, and what holds for all of them.

What is left empty is inherited; what would be is told beside each question.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from initiatives.actions.reminding import FEWEST_TO_RETIRE, LENGTHS
from initiatives.forms.fields import Number
from initiatives.models import EscalateTo, NudgePolicy, NudgeSetting, NudgeText

SWITCH: Final = {"yes": True, "no": False, "": None}


class Whole(Number):
    """A whole number; written with a hyphen or a real minus below zero."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=7, decimal_places=0, required=False, **options)

    def clean(self, value: Any) -> int | None:
        number = super().clean(value)
        return None if number is None else int(number)


class RuleForm(forms.Form):
    """The figures of a rule. Those that do not fit it are not asked about, and stay as they are."""

    seen = forms.IntegerField(widget=forms.HiddenInput, initial=0)
    is_on = forms.ChoiceField(label=gettext_lazy("Is it sent?"), widget=forms.RadioSelect, required=False)
    first_after = Whole(label=gettext_lazy("Days until the first one"))
    repeat = Whole(label=gettext_lazy("Days between two"))
    at_most = Whole(label=gettext_lazy("How many times at most"))
    escalate_after = Whole(label=gettext_lazy("Days until the next level is told"))
    escalate_to = forms.ChoiceField(
        label=gettext_lazy("Who is told when nobody answers"), required=False, widget=forms.RadioSelect
    )
    holdout_share = Whole(label=gettext_lazy("Left without it, per cent"))

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        setting: NudgeSetting | None,
        inherited: Mapping[str, str],
        standard: str,
    ) -> None:
        """`inherited` says in words what holds when a field is empty; a field that it does not name is not asked.

        `standard` says where that comes from.
        """
        super().__init__(data, initial=_initial(setting))
        for name in [*self.fields]:
            if name != "seen" and name not in inherited:
                del self.fields[name]
        answers: dict[str, list[Any]] = {"is_on": [("yes", _("Yes")), ("no", _("No"))]}
        answers["escalate_to"] = EscalateTo.choices
        for name, words in inherited.items():
            field = self.fields[name]
            if isinstance(field, forms.ChoiceField):
                field.choices = [("", f"{standard}: {words}"), *answers[name]]
            else:
                field.help_text = _("Empty: %(words)s") % {"words": words}

    def figures(self) -> dict[str, Any]:
        """What was asked for, once the form is valid; what is empty is None (or "") and inherits."""
        given = {name: value for name, value in self.cleaned_data.items() if name != "seen"}
        if "is_on" in given:
            given["is_on"] = SWITCH[given["is_on"]]
        if given.get("holdout_share") is not None:
            given["holdout_share"] = Decimal(given["holdout_share"]) / 100
        return given


class TextForm(forms.Form):
    """The words of a rule in one language."""

    seen = forms.IntegerField(widget=forms.HiddenInput, initial=0)
    subject = forms.CharField(label=gettext_lazy("Subject"), required=False, max_length=LENGTHS["subject"])
    sentence = forms.CharField(
        label=gettext_lazy("The sentence"),
        required=False,
        max_length=LENGTHS["sentence"],
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    button = forms.CharField(label=gettext_lazy("The button"), required=False, max_length=LENGTHS["button"])

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        text: NudgeText | None,
        inherited: Mapping[str, str],
        **options: Any,
    ) -> None:
        initial = {name: getattr(text, name) for name in inherited} if text else {}
        super().__init__(data, initial=initial | {"seen": text.pk if text else 0}, **options)
        for name, words in inherited.items():
            self.fields[name].help_text = _("Empty: %(words)s") % {"words": words}

    def words(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in LENGTHS}


class PolicyForm(forms.Form):
    """What holds for all reminders."""

    hold_out_is_on = forms.BooleanField(
        label=gettext_lazy("Leave some without a reminder, to see what reminders do"),
        help_text=gettext_lazy(
            "Chance chooses which initiatives, in one step at a time. Decisions and what somebody has a right to are "
            "always told. The initiative itself shows what is due all the same."
        ),
        required=False,
    )
    letters_per_week = Whole(
        label=gettext_lazy("Letters a week to a person, at most"),
        help_text=gettext_lazy("From 1 to 5. What others wait for goes beside it. Each person can choose fewer."),
    )
    retire_after = Whole(label=gettext_lazy("Occasions before a reminder that does not help is taken away"))
    retiring_asks_first = forms.BooleanField(
        label=gettext_lazy("Ask an administrator first"),
        help_text=gettext_lazy("Otherwise a reminder without effect is turned off at once."),
        required=False,
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, policy: NudgePolicy) -> None:
        super().__init__(data, initial={name: getattr(policy, name) for name in self.base_fields})
        self.fields["letters_per_week"].required = True
        self.fields["retire_after"].help_text = _(
            "With the reminder, and as many without. At least %(fewest)d. Empty: it is never taken away."
        ) % {"fewest": FEWEST_TO_RETIRE}


def _initial(setting: NudgeSetting | None) -> dict[str, Any]:
    if setting is None:
        return {"is_on": "", "escalate_to": ""}
    share = setting.holdout_share
    return {
        "seen": setting.pk,
        "is_on": {True: "yes", False: "no", None: ""}[setting.is_on],
        "first_after": setting.first_after,
        "repeat": setting.repeat,
        "at_most": setting.at_most,
        "escalate_after": setting.escalate_after,
        "escalate_to": setting.escalate_to,
        "holdout_share": None if share is None else int(share * 100),
    }
