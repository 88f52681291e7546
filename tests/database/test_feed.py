"""Following what has changed: in one order, without a gap, also while many write and commit in any order."""

import datetime as dt
import queue
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction

from initiatives.events import feed, keeping
from initiatives.events.cursor import Cursor
from initiatives.models import Change, Initiative
from kommun.models import ApiClient
from tests.builders import NOW, TODAY, a_person, a_unit, an_initiative
from tests.watching import a_client

pytestmark = pytest.mark.django_db(transaction=True)


def told(page: feed.Page) -> list[tuple[str, str]]:
    return [(each.kind, each.subject) for each in page.changes]


def read(client: ApiClient, after: Cursor | None = None, **given: Any) -> feed.Page:
    return feed.read(client, today=TODAY, after=after, **given)


def now(client: ApiClient) -> Cursor:
    return feed.present(client, today=TODAY)


def rename(initiative: Initiative, title: str = "Nytt namn") -> None:
    Initiative.objects.filter(pk=initiative.pk).update(title=title)


def a_change(subject: str = "E1", **columns: Any) -> Change:
    made = Change.objects.create(**{"kind": "unit.changed", "subject": subject, "path": [0]} | columns)
    made.refresh_from_db()
    return made


class Somebody:
    """Works in a thread with a connection of their own, one thing at a time, as told."""

    def __init__(self) -> None:
        self._work: queue.Queue[Callable[[], Any] | None] = queue.Queue()
        self._done: queue.Queue[Exception | None] = queue.Queue()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def does(self, act: Callable[[], Any]) -> None:
        self._work.put(act)
        if fault := self._done.get(timeout=20):
            raise fault

    def leaves(self) -> None:
        self._work.put(None)
        self._thread.join(timeout=20)

    def _run(self) -> None:
        try:
            while act := self._work.get():
                try:
                    act()
                    self._done.put(None)
                except Exception as fault:  # noqa: BLE001  # it is raised where it is waited for
                    self._done.put(fault)
        finally:
            connection.close()


@contextmanager
def people(number: int) -> Iterator[list[Somebody]]:
    them = [Somebody() for _each in range(number)]
    try:
        yield them
    finally:
        for each in them:
            each.leaves()


def begin() -> None:
    transaction.set_autocommit(False)


def commit() -> None:
    transaction.commit()
    transaction.set_autocommit(True)


def give_up() -> None:
    transaction.rollback()
    transaction.set_autocommit(True)


# --- Reading --------------------------------------------------------------------------------------------------------
def test_a_follower_gets_each_change_once_in_order_and_then_only_what_is_new() -> None:
    client, unit = a_client(), a_unit()
    start = now(client)
    initiative = an_initiative(a_person(), unit, "underway", target=None)
    rename(initiative)
    first = read(client, start)
    assert told(first) == [("initiative.changed", str(initiative.uuid))] * 2
    assert (read(client, first.next).changes, first.has_more) == ([], False)
    rename(initiative)
    assert told(read(client, first.next)) == [("initiative.changed", str(initiative.uuid))]


def test_a_change_says_when_and_to_which_initiative_it_belongs() -> None:
    client = a_client()
    start = now(client)
    outcome = an_initiative(a_person(), a_unit(), "underway").outcomes.get()
    found = {(each.kind, each.subject): each for each in read(client, start).changes}
    change = found["outcome.changed", str(outcome.uuid)]
    stored = Change.objects.get(subject=outcome.uuid, kind="outcome.changed")
    assert change == feed.Told(stored.uuid, "outcome.changed", str(outcome.uuid), outcome.initiative.uuid, stored.at)
    assert found["indicator.changed", str(outcome.indicator.uuid)].initiative is None


def test_pages_follow_each_other_without_a_gap_at_any_length() -> None:
    client = a_client()
    with transaction.atomic():
        subjects = [a_change(f"A{number}").subject for number in range(7)]
    subjects += [a_change(f"B{number}").subject for number in range(4)]
    for limit in (1, 2, 3, 10, 11, 12):
        page = read(client, limit=limit)
        found = [each.subject for each in page.changes]
        while page.has_more:
            assert len(page.changes) == limit
            page = read(client, page.next, limit=limit)
            found += [each.subject for each in page.changes]
        assert found == subjects


def test_only_the_kinds_asked_for_and_what_lies_between_is_passed_for_good() -> None:
    client = a_client()
    a_change("A")
    a_change("B", kind="unit.removed")
    page = read(client, kinds=["unit.removed"])
    assert told(page) == [("unit.removed", "B")]
    a_change("C")
    again = read(client, page.next, kinds=["unit.removed"])
    assert (again.changes, read(client, again.next).changes) == ([], [])


def test_a_client_is_told_of_its_own_part_of_the_organisation() -> None:
    root = a_unit("Kommunen")
    here, elsewhere = a_unit("Bygg", root), a_unit("Skola", root)
    below = a_unit("Bygglov", here)
    client = a_client(here)
    start = now(client)
    own = an_initiative(a_person(), below, "underway", target=None)
    an_initiative(a_person(), elsewhere, "underway")
    an_initiative(a_person(), root, "underway")
    assert told(read(client, start)) == [("initiative.changed", str(own.uuid))]


def test_nothing_is_there_before_the_first_change() -> None:
    client = a_client()
    page = read(client)
    assert (page.changes, page.has_more) == ([], False)
    assert page.next == now(client)
    first = a_change()
    assert told(read(client, page.next)) == [("unit.changed", first.subject)]


def test_reading_is_one_statement(django_assert_num_queries: Callable[[int], Any]) -> None:
    client = a_client()
    for number in range(30):
        a_change(f"E{number}")
    start = read(client, limit=3).next
    with django_assert_num_queries(1):
        assert len(read(client, start, limit=20).changes) == 20


def test_reading_far_into_many_changes_goes_by_the_index() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO initiatives_change (xact, uuid, kind, subject, path) "
            "SELECT 1, gen_random_uuid(), 'unit.changed', number, '{0}' FROM generate_series(1, 20000) number"
        )
        cursor.execute("ANALYZE initiatives_change")
        deep = Change.objects.values_list("pk", flat=True)[15_000]
        given: dict[str, Any] = {"xact": 1, "id": deep, "kinds": ["unit.changed"], "limit": 50, "part": 0}
        cursor.execute(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) {feed.SQL}", given)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Seq Scan" not in plan
    assert plan.count("change_in_order_of_commit") >= 2
    assert "Rows Removed" not in plan


def test_a_cursor_of_another_part_of_the_organisation_is_good_for_nothing() -> None:
    root = a_unit("Kommunen")
    client = a_client(root)
    cursor = now(client)
    ApiClient.objects.filter(pk=client.pk).update(unit=a_unit("Bygg", root))
    client.refresh_from_db()
    for mine in (client, a_client()):
        with pytest.raises(feed.StartOver):
            read(mine, cursor)


# --- What is kept ---------------------------------------------------------------------------------------------------
OLD = NOW - dt.timedelta(days=401)


def test_changes_are_kept_for_400_days_and_an_older_cursor_starts_over() -> None:
    client = a_client()
    first, second = a_change("A", at=OLD), a_change("B", at=OLD)
    at_first = read(client, limit=1).next
    kept = a_change("C", at=NOW - keeping.KEPT)
    at_last = now(client)
    assert (keeping.forget(now=NOW), keeping.forget(now=NOW)) == (2, 0)
    assert [*Change.objects.all()] == [kept]
    assert told(read(client)) == [("unit.changed", "C")]
    assert read(client, at_last).changes == []
    with pytest.raises(feed.StartOver):
        read(client, at_first)
    assert {first.subject, second.subject} == {"A", "B"}


def test_the_latest_change_is_kept_whatever_its_age_so_that_who_waits_need_not_start_over() -> None:
    client = a_client()
    a_change("A", at=OLD)
    a_change("B", at=OLD)
    cursor = now(client)
    assert keeping.forget(now=NOW) == 1
    assert read(client, cursor).changes == []


def test_changes_go_in_their_order_so_that_no_cursor_that_is_still_good_has_lost_any() -> None:
    a_change("A", at=OLD)
    a_change("B", at=NOW)  # a transaction that began late and wrote early
    a_change("C", at=OLD)
    a_change("D", at=NOW)
    assert keeping.forget(now=NOW) == 1
    assert [each.subject for each in Change.objects.all()] == ["B", "C", "D"]


def test_a_cursor_from_before_the_first_change_of_all_grows_too_old() -> None:
    client = a_client()
    before_all = now(client)
    a_change()
    for days, is_good in ((399, True), (400, False)):
        later = TODAY + dt.timedelta(days=days)
        if is_good:
            assert len(feed.read(client, today=later, after=before_all).changes) == 1
        else:
            with pytest.raises(feed.StartOver):
                feed.read(client, today=later, after=before_all)


# --- Another database cluster ---------------------------------------------------------------------------------------
AHEAD = 2**40  # a cluster whose transactions have come much further than ours


def restored(*numbers: int) -> list[Change]:
    return [a_change(f"E{place}", xact=AHEAD + number) for place, number in enumerate(numbers)]


def test_after_a_restore_changes_keep_their_order_and_new_ones_come_after_them() -> None:
    client = a_client()
    restored(5, 3, 3, 9)
    new = a_change("new")
    assert told(read(client)) == [("unit.changed", new.subject)]  # of the others nobody can be sure
    assert (keeping.mend_numbers(), keeping.mend_numbers()) == (4, 0)
    assert [each.subject for each in read(client).changes] == ["E1", "E2", "E0", "E3", "new"]


def test_mending_again_and_again_keeps_the_order() -> None:
    client = a_client()
    for turn in range(3):
        restored(1 + turn, 2 + turn)
        Change.objects.filter(subject__in=["E0", "E1"]).update(subject=f"of {turn}")
        keeping.mend_numbers()
    a_change("new")
    assert [each.subject for each in read(client).changes] == ["of 0", "of 0", "of 1", "of 1", "of 2", "of 2", "new"]


def test_a_cursor_of_the_other_cluster_starts_over_for_good() -> None:
    client = a_client()
    [change] = restored(1)
    cursor = Cursor.after(change.xact, change.id, change.uuid, client=client)
    keeping.mend_numbers()
    for _time in range(2):
        with pytest.raises(feed.StartOver):
            read(client, cursor)
        a_change(f"later {_time}")


def test_a_cursor_of_what_the_backup_does_not_hold_starts_over() -> None:
    client = a_client()
    a_change("in the backup")
    lost = a_change("lost")
    cursor = now(client)
    lost.delete()
    a_change("written instead")
    with pytest.raises(feed.StartOver):
        read(client, cursor)


# --- Many who write at once -----------------------------------------------------------------------------------------
def test_who_began_first_and_commits_last_is_told_and_after_whom() -> None:
    client = a_client()
    start = now(client)
    one, other = (an_initiative(a_person(), a_unit(), "underway", target=None) for _each in range(2))
    start = now(client)
    with people(1) as [slow]:
        slow.does(begin)
        slow.does(lambda: rename(one))
        rename(other)
        assert read(client, start).changes == []  # the slow one is older, and might yet commit
        slow.does(commit)
    assert told(read(client, start)) == [("initiative.changed", str(each.uuid)) for each in (one, other)]


def test_who_gives_up_holds_nobody_back() -> None:
    client = a_client()
    one, other = (an_initiative(a_person(), a_unit(), "underway", target=None) for _each in range(2))
    start = now(client)
    with people(1) as [slow]:
        slow.does(begin)
        slow.does(lambda: rename(one))
        rename(other)
        slow.does(give_up)
    assert told(read(client, start)) == [("initiative.changed", str(other.uuid))]


def test_whoever_reads_all_from_a_cursor_on_misses_nothing_that_was_under_way() -> None:
    client = a_client()
    initiative = an_initiative(a_person(), a_unit(), "underway", target=None)
    with people(1) as [slow]:
        slow.does(begin)
        slow.does(lambda: rename(initiative))
        start = now(client)
        assert Initiative.objects.get().title != "Nytt namn"
        slow.does(commit)
    assert told(read(client, start)) == [("initiative.changed", str(initiative.uuid))]


@pytest.mark.parametrize("seed", range(6))
def test_a_follower_that_polls_all_the_time_sees_every_change_once_in_the_order_of_the_cursors(seed: int) -> None:
    chance, client = random.Random(seed), a_client()
    start = now(client)
    assert follow(client, start, lambda: interleave(chance)) == expected()


def follow(client: ApiClient, after: Cursor, work: Callable[[], Iterator[None]]) -> list[Any]:
    """The changes found by polling between any two steps of the work, and once at its end."""
    found: list[Any] = []
    for _step in work():
        page = read(client, after, limit=3)
        found += [each.uuid for each in page.changes]
        after = page.next
    while (page := read(client, after, limit=3)).changes:
        found += [each.uuid for each in page.changes]
        after = page.next
    return found


def expected() -> list[Any]:
    return list(Change.objects.filter(subject__startswith="W").order_by("xact", "id").values_list("uuid", flat=True))


def interleave(chance: random.Random) -> Iterator[None]:
    """Five who begin, write and commit or give up by chance, each several times; yields between any two steps."""
    with people(5) as them:
        left = dict.fromkeys(range(len(them)), 6)  # transactions yet to come
        busy: set[int] = set()
        while left or busy:
            number = chance.choice([*left.keys() | busy])
            if number not in busy:
                them[number].does(begin)
                busy.add(number)
                left[number] -= 1
                if not left[number]:
                    del left[number]
            elif chance.random() < 0.6:
                subject = f"W{chance.randrange(10**9)}"
                them[number].does(partial(a_change, subject))
            else:
                them[number].does(commit if chance.random() < 0.8 else give_up)
                busy.discard(number)
            yield


def test_a_follower_who_does_not_mind_who_is_under_way_loses_a_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the rule is for: without it, the same follower misses some."""
    careless = feed.SQL.replace("pg_snapshot_xmin", "pg_snapshot_xmax")
    monkeypatch.setattr(feed, "SQL", careless)
    chance, client = random.Random(0), a_client()
    start = now(client)
    found = follow(client, start, lambda: interleave(chance))
    assert len(found) < len(expected())
