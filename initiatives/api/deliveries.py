"""/webhooks/{id}/deliveries: what was sent to a webhook, what waits and what was given up; and to send it once more."""

from http import HTTPStatus
from typing import ClassVar, Final

from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    DateTimeField,
    F,
    TextField,
    UUIDField,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce
from django.http import HttpResponse
from rest_framework.request import Request

from initiatives.api import components, paging, parameters, repetition, webhook_bodies
from initiatives.api.authentication import WEBHOOKS_MANAGE
from initiatives.api.listings import Filter, query_of, read_path, samples_of
from initiatives.api.media import CSV, JSON
from initiatives.api.operations import Operation
from initiatives.api.orders import Order
from initiatives.api.plans import Given
from initiatives.api.repetition import IDEMPOTENCY_KEY, once
from initiatives.api.shapes import Field, Shape, Way, filled
from initiatives.api.views import Rows
from initiatives.api.webhooks import (
    ID,
    OWN_CLIENT,
    TAG,
    OneView,
    OwnListing,
    header,
    one_of,
    refusals,
    there,
)
from initiatives.models import Delivery, Webhook
from initiatives.webhooks import subscribing
from initiatives.webhooks.messages import TEST
from kommun.models import ApiClient

WAITING, DELIVERED, DEAD = "waiting", "delivered", "dead"
STATUSES: Final = [WAITING, DELIVERED, DEAD]
_STATUS: Final = Case(
    When(delivered_at__isnull=False, then=Value(DELIVERED)),
    When(dead_at__isnull=False, then=Value(DEAD)),
    default=Value(WAITING),
    output_field=CharField(),
)
DELIVERY_ID: Final = parameters.identifier("deliveryId", "The delivery's identifier.")
DELIVERY: Final = Shape(
    "Delivery",
    "A message on its way to a webhook, or what became of it.",
    [
        Field("id", "uuid", components.uuid("Its identifier: the header webhook-id of the message, at every try.")),
        Field(
            "eventId",
            Coalesce("change__uuid", "uuid"),
            components.uuid("The identifier of the event that it tells of.", "5b1f5b1c-5c2d-4a0e-8f0a-3d9f2b6c7a10"),
        ),
        Field(
            "type",
            Coalesce("change__kind", Value(TEST), output_field=CharField()),
            components.choice("What kind of event.", [*subscribing.KINDS, TEST]),
        ),
        Field(
            "subject",
            Coalesce("change__subject", Cast("webhook__uuid", TextField()), output_field=TextField()),
            components.text("The identifier of the resource that it is about.", components.UUID),
        ),
        Field(
            "status",
            _STATUS,
            components.choice(
                "Whether it waits to be sent (for the first time or once more), was answered with 2xx, or was "
                "given up.",
                STATUSES,
            ),
        ),
        Field("attempts", "attempts", components.integer("How many times it was sent.", 1)),
        Field(
            "statusCode",
            "status_code",
            components.integer("The latest answer's HTTP status; null when there was none.", 503, nullable=True),
        ),
        Field(
            "error",
            filled("error"),
            components.text("Why there was no answer.", "There was no answer in time.", nullable=True),
        ),
        Field("createdAt", "created_at", components.moment("When it was put in the queue.")),
        Field("firstTriedAt", "tried_at", components.moment("When it was sent for the first time.", nullable=True)),
        Field(
            "nextTryAt",
            Case(When(delivered_at=None, dead_at=None, then=F("send_after")), output_field=DateTimeField()),
            components.moment("Not before this is it sent again; null unless it waits.", nullable=True),
        ),
        Field(
            "deliveredAt",
            "delivered_at",
            components.moment("When it was answered with 2xx.", nullable=True),
        ),
        Field("deadAt", "dead_at", components.moment("When it was given up.", nullable=True)),
    ],
    ways=[
        Way(
            "self",
            "self",
            ("/webhooks/", F("webhook__uuid"), "/deliveries/", F("uuid")),
            "This delivery.",
            f"/webhooks/{components.UUID}/deliveries/{components.UUID}",
        ),
        Way("webhook", "up", ("/webhooks/", F("webhook__uuid")), "Its webhook.", f"/webhooks/{components.UUID}"),
    ],
    empty=("error", "deliveredAt", "deadAt"),
)
# By the row itself, which no other has: what came first is sent first.
ORDERS: Final = (Order("createdAt", (), is_descending=True), Order("createdAt", ()))
FILTERS: Final = (
    Filter(
        parameters.choice("status", "Only those of this status.", STATUSES),
        lambda rows, status: rows.alias(is_now=_STATUS).filter(is_now=status),
        CharField(),
    ),
)
REPLAYED: Final = components.whole(
    "Replayed",
    components.obj(
        "How many messages are sent once more.",
        {"count": components.integer("Those that had ended; what was on its way already is not counted.", 3)},
    ),
)
TESTED: Final = components.whole(
    "TestMessage",
    components.obj(
        "A message that says nothing is on its way.", {"deliveryId": components.uuid("Its delivery's identifier.")}
    ),
)


class DeliveryView:
    @classmethod
    def parent(cls, client: ApiClient) -> Rows:
        own = Webhook.objects.filter(client_id=Given(OWN_CLIENT, BigIntegerField()))
        return own.filter(uuid=Given("id", UUIDField()))

    @classmethod
    def visible(cls, client: ApiClient) -> Rows:
        return Delivery.objects.filter(webhook__in=cls.parent(client).order_by())


class Deliveries(DeliveryView, OwnListing):
    shape = DELIVERY
    plural = "deliveries"
    filters = FILTERS
    orders = ORDERS
    operations: ClassVar = {
        "GET": Operation(
            id="listDeliveries",
            tag=TAG,
            summary="List what was sent to a webhook",
            description="The latest first. What has arrived or was given up is kept for 30 days.",
            scopes=(WEBHOOKS_MANAGE,),
            path=(ID,),
            query=query_of(DELIVERY, FILTERS, ORDERS),
            formats=(JSON, CSV),
            samples=samples_of(DELIVERY),
            answer=paging.listing("DeliveryPage", "deliveries", "The deliveries of this page.", DELIVERY.component),
        )
    }


class OneDelivery(DeliveryView, OneView):
    shape = DELIVERY
    identifier = "uuid"
    operations: ClassVar = {
        "GET": Operation(
            id="getDelivery",
            tag=TAG,
            summary="Read what became of a message",
            description="One delivery by the header webhook-id of its message.",
            scopes=(WEBHOOKS_MANAGE,),
            path=(ID, DELIVERY_ID),
            answer=DELIVERY.component,
        )
    }

    def get(self, request: Request, **path: str) -> HttpResponse:
        given = {"id": self.key(path), "identifier": read_path(DELIVERY_ID, path["deliveryId"])}
        return self.answer_bytes(one_of(OneDelivery, self, given))


class Replays(OneView):
    operations: ClassVar = {
        "POST": Operation(
            id="replayDeliveries",
            tag=TAG,
            summary="Send messages once more",
            description="Those that are named, whether they arrived or were given up, or all that were given up "
            "since a moment. They go with the same webhook-id, before what waits in the same line.",
            scopes=(WEBHOOKS_MANAGE,),
            path=(ID,),
            headers=(IDEMPOTENCY_KEY,),
            body=webhook_bodies.REPLAY,
            answer=REPLAYED,
            status=HTTPStatus.ACCEPTED,
            problems=repetition.STATUSES,
            answer_headers=repetition.REPLAYED
            | {
                "Location": header(
                    "Where they are seen on their way.",
                    f"https://framsteg.example.se/api/v1/webhooks/{components.UUID}/deliveries?status=waiting",
                )
            },
        )
    }

    @once
    def post(self, request: Request, **path: str) -> HttpResponse:
        webhook = self.find(path)
        wanted = webhook_bodies.read_replay(request.data)
        with refusals():
            count = subscribing.replay(
                webhook.uuid, by=self.client, now=self.now, deliveries=wanted.deliveries, since=wanted.since
            )
        response = self.answer({"count": there(count)}, HTTPStatus.ACCEPTED)
        response["Location"] = f"{self.root}/webhooks/{webhook.uuid}/deliveries?status={WAITING}"
        return response


class Tests(OneView):
    operations: ClassVar = {
        "POST": Operation(
            id="testWebhook",
            tag=TAG,
            summary="Send a test message",
            description="Puts an event of the type `se.framsteg.webhook.test` in the queue. It is signed and sent "
            "as all others are, within a minute or two; the header Location leads to what became of it.",
            scopes=(WEBHOOKS_MANAGE,),
            path=(ID,),
            headers=(IDEMPOTENCY_KEY,),
            answer=TESTED,
            status=HTTPStatus.ACCEPTED,
            problems=repetition.STATUSES,
            answer_headers=repetition.REPLAYED
            | {
                "Location": header(
                    "Where to see what became of it.",
                    f"https://framsteg.example.se/api/v1/webhooks/{components.UUID}/deliveries/{components.UUID}",
                )
            },
        )
    }

    @once
    def post(self, request: Request, **path: str) -> HttpResponse:
        key = self.key(path)
        with refusals():
            delivery = there(subscribing.test(key, by=self.client, now=self.now))
        response = self.answer({"deliveryId": delivery.uuid}, HTTPStatus.ACCEPTED)
        response["Location"] = f"{self.root}/webhooks/{key}/deliveries/{delivery.uuid}"
        return response
