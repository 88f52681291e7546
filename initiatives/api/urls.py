"""Addresses of the API, below /api/v1. None ends with a slash; what is not here is a problem+json 404."""

from django.urls import path, re_path

from initiatives.api import documents
from initiatives.api.catalog.view import OpenDataCatalog
from initiatives.api.corrections import Corrections
from initiatives.api.indicators import Indicators, OneIndicator
from initiatives.api.info import ApiInfo
from initiatives.api.initiatives import Initiatives, OneInitiative
from initiatives.api.measurements import Measurements
from initiatives.api.metrics import Metrics
from initiatives.api.outcomes import OneOutcome, Outcomes
from initiatives.api.problems import unknown_path
from initiatives.api.soil import Soil
from initiatives.api.units import OneUnit, Units

urlpatterns = [
    path("api-info", ApiInfo.as_view()),
    path("units", Units.as_view()),
    path("units/<path:code>", OneUnit.as_view()),
    path("indicators", Indicators.as_view()),
    path("indicators/<str:id>", OneIndicator.as_view()),
    path("initiatives", Initiatives.as_view()),
    path("initiatives/<str:id>", OneInitiative.as_view()),
    path("outcomes", Outcomes.as_view()),
    path("outcomes/<str:id>", OneOutcome.as_view()),
    path("outcomes/<str:id>/measurements", Measurements.as_view()),
    path("outcomes/<str:id>/corrections", Corrections.as_view()),
    path("metrics", Metrics.as_view()),
    path("catalog", OpenDataCatalog.as_view()),
    path("soil", Soil.as_view()),
    path("openapi.yaml", documents.openapi_yaml, name="openapi-yaml"),
    path("openapi.json", documents.openapi_json, name="openapi-json"),
    path("docs", documents.docs, name="api-docs"),
    re_path(r"", unknown_path),
]
