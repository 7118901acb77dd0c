"""What a source format is: a name, a way to recognise its files, and a decoder for its rows.

A format turns *one row into one usage record*, and every quirk of its source ends there. To add
one: write ``ingest/formats/<name>.py`` and add one line to ``FORMATS``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any, Final, Literal, NamedTuple, Protocol

from finops.domain.charge import ChargeRecord
from finops.domain.usage import UsageRecord

Kind = Literal["usage", "billing"]
#: How rows lie in a file: one JSON object a line, a CSV record, an element of one JSON document, or
#: a row of a Parquet file, which reads like a CSV record.
Layout = Literal["json_lines", "csv", "json_document", "parquet"]
#: Which version of a call counts when one source sends the same id twice with other content.
Keep = Literal["first", "largest_output"]

#: Longest id, model or dimension that is stored; longer ones reject the row.
MAX_NAME: Final = 500


class Row(NamedTuple):
    """One raw row: where it stood (1-based line, or element of a document) and what it said."""

    line: int
    raw: bytes
    fields: Mapping[str, str] | None = None  # CSV and Parquet: column → text, empty for null


class RowRejected(Exception):
    """A row that cannot be read; kept with its line, reason and raw text."""

    def __init__(self, reason: str, field: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field


class ImportFailed(Exception):
    """The file as a whole cannot be read: cut compression, binary, unknown format."""


class Refused(ImportFailed):
    """The file is known for what it is, and that holds nothing to import: no mapping would help."""


class Head(NamedTuple):
    """The start of a decoded file, from which formats are recognised."""

    name: str
    data: bytes  # at most 64 KiB, decompressed, without byte-order mark
    layout: Layout
    first: Mapping[str, Any] | None  # the first row as an object, where it is one


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """What the person or the source adds to the bytes.

    ``now`` bounds how far ahead a call may claim to be; ``defaults`` fill dimensions that a row
    lacks; ``time_zone`` is assumed for times without one (None = such rows are rejected).
    ``source`` is the name of the source, for bills that do not say whose they are; ``first`` is the
    file's first row, as its head has it.
    """

    now: datetime
    source: str = ""
    defaults: Mapping[str, str] = field(default_factory=dict)
    time_zone: tzinfo | None = None
    mapping: Mapping[str, Any] | None = None
    first: Mapping[str, Any] | None = None


class Semantics(NamedTuple):
    """Which part a source counts inside which (usage-formats matrix)."""

    cache_read_in_input: bool
    cache_write_in_input: bool
    reasoning_in_output: bool


#: A call, or the charges of a row of a bill (a row may hold several: its credits stand beside it);
#: nothing where the row is neither.
Decoded = UsageRecord | Sequence[ChargeRecord] | None
Decoder = Callable[[Row], Decoded]


class SourceFormat(Protocol):
    """One way in which usage or bills arrive. Decoders return nothing for rows that are neither."""

    name: str
    kind: Kind
    layouts: tuple[Layout, ...]
    keep: Keep
    semantics: Semantics
    time_zone: tzinfo | None  # what the format itself says of times without a zone

    def identify(self, head: Head) -> bool:
        """Say whether a file that starts like this is of this format."""

    def decoder(self, options: ReadOptions) -> Decoder:
        """Make the function that turns rows into records; it raises RowRejected."""
