"""How parameters stand in addresses: opaque ids, and values that people's systems made up."""

from __future__ import annotations

import re
from typing import Final

from django.urls import register_converter
from django.urls.converters import UUIDConverter

#: The ledger's own limit for a value, in letters.
_LONGEST: Final = 500
#: A segment that browsers take for a step in the tree of folders, or that the address of a page
#: below a value ends in; or that was escaped from one.
_TAKEN: Final = re.compile(r"(?<![^/])(~*)(\.{1,2}|caps)(?![^/])")


class OpaqueConverter(UUIDConverter):
    """Opaque ids travel as 32 hexadecimal digits; dashes are understood."""

    regex = "[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class ValueConverter:
    """Any value of a dimension: slashes, line breaks and all; one that cannot be is not found.

    Browsers take ``.`` and ``..`` between slashes out of an address, in every spelling, and
    ``/caps/`` leads to the caps of a workflow; so such a segment travels with a ``~`` before it,
    and one that has a ``~`` gets another.
    """

    regex = r"(?s:.+)"

    def to_python(self, text: str) -> str:
        """Give the value; raises ValueError (not found) for what the ledger refuses."""
        value = _TAKEN.sub(lambda found: found[1][1:] + found[2], text)
        if len(value) > _LONGEST or "\0" in value:
            raise ValueError("no value is like this")
        return value

    def to_url(self, value: str) -> str:
        """Write the value; Django quotes what an address cannot hold."""
        return _TAKEN.sub(lambda found: f"~{found[0]}", value)


def register() -> None:
    """Make them known as ``<opaque:…>`` and ``<value:…>``; once, before any address is read."""
    register_converter(OpaqueConverter, "opaque")
    register_converter(ValueConverter, "value")
