"""What a person decides about themselves: language, light or dark, and days away, on which the deputy decides."""

import datetime as dt
from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse_lazy
from django.utils import timezone, translation
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST
from django.views.generic import FormView, UpdateView

from kommun.models import Absence, Employee
from kommun.pages.refusals import ShownAgain


class ChoicesForm(forms.ModelForm):
    class Meta:
        model = Employee
        fields = ["language", "theme"]
        labels = {"language": gettext_lazy("Language"), "theme": gettext_lazy("Light or dark")}
        widgets = {"language": forms.RadioSelect, "theme": forms.RadioSelect}


class AbsenceForm(forms.ModelForm):
    class Meta:
        model = Absence
        fields = ["from_on", "to_on"]
        labels = {"from_on": gettext_lazy("First day away"), "to_on": gettext_lazy("Last day away")}
        help_texts = {"to_on": gettext_lazy("Leave it empty if you do not know yet.")}
        widgets = {name: forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d") for name in fields}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("from_on"), cleaned.get("to_on")
        if first and last and last < first:
            self.add_error("to_on", gettext("The last day is before the first. Choose the same day or a later one."))
        return cleaned


def _person(request: HttpRequest) -> Employee:
    return cast(Employee, request.user)


class AccountPage(ShownAgain, UpdateView):
    template_name = "kommun/account.html"
    form_class = ChoicesForm
    success_url = reverse_lazy("account")

    def get_object(self, queryset: object = None) -> Employee:
        return Employee.objects.get(pk=_person(self.request).pk)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        today = timezone.localdate()
        absences = Absence.objects.filter(employee=self.object).exclude(to_on__lt=today).order_by("from_on")
        return super().get_context_data(
            absences=absences, absence_form=AbsenceForm(initial={"from_on": today}), **kwargs
        )

    def form_valid(self, form: forms.ModelForm) -> HttpResponse:
        response = super().form_valid(form)
        language = form.cleaned_data["language"]
        with translation.override(language):
            messages.success(self.request, gettext("Saved."))
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language)  # for the sign-in page the next time
        return response


class AbsencePage(ShownAgain, FormView):
    """Takes a new absence; shows the form again by itself when something is wrong with it."""

    template_name = "kommun/absence.html"
    form_class = AbsenceForm
    success_url = reverse_lazy("account")

    def form_valid(self, form: AbsenceForm) -> HttpResponse:
        form.instance.employee = _person(self.request)
        try:
            with transaction.atomic():
                form.save()
        except IntegrityError:
            form.add_error("from_on", gettext("You are already away on some of those days. Remove that absence first."))
            return self.form_invalid(form)
        messages.success(self.request, gettext("Your deputy decides on those days."))
        return super().form_valid(form)


@require_POST
def end_absence(request: HttpRequest, pk: int) -> HttpResponse:
    """Back from today; the days that were are kept."""
    today = timezone.localdate()
    absence = get_object_or_404(Absence.objects.exclude(to_on__lt=today), pk=pk, employee=_person(request))
    if absence.from_on >= today:
        absence.delete()
    else:
        Absence.objects.filter(pk=pk).update(to_on=today - dt.timedelta(days=1))
    messages.success(request, gettext("Removed. You decide yourself again."))
    return redirect("account")
