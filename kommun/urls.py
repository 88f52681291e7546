"""Addresses of the organisation's own pages."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
