"""Template tags of the frame: icons and numbers."""

from decimal import Decimal

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from kommun import numbers

register = template.Library()


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """A decorative icon from the sprite; `size` is "s", "stor" or nothing. The word beside it carries the meaning."""
    return format_html(
        '<svg class="{}" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>',
        f"ikon ikon--{size}" if size else "ikon",
        static("img/ikoner.svg"),
        name,
    )


@register.filter
def number(value: Decimal | int | None) -> str:
    """The exact number in the active language; nothing for None."""
    return "" if value is None else numbers.number(value)


@register.filter
def rounded(value: Decimal | int | None) -> str:
    """The number rounded for reading; nothing for None."""
    return "" if value is None else numbers.rounded(value)


@register.filter
def with_unit(value: Decimal | int | None, unit: str) -> str:
    """The exact number and its unit of measure on one line; nothing for None."""
    return "" if value is None else numbers.quantity(numbers.number(value), unit)
