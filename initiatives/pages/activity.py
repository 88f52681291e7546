"""What has happened to an initiative, newest first: steps with their words, values, corrections and agreements."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from initiatives.models import Correction, Event, Initiative, Outcome, Transition
from initiatives.pages.components.panels import Activity
from initiatives.workflow import Verb
from kommun.models import Employee
from kommun.numbers import number, quantity

MOST_VALUES = 12
WORDS = ("reason", "cause", "text", "answer", "note")  # what people wrote, by its name in an event

ICONS = {Verb.APPROVE: "bock", Verb.CONCLUDE: "flagga", Verb.STOP: "flagga", Verb.IMPLEMENT: "oversikt"}


def activity(initiative: Initiative, outcome: Outcome | None) -> list[Activity]:
    """Five queries, however long the history is."""
    found = [*_steps(initiative), *_agreements(initiative), *_acts(initiative)]
    if outcome is not None:
        found += [*_values(outcome), *_corrections(outcome)]
    return sorted(found, key=lambda each: each.at, reverse=True)


def _steps(initiative: Initiative) -> Iterator[Activity]:
    for step in Transition.objects.filter(initiative=initiative).select_related("by"):
        verb = Verb(step.verb)
        words, more = step.reason, step.lesson
        if step.yes_when:
            more = _("It would be a yes: %(when)s") % {"when": step.yes_when}
        yield Activity(
            ICONS.get(verb, "pil"), _name(step.by), _what(verb), step.at, [each for each in (words, more) if each]
        )


def _what(verb: Verb) -> str:
    return {
        Verb.SUBMIT: _("sent it for decision"),
        Verb.START: _("started on their own mandate"),
        Verb.APPROVE: _("said yes to the test"),
        Verb.RETURN: _("asked for more information"),
        Verb.RESUBMIT: _("answered and sent it again"),
        Verb.DECLINE: _("said not now"),
        Verb.SILENCE: _("Started, because nobody had answered in time"),
        Verb.WITHDRAW: _("took it back"),
        Verb.REVISE: _("made it a draft again"),
        Verb.IMPLEMENT: _("put the change in place"),
        Verb.PAUSE: _("paused it"),
        Verb.RESUME: _("resumed it"),
        Verb.STOP: _("stopped it with a lesson"),
        Verb.CONCLUDE: _("concluded it"),
        Verb.REOPEN: _("opened it again"),
    }[verb]


def _agreements(initiative: Initiative) -> Iterator[Activity]:
    for waiver in initiative.waivers.select_related("asked_by", "answered_by"):
        what = _("gave a reason why it cannot be measured")
        yield Activity("penna", _name(waiver.asked_by), what, waiver.asked_at, [waiver.reason])
        if waiver.answered_at is not None:
            what = _("accepted the reason") if waiver.is_accepted else _("did not accept the reason")
            yield Activity("bock", _name(waiver.answered_by), what, waiver.answered_at)


def _acts(initiative: Initiative) -> Iterator[Activity]:
    """What was agreed on about persons and dates, by the events that tell of it."""
    said = {
        "initiative.invite": _("invited somebody to drive it too"),
        "initiative.uninvite": _("no longer drives it with somebody"),
        "handover.offer": _("asked somebody to take it over"),
        "handover.withdraw": _("took the question of taking over back"),
        "handover.answer": "",
        "outcome.extend_review": "",
        "verification.confirm": _("verified the result"),
        "verification.return": _("sent the result back with a reason"),
        "verification.ask": _("asked for a controller's review"),
        "verification.lapse": _("The result is not verified any longer, as the values have changed"),
        "measurement.explain": "",
        "baseline.move": "",
        "obstacle.raise": _("said what is in the way"),
        "obstacle.hand_on": _("asked somebody else to remove an obstacle"),
        "obstacle.close": "",
        "promise.make": _("made a promise"),
        "promise.settle": "",
    }
    rows = Event.objects.filter(initiative=initiative, kind__in=said).select_related("by").order_by("-id")
    for row in rows[:MOST_VALUES]:
        words = [said_so for word in WORDS if (said_so := row.data.get(word))]
        yield Activity(
            "penna" if "reason" not in row.data else "klocka", _name(row.by), said[row.kind] or _of(row), row.at, words
        )


def _of(row: Event) -> str:
    if row.kind == "handover.answer":
        return _("took it over") if row.data["is_accepted"] else _("did not take it over")
    if row.kind == "obstacle.close":
        return _("said that an obstacle is gone") if row.data["is_removed"] else _("said why an obstacle stays")
    if row.kind == "promise.settle":
        return _("said that a promise was kept") if row.data["is_kept"] else _("said that a promise did not come true")
    if row.kind == "baseline.move":
        day = _day(dt.date.fromisoformat(row.data["from_on"]))
        return _("changed the beginning of the baseline to %(day)s") % {"day": day}
    if row.kind == "measurement.explain":
        what = _("wrote what happened on %(day)s") if row.data["cause"] else _("took away what happened on %(day)s")
        return what % {"day": _day(dt.date.fromisoformat(row.data["observed_on"]))}
    return _("moved the review date to %(day)s") % {"day": _day(dt.date.fromisoformat(row.data["to"]))}


def _values(outcome: Outcome) -> Iterator[Activity]:
    """What was entered, one line for what the same person or system entered in one day."""
    rows = Event.objects.filter(initiative=outcome.initiative_id, kind="measurements.recorded", data__created__gt=0)
    latest = rows.select_related("by", "client").order_by("-id")[:MOST_VALUES]
    for _key, group in groupby(latest, key=lambda row: (row.by_id, row.client_id, timezone.localdate(row.at))):
        yield _entered(list(group), outcome)


def _entered(rows: list[Event], outcome: Outcome) -> Activity:
    latest, count = rows[0], sum(row.data["created"] for row in rows)
    who = _name(latest.by) or (latest.client.name if latest.client else _("Another system"))
    if count > 1:
        words = {"count": count, "day": _day(dt.date.fromisoformat(latest.data["latest_on"]))}
        what = _("entered %(count)d values, the latest for %(day)s") % words
    else:
        what = _entered_one(latest.data, outcome.indicator.unit_of_measure)
    return Activity("oversikt", who, what, latest.at)


def _entered_one(data: dict[str, str | None], unit_of_measure: str) -> str:
    day = _day(dt.date.fromisoformat(data["latest_on"] or ""))
    if data["latest_value"] is None:
        return _("said that there is no value for %(day)s") % {"day": day}
    amount = quantity(number(Decimal(data["latest_value"])), unit_of_measure)
    return _("entered %(amount)s for %(day)s") % {"amount": amount, "day": day}


def _corrections(outcome: Outcome) -> Iterator[Activity]:
    rows = Correction.objects.filter(measurement__outcome=outcome).select_related("by", "measurement")
    for row in rows.order_by("-at")[:MOST_VALUES]:
        words = {
            "old": "–" if row.old_value is None else number(row.old_value),
            "new": "–" if row.new_value is None else number(row.new_value),
            "day": _day(row.measurement.observed_on),
        }
        what = _("changed %(old)s to %(new)s for %(day)s") % words
        yield Activity("penna", _name(row.by) or _("Another system"), what, row.at, [row.reason])


def _day(day: dt.date) -> str:
    return date_format(day, "j F Y")


def _name(person: Employee | None) -> str:
    return person.display_name if person else ""
