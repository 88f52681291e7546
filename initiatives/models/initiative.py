"""The initiative itself: what its owner will do, where it stands, and who may see it."""

import datetime as dt
import uuid
from typing import Self

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchQuery, SearchVector, SearchVectorField, TrigramWordSimilarity
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_lazy as _

from initiatives.workflow import PHASE_OF, PRIVATE_STATES, QUIET_STATES, Ending, Phase, State
from kommun.models import ApiClient, Employee, Role, Unit
from kommun.roles import held

SEARCHED = (
    SearchVector("title", weight="A", config="swedish")
    + SearchVector("benefit", weight="B", config="swedish")
    + SearchVector("plan", weight="C", config="swedish")
    + SearchVector("lesson", weight="C", config="swedish")
)
SIMILAR_ENOUGH = 0.45  # of a word; finds misspellings and parts of compounds without drowning the exact hits


class Kind(models.TextChoices):
    """What gets better."""

    TIME = "time", _("Time")
    MONEY = "money", _("Money")
    QUALITY = "quality", _("Quality")
    WORKFORCE = "workforce", _("Workforce")
    WORK_ENVIRONMENT = "work_environment", _("Work environment")
    CLIMATE = "climate", _("Climate")
    RESIDENTS = "residents", _("For residents")


class Goal(models.Model):
    """A goal that the council or a committee has set, which an initiative may serve."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=200)
    from_on = models.DateField(null=True, blank=True)
    to_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class InitiativeQuerySet(models.QuerySet["Initiative"]):
    def visible_to(self, reader: Employee | ApiClient, *, on: dt.date) -> Self:
        """What `reader` may see on the day `on`. There is no other way for a face to get a row."""
        if isinstance(reader, ApiClient):
            return self._visible_to_client(reader)
        if reader.ended_on is not None and reader.ended_on < on:
            return self.none()
        drives = Q(owner=reader) | Exists(CoDriver.objects.filter(initiative=OuterRef("pk"), employee=reader))
        answers_for = ArraySubquery(held(reader, Role.MANAGER, Role.DEPUTY, on=on).values("unit_id"))
        return self.filter(
            ~Q(state__in=PRIVATE_STATES | QUIET_STATES)
            | drives
            | Exists(Handover.objects.filter(initiative=OuterRef("pk"), to=reader, answered_at=None))
            | Q(state__in=QUIET_STATES, unit__path__overlap=answers_for)
            | Q(state__in=QUIET_STATES, decider=reader)
        )

    def _visible_to_client(self, client: ApiClient) -> Self:
        seen = self.exclude(state__in=PRIVATE_STATES | QUIET_STATES)
        return seen.filter(unit__path__contains=[client.unit_id]) if client.unit_id else seen

    def driven_by(self, person: Employee) -> Self:
        """Owned or co-driven; as a union, so that both indexes are used."""
        owned = Initiative.objects.filter(owner=person).order_by().values("pk")
        return self.filter(pk__in=owned.union(CoDriver.objects.filter(employee=person).values("initiative_id")))

    def awaiting(self, person: Employee) -> Self:
        """What waits for this person's decision: asked first, or come on to them when nobody answered."""
        return self.filter(Q(decider=person) | Q(escalated_to=person), state=State.PROPOSED)

    def within(self, unit: Unit) -> Self:
        """Those of `unit` and everything below it."""
        return self.filter(unit__path__contains=[unit.pk])

    def searching(self, words: str) -> Self:
        """Those that hold the words in any Swedish form, or a title with words spelt much like them."""
        return self.annotate(likeness=TrigramWordSimilarity(words, "title")).filter(
            Q(search=SearchQuery(words, config="swedish", search_type="websearch"))
            | Q(title__trigram_word_similar=words, likeness__gte=SIMILAR_ENOUGH)
        )


class Initiative(models.Model):
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="initiatives", null=True, blank=True)
    owner = models.ForeignKey(Employee, models.PROTECT, related_name="owned_initiatives")
    co_drivers: "models.ManyToManyField[Employee, CoDriver]" = models.ManyToManyField(
        Employee, through="CoDriver", through_fields=("initiative", "employee"), related_name="co_driven_initiatives"
    )
    goal = models.ForeignKey(Goal, models.PROTECT, null=True, blank=True, related_name="initiatives")
    origin = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="descendants")
    kind = models.CharField(max_length=16, choices=Kind, blank=True)

    # What the owner writes. Only the title is asked for in a draft; the submit gate asks for the rest.
    title = models.CharField(max_length=200)
    benefit = models.TextField(blank=True)  # what gets better, and for whom
    plan = models.TextField(blank=True)  # what I will do
    first_step = models.CharField(max_length=300, blank=True)
    first_step_on = models.DateField(null=True, blank=True)
    cost = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)  # kronor; empty is not free
    hours_asked = models.DecimalField(max_digits=8, decimal_places=1, null=True, blank=True)  # of working time
    has_personal_data = models.BooleanField(null=True, blank=True)
    is_reversible = models.BooleanField(null=True, blank=True)
    is_critical = models.BooleanField(null=True, blank=True)  # touches safety or what the law demands

    # Where it stands. Only `initiatives.actions` writes these.
    state = models.CharField(max_length=16, choices=State, default=State.DRAFT, editable=False)
    steps_taken = models.PositiveIntegerField(default=0, editable=False)
    ending = models.CharField(max_length=16, choices=Ending, blank=True, editable=False)
    lesson = models.TextField(blank=True, editable=False)
    decider = models.ForeignKey(  # who is asked today; refreshed by the clock, checked anew in the action
        Employee, models.SET_NULL, null=True, blank=True, related_name="asked_to_decide", editable=False
    )
    escalated_to = models.ForeignKey(  # whom the question has climbed to, and who may decide too; kept by the clock
        Employee, models.SET_NULL, null=True, blank=True, related_name="escalated_initiatives", editable=False
    )
    submitted_at = models.DateTimeField(null=True, editable=False)
    decide_by_on = models.DateField(null=True, editable=False)  # the last working day before silence
    change_on = models.DateField(null=True, editable=False)
    resume_on = models.DateField(null=True, editable=False)
    concluded_at = models.DateTimeField(null=True, editable=False)
    state_since_at = models.DateTimeField(db_default=Now(), editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)  # kept by a trigger; never runs backwards

    search = models.GeneratedField(
        expression=SEARCHED, output_field=SearchVectorField(), db_persist=True, editable=False
    )

    objects = InitiativeQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "-id"]
        indexes = [
            models.Index(fields=["updated_at", "id"], name="initiative_in_order_of_change"),
            models.Index(  # of those that everybody sees
                Coalesce("submitted_at", "created_at"),
                "id",
                name="initiative_in_order_of_begin",
                condition=~Q(state__in=sorted(PRIVATE_STATES | QUIET_STATES)),
                # what is passed by on the way to a deep page is told from the index alone
                include=["submitted_at", "created_at", "state", "ending", "kind", "unit"],
            ),
            models.Index(
                F("unit"),
                Coalesce("submitted_at", "created_at"),
                "id",
                name="initiative_of_unit_by_begin",
                condition=~Q(state__in=sorted(PRIVATE_STATES | QUIET_STATES)),
            ),
            models.Index(fields=["state", "updated_at", "id"], name="initiative_by_state"),
            models.Index(fields=["unit", "updated_at", "id"], name="initiative_by_unit"),
            models.Index(fields=["owner", "state"], name="initiative_by_owner"),
            models.Index(fields=["kind", "updated_at", "id"], name="initiative_by_kind"),
            models.Index(fields=["ending", "updated_at", "id"], name="initiative_by_ending", condition=~Q(ending="")),
            models.Index(fields=["concluded_at"], name="shown_to_work", condition=Q(ending="confirmed")),
            models.Index(fields=["decider", "submitted_at"], name="waiting_for_decider", condition=Q(state="proposed")),
            models.Index(
                fields=["escalated_to", "submitted_at"],
                name="escalated_to_decider",
                condition=Q(state="proposed", escalated_to__isnull=False),
            ),
            models.Index(fields=["decide_by_on"], name="waiting_for_decision", condition=Q(state="proposed")),
            models.Index(fields=["resume_on"], name="waiting_to_resume", condition=Q(state="paused")),
            models.Index(fields=["origin"], name="initiative_by_origin", condition=~Q(origin=None)),
            GinIndex(fields=["search"], name="initiative_by_words"),
            GinIndex(fields=["title"], opclasses=["gin_trgm_ops"], name="initiative_by_similar_words"),
        ]
        constraints = [
            models.CheckConstraint(name="initiative_state_is_known", condition=Q(state__in=State.values)),
            models.CheckConstraint(name="initiative_has_a_title", condition=~Q(title="")),
            models.CheckConstraint(name="cost_is_not_negative", condition=Q(cost=None) | Q(cost__gte=0)),
            models.CheckConstraint(
                name="only_a_draft_may_lack_a_unit", condition=Q(state=State.DRAFT) | Q(unit__isnull=False)
            ),
            models.CheckConstraint(
                name="what_is_measured_has_a_change_date",
                condition=~Q(state=State.MEASURING) | Q(change_on__isnull=False),
            ),
            models.CheckConstraint(
                name="concluded_has_an_ending_and_only_then",
                condition=Q(state=State.CONCLUDED, ending__in=Ending.values, concluded_at__isnull=False)
                | (~Q(state=State.CONCLUDED) & Q(ending="", concluded_at=None)),
            ),
            models.CheckConstraint(
                name="every_ending_has_a_lesson", condition=~Q(state=State.CONCLUDED) | ~Q(lesson="")
            ),
            models.CheckConstraint(
                name="what_waits_for_decision_says_until_when",
                condition=~Q(state=State.PROPOSED) | Q(decide_by_on__isnull=False, submitted_at__isnull=False),
            ),
            models.CheckConstraint(
                name="what_is_paused_says_until_when", condition=~Q(state=State.PAUSED) | Q(resume_on__isnull=False)
            ),
            models.CheckConstraint(
                name="initiative_is_not_its_own_origin", condition=Q(origin=None) | ~Q(origin=F("pk"))
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def phase(self) -> Phase:
        return PHASE_OF[State(self.state)]

    @property
    def seen(self) -> str:
        """Names what a person saw: a step is refused if anything has happened since."""
        return f"{self.state}.{self.steps_taken}"

    def get_absolute_url(self) -> str:
        return f"/initiativ/{self.uuid}/"


class CoDriver(models.Model):
    """Somebody who drives the initiative together with its owner, and may do and not do what an owner may."""

    initiative = models.ForeignKey(Initiative, models.CASCADE, related_name="co_driver_rows")
    employee = models.ForeignKey(Employee, models.CASCADE, related_name="co_driver_rows")
    invited_by = models.ForeignKey(Employee, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(name="person_co_drives_once", fields=["initiative", "employee"])]


class Handover(models.Model):
    """An offer to take an initiative over. It changes the owner when it is accepted, and no state."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    initiative = models.ForeignKey(Initiative, models.CASCADE, related_name="handovers")
    to = models.ForeignKey(Employee, models.PROTECT, related_name="handovers_offered")
    offered_by = models.ForeignKey(Employee, models.PROTECT, related_name="+")
    offered_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    is_accepted = models.BooleanField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_open_handover_per_initiative", fields=["initiative"], condition=Q(answered_at=None)
            ),
            models.CheckConstraint(
                name="handover_is_answered_with_yes_or_no",
                condition=Q(answered_at=None, is_accepted=None)
                | Q(answered_at__isnull=False, is_accepted__isnull=False),
            ),
        ]
