"""The catalogues of words: extract from code and templates, compile, and check that they are complete and up to date.

    python -m config.catalogues extract|compile|check

Needs no gettext programs. The files hold no dates, no line numbers and no line breaks inside a text, and are sorted,
so that people who add words at the same time seldom meet.
"""

import io
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract as extract_with
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT: Final = Path(__file__).resolve().parent.parent
APPS: Final = ("config", "initiatives", "kommun")
PRODUCT_COPY: Final = "sv"
LANGUAGES: Final = (PRODUCT_COPY, "en")
KEYWORDS: Final[dict[str, Any]] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
HEADER: Final = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Language: {language}\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""


def path_of(language: str) -> Path:
    return ROOT / "locale" / language / "LC_MESSAGES" / "django.po"


def wanted(language: str) -> str:
    """The catalogue as it should be: every text of today, with its words so far. English says what the id says."""
    have, want = read(language), Catalog(locale=language)
    for text, context in _texts():
        known = have.get(text, context)
        words: Any = known.string if known else ""
        want.add(text, words or (text if language == "en" else ""), context=context)
    written = io.BytesIO()
    write_po(written, want, width=0, no_location=True, omit_header=True, sort_output=True)
    return HEADER.format(language=language) + written.getvalue().decode()


def problems() -> list[str]:
    """Everything that hinders a release, one sentence each."""
    found = []
    for language in LANGUAGES:
        path = path_of(language)
        if not path.exists() or path.read_text("utf-8") != wanted(language):
            found.append(f"{language}: not up to date; run `python -m config.catalogues extract`")
        found += [f"{language}: {fault}" for fault in _faults(read(language))]
    return found


def extract() -> None:
    for language in LANGUAGES:
        path_of(language).parent.mkdir(parents=True, exist_ok=True)
        path_of(language).write_text(wanted(language), "utf-8")


def compile_all() -> None:
    for language in LANGUAGES:
        with path_of(language).with_suffix(".mo").open("wb") as compiled:
            write_mo(compiled, read(language))


def read(language: str) -> Catalog:
    path = path_of(language)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def _texts() -> Iterator[tuple[str | tuple[str, ...], str | None]]:
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*")):
            if source := _as_python(path):
                for _line, text, _comments, context in extract_with("python", source, KEYWORDS):
                    yield text, context


def _as_python(path: Path) -> io.BytesIO | None:
    """Something that the Python extractor can read; a template becomes calls between crossed-out words."""
    if path.suffix == ".py":
        return io.BytesIO(path.read_bytes())
    if path.suffix in {".html", ".txt"} and "templates" in path.parts:
        lines = templatize(path.read_text("utf-8"), origin=str(path)).splitlines()
        return io.BytesIO("\n".join(line.strip() for line in lines).encode())
    return None


def _faults(catalogue: Catalog) -> Iterator[str]:
    for message in catalogue:
        if message.id:
            yield from (f"{fault}: {message.id}" for fault in _faults_of(message, catalogue))


def _faults_of(message: Message, catalogue: Catalog) -> Iterable[str]:
    words: Any = message.string
    if message.fuzzy:
        yield "fuzzy"
    if not words or (message.pluralizable and not (len(words) == catalogue.num_plurals and all(words))):
        yield "not translated"
    else:
        yield from (str(error) for error in message.check(catalogue))


def main(command: str) -> int:
    if command == "check":
        found = problems()
        print("\n".join(found))
        return bool(found)
    {"extract": extract, "compile": compile_all}[command]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
