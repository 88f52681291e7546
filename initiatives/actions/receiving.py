"""Answers to letters: a value or a comment where the letter asked, or a polite letter that says why not.

Only the person whom the letter was sent to can answer it. Anybody else, and any machine, is never written to: what a
stranger sends must not make us write to somebody else, nor two machines write to each other.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from initiatives.actions.commenting import comment
from initiatives.actions.measuring import enter_value, entry_for_period
from initiatives.actions.refusals import NotAllowed, Refused
from initiatives.models import Comment, Initiative, ReceivedMail
from initiatives.outcomes.asked import Asked, values_asked_for
from initiatives.reading.mail import Mail, read_mail
from initiatives.reading.mail_origin import is_vouched_for
from initiatives.reading.mail_value import WrittenValue, value_at_top
from initiatives.reading.refusing import Unreadable
from kommun.models import Employee, Letter
from kommun.replying import letter_uuid_of

Result = ReceivedMail.Result
# Polite answers to one person, at most: however odd a mail program is, this ends.
MOST_ANSWERS: Final = ((dt.timedelta(hours=1), 1), (dt.timedelta(days=1), 3))
NOT_ANSWERED: Final = "No answer: enough were sent."
ANSWERED_WITHIN: Final = dt.timedelta(days=60)  # of the letter's day: what it asked has been overtaken since
LONGEST_SUBJECT: Final = 200


class _Politely(Exception):
    """What was sent in comes to nothing: `sentence` says why, `path` is the page where it can be done."""

    def __init__(self, sentence: str, path: str = "/") -> None:
        self.sentence, self.path = sentence, path
        super().__init__(sentence)


@transaction.atomic
def receive(raw: bytes, *, now: dt.datetime) -> ReceivedMail:
    """Deals with one letter, once; a letter that comes again is answered with what became of it the first time."""
    mail = read_mail(raw)
    row = _noted(mail, now)
    if row is None:
        return ReceivedMail.objects.get(message_id=mail.message_id)
    row.letter = letter = _letter_of(mail)
    row.reason = _why_ignored(mail, letter, now)
    if letter is not None and not row.reason:
        row.employee = letter.employee
        with translation.override(letter.employee.language):
            _deal_with(row, mail, letter, now)
    row.save()
    return row


def _noted(mail: Mail, now: dt.datetime) -> ReceivedMail | None:
    """A row for the letter, ignored until more is known. None when it has come before, or comes twice just now."""
    try:
        with transaction.atomic():
            return ReceivedMail.objects.create(
                message_id=mail.message_id, sender=mail.sender[:320], received_at=now, result=Result.IGNORED
            )
    except IntegrityError:
        return None


def _letter_of(mail: Mail) -> Letter | None:
    """The letter that is answered, by the address; or the one that could not be delivered, by its Message-ID."""
    found = [letter for address in mail.recipients if (letter := letter_uuid_of(address))]
    if mail.failure:
        found += _uuids(mail.answers)
    return Letter.objects.filter(uuid__in=found[:1]).select_related("employee").first()


def _uuids(message_ids: tuple[str, ...]) -> Iterator[UUID]:
    for message_id in message_ids:
        try:
            yield UUID(message_id.strip("<>").partition("@")[0])
        except ValueError:
            continue


def _why_ignored(mail: Mail, letter: Letter | None, now: dt.datetime) -> str:
    """Why nothing comes of it and nobody is told, for those who run this; "" for the answer of the right person."""
    if mail.failure and letter is not None:
        return f"Not delivered: {mail.failure}"
    if mail.machine:
        return f"A machine wrote it. {mail.machine}"
    if letter is None:
        return "It answers no letter of ours."
    if not mail.sender or mail.sender not in (letter.address.lower(), letter.employee.email.lower()):
        return "The sender is not the one whom the letter was sent to."
    if not letter.employee.is_employed(timezone.localdate(now)):
        return "The sender has left."
    server = settings.MAIL_AUTHSERV_ID
    if server and not is_vouched_for(mail.sender, mail.authentication, server):
        return f"{server} does not vouch for the sender."
    return ""


def _deal_with(row: ReceivedMail, mail: Mail, letter: Letter, now: dt.datetime) -> None:
    try:
        with transaction.atomic():
            row.result = _take(mail.written, letter, now)
    except _Politely as no:
        row.result, row.reason = Result.REFUSED, no.sentence
        row.answer = _answer(no, mail, letter.employee, now)
        if row.answer is None:
            row.reason = f"{no.sentence} {NOT_ANSWERED}"


def _take(written: str, letter: Letter, now: dt.datetime) -> Result:
    """Enters what was written where the letter asked. Raises _Politely; then nothing is stored."""
    person, nudges = letter.employee, list(letter.nudges.all())
    initiative = _initiative_of({each.initiative_id for each in nudges}, person, now)
    page = initiative.get_absolute_url()
    if timezone.localdate(now) - letter.on > ANSWERED_WITHIN:
        raise _Politely(_("You wrote back to an old letter. Open the initiative and write there."), page)
    if not written:
        raise _Politely(_("There was nothing written in your letter."), f"{page}kommentar/")
    asked = values_asked_for(nudges, on=letter.on, at=letter.created_at)
    answer = _value(written, asked, page)
    if answer is not None:
        _enter(answer, asked[0], person, now, page)
    rest = written if answer is None else answer.rest
    if rest:
        _comment(initiative, rest, person, now, page)
    return Result.COMMENT if answer is None else Result.VALUE


def _initiative_of(keys: set[int], person: Employee, now: dt.datetime) -> Initiative:
    if len(keys) != 1:
        raise _Politely(_("The letter was not about one initiative only. Open the one you mean."))
    found = Initiative.objects.visible_to(person, on=timezone.localdate(now)).filter(pk__in=keys).first()
    if found is None:
        raise _Politely(_("What the letter was about is not there for you any longer."))
    return found


def _value(written: str, asked: Sequence[Asked], page: str) -> WrittenValue | None:
    """What was written, when it is a value, and the letter asked for one. Of several none is guessed."""
    if not asked:
        return None
    try:
        answer = value_at_top(written, asked[0].outcome.indicator.unit_of_measure)
    except Unreadable as why:
        raise _Politely(str(why), _field_of(asked[0], page)) from why
    if answer is not None and len(asked) > 1:
        raise _Politely(_("The letter asked for more than one value. Enter each of them."), f"{page}varde/")
    return answer


def _enter(answer: WrittenValue, asked: Asked, person: Employee, now: dt.datetime, page: str) -> None:
    entry = entry_for_period(asked.outcome, asked.period.first, answer.value, today=timezone.localdate(now))
    try:
        enter_value(asked.outcome, entry, by=person, now=now)
    except Refused as no:
        raise _Politely(str(no), page if isinstance(no, NotAllowed) else _field_of(asked, page)) from no


def _field_of(asked: Asked, page: str) -> str:
    return f"{page}varde/" if asked.outcome.is_primary else f"{page}varde/?outcome={asked.outcome.uuid}"


def _comment(initiative: Initiative, text: str, person: Employee, now: dt.datetime, page: str) -> None:
    try:
        comment(initiative, text, by=person, now=now, source=Comment.Source.MAIL)
    except Refused as no:
        raise _Politely(str(no), f"{page}kommentar/") from no


def _answer(no: _Politely, mail: Mail, person: Employee, now: dt.datetime) -> Letter | None:
    """The polite letter; None when the person has no address, or has had enough of them."""
    Employee.objects.select_for_update(no_key=True).get(pk=person.pk)  # two at once are counted one after the other
    answered = ReceivedMail.objects.filter(employee=person, answer__isnull=False)
    has_enough = any(answered.filter(received_at__gt=now - time).count() >= most for time, most in MOST_ANSWERS)
    if has_enough or not person.email:
        return None
    context = {"person": person, "sentence": no.sentence, "url": f"{settings.BASE_URL}{no.path}"}
    return Letter.objects.create(
        employee=person,
        kind=Letter.Kind.DIRECT,
        on=timezone.localdate(now),
        address=person.email,
        subject=_subject(mail.subject),
        text=render_to_string("initiatives/answer.txt", context).strip() + "\n",
        in_reply_to=mail.message_id,
    )


def _subject(subject: str) -> str:
    subject = " ".join(subject.split())[:LONGEST_SUBJECT]
    if subject.casefold().startswith(("re:", "sv:")):
        return subject
    return _("Re: %(subject)s") % {"subject": subject or _("Your letter")}
