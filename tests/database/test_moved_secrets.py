"""The statement that moved the one secret of each client into a row of its own, run on rows as they were."""

import importlib
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection

from kommun.clients.proving import proves
from kommun.models import ApiClient, ClientSecret
from tests.builders import NOW

pytestmark = pytest.mark.django_db
MIGRATION = importlib.import_module("kommun.migrations.0009_move_the_secrets_of_clients")
AS_IT_WAS = """
CREATE TEMPORARY TABLE kommun_apiclient (
    id bigint, client_secret text, hash_client_secret boolean, created timestamptz DEFAULT now()
) ON COMMIT DROP;
CREATE TEMPORARY TABLE kommun_clientsecret (LIKE public.kommun_clientsecret INCLUDING ALL) ON COMMIT DROP;
"""


def moved(*secrets: str) -> list[Any]:
    """The rows that become of clients with those secrets, numbered from 1. Temporary tables stand before the real."""
    with connection.cursor() as cursor:
        cursor.execute(AS_IT_WAS)
        cursor.executemany("INSERT INTO kommun_apiclient (id, client_secret) VALUES (%s, %s)", [*enumerate(secrets, 1)])
        cursor.execute(MIGRATION.MOVE)
        rows = list(ClientSecret.objects.order_by("client_id").values("client_id", "place", "checksum", "expires_at"))
        cursor.execute("DROP TABLE kommun_apiclient, kommun_clientsecret")
    return rows


@pytest.mark.parametrize("kept", [make_password("as it was"), "as it was"])
def test_a_secret_of_earlier_days_goes_on_working(kept: str) -> None:
    [row] = moved(kept)
    assert (row["client_id"], row["place"], row["expires_at"]) == (1, 1, None)
    assert row["checksum"] != "as it was"
    client = ApiClient.objects.create()
    ClientSecret.objects.create(client=client, place=1, checksum=str(row["checksum"]))
    assert [proves(each, client=client, now=NOW) for each in ("as it was", "another")] == [True, False]


def test_a_client_without_one_gets_none() -> None:
    assert [row["client_id"] for row in moved("", "it has one")] == [2]
