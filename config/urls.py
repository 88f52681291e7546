"""Every address of the site: the organisation's pages, the subject's pages, the API."""

from django.contrib import admin
from django.urls import include, path, re_path

from initiatives.api.problems import unknown_path
from kommun.pages.token import ClientCredentialsView, metadata

urlpatterns = [
    path("api/v1/", include("initiatives.api.urls")),
    re_path(r"^api(?:/|$)", unknown_path),
    path("admin/", admin.site.urls),
    path("oauth/token", ClientCredentialsView.as_view(), name="token"),
    path(".well-known/oauth-authorization-server", metadata, name="authorization-server"),
    path("", include("initiatives.urls")),
    path("", include("kommun.urls")),
]
