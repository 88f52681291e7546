"""The subject: change initiatives, their evidence, letters and metrics."""

from django.apps import AppConfig


class InitiativesConfig(AppConfig):
    name = "initiatives"
    verbose_name = "Initiatives"
