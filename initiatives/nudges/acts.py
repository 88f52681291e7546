"""When what a nudge asks for was done, whoever did it: one expression per kind of act, over the rows of nudges."""

from collections.abc import Callable
from typing import Any

from django.db.models import F, Model, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Least

from initiatives.models import Claim, Event, Initiative, Measurement, Transition, VerificationStep

Act = Callable[[], Any]


def next_step() -> Subquery:
    """Somebody let the initiative move on. A step of the clock's own, silence above all, is no answer."""
    steps = Transition.objects.filter(initiative=OuterRef("initiative"), number=OuterRef("step") + 1, by__isnull=False)
    return Subquery(steps.values("at")[:1])


def value_came() -> Subquery:
    values = Measurement.objects.filter(
        outcome__initiative=OuterRef("initiative"), created_at__gte=OuterRef("created_at")
    )
    return Subquery(values.order_by("created_at").values("created_at")[:1])


def anything() -> Subquery:
    """Somebody did something in it: took a step, entered a value, wrote a line. A deleted draft leaves an event too."""
    acts = Event.objects.filter(initiative=OuterRef("initiative"), by__isnull=False, at__gte=OuterRef("created_at"))
    return Subquery(acts.order_by("id").values("at")[:1])


def controller_answered() -> Least:
    """The controller, or the one whom the controller asked: a word about the result, or a look at what is claimed.

    What lapsed because the values moved is nobody's word.
    """
    steps = VerificationStep.objects.filter(
        outcome__initiative=OuterRef("initiative"),
        by__isnull=False,
        at__gt=OuterRef("since_at"),
        at__gte=OuterRef("created_at"),
    )
    checked = Claim.objects.filter(outcome__initiative=OuterRef("initiative"), checked_at__gte=OuterRef("created_at"))
    return Least(
        Subquery(steps.order_by("at").values("at")[:1]),
        Subquery(checked.order_by("checked_at").values("checked_at")[:1]),
    )


def taken_over() -> Subquery:
    own = Initiative.objects.filter(
        origin__uuid=OuterRef("subject"), owner=OuterRef("to"), created_at__gte=OuterRef("created_at")
    )
    return Subquery(own.order_by("created_at").values("created_at")[:1])


def answered(model: type[Model], at: str) -> Act:
    """The row that it is about got its answer, noted in the column `at`."""

    def act() -> Subquery:
        rows: QuerySet[Any] = model._default_manager.filter(Q(**{f"{at}__isnull": False}), uuid=OuterRef("subject"))
        return Subquery(rows.values(moment=F(at))[:1])

    return act
