"""The rows as they are when a turn of the clock is over, read plainly: no join that decides anything."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

# An answer to an offer is a part only when it was a yes, which the offer itself says.
NO_PART = {"verification.confirm", "verification.return", "claim.check", "overlap.settle", "handover.answer"}


class Row(NamedTuple):
    """An initiative with its primary outcome."""

    id: int
    uuid: Any
    state: str
    ending: str
    owner: int
    unit: int
    cost: Any
    decider: int | None
    escalated_to: int | None
    submitted_at: Any
    state_since_at: datetime
    updated_at: datetime
    concluded_at: Any
    change_on: Any
    first_step_on: Any
    steps_taken: int
    outcome: int
    indicator: int
    cadence: str
    next_due_on: Any
    baseline_ready_on: Any
    value_count: int
    review_on: Any
    target_on: Any
    result_status: str
    verification: str
    verification_at: Any
    grade: int


ROWS = """
SELECT i.id, i.uuid, i.state, i.ending, i.owner_id, i.unit_id, i.cost, i.decider_id, i.escalated_to_id, i.submitted_at,
    i.state_since_at, i.updated_at, i.concluded_at, i.change_on, i.first_step_on, i.steps_taken, o.id, o.indicator_id,
    o.cadence, o.next_due_on, o.baseline_ready_on, o.value_count, o.review_on, o.target_on, o.result_status,
    o.verification, o.verification_at, o.grade
FROM initiatives_initiative i JOIN initiatives_outcome o ON o.initiative_id = i.id AND o.is_primary ORDER BY i.id
"""
ALL = {  # by initiative
    "waivers": (
        "SELECT initiative_id, uuid, asked_at, answered_at, kind, is_accepted FROM initiatives_waiver ORDER BY id"
    ),
    "obstacles": (
        "SELECT initiative_id, uuid, raised_at, owner_id, closed_at, closed_by_id FROM initiatives_obstacle ORDER BY id"
    ),
    "promises": "SELECT initiative_id, uuid, due_on, promised_by_id, settled_at FROM initiatives_promise ORDER BY id",
    "handovers": (
        "SELECT initiative_id, uuid, to_id, offered_at, answered_at, is_accepted FROM initiatives_handover ORDER BY id"
    ),
    "checks": (
        "SELECT o.initiative_id, c.step, c.months, c.due_on FROM initiatives_holdcheck c "
        "JOIN initiatives_outcome o ON o.id = c.outcome_id WHERE c.result = '' ORDER BY c.id"
    ),
}
ADDED = {  # rows that are only added
    "comments": "SELECT id, initiative_id, uuid, by_id, at FROM initiatives_comment WHERE id > %s ORDER BY id",
    "steps": (
        "SELECT id, initiative_id, number, verb, uuid, at, by_id FROM initiatives_transition WHERE id > %s ORDER BY id"
    ),
    "events": "SELECT id, initiative_id, kind, at, by_id FROM initiatives_event WHERE id > %s ORDER BY id",
    "values": (
        "SELECT m.id, o.initiative_id, m.created_at FROM initiatives_measurement m "
        "JOIN initiatives_outcome o ON o.id = m.outcome_id WHERE m.id > %s ORDER BY m.id"
    ),
    "verifications": (
        "SELECT v.id, o.initiative_id, v.at, v.by_id FROM initiatives_verificationstep v "
        "JOIN initiatives_outcome o ON o.id = v.outcome_id WHERE v.id > %s ORDER BY v.id"
    ),
}


class Picture:
    rows: list[Row]

    def __init__(self) -> None:
        self.by_id: dict[int, Row] = {}
        self.some: dict[str, dict[int, list[Sequence[Any]]]] = {name: defaultdict(list) for name in (*ALL, *ADDED)}
        self.heard_at: dict[int, datetime] = {}  # the last time that a person did anything
        self.parts: dict[int, set[int]] = defaultdict(set)  # who has had a part in it
        self._last = dict.fromkeys(ADDED, 0)

    def take(self) -> None:
        self.rows = [Row(*row) for row in _read(ROWS)]
        self.by_id = {row.id: row for row in self.rows}
        for name, sql in ALL.items():
            self.some[name] = defaultdict(list)
            for key, *rest in _read(sql):
                self.some[name][key].append(rest)
        for name, sql in ADDED.items():
            for pk, key, *rest in _read(sql, [self._last[name]]):
                self._last[name] = pk
                self.some[name][key].append(rest)
                self._note(name, key, rest)

    def of(self, name: str, initiative: int) -> list[Sequence[Any]]:
        return self.some[name].get(initiative, [])

    def _note(self, name: str, initiative: int, rest: Sequence[Any]) -> None:
        if name == "events" and rest[2] is not None:
            kind, moment, by = rest
            self.heard_at[initiative] = moment
            if kind not in NO_PART:
                self.parts[initiative].add(by)
        elif name == "steps" and rest[4] is not None:
            self.parts[initiative].add(rest[4])


def _read(sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())
