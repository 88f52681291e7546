"""The organisation: people, units, who answers for what today, working days, sign-in and the shell of every page."""

from django.apps import AppConfig


class KommunConfig(AppConfig):
    name = "kommun"
    verbose_name = "Kommun"
