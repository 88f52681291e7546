"""Draws the subject's components from their view-models: `{% load initiatives_ui %}{% goal_band row.band %}`."""

from collections.abc import Sequence

from django import forms, template

from initiatives.pages.components.chart import Chart
from initiatives.pages.components.goal_band import GoalBand
from initiatives.pages.components.panels import Activity, Figure, InitiativeRow, NextStep, VerdictBox
from initiatives.pages.components.sparkline import Sparkline
from initiatives.pages.components.status import StatusTag
from initiatives.pages.components.stepper import Stepper

register = template.Library()
TEMPLATES = "initiatives/components"


@register.inclusion_tag(f"{TEMPLATES}/status_tag.html")
def status_tag(tag: StatusTag) -> dict[str, object]:
    return {"tag": tag}


@register.inclusion_tag(f"{TEMPLATES}/goal_band.html")
def goal_band(band: GoalBand | None) -> dict[str, object]:
    return {"band": band}


@register.inclusion_tag(f"{TEMPLATES}/chart.html")
def chart(chart: Chart | None) -> dict[str, object]:
    return {"chart": chart}


@register.inclusion_tag(f"{TEMPLATES}/sparkline.html")
def sparkline(line: Sparkline | None) -> dict[str, object]:
    return {"line": line}


@register.inclusion_tag(f"{TEMPLATES}/stepper.html")
def stepper(steps: Stepper) -> dict[str, object]:
    return {"steps": steps}


@register.inclusion_tag(f"{TEMPLATES}/next_step.html")
def next_step(step: NextStep) -> dict[str, object]:
    return {"step": step}


@register.inclusion_tag(f"{TEMPLATES}/verdict.html")
def verdict(verdict: VerdictBox) -> dict[str, object]:
    return {"verdict": verdict}


@register.inclusion_tag(f"{TEMPLATES}/figures.html")
def figures(figures: Sequence[Figure]) -> dict[str, object]:
    return {"figures": figures}


@register.inclusion_tag(f"{TEMPLATES}/activity.html")
def activity(activity: Sequence[Activity]) -> dict[str, object]:
    return {"activity": activity}


@register.inclusion_tag(f"{TEMPLATES}/initiative_row.html")
def initiative_row(row: InitiativeRow) -> dict[str, object]:
    return {"row": row}


@register.filter
def anchor(form: forms.BaseForm, name: str) -> str:
    """The id of what to click on to answer the question `name`; nothing when the form does not ask it."""
    if name not in form.fields:
        return ""
    field = form[name]
    return f"{field.auto_id}_0" if field.use_fieldset else str(field.id_for_label)
