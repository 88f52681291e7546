"""Django's admin of indicators, for administrators: what feeds one from Kolada. How it is measured stays as it was."""

from django.contrib import admin
from django.http import HttpRequest

from initiatives.models import Indicator
from kommun.models import Employee


@admin.register(Indicator)
class IndicatorAdmin(admin.ModelAdmin):
    fields = ["name", "unit_of_measure", "direction", "kind", "kolada_id"]
    readonly_fields = ["name", "unit_of_measure", "direction"]  # values have been judged by them
    list_display = ["name", "unit_of_measure", "direction", "kind", "kolada_id"]
    list_filter = ["kind", "direction"]
    search_fields = ["name", "kolada_id"]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _administers(request)

    def has_view_permission(self, request: HttpRequest, obj: Indicator | None = None) -> bool:
        return _administers(request)

    def has_change_permission(self, request: HttpRequest, obj: Indicator | None = None) -> bool:
        return _administers(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # one is made where an initiative first needs it

    def has_delete_permission(self, request: HttpRequest, obj: Indicator | None = None) -> bool:
        return False


def _administers(request: HttpRequest) -> bool:
    return isinstance(request.user, Employee) and request.user.is_active and request.user.is_staff
