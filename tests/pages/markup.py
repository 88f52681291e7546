"""What is wrong with a piece of HTML: tags that do not match, ids that meet or are missing, what CSP stops."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

VOID: Final = frozenset(
    {"br", "hr", "img", "input", "link", "meta", "area", "base", "col", "embed", "source", "track", "wbr"}
)
NOT_IN_P: Final = frozenset(
    {"address", "article", "aside", "details", "div", "dl", "fieldset", "figure", "footer", "form", "h1", "h2", "h3"}
    | {"h4", "header", "main", "nav", "ol", "p", "section", "table", "ul"}
)
NEVER_IN_ITSELF: Final = frozenset({"a", "button", "form", "label"})
PARENTS: Final = {
    "li": {"ul", "ol"},
    "dt": {"dl", "div"},
    "dd": {"dl", "div"},
    "legend": {"fieldset"},
    "tr": {"thead", "tbody"},
    "summary": {"details"},
}
REFERENCES: Final = ("for", "aria-labelledby", "aria-describedby", "aria-controls")
SPRITE: Final = Path(__file__).parents[2] / "kommun/static/img/ikoner.svg"
ICONS: Final = frozenset(re.findall(r'<symbol id="([a-z]+)"', SPRITE.read_text("utf-8")))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.references: list[str] = []
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._place(tag)
        self._attributes(tag, {name: value or "" for name, value in attrs})
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1] != tag:
            self.faults.append(f"</{tag}> where {self.open[-3:]} is open")
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def _place(self, tag: str) -> None:
        if tag in NOT_IN_P and "p" in self.open:
            self.faults.append(f"<{tag}> inside <p>")
        if (tag in NEVER_IN_ITSELF and tag in self.open) or (tag == "button" and "a" in self.open):
            self.faults.append(f"<{tag}> inside {self.open}")
        if tag in PARENTS and self.open and self.open[-1] not in PARENTS[tag]:
            self.faults.append(f"<{tag}> inside <{self.open[-1]}>")

    def _attributes(self, tag: str, attrs: dict[str, str]) -> None:
        self.faults += [f"{name}= on <{tag}>" for name in attrs if name == "style" or name.startswith(("on", "hx-on"))]
        if tag == "style" or (tag == "script" and not attrs.get("src")):
            self.faults.append(f"inline <{tag}>")
        if tag == "img" and "alt" not in attrs:
            self.faults.append("<img> without alt")
        if tag == "use" and attrs["href"].partition("#")[2] not in ICONS:
            self.faults.append(f"no icon {attrs['href']}")
        self.ids += [attrs["id"]] if "id" in attrs else []
        self.references += [each for name in REFERENCES for each in attrs.get(name, "").split()]
        if tag == "a" and attrs.get("href", "").startswith("#"):
            self.references.append(attrs["href"][1:])


def faults(html: str) -> list[str]:
    """Everything wrong with a page or a part of one; nothing for a good one."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    twice = sorted({each for each in reader.ids if reader.ids.count(each) > 1})
    lost = sorted(set(reader.references) - set(reader.ids))
    return [
        *reader.faults,
        *(f"never closed: <{tag}>" for tag in reader.open),
        *(f"two of id {each}" for each in twice),
        *(f"no id {each} to refer to" for each in lost),
    ]
