"""What may follow what. The one table of steps: buttons, permission checks, API, documents and tests read it.

Pure: it knows no database, no request and no person, only the roles a person can have to an initiative.
"""

from dataclasses import dataclass, field
from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class State(TextChoices):
    DRAFT = "draft", _("Draft")
    PROPOSED = "proposed", _("Awaiting decision")
    RETURNED = "returned", _("More information needed")
    DECLINED = "declined", _("Not now")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    UNDERWAY = "underway", _("Being tested")
    PAUSED = "paused", _("Paused")
    MEASURING = "measuring", _("Being followed up")
    CONCLUDED = "concluded", _("Ended")


class Phase(TextChoices):
    """What people see: five steps, always in this order."""

    DESCRIBE = "describe", pgettext_lazy("phase", "Describe")
    DECIDE = "decide", pgettext_lazy("phase", "Decide")
    TEST = "test", pgettext_lazy("phase", "Test")
    FOLLOW_UP = "follow_up", pgettext_lazy("phase", "Follow up")
    SPREAD = "spread", pgettext_lazy("phase", "Spread")


PHASE_OF: Final[dict[State, Phase]] = {
    State.DRAFT: Phase.DESCRIBE,
    State.WITHDRAWN: Phase.DESCRIBE,
    State.PROPOSED: Phase.DECIDE,
    State.RETURNED: Phase.DECIDE,
    State.DECLINED: Phase.DECIDE,
    State.UNDERWAY: Phase.TEST,
    State.PAUSED: Phase.TEST,
    State.MEASURING: Phase.FOLLOW_UP,
    State.CONCLUDED: Phase.SPREAD,
}


class Ending(TextChoices):
    """Five endings, all honourable. The first four follow from the verdict, never from opinion."""

    CONFIRMED = "confirmed", _("Effect confirmed")
    NOT_PROVEN = "not_proven", _("Effect not shown")
    NO_EFFECT = "no_effect", _("No effect")
    WORSE = "worse", _("Got worse")
    STOPPED = "stopped", _("Stopped with a lesson")


class Verb(TextChoices):
    SUBMIT = "submit", pgettext_lazy("step", "Send for decision")
    START = "start", pgettext_lazy("step", "Start on my own mandate")
    APPROVE = "approve", pgettext_lazy("step", "Yes, test it")
    RETURN = "return", pgettext_lazy("step", "Ask for more information")
    RESUBMIT = "resubmit", pgettext_lazy("step", "Answer and send again")
    DECLINE = "decline", pgettext_lazy("step", "No, not now")
    SILENCE = "silence", pgettext_lazy("step", "Start by silence")
    WITHDRAW = "withdraw", pgettext_lazy("step", "Take back")
    REVISE = "revise", pgettext_lazy("step", "Change and try again")
    IMPLEMENT = "implement", pgettext_lazy("step", "The change is in place")
    PAUSE = "pause", pgettext_lazy("step", "Pause")
    RESUME = "resume", pgettext_lazy("step", "Resume")
    STOP = "stop", pgettext_lazy("step", "Stop with a lesson")
    CONCLUDE = "conclude", pgettext_lazy("step", "Conclude")
    REOPEN = "reopen", pgettext_lazy("step", "Reopen")


class Actor(TextChoices):
    """What somebody is to an initiative. Co-drivers are owners everywhere, also in what an owner may not do."""

    OWNER = "owner", _("Owner")
    DECIDER = "decider", _("Decision-maker")
    CLOCK = "clock", _("The clock")


class Gate(TextChoices):
    """A check that refuses with sentences; each is written once, in `initiatives.actions.gates`."""

    NONE = ""
    SUBMIT = "submit"
    OWN_MANDATE = "own_mandate"
    SILENCE = "silence"
    IMPLEMENT = "implement"
    CONCLUDE = "conclude"
    REOPEN = "reopen"
    RESUME_DAY = "resume_day"


class Need(TextChoices):
    """What the person must write or choose for the step to be taken; names of the arguments of the action."""

    REASON = "reason"
    LESSON = "lesson"
    YES_WHEN = "yes_when"  # what would make it a yes
    RESUME_ON = "resume_on"
    CHANGE_ON = "change_on"
    REVIEW_ON = "review_on"


@dataclass(frozen=True)
class Step:
    verb: Verb
    sources: frozenset[State]
    target: State
    actors: frozenset[Actor]
    gate: Gate = Gate.NONE
    needs: frozenset[Need] = field(default_factory=frozenset)

    @property
    def is_by_people(self) -> bool:
        return self.actors != {Actor.CLOCK}


def _step(
    verb: Verb,
    sources: State | tuple[State, ...],
    target: State,
    actors: Actor | tuple[Actor, ...],
    gate: Gate = Gate.NONE,
    *needs: Need,
) -> Step:
    return Step(
        verb,
        frozenset(sources if isinstance(sources, tuple) else (sources,)),
        target,
        frozenset(actors if isinstance(actors, tuple) else (actors,)),
        gate,
        frozenset(needs),
    )


_OWNER, _DECIDER, _CLOCK = Actor.OWNER, Actor.DECIDER, Actor.CLOCK
_IN_HAND = (State.UNDERWAY, State.PAUSED, State.MEASURING)

STEPS: Final[tuple[Step, ...]] = (
    _step(Verb.SUBMIT, State.DRAFT, State.PROPOSED, _OWNER, Gate.SUBMIT),
    _step(Verb.START, State.DRAFT, State.UNDERWAY, _OWNER, Gate.OWN_MANDATE),
    _step(Verb.APPROVE, State.PROPOSED, State.UNDERWAY, _DECIDER),
    _step(Verb.RETURN, State.PROPOSED, State.RETURNED, _DECIDER, Gate.NONE, Need.REASON),
    _step(Verb.RESUBMIT, State.RETURNED, State.PROPOSED, _OWNER, Gate.SUBMIT, Need.REASON),
    _step(Verb.DECLINE, State.PROPOSED, State.DECLINED, _DECIDER, Gate.NONE, Need.REASON, Need.YES_WHEN),
    _step(Verb.SILENCE, State.PROPOSED, State.UNDERWAY, _CLOCK, Gate.SILENCE),
    _step(Verb.WITHDRAW, (State.PROPOSED, State.RETURNED), State.WITHDRAWN, _OWNER),
    _step(Verb.REVISE, (State.DECLINED, State.WITHDRAWN), State.DRAFT, _OWNER),
    _step(Verb.IMPLEMENT, State.UNDERWAY, State.MEASURING, _OWNER, Gate.IMPLEMENT, Need.CHANGE_ON),
    _step(Verb.PAUSE, State.UNDERWAY, State.PAUSED, (_OWNER, _DECIDER), Gate.NONE, Need.REASON, Need.RESUME_ON),
    _step(Verb.RESUME, State.PAUSED, State.UNDERWAY, (_OWNER, _CLOCK), Gate.RESUME_DAY),
    _step(Verb.STOP, _IN_HAND, State.CONCLUDED, (_OWNER, _DECIDER), Gate.NONE, Need.REASON, Need.LESSON),
    _step(Verb.CONCLUDE, State.MEASURING, State.CONCLUDED, _OWNER, Gate.CONCLUDE, Need.LESSON),
    _step(Verb.REOPEN, State.CONCLUDED, State.MEASURING, _OWNER, Gate.REOPEN, Need.REASON, Need.REVIEW_ON),
)
STEP: Final[dict[Verb, Step]] = {step.verb: step for step in STEPS}

# Who sees what: the rest is seen by every current employee.
PRIVATE_STATES: Final = frozenset({State.DRAFT})  # the owner and whom they invited
QUIET_STATES: Final = frozenset({State.DECLINED, State.WITHDRAWN})  # the owner and the chain of deciders
EDITABLE_STATES: Final = frozenset({State.DRAFT, State.RETURNED})  # the description may be changed by the owner
MEASURED_STATES: Final = frozenset({State.UNDERWAY, State.MEASURING})  # values fall due
IN_HAND: Final = frozenset(_IN_HAND)  # somebody is carrying it out, or has paused it
ACTIVE_STATES: Final = frozenset({State.PROPOSED, State.RETURNED, State.UNDERWAY, State.PAUSED, State.MEASURING})


def steps_from(state: State | str, actors: frozenset[Actor]) -> list[Step]:
    """The steps that somebody with the roles `actors` may take from `state`, in the order of the table."""
    return [step for step in STEPS if state in step.sources and step.actors & actors]
