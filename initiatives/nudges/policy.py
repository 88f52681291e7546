"""What holds for all reminders of the municipality, with its row made when it is first needed."""

from initiatives.models import NudgePolicy


def policy() -> NudgePolicy:
    """The one row. Of two who need it first at the same moment one makes it, and both get it. One query, then."""
    return NudgePolicy.objects.get_or_create(pk=1)[0]
