"""What sign-in stores beside the password: who has asked for a link, and whom a demo lets in with one click."""

from django.db import models
from django.db.models.functions import Now

from kommun.models.person import Employee


class PasswordRequest(models.Model):
    """Somebody wrote `identifier` and asked for a link. Known or unknown is found out later, by the clock.

    So the page does the same work and takes the same time whether the account exists or not.
    """

    identifier = models.CharField(max_length=254, unique=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)


class DemoPerson(models.Model):
    """An employee of the demo municipality who may be signed in as with one click, where DEMO is on."""

    employee = models.OneToOneField(Employee, models.CASCADE, related_name="demo_person")
    number = models.PositiveSmallIntegerField(unique=True)  # the order on the sign-in page
    says = models.CharField(max_length=200)  # who this is and what to try, in Swedish

    class Meta:
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.employee} · {self.says}"
