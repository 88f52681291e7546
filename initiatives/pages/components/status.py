"""The one tag that says where an initiative stands: always an icon, a word and a colour."""

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from initiatives.evidence import Hold, ResultStatus, Verdict
from initiatives.models import Initiative, Outcome
from initiatives.workflow import Ending, State


@dataclass(frozen=True)
class StatusTag:
    text: str | Promise
    icon: str
    tone: str = ""  # vantar, pa-vag, natt, avviker, obs or nothing


OF_STATE: Final[dict[State, StatusTag]] = {
    State.DRAFT: StatusTag(State.DRAFT.label, "penna"),
    State.PROPOSED: StatusTag(State.PROPOSED.label, "timglas", "vantar"),
    State.RETURNED: StatusTag(State.RETURNED.label, "penna", "obs"),
    State.DECLINED: StatusTag(State.DECLINED.label, "klocka"),
    State.WITHDRAWN: StatusTag(State.WITHDRAWN.label, "bakat"),
    State.UNDERWAY: StatusTag(State.UNDERWAY.label, "lampa", "pa-vag"),
    State.PAUSED: StatusTag(State.PAUSED.label, "klocka"),
    State.MEASURING: StatusTag(State.MEASURING.label, "oversikt", "pa-vag"),
}
OF_ENDING: Final[dict[Ending, StatusTag]] = {
    Ending.CONFIRMED: StatusTag(Ending.CONFIRMED.label, "bock", "natt"),
    Ending.NOT_PROVEN: StatusTag(Ending.NOT_PROVEN.label, "klocka"),
    Ending.NO_EFFECT: StatusTag(Ending.NO_EFFECT.label, "lampa"),
    Ending.WORSE: StatusTag(Ending.WORSE.label, "varning", "avviker"),
    Ending.STOPPED: StatusTag(Ending.STOPPED.label, "lampa"),
}
OF_RESULT: Final[dict[ResultStatus, StatusTag]] = {
    ResultStatus.TARGET_MET: StatusTag(_("Target met"), "bock", "natt"),
    ResultStatus.ON_TRACK: StatusTag(_("On track"), "upp", "pa-vag"),
    ResultStatus.OFF_TRACK: StatusTag(_("Off track"), "varning", "avviker"),
    ResultStatus.TOO_EARLY: StatusTag(_("Too early to tell"), "klocka"),
    ResultStatus.MEASUREMENT_MISSING: StatusTag(_("Measurement missing"), "klocka", "obs"),
}


NOT_MEASURED: Final = StatusTag(_("Not measured"), "klocka")
FADED: Final = StatusTag(_("Confirmed, but has faded"), "varning", "obs")


def status_tag(
    state: State | str,
    *,
    ending: Ending | str = "",
    result: ResultStatus | str = "",
    verdict: Verdict | str = "",
    hold: Hold | str = "",
) -> StatusTag:
    """The ending when it has ended, the result status while it is followed up, else the state.

    Not measured, with the decision-maker's yes, is another thing than measured and not shown.
    """
    if ending == Ending.NOT_PROVEN and verdict == Verdict.TOO_FEW:
        return NOT_MEASURED
    if ending == Ending.CONFIRMED and hold == Hold.FADED:
        return FADED
    if ending:
        return OF_ENDING[Ending(ending)]
    if result and state == State.MEASURING:
        return OF_RESULT[ResultStatus(result)]
    return OF_STATE[State(state)]


def tag_of(initiative: Initiative, outcome: Outcome | None) -> StatusTag:
    """The tag of an initiative with the outcome that decides, if it has one."""
    if outcome is None:
        return status_tag(initiative.state, ending=initiative.ending)
    return status_tag(
        initiative.state,
        ending=initiative.ending,
        result=outcome.result_status,
        verdict=outcome.verdict,
        hold=outcome.hold,
    )
