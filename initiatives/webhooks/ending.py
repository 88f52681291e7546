"""A webhook that nothing has reached for three days, or whose receiver says that it is gone, is given up.

Whoever answers for its client gets a letter, in the same transaction: once, however many workers notice.
"""

import datetime as dt
import logging
from collections.abc import Collection
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext

from initiatives.models import Webhook
from initiatives.webhooks.retrying import GIVE_UP_AFTER
from kommun.models import Employee, Letter
from kommun.persistence import persistently

logger = logging.getLogger(__name__)
FOLDER: Final = "initiatives/letters"


def end_what_fails(failing: Collection[int], gone: Collection[int], now: dt.datetime) -> None:
    """Of the webhooks `failing`, those that have had nothing but failures for three days; of `gone`, all."""
    ended = Q(pk__in=gone) | Q(pk__in=failing, failing_since_at__lte=now - GIVE_UP_AFTER)
    persistently(lambda: _end(ended, now))


@transaction.atomic
def _end(ended: Q, now: dt.datetime) -> None:
    found = Webhook.objects.filter(ended, status=Webhook.Status.ENABLED).select_for_update(of=["self"])
    webhooks = list(found.select_related("client__responsible").order_by("pk"))
    if not webhooks:
        return
    Webhook.objects.filter(pk__in=[webhook.pk for webhook in webhooks]).update(
        status=Webhook.Status.DISABLED, disabled_at=now, updated_at=now, version=F("version") + 1
    )
    Letter.objects.bulk_create(letter for webhook in webhooks if (letter := _letter(webhook, now)))


def _letter(webhook: Webhook, now: dt.datetime) -> Letter | None:
    person = webhook.client.responsible
    logger.warning("The webhook %s was given up.", webhook.uuid)
    if person is None or not _can_be_written_to(person, now):
        return None
    context = {
        "person": person,
        "language": person.language,
        "client": webhook.client.name,
        "url": webhook.url,
        "webhook": webhook.uuid,
        "docs": f"{settings.BASE_URL}/api/v1/docs",
    }
    with translation.override(person.language):
        return Letter(
            employee=person,
            kind=Letter.Kind.DIRECT,
            on=timezone.localdate(now),
            address=person.email,
            subject=gettext("A webhook has been switched off"),
            text=render_to_string(f"{FOLDER}/webhook_disabled.txt", context),
            html=render_to_string(f"{FOLDER}/webhook_disabled.html", context),
            send_after=now,
        )


def _can_be_written_to(person: Employee, now: dt.datetime) -> bool:
    has_left = person.ended_on is not None and person.ended_on < timezone.localdate(now)
    return bool(person.email) and not person.is_protected and not has_left
