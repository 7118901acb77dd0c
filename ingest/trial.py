"""Look into a file before it is imported: what its columns are, and what a mapping makes of it.

Nothing here is kept. What holds prompts, answers or secrets is shown as withheld, never as text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

from finops.domain.dimensions import ATTRIBUTED
from finops.domain.usage import UsageRecord
from finops.pricing.price_book import PriceBook, Valuation
from ingest import fields
from ingest.content import is_content_key, is_storable_key
from ingest.deliveries import open_delivery
from ingest.formats import format_named, recognise
from ingest.mapping import HARMLESS
from ingest.readers import open_source
from ingest.source_format import (
    ImportFailed,
    Layout,
    ReadOptions,
    Refused,
    Row,
    RowRejected,
)

#: Rows that a mapping is tried on, and of those as many shown.
TRIED: Final = 100
SHOWN: Final = 5
#: How wide, deep and long what is shown may be.
COLUMNS: Final = 100
DEPTH: Final = 4
CELL: Final = 80

#: Fields that a form offers, in its order; the mapping itself knows all of the native ones.
OFFERED: Final = (
    "time",
    "provider",
    "model",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "cost",
    "status",
    "latency_ms",
    "id",
    "response_id",
    "feature",
    "team",
    "customer",
    "user",
    "workflow",
    "environment",
    "run",
    "step",
    "attempt",
)
#: What columns are called elsewhere, in lower case without separators.
_SYNONYMS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("timestamp", "createdat", "startedat", "starttime", "date", "ts"), "time"),
    **dict.fromkeys(("vendor", "modelprovider", "customllmprovider"), "provider"),
    **dict.fromkeys(("modelname", "deployment", "modelid", "engine"), "model"),
    **dict.fromkeys(
        ("prompttokens", "contexttokens", "ninputtokens", "tokensin", "inputtokencount"),
        "input_tokens",
    ),
    **dict.fromkeys(
        ("completiontokens", "generatedtokens", "noutputtokens", "tokensout", "outputtokencount"),
        "output_tokens",
    ),
    **dict.fromkeys(
        ("cachedtokens", "cachereadinputtokens", "cachedinputtokens"), "cache_read_tokens"
    ),
    "cachecreationinputtokens": "cache_write_tokens",
    **dict.fromkeys(("totalcost", "spend", "costusd", "price"), "cost"),
    **dict.fromkeys(("latency", "durationms", "responsetimems"), "latency_ms"),
    **dict.fromkeys(("requestid", "callid", "uuid"), "id"),
    **dict.fromkeys(("userid", "enduser"), "user"),
    **dict.fromkeys(("customerid", "tenant", "account"), "customer"),
    **dict.fromkeys(("sessionid", "runid", "conversationid", "traceid"), "run"),
    "stage": "step",
    "env": "environment",
}


class Column(NamedTuple):
    """A column or dotted path, and its first value; ``content`` when it may hold what was said."""

    path: str
    example: str
    content: bool


@dataclass(frozen=True)
class Look:
    """The start of a file: how its rows lie, its columns, and a few rows, cell by cell."""

    layout: Layout
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]


class TrialCall(NamedTuple):
    """What one row would become."""

    line: int
    record: UsageRecord
    valuation: Valuation

    @property
    def owners(self) -> list[str]:
        """Whom the row itself names, before any rule."""
        found = (getattr(self.record, name) for name in ATTRIBUTED)
        return [value for value in found if value]


@dataclass
class Trial:
    """What a mapping makes of the first rows: ``rows = calls + skipped + rejected``."""

    rows: int = 0
    calls: int = 0
    skipped: int = 0
    shown: list[TrialCall] = field(default_factory=list)
    rejected: list[tuple[int, str]] = field(default_factory=list)


def is_recognised(path: Path | str) -> bool:
    """Say whether a file's format is known from its start.

    A file that is no text at all counts as recognised, as does one that is refused for what it is,
    or a manifest without its parts: no mapping would help, and its import says what is wrong.
    """
    try:
        with open_delivery(path) as opened:
            head = opened.head
    except (ImportFailed, OSError):
        return True
    try:
        recognise(head)
    except Refused:
        return True
    except ImportFailed:
        return False
    return True


def look(path: Path | str) -> Look:
    """Read the first rows of a file. Raises ImportFailed or OSError when it cannot be read."""
    with open_source(path) as opened:
        layout = opened.head.layout
        tried = [row for row in islice(opened.rows(), TRIED) if isinstance(row, Row)]
    found = [flat for row in tried if (flat := _flat(row))]
    paths = list(dict.fromkeys(path for row in found for path in row))[:COLUMNS]
    columns = [
        Column(path, _first_example(path, found), is_content_key(path.rpartition(".")[2]))
        for path in paths
    ]
    shown = [tuple(_cell(path, row.get(path)) for path in paths) for row in found[:SHOWN]]
    return Look(layout, tuple(columns), tuple(shown))


def guess(columns: Sequence[Column]) -> dict[str, str]:
    """Name, for each field that a column is obviously meant for, that column's path."""
    found: dict[str, str] = {}
    for column in columns:
        name = "".join(letter for letter in column.path.lower() if letter.isalnum())
        plain = {offered.replace("_", ""): offered for offered in OFFERED}
        meant = plain.get(name) or _SYNONYMS.get(name)
        if meant and may_read(meant, column):
            found.setdefault(meant, column.path)
    return found


def may_read(field_name: str, column: Column) -> bool:
    """Say whether a field may be read from a column: content only where a number is expected."""
    return field_name in HARMLESS or not column.content


def try_mapping(path: Path | str, mapping: Mapping[str, Any], options: ReadOptions) -> Trial:
    """Read the first rows as the import would, and price them.

    Raises ValueError when the mapping cannot be used, ImportFailed or OSError when the file cannot.
    """
    decode = format_named("mapped").decoder(
        ReadOptions(
            now=options.now,
            defaults=options.defaults,
            time_zone=options.time_zone,
            mapping=mapping,
        )
    )
    book = PriceBook()
    trial = Trial()
    with open_source(path) as opened:
        for row in islice(opened.rows(), TRIED):
            trial.rows += 1
            if not isinstance(row, Row):
                trial.rejected.append((row.line, row.reason))
                continue
            try:
                record = decode(row)
            except RowRejected as rejected:
                trial.rejected.append((row.line, rejected.reason))
                continue
            if not isinstance(record, UsageRecord):
                trial.skipped += 1
                continue
            trial.calls += 1
            if len(trial.shown) < SHOWN:
                trial.shown.append(TrialCall(row.line, record, book.value(record)))
    return trial


def _flat(row: Row) -> dict[str, Any]:
    if row.fields is not None:
        return dict(row.fields)
    try:
        return dict(islice(_paths(fields.json_object(row.raw), "", DEPTH), COLUMNS))
    except RowRejected:
        return {}


def _paths(value: Mapping[str, Any], before: str, depth: int) -> Iterator[tuple[str, Any]]:
    for key, part in value.items():
        path = f"{before}{key}"
        if isinstance(part, Mapping) and depth > 1 and not is_content_key(key):
            yield from _paths(part, f"{path}.", depth - 1)
        else:
            yield path, part


def _first_example(path: str, rows: Sequence[Mapping[str, Any]]) -> str:
    return next((cell for row in rows if (cell := _cell(path, row.get(path)))), "")


def _cell(path: str, value: Any) -> str:
    if value is None or value == "":
        return ""
    if not all(map(is_storable_key, path.split("."))):
        return "(withheld)"
    text = value if isinstance(value, str) else fields.json_text(value)
    return text if len(text) <= CELL else f"{text[:CELL]}…"
