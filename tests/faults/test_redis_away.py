"""People and other systems notice nothing when Redis is away: only the clock speaks with it."""

import pytest
import redis
from django.conf import settings
from django.test import Client

from initiatives.models import Event
from tests.builders import a_manager, a_person, a_unit, an_initiative
from tests.pages.test_steps import as_person

pytestmark = pytest.mark.django_db


def test_a_decision_is_made_and_pages_and_api_answer_with_redis_away() -> None:
    with pytest.raises(redis.ConnectionError), redis.Redis.from_url(_address()) as client:
        client.ping()
    unit = a_unit()
    decider = a_manager(unit)
    initiative = an_initiative(a_person(unit=unit), unit, "proposed", decider=decider)
    decided = as_person(decider).post(f"/beslut/{initiative.uuid}/", {"answer": "yes", "seen": initiative.seen})
    initiative.refresh_from_db()
    assert (decided.status_code, initiative.state) == (302, "underway")
    assert Event.objects.filter(kind="initiative.approve").count() == 1
    pages = {"/logga-in/": Client(), "/api/v1/api-info": Client(), "/beslut/": as_person(decider)}
    assert [client.get(page).status_code for page, client in pages.items()] == [200, 200, 200]


def _address() -> str:
    return settings.CELERY_BROKER_URL.replace("redis+socket", "unix")
