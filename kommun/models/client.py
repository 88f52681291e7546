"""Other systems that may call the API, each bound to a part of the organisation, and what proves who they are."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import AbstractApplication

from kommun.models.person import Employee
from kommun.models.unit import Unit


class ApiClient(AbstractApplication):
    """An OAuth 2 client. It sees and writes only what lies within `unit`; without one, the whole municipality.

    It proves itself with one of its `secrets`, with a key of `jwks` (RFC 7523), or with an access token of the
    municipality's own authorisation server that names its `client_id`. The toolkit's own column for one secret is gone.
    """

    client_secret = None

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, related_name="api_clients")
    allowed_scopes = models.TextField(default="metrics:read initiatives:read")  # separated by spaces
    responsible = models.ForeignKey(  # gets the letters about it, such as that its webhook was given up
        Employee, models.SET_NULL, null=True, blank=True, related_name="api_clients"
    )
    jwks = models.JSONField(default=dict, blank=True)  # its public keys, {"keys": [...]}; empty: it has none
    requests_per_minute = models.PositiveIntegerField(default=600)
    ended_at = models.DateTimeField(null=True, blank=True)  # from then on every call of it is refused

    class Meta(AbstractApplication.Meta):
        verbose_name = "API client"
        constraints = [
            models.CheckConstraint(name="client_may_make_a_call_a_minute", condition=Q(requests_per_minute__gte=1))
        ]

    def is_usable(self, request: object) -> bool:
        """Asked by the token endpoint; `ended_at` is never of the future."""
        return self.ended_at is None


class ClientSecret(models.Model):
    """One of at most two secrets that are good at once, so that a client can be given a new one without a stop."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    client = models.ForeignKey(ApiClient, models.CASCADE, related_name="secrets")
    place = models.PositiveSmallIntegerField()  # 1 or 2
    checksum = models.CharField(max_length=255)  # see kommun.clients.proving; the secret itself is kept nowhere
    hint = models.CharField(max_length=8, blank=True)  # its last characters, so that people can tell two apart
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)  # taken back
    last_used_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["client", "created_at"]
        constraints = [
            models.UniqueConstraint(
                name="client_has_at_most_two_secrets", fields=["client", "place"], condition=Q(ended_at=None)
            ),
            models.CheckConstraint(name="secret_has_the_first_or_the_second_place", condition=Q(place__in=[1, 2])),
            models.CheckConstraint(
                name="secret_expires_after_it_was_made",
                condition=Q(expires_at=None) | Q(expires_at__gt=F("created_at")),
            ),
        ]


class UsedAssertion(models.Model):
    """An assertion that a client has signed to get a token (RFC 7523): good once, and kept until it has expired."""

    client = models.ForeignKey(ApiClient, models.CASCADE, related_name="+")
    jti = models.CharField(max_length=64)  # its SHA-256 in hexadecimal; clients choose the length
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="assertion_is_used_once", fields=["client", "jti"])]
        indexes = [models.Index(fields=["expires_at"], name="assertion_by_expiry")]


class ClientAct(models.Model):
    """What an administrator has done with a client. Rows are added, never changed."""

    class Kind(models.TextChoices):
        CREATE = "create", _("Added")
        BIND = "bind", _("Changed")  # `data` has what it was and became, [before, after] by field
        ADD_SECRET = "add_secret", _("New secret")
        END_SECRET = "end_secret", _("Secret ended")
        SET_KEYS = "set_keys", _("Public keys replaced")
        END = "end", _("Client ended")

    client = models.ForeignKey(ApiClient, models.PROTECT, related_name="acts")
    kind = models.CharField(max_length=32, choices=Kind)
    by = models.ForeignKey(Employee, models.PROTECT, null=True, related_name="+")  # empty: by a command
    at = models.DateTimeField()
    data = models.JSONField(default=dict)

    class Meta:
        ordering = ["client", "id"]
        indexes = [models.Index(fields=["client", "id"], name="act_of_client")]


class ClientPace(models.Model):
    """How many calls a client has left, so that the limit holds over a restart and in every web process alike."""

    client = models.OneToOneField(ApiClient, models.CASCADE, primary_key=True, related_name="pace")
    allowance = models.FloatField()  # calls left at `counted_at`; it grows by requests_per_minute each minute
    counted_at = models.DateTimeField()  # its latest call
    was_refused = models.BooleanField(default=False)  # the latest call, for want of calls left


class ApiCall(models.Model):
    """The audit log: one call that a client made, or one whose token was refused. Rows are added, and expire."""

    client = models.ForeignKey(ApiClient, models.DO_NOTHING, null=True, db_constraint=False, db_index=False)
    at = models.DateTimeField(db_default=Now())
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=300)  # with its query, cut off
    status = models.PositiveSmallIntegerField()
    milliseconds = models.PositiveIntegerField()
    trace = models.CharField(max_length=64, blank=True)  # the trace-id that the caller sent, or ours
    address = models.GenericIPAddressField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["client", "-id"], name="call_of_client"),
            models.Index(fields=["at"], name="call_by_time"),
        ]
