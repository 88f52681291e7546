"""What an answer of the API and a page cost, beside a bare view of the same fifty initiatives. Needs the demo."""

import datetime as dt
import time

from django.db import connection, transaction
from django.http import HttpRequest, JsonResponse
from django.test import Client, override_settings
from django.urls import path
from django.utils import timezone
from oauth2_provider.models import AccessToken

from initiatives.api.authentication import SCOPES
from kommun.demo import demo_persons
from kommun.models import ApiClient
from tests.bench.figures import median_time, table

RUNS = 15
METRICS = ("/api/v1/metrics", "/api/v1/metrics?groupBy=unit&groupBy=period&groupBy=indicator&limit=50")
FIFTY = """
    SELECT initiative.uuid, initiative.title, initiative.state, unit.name, person.given_name, person.family_name
    FROM initiatives_initiative AS initiative
    JOIN kommun_unit AS unit ON unit.id = initiative.unit_id
    JOIN kommun_employee AS person ON person.id = initiative.owner_id
    ORDER BY initiative.id DESC
    LIMIT 50
"""


def bare(request: HttpRequest) -> JsonResponse:
    with connection.cursor() as cursor:
        cursor.execute(FIFTY)
        names = [column.name for column in cursor.description]
        return JsonResponse({"rows": [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]})


urlpatterns = [path("bare", bare)]


def measure() -> None:
    person = next(iter(demo_persons())).employee
    with transaction.atomic(), override_settings(ALLOWED_HOSTS=["*"]):
        with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=[]):
            times = {"bare view": answer_time(Client(), "/bare")}
        machine = Client(headers={"authorization": f"Bearer {a_token()}"})
        times["/api/v1/initiatives?limit=50"] = answer_time(machine, "/api/v1/initiatives?limit=50")
        for address in METRICS:
            times[address] = answer_time(machine, address)
        reader = Client(headers={"accept-language": "sv"})
        reader.force_login(person, backend="kommun.sign_in.EmployeeBackend")
        times["/initiativ/"] = answer_time(reader, "/initiativ/")
        transaction.set_rollback(True)
    print(table("\nAnswers by Django's test client, with PostgreSQL", times), flush=True)


def answer_time(client: Client, address: str) -> float:
    status = client.get(address).status_code
    assert status == 200, f"{address} answered {status}"
    return median_time(lambda: client.get(address), clock=time.perf_counter, runs=RUNS)


def a_token() -> str:
    client = ApiClient.objects.create(
        name="Bench",
        client_type=ApiClient.CLIENT_CONFIDENTIAL,
        authorization_grant_type=ApiClient.GRANT_CLIENT_CREDENTIALS,
        allowed_scopes=" ".join(SCOPES),
        hash_client_secret=False,
    )
    token = "bench"
    AccessToken.objects.create(
        application=client, scope=" ".join(SCOPES), token=token, expires=timezone.now() + dt.timedelta(hours=1)
    )
    return token
