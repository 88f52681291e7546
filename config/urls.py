"""Every address of the site: the organisation's pages, the subject's pages, the API."""

from django.urls import include, path

urlpatterns = [
    path("", include("kommun.urls")),
]
