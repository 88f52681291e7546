"""What a step is called, what it does, and what is said when it has been taken."""

from django.utils.translation import gettext as _

from initiatives.workflow import Actor, Verb


def name_of(verb: Verb, roles: frozenset[Actor]) -> str:
    """What the step is called on its button. To the decider a stop is a no with a reason."""
    return _("Stop it, with a reason") if _is_veto(verb, roles) else str(verb.label)


def does(verb: Verb, roles: frozenset[Actor] = frozenset()) -> str:
    """What happens, and to whom, in one sentence below the heading."""
    if _is_veto(verb, roles):
        return _("The test ends here. Whoever drives it reads your reason on the initiative's page.")
    return {
        Verb.WITHDRAW: _("It is taken back before anybody decides. You can change it and send it again."),
        Verb.REVISE: _("It becomes a draft again, which only you see."),
        Verb.IMPLEMENT: _("The follow-up begins. The values from before are kept as the baseline."),
        Verb.PAUSE: _("No values are asked for until the day you choose."),
        Verb.RESUME: _("The test goes on, and values are asked for again."),
        Verb.STOP: _("The test ends here. What you learned stays for others."),
        Verb.CONCLUDE: _("The verdict becomes final, and the ending follows from it."),
        Verb.REOPEN: _("It is followed up to a new review date, and shown as a second look."),
        Verb.APPROVE: _("The test can begin. The owner is told."),
        Verb.RETURN: _("The owner gets your question and can send it again."),
        Verb.DECLINE: _("The owner gets your reason, and can change the idea and send it again."),
    }.get(verb, "")


def done(verb: Verb) -> str:
    return {
        Verb.WITHDRAW: _("It is taken back."),
        Verb.REVISE: _("It is a draft again."),
        Verb.IMPLEMENT: _("The follow-up has begun."),
        Verb.PAUSE: _("It is paused."),
        Verb.RESUME: _("It goes on."),
        Verb.STOP: _("It is stopped. Thank you for the lesson."),
        Verb.CONCLUDE: _("It is concluded. Thank you for the lesson."),
        Verb.REOPEN: _("It is opened again."),
        Verb.APPROVE: _("You said yes. The owner is told."),
        Verb.RETURN: _("Your question is sent."),
        Verb.DECLINE: _("Your answer is sent."),
    }.get(verb, _("Done."))


def _is_veto(verb: Verb, roles: frozenset[Actor]) -> bool:
    return verb == Verb.STOP and Actor.DECIDER in roles
