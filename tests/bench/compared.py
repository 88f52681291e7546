"""The views that the API is compared with, over the same table: PostgreSQL's own JSON, and plain REST framework."""

import hashlib
from typing import Any, Final

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from oauth2_provider.models import AccessToken
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import ReadOnlyModelViewSet

from initiatives.models import Initiative
from initiatives.workflow import PRIVATE_STATES, QUIET_STATES

UNSEEN: Final = sorted(PRIVATE_STATES | QUIET_STATES)
FIFTY: Final = """
SELECT json_agg(row_to_json(listed))::text FROM (
    SELECT initiative.uuid AS id, initiative.title, initiative.benefit, initiative.plan, initiative.kind,
        initiative.state, initiative.ending, initiative.lesson, unit.code AS unit_code, unit.name AS unit_name,
        goal.code AS goal_code, goal.name AS goal_name, origin.uuid AS origin_id, initiative.cost,
        outcome.grade, outcome.verdict, coalesce(initiative.submitted_at, initiative.created_at) AS begun_at,
        initiative.submitted_at, initiative.change_on, initiative.concluded_at, initiative.state_since_at,
        initiative.created_at, initiative.updated_at
    FROM initiatives_initiative initiative
    JOIN kommun_unit unit ON unit.id = initiative.unit_id
    LEFT JOIN initiatives_goal goal ON goal.id = initiative.goal_id
    LEFT JOIN initiatives_initiative origin ON origin.id = initiative.origin_id
    LEFT JOIN initiatives_outcome outcome ON outcome.initiative_id = initiative.id AND outcome.is_primary
    WHERE NOT (initiative.state IN ('declined', 'draft', 'withdrawn'))
    ORDER BY coalesce(initiative.submitted_at, initiative.created_at), initiative.id LIMIT 50
) listed
"""


def calibrate(request: HttpRequest) -> HttpResponse:
    """What a machine of this moment does: a round trip to PostgreSQL, and a little arithmetic."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(number) FROM generate_series(1, 500) AS number")
        found = cursor.fetchone()
    return HttpResponse(hashlib.sha256(repr(found).encode() * 200).hexdigest())


def passed_through(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute(FIFTY)
        return HttpResponse(cursor.fetchone()[0], content_type="application/json")


class Token(BaseAuthentication):
    """As REST framework's own TokenAuthentication: one query for the token and whose it is."""

    def authenticate(self, request: Request) -> tuple[Any, AccessToken]:
        checksum = hashlib.sha256(request.headers["Authorization"].split()[1].encode()).hexdigest()
        found = AccessToken.objects.select_related("application").filter(token_checksum=checksum).first()
        if found is None:
            raise AuthenticationFailed
        found.application.is_authenticated = True
        return found.application, found


class InitiativeSerializer(serializers.ModelSerializer[Initiative]):
    unit_code = serializers.CharField(source="unit.code")
    unit_name = serializers.CharField(source="unit.name")
    goal_code = serializers.CharField(source="goal.code", default=None)
    goal_name = serializers.CharField(source="goal.name", default=None)
    origin_id = serializers.UUIDField(source="origin.uuid", default=None)

    class Meta:
        model = Initiative
        fields = (
            "uuid", "title", "benefit", "plan", "kind", "state", "ending", "lesson", "unit_code", "unit_name",
            "goal_code", "goal_name", "origin_id", "cost", "submitted_at", "change_on", "concluded_at",
            "state_since_at", "created_at", "updated_at",
        )  # fmt: skip


class Fifty(PageNumberPagination):
    page_size = 50


class Plain(ReadOnlyModelViewSet[Initiative]):
    queryset = Initiative.objects.exclude(state__in=UNSEEN).select_related("unit", "goal", "origin").order_by("pk")
    serializer_class = InitiativeSerializer
    authentication_classes = (Token,)
    permission_classes = (IsAuthenticated,)
    renderer_classes = (JSONRenderer,)
    pagination_class = Fifty


router = SimpleRouter()
router.register("plain", Plain)
urlpatterns = [
    path("bare/calibrate", calibrate),
    path("bare/passed-through", passed_through),
    path("bare/", include(router.urls)),
]
