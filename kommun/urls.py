"""Addresses of the organisation's own pages."""

from django.urls import path

from kommun.pages.about import AccessibilityPage, HelpPage
from kommun.pages.language import choose_language

urlpatterns = [
    path("tillganglighet/", AccessibilityPage.as_view(), name="accessibility"),
    path("hjalp/", HelpPage.as_view(), name="help"),
    path("sprak/", choose_language, name="choose-language"),
]
