"""What every test starts from."""

from collections.abc import Iterator

import pytest
from _pytest.nodeid import NodeId
from django.utils import translation
from hypothesis import HealthCheck, settings
from schemathesis.pytest.plugin import SchemathesisFunction

# A busy machine is slow, and not wrong.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Schemathesis gives a test's operations one id, and xdist runs an id once: each gets its own, by its name."""
    for item in items:
        if isinstance(item, SchemathesisFunction):
            item._id = NodeId.parse(f"{item.nodeid.partition('[')[0]}{item.name.removeprefix(item.originalname)}")
    assert len({item.nodeid for item in items}) == len(items), "two tests have one id, and only one of them would run"


@pytest.fixture(autouse=True)
def _in_swedish() -> Iterator[None]:
    """A request leaves its language active in the thread, and the next test would speak it."""
    with translation.override("sv"):
        yield
