"""Everything the demo shows: the municipality, three hundred stories, some of them on real values from Kolada."""

import datetime as dt
import random
from collections.abc import Callable, Iterator
from typing import Final

from django.conf import settings
from django.db import transaction

from initiatives.demo.ideas import Idea, read_ideas
from initiatives.demo.kolada import KoladaStory, read_kolada
from initiatives.demo.municipality import Municipality, build_municipality, drivers_of
from initiatives.demo.reminders import remind
from initiatives.demo.stories import Plot, Story
from initiatives.models import Goal, Measurement
from initiatives.outcomes import rollup, withholding

SEED: Final = 1863  # the year of the municipal ordinances
HOW_MANY: Final = 300
# How far the stories go, and how many of each hundred.
GOES_TO: Final = {
    "draft": 8,
    "proposed": 9,
    "returned": 4,
    "declined": 5,
    "withdrawn": 2,
    "underway": 16,
    "paused": 3,
    "stopped": 6,
    "measuring": 23,
    "concluded": 24,
}
HAVE_ENDED_LONG_AGO: Final = 0.7  # share of what is concluded, so that it can be seen whether it holds
HOLD: Final = 0.75
EFFECTS: Final = (0.0, 0.0, 0.0, 0.35, 0.7, 0.9, 1.0, 1.0, 1.1, 1.2, -0.5)
GOALS: Final = (
    ("M1", "Det ska vara lätt att få hjälp av kommunen"),
    ("M2", "Alla barn och elever ska nå sina mål"),
    ("M3", "Vi ska vara klimatneutrala 2035"),
    ("M4", "Kommunen ska vara en arbetsplats som man stannar på"),
)


@transaction.atomic
def load_demo(*, today: dt.date, tell: Callable[[str], None]) -> Municipality:
    """Loads the demo into an empty database, the same every time but for the dates. `tell` gets a line per piece."""
    chance = random.Random(SEED)
    municipality = build_municipality(settings.MUNICIPALITY_NAME, chance)
    tell(f"{len(municipality.units)} units, {sum(map(len, municipality.staff.values()))} employees")
    Goal.objects.bulk_create(Goal(code=code, name=name) for code, name in GOALS)
    stories = [*_named_stories(municipality, chance, today), *_kolada_stories(municipality, chance, today)]
    stories += _drawn_stories(municipality, chance, today, HOW_MANY - len(stories))
    for number, story in enumerate(stories, start=1):
        story.tell()
        if number % 50 == 0:
            tell(f"{number} of {len(stories)} initiatives, {Measurement.objects.count()} values")
    tell(f"{remind(chance, today=today)} reminders of the past months")
    rollup.fold()
    tell(f"{withholding.refresh(today=today)} units and years whose figures may be shown")
    return municipality


def _drawn_stories(municipality: Municipality, chance: random.Random, today: dt.date, count: int) -> Iterator[Story]:
    ideas = read_ideas()
    ends = [end for end, share in GOES_TO.items() for _ in range(share)]
    for number in range(count):
        unit = municipality.leaves[number % len(municipality.leaves)]
        idea = chance.choice([idea for idea in ideas if idea.field == municipality.fields[unit.pk]])
        cadence = chance.choice(("weekly", "weekly", "monthly"))
        plot = Plot(ends[number * 37 % len(ends)], chance.choice(EFFECTS), chance.randint(6, 14), cadence)
        if plot.goes_to == "concluded" and chance.random() < HAVE_ENDED_LONG_AGO:
            plot.since, plot.holds = chance.randint(4, 14 if cadence == "monthly" else 40), chance.random() < HOLD
        yield Story(idea, chance.choice(drivers_of(municipality, unit)), unit, plot, chance, today)


def _named_stories(municipality: Municipality, chance: random.Random, today: dt.date) -> Iterator[Story]:
    """What the demo persons meet: Amina has a value to enter, Johan a decision to make, Mikael a wait behind him.

    Johan has an obstacle to remove and a promise to answer for as well.

    And what chance seldom brings: two who claim the same effect, and a result that could not be measured.
    """
    ideas = {idea.title: idea for idea in read_ideas()}
    amina, mikael = municipality.persons["amina"], municipality.persons["mikael"]
    building, streets = municipality.unit("Bygglovsenheten"), municipality.unit("Gata och park")

    def hers(title: str, plot: Plot) -> Story:
        return Story(ideas[title], amina, building, plot, chance, today)

    main = Story(_MAIN, amina, building, Plot("measuring", 0.9, 15, meets_obstacles=True), chance, today)
    main.before = (41, 44, 39, 42, 42, 39, 44, 41, 38, 43, 40, 45)
    main.after = (35, 33, 34, 32, 31, 33, 30, 40, 29, 30, 28, 27, 28, 26, 27)
    main.causes = {7: "Två av fyra handläggare var sjuka."}
    yield main
    yield hers("Färre kompletteringar med checklista", Plot("measuring", -0.1, 6))
    yield hers("Tydligare svar vid grannehöranden", Plot("measuring", 1.2, 8, before=8))
    yield hers("Digital tidbokning till rådgivningen", Plot("proposed", 0))
    yield hers("Ring sökanden samma dag", Plot("draft", 0))
    yield hers("Färre kompletteringar med checklista", Plot("concluded", 1, 9, "weekly"))
    calling, claimed = ideas["Ring sökanden samma dag"], Plot("concluded", 1, 12, "weekly", since=3, claims=True)
    colleague = next(each for each in drivers_of(municipality, building) if each != amina)
    for owner in (amina, colleague):
        yield Story(calling, owner, building, claimed, chance, today)
    yield Story(ideas["Sensorer i papperskorgarna"], mikael, streets, Plot("unmeasured", 1, 3), chance, today)
    yield Story(ideas["Gemensam jour för trasig belysning"], mikael, streets, Plot("proposed", 0), chance, today)
    yield Story(ideas["Röj snö där barn går först"], mikael, streets, Plot("returned", 0), chance, today)


def _kolada_stories(municipality: Municipality, chance: random.Random, today: dt.date) -> Iterator[Story]:
    """Real yearly values of municipalities to learn from, each shown with its source."""
    unit = municipality.unit("Näringsliv")
    for name, rows in read_kolada().items():
        idea = _KOLADA._replace(title=_KOLADA.title.format(name=name))
        owner = chance.choice(drivers_of(municipality, unit))
        yield KoladaStory(idea, owner, unit, Plot("underway", 0, cadence="quarterly"), chance, today, rows)


_MAIN: Final = Idea(
    field="bygg",
    title="Kortare handläggning av enkla bygglov",
    benefit="Privatpersoner som söker bygglov får svar fortare.",
    plan="Vi granskar ansökan samma dag den kommer in.",
    first_step="Granska alla ansökningar som kommer på en tisdag",
    indicator="Dagar från komplett ansökan till beslut",
    unit_of_measure="dagar",
    direction="down",
    kind="time",
    level=41.5,
    noise=2.4,
    target=22,
    lesson="Samma dag är lättare att hålla än nästa dag.",
)
_KOLADA: Final = Idea(
    field="stöd",
    title="En väg in för företag, med {name} som förebild",
    benefit="Den som driver företag får ett svar i stället för fem.",
    plan="Vi besöker {name} och provar deras företagslots.",
    first_step="Ring näringslivschefen",
    indicator="Bruttoregionprodukt per invånare",
    unit_of_measure="tkr",
    direction="up",
    kind="residents",
    level=300,
    noise=10,
    target=600,
    lesson="Ett besök är värt tio rapporter.",
)
