"""Django's admin, for administrators: what no page changes yet. Units move through kommun.organisation."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kommun import organisation
from kommun.models import Absence, Assignment, ClosedDay, Employee, Employment, QuietDays, Unit, UnitSetting
from kommun.swedish import sort_key


class UnitForm(forms.ModelForm):
    stands_under = forms.ModelChoiceField(
        Unit.objects.all(), required=False, help_text=_("Empty: at the top. From today.")
    )

    class Meta:
        model = Unit
        fields = ["code", "name", "kind", "ended_on", "source"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["stands_under"].initial = self.instance.parent_id

    def clean_stands_under(self) -> Unit | None:
        above: Unit | None = self.cleaned_data["stands_under"]
        if above is not None and self.instance.pk in above.path:
            raise forms.ValidationError(_("A unit cannot stand under itself."))
        return above


@admin.register(Unit)
class UnitAdmin(admin.ModelAdmin):
    form = UnitForm
    list_display = ["name", "code", "kind", "parent", "ended_on", "source"]
    list_filter = ["kind", "source"]
    list_select_related = ["parent"]
    search_fields = ["name", "code"]

    def save_model(self, request: HttpRequest, obj: Unit, form: forms.ModelForm, change: bool) -> None:
        obj.sort_key = sort_key(obj.name)
        super().save_model(request, obj, form, change)
        organisation.place(obj, form.cleaned_data["stands_under"], on=timezone.localdate())

    def has_delete_permission(self, request: HttpRequest, obj: Unit | None = None) -> bool:
        return False  # it is ended, so that history can still name it


@admin.register(Employee)
class EmployeeAdmin(admin.ModelAdmin):
    list_display = ["employee_id", "display_name", "login", "ended_on", "source"]
    list_filter = ["source", "is_superuser"]
    search_fields = ["employee_id", "login", "family_name"]
    fields = [
        *("employee_id", "login", "email", "given_name", "family_name", "is_protected", "is_superuser"),
        *("ended_on", "language", "theme", "source"),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Employee | None = None) -> list[str]:
        """An administrator by role makes nobody a superuser."""
        return [] if getattr(request.user, "is_superuser", False) else ["is_superuser"]

    def has_delete_permission(self, request: HttpRequest, obj: Employee | None = None) -> bool:
        return False


class OfPersonAndUnit(admin.ModelAdmin):
    autocomplete_fields = ("employee", "unit")
    list_select_related = ["employee", "unit"]
    search_fields = ["employee__employee_id", "employee__family_name", "unit__name"]


@admin.register(Assignment)
class AssignmentAdmin(OfPersonAndUnit):
    list_display = ["employee", "role", "unit", "from_on", "to_on", "source"]
    list_filter = ["role", "source"]


@admin.register(Employment)
class EmploymentAdmin(OfPersonAndUnit):
    list_display = ["employee", "unit", "title", "is_main", "from_on", "to_on"]


@admin.register(Absence)
class AbsenceAdmin(admin.ModelAdmin):
    autocomplete_fields = ["employee"]
    list_display = ["employee", "from_on", "to_on"]
    list_select_related = ["employee"]


class UnitSettingForm(forms.ModelForm):
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        latest = UnitSetting.objects.filter(unit=cleaned.get("unit")).order_by("from_on").last()
        if latest and cleaned.get("from_on") and cleaned["from_on"] < latest.from_on:
            raise forms.ValidationError(_("The settings were changed later than that. History is not rewritten."))
        return cleaned


@admin.register(UnitSetting)
class UnitSettingAdmin(admin.ModelAdmin):
    """A changed lever is a new row from a day on; the former one is ended, so that the change can be judged."""

    form = UnitSettingForm
    autocomplete_fields = ["unit"]
    fields = ["unit", "from_on", *organisation.LEVERS]
    list_display = ["unit", "from_on", "to_on", *organisation.LEVERS]
    list_select_related = ["unit"]

    def save_model(self, request: HttpRequest, obj: UnitSetting, form: forms.ModelForm, change: bool) -> None:
        chosen = {name: getattr(obj, name) for name in organisation.LEVERS}
        obj.pk = organisation.set_setting(obj.unit, on=obj.from_on, **chosen).pk

    def has_change_permission(self, request: HttpRequest, obj: UnitSetting | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: UnitSetting | None = None) -> bool:
        return False


class QuietDaysForm(forms.ModelForm):
    class Meta:
        model = QuietDays
        fields = ["name", "from_on", "to_on"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to_on"].required = True  # silence comes to an end


@admin.register(QuietDays)
class QuietDaysAdmin(admin.ModelAdmin):
    form = QuietDaysForm
    list_display = ["name", "from_on", "to_on"]


admin.site.register(ClosedDay)


class NoClientAdmin(admin.ModelAdmin):
    """The toolkit wants one for its clients. Ours are changed on a page of their own, where each act leaves a row."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    has_add_permission = has_module_permission
    has_change_permission = has_delete_permission = has_view_permission
