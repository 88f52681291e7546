"""What has happened to an initiative, newest first: steps with their words, values, corrections and agreements."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from initiatives.models import Correction, Initiative, Outcome, Transition
from initiatives.pages.components.panels import Activity
from initiatives.workflow import Verb
from kommun.models import Employee
from kommun.numbers import number, quantity

MOST_VALUES = 12


ICONS = {Verb.APPROVE: "bock", Verb.CONCLUDE: "flagga", Verb.STOP: "flagga", Verb.IMPLEMENT: "oversikt"}


def activity(initiative: Initiative, outcome: Outcome | None) -> list[Activity]:
    """Four queries, however long the history is."""
    found = [*_steps(initiative), *_agreements(initiative)]
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


def _values(outcome: Outcome) -> Iterator[Activity]:
    rows = outcome.measurements.filter(series="").select_related("by").order_by("-created_at", "-observed_on")
    for row in rows[:MOST_VALUES]:
        day = row.observed_on.isoformat()
        if row.value is None:
            what = _("said that there is no value for %(day)s") % {"day": day}
        else:
            amount = quantity(number(row.value), outcome.indicator.unit_of_measure)
            what = _("entered %(amount)s for %(day)s") % {"amount": amount, "day": day}
        yield Activity(
            "oversikt",
            _name(row.by) or _("Another system"),
            what,
            row.created_at,
            [row.source_reference] if row.source_reference else [],
        )


def _corrections(outcome: Outcome) -> Iterator[Activity]:
    rows = Correction.objects.filter(measurement__outcome=outcome).select_related("by", "measurement")
    for row in rows.order_by("-at")[:MOST_VALUES]:
        words = {
            "old": "–" if row.old_value is None else number(row.old_value),
            "new": "–" if row.new_value is None else number(row.new_value),
            "day": row.measurement.observed_on.isoformat(),
        }
        what = _("changed %(old)s to %(new)s for %(day)s") % words
        yield Activity("penna", _name(row.by) or _("Another system"), what, row.at, [row.reason])


def _name(person: Employee | None) -> str:
    return person.display_name if person else ""
