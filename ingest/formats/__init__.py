"""All formats, in the order in which they are tried. Adding one is one line here."""

from __future__ import annotations

from typing import Final

from ingest.formats.costline import Costline
from ingest.formats.litellm import LiteLLM
from ingest.formats.mapped import Mapped
from ingest.source_format import Head, ImportFailed, SourceFormat

FORMATS: Final[tuple[SourceFormat, ...]] = (Costline(), LiteLLM(), Mapped())


def recognise(head: Head) -> SourceFormat:
    """Find the format of a file by its start; an empty file is native.

    Raises ImportFailed, naming what would have been understood.
    """
    if not head.data.strip():
        return FORMATS[0]
    for candidate in FORMATS:
        if head.layout in candidate.layouts and candidate.identify(head):
            return candidate
    expected = ", ".join(candidate.name for candidate in FORMATS)
    raise ImportFailed(
        f"the format of {head.name} is not recognised: expected one of {expected}; "
        "mapped reads any CSV or JSON lines, but needs a mapping"
    )


def format_named(name: str) -> SourceFormat:
    """Give the format of that name. Raises ValueError, naming all that there are."""
    for candidate in FORMATS:
        if candidate.name == name:
            return candidate
    known = ", ".join(candidate.name for candidate in FORMATS)
    raise ValueError(f"there is no format {name}; there are {known}")
