"""Which item of the menu is marked as the current one."""

import pytest

from kommun.shell import MenuItem, mark_current

MENU = [
    MenuItem("/", "Hem", "hem"),
    MenuItem("/initiativ/", "Initiativ", "lista"),
    MenuItem("/initiativ/nytt/", "Nytt", "plus"),
]


@pytest.mark.parametrize(
    ("path", "current"),
    [
        ("/", ["Hem"]),
        ("/initiativ/", ["Initiativ"]),
        ("/initiativ/7/", ["Initiativ"]),
        ("/initiativ/nytt/", ["Nytt"]),
        ("/hjalp/", []),
    ],
)
def test_the_nearest_section_is_current_and_the_start_page_only_itself(path: str, current: list[str]) -> None:
    assert [item.label for item in mark_current(MENU, path) if item.is_current] == current
