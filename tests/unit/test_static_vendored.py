"""What comes from others is what its manifest says, with its licence, and what style sheets point at is there."""

import hashlib
import json
import re
from pathlib import Path

STATIC = Path(__file__).parents[2] / "kommun/static"
MANIFEST = json.loads((STATIC / "VENDORED.json").read_text("utf-8"))


def test_vendored_files_match_their_manifest() -> None:
    found = {each["file"]: hashlib.sha256((STATIC / each["file"]).read_bytes()).hexdigest() for each in MANIFEST}
    assert found == {each["file"]: each["sha256"] for each in MANIFEST}


def test_every_font_is_in_the_manifest_and_has_its_licence() -> None:
    fonts = {str(path.relative_to(STATIC)) for path in (STATIC / "fonts").iterdir()}
    assert fonts == {each["file"] for each in MANIFEST}
    for package in {each["package"] for each in MANIFEST}:
        files = [each["file"] for each in MANIFEST if each["package"] == package]
        licences = [file for file in files if file.endswith("-LICENSE.txt")]
        assert [("SIL Open Font License" in (STATIC / file).read_text("utf-8")) for file in licences] == [True]


def test_both_fonts_together_are_light() -> None:
    assert sum(path.stat().st_size for path in (STATIC / "fonts").glob("*.woff2")) < 54_000


def test_style_sheets_point_only_at_files_that_are_here() -> None:
    for sheet in (STATIC / "css").glob("*.css"):
        for target in re.findall(r"url\(([^)]+)\)", sheet.read_text("utf-8")):
            assert (sheet.parent / target).is_file(), f"{sheet.name}: {target}"


def test_style_sheets_use_only_tokens_that_exist() -> None:
    text = "".join(path.read_text("utf-8") for path in (STATIC / "css").glob("*.css"))
    assert set(re.findall(r"var\((--[\w-]+)\)", text)) <= set(re.findall(r"(--[\w-]+):", text))
