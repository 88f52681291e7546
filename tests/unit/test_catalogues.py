"""The catalogues hold every text of code and templates, in a form that does not change by itself."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import catalogues


def texts_in_code() -> Iterator[str]:
    """Read another way than the catalogues are made, so that what one way cannot see is found by the other."""
    for app in catalogues.APPS:
        for path in (catalogues.ROOT / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and _name(node.func) in catalogues.KEYWORDS:
                    first = node.args[1 if "pgettext" in _name(node.func) else 0]
                    if isinstance(first, ast.Constant):
                        yield str(first.value)


def _name(function: ast.expr) -> str:
    return getattr(function, "id", "") or getattr(function, "attr", "")


def test_every_text_in_code_is_in_the_catalogue() -> None:
    known = {each.id if isinstance(each.id, str) else each.id[0] for each in catalogues.read("sv")}
    assert set(texts_in_code()) - known == set()


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project with one text of each sort."""
    templates = tmp_path / "kommun" / "templates"
    templates.mkdir(parents=True)
    (tmp_path / "kommun" / "words.py").write_text(
        'pgettext("verb", "Follow up")\nngettext("%(n)d day", "%(n)d days", n)\n'
    )
    (templates / "page.html").write_text(
        "{% if x %}\n      {% translate 'Save' %}\n  {% endif %}"
        "{% blocktranslate trimmed %}\n  Hello\n  {{ name }}\n{% endblocktranslate %}"
    )
    monkeypatch.setattr(catalogues, "ROOT", tmp_path)
    return tmp_path


def test_extracting_twice_changes_nothing(elsewhere: Path) -> None:
    catalogues.extract()
    first = catalogues.path_of("sv").read_text("utf-8")
    catalogues.extract()
    assert catalogues.path_of("sv").read_text("utf-8") == first
    assert "Date" not in first
    assert "#:" not in first


def test_english_says_what_the_id_says(elsewhere: Path) -> None:
    catalogues.extract()
    assert [(each.id, each.context, each.string) for each in catalogues.read("en") if each.id] == [
        (("%(n)d day", "%(n)d days"), None, ("%(n)d day", "%(n)d days")),
        ("Follow up", "verb", "Follow up"),
        ("Hello %(name)s", None, "Hello %(name)s"),
        ("Save", None, "Save"),
    ]


def test_what_is_missing_fuzzy_or_wrong_is_named(elsewhere: Path) -> None:
    catalogues.extract()
    path = catalogues.path_of("sv")
    text = path.read_text("utf-8").replace('msgid "Save"\nmsgstr ""', '#, fuzzy\nmsgid "Save"\nmsgstr "Spara"')
    path.write_text(text.replace('msgid "Hello %(name)s"\nmsgstr ""', 'msgid "Hello %(name)s"\nmsgstr "Hej %(nme)s"'))
    assert catalogues.problems() == [
        "sv: not up to date; run `python -m config.catalogues extract`",
        "sv: not translated: ('%(n)d day', '%(n)d days')",
        "sv: not translated: Follow up",
        "sv: unknown named placeholder 'nme': Hello %(name)s",
        "sv: fuzzy: Save",
    ]


def test_words_in_use_survive_when_a_new_text_comes(elsewhere: Path) -> None:
    catalogues.extract()
    path = catalogues.path_of("sv")
    path.write_text(path.read_text("utf-8").replace('msgid "Save"\nmsgstr ""', 'msgid "Save"\nmsgstr "Spara"'))
    (elsewhere / "kommun" / "more.py").write_text('gettext("Send")')
    catalogues.extract()
    assert {each.id: each.string for each in catalogues.read("sv")}["Save"] == "Spara"
