"""The arrows as a literal set, so that a changed workflow shows in one diff."""

from initiatives.workflow import PHASE_OF, STEPS, Actor, Phase, State, Verb, steps_from

ARROWS = {
    ("submit", "draft", "proposed", "owner", "submit", ""),
    ("start", "draft", "underway", "owner", "own_mandate", ""),
    ("approve", "proposed", "underway", "decider", "", ""),
    ("return", "proposed", "returned", "decider", "", "reason"),
    ("resubmit", "returned", "proposed", "owner", "submit", "reason"),
    ("decline", "proposed", "declined", "decider", "", "reason+yes_when"),
    ("silence", "proposed", "underway", "clock", "silence", ""),
    ("withdraw", "proposed", "withdrawn", "owner", "", ""),
    ("withdraw", "returned", "withdrawn", "owner", "", ""),
    ("revise", "declined", "draft", "owner", "", ""),
    ("revise", "withdrawn", "draft", "owner", "", ""),
    ("implement", "underway", "measuring", "owner", "implement", "change_on"),
    ("pause", "underway", "paused", "decider+owner", "", "reason+resume_on"),
    ("resume", "paused", "underway", "clock+owner", "resume_day", ""),
    ("stop", "underway", "concluded", "decider+owner", "", "lesson+reason"),
    ("stop", "paused", "concluded", "decider+owner", "", "lesson+reason"),
    ("stop", "measuring", "concluded", "decider+owner", "", "lesson+reason"),
    ("conclude", "measuring", "concluded", "owner", "conclude", "lesson"),
    ("reopen", "concluded", "measuring", "owner", "reopen", "reason+review_on"),
}


def test_the_workflow_has_exactly_these_arrows() -> None:
    found = {
        (
            step.verb.value,
            source.value,
            step.target.value,
            "+".join(sorted(step.actors)),
            step.gate.value,
            "+".join(sorted(step.needs)),
        )
        for step in STEPS
        for source in step.sources
    }
    assert found == ARROWS


def test_every_verb_stands_once_in_the_table() -> None:
    assert [step.verb for step in STEPS] == list(Verb)


def test_people_see_five_phases() -> None:
    assert {phase: {state.value for state in State if PHASE_OF[state] == phase} for phase in Phase} == {
        Phase.DESCRIBE: {"draft", "withdrawn"},
        Phase.DECIDE: {"proposed", "returned", "declined"},
        Phase.TEST: {"underway", "paused"},
        Phase.FOLLOW_UP: {"measuring"},
        Phase.SPREAD: {"concluded"},
    }


def test_steps_are_offered_by_state_and_role() -> None:
    assert [step.verb for step in steps_from("proposed", frozenset({Actor.DECIDER}))] == [
        "approve",
        "return",
        "decline",
    ]
    assert [step.verb for step in steps_from("proposed", frozenset({Actor.OWNER}))] == ["withdraw"]
    assert steps_from("proposed", frozenset()) == []
