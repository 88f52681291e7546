"""Who somebody claims to be, whether the password is theirs, and the links by which a password is set.

Nothing here lets a stranger learn which accounts exist: known and unknown names take the same way and the same time.
"""

import datetime as dt

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext

from kommun.models import Employee, Letter, PasswordRequest

LINKS_AN_HOUR = 3  # to one person; more would only fill a mailbox


def identified(identifier: str) -> Employee | None:
    """The person with this employee id, else this login, else this e-mail address if nobody else employed shares it."""
    text = identifier.strip()
    found = list(Employee.objects.filter(Q(employee_id=text) | Q(login=text.lower()) | Q(email=text.lower())))
    for name, wanted in (("employee_id", text), ("login", text.lower())):
        if match := next((person for person in found if getattr(person, name) == wanted), None):
            return match if text else None
    employed = [person for person in found if person.is_active]
    return employed[0] if text and len(employed) == 1 else None


class EmployeeBackend(ModelBackend):
    """Employee id, login or e-mail address, and the password."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: object
    ) -> Employee | None:
        if username is None or password is None:
            return None
        person = identified(username)
        if person is None:
            Employee().set_password(password)  # costs what a comparison costs
            return None
        return person if person.check_password(password) and self.user_can_authenticate(person) else None


def counted_as(request: HttpRequest, credentials: dict[str, str] | None = None) -> str:
    """Under which name failed attempts are counted: one per person whatever name was written, and unreadable.

    Without the second, a table of failed attempts would hold addresses of people whose identity is protected.
    """
    written = (credentials or {}).get("username") or request.POST.get("username", "")
    person = identified(written)
    account = f"person {person.employee_id}" if person else f"nobody {written.strip().lower()}"
    return salted_hmac("kommun.sign_in", account).hexdigest()


def request_password_link(identifier: str) -> None:
    """Remembers the wish. Whether there is such a person is looked up by the clock, so the answer tells nothing."""
    PasswordRequest.objects.bulk_create([PasswordRequest(identifier=identifier.strip())], ignore_conflicts=True)


def answer_password_requests(*, now: dt.datetime, batch: int = 100) -> int:
    """Puts a letter with a link in the outbox for each wish of somebody with an address. How many letters."""
    with transaction.atomic():
        waiting = list(PasswordRequest.objects.select_for_update(skip_locked=True).order_by("id")[:batch])
        PasswordRequest.objects.filter(pk__in=[wish.pk for wish in waiting]).delete()
        people = {person.pk: person for wish in waiting if (person := identified(wish.identifier))}
        letters = [password_letter(person, now) for person in people.values() if _may_have_a_link(person, now)]
        Letter.objects.bulk_create(letters)
    return len(letters)


def _may_have_a_link(person: Employee, now: dt.datetime) -> bool:
    recent = person.letters.filter(kind=Letter.Kind.DIRECT, created_at__gt=now - dt.timedelta(hours=1))
    return bool(person.email) and person.is_active and recent.count() < LINKS_AN_HOUR


def password_letter(person: Employee, now: dt.datetime) -> Letter:
    """With a link that works once, for as long as settings.PASSWORD_RESET_TIMEOUT says."""
    link = reverse("set-password", args=[person.uuid, default_token_generator.make_token(person)])
    context = {"person": person, "url": f"{settings.BASE_URL}{link}", "language": person.language}
    with translation.override(person.language):
        return Letter(
            employee=person,
            kind=Letter.Kind.DIRECT,
            on=timezone.localdate(now),
            address=person.email,
            subject=gettext("Choose your password for Framsteg"),
            text=render_to_string("kommun/letters/password.txt", context),
            html=render_to_string("kommun/letters/password.html", context),
        )
