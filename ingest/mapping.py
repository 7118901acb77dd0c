"""Mappings: where, in rows of any shape, each field stands.

Shared by the formats that read rows through a mapping: of calls (``mapped``) and of bills
(``mapped-bill``). A mapping is JSON: ``{"model": "MODEL", "provider": {"const": "openai"},
"where": {"event": "message_send"}}``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo

from ingest import fields
from ingest.content import is_content_key
from ingest.semantics import Tokens

#: What a mapping calls the kind of its rows when they are no calls.
BILLING: Final = "billing"

#: Fields that cannot hold what anybody said, so that their path may lead through content keys.
HARMLESS: Final = frozenset(
    {*Tokens.__struct_fields__, "time", "cost", "requests", "attempt", "latency_ms"}
)

Values = Mapping[str, Any]
Getter = Callable[[Values], Any]


# --- settings -------------------------------------------------------------------------------


def zone_of(mapping: Mapping[str, Any]) -> tzinfo | None:
    """Give the zone that a mapping names, None where it names none; ValueError for no zone."""
    name = mapping.get("time_zone")
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, TypeError, OSError):
        raise ValueError(f"time_zone {name!r} is no zone that is known here") from None


def setting(mapping: Mapping[str, Any], key: str) -> str | None:
    """Give a setting of the mapping that must be a text; ValueError for anything else."""
    value = mapping.get(key)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{key} must be a text")
    return value


# --- getting at values ----------------------------------------------------------------------


def getter(field: str, spec: Any, harmless: frozenset[str] = HARMLESS) -> Getter:
    """Make what takes a field out of a row: a column, a dotted path or a constant.

    ValueError for anything else, and for paths to prompts and answers unless the field is one of
    the ``harmless``.
    """
    if field == "tags":
        return _tags_getter(spec)
    if isinstance(spec, Mapping) and spec.keys() == {"const"}:
        return _constant(field, spec["const"])
    if not isinstance(spec, str) or not spec:
        raise ValueError(f'{field} must be a column, a dotted path or {{"const": value}}')
    if field not in harmless and is_content_key(spec.rpartition(".")[2]):
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
    getters = {tag: getter(f"tag {tag}", path) for tag, path in spec.items()}
    return lambda values: {tag: get(values) for tag, get in getters.items()}


# --- rows that are none ------------------------------------------------------------------


def where_of(spec: Any) -> Callable[[Values], bool]:
    """Make the test that a row passes when all its conditions hold."""
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
