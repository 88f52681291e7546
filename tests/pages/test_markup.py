"""The checker of pages must itself see every fault that it is there for."""

import pytest

from tests.pages.markup import faults


def test_a_good_piece_has_no_faults() -> None:
    assert faults('<ul><li><a href="#x">Hej</a><br></li></ul><p id="x">Du</p>') == []


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ('<p style="color:red">x</p>', "style= on <p>"),
        ('<p onclick="x()">x</p>', "onclick= on <p>"),
        ("<script>x</script>", "inline <script>"),
        ("<style>p{}</style>", "inline <style>"),
        ("<div><p>x</div>", "</div> where ['div', 'p'] is open"),
        ("<p>x", "never closed: <p>"),
        ("<p><ul></ul></p>", "<ul> inside <p>"),
        ("<div><li>x</li></div>", "<li> inside <div>"),
        ('<a href="/"><a href="/">x</a></a>', "<a> inside ['a']"),
        ('<i id="x"></i><i id="x"></i>', "two of id x"),
        ('<label for="x">x</label>', "no id x to refer to"),
        ('<svg><use href="/i.svg#nosuch"/></svg>', "no icon /i.svg#nosuch"),
        ('<img src="/x">', "<img> without alt"),
    ],
)
def test_it_sees(html: str, fault: str) -> None:
    assert faults(html) == [fault]
