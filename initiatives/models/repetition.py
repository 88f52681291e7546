"""Answers that are kept so that a request which is sent again is not done again."""

from django.db import models
from django.db.models.functions import Now

from kommun.models import ApiClient


class KeptAnswer(models.Model):
    """What was answered to the request that a client named with this Idempotency-Key. Kept for a day."""

    client = models.ForeignKey(ApiClient, models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)  # SHA-256 of method, path and body: the key is for one request only
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["at"], name="kept_answer_by_time")]
        constraints = [models.UniqueConstraint(name="key_names_one_request_of_a_client", fields=["client", "key"])]
