"""Nobody finds a withheld figure by adding and subtracting what is shown, over units, subtrees, periods and pages.

Whoever tries has every answer of the metrics, each as an equation over the figures of each unit and year. What can be
found by sums and differences of them is their linear span; a withheld figure must lie outside it.
"""

import datetime as dt
import itertools
import random
from collections.abc import Iterator
from fractions import Fraction

import pytest

from initiatives.models import Showing
from initiatives.outcomes import rollup, withholding
from initiatives.outcomes.metrics import Dimension, Group, PeriodLength, Question, Scope, metrics
from kommun.models import Employment, Unit
from tests.builders import TODAY, a_person, a_unit, an_indicator, an_initiative, an_outcome, moment, values

pytestmark = pytest.mark.django_db
YEARS = (2024, 2025, 2026)
Atom = tuple[int, int]  # a unit, in a year
Vector = dict[Atom, Fraction]


def a_municipality(chance: random.Random) -> list[Unit]:
    """A tree of nine units with none to nine people each, of whom some came later, and values in some years."""
    units = [a_unit("Kommunen")]
    units += [a_unit(f"Enhet {number}", chance.choice(units)) for number in range(8)]
    indicators = [an_indicator(), an_indicator()]
    for unit in units:
        for _ in range(chance.choice([0, 2, 3, 4, 5, 6, 9])):
            a_person(unit=unit)
        if chance.random() < 0.3:
            Employment.objects.filter(unit=unit).update(from_on=dt.date(chance.choice(YEARS), 5, 1))
        for year in YEARS:
            if chance.random() < 0.7:
                day = dt.date(year, chance.randrange(2, 11), 15)
                begun = moment(day - dt.timedelta(days=20))
                made = an_initiative(a_person(), unit, "measuring", target=None, submitted_at=begun)
                numbers = range(chance.randrange(1, 5))
                values(an_outcome(made, indicator=chance.choice(indicators)), numbers, until=day, days=1)
    return units


class Span:
    """What can be found by adding and subtracting."""

    def __init__(self) -> None:
        self.rows: dict[Atom, Vector] = {}  # by the first atom of each, which has the factor one

    def left_of(self, vector: Vector) -> Vector:
        """What is left when all that is known has been taken away; nothing, when it can be found."""
        left = {atom: factor for atom, factor in vector.items() if factor}
        while left and (known := next((atom for atom in sorted(left) if atom in self.rows), None)):
            factor = left[known]
            for atom, other in self.rows[known].items():
                left[atom] = left.get(atom, Fraction(0)) - factor * other
            left = {atom: each for atom, each in left.items() if each}
        return left

    def learn(self, vector: Vector) -> None:
        if left := self.left_of(vector):
            first = min(left)
            new = {atom: factor / left[first] for atom, factor in left.items()}
            for row in self.rows.values():
                if factor := row.get(first):
                    for atom, other in new.items():
                        row[atom] = row.get(atom, Fraction(0)) - factor * other
            self.rows[first] = new


def questions(units: list[Unit]) -> Iterator[Question]:
    """Every scope, by unit or as a whole, by every length of period or none, from and to every year."""
    scopes = [Scope(), *(Scope(unit.code) for unit in units), *(Scope(bound_to=unit.pk) for unit in units[1:3])]
    spans = [(None, None), *itertools.combinations_with_replacement(YEARS, 2)]
    for scope, (first, last), by_unit, by_period in itertools.product(scopes, spans, (False, True), (False, True)):
        dimensions = {Dimension.UNIT} if by_unit else set()
        yield Question(
            frozenset(dimensions | ({Dimension.PERIOD} if by_period else set())),
            PeriodLength.YEAR if by_period else PeriodLength.MONTH,
            scope,
            first=dt.date(first, 1, 1) if first else None,
            last=dt.date(last, 12, 31) if last else None,
        )


def told_by(question: Question, group: Group, units: list[Unit]) -> list[Atom]:
    """Which figures a group is the sum of."""
    part = next((unit.pk for unit in units if unit.code == question.scope.unit), question.scope.bound_to)
    of = [unit.pk for unit in units if (not part or part in unit.path) and group.unit_code in (None, unit.code)]
    first, last = question.first or group.period_start, question.last or group.period_start
    first, last = group.period_start or first, group.period_start or last
    years = [year for year in YEARS if (not first or first.year <= year) and (not last or year <= last.year)]
    return [(unit, year) for unit in of for year in years if year not in group.withheld_years]


@pytest.mark.parametrize("seed", range(6))
def test_no_sum_and_no_difference_of_what_is_shown_is_a_withheld_figure(seed: int) -> None:
    units = a_municipality(random.Random(seed))
    withholding.refresh(today=TODAY)
    rollup.fold()
    truth = {
        (total.of["unit"], year): total.measurements
        for year in YEARS
        for total in rollup.totals("unit", first=dt.date(year, 1, 1), last=dt.date(year, 12, 31))
        if total.initiatives or total.measurements or total.shifts
    }
    known = Span()
    for question in questions(units):
        for group in metrics(question, today=TODAY, limit=1000, offset=0)[1]:
            if group.figures:
                atoms = [atom for atom in told_by(question, group, units) if atom in truth]
                assert group.figures.values == sum(truth[atom] for atom in atoms)
                known.learn({atom: Fraction(1) for atom in atoms})
    shown = {(row.unit_id, row.year): row for row in Showing.objects.all()}
    hidden = 0
    for unit, year in itertools.product(units, YEARS):
        row = shown.get((unit.pk, year))
        own = {(unit.pk, year)}
        whole = {(below.pk, year) for below in units if unit.pk in below.path}
        for atoms_of, is_shown in ((own, row and row.own_is_shown), (whole, row and row.whole_is_shown)):
            about = atoms_of & set(truth)
            is_found = not known.left_of({atom: Fraction(1) for atom in about})
            if about and not is_shown:
                hidden += 1
                assert not is_found, (unit.name, year, atoms_of)
            if is_shown:
                assert is_found
    assert hidden
