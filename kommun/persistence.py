"""Statements of an outbox wait for a database that is restarted: what has arrived outside must be noted."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

from django.db import InterfaceError, OperationalError, connection

PATIENCE: Final = 20.0  # seconds that a database may be away in the middle, as when it is restarted
Result = TypeVar("Result")


def persistently(statement: Callable[[], Result]) -> Result:
    """The statement's result. It may be done twice, so the second time it must find nothing left to do."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return statement()
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block or time.monotonic() > until:
                raise
            connection.close()
            time.sleep(0.2)
