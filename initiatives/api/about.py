"""What the specification says of the API as a whole, in Swedish and in English, and on which terms it is to be had."""

from typing import Any, Final

from django.conf import settings

from initiatives.api import info

Paragraphs = tuple[tuple[str, str], ...]  # a heading and its text each
EXAMPLE: Final = "https://framsteg.example.se"  # in the committed document; an installation shows its own address
SWEDISH: Final[Paragraphs] = (
    (
        "Vad API:et är till för",
        "Kommunens andra system läser förändringsinitiativ, vad de ska göra bättre och vad det blev, med bevisgrad "
        "och ursprung för varje tal, och skickar in mätvärden. Det följer den nationella REST API-profilen 1.2.0. "
        "Utkast visas aldrig, och den som driver ett initiativ nämns aldrig vid namn.",
    ),
    (
        "Behörighet",
        "OAuth 2.0 med `client_credentials` på `/oauth/token`, och sedan `Authorization: Bearer` i varje anrop. En "
        "klient har behörigheter och hör till en del av organisationen; den ser och skriver bara det som ligger där. "
        "Kommunens administratör för Framsteg skapar klienter.",
    ),
    (
        "Datamodell",
        "En *enhet* i organisationen har *initiativ*. Ett initiativ har *utfall*: en *indikator* att mäta med, ett "
        "mål och ett utslag. Ett utfall har *mätvärden*. *Mått* är summor över många initiativ, *jordmånen* är "
        "villkoren de växer i, och *händelser* säger vad som har ändrats. Varje schema står under "
        "`components.schemas`.",
    ),
    (
        "Begränsningar",
        "Version 0.x är en beta. Maskiner tar inga steg i arbetsflödet. Tal för grupper där färre än fem arbetar "
        "visas inte.",
    ),
    (
        "Livscykel",
        "Semantisk versionshantering; huvudversionen står i adressen. Det som läggs till bryter inget. En version "
        "lever i minst tolv månader efter att en efterföljare är i drift, och svarshuvudena Deprecation och Sunset "
        "säger när den slutar.",
    ),
    (
        "Användarvillkor",
        "Den som har fått en klient får använda API:et för kommunens ändamål. Uppgifterna får användas vidare (CC0 "
        "1.0); säg var de kommer ifrån och med vilken bevisgrad.",
    ),
)
ENGLISH: Final[Paragraphs] = (
    (
        "What the API is for",
        "The municipality's other systems read initiatives of change, what they shall make better and what came of "
        "it, with the evidence grade and the provenance of every figure, and send measured values. It follows the "
        "Swedish national REST API profile 1.2.0. Drafts are never shown, and the owner of an initiative is never "
        "named.",
    ),
    (
        "Authentication",
        "OAuth 2.0 client credentials at `/oauth/token`, then `Authorization: Bearer` in every call. There is no "
        "refresh token: when one has expired, ask for another. A client has scopes and may be bound to a unit; it "
        "sees and writes only what lies within it. The municipality's administrator of Framsteg makes clients.",
    ),
    (
        "Data model",
        "A *unit* of the organisation has *initiatives*. An initiative has *outcomes*: an *indicator* to measure by, "
        "a target and a verdict. An outcome has *measurements*. *Metrics* are sums over many initiatives, the *soil* "
        "is the culture they grow in, and *events* tell what has changed. Every schema stands under "
        "`components.schemas`.",
    ),
    (
        "Numbers and time",
        "Values are exact decimals with at most six places. Dates are RFC 3339; moments are answered in UTC, and any "
        "offset is taken.",
    ),
    (
        "Pages and filters",
        "Lists take `page` (from 1) and `limit` (20, at most 500). Follow `_links.next.href` until it is null. A page "
        "out of range is an empty list. A parameter that is not documented is refused with 400, never passed over. "
        "`fields` leaves out what you do not need.",
    ),
    (
        "Links",
        "A link is an object of `href`, an absolute address; `rel`, a relation registered with IANA; and `method`. "
        "Links in `_links` also say what may be done next.",
    ),
    (
        "Refusals and pace",
        "Every refusal is `application/problem+json` (RFC 9457) with `type`, `title`, `status`, `detail` and "
        "`instance`; `violations` says what was wrong with which part. A client has so many calls a minute: "
        "`RateLimit` says how many are left, and 429 how long to wait.",
    ),
    (
        "Known limitations",
        "Version 0.x is a beta. Machines take no steps in the workflow. Figures of groups in which fewer than five "
        "work are withheld.",
    ),
    (
        "Life cycle",
        "Semantic versioning; the major version is in the address. What is added breaks nothing. A version lives for "
        "at least twelve months after its successor is in use, and the headers Deprecation and Sunset say when it "
        "ends.",
    ),
    (
        "Terms of use",
        "Whoever has been given a client may use the API for the municipality's purposes. The data may be used "
        "further (CC0 1.0); say where they come from and with which evidence grade.",
    ),
)
TAGS: Final[dict[str, str]] = {
    "About the API": "What it is, and where it is in its life. Open to anybody.",
    "Organisation": "The units, as a tree.",
    "Indicators": "What is measured: a name, a unit of measure, and which way is better.",
    "Initiatives": "What is being tried, and what became of it.",
    "Outcomes": "What shall become better, with baseline, target, verdict and provenance; and the values behind it.",
    "Metrics": "Sums over many initiatives, each with its count, its denominator and its period.",
    "Soil": "The culture that the initiatives grow in, measured per unit and period, with targets.",
    "Events": "What has changed, in order and without gaps, for those who keep a copy.",
    "Webhooks": "Being told of changes at an address of one's own, signed as Standard Webhooks has it.",
    "Catalogue": "The data and the API described as DCAT-AP-SE, for the open-data portal. Open to anybody.",
}
LIMITATIONS: Final = (
    "Beta: version 0.x may still change between minor versions; the changelog says how.",
    "Machines read, and write measured values; they take no steps in the workflow.",
    "Figures of groups in which fewer than five work are withheld and marked, with others that would give them away.",
    "Each page of a list is read as it is asked for, so rows may change in between; follow /events to keep a copy.",
    "At most 500 rows on a page and 10,000 values in a request.",
)
SERVICE: Final = {
    "availability": "99.5 % a month on working days 7-18; announced maintenance does not count.",
    "responseTime": "A page of a list within a second for 95 of 100 calls.",
    "support": "By e-mail on working days; errors that stop a system are answered the same day.",
}
LICENCE: Final = {"name": "CC0 1.0", "url": "https://creativecommons.org/publicdomain/zero/1.0/"}


def description() -> str:
    """Both languages as Markdown."""
    return "\n\n".join(
        f"## {language}\n\n" + "\n\n".join(f"### {heading}\n\n{text}" for heading, text in paragraphs)
        for language, paragraphs in (("Svenska", SWEDISH), ("English", ENGLISH))
    )


def info_block(host: str) -> dict[str, Any]:
    """The specification's `info` at the address `host`; an installation says whom to ask there."""
    is_example = host == EXAMPLE
    return {
        "title": info.NAME,
        "version": info.VERSION,
        "summary": "Initiatives, their outcomes, and how far each effect is proven.",
        "description": description(),
        "termsOfService": f"{host}/api/v1/docs#terms",
        "contact": {
            "name": "Framsteg" if is_example else settings.MUNICIPALITY_NAME,
            "url": f"{host}/api/v1/docs",
            "email": "framsteg@example.org" if is_example else settings.SUPPORT_EMAIL,
        },
        "license": LICENCE,
        "x-limitations": list(LIMITATIONS),
        "x-sla": SERVICE,
    }


def tags(used: set[str]) -> list[dict[str, str]]:
    """Each tag that is used, with what it is about. Raises KeyError for one that nobody has described."""
    if unknown := used - TAGS.keys():
        raise KeyError(f"Say in initiatives/api/about.py what these tags are about: {', '.join(sorted(unknown))}")
    return [{"name": name, "description": words} for name, words in TAGS.items() if name in used]
