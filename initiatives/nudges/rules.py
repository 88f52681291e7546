"""The table of nudges. A new nudge is a name, one rule here and one template in `letters/`, named as the rule.

What stands here holds until an administrator has said otherwise, in rows of NudgeSetting.
"""

import datetime as dt
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any, Final

from initiatives.models import DUTIES, EscalateTo, Handover, Obstacle, Promise, RuleName, Verification, Waiver
from initiatives.nudges import acts, due, recipients
from initiatives.workflow import Verb

INITIATIVE: Final = "/initiativ/{uuid}/"
# Pages that open with the cursor in the very field; a fragment would be lost to those who must sign in first.
ANSWER: Final = INITIATIVE + "komplettera/"
VALUE: Final = INITIATIVE + "varde/"
LESSON: Final = INITIATIVE + "steg/conclude/"
LINE: Final = INITIATIVE + "kommentar/"
DECISION: Final = "/beslut/{uuid}/"
VERIFICATION: Final = "/granska/{uuid}/"
OBSTACLE: Final = "/hinder/{subject}/"
PROMISE: Final = "/lofte/{subject}/"
SHOWN: Final = "/initiativ/{subject}/"
FORTNIGHT: Final = dt.timedelta(days=14)
A_FIFTH: Final = Decimal("0.20")


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What an administrator can set. Days count from the reason's `since`, full working days where the rule says so."""

    is_on: bool = True
    first_after: int = 0  # less than nothing is before the day
    repeat: int = 7
    at_most: int = 1
    escalate_after: int | None = None
    escalate_to: EscalateTo = EscalateTo.NOBODY
    holdout_share: Decimal = Decimal(0)  # of initiatives × steps, where the policy lets anybody be left without

    def speaks_at(self, level: int) -> bool:
        """Whether anybody is told at that level."""
        climbs = self.escalate_to != EscalateTo.NOBODY and self.escalate_after is not None
        return self.is_on and (climbs or not level)


@dataclass(frozen=True, kw_only=True)
class Rule(Figures):
    """Why somebody is told something, and how often."""

    name: RuleName
    due: due.Query
    to: recipients.To
    leads_to: str  # the very field; {uuid} is the initiative's, {subject} that of what it is about
    acted: acts.Act = acts.next_step
    counts_workdays: bool = False
    climbs_by_cost: bool = False  # the next level is the next that covers the cost
    forgotten_after: dt.timedelta | None = None  # what nobody was told in time is no news
    is_news: bool = False  # asks for nothing, so it is told even if more has happened since

    @property
    def figures(self) -> Figures:
        return Figures(**{field.name: getattr(self, field.name) for field in fields(Figures)})

    @property
    def is_duty(self) -> bool:
        """Somebody waits for the answer: it cannot be declined, and a stand-in gets it when the person is away."""
        return self.name in DUTIES

    @property
    def spares_the_absent(self) -> bool:
        """An ask can wait until the person is back, and is due all the same then; what is forgotten cannot."""
        return not self.is_duty and self.forgotten_after is None

    @property
    def can_escalate(self) -> bool:
        return self.escalate_after is not None


def _duty(name: RuleName, due: due.Query, to: recipients.To, leads_to: str, **rest: Any) -> Rule:
    """Counted in working days, and it climbs when nobody answers."""
    shared: dict[str, Any] = {"counts_workdays": True, "escalate_to": EscalateTo.NEXT_LEVEL}
    return Rule(name=name, due=due, to=to, leads_to=leads_to, **shared | rest)


def _news(
    name: RuleName, due: due.Query, to: recipients.To, leads_to: str = INITIATIVE, *, is_news: bool = True
) -> Rule:
    return Rule(name=name, due=due, to=to, leads_to=leads_to, forgotten_after=FORTNIGHT, is_news=is_news)


RULES: Final[tuple[Rule, ...]] = (
    _duty(
        RuleName.DECISION_WAITING,
        due.waiting_for_decision,
        recipients.decider,
        DECISION,
        first_after=3,
        repeat=3,
        at_most=3,
        escalate_after=6,
        climbs_by_cost=True,
    ),
    _duty(
        RuleName.WAIVER_ASKED,
        due.waiting_for_waiver,
        recipients.decider_now,
        INITIATIVE,
        acted=acts.answered(Waiver, "answered_at"),
        repeat=3,
        at_most=3,
        escalate_to=EscalateTo.NOBODY,
    ),
    _duty(
        RuleName.OBSTACLE_OPEN,
        due.obstacle_open,
        recipients.keeper("obstacles__owner"),
        OBSTACLE,
        acted=acts.answered(Obstacle, "closed_at"),
        repeat=5,
        at_most=4,
        escalate_after=10,
    ),
    _duty(
        RuleName.PROMISE_DUE,
        due.promise_due,
        recipients.keeper("promises__promised_by"),
        PROMISE,
        acted=acts.answered(Promise, "settled_at"),
        repeat=5,
        at_most=3,
        escalate_after=10,
    ),
    Rule(
        name=RuleName.HANDOVER_OFFERED,
        due=due.offered,
        to=recipients.named("handovers__to"),
        leads_to="/",
        acted=acts.answered(Handover, "answered_at"),
        repeat=3,
        at_most=3,
        counts_workdays=True,
    ),
    Rule(
        name=RuleName.VERIFICATION_WAITING,
        due=due.waiting_for_controller,
        to=recipients.controller,
        leads_to=VERIFICATION,
        acted=acts.controller_answered,
        first_after=5,
        repeat=5,
        at_most=3,
        counts_workdays=True,
    ),
    Rule(
        name=RuleName.VERIFICATION_RETURNED,
        due=due.verification(Verification.RETURNED),
        to=recipients.owner_or_decider,
        leads_to=INITIATIVE,
        acted=acts.controller_answered,
        repeat=5,
        at_most=3,
        counts_workdays=True,
    ),
    Rule(
        name=RuleName.RETURNED,
        due=due.question_waiting,
        to=recipients.owner_or_decider,
        leads_to=ANSWER,
        repeat=5,
        at_most=3,
        counts_workdays=True,
    ),
    Rule(
        name=RuleName.VALUE_DUE,
        due=due.lacking_a_value,
        to=recipients.owner_or_decider,
        leads_to=VALUE,
        acted=acts.value_came,
        at_most=3,
        holdout_share=A_FIFTH,
    ),
    Rule(
        name=RuleName.BASELINE_MISSING,
        due=due.baseline_missing,
        to=recipients.owner_or_decider,
        leads_to=VALUE,
        acted=acts.value_came,
        at_most=3,
        holdout_share=A_FIFTH,
    ),
    Rule(
        name=RuleName.CONCLUDE_DUE,
        due=due.ready_to_conclude,
        to=recipients.owner_or_decider,
        leads_to=LESSON,
        at_most=3,
    ),
    Rule(
        name=RuleName.HOLD_CHECK_DUE,
        due=due.hold_to_check,
        to=recipients.owner_or_decider,
        leads_to=VALUE,
        acted=acts.value_came,
        at_most=3,
    ),
    Rule(
        name=RuleName.FIRST_STEP_DUE,
        due=due.first_step,
        to=recipients.owner_or_decider,
        leads_to=LINE,
        acted=acts.anything,
        holdout_share=A_FIFTH,
    ),
    Rule(
        name=RuleName.NO_PROGRESS,
        due=due.no_progress,
        to=recipients.owner_or_decider,
        leads_to=LINE,
        acted=acts.anything,
        first_after=14,
        repeat=14,
        at_most=2,
        holdout_share=A_FIFTH,
    ),
    Rule(
        name=RuleName.TARGET_NEAR,
        due=due.target_ahead,
        to=recipients.owner_or_decider,
        leads_to=INITIATIVE,
        acted=acts.anything,
        first_after=-14,
        holdout_share=A_FIFTH,
    ),
    Rule(
        name=RuleName.TARGET_PASSED,
        due=due.target_day,
        to=recipients.owner_or_decider,
        leads_to=INITIATIVE,
        acted=acts.anything,
        first_after=1,
        repeat=28,
        at_most=2,
        holdout_share=A_FIFTH,
    ),
    Rule(
        name=RuleName.DRAFT_RESTING,
        due=due.draft_resting,
        to=recipients.owner,
        leads_to=ANSWER,
        acted=acts.anything,
        first_after=7,
        repeat=14,
        at_most=2,
        holdout_share=A_FIFTH,
    ),
    Rule(
        name=RuleName.TAKE_OVER,
        due=due.worth_taking_over,
        to=recipients.owner,
        leads_to=SHOWN,
        acted=acts.taken_over,
        forgotten_after=dt.timedelta(days=60),
        holdout_share=A_FIFTH,
    ),
    _news(RuleName.DECLINED, due.unanswered(Verb.DECLINE), recipients.owner, is_news=False),
    _news(RuleName.VERIFIED, due.verification(Verification.CONFIRMED), recipients.owner),
    _news(RuleName.APPROVED, due.after_step(Verb.APPROVE), recipients.owner),
    _news(RuleName.SILENCE_OWNER, due.after_step(Verb.SILENCE), recipients.owner),
    _news(RuleName.SILENCE_DECIDER, due.after_step(Verb.SILENCE), recipients.decider),
    _news(RuleName.OWN_MANDATE, due.after_step(Verb.START), recipients.decider),
    _news(RuleName.STOPPED, due.stopped_by_another, recipients.owner),
    _news(RuleName.WAIVER_ANSWERED, due.waiver_answered, recipients.owner),
    _news(RuleName.OBSTACLE_REMOVED, due.obstacle_closed, recipients.owner),
    _news(RuleName.PROMISE_SETTLED, due.promise_settled, recipients.owner, PROMISE),
    _news(RuleName.COMMENT_WRITTEN, due.comment_written, recipients.owner, LINE),
)
RULE: Final[dict[str, Rule]] = {rule.name.value: rule for rule in RULES}
