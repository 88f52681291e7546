"""Pages behind the signed links of a letter, open without sign-in: later, one value, no more of these.

To open one changes nothing, however often: mail scanners follow every link. They show no more than the letter did.
The policy of referrers stays "same-origin": the address leaves us with nothing, and a browser that may send no referrer
at all sends no origin either, which the check against forged forms needs.
"""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, Final

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from initiatives.actions.measuring import enter_value, entry_for_period
from initiatives.actions.refusals import Missing, NotAllowed, Refused
from initiatives.actions.wishes import decline, snooze
from initiatives.cadence import name_of
from initiatives.forms.refused import show
from initiatives.forms.reminders import AskedValueForm, LaterForm
from initiatives.models import DUTIES, Initiative, Nudge, Outcome, RuleName
from initiatives.nudges.links import Expired, Purpose, Unknown, nudge_of, subject_of
from initiatives.outcomes.asked import ASK_FOR_A_VALUE, Asked, values_asked_for
from initiatives.pages.reminder_kinds import kind
from initiatives.pages.reminders import put_off
from initiatives.permissions import drives
from kommun.models import Employee, Letter

ONE_CLICK: Final = ("List-Unsubscribe", "One-Click")  # the body that RFC 8058 sets
View = Callable[..., HttpResponse]


def _open(view: View) -> View:
    """Without sign-in, never kept, never found by a search engine; a link that no longer holds gets its own page."""

    @login_not_required
    @never_cache
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def opened(request: HttpRequest, token: str) -> HttpResponse:
        try:
            response = view(request, token)
        except Expired:
            said = _("The link has been open for too long"), _("Sign in to do the same thing.")
            response = _end(request, *said, status=HTTPStatus.GONE)
        except Unknown:
            said = _("The link leads nowhere"), _("It is not complete, or what it was about is gone. Sign in to look.")
            response = _end(request, *said, status=HTTPStatus.NOT_FOUND)
        except NotAllowed as refused:
            response = _end(request, str(refused), status=HTTPStatus.FORBIDDEN)
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return opened


@_open
def later_link(request: HttpRequest, token: str) -> HttpResponse:
    """Puts the reminder of the letter off."""
    nudge = nudge_of(Purpose.SNOOZE, token)
    with translation.override(nudge.to.language):
        return _later(request, nudge)


@_open
def value_link(request: HttpRequest, token: str) -> HttpResponse:
    """Takes the one value that the letter asked for, for the very period that it asked about."""
    nudge = nudge_of(Purpose.VALUE, token)
    with translation.override(nudge.to.language):
        return _value(request, nudge)


@csrf_exempt  # a mail program posts here, with no cookies; the token says who
@_open
def unsubscribe_link(request: HttpRequest, token: str) -> HttpResponse:
    """No more of the kinds of reminder that were in the letter, but for what others wait for."""
    letter = Letter.objects.select_related("employee").filter(uuid=subject_of(Purpose.UNSUBSCRIBE, token)).first()
    if letter is None:
        raise Unknown
    with translation.override(letter.employee.language):
        return _unsubscribe(request, letter)


def _later(request: HttpRequest, nudge: Nudge) -> HttpResponse:
    now = timezone.now()
    today = timezone.localdate(now)
    initiative = _seen(nudge.to, nudge)
    if nudge.acted_at is not None:
        return _end(request, _done())
    form = LaterForm(_posted(request), rule=nudge.rule, today=today)
    if request.method == "POST" and form.is_valid():
        try:
            return _end(request, put_off(snooze(nudge, form.day(), by=nudge.to, now=now).until_on))
        except NotAllowed:
            raise
        except Refused as refused:
            show(refused, form)
    context = {"form": form, "kind": kind(nudge.rule), "initiative": initiative}
    return render(request, "initiatives/later_link.html", context, status=_status(request))


def _value(request: HttpRequest, nudge: Nudge) -> HttpResponse:
    initiative = _seen(nudge.to, nudge)
    if nudge.rule not in ASK_FOR_A_VALUE:
        raise Unknown
    if not drives(nudge.to, initiative, on=timezone.localdate()):
        raise NotAllowed(_("The one who drives the initiative enters its values."))
    wanted = _asked(nudge)
    if wanted is None or _is_answered(nudge, wanted):
        return _end(request, _done())
    wanted.outcome.initiative = initiative
    form = AskedValueForm(
        _posted(request), outcome=wanted.outcome, period=wanted.period.last, says_none="skip" in request.POST
    )
    if request.method == "POST" and form.is_valid():
        try:
            return _end(request, _entered(wanted, form, nudge.to))
        except NotAllowed:
            raise
        except Refused as refused:
            show(refused, form)
    context = {
        "form": form,
        "initiative": initiative,
        "outcome": wanted.outcome,
        "period": name_of(wanted.period.first, wanted.outcome.cadence),
    }
    return render(request, "initiatives/value_link.html", context, status=_status(request))


def _asked(nudge: Nudge) -> Asked | None:
    """Counted from the letter, so that a link that is opened later asks for the same period."""
    letter = nudge.letter
    on, at = (letter.on, letter.created_at) if letter else (nudge.occasion, nudge.created_at)
    return next(iter(values_asked_for([nudge], on=on, at=at)), None)


def _entered(wanted: Asked, form: AskedValueForm, person: Employee) -> str:
    """What to say of the value that is stored now. Raises Refused, also when the page was about another period."""
    now = timezone.now()
    outcome, value = wanted.outcome, None if form.says_none else form.cleaned_data["value"]
    if form.cleaned_data["period"] != wanted.period.last:
        raise Refused(Missing("", _("Something has happened since you opened the page. Look at the period.")))
    entry = entry_for_period(outcome, wanted.period.last, value, today=timezone.localdate(now))
    try:
        enter_value(outcome, entry, by=person, now=now)
    except Refused as refused:
        if any(each.field == "reason" for each in refused.missing):
            raise Refused(Missing("value", _("This value needs a reason too. Sign in to write it."))) from refused
        raise
    return _("Saved for %(period)s.") % {"period": name_of(entry.observed_on, outcome.cadence)}


def _is_answered(nudge: Nudge, wanted: Asked) -> bool:
    """Whether the value has come since the person was asked: the next is another question."""
    since = wanted.outcome.measurements.filter(
        series="", created_at__gte=nudge.created_at, observed_on__range=(wanted.period.first, wanted.period.last)
    )
    return not _lacks(nudge, wanted.outcome) or since.exists()


def _lacks(nudge: Nudge, outcome: Outcome) -> bool:
    """Whether the value that was due on the day of the letter is still due."""
    day = nudge.letter.on if nudge.letter else nudge.occasion
    return nudge.rule != RuleName.VALUE_DUE or (outcome.next_due_on is not None and outcome.next_due_on <= day)


def _unsubscribe(request: HttpRequest, letter: Letter) -> HttpResponse:
    person, now = letter.employee, timezone.now()
    _check_employed(person)
    found = set(letter.nudges.values_list("rule", flat=True))
    rules = [rule for rule in RuleName.values if rule in found and rule not in DUTIES]
    has_duties = not found.isdisjoint(DUTIES)
    context: dict[str, Any] = {"kinds": [kind(rule) for rule in rules], "has_duties": has_duties}
    name, value = ONE_CLICK
    if request.method == "POST" and request.POST.get(name) == value:
        for rule in rules:
            decline(rule, by=person, now=now)
        context["is_done"] = True
    elif request.method == "POST":
        return render(request, "initiatives/unsubscribe_link.html", context, status=HTTPStatus.BAD_REQUEST)
    return render(request, "initiatives/unsubscribe_link.html", context)


def _seen(person: Employee, nudge: Nudge) -> Initiative:
    """What the nudge is about. Raises NotAllowed for somebody who has left, Unknown for what they see no more."""
    _check_employed(person)
    seen = Initiative.objects.visible_to(person, on=timezone.localdate())
    found = seen.prefetch_related("co_driver_rows").filter(pk=nudge.initiative_id).first()
    if found is None:
        raise Unknown
    return found


def _check_employed(person: Employee) -> None:
    if not person.is_employed(timezone.localdate()):
        raise NotAllowed(_("This is only for those who work here."))


def _posted(request: HttpRequest) -> Any:
    """What was sent, if only nothing; None when the page is only looked at."""
    return request.POST if request.method == "POST" else None


def _status(request: HttpRequest) -> int:
    return HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" else HTTPStatus.OK


def _end(request: HttpRequest, said: str, text: str = "", *, status: int = HTTPStatus.OK) -> HttpResponse:
    """A page that says one thing, with the way in."""
    context = {"said": said, "text": text, "is_good": status == HTTPStatus.OK}
    return render(request, "initiatives/link_end.html", context, status=status)


def _done() -> str:
    return _("This is done already. Thank you!")
