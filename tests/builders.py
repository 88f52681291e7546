"""Rows for tests, made as plainly as possible: a unit, a person, an initiative in any state with any values."""

import datetime as dt
import itertools
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone

from initiatives.models import Claim, Indicator, Initiative, Measurement, Nudge, Outcome, Transition
from initiatives.nudges.calendar import LOOK_BACK
from initiatives.nudges.rules import RULE
from initiatives.outcomes import series
from initiatives.workflow import State
from kommun.models import Assignment, Employee, Employment, Role, Unit, UnitPlacement, UnitSetting

TODAY = dt.date(2026, 11, 23)  # a Monday
NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
LONG_AGO = dt.date(2020, 1, 1)
_number = itertools.count(1)

READY: dict[str, Any] = {  # what the submit gate asks of the description
    "plan": "Vi granskar ansökan samma dag den kommer in.",
    "benefit": "Invånaren får svar fortare.",
    "first_step": "Prova med tio ärenden",
    "first_step_on": TODAY + dt.timedelta(days=7),
    "cost": Decimal(0),
    "has_personal_data": False,
    "is_reversible": True,
    "is_critical": False,
}


def moment(day: dt.date, hour: int = 9) -> dt.datetime:
    """That hour of that day, local time."""
    return dt.datetime.combine(day, dt.time(hour), tzinfo=timezone.get_default_timezone())


def a_unit(name: str = "Bygglovsenheten", parent: Unit | None = None, **settings: Any) -> Unit:
    """A unit under `parent`, with its levers if any are given."""
    number = next(_number)
    unit = Unit.objects.create(code=f"E{number}", name=name, sort_key=name.lower(), parent=parent)
    unit.path = [*(parent.path if parent else []), unit.pk]
    unit.save(update_fields=["path"])
    UnitPlacement.objects.create(unit=unit, parent=parent, from_on=LONG_AGO)
    if settings:
        UnitSetting.objects.create(unit=unit, from_on=LONG_AGO, **settings)
    return unit


def a_person(given: str = "Amina", family: str = "Lindqvist", *, unit: Unit | None = None, **fields: Any) -> Employee:
    """An employee, with a main employment at `unit` if given. Cannot sign in with a password."""
    number = next(_number)
    person = Employee(
        **{"employee_id": f"P{number}", "login": f"p{number}", "email": f"p{number}@example.org"}
        | {"given_name": given, "family_name": family}
        | fields
    )
    person.set_unusable_password()
    person.save()
    if unit is not None:
        Employment.objects.create(employee=person, unit=unit, from_on=LONG_AGO)
    return person


def assign(person: Employee, role: Role | str, unit: Unit, *, since: dt.date = LONG_AGO) -> Employee:
    Assignment.objects.create(employee=person, role=role, unit=unit, from_on=since)
    return person


def a_manager(unit: Unit, given: str = "Johan", family: str = "Ek") -> Employee:
    return assign(a_person(given, family, unit=unit), Role.MANAGER, unit)


def an_indicator(name: str = "", unit_of_measure: str = "dagar", direction: str = "down", **fields: Any) -> Indicator:
    name = name or f"Dagar till beslut {next(_number)}"
    return Indicator.objects.create(
        name=name, unit_of_measure=unit_of_measure, direction=direction, **{"kind": "time"} | fields
    )


def an_initiative(
    owner: Employee, unit: Unit | None, state: State | str = State.DRAFT, *, target: int | None = 22, **columns: Any
) -> Initiative:
    """An initiative with its primary outcome, put straight into `state` as if its steps had been taken."""
    steps = 0 if state == State.DRAFT else 1
    needed: dict[str, Any] = {}
    if state == State.PROPOSED:
        needed = {"submitted_at": NOW, "decide_by_on": TODAY + dt.timedelta(days=14)}
    elif state == State.PAUSED:
        needed = {"resume_on": TODAY + dt.timedelta(days=14)}
    elif state == State.MEASURING:
        needed = {"change_on": TODAY - dt.timedelta(days=200)}
    elif state == State.CONCLUDED:
        needed = {"change_on": TODAY - dt.timedelta(days=200), "ending": "confirmed", "concluded_at": NOW}
        needed["lesson"] = "Börja i liten skala."
    initiative = Initiative.objects.create(
        **{"title": "Kortare handläggning av enkla bygglov", "owner": owner, "unit": unit, "state": state}
        | {"steps_taken": steps}
        | READY
        | needed
        | columns
    )
    if steps:
        Transition.objects.create(
            initiative=initiative, number=1, verb="submit", from_state="draft", to_state=state, by=owner, at=NOW
        )
    if target is not None:
        an_outcome(initiative, target=target)
    return initiative


def an_outcome(initiative: Initiative, *, target: int | Decimal = 22, **columns: Any) -> Outcome:
    day = TODAY + dt.timedelta(days=180)
    return Outcome.objects.create(
        **{"initiative": initiative, "target": target, "target_on": day, "review_on": day}
        | {"baseline_ready_on": TODAY + dt.timedelta(days=20)}
        | columns
        | ({} if "indicator" in columns else {"indicator": an_indicator()})
    )


def values(outcome: Outcome, numbers: Iterable[float | str], *, until: dt.date, days: int = 7) -> Sequence[Measurement]:
    """Spot values, one every `days` days, the last one on `until`; the outcome's latest answer follows."""
    listed = list(numbers)
    rows = Measurement.objects.bulk_create(
        Measurement(
            outcome=outcome,
            period_start=(day := until - dt.timedelta(days=days * (len(listed) - 1 - index))),
            observed_on=day,
            value=Decimal(str(number)),
            source=Measurement.Source.PERSON,
        )
        for index, number in enumerate(listed)
    )
    series.refresh_outcome(outcome, outcome.initiative, now=NOW)
    return rows


def a_nudge(initiative: Initiative, rule: str, to: Employee, occasion: dt.date = TODAY, **columns: Any) -> Nudge:
    """A row as the clock writes it on `occasion`: of the reason that holds then, if any does, its next time."""
    due = RULE[rule].due(occasion, occasion - LOOK_BACK).filter(pk=initiative.pk).values("since", "subject").first()
    reason = {"since_at": due["since"], "subject": due["subject"]} if due else {}
    given = {"since_at": moment(occasion, 0), "subject": initiative.uuid, "step": initiative.steps_taken} | reason
    given |= {"number": initiative.nudges.filter(rule=rule).count(), "created_at": NOW}
    return Nudge.objects.create(initiative=initiative, rule=rule, to=to, occasion=occasion, **given | columns)


def a_claim(outcome: Outcome, **columns: Any) -> Claim:
    """Eight hours a month for three months, from November; nobody has checked it."""
    assert outcome.initiative.unit is not None
    given = {"kind": "hours", "volume": 10, "unit_value": 1, "basis": "Räknat i systemet.", "is_recurring": True}
    given |= {"from_on": TODAY.replace(day=1), "months": 3, "amount": Decimal(8)}
    given |= {"created_by": outcome.initiative.owner, "unit": outcome.initiative.unit}
    return Claim.objects.create(outcome=outcome, indicator=outcome.indicator, **given | columns)


def a_year_of_hours(outcome: Outcome, amount: int | None = 10, **columns: Any) -> Claim:
    """Hours a month for a year from January 2026, of the outcome's indicator in its unit; 2 less and 3 more at most."""
    ends = {} if amount is None else {"amount": amount, "amount_low": amount - 2, "amount_high": amount + 3}
    return Claim.objects.create(
        **{"outcome": outcome, "indicator": outcome.indicator, "unit": outcome.initiative.unit, "kind": "hours"}
        | {"volume": 30, "unit_value": Decimal("0.5"), "basis": "Diariet", "is_recurring": True, "months": 12}
        | {"from_on": dt.date(2026, 1, 1), "created_by": outcome.initiative.owner}
        | ends
        | columns
    )


def last_changed(initiative: Initiative, at: dt.datetime) -> None:
    """As if the row had not been touched since. The database keeps that column itself, so triggers stand aside."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        Initiative.objects.filter(pk=initiative.pk).update(updated_at=at)
        cursor.execute("SET session_replication_role = DEFAULT")
