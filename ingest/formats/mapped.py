"""Any CSV or JSON lines, read through a mapping from native fields to columns.

A mapping says where each native field stands: ``{"time": "TIMESTAMP", "model": {"const":
"gpt-4o"}, "where": {"event": "message_send"}}``. Nothing else of a row is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, tzinfo
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from finops.domain.usage import UsageRecord
from ingest import fields, native
from ingest.content import is_content_key
from ingest.semantics import Tokens
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
SETTINGS: Final = frozenset(("where", "time_format", "time_zone", "time_origin", "time_unit"))
#: Fields that cannot hold what anybody said, so that their path may lead through content keys.
HARMLESS: Final = frozenset(
    {*Tokens.__struct_fields__, "time", "cost", "requests", "attempt", "latency_ms"}
)

Values = Mapping[str, Any]
Getter = Callable[[Values], Any]
TimeReader = Callable[[Any], Any]


class Mapped:
    """Rows of any shape. Never recognised: it takes a mapping to read them."""

    name: str = "mapped"
    kind: Kind = "usage"
    layouts: tuple[Layout, ...] = ("json_lines", "csv", "json_document")
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
        zone = _zone(mapping) or options.time_zone
        make = native.record_maker(options, self.semantics, zone)
        latest = options.now + fields.AHEAD
        getters = {key: _getter(key, mapping[key]) for key in mapping if key in native.FIELDS}
        getters["time"] = _time_getter(mapping, getters["time"], zone, latest)
        passes = _where(mapping.get("where", {}))

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


def _zone(mapping: Mapping[str, Any]) -> tzinfo | None:
    name = mapping.get("time_zone")
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, TypeError, OSError):
        raise ValueError(f"time_zone {name!r} is no zone that is known here") from None


def _setting(mapping: Mapping[str, Any], key: str) -> str | None:
    value = mapping.get(key)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{key} must be a text")
    return value


# --- getting at values ----------------------------------------------------------------------


def _getter(field: str, spec: Any) -> Getter:
    if field == "tags":
        return _tags_getter(spec)
    if isinstance(spec, Mapping) and spec.keys() == {"const"}:
        return _constant(field, spec["const"])
    if not isinstance(spec, str) or not spec:
        raise ValueError(f'{field} must be a column, a dotted path or {{"const": value}}')
    if field not in HARMLESS and is_content_key(spec.rpartition(".")[2]):
        raise ValueError(f"{field}: {spec} holds prompt or answer text, which is never stored")
    return _path(spec)


def _constant(field: str, value: Any) -> Getter:
    if not isinstance(value, str | int | float):
        raise ValueError(f"{field}: a constant must be a text or a number")
    return lambda values: value


def _path(path: str) -> Getter:
    """Make a getter: the column of that very name, else the dotted path; None where neither is."""
    steps = path.split(".")
    if len(steps) == 1:
        return lambda values: values.get(path)

    def get(values: Values) -> Any:
        value: Any = values.get(path, values)
        return _walk(values, steps) if value is values else value

    return get


def _walk(value: Any, steps: Sequence[str]) -> Any:
    for step in steps:
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def _tags_getter(spec: Any) -> Getter:
    """Make a getter for the tags: an object of tag → path, or a list of paths."""
    if isinstance(spec, list) and all(isinstance(path, str) for path in spec):
        spec = {path: path for path in spec}
    if not isinstance(spec, Mapping):
        raise ValueError("tags must be an object of tag and path, or a list of paths")
    getters = {tag: _getter(f"tag {tag}", path) for tag, path in spec.items()}
    return lambda values: {tag: get(values) for tag, get in getters.items()}


# --- rows that are no calls -----------------------------------------------------------------


def _where(spec: Any) -> Callable[[Values], bool]:
    if not isinstance(spec, Mapping):
        raise ValueError('where must be an object such as {"event": "message_send"}')
    if not spec:
        return lambda values: True
    conditions = [(_path(path), _accepted(wanted)) for path, wanted in spec.items()]
    return lambda values: all(_as_text(get(values)) in accepted for get, accepted in conditions)


def _accepted(wanted: Any) -> frozenset[str]:
    return frozenset(map(_as_text, wanted if isinstance(wanted, list) else [wanted]))


def _as_text(value: Any) -> str:
    """CSV knows no types, so values are compared as text; null and empty are equal."""
    return "" if value is None else fields.json_text(value)


# --- times ----------------------------------------------------------------------------------


def _time_getter(
    mapping: Mapping[str, Any], get: Getter, zone: tzinfo | None, latest: datetime
) -> Getter:
    read = _time_reader(mapping, zone, latest)
    return lambda values: None if (value := get(values)) in (None, "") else read(value)


def _time_reader(mapping: Mapping[str, Any], zone: tzinfo | None, latest: datetime) -> TimeReader:
    unit = _setting(mapping, "time_unit")
    if unit is not None and unit not in fields.UNITS:
        raise ValueError(f"time_unit must be one of {', '.join(fields.UNITS)}")
    layout = _setting(mapping, "time_format")
    origin = _origin(_setting(mapping, "time_origin"))
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
