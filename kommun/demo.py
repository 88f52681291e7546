"""The demo's conveniences: whom one may be with one click, and the letters that landed as files. Off in production."""

import dataclasses
import datetime as dt
import email
import email.policy
from pathlib import Path

from django.conf import settings
from django.db.models import QuerySet

from kommun.models import DemoPerson


def demo_persons() -> QuerySet[DemoPerson]:
    """In the order of the sign-in page. Nobody where the installation is no demo."""
    if not settings.DEMO:
        return DemoPerson.objects.none()
    return DemoPerson.objects.select_related("employee").filter(employee__ended_on=None)


@dataclasses.dataclass(frozen=True)
class FiledLetter:
    name: str  # of the file, without its ending
    to: str
    subject: str
    text: str
    filed_at: dt.datetime


def filed_letters() -> list[FiledLetter]:
    """Newest first."""
    files = Path(settings.MAIL_DIR).glob("*.eml")
    return sorted(map(_read, files), key=lambda letter: letter.filed_at, reverse=True)


def filed_letter(name: str) -> FiledLetter | None:
    path = Path(settings.MAIL_DIR) / f"{name}.eml"
    return _read(path) if path.is_file() else None


def _read(path: Path) -> FiledLetter:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    body = message.get_body(("plain",))
    return FiledLetter(
        name=path.stem,
        to=str(message["To"]),
        subject=str(message["Subject"]),
        text=str(body.get_content()) if body else "",
        filed_at=dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC),
    )
