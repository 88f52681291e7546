"""What was locked at the change, and what has been changed since: of the baseline, and of what a verdict rests on.

It has no words for it.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery

from initiatives.models import Correction, Event, Outcome, Transition
from initiatives.workflow import Verb


@dataclass(frozen=True)
class Move:
    """The window's first day: as it was locked, as it is now, and the reason given last."""

    locked_from_on: dt.date
    from_on: dt.date
    reason: str


@dataclass(frozen=True)
class ChangedSince:
    """`values` is how many of the baseline's values have been corrected or added, `judged` how many of all those that a
    final verdict rests on, since it was given.
    """

    move: Move | None = None
    values: int = 0
    judged: int = 0


def what_is_frozen(outcome: Outcome) -> dict[str, Any]:
    """Period, count and sources of the baseline as they are kept with the step that locks it. One query.

    A source is its kind, its name (such as the system's) and how many of the values come from it.
    """
    assert outcome.baseline_from_on is not None, "the step has set the window"
    assert outcome.baseline_to_on is not None
    window = (outcome.baseline_from_on, outcome.baseline_to_on)
    rows = outcome.measurements.filter(series="", value__isnull=False, observed_on__range=window)
    sources = rows.values_list("source", "source_reference").annotate(count=Count("pk")).order_by("-count", "source")
    found = [{"source": source, "reference": reference, "count": count} for source, reference, count in sources]
    return {
        "from": window[0].isoformat(),
        "to": window[1].isoformat(),
        "count": sum(count for _source, _reference, count in sources),
        "sources": found,
    }


def changed_since(outcomes: Iterable[Outcome]) -> Mapping[int, ChangedSince]:
    """What has been changed of each frozen baseline, and of each final verdict's values, by the outcome's key.

    Two queries, however many, and two more when a verdict among them is final.
    """
    frozen = [each for each in outcomes if each.baseline_from_on is not None]
    if not frozen:
        return {}
    moves, values = _moves(frozen), _corrected(frozen)
    judged = _judged([each for each in frozen if each.verdict_is_final])
    keys = {*moves, *values, *judged}
    return {key: ChangedSince(moves.get(key), values.get(key, 0), judged.get(key, 0)) for key in keys}


def _moves(outcomes: list[Outcome]) -> dict[int, Move]:
    keys = {each.uuid: each.pk for each in outcomes}
    of_these = Event.objects.filter(initiative__in=[each.initiative_id for each in outcomes], subject__in=keys)
    moves: dict[int, Move] = {}
    for event in of_these.filter(kind="baseline.move").order_by("id"):
        key, data = keys[event.subject], event.data
        was = moves[key].locked_from_on if key in moves else dt.date.fromisoformat(data["former_from_on"])
        moves[key] = Move(was, dt.date.fromisoformat(data["from_on"]), data["reason"])
    return moves


def _corrected(outcomes: list[Outcome]) -> dict[int, int]:
    steps = Transition.objects.filter(initiative=OuterRef("measurement__outcome__initiative"), verb=Verb.IMPLEMENT)
    rows = _corrections(outcomes).filter(
        measurement__observed_on__lte=F("measurement__outcome__baseline_to_on"),
        at__gt=Subquery(steps.order_by("-number").values("at")[:1]),
    )
    return _counted(rows)


def _judged(outcomes: list[Outcome]) -> dict[int, int]:
    """How many of the values that would be judged now were corrected or added since: more than the verdict had."""
    if not outcomes:
        return {}
    corrected = _counted(
        _corrections(outcomes).filter(
            measurement__observed_on__lte=F("measurement__outcome__review_on"),
            at__gt=F("measurement__outcome__initiative__concluded_at"),
            old_value__isnull=False,
        )
    )
    is_before = Q(measurements__observed_on__range=(F("baseline_from_on"), F("baseline_to_on")))
    is_after = Q(
        measurements__period_start__gte=F("initiative__change_on"), measurements__observed_on__lte=F("review_on")
    )
    is_judged = Q(measurements__series="", measurements__value__isnull=False) & (is_before | is_after)
    rows = Outcome.objects.filter(pk__in=[each.pk for each in outcomes])
    now = dict(rows.annotate(now=Count("measurements", filter=is_judged)).values_list("pk", "now"))
    added = {each.pk: max(0, now[each.pk] - each.n_before - each.n_after) for each in outcomes}
    return {key: count for key in added if (count := added[key] + corrected.get(key, 0))}


def _corrections(outcomes: list[Outcome]) -> QuerySet[Correction]:
    """Of values that are or could be compared: from the first day of the baseline on."""
    return Correction.objects.filter(
        measurement__outcome__in=outcomes,
        measurement__series="",
        measurement__observed_on__gte=F("measurement__outcome__baseline_from_on"),
    )


def _counted(rows: QuerySet[Correction]) -> dict[int, int]:
    counts = rows.values("measurement__outcome").annotate(count=Count("measurement", distinct=True))
    return dict(counts.values_list("measurement__outcome", "count"))
