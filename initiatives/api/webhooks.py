"""/webhooks: where a client wants to be told of changes. It sees its own only."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, ClassVar, Final
from uuid import UUID

import orjson
from django.db.models import BigIntegerField, F
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import parse_etags
from rest_framework.request import Request

from initiatives.api import bodies, components, orders, paging, parameters, webhook_bodies
from initiatives.api.authentication import WEBHOOKS_MANAGE
from initiatives.api.components import Component, Schema
from initiatives.api.listings import Listing, query_of, read_path, samples_of
from initiatives.api.media import CSV, JSON
from initiatives.api.operations import Operation
from initiatives.api.parameters import Parameter
from initiatives.api.plans import Given
from initiatives.api.problems import Invalid, Refusal, Violation
from initiatives.api.questions import single_statement
from initiatives.api.repetition import IDEMPOTENCY_KEY, REPLAYED, STATUSES, once
from initiatives.api.shapes import ROOT, Field, Shape, Way
from initiatives.api.tables import Answer
from initiatives.api.views import ApiView, Rows
from initiatives.models import Webhook
from initiatives.webhooks import subscribing
from initiatives.webhooks.addresses import Network, Unfit
from initiatives.webhooks.subscribing import NotEnabled, Stale, TooMany
from kommun.models import ApiClient
from kommun.statements import rows as rows_of

OWN_CLIENT: Final = "own_client"
TAG: Final = "Webhooks"
ID: Final = parameters.identifier("id", "The webhook's identifier.")
SECRET: Final = components.text(
    "The secret that its messages are signed with. It is shown here and never again.",
    "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
)
_EMPTY: Final = ("failingSince", "disabledAt", "formerSecretUntil")  # of one that is new and well
WEBHOOK: Final = Shape(
    "Webhook",
    "A wish to be told of changes at an address.",
    [
        Field("id", "uuid", components.uuid("Its identifier.")),
        Field("url", "url", webhook_bodies.URL),
        Field("types", "types", webhook_bodies.TYPES),
        Field("description", "description", webhook_bodies.DESCRIPTION),
        Field(
            "status",
            "status",
            components.choice(
                "Whether it is sent anything. It is disabled when nothing has arrived for three days or its "
                "receiver has answered 410; then the one who answers for the client is written to.",
                Webhook.Status.values,
            ),
        ),
        Field(
            "failingSince",
            "failing_since_at",
            components.moment("Since when nothing has arrived; null when the latest did.", nullable=True),
        ),
        Field(
            "disabledAt",
            "disabled_at",
            components.moment("When it was disabled.", nullable=True),
        ),
        Field(
            "formerSecretUntil",
            "former_secret_until",
            components.moment("Until when the former secret signs beside the new one.", nullable=True),
        ),
        Field("createdAt", "created_at", components.moment("When it was made. It is told of changes from then on.")),
        Field("updatedAt", "updated_at", components.moment("When it was last changed.")),
    ],
    ways=[
        Way("self", "self", ("/webhooks/", F("uuid")), "This webhook.", f"/webhooks/{components.UUID}"),
        Way(
            "deliveries",
            "related",
            ("/webhooks/", F("uuid"), "/deliveries"),
            "What was sent to it.",
            f"/webhooks/{components.UUID}/deliveries",
        ),
    ],
    empty=_EMPTY,
)
BY_AGE: Final = orders.Order("createdAt", (orders.moment("created", "created_at"),))


def _with_secret() -> Component:
    schema: Schema = WEBHOOK.component.schema
    properties = schema["properties"] | {"secret": SECRET}
    whole = schema | {"description": "A new webhook, with its secret.", "properties": properties}
    return components.whole("NewWebhook", whole | {"required": [*schema["required"], "secret"]}, empty=_EMPTY)


NEW_SECRET: Final = components.whole(
    "NewSecret",
    components.obj(
        "A new secret. Messages are signed with the former one as well, until the moment that is told.",
        {"secret": SECRET, "formerSecretUntil": components.moment("Until when the former one signs beside it.")},
    ),
)


def header(description: str, example: str) -> Schema:
    return {"description": description, "schema": {"type": "string"}, "example": example}


LOCATION: Final = header("Where it is.", f"https://framsteg.example.se/api/v1/webhooks/{components.UUID}")
ETAG: Final = header("The version of the webhook, for If-Match.", '"3"')
IF_MATCH: Final = Parameter("If-Match", "The ETag of the webhook as you have read it.", {"type": "string"}, str, '"3"')


class OwnWebhooks:
    @classmethod
    def visible(cls, client: ApiClient) -> Rows:
        return Webhook.objects.filter(client_id=Given(OWN_CLIENT, BigIntegerField()))


class OwnListing(Listing):
    """A list that the client's own doings change, and not only changes of the domain: its ETag is of the body."""

    def get(self, request: Request, **path: str) -> HttpResponseBase:
        self.path_values = self.read_path(path)
        page = paging.Page(self.given["page"], self.given["limit"])
        response: Answer = self.page(page) if self.media == JSON else self.table(page)
        return self.whole(response)

    def read_path(self, path: dict[str, str]) -> dict[str, Any]:
        return super().read_path(path) | {OWN_CLIENT: self.client.pk}


class OneView(OwnWebhooks, ApiView):
    """Something about one webhook of the client's."""

    def find(self, path: Mapping[str, str]) -> Webhook:
        found = subscribing.webhooks_of(self.client).filter(uuid=self.key(path)).first()
        if found is None:
            raise Http404
        return found

    def key(self, path: Mapping[str, str]) -> UUID:
        key: UUID = read_path(ID, path["id"])
        return key


class Webhooks(OwnWebhooks, OwnListing):
    shape = WEBHOOK
    plural = "webhooks"
    orders = (BY_AGE,)
    operations: ClassVar = {
        "GET": Operation(
            id="listWebhooks",
            tag=TAG,
            summary="List webhooks",
            description="The client's own webhooks, the oldest first.",
            scopes=(WEBHOOKS_MANAGE,),
            query=query_of(WEBHOOK, (), (BY_AGE,)),
            formats=(JSON, CSV),
            samples=samples_of(WEBHOOK),
            answer=paging.listing("WebhookPage", "webhooks", "The webhooks of this page.", WEBHOOK.component),
        ),
        "POST": Operation(
            id="addWebhook",
            tag=TAG,
            summary="Add a webhook",
            description="From now on each change that the client may read is posted to the address: signed as Standard "
            "Webhooks says, as a CloudEvents event, in order for each initiative, and again until it is answered "
            "with 2xx, for three days. The secret is in this answer and nowhere else. A client has at most "
            f"{subscribing.MOST_EACH} webhooks.",
            scopes=(WEBHOOKS_MANAGE,),
            headers=(IDEMPOTENCY_KEY,),
            body=webhook_bodies.NEW,
            answer=_with_secret(),
            status=HTTPStatus.CREATED,
            problems=STATUSES,
            answer_headers={"Location": LOCATION, "ETag": ETAG} | REPLAYED,
        ),
    }

    @once
    def post(self, request: Request, **path: str) -> HttpResponse:
        wish = webhook_bodies.read_new(request.data)
        with refusals():
            webhook, secret = subscribing.subscribe(wish, by=self.client, now=self.now, network=Network.of_settings())
        shown = orjson.loads(body_of(webhook.uuid, self)) | {"secret": secret}
        response = self.answer(shown, HTTPStatus.CREATED)
        response["Location"] = f"{self.root}/webhooks/{webhook.uuid}"
        response["ETag"] = etag(webhook)
        response["Cache-Control"] = "no-store"
        return response


class OneWebhook(OneView):
    shape = WEBHOOK
    identifier = "uuid"
    operations: ClassVar = {
        "GET": Operation(
            id="getWebhook",
            tag=TAG,
            summary="Read a webhook",
            description="One of the client's own webhooks. Its secret is not told.",
            scopes=(WEBHOOKS_MANAGE,),
            path=(ID,),
            answer=WEBHOOK.component,
        ),
        "PATCH": Operation(
            id="changeWebhook",
            tag=TAG,
            summary="Change a webhook",
            description="Changes the members that are sent. `status` is set to `paused`, and changes wait, or to "
            "`enabled`, and what has waited is sent; so a webhook that was disabled begins again.",
            scopes=(WEBHOOKS_MANAGE,),
            path=(ID,),
            headers=(IF_MATCH,),
            body=webhook_bodies.CHANGES,
            answer=WEBHOOK.component,
            problems=(412, 428),
            answer_headers={"ETag": ETAG},
        ),
        "DELETE": Operation(
            id="removeWebhook",
            tag=TAG,
            summary="Remove a webhook",
            description="Nothing more is sent to it, and what was sent is forgotten. With If-Match only the version "
            "that was read is removed.",
            scopes=(WEBHOOKS_MANAGE,),
            path=(ID,),
            headers=(IF_MATCH,),
            answer=None,
            status=HTTPStatus.NO_CONTENT,
            problems=(412,),
        ),
    }

    def get(self, request: Request, **path: str) -> HttpResponse:
        webhook = self.find(path)  # before the body, so that its version is never later than what is shown
        return self.if_changed(self._answer(webhook))

    def patch(self, request: Request, **path: str) -> HttpResponse:
        webhook = self.find(path)
        changes = webhook_bodies.read_changes(request.data)  # what is wrong anyway is told first (RFC 9110, 13.2.1)
        self._is_what_was_read(webhook, needed=True)
        given: dict[str, Any] = {"now": self.now, "version": webhook.version, "network": Network.of_settings()}
        with refusals():
            changed = subscribing.revise(webhook.uuid, by=self.client, **given, **changes)
        return self._answer(there(changed))

    def delete(self, request: Request, **path: str) -> HttpResponse:
        webhook = self.find(path)
        version = webhook.version if self._is_what_was_read(webhook, needed=False) else None
        with refusals():
            there(subscribing.unsubscribe(webhook.uuid, by=self.client, version=version) or None)
        return HttpResponse(status=HTTPStatus.NO_CONTENT)

    def _is_what_was_read(self, webhook: Webhook, *, needed: bool) -> bool:
        """Whether the caller has said which version it has read. Raises a Refusal when it is not today's."""
        given = parse_etags(self.request.headers.get("If-Match", ""))
        told = [tag.removeprefix("W/") for tag in given]  # compression has made it weak on its way to the caller
        if not told and needed:
            raise Refusal(HTTPStatus.PRECONDITION_REQUIRED)
        if told and "*" not in told and etag(webhook) not in told:
            raise Refusal(HTTPStatus.PRECONDITION_FAILED)
        return bool(told)

    def _answer(self, webhook: Webhook) -> HttpResponse:
        response = HttpResponse(body_of(webhook.uuid, self), content_type=bodies.MEDIA_TYPE)
        response["ETag"] = etag(webhook)
        return response


class Secrets(OneView):
    operations: ClassVar = {
        "POST": Operation(
            id="rotateSecret",
            tag=TAG,
            summary="Give a webhook a new secret",
            description="The new secret is in this answer and nowhere else. For 24 hours each message carries two "
            "signatures, by the new secret and by the former one, so that a receiver can change over without a stop.",
            scopes=(WEBHOOKS_MANAGE,),
            path=(ID,),
            headers=(IDEMPOTENCY_KEY,),
            answer=NEW_SECRET,
            status=HTTPStatus.CREATED,
            problems=STATUSES,
            answer_headers={"Location": LOCATION, "ETag": ETAG} | REPLAYED,
        )
    }

    @once
    def post(self, request: Request, **path: str) -> HttpResponse:
        webhook, secret = there(subscribing.rotate(self.key(path), by=self.client, now=self.now))
        told = {"secret": secret, "formerSecretUntil": webhook.former_secret_until}
        response = self.answer(told, HTTPStatus.CREATED)
        response["Location"] = f"{self.root}/webhooks/{webhook.uuid}"
        response["ETag"] = etag(webhook)
        response["Cache-Control"] = "no-store"
        return response


def body_of(key: UUID, view: ApiView) -> bytes:
    """A webhook of the client's as JSON. Raises Http404."""
    return one_of(OneWebhook, view, {"identifier": key})


def one_of(what: Any, view: ApiView, given: Mapping[str, Any]) -> bytes:
    """The object of the class `what`, as JSON, that `given` names. Raises Http404."""
    sql = single_statement(what, False, None)
    for (found,) in rows_of(sql, {ROOT: view.root_in_json, OWN_CLIENT: view.client.pk, **given}):
        return str(found).encode()
    raise Http404


def etag(webhook: Webhook) -> str:
    """Strong: all that can be seen of a webhook is counted by its version."""
    return f'"{webhook.version}"'


def there(found: Any) -> Any:
    """Raises Http404 when an action has found no such webhook of the client's."""
    if found is None:
        raise Http404
    return found


@contextmanager
def refusals() -> Iterator[None]:
    """What an action refuses, as problems."""
    try:
        yield
    except Unfit as unfit:
        raise Invalid([Violation("url", str(unfit))]) from None
    except TooMany:
        raise Refusal(
            HTTPStatus.CONFLICT, f"A client has at most {subscribing.MOST_EACH} webhooks. Remove one first."
        ) from None
    except Stale:
        raise Refusal(HTTPStatus.PRECONDITION_FAILED) from None
    except NotEnabled:
        raise Refusal(
            HTTPStatus.CONFLICT, "The webhook is paused or disabled. Set its status to enabled first."
        ) from None
