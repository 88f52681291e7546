"""A refusal shown on the very field that it is about."""

from django import forms

from initiatives.actions.refusals import Refused


def show(refused: Refused, form: forms.BaseForm) -> None:
    """Each sentence on its field; what the form has no field for stands at the top."""
    for missing in refused.missing:
        form.add_error(missing.field if missing.field in form.fields else None, missing.message)
