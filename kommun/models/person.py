"""Employees, where they work, what they answer for and when they are away. No personal identity number, ever."""

import datetime as dt
import uuid
from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kommun.models.period import (
    Period,
    PeriodQuerySet,
    ends_after_it_starts,
    one_at_a_time,
)
from kommun.models.source import Source
from kommun.models.unit import Unit
from kommun.swedish import sort_key


class EmployeeQuerySet(models.QuerySet["Employee"]):
    def employed_on(self, day: dt.date) -> Self:
        return self.filter(Q(ended_on=None) | Q(ended_on__gte=day))


class EmployeeManager(BaseUserManager["Employee"]):
    def get_queryset(self) -> EmployeeQuerySet:
        return EmployeeQuerySet(self.model, using=self._db)

    def employed_on(self, day: dt.date) -> EmployeeQuerySet:
        return self.get_queryset().employed_on(day)

    def create_superuser(self, employee_id: str, password: str | None = None, **fields: Any) -> "Employee":
        employee = self.model(employee_id=employee_id, is_superuser=True, **fields)
        employee.set_password(password)
        employee.save()
        return employee


class Employee(AbstractBaseUser):
    """A person. The key is the identifier of the master data, never an e-mail address, which changes."""

    class Theme(models.TextChoices):
        AUTO = "auto", _("As the device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    employee_id = models.CharField(max_length=64, unique=True)
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    login = models.CharField(max_length=150, unique=True, null=True, blank=True)  # lower case
    email = models.EmailField(blank=True)  # lower case; may be shared or missing
    given_name = models.CharField(max_length=100, blank=True)
    family_name = models.CharField(max_length=100, blank=True)
    sort_key = models.CharField(max_length=220, db_collation="C", blank=True, editable=False)
    is_protected = models.BooleanField(default=False)  # protected identity: no name here, never shown
    is_superuser = models.BooleanField(default=False)  # may use Django's admin
    ended_on = models.DateField(null=True, blank=True)  # the last day of employment; after it no sign-in
    language = models.CharField(max_length=2, choices=[("sv", _("Swedish")), ("en", _("English"))], default="sv")
    theme = models.CharField(max_length=5, choices=Theme, default=Theme.AUTO)
    # How the person wants to be written to. What is empty follows the municipality.
    letter_hour = models.TimeField(null=True, blank=True)  # local; the day's letter goes from then on
    letters_per_week = models.PositiveSmallIntegerField(null=True, blank=True)  # at most
    letters_paused_until = models.DateField(null=True, blank=True)  # letters go again from this day
    # A chat or an SMS gateway beside the letters, and the version of the calendar's secret address, 0 for none.
    channel = models.CharField(max_length=40, blank=True, default="", db_default="")
    calendar_version = models.PositiveIntegerField(default=0, db_default=0)
    source = models.CharField(max_length=6, choices=Source, default=Source.HAND)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = EmployeeManager()

    USERNAME_FIELD = "employee_id"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ["sort_key", "employee_id"]
        indexes = [
            models.Index(fields=["sort_key", "employee_id"], name="employee_in_swedish_order"),
            models.Index(fields=["email"], name="employee_by_email"),
        ]
        constraints = [
            models.CheckConstraint(
                name="protected_person_has_no_name",
                condition=Q(is_protected=False) | Q(given_name="", family_name="", email="", sort_key=""),
            ),
            models.CheckConstraint(
                name="person_gets_one_to_five_letters_a_week", condition=Q(letters_per_week__range=(1, 5))
            ),
            models.CheckConstraint(name="login_is_never_empty", condition=Q(login=None) | ~Q(login="")),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.sort_key = sort_key(f"{self.family_name}, {self.given_name}") if self.family_name else ""
        super().save(*args, **kwargs)

    @property
    def display_name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip() or gettext("A colleague")

    @property
    def first_name(self) -> str:
        return self.given_name.split(" ")[0] or gettext("A colleague")

    @property
    def initials(self) -> str:
        return (self.given_name[:1] + self.family_name[:1]) or "·"

    def __str__(self) -> str:
        return self.display_name

    # What Django's sign-in and admin ask of a user.
    @property
    def is_active(self) -> bool:  # type: ignore[override]  # a column in Django, a rule about dates here
        return self.is_employed(timezone.localdate())

    def is_employed(self, on: dt.date) -> bool:
        return self.ended_on is None or self.ended_on >= on

    @cached_property
    def is_staff(self) -> bool:
        """Whether Django's admin is open: to superusers, and to administrators of the whole municipality."""
        today = timezone.localdate()
        administers = Q(role=Role.ADMINISTRATOR, unit__parent=None)
        return self.is_superuser or Assignment.objects.on(today).filter(administers, employee=self).exists()

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return self.has_module_perms(perm.partition(".")[0])

    def has_module_perms(self, app_label: str) -> bool:
        """Administrators by role change the organisation; tokens and sign-in attempts are for superusers."""
        return self.is_active and (self.is_superuser or (self.is_staff and app_label == "kommun"))


class Employment(Period):
    """Where a person works. Somebody may have several; one of them is the main one."""

    employee = models.ForeignKey(Employee, models.CASCADE, related_name="employments")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="employments")
    title = models.CharField(max_length=200, blank=True)
    is_main = models.BooleanField(default=True)

    objects = PeriodQuerySet["Employment"].as_manager()

    class Meta:
        constraints = [
            ends_after_it_starts("employment_ends_after_it_starts"),
            one_at_a_time(
                "person_has_one_main_employment_at_a_time",
                "employee",
                condition=Q(is_main=True),
            ),
        ]


class Role(models.TextChoices):
    MANAGER = "manager", _("Manager")
    DEPUTY = "deputy", _("Deputy")
    CONTROLLER = "controller", _("Controller")
    VIEWER = "viewer", _("Viewer")  # executive or politician
    ADMINISTRATOR = "administrator", _("Administrator")


class Assignment(Period):
    """What a person answers for: a role for a unit and its whole subtree."""

    employee = models.ForeignKey(Employee, models.CASCADE, related_name="assignments")
    unit = models.ForeignKey(Unit, models.CASCADE, related_name="assignments")
    role = models.CharField(max_length=16, choices=Role)
    source = models.CharField(max_length=6, choices=Source, default=Source.HAND)

    objects = PeriodQuerySet["Assignment"].as_manager()

    class Meta:
        indexes = [models.Index(fields=["unit", "role"], name="assignment_of_unit")]
        constraints = [
            ends_after_it_starts("assignment_ends_after_it_starts"),
            one_at_a_time("person_holds_a_role_once_at_a_time", "employee", "unit", "role"),
        ]


class Absence(Period):
    """Days on which a person cannot act; the deputy does."""

    employee = models.ForeignKey(Employee, models.CASCADE, related_name="absences")

    objects = PeriodQuerySet["Absence"].as_manager()

    class Meta:
        constraints = [
            ends_after_it_starts("absence_ends_after_it_starts"),
            one_at_a_time("person_is_away_once_at_a_time", "employee"),
        ]
