"""One metered LLM call, as every format hands it over.

Token kinds are *disjoint*: each token stands in exactly one field, so the fields add up to what
the source reported, and no price can be charged twice for one token. ``None`` means that the
source said nothing; 0 means that it said zero. All instants are UTC.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final, Literal

import msgspec

Status = Literal["ok", "error", "timeout", "cancelled", "cached"]
Processing = Literal["standard", "batch", "flex", "priority"]

STATUSES: Final = ("ok", "error", "timeout", "cancelled", "cached")
PROCESSING_MODES: Final = ("standard", "batch", "flex", "priority")
FAILED_STATUSES: Final = ("error", "timeout", "cancelled")

#: Disjoint parts of the prompt; their sum is the whole prompt.
INPUT_KINDS: Final = (
    "input_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cache_write_1h_tokens",
    "input_audio_tokens",
    "input_image_tokens",
)
#: Disjoint parts of the answer; their sum is the whole output.
OUTPUT_KINDS: Final = ("output_tokens", "reasoning_tokens", "output_audio_tokens")
TOKEN_KINDS: Final = INPUT_KINDS + OUTPUT_KINDS


class UsageRecord(msgspec.Struct, kw_only=True, gc=False):
    """One call: who, when, how much, and what its source says it cost.

    ``reported_cost`` is in ``currency``; token fields count tokens; ``latency_ms`` is in
    milliseconds. ``identity`` is the canonical raw row, for sources without ids of their own.
    """

    started_at: datetime
    provider: str
    model: str
    call_ref: str | None = None
    response_id: str | None = None
    identity: bytes | None = None

    input_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    cache_write_1h_tokens: int | None = None
    input_audio_tokens: int | None = None
    input_image_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    output_audio_tokens: int | None = None
    requests: int = 1

    processing: Processing = "standard"
    region: str | None = None
    reported_cost: Decimal | None = None
    currency: str = "USD"
    status: Status = "ok"
    error: str | None = None
    latency_ms: float | None = None

    feature: str | None = None
    team: str | None = None
    customer: str | None = None
    user: str | None = None
    workflow: str | None = None
    environment: str | None = None

    run: str | None = None
    step: str | None = None
    parent: str | None = None
    attempt: int = 1
    tags: dict[str, str] | None = None
