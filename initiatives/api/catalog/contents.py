"""What the catalogue says of the data: in Swedish and English, and in the words of the EU's lists.

Who may have it: everybody may ask the municipality for access to figures over groups, to the measures and to the
organisation, which is what the EU calls public. Initiatives and their outcomes are written by employees about their own
work, and are given to systems that need them: restricted.
"""

from dataclasses import dataclass
from typing import Final

from initiatives.api.media import CSV, JSON, PARQUET, Media


@dataclass(frozen=True)
class Words:
    sv: str
    en: str


@dataclass(frozen=True)
class Dataset:
    """`path` is the resource of the API that answers with it, in `formats`. `download` is the query of a whole file."""

    name: str
    path: str
    title: Words
    description: Words
    keywords: tuple[Words, ...]
    formats: tuple[Media, ...]
    is_public: bool
    download: str = ""


TITLE: Final = Words("Data om förändringsarbete", "Data on change initiatives")
DESCRIPTION: Final = Words(
    "Vad medarbetarna själva har förändrat i kommunens verksamhet, vad det gav, och hur väl effekten är belagd.",
    "What the staff have changed in the municipality's own work, what came of it, and how well the effect is proven.",
)
AS_FORMAT: Final = {
    JSON: Words("Sida för sida, med filter.", "Page by page, with filters."),
    CSV: Words(
        "Hela tabellen som text: kommatecken, decimalpunkt, UTF-8, namn på första raden.",
        "The whole table as text: commas, decimal points, UTF-8, names in the first row.",
    ),
    PARQUET: Words("Hela tabellen med typade kolumner.", "The whole table with typed columns."),
}
SERVICE_TITLE: Final = Words("Framstegs API", "The API of Framsteg")
SERVICE_DESCRIPTION: Final = Words(
    "REST API enligt den nationella REST API-profilen 1.2.0. Den som vill läsa ber kommunen om en klient; OAuth 2 med "
    "client credentials.",
    "REST API by the Swedish national REST API profile 1.2.0. Ask the municipality for a client to read with; OAuth 2 "
    "client credentials.",
)
_CHANGE: Final = Words("förändringsarbete", "change management")
_RESULTS: Final = Words("resultat", "results")
_MEASURES: Final = Words("nyckeltal", "key figures")
KEYWORDS: Final = (_CHANGE, _RESULTS, _MEASURES, Words("kommun", "municipality"))
DATASETS: Final = (
    Dataset(
        name="metrics",
        path="/metrics",
        title=Words("Effekter av förändringsarbete", "Effects of change initiatives"),
        description=Words(
            "Hur många initiativ som drivs, hur de slutade, vad som mättes och hur stor förändringen blev, per enhet, "
            "månad och mått. Varje tal har sitt antal och sin bevisgrad. Små grupper visas inte.",
            "How many initiatives there are, how they ended, what was measured and how large the change was, by unit, "
            "month and measure. Every figure comes with its count and its evidence grade. Small groups are withheld.",
        ),
        keywords=(_CHANGE, _RESULTS, _MEASURES, Words("effekt", "effect")),
        formats=(JSON, CSV, PARQUET),
        is_public=True,
        download="groupBy=unit&groupBy=period&groupBy=indicator",
    ),
    Dataset(
        name="soil",
        path="/soil",
        title=Words("Jordmån för förändringsarbete", "The soil that initiatives grow in"),
        description=Words(
            "Mått på kulturen som initiativen växer i, per enhet och period, med mål.",
            "Measures of the culture that the initiatives grow in, by unit and period, with targets.",
        ),
        keywords=(_CHANGE, _MEASURES, Words("kultur", "culture"), Words("ledarskap", "leadership")),
        formats=(JSON, CSV),
        is_public=True,
    ),
    Dataset(
        name="indicators",
        path="/indicators",
        title=Words("Mått på effekt", "Indicators of effect"),
        description=Words(
            "Det som mäts: namn, enhet, åt vilket håll som är bättre, och Koladas id när måttet finns där.",
            "What is measured: name, unit of measure, which way is better, and Kolada's identifier where there is one.",
        ),
        keywords=(_MEASURES, Words("mått", "indicators"), Words("Kolada", "Kolada")),
        formats=(JSON, CSV),
        is_public=True,
    ),
    Dataset(
        name="units",
        path="/units",
        title=Words("Organisation", "Organisation"),
        description=Words(
            "Kommunens enheter och hur de hör ihop, så att övriga data kan läggas samman.",
            "The municipality's units and how they belong together, so that the other data can be added up.",
        ),
        keywords=(Words("organisation", "organisation"), Words("enheter", "units")),
        formats=(JSON, CSV),
        is_public=True,
    ),
    Dataset(
        name="initiatives",
        path="/initiatives",
        title=Words("Initiativ", "Initiatives"),
        description=Words(
            "Förändringar som medarbetare driver: nytta, plan, läge, avslut, bevisgrad och lärdom. Utkast och namn på "
            "dem som driver ingår aldrig.",
            "Changes that employees drive: benefit, plan, state, ending, evidence grade and lesson. Drafts and the "
            "names of those who drive them are never included.",
        ),
        keywords=(_CHANGE, _RESULTS, Words("innovation", "innovation")),
        formats=(JSON, CSV),
        is_public=False,
    ),
    Dataset(
        name="outcomes",
        path="/outcomes",
        title=Words("Effektmål och utslag", "Outcomes and verdicts"),
        description=Words(
            "Vad varje initiativ ska göra bättre: utgångsläge, mål, utslag med osäkerhet, bevisgrad och hur det togs "
            "fram.",
            "What each initiative shall make better: baseline, target, verdict with its uncertainty, evidence grade "
            "and how it was found.",
        ),
        keywords=(_RESULTS, _MEASURES, Words("effekt", "effect")),
        formats=(JSON, CSV),
        is_public=False,
    ),
)


def as_format(title: Words, form: Media) -> Words:
    name = "Parquet" if form is PARQUET else form.name.upper()
    return Words(f"{title.sv} som {name}", f"{title.en} as {name}")
