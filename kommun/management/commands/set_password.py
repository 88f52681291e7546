"""Sets somebody's password: the first one, where no letter can reach the person."""

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from kommun.models import Employee


class Command(BaseCommand):
    help = "Sets the password of an employee: asked for twice, or one line from standard input."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("employee_id")

    def handle(self, *args: Any, **options: Any) -> None:
        person = Employee.objects.filter(employee_id=options["employee_id"]).first()
        if person is None:
            raise CommandError(f"There is no employee with the id {options['employee_id']}.")
        password = _asked() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
        try:
            validate_password(password, person)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        person.set_password(password)
        person.save(update_fields=["password"])
        self.stdout.write(f"The password of {person.employee_id} is set.")


def _asked() -> str:
    password = getpass.getpass("Password: ")
    if password != getpass.getpass("Once more: "):
        raise CommandError("They are not the same.")
    return password
