"""What can be said of a nudge: who, what, since when, which value. Read for many at once; it says nothing itself."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self
from uuid import UUID

from django.db.models import Model, Prefetch, QuerySet
from django.utils import timezone
from django.utils.formats import date_format

from initiatives.cadence import during, last_whole_span, name_of
from initiatives.models import Comment, Initiative, Nudge, Obstacle, Outcome, Promise, RuleName, Transition, Waiver
from initiatives.nudges.silence import silent_after
from kommun.numbers import number, quantity

# Which rules are about a row of their own, and what it is called in the texts.
ABOUT: Final[Mapping[str, tuple[str, QuerySet[Any]]]] = {
    RuleName.OBSTACLE_OPEN: ("obstacle", Obstacle.objects.select_related("owner", "raised_by", "closed_by")),
    RuleName.OBSTACLE_REMOVED: ("obstacle", Obstacle.objects.select_related("owner", "raised_by", "closed_by")),
    RuleName.PROMISE_DUE: ("promise", Promise.objects.select_related("promised_by")),
    RuleName.PROMISE_SETTLED: ("promise", Promise.objects.select_related("promised_by")),
    RuleName.WAIVER_ANSWERED: ("waiver", Waiver.objects.select_related("answered_by")),
    RuleName.COMMENT_WRITTEN: ("comment", Comment.objects.select_related("by")),
    RuleName.TAKE_OVER: ("shown", Initiative.objects.select_related("unit", "owner")),
}


@dataclass(frozen=True)
class Facts:
    """The rows that nudges are about, by their public id."""

    rows: Mapping[UUID, Model] = field(default_factory=dict)

    @classmethod
    def load(cls, nudges: Iterable[Nudge]) -> Self:
        """At most one query for each kind of row, however many nudges."""
        wanted: dict[str, tuple[QuerySet[Any], set[UUID]]] = {}
        for nudge in nudges:
            if nudge.rule in ABOUT:
                name, rows = ABOUT[nudge.rule]
                wanted.setdefault(name, (rows, set()))[1].add(nudge.subject)
        return cls({row.uuid: row for rows, keys in wanted.values() for row in rows.filter(uuid__in=keys)})

    def of(self, nudge: Nudge, today: dt.date) -> dict[str, Any]:
        """The context of the templates, in the active language."""
        initiative = nudge.initiative
        about: dict[str, Any] = {ABOUT[nudge.rule][0]: self.rows.get(nudge.subject)} if nudge.rule in ABOUT else {}
        return {
            "initiative": initiative,
            "owner": initiative.owner,
            "waited": _days_since(nudge.since_at, today),
            "since": nudge.since_at,
            "silent_after": getattr(nudge, "silent_after", None),
            "step": _transition(initiative, nudge.step),
            **about,
            # Within a sentence, so without a full stop of their own.
            **{f"{name}_words": about[name].text.rstrip(" .") for name in ("obstacle", "promise") if about.get(name)},
            **VALUES.get(nudge.rule, _value_asked_for)(initiative, today),
        }


def with_what_is_said(nudges: QuerySet[Nudge], today: dt.date) -> QuerySet[Nudge]:
    """The nudges with what every text needs of them. Four queries."""
    return (
        nudges.annotate(silent_after=silent_after(today))
        .select_related("initiative__owner", "initiative__unit", "initiative__decider")
        .prefetch_related(
            Prefetch("initiative__transitions", Transition.objects.select_related("by")),
            Prefetch("initiative__outcomes", Outcome.objects.select_related("indicator")),
        )
    )


def as_words(context: Mapping[str, Any]) -> dict[str, str]:
    """The same as plain strings, by the names that people may use in texts of their own."""
    initiative: Initiative = context["initiative"]
    obstacle, promise, step = context.get("obstacle"), context.get("promise"), context.get("step")
    said = {
        "title": initiative.title,
        "owner": initiative.owner.display_name,
        "unit": initiative.unit.name if initiative.unit else "",
        "days": str(context["waited"]),
        "day": date_format(timezone.localdate(context["since"]), "j F"),
        "decider": step.by.display_name if step and step.by else "",
        "obstacle": obstacle.text if obstacle else "",
        "promise": promise.text if promise else "",
    }
    return said | {name: str(context.get(name, "")) for name in ("period", "latest", "target")}


def _value_asked_for(initiative: Initiative, today: dt.date) -> dict[str, Any]:
    """Of the outcomes that lack a value by today, the primary one first: which period, last value, target."""
    lacking = [each for each in initiative.outcomes.all() if each.next_due_on and each.next_due_on <= today]
    if not lacking:
        return {}
    outcome = min(lacking, key=lambda each: (not each.is_primary, each.next_due_on, each.pk))
    assert outcome.next_due_on is not None, "only what lacks a value is asked for"
    unit, day = outcome.indicator.unit_of_measure, outcome.next_due_on - dt.timedelta(days=1)
    return {
        "period": name_of(day, outcome.cadence),
        "during": during(day, outcome.cadence),
        "latest": "" if outcome.latest_value is None else quantity(number(outcome.latest_value), unit),
        "target": "" if outcome.target is None else number(outcome.target),
    }


def _value_to_check(initiative: Initiative, today: dt.date) -> dict[str, Any]:
    """Of the outcome that was confirmed: the latest whole period, and the step that shall still be there."""
    outcome = next(each for each in initiative.outcomes.all() if each.is_primary)
    unit, day = outcome.indicator.unit_of_measure, last_whole_span(today, outcome.cadence).first
    return {
        "period": name_of(day, outcome.cadence),
        "during": during(day, outcome.cadence),
        "baseline": "" if outcome.baseline_median is None else quantity(number(outcome.baseline_median), unit),
        "follow_up": "" if outcome.follow_up_median is None else quantity(number(outcome.follow_up_median), unit),
    }


def _value_and_target(initiative: Initiative, today: dt.date) -> dict[str, Any]:
    """Of the primary outcome: where it is now, and where it was to be."""
    outcome = next(each for each in initiative.outcomes.all() if each.is_primary)
    latest, unit = outcome.latest_value, outcome.indicator.unit_of_measure
    return {
        "latest": "" if latest is None else quantity(number(latest), unit),
        "target": "" if outcome.target is None else number(outcome.target),
    }


# What of the values is said; of the rest, those that lack.
VALUES: Final[Mapping[str, Callable[[Initiative, dt.date], dict[str, Any]]]] = {
    RuleName.HOLD_CHECK_DUE: _value_to_check,
    RuleName.TARGET_NEAR: _value_and_target,
    RuleName.TARGET_PASSED: _value_and_target,
}


def _transition(initiative: Initiative, step: int) -> Transition | None:
    return next((each for each in initiative.transitions.all() if each.number == step), None)


def _days_since(moment: dt.datetime, today: dt.date) -> int:
    return max(0, (today - timezone.localdate(moment)).days)
