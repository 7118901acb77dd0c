"""Query strings of links, written safely whatever the values hold."""

from __future__ import annotations

from django import template
from django.utils.http import urlencode

register = template.Library()


@register.simple_tag
def address(**parts: object) -> str:
    """Give ``?name=value&…`` for the parts that have a value; names may hold slashes and more."""
    given = {name: str(value) for name, value in parts.items() if value not in (None, "")}
    return f"?{urlencode(given)}" if given else ""
