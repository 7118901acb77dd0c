"""LiteLLM: StandardLoggingPayload (callbacks, S3, GCS) and rows of its spend log.

Only facts are carried over. Whose call it was is decided by rules of the product, which match on
the ``litellm.…`` tags made here; so is the run, from session and trace.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any, Final

from finops.domain.usage import PROCESSING_MODES, UsageRecord
from ingest import fields, native
from ingest.content import is_secret_key
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

Values = Mapping[str, Any]

_MARKS: Final = frozenset(("call_type", "startTime"))
_COSTS: Final = ("response_cost", "spend")
#: Calls that look at an earlier answer, or take it away: nothing was generated. Each has a twin
#: with a leading "a".
_RETRIEVAL: Final = ("get_", "list_", "delete_", "retrieve_", "cancel_")
#: How providers (and LiteLLM on their behalf) begin the id of a response.
_PROVIDER_ID: Final = re.compile(r"(chatcmpl|cmpl|resp|msg|gen|embd)[-_]")
_STATUSES: Final = {"success": "ok", "failure": "error"}
_TRUE: Final = (True, "True", "true")

#: Tag → where its value stands; the first that says something counts.
_TAG_SOURCES: Final[Mapping[str, tuple[str, ...]]] = {
    "team_alias": ("metadata.user_api_key_team_alias", "team_alias"),
    "team_id": ("metadata.user_api_key_team_id", "team_id"),
    "end_user": ("end_user", "metadata.user_api_key_end_user_id"),
    "user_api_key_user_id": ("metadata.user_api_key_user_id", "user"),
    "key_alias": ("metadata.user_api_key_alias",),
    "organization_id": ("metadata.user_api_key_org_id", "organization_id"),
    "project_id": ("metadata.user_api_key_project_id",),
    "session_id": ("session_id",),
    "trace_id": ("trace_id",),
    "agent_id": ("agent_id",),
    "model_group": ("model_group",),
    "call_type": ("call_type",),
}
#: Free-form objects whose keys become tags.
_TAG_OBJECTS: Final = ("spend_logs_metadata", "requester_metadata")


class LiteLLM:
    """``prompt_tokens`` includes cache reads and writes; the split stands in the usage object."""

    name: str = "litellm"
    kind: Kind = "usage"
    layouts: tuple[Layout, ...] = ("json_lines", "json_document", "csv")
    keep: Keep = "first"
    semantics = Semantics(
        cache_read_in_input=True, cache_write_in_input=True, reasoning_in_output=True
    )
    time_zone: tzinfo | None = UTC

    def identify(self, head: Head) -> bool:
        """Know payloads and spend rows by call type, camel-case start, and their cost field."""
        present: Values = head.first or {}
        return present.keys() >= _MARKS and any(field in present for field in _COSTS)

    def decoder(self, options: ReadOptions) -> Decoder:
        """Make the decoder; ValueError for defaults that are no dimensions."""
        make = native.record_maker(options, self.semantics, self.time_zone)
        latest = options.now + fields.AHEAD

        def decode(row: Row) -> UsageRecord | None:
            values = _row_values(row)
            if _is_no_call(values):
                return None
            found = _native(values)
            found["latency_ms"] = _latency(values, options.time_zone or UTC, latest)
            record = make(native.call_of(found))
            if record.call_ref is None:
                record.identity = _identity(row)
            return record

        return decode


def _identity(row: Row) -> bytes:
    if row.fields is not None:
        return fields.canonical_text_fields(row.fields)
    return fields.canonical_row(row.raw)


def _row_values(row: Row) -> Values:
    """Unfold a row: objects that a spend log keeps as JSON text become objects."""
    values = dict(row.fields) if row.fields is not None else fields.json_object(row.raw)
    for field in ("metadata", "request_tags"):
        values[field] = _unfolded(values.get(field))
    return values


def _unfolded(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return fields.json_value(value.encode())
    except (RowRejected, UnicodeEncodeError):
        return None


def _is_no_call(values: Values) -> bool:
    call_type = str(values.get("call_type") or "")
    if call_type.startswith(_RETRIEVAL) or call_type[1:].startswith(_RETRIEVAL):
        return True
    return _at(values, "metadata.is_silent_experiment") in _TRUE


def _native(values: Values) -> dict[str, Any]:
    """Put a row into the words of the native format."""
    status = _status(values)
    identifier = values.get("id") or values.get("request_id")
    return {
        "id": identifier,
        "response_id": None if status == "cached" else _provider_id(identifier),
        "time": values.get("startTime"),
        "provider": _provider(values),
        "model": values.get("model"),
        **_tokens(values),
        "processing": _processing(values),
        "cost": _cost(values),
        "status": status,
        "error": _error(values) if status == "error" else None,
        "tags": _tags(values),
    }


def _provider(values: Values) -> Any:
    """A call that failed early names its provider only in the error, or before the model."""
    stated = values.get("custom_llm_provider") or _at(values, "error_information.llm_provider")
    prefix, slash, _ = str(values.get("model") or "").partition("/")
    return stated or (prefix if slash else None)


def _provider_id(identifier: Any) -> str | None:
    found = isinstance(identifier, str) and _PROVIDER_ID.match(identifier)
    return identifier if found else None


def _status(values: Values) -> str:
    if values.get("cache_hit") in _TRUE:
        return "cached"
    stated = values.get("status") or _at(values, "metadata.status") or "success"
    return _STATUSES[stated] if stated in _STATUSES else fields.reject("status", "is unknown")


def _error(values: Values) -> str | None:
    """Say what went wrong, without the traceback."""
    about = _object(values.get("error_information"))
    about = about or _object(_at(values, "metadata.error_information"))
    parts = [str(about[key]) for key in ("error_class", "error_code") if about.get(key)]
    message = about.get("error_message") or values.get("error_str")
    return ": ".join([*parts, str(message)] if message else parts) or None


def _cost(values: Values) -> Any:
    """Give the cost as the number that it is, also where CSV made it a text."""
    for field in _COSTS:
        value = values.get(field)
        if value is not None and value != "":
            return fields.float_money(value, "cost")
    return None


def _processing(values: Values) -> str | None:
    tier = _at(values, "cost_breakdown.service_tier") or _at(values, "metadata.service_tier")
    return tier if tier in PROCESSING_MODES else None


def _latency(values: Values, zone: tzinfo, latest: datetime) -> float | None:
    try:
        start, end = (
            fields.instant(values.get(field), zone, latest) for field in ("startTime", "endTime")
        )
    except RowRejected:
        return None
    return (end - start).total_seconds() * 1000 if end >= start else None


# --- tokens ---------------------------------------------------------------------------------


def _tokens(values: Values) -> dict[str, Any]:
    usage = _usage(values)
    prompt = _object(usage.get("prompt_tokens_details"))
    answer = _object(usage.get("completion_tokens_details"))
    return {
        "input_tokens": values.get("prompt_tokens"),
        "cache_read_tokens": _first(
            usage.get("cache_read_input_tokens"), prompt.get("cached_tokens")
        ),
        **_cache_writes(usage, prompt),
        "input_audio_tokens": prompt.get("audio_tokens"),
        "input_image_tokens": prompt.get("image_tokens"),
        "output_tokens": values.get("completion_tokens"),
        "reasoning_tokens": answer.get("reasoning_tokens"),
        "output_audio_tokens": answer.get("audio_tokens"),
    }


def _usage(values: Values) -> Values:
    """Find the object with the split; older rows call it additional_usage_values."""
    for path in (
        "metadata.usage_object",
        "usage_object",
        "response.usage",
        "metadata.additional_usage_values",
    ):
        usage = _at(values, path)
        if isinstance(usage, Mapping) and usage:
            return usage
    return {}


def _cache_writes(usage: Values, prompt: Values) -> dict[str, Any]:
    """Split cache writes by their life where the source does; otherwise all are 5-minute ones."""
    split = _object(prompt.get("cache_creation_token_details")) or _object(
        usage.get("cache_creation")
    )
    hour = split.get("ephemeral_1h_input_tokens")
    total = _first(usage.get("cache_creation_input_tokens"), prompt.get("cache_creation_tokens"))
    if total is not None and hour is not None:
        short: Any = fields.count(total, "cache_write_tokens")
        short -= fields.count(hour, "cache_write_1h_tokens")
    else:
        short = _first(split.get("ephemeral_5m_input_tokens"), total)
    return {"cache_write_tokens": short, "cache_write_1h_tokens": hour}


def _first(*values: Any) -> Any:
    """Give the first value that says more than nothing; sources write 0 beside the real one."""
    return next((v for v in values if v), next((v for v in values if v is not None), None))


# --- tags -----------------------------------------------------------------------------------


def _tags(values: Values) -> dict[str, str]:
    found: dict[str, Any] = {}
    for tag, paths in _TAG_SOURCES.items():
        found[tag] = next((v for path in paths if (v := _at(values, path))), None)
    for part in _TAG_OBJECTS:
        for key, value in _object(_at(values, f"metadata.{part}")).items():
            if not is_secret_key(key):
                found[f"{part}.{key}"] = value
    found.update(_request_tags(values.get("request_tags")))
    return fields.tag_values({f"litellm.{tag}": value for tag, value in found.items()})


def _request_tags(tags: Any) -> dict[str, str]:
    """Read ``key:value`` tags; a tag without a value says true."""
    found = {}
    for tag in tags if isinstance(tags, list) else ():
        if isinstance(tag, str) and tag:
            key, _, value = tag.partition(":")
            found[f"request_tag.{key.strip()}"] = value.strip() or "true"
    return found


def _at(values: Any, path: str) -> Any:
    for step in path.split("."):
        if not isinstance(values, Mapping):
            return None
        values = values.get(step)
    return values


def _object(value: Any) -> Values:
    return value if isinstance(value, Mapping) else {}
