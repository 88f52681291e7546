"""Addresses of the API, below /api/v1. None ends with a slash; what is not here is a problem+json 404."""

from django.urls import path, re_path

from initiatives.api import documents
from initiatives.api.catalog.view import OpenDataCatalog
from initiatives.api.corrections import Corrections
from initiatives.api.deliveries import Deliveries, OneDelivery, Replays, Tests
from initiatives.api.events import Events
from initiatives.api.indicators import Indicators, OneIndicator
from initiatives.api.info import ApiInfo
from initiatives.api.initiatives import Initiatives, OneInitiative
from initiatives.api.measurements import Measurements
from initiatives.api.metrics import Metrics
from initiatives.api.outcomes import OneOutcome, Outcomes
from initiatives.api.problems import unknown_path
from initiatives.api.soil import Soil
from initiatives.api.units import OneUnit, Units
from initiatives.api.webhooks import OneWebhook, Secrets, Webhooks

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
    path("soil", Soil.as_view()),
    path("catalog", OpenDataCatalog.as_view()),
    path("events", Events.as_view()),
    path("webhooks", Webhooks.as_view()),
    path("webhooks/<str:id>", OneWebhook.as_view()),
    path("webhooks/<str:id>/deliveries", Deliveries.as_view()),
    path("webhooks/<str:id>/deliveries/<str:deliveryId>", OneDelivery.as_view()),
    path("webhooks/<str:id>/replays", Replays.as_view()),
    path("webhooks/<str:id>/secrets", Secrets.as_view()),
    path("webhooks/<str:id>/tests", Tests.as_view()),
    path("openapi.yaml", documents.openapi_yaml, name="openapi-yaml"),
    path("openapi.json", documents.openapi_json, name="openapi-json"),
    path("docs", documents.docs, name="api-docs"),
    re_path(r"", unknown_path),
]
