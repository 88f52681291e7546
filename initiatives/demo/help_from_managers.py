"""What managers remove and promise in the demo, told for one initiative: each of it answered once and waiting once."""

import datetime as dt

from django.utils import timezone

from initiatives.actions.obstacles import close_obstacle, raise_obstacle
from initiatives.actions.promising import Promised, promise_more, settle_promise
from initiatives.models import Initiative, Promise
from kommun.models import Employee


def help_and_ask(initiative: Initiative, *, decider: Employee, today: dt.date) -> None:
    """The initiative is carried out; `decider` answers for it. Today one obstacle stands and one promise is overdue."""
    driver = initiative.owner
    kept = Promised(Promise.Kind.TIME, "Två timmar i veckan utan telefon", today - dt.timedelta(days=32))
    settled = promise_more(initiative, kept, by=decider, now=_nine(today, 63))
    removed = raise_obstacle(
        initiative, "Vi ser inte vilka ansökningar som är kompletta.", by=driver, now=_nine(today, 41)
    )
    close_obstacle(
        removed, is_removed=True, answer="Ni har en egen vy i systemet nu.", by=decider, now=_nine(today, 36)
    )
    settle_promise(settled, is_kept=True, by=decider, now=_nine(today, 33), note="Växeln tar telefonen på tisdagar.")
    due = Promised(Promise.Kind.DOOR, "Ta upp kartunderlaget med lantmäteriet", today - dt.timedelta(days=1))
    promise_more(initiative, due, by=decider, now=_nine(today, 21))
    raise_obstacle(initiative, "Kartunderlaget kommer först efter en vecka.", by=driver, now=_nine(today, 6))


def _nine(today: dt.date, ago: int) -> dt.datetime:
    """Nine o'clock that many days before `today`."""
    day = today - dt.timedelta(days=ago)
    return dt.datetime.combine(day, dt.time(9), tzinfo=timezone.get_default_timezone())
