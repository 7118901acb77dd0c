"""A call in the words of the native format."""

from __future__ import annotations

import msgspec


class Call(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """A row of the native format; what is None is left out."""

    id: str | None = None
    response_id: str | None = None
    time: str | None = None
    provider: str | None = None
    model: str | None = None
    input_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    cache_write_1h_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    processing: str | None = None
    cost: str | None = None
    currency: str | None = None
    status: str | None = None
    error: str | None = None
    latency_ms: int | None = None
    feature: str | None = None
    team: str | None = None
    customer: str | None = None
    user: str | None = None
    workflow: str | None = None
    environment: str | None = None
    run: str | None = None
    step: str | None = None
    parent: str | None = None
    attempt: int | None = None
    api_key_id: str | None = None
    tags: dict[str, str] | None = None
