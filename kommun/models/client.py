"""Other systems that may call the API, each bound to a part of the organisation."""

import uuid

from django.db import models
from oauth2_provider.models import AbstractApplication

from kommun.models.unit import Unit


class ApiClient(AbstractApplication):
    """An OAuth 2 client. It sees and writes only what lies within `unit`; without one, the whole municipality."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="api_clients")
    allowed_scopes = models.TextField(default="metrics:read initiatives:read")  # separated by spaces

    class Meta(AbstractApplication.Meta):
        verbose_name = "API client"
