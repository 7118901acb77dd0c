"""All formats, in the order in which they are tried. Adding one is one line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ingest.formats.anthropic_costs import AnthropicCosts
from ingest.formats.aws_cur import AwsCur
from ingest.formats.azure_costs import AzureCosts
from ingest.formats.costline import Costline
from ingest.formats.focus import Focus
from ingest.formats.gcp_billing import GcpBilling
from ingest.formats.litellm import LiteLLM
from ingest.formats.mapped import Mapped
from ingest.formats.mapped_bill import MappedBill
from ingest.formats.oci_costs import OciCosts
from ingest.formats.openai_costs import OpenAICosts
from ingest.mapping import BILLING
from ingest.source_format import Head, ImportFailed, SourceFormat

FORMATS: Final[tuple[SourceFormat, ...]] = (
    Costline(),
    LiteLLM(),
    Focus(),
    AwsCur(),
    AzureCosts(),
    GcpBilling(),
    OciCosts(),
    OpenAICosts(),
    AnthropicCosts(),
    Mapped(),
    MappedBill(),
)


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
        "mapped and mapped-bill read any table or JSON, but need a mapping"
    )


def format_of_mapping(mapping: Mapping[str, Any]) -> SourceFormat:
    """Give the format that reads through a mapping: bills where it says so, else calls."""
    return format_named("mapped-bill" if mapping.get("kind") == BILLING else "mapped")


def format_named(name: str) -> SourceFormat:
    """Give the format of that name. Raises ValueError, naming all that there are."""
    for candidate in FORMATS:
        if candidate.name == name:
            return candidate
    known = ", ".join(candidate.name for candidate in FORMATS)
    raise ValueError(f"there is no format {name}; there are {known}")
