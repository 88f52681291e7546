"""Two parts of an organisation that lie side by side, each with rows of every resource, told apart by their words."""

import dataclasses
from decimal import Decimal

from django.utils import timezone

from initiatives.models import (
    Change,
    Correction,
    Delivery,
    Goal,
    Indicator,
    Initiative,
    Measurement,
    Outcome,
    SoilMeasure,
    SoilTarget,
    Webhook,
)
from initiatives.outcomes import withholding
from kommun.models import ApiClient, Unit
from tests.api.conftest import Machine, make_machine
from tests.builders import LONG_AGO, NOW, TODAY, a_person, a_unit, an_indicator, an_initiative, an_outcome, values

STATES = ("draft", "proposed", "underway", "measuring", "concluded")


@dataclasses.dataclass(frozen=True)
class Side:
    """Everything of one part of the organisation, and a machine that is bound to it and may do all there."""

    name: str
    machine: Machine
    units: list[Unit]
    goal: Goal
    indicator: Indicator  # the other side has none such; each outcome of it has a sister that both sides measure by
    initiatives: list[Initiative]
    outcomes: list[Outcome]
    values: list[Measurement]
    webhook: Webhook
    delivery: Delivery

    @property
    def identifiers(self) -> dict[str, list[dict[str, str]]]:
        """What stands in a path, by the path's first word: the value of each of its parameters."""
        of_delivery = {"id": str(self.webhook.uuid), "deliveryId": str(self.delivery.uuid)}
        return {
            "units": [{"code": unit.code} for unit in self.units],
            "indicators": [{"id": str(self.indicator.uuid)}],
            "initiatives": [{"id": str(each.uuid)} for each in self.initiatives],
            "outcomes": [{"id": str(each.uuid)} for each in self.outcomes],
            "webhooks": [of_delivery],
        }

    @property
    def filters(self) -> dict[str, list[str]]:
        """What a filter takes, by the filter's name."""
        return {
            "unit": [unit.code for unit in self.units],
            "indicator": [str(self.indicator.uuid)],
            "initiative": [str(each.uuid) for each in self.initiatives],
            "measurement": [str(each.uuid) for each in self.values[:8]],
            "goal": [self.goal.code],
            "q": [self.name, self.initiatives[-1].title],
            "series": [f"{self.name}-vis"],
            "koladaId": [self.indicator.kolada_id],
        }

    def told_by(self) -> set[str]:
        """What tells of this side, wherever it stands: of all that machines may see."""
        shown = [each for each in self.initiatives if each.state != "draft"]
        outcomes = [each for each in self.outcomes if each.initiative in shown]
        measured = [each for each in self.values if each.outcome in outcomes]
        told = {self.name, self.goal.code, self.indicator.name, self.indicator.kolada_id, str(self.indicator.uuid)}
        told |= {word for unit in self.units for word in (unit.code, unit.name)}
        told |= {str(each.uuid) for each in shown} | {str(each.uuid) for each in outcomes}
        told |= {str(each.uuid) for each in measured}
        told |= {str(self.webhook.uuid), self.webhook.url, str(self.delivery.uuid)}
        return told | {each.title for each in shown} | {str(each.value) for each in measured}


def a_side(top: Unit, name: str, number: str, shared: Indicator) -> Side:
    """A unit with one below it; enough people; initiatives in each state, each with an outcome of an indicator of its
    own and one of `shared`, and values of them. Every value begins with the digits `number`, every word with `name`.
    """
    upper = a_unit(f"{name} förvaltning", parent=top)
    lower = a_unit(f"{name} enhet", parent=upper)
    units = [upper, lower]
    people = {unit: [a_person(family=f"{name}son", unit=unit) for _ in range(6)] for unit in units}
    goal = Goal.objects.create(code=f"{name}-1", name=f"{name} ska blomma")
    own = an_indicator(f"{name} mått", kolada_id=f"N{number}345")
    made = [
        an_initiative(people[unit][0], unit, state, title=f"{name} {unit.code} {state}", goal=goal, target=None)
        for unit in units
        for state in STATES
    ]
    outcomes = [
        an_outcome(each, indicator=indicator, is_primary=indicator is own)
        for each in made
        for indicator in (own, shared)
    ]
    measured = [row for index, each in enumerate(outcomes) for row in _values(each, f"{number}{index:02}", name)]
    for each in measured[::4]:
        reason, was = f"{name} felläst", Decimal(f"{number}999.5")
        Correction.objects.create(
            measurement=each, old_value=was, new_value=each.value, reason=reason, at=NOW, by=people[upper][0]
        )
    withholding.refresh(today=timezone.localdate())
    machine = make_machine(unit=upper)
    webhook, delivery = _webhook(number, made[-1])
    return Side(name, machine, units, goal, own, made, outcomes, measured, webhook, delivery)


def _webhook(number: str, about: Initiative) -> tuple[Webhook, Delivery]:
    """Of the client that was made last, which gets an endless pace."""
    client = ApiClient.objects.latest("pk")
    ApiClient.objects.update(requests_per_minute=10_000_000)
    webhook = Webhook.objects.create(
        client=client, url=f"https://hook-{number}.example.se/{number}", types=[], secret="x"
    )
    assert about.unit is not None
    change = Change.objects.create(
        kind=Change.Kind.INITIATIVE_CHANGED, subject=str(about.uuid), initiative=about.uuid, path=about.unit.path
    )
    return webhook, Delivery.objects.create(webhook=webhook, change=change, line=str(about.uuid), delivered_at=NOW)


def a_top() -> Unit:
    """What both sides lie in, with targets for its soil: those reach down to both, but who set them is not told."""
    top = a_unit("Rotselnejonet")
    chief = a_person(unit=top)
    for measure in SoilMeasure.values:
        SoilTarget.objects.create(unit=top, measure=measure, value=1, set_by=chief, set_at=NOW, from_on=LONG_AGO)
    return top


def _values(outcome: Outcome, digits: str, name: str) -> list[Measurement]:
    """Three of the default series and one of another."""
    usual = values(outcome, [f"{digits}.{step}7" for step in range(1, 4)], until=TODAY)
    beside = Measurement.objects.create(
        outcome=outcome,
        series=f"{name}-vis",
        period_start=TODAY,
        observed_on=TODAY,
        value=Decimal(f"{digits}.97"),
        source=Measurement.Source.PERSON,
    )
    return [*usual, beside]
