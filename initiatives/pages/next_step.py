"""The one thing to do next about an initiative, for the person who looks: the loud panel of a page."""

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from initiatives.cadence import name_of
from initiatives.forms.measuring import QuickValueForm
from initiatives.models import Initiative, Outcome
from initiatives.outcomes.holding import months_of_check
from initiatives.pages.components.panels import Link, NextStep, TaskForm
from initiatives.pages.measuring import period_to_enter
from initiatives.pages.visit import Visit
from initiatives.workflow import IN_HAND, Actor, Ending, State
from kommun.numbers import number, quantity


def next_step(
    initiative: Initiative, outcome: Outcome | None, actors: frozenset[Actor], visitor: Visit
) -> NextStep | None:
    """None when there is nothing to say, as when it has ended."""
    if Actor.OWNER in actors:
        return _for_owner(initiative, outcome, visitor)
    if Actor.DECIDER in actors and initiative.state == State.PROPOSED:
        return NextStep(
            _("Will you let it be tested?"),
            _("A yes is enough to begin."),
            link=Link(f"/beslut/{initiative.uuid}/", _("Read and decide")),
        )
    is_driven = initiative.state in IN_HAND or initiative.ending == Ending.CONFIRMED
    if Actor.DECIDER in actors and is_driven and not initiative.owner.is_employed(visitor.today):
        return NextStep(
            _("Who drives it now?"),
            _("%(name)s no longer works here. Ask somebody to take it over.") % {"name": initiative.owner.display_name},
            link=Link(f"{initiative.get_absolute_url()}#personer", _("Ask somebody")),
        )
    return _for_others(initiative)


def _for_owner(initiative: Initiative, outcome: Outcome | None, visitor: Visit) -> NextStep | None:
    address = initiative.get_absolute_url()
    if initiative.state in (State.DRAFT, State.RETURNED):
        return _describe(initiative, address)
    if outcome is not None and initiative.state in (State.UNDERWAY, State.MEASURING):
        return value_due(initiative, outcome, visitor) or _move_on(initiative, outcome, visitor)
    if outcome is not None and initiative.state == State.CONCLUDED:
        return hold_to_check(initiative, outcome, visitor)
    if initiative.state == State.PAUSED and initiative.resume_on is not None:
        day = date_format(initiative.resume_on, "j F Y")
        return NextStep(
            _("Paused until %(day)s") % {"day": day}, "", link=Link(f"{address}steg/resume/", _("Resume now"))
        )
    return _for_others(initiative)


def _describe(initiative: Initiative, address: str) -> NextStep:
    if initiative.state == State.RETURNED:
        return NextStep(
            _("Answer the question and send it again"), "", link=Link(f"{address}komplettera/", _("Answer"))
        )
    return NextStep(
        _("Complete it and send it"),
        _("One page with what is still missing."),
        _("takes a few minutes"),
        link=Link(f"{address}komplettera/", _("Complete")),
    )


def value_due(initiative: Initiative, outcome: Outcome, visitor: Visit, *, back_to: str = "") -> NextStep | None:
    """The value that is due, entered right here; then the page `back_to`, or the initiative's own."""
    if outcome.next_due_on is None or outcome.next_due_on > visitor.today:
        return None
    unit, said = outcome.indicator.unit_of_measure, []
    if outcome.latest_value is not None:
        said.append(_("Last time it was %(value)s.") % {"value": quantity(number(outcome.latest_value), unit)})
    if outcome.target is not None:
        said.append(_("The target is %(value)s.") % {"value": quantity(number(outcome.target), unit)})
    return _value_asked_for(initiative, outcome, visitor, " ".join(said), back_to)


def hold_to_check(initiative: Initiative, outcome: Outcome, visitor: Visit, *, back_to: str = "") -> NextStep | None:
    """The value that shows whether a confirmed effect is still there, entered right here. One query."""
    months = months_of_check(initiative, visitor.today)
    if months is None:
        return None
    text = ngettext(
        "It is %(count)d month since the effect was confirmed. Does it hold?",
        "It is %(count)d months since the effect was confirmed. Does it hold?",
        months,
    ) % {"count": months}
    return _value_asked_for(initiative, outcome, visitor, text, back_to)


def _value_asked_for(initiative: Initiative, outcome: Outcome, visitor: Visit, text: str, back_to: str) -> NextStep:
    span = period_to_enter(outcome, visitor.today)
    period = name_of(span.first, outcome.cadence)
    form = QuickValueForm(outcome=outcome, initial={"observed_on": span.first, "next": back_to})
    return NextStep(
        heading=_("What was the value for %(period)s?") % {"period": period},
        text=text,
        when=_("takes a minute"),
        about=Link(initiative.get_absolute_url(), initiative.title) if back_to == "/" else None,
        task=TaskForm(
            form,
            f"{initiative.get_absolute_url()}varde/",
            _("Save the value"),
            _("There is no value for %(period)s") % {"period": period},
        ),
    )


def _move_on(initiative: Initiative, outcome: Outcome, visitor: Visit) -> NextStep | None:
    address = initiative.get_absolute_url()
    if initiative.state == State.UNDERWAY:
        return NextStep(
            _("When is the change in place?"),
            _("Enter the day, and the follow-up begins."),
            link=Link(f"{address}steg/implement/", _("The change is in place")),
        )
    if outcome.review_on is not None and outcome.review_on <= visitor.today:
        return NextStep(
            _("What have you learned?"),
            _("The review date has come. Write the lesson, and the verdict becomes final."),
            link=Link(f"{address}steg/conclude/", _("Write the lesson")),
        )
    if outcome.next_due_on is None:
        return None
    return NextStep(
        _("Nothing to do just now"),
        _("Next value is asked for on %(day)s.") % {"day": date_format(outcome.next_due_on, "j F Y")},
    )


def _for_others(initiative: Initiative) -> NextStep | None:
    if initiative.state == State.PROPOSED and initiative.decider is not None:
        words = {"name": initiative.decider.display_name}
        silence = ""
        if initiative.decide_by_on is not None:
            day = date_format(initiative.decide_by_on, "j F Y")
            silence = _("An answer is promised by %(day)s.") % {"day": day}
        return NextStep(_("%(name)s decides") % words, silence)
    return None
