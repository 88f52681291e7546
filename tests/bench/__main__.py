"""`make bench`: what things cost, as ratios within one run. It measures, and judges nothing."""

import importlib
import os

import django
import psycopg
from django.core.management import call_command
from django.db import connection

from config import catalogues
from config.local.environment import base_environment
from config.local.postgres import Postgres
from tests.bench import comparison


def main() -> None:
    comparison.measure()
    database = Postgres("bench", is_throwaway=True)  # never one that DATABASE_URL names: it is filled
    os.environ.update(base_environment() | {"DATABASE_URL": database.url, "REDIS_URL": "redis://nobody-answers"})
    os.environ.update({"DEMO": "true", "BASE_URL": "http://localhost", "LOG_LEVEL": "ERROR"})
    try:
        database.start()
        empty(database)
        catalogues.compile_all()
        django.setup()
        print("\nThe demo municipality is loaded the first time:")
        call_command("migrate", verbosity=0)
        call_command("collectstatic", verbosity=0, interactive=False)
        call_command("load_demo")
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")  # as the database does by itself before long
        importlib.import_module("tests.bench.drawing").measure()
        importlib.import_module("tests.bench.answers").measure()
        importlib.import_module("tests.bench.sending").measure()
        importlib.import_module("tests.bench.writing").measure()
        importlib.import_module("tests.bench.reminders").measure()
    finally:
        database.stop()
    importlib.import_module("tests.bench.serving").measure()  # over databases of its own, up to a million initiatives


def empty(database: Postgres) -> None:
    """What a bench before it has left is no part of this one."""
    address, _, rest = database.url.rpartition("/framsteg")
    with psycopg.connect(f"{address}/postgres{rest}", autocommit=True) as server:
        server.execute("DROP DATABASE framsteg WITH (FORCE)")
        server.execute("CREATE DATABASE framsteg")


if __name__ == "__main__":
    main()
