"""Any CSV or JSON lines, read through a mapping from native fields to columns.

A mapping says where each native field stands: ``{"time": "TIMESTAMP", "model": {"const":
"gpt-4o"}, "where": {"event": "message_send"}}``. Nothing else of a row is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from functools import partial
from typing import Any, Final

from finops.domain.usage import UsageRecord
from ingest import fields, native
from ingest.mapping import Getter, Values, getter, setting, where_of, zone_of
from ingest.source_format import (
    Decoder,
    Head,
    Keep,
    Kind,
    Layout,
    ReadOptions,
    Row,
    RowRejected,
    Semantics,
)

#: Keys of a mapping that are no fields.
SETTINGS: Final = frozenset(
    ("kind", "where", "time_format", "time_zone", "time_origin", "time_unit")
)
TimeReader = Callable[[Any], Any]


class Mapped:
    """Rows of any shape. Never recognised: it takes a mapping to read them."""

    name: str = "mapped"
    kind: Kind = "usage"
    layouts: tuple[Layout, ...] = ("json_lines", "csv", "json_document", "parquet")
    keep: Keep = "first"
    semantics = Semantics(
        cache_read_in_input=True, cache_write_in_input=True, reasoning_in_output=True
    )
    time_zone: tzinfo | None = None

    def identify(self, head: Head) -> bool:
        """Never: any file would do."""
        return False

    def decoder(self, options: ReadOptions) -> Decoder:
        """Make the decoder; ValueError says what is wrong with the mapping."""
        mapping = _checked(options.mapping)
        zone = zone_of(mapping) or options.time_zone
        make = native.record_maker(options, self.semantics, zone)
        latest = options.now + fields.AHEAD
        getters = {key: getter(key, mapping[key]) for key in mapping if key in native.FIELDS}
        getters["time"] = _time_getter(mapping, getters["time"], zone, latest)
        passes = where_of(mapping.get("where", {}))

        def decode(row: Row) -> UsageRecord | None:
            values = row.fields if row.fields is not None else fields.json_object(row.raw)
            if not passes(values):
                return None
            call = native.call_of({field: get(values) for field, get in getters.items()})
            record = make(call)
            if record.call_ref is None:
                record.identity = _identity(row, values)
            return record

        return decode


def _identity(row: Row, values: Values) -> bytes:
    if row.fields is not None:
        return fields.canonical_text_fields(row.fields)
    return fields.canonical_value(values)


# --- checking a mapping ---------------------------------------------------------------------


def _checked(mapping: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if not isinstance(mapping, Mapping):
        raise ValueError("the format mapped needs a mapping: a JSON object")
    unknown = sorted(mapping.keys() - native.FIELDS - SETTINGS)
    if unknown:
        raise ValueError(f"unknown key in the mapping: {', '.join(unknown)}")
    missing = [field for field in native.REQUIRED if field not in mapping]
    if missing:
        raise ValueError(f"the mapping lacks {', '.join(missing)}")
    return mapping


# --- times ----------------------------------------------------------------------------------


def _time_getter(
    mapping: Mapping[str, Any], get: Getter, zone: tzinfo | None, latest: datetime
) -> Getter:
    read = _time_reader(mapping, zone, latest)
    return lambda values: None if (value := get(values)) in (None, "") else read(value)


def _time_reader(mapping: Mapping[str, Any], zone: tzinfo | None, latest: datetime) -> TimeReader:
    unit = setting(mapping, "time_unit")
    if unit is not None and unit not in fields.UNITS:
        raise ValueError(f"time_unit must be one of {', '.join(fields.UNITS)}")
    layout = setting(mapping, "time_format")
    origin = _origin(setting(mapping, "time_origin"))
    if layout is not None:
        if origin is not None or unit is not None:
            raise ValueError("time_format does not go with time_origin or time_unit")
        return partial(_from_format, layout, zone)
    if origin is None and unit is None:
        return lambda value: value
    return partial(_from_number, unit or "s", latest, origin or fields.EPOCH)


def _origin(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return fields.in_utc(moment, None, "time_origin")
    except (ValueError, RowRejected):
        raise ValueError("time_origin must be an RFC 3339 instant with a zone") from None


def _from_format(layout: str, zone: tzinfo | None, value: Any) -> datetime:
    text = fields.name(value, "time")
    try:
        moment = datetime.strptime(text, layout)  # noqa: DTZ007 - the zone is added below
    except ValueError:
        fields.reject("time", f"does not look like {layout}")
    return fields.in_utc(moment, zone, "time")


def _from_number(unit: str, latest: datetime, origin: datetime, value: Any) -> datetime:
    return fields.from_epoch(value, unit, latest, "time", origin=origin)
