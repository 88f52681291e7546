"""The words of the EU's lists that the catalogue uses, each with enough about it to be judged without its list."""

from dataclasses import dataclass
from typing import Final

from rdflib import DCTERMS, RDFS, SKOS, URIRef

from initiatives.api.media import CSV, JSON, PARQUET, Media

_EU: Final = "http://publications.europa.eu/resource/authority"
_MEDIA: Final = "https://www.iana.org/assignments/media-types"


@dataclass(frozen=True)
class Term:
    """A word of a list (`scheme`), and what kind of thing it is (`kinds`)."""

    iri: URIRef
    label: str
    kinds: tuple[URIRef, ...]
    scheme: URIRef | None = None

    @property
    def is_scheme(self) -> bool:
        return SKOS.ConceptScheme in self.kinds


def _eu(scheme: str, code: str, label: str, kind: URIRef | None = None) -> Term:
    kinds = (SKOS.Concept, kind) if kind else (SKOS.Concept,)
    return Term(URIRef(f"{_EU}/{scheme}/{code}"), label, kinds, URIRef(f"{_EU}/{scheme}"))


THEMES: Final = Term(URIRef(f"{_EU}/data-theme"), "Data theme", (SKOS.ConceptScheme,))
PUBLISHER_TYPES: Final = Term(URIRef("http://purl.org/adms/publishertype/1.0"), "Publisher type", (SKOS.ConceptScheme,))
LOCAL_AUTHORITY: Final = Term(
    URIRef("http://purl.org/adms/publishertype/LocalAuthority"),
    "Local authority",
    (SKOS.Concept,),
    PUBLISHER_TYPES.iri,
)
GOVERNMENT: Final = _eu("data-theme", "GOVE", "Government and public sector")
PUBLIC: Final = _eu("access-right", "PUBLIC", "public", DCTERMS.RightsStatement)
RESTRICTED: Final = _eu("access-right", "RESTRICTED", "restricted", DCTERMS.RightsStatement)
CONTINUOUS: Final = _eu("frequency", "UPDATE_CONT", "continuously updated", DCTERMS.Frequency)
EXPERIMENTAL: Final = _eu("planned-availability", "EXPERIMENTAL", "experimental")
SWEDISH: Final = _eu("language", "SWE", "Swedish", DCTERMS.LinguisticSystem)
ENGLISH: Final = _eu("language", "ENG", "English", DCTERMS.LinguisticSystem)
SWEDEN: Final = _eu("country", "SWE", "Sweden", DCTERMS.Location)
LICENCE_TYPES: Final = Term(URIRef("http://purl.org/adms/licencetype/1.0"), "Licence type", (SKOS.ConceptScheme,))
PUBLIC_DOMAIN: Final = Term(
    URIRef("http://purl.org/adms/licencetype/PublicDomain"), "Public domain", (SKOS.Concept,), LICENCE_TYPES.iri
)
CC0: Final = Term(URIRef("http://creativecommons.org/publicdomain/zero/1.0/"), "CC0 1.0", (DCTERMS.LicenseDocument,))
OPENAPI: Final = Term(URIRef("https://spec.openapis.org/oas/v3.1.0"), "OpenAPI 3.1", (DCTERMS.Standard,))
REST: Final = Term(URIRef("http://www.wikidata.org/entity/Q749568"), "REST", (RDFS.Resource,))
FILE_TYPES: Final[dict[Media, Term]] = {
    form: _eu("file-type", code, code, DCTERMS.MediaTypeOrExtent)
    for form, code in ((JSON, "JSON"), (CSV, "CSV"), (PARQUET, "PARQUET"))
}
MEDIA_TYPES: Final[dict[Media, Term]] = {
    form: Term(URIRef(f"{_MEDIA}/{form.type}"), form.type, (DCTERMS.MediaType,)) for form in FILE_TYPES
}
ALL: Final = (
    *(
        THEMES,
        PUBLISHER_TYPES,
        LICENCE_TYPES,
        LOCAL_AUTHORITY,
        PUBLIC_DOMAIN,
        GOVERNMENT,
        PUBLIC,
        RESTRICTED,
        CONTINUOUS,
        EXPERIMENTAL,
    ),
    *(SWEDISH, ENGLISH, SWEDEN, CC0, OPENAPI, REST, *FILE_TYPES.values(), *MEDIA_TYPES.values()),
)
