"""What every test starts from."""

from collections.abc import Iterator

import pytest
from django.utils import translation


@pytest.fixture(autouse=True)
def _in_swedish() -> Iterator[None]:
    """A request leaves its language active in the thread, and the next test would speak it."""
    with translation.override("sv"):
        yield
