"""Every change becomes one delivery for each webhook that may and wants to be told, in order and without a gap."""

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from initiatives.api import authentication
from initiatives.models import Change, Delivery, Initiative, Webhook
from initiatives.models.change import EVERYWHERE
from initiatives.webhooks import sight
from initiatives.webhooks.subscribing import Wish, subscribe
from initiatives.webhooks.telling import tell
from initiatives.workflow import State
from kommun.models import ApiClient
from tests.builders import NOW, a_person, a_unit, an_indicator, an_initiative, an_outcome
from tests.webhook_receiver import ALL_SCOPES, a_change, a_client, a_webhook, loopback

KINDS = Change.Kind.values


def told(webhook: Webhook) -> list[str]:
    """The subjects, in the order in which they will be sent."""
    return list(webhook.deliveries.order_by("id").values_list("change__subject", flat=True))


def kinds_told(client: ApiClient) -> set[str]:
    return set(Delivery.objects.filter(webhook__client=client).values_list("change__kind", flat=True))


@pytest.mark.django_db
def test_each_change_is_told_once_in_the_order_of_transactions() -> None:
    webhook = a_webhook(a_client())
    for subject, xact in (("c", 9), ("a", 5), ("b", 7)):
        a_change(subject, kind="unit.changed", xact=xact)
    assert [tell(now=NOW), tell(now=NOW)] == [3, 0]
    assert told(webhook) == ["a", "b", "c"]


@pytest.mark.django_db
def test_however_much_has_changed_all_of_it_is_told() -> None:
    webhook = a_webhook(a_client())
    subjects = [a_change().subject for _ in range(7)]
    assert tell(now=NOW, batch=3) == 7
    assert told(webhook) == subjects


@pytest.mark.django_db
def test_what_does_not_go_in_time_is_left_to_the_next_turn() -> None:
    webhook = a_webhook(a_client())
    subjects = [a_change().subject for _ in range(7)]
    assert (tell(now=NOW, seconds=0, batch=3), told(webhook)) == (0, [])
    assert (tell(now=NOW, batch=3), told(webhook)) == (7, subjects)


@pytest.mark.django_db
def test_what_belongs_to_one_initiative_is_in_one_line() -> None:
    webhook, initiative = a_webhook(a_client()), uuid.uuid4()
    a_change(str(initiative))
    a_change("outcome", kind="outcome.changed", initiative=initiative)
    a_change("unit", kind="unit.changed")
    tell(now=NOW)
    lines = list(webhook.deliveries.order_by("id").values_list("line", flat=True))
    assert lines == [str(initiative), str(initiative), "unit"]


def a_change_of_each_kind() -> None:
    for kind in KINDS:
        a_change(kind=kind)


@pytest.mark.django_db
def test_a_webhook_is_told_of_the_types_it_has_asked_for() -> None:
    some, every = a_client(), a_client()
    a_webhook(some, types=["unit.changed", "unit.removed"])
    a_webhook(every)
    a_change_of_each_kind()
    tell(now=NOW)
    assert (kinds_told(some), kinds_told(every)) == ({"unit.changed", "unit.removed"}, {*KINDS})


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("scopes", "seen"),
    [
        ("webhooks:manage initiatives:read", {*KINDS}),
        ("metrics:read webhooks:manage", {"unit.changed", "unit.removed", "indicator.changed"}),
        ("webhooks:manage", set()),
        ("webhooks:manage measurements:write", set()),
        ("metrics:read initiatives:read", set()),
        ("metrics:read initiatives:read webhooks:manager", set()),
    ],
)
def test_a_client_is_told_of_what_its_scopes_let_it_read(scopes: str, seen: set[str]) -> None:
    client = a_client(scopes=scopes)
    a_webhook(client)
    a_change_of_each_kind()
    tell(now=NOW)
    assert kinds_told(client) == seen


@pytest.mark.django_db
def test_a_client_is_told_of_its_own_part_of_the_organisation_and_of_nothing_else() -> None:
    top = a_unit()
    own, other = a_unit(parent=top), a_unit(parent=top)
    below = a_unit(parent=own)
    webhook, everywhere = a_webhook(a_client(own)), a_webhook(a_client())
    places = {"top": top, "own": own, "below": below, "other": other, "nowhere": None}
    for name, unit in places.items():
        a_change(name, kind="unit.changed", unit=unit)
    tell(now=NOW)
    assert (told(webhook), told(everywhere)) == (["own", "below"], [*places])


@pytest.mark.django_db
@pytest.mark.parametrize("kind", KINDS)
def test_a_path_says_who_is_told_whatever_the_change_is_about(kind: str) -> None:
    own, other = a_unit(), a_unit()
    webhooks = [a_webhook(a_client(unit)) for unit in (own, other, None)]
    paths = {"moved away": [own.pk], "own": [own.pk, EVERYWHERE], "elsewhere": [other.pk, EVERYWHERE], "nobody's": []}
    for subject, path in paths.items():
        a_change(subject, kind=kind, path=path, initiative=None)
    tell(now=NOW)
    assert [told(webhook) for webhook in webhooks] == [["moved away", "own"], ["elsewhere"], ["own", "elsewhere"]]


@pytest.mark.django_db(transaction=True)
def test_an_indicator_that_is_seen_no_more_is_told_to_those_who_saw_it() -> None:
    own, other = a_unit(), a_unit()
    initiative = an_initiative(a_person(), own, State.UNDERWAY, target=None)
    indicator = an_indicator()
    an_outcome(initiative, indicator=indicator)
    webhooks = []
    for unit in (own, other, None):
        webhook, _secret = subscribe(Wish("http://127.0.0.1/"), by=a_client(unit), now=NOW, network=loopback())
        webhooks.append(webhook)
    Initiative.objects.filter(pk=initiative.pk).update(state=State.WITHDRAWN)
    tell(now=NOW)
    assert [str(indicator.uuid) in told(webhook) for webhook in webhooks] == [True, False, True]


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["paused", "disabled"])
def test_changes_wait_while_a_webhook_is_not_enabled(status: str) -> None:
    disabled_at = NOW if status == "disabled" else None
    webhook = a_webhook(a_client(), status=status, disabled_at=disabled_at)
    changed = a_change()
    assert tell(now=NOW) == 0
    Webhook.objects.update(status="enabled", disabled_at=None)
    assert (tell(now=NOW), told(webhook)) == (1, [changed.subject])


@pytest.mark.django_db
def test_a_client_that_has_ended_is_told_nothing() -> None:
    client = a_client()
    a_webhook(client)
    a_change()
    ApiClient.objects.filter(pk=client.pk).update(ended_at=NOW)
    assert tell(now=NOW) == 0


def test_the_scopes_are_those_of_the_api() -> None:
    assert {sight.MANAGE, *sight.READS_INITIATIVES, *sight.READS_THE_REST} == {*ALL_SCOPES.split()}
    assert sight.MANAGE == authentication.WEBHOOKS_MANAGE
    assert sight.READS_INITIATIVES == (authentication.INITIATIVES_READ,)
    assert sight.READS_THE_REST == (authentication.METRICS_READ, authentication.INITIATIVES_READ)


@pytest.mark.django_db
def test_the_number_of_statements_is_the_same_for_thirty() -> None:
    counts = []
    for number in (1, 29):
        for _ in range(number):
            a_webhook(a_client())
            a_change()
        with CaptureQueriesContext(
            connection,
        ) as asked:
            tell(now=NOW)
        counts.append(len(asked))
    assert counts == [1, 1]


# --- With transactions that end in another order than they began -----------------------------------------------------
@contextmanager
def at_work() -> Iterator[threading.Event]:
    """A transaction of another connection that writes a change and commits when the event is set."""
    wrote, commits = threading.Event(), threading.Event()

    def work() -> None:
        with transaction.atomic():
            Change.objects.create(kind="unit.changed", subject="slow", path=[EVERYWHERE])
            wrote.set()
            commits.wait(30)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    assert wrote.wait(30)
    try:
        yield commits
    finally:
        commits.set()
        thread.join()


def a_change_now(subject: str) -> None:
    Change.objects.create(kind="unit.changed", subject=subject, path=[EVERYWHERE])


@pytest.mark.django_db(transaction=True)
def test_what_a_slow_transaction_commits_late_is_neither_lost_nor_told_out_of_order() -> None:
    webhook = a_webhook(a_client())
    a_change_now("before")
    with at_work() as commits:
        a_change_now("quick")
        assert tell(now=NOW) == 1
        assert told(webhook) == ["before"]
        commits.set()
    tell(now=NOW)
    assert told(webhook) == ["before", "slow", "quick"]


@pytest.mark.django_db(transaction=True)
def test_a_webhook_begins_at_the_present_and_not_with_history() -> None:
    a_change_now("history")
    with at_work() as commits:
        webhook, _secret = subscribe(Wish("http://127.0.0.1/"), by=a_client(), now=NOW, network=loopback())
        commits.set()
    a_change_now("news")
    tell(now=NOW)
    assert told(webhook) == ["slow", "news"]


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_tell_each_change_once() -> None:
    webhooks = [a_webhook(a_client()) for _ in range(3)]
    subjects = [str(number) for number in range(40)]
    for subject in subjects:
        a_change_now(subject)

    def work() -> None:
        tell(now=NOW, batch=3)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    tell(now=NOW)
    assert [told(webhook) for webhook in webhooks] == [subjects] * 3


@pytest.mark.django_db(transaction=True)
def test_a_change_that_the_database_has_written_is_told_to_those_who_may_see_it() -> None:
    own, other = a_unit(), a_unit()
    webhook, elsewhere = (a_webhook(a_client(unit), types=["initiative.changed"]) for unit in (own, other))
    initiative = an_initiative(a_person(), own, State.UNDERWAY, target=None)
    an_initiative(a_person(), own, State.DRAFT, target=None)
    tell(now=NOW)
    assert (set(told(webhook)), told(elsewhere)) == ({str(initiative.uuid)}, [])
