"""The native format, ``costline``: JSON lines or CSV with the fields of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any, Final

import msgspec

from finops.domain.usage import UsageRecord
from ingest import fields, native
from ingest.source_format import (
    Decoder,
    Head,
    Keep,
    Kind,
    Layout,
    ReadOptions,
    Row,
    Semantics,
)

_decode_strictly: Final = msgspec.json.Decoder(native.StrictCall, float_hook=fields.decimal).decode
#: How many native fields make a file ours, two of the required ones among them.
_ENOUGH_FIELDS: Final = 3


class Costline:
    """Native rows: ``input_tokens`` is the whole prompt, ``output_tokens`` the whole output."""

    name: str = "costline"
    kind: Kind = "usage"
    layouts: tuple[Layout, ...] = ("json_lines", "csv")
    keep: Keep = "first"
    semantics = Semantics(
        cache_read_in_input=True, cache_write_in_input=True, reasoning_in_output=True
    )
    time_zone: tzinfo | None = None

    def identify(self, head: Head) -> bool:
        """Know native rows by their fields; one missing field is a reject, not another format."""
        if head.layout not in self.layouts or head.first is None:
            return False
        present = native.FIELDS & head.first.keys()
        required = present & set(native.REQUIRED)
        return len(present) >= _ENOUGH_FIELDS and len(required) >= len(native.REQUIRED) - 1

    def decoder(self, options: ReadOptions) -> Decoder:
        """Make the decoder; ValueError for ``--set`` keys that are no dimensions."""
        make = native.record_maker(options, self.semantics, self.time_zone)

        def decode(row: Row) -> UsageRecord:
            if row.fields is not None:
                return _from_text(row.fields, make)
            raw = row.raw
            if b"\\u0000" in raw:  # the typed decoder does not look for NUL
                return _from_loose(raw, make, careful=True)
            try:
                call = _decode_strictly(raw)
            except (ValueError, RecursionError):
                return _from_loose(raw, make)
            record = make(call)
            if record.call_ref is None:
                record.identity = fields.canonical_row(raw)
            return record

        return decode


def _from_loose(raw: bytes, make: native.RecordMaker, *, careful: bool = False) -> UsageRecord:
    """Read a row with unknown fields, or one that the typed decoder turned down: find out why."""
    values = fields.json_object(raw)
    call = native.call_of(values) if careful else _call(values)
    call.tags = _with_unknown(values, call.tags)
    record = make(call)
    if record.call_ref is None:
        record.identity = fields.canonical_value(values)
    return record


def _call(values: Mapping[str, Any]) -> native.Call:
    try:
        return msgspec.convert(values, native.Call)
    except ValueError:
        return native.call_of(values)


def _from_text(values: Mapping[str, str], make: native.RecordMaker) -> UsageRecord:
    call = native.call_of(values)
    call.tags = _with_unknown(values, call.tags)
    record = make(call)
    if record.call_ref is None:
        record.identity = fields.canonical_text_fields(values)
    return record


def _with_unknown(values: Mapping[str, Any], tags: dict[str, str] | None) -> dict[str, str] | None:
    """Unknown fields become tags; a tag that was given as one wins."""
    unknown = {key: value for key, value in values.items() if key not in native.FIELDS}
    return fields.tag_values(unknown) | (tags or {}) if unknown else tags
