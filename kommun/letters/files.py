"""Letters as files, for a demo and for looking at them."""

import os
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class EmlFileBackend(BaseEmailBackend):
    """Writes each letter to a file in settings.MAIL_DIR, named by its Message-ID, so the same letter is one file."""

    def open(self) -> bool:
        Path(settings.MAIL_DIR).mkdir(parents=True, exist_ok=True)
        return True

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        self.open()
        for message in email_messages:
            mail = message.message()
            name = str(mail["Message-ID"]).strip("<>").split("@")[0]
            unfinished = Path(settings.MAIL_DIR) / f".{name}.{os.getpid()}"
            unfinished.write_bytes(bytes(mail))
            unfinished.replace(Path(settings.MAIL_DIR) / f"{name}.eml")
        return len(email_messages)
