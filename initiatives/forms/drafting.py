"""What an owner writes: the four questions that make a draft, and the one page with all that sending asks for.

Only the title is demanded here. What is missing for a decision is for the submit gate to say.
"""

from typing import Any, Final

from django import forms
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from initiatives.actions.drafting import DESCRIPTION, WantedOutcome, indicator_named
from initiatives.cadence import Cadence
from initiatives.forms.fields import Day, Number, YesOrNo
from initiatives.forms.units import UnitForm
from initiatives.models import Indicator, Initiative, Kind, Outcome
from kommun.choices import HintedLabel

SUGGESTED: Final = 100


class Notice(models.TextChoices):
    """How one notices that it got better, in everyday words."""

    FASTER = "faster", gettext_lazy("It goes faster")
    MORE_RIGHT = "more_right", gettext_lazy("More people get it right")
    RARER = "rarer", gettext_lazy("It happens less often")
    UNKNOWN = "unknown", gettext_lazy("I do not know yet")


HINTS: Final = {
    Notice.FASTER: gettext_lazy("Measured in days or minutes"),
    Notice.MORE_RIGHT: gettext_lazy("Measured in per cent"),
    Notice.RARER: gettext_lazy("Measured by counting"),
    Notice.UNKNOWN: gettext_lazy("You see examples on the next page"),
}
KIND_OF: Final = {Notice.FASTER: Kind.TIME, Notice.MORE_RIGHT: Kind.QUALITY, Notice.RARER: Kind.QUALITY}
# A first suggestion on the completing page: unit of measure, and which way is better.
SUGGESTION: Final = {
    Notice.FASTER: (pgettext_lazy("unit of measure", "days"), Indicator.Direction.DOWN),
    Notice.MORE_RIGHT: ("%", Indicator.Direction.UP),
    Notice.RARER: (pgettext_lazy("unit of measure", "number"), Indicator.Direction.DOWN),
}


class NewForm(UnitForm):
    """The four questions. `sending` asks for an answer to each of those that a decision cannot do without."""

    title = forms.CharField(
        max_length=200,
        label=gettext_lazy("Your idea in one sentence"),
        help_text=gettext_lazy("For example: Ring the applicant the day the application arrives."),
        error_messages={"required": gettext_lazy("Write your idea in one sentence.")},
    )
    benefit = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        label=gettext_lazy("What gets better, and for whom?"),
        help_text=gettext_lazy("Describe what the resident or the colleague notices."),
        error_messages={"required": gettext_lazy("Write what result you want. One sentence is enough.")},
    )
    notice = forms.ChoiceField(
        required=False,
        choices=[(each, HintedLabel(each.label, HINTS[each])) for each in Notice],
        widget=forms.RadioSelect,
        label=gettext_lazy("How will you notice that it got better?"),
    )
    field_order = ("title", "benefit", "notice", "unit", "another_unit", "matching_unit")

    def __init__(self, *args: Any, sending: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["benefit"].required = sending
        self.fields["benefit"].widget.attrs["required"] = False  # the browser must let a draft through

    def description(self) -> dict[str, Any]:
        """The draft's columns."""
        kind = KIND_OF.get(self.cleaned_data["notice"], "")
        return {name: self.cleaned_data[name] for name in ("title", "benefit", "unit")} | {"kind": kind}


class CompleteForm(UnitForm):
    """Everything that the submit gate asks for. `reason` is the answer to the decider's question."""

    reason = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 3}), label=gettext_lazy("Your answer")
    )
    title = forms.CharField(
        max_length=200,
        label=gettext_lazy("Your idea in one sentence"),
        error_messages={"required": gettext_lazy("Write your idea in one sentence.")},
    )
    benefit = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        label=gettext_lazy("What gets better, and for whom?"),
        help_text=gettext_lazy("Describe what the resident or the colleague notices."),
    )
    plan = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        label=gettext_lazy("What will you do about it?"),
        help_text=gettext_lazy("An initiative is something you drive yourself. Begin with: I will …"),
    )
    kind = forms.ChoiceField(
        required=False,
        choices=[("", gettext_lazy("Choose")), *Kind.choices],
        label=gettext_lazy("What kind of improvement is it?"),
    )
    first_step = forms.CharField(
        required=False,
        max_length=300,
        label=gettext_lazy("The first thing you will do"),
        help_text=gettext_lazy("Small enough to be done soon. For example: Try it with ten cases."),
    )
    first_step_on = Day(
        required=False, label=gettext_lazy("When?"), help_text=gettext_lazy("At most 30 days from today.")
    )
    indicator = forms.CharField(
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"list": "measures", "autocomplete": "off"}),
        label=gettext_lazy("What will you measure?"),
        help_text=gettext_lazy("Choose a measure that others use already, or describe one of your own."),
    )
    unit_of_measure = forms.CharField(
        required=False,
        max_length=40,
        label=gettext_lazy("In what is it measured?"),
        help_text=gettext_lazy("For example days, per cent or calls. Leave it empty for a measure that exists."),
    )
    direction = forms.ChoiceField(
        required=False,
        choices=Indicator.Direction.choices,
        widget=forms.RadioSelect,
        label=gettext_lazy("Which way is better?"),
    )
    target = Number(required=False, max_digits=18, decimal_places=6, label=gettext_lazy("The value you want to reach"))
    target_on = Day(required=False, label=gettext_lazy("When shall it be reached?"))
    cadence = forms.ChoiceField(choices=Cadence.choices, label=gettext_lazy("How often will you measure?"))
    review_on = Day(
        required=False,
        label=gettext_lazy("When do you look at the result?"),
        help_text=gettext_lazy("The verdict is given that day. Leave it empty for the day of the target."),
    )
    baseline_ready_on = Day(
        required=False,
        label=gettext_lazy("When are there five values from before the change?"),
        help_text=gettext_lazy("Without them nobody can see whether it got better."),
    )
    cost = Number(
        required=False,
        min_value=0,
        max_digits=12,
        decimal_places=2,
        label=gettext_lazy("What does it cost, in kronor?"),
        help_text=gettext_lazy("Write 0 if it is free. Empty means that you do not know yet."),
    )
    hours_asked = Number(
        required=False,
        min_value=0,
        max_digits=8,
        decimal_places=1,
        label=gettext_lazy("How many hours of working time do you need?"),
        help_text=gettext_lazy("Leave it empty if you need none."),
    )
    has_personal_data = YesOrNo(required=False, label=gettext_lazy("Will you handle data about persons in a new way?"))
    is_reversible = YesOrNo(required=False, label=gettext_lazy("Can you go back to how it was?"))
    is_critical = YesOrNo(
        required=False, label=gettext_lazy("Does it touch safety, or what the law says must be done?")
    )

    def __init__(self, *args: Any, initiative: Initiative, outcome: Outcome | None, **options: Any) -> None:
        notice = options.pop("notice", "")
        initial = _suggested(notice or _notice_of(initiative)) | _wanted_already(outcome)
        written = {name: getattr(initiative, name) for name in DESCRIPTION if getattr(initiative, name) is not None}
        super().__init__(*args, initial=initial | written, **options)
        self.outcome = outcome
        self.fields["reason"].widget.attrs["autofocus"] = True
        if initiative.state == "draft":
            del self.fields["reason"]
        for name in ("first_step_on", "target_on", "review_on", "baseline_ready_on", "target", "cost", "hours_asked"):
            self.fields[name].widget.attrs["class"] = "inmatning--kort"

    @cached_property
    def measures(self) -> list[Indicator]:
        """Measures to choose among, those that most initiatives use first."""
        used = Indicator.objects.annotate(uses=models.Count("outcomes"))
        return list(used.order_by("-uses", "name")[:SUGGESTED])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("indicator"):
            self._clean_measure(cleaned)
        elif self.outcome is not None and "indicator" not in self.errors:
            self.add_error("indicator", _("Write what you will measure. You can choose another measure, but not none."))
        elif any(cleaned.get(name) for name in ("target", "target_on", "review_on", "baseline_ready_on")):
            self.add_error("indicator", _("Write what you will measure, so that the target can be saved with it."))
        return cleaned

    def _clean_measure(self, cleaned: dict[str, Any]) -> None:
        """A measure that exists needs no more than its name, unless several have it."""
        known = Indicator.objects.filter(name__iexact=cleaned["indicator"])
        for name in ("unit_of_measure", "direction"):
            if cleaned.get(name) and not self._is_only_suggested(name, cleaned[name]):
                known = known.filter(**{f"{name}__iexact": cleaned[name]})
        found = list(known[:2])
        if len(found) == 1:
            cleaned |= {"unit_of_measure": found[0].unit_of_measure, "direction": found[0].direction}
            return
        if not cleaned.get("unit_of_measure"):
            self.add_error("unit_of_measure", _("Write what it is measured in, such as days or per cent."))
        if not cleaned.get("direction"):
            self.add_error("direction", _("Choose which way is better."))

    def _is_only_suggested(self, name: str, value: str) -> bool:
        """Whether it is what we wrote there ourselves, before there was a measure: then it says nothing of this one."""
        return self.outcome is None and value == self.initial.get(name)

    def description(self) -> dict[str, Any]:
        """The initiative's columns."""
        return {name: self.cleaned_data[name] for name in DESCRIPTION if name in self.cleaned_data}

    def wanted(self) -> WantedOutcome | None:
        """The primary outcome, with its measure made if it is new; None when nothing is to be measured yet."""
        chosen = self.cleaned_data
        if not chosen["indicator"]:
            return None
        kind = chosen["kind"] or Kind.QUALITY
        indicator = indicator_named(chosen["indicator"], chosen["unit_of_measure"], chosen["direction"], kind)
        return WantedOutcome(
            indicator=indicator,
            target=chosen["target"],
            target_on=chosen["target_on"],
            cadence=chosen["cadence"],
            review_on=chosen["review_on"],
            baseline_ready_on=chosen["baseline_ready_on"],
        )


def _notice_of(initiative: Initiative) -> str:
    return next((notice for notice, kind in KIND_OF.items() if kind == initiative.kind), "")


def _suggested(notice: str) -> dict[str, Any]:
    if notice not in SUGGESTION:
        return {"cadence": Cadence.MONTHLY}
    unit_of_measure, direction = SUGGESTION[Notice(notice)]
    return {"cadence": Cadence.MONTHLY, "unit_of_measure": unit_of_measure, "direction": direction}


def _wanted_already(outcome: Outcome | None) -> dict[str, Any]:
    if outcome is None:
        return {}
    indicator = outcome.indicator
    return {
        "indicator": indicator.name,
        "unit_of_measure": indicator.unit_of_measure,
        "direction": indicator.direction,
        **{name: getattr(outcome, name) for name in ("target", "target_on", "cadence", "review_on")},
        "baseline_ready_on": outcome.baseline_ready_on,
    }
