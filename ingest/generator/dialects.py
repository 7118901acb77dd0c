"""How the same call is written by different systems, each as one line of a file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import msgspec

from ingest.generator.calls import Call

_encode: Final = msgspec.json.Encoder().encode


class Dialect(NamedTuple):
    """A way to write calls: how files of it end, what stands before the first call, and a call."""

    suffix: str
    header: bytes
    line: Callable[[Call], bytes]


def _native(call: Call) -> bytes:
    return _encode(call) + b"\n"


NATIVE: Final = Dialect(".jsonl", b"", _native)


# --- a LiteLLM proxy --------------------------------------------------------------------------

_LITELLM_STATUS: Final = {"ok": "success", "cached": "success"}


def _litellm(call: Call) -> bytes:
    """Write a row as the proxy's callbacks do; who it was for stands in its metadata."""
    assert call.time is not None
    begun = datetime.fromisoformat(call.time)
    ended = begun + timedelta(milliseconds=call.latency_ms or 0)
    failed = call.status not in _LITELLM_STATUS
    row: dict[str, Any] = {
        "id": call.response_id or call.id,
        "call_type": "acompletion",
        "startTime": call.time,
        "endTime": ended.isoformat(timespec="milliseconds"),
        "custom_llm_provider": call.provider,
        "model": call.model,
        "prompt_tokens": call.input_tokens,
        "completion_tokens": call.output_tokens,
        "response_cost": msgspec.Raw((call.cost or "0").encode()),
        "status": "failure" if failed else "success",
        "cache_hit": call.status == "cached",
        "end_user": call.customer,
        "session_id": call.run,
        "metadata": {
            "user_api_key_team_alias": call.team,
            "user_api_key_alias": call.api_key_id,
            "spend_logs_metadata": _said(call),
            "usage_object": _usage(call),
        },
    }
    if failed:
        row["error_information"] = {
            "error_class": (call.error or call.status or "").title().replace("_", ""),
            "llm_provider": call.provider,
        }
    return _encode(row) + b"\n"


def _said(call: Call) -> dict[str, str]:
    """Give what the application told the proxy about its call."""
    told = {
        "feature": call.feature,
        "workflow": call.workflow,
        "environment": call.environment,
        "step": call.step,
        **(call.tags or {}),
    }
    return {key: value for key, value in told.items() if value is not None}


def _usage(call: Call) -> dict[str, Any]:
    written = (call.cache_write_tokens or 0) + (call.cache_write_1h_tokens or 0)
    return {
        "prompt_tokens_details": {"cached_tokens": call.cache_read_tokens or 0},
        "cache_creation_input_tokens": written,
        "cache_creation": {"ephemeral_1h_input_tokens": call.cache_write_1h_tokens or 0},
        "completion_tokens_details": {"reasoning_tokens": call.reasoning_tokens or 0},
    }


LITELLM: Final = Dialect(".jsonl", b"", _litellm)


# --- a batch system's own table ---------------------------------------------------------------

#: Column of the table, and the native field that it holds.
TABLE_COLUMNS: Final = (
    *(("started", "time"), ("vendor", "provider"), ("model", "model")),
    *(("prompt_tokens", "input_tokens"), ("tokens_from_cache", "cache_read_tokens")),
    *(("tokens_to_cache", "cache_write_tokens"), ("tokens_to_cache_1h", "cache_write_1h_tokens")),
    ("answer_tokens", "output_tokens"),
    *(("outcome", "status"), ("failure", "error"), ("took_ms", "latency_ms")),
    *(("job", "workflow"), ("job_run", "run"), ("stage", "step"), ("try", "attempt")),
    *(("client", "customer"), ("deployment", "environment"), ("api_key", "api_key_id")),
)
_FIELDS: Final = tuple(field for _, field in TABLE_COLUMNS)
#: How an import reads the table; keys of providers are no field of a call, but a tag.
TABLE_MAPPING: Final[dict[str, Any]] = {
    **{field: column for column, field in TABLE_COLUMNS if field != "api_key_id"},
    "tags": {"job": "job", "api_key_id": "api_key"},
}


def _table_row(call: Call) -> bytes:
    """Write a row of CSV; no value of an invented company needs quotes."""
    values = (getattr(call, field) for field in _FIELDS)
    return (",".join("" if value is None else str(value) for value in values) + "\n").encode()


TABLE: Final = Dialect(
    ".csv", (",".join(column for column, _ in TABLE_COLUMNS) + "\n").encode(), _table_row
)
