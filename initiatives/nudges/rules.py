"""The table of nudges. A new nudge is one rule here and one template in `letters/`, named as the rule.

Pure arithmetic of days beside it: which occasion of a rule has come by a day. It knows no letter.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from initiatives.models import Verification
from initiatives.nudges import due
from initiatives.workflow import Verb
from kommun.workdays import Workdays

INITIATIVE: Final = "/initiativ/{uuid}/"
# Pages that open with the cursor in the very field; a fragment would be lost to those who must sign in first.
ANSWER: Final = INITIATIVE + "komplettera/"
VALUE: Final = INITIATIVE + "varde/"
LESSON: Final = INITIATIVE + "steg/conclude/"
DECISION: Final = "/beslut/{uuid}/"
VERIFICATION: Final = "/granska/{uuid}/"
FORTNIGHT: Final = dt.timedelta(days=14)


@dataclass(frozen=True)
class Rule:
    """Why somebody is told something, and how often. Days count from the reason's `since`."""

    name: str
    due: due.Query
    to: Callable[[dt.date], Any]
    leads_to: str  # the very field; {uuid} is the initiative's
    first_after: int = 0
    repeat: int = 0
    at_most: int = 1
    counts_workdays: bool = False
    forgotten_after: dt.timedelta | None = None  # what nobody was told in time is no news
    is_news: bool = False  # asks for nothing, so it is told even if more has happened since

    def occasion(self, since: dt.date, today: dt.date, workdays: Workdays) -> dt.date | None:
        """The latest day, by `today`, on which something due since `since` is told. None when there is none yet.

        After a missed week this is one day, not several: nobody is flooded.
        """
        latest = None
        for time in range(self.at_most):
            day = self._after(since, self.first_after + time * self.repeat, workdays)
            if day > today:
                break
            latest = day
        return latest

    def _after(self, since: dt.date, days: int, workdays: Workdays) -> dt.date:
        if self.counts_workdays and days:
            return workdays.add(since, days)
        return since + dt.timedelta(days=days)


_EVENT: Final[dict[str, Any]] = {"leads_to": INITIATIVE, "forgotten_after": FORTNIGHT}

# In the order in which a letter tells them: what waits for the person first, then the news.
RULES: Final[tuple[Rule, ...]] = (
    Rule(
        "decision_waiting",
        due.waiting_for_decision,
        due.decider,
        DECISION,
        first_after=3,
        repeat=3,
        at_most=3,
        counts_workdays=True,
    ),
    Rule(
        "waiver_asked",
        due.waiting_for_waiver,
        due.decider_now,
        INITIATIVE,
        repeat=3,
        at_most=3,
        counts_workdays=True,
    ),
    Rule("handover_offered", due.offered, due.the_one_asked, "/", repeat=3, at_most=3, counts_workdays=True),
    Rule(
        "verification_waiting",
        due.waiting_for_controller,
        due.controller,
        VERIFICATION,
        first_after=5,
        repeat=5,
        at_most=3,
        counts_workdays=True,
    ),
    Rule(
        "verification_returned",
        due.verification(Verification.RETURNED),
        due.owner_or_decider,
        INITIATIVE,
        repeat=5,
        at_most=3,
        counts_workdays=True,
    ),
    Rule("returned", due.unanswered(Verb.RETURN), due.owner, ANSWER, forgotten_after=FORTNIGHT),
    Rule("value_due", due.lacking_a_value, due.owner_or_decider, VALUE, repeat=7, at_most=3),
    Rule("conclude_due", due.ready_to_conclude, due.owner_or_decider, LESSON, repeat=7, at_most=3),
    Rule("hold_check_due", due.hold_to_check, due.owner_or_decider, VALUE, repeat=7, at_most=3),
    Rule("declined", due.unanswered(Verb.DECLINE), due.owner, **_EVENT),
    Rule("verified", due.verification(Verification.CONFIRMED), due.owner, is_news=True, **_EVENT),
    Rule("approved", due.after_step(Verb.APPROVE), due.owner, is_news=True, **_EVENT),
    Rule("silence_owner", due.after_step(Verb.SILENCE), due.owner, is_news=True, **_EVENT),
    Rule("silence_decider", due.after_step(Verb.SILENCE), due.decider, is_news=True, **_EVENT),
    Rule("own_mandate", due.after_step(Verb.START), due.decider, is_news=True, **_EVENT),
)
RULE: Final[dict[str, Rule]] = {rule.name: rule for rule in RULES}
