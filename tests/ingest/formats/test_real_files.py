"""Usage recorded by others: every file adds up to the check sums of its source."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from finops.domain.usage import INPUT_KINDS, OUTPUT_KINDS
from ingest.formats import format_named, recognise
from ingest.readers import open_source
from ingest.source_format import ReadOptions, Row

DATA = Path(__file__).parents[4] / "shared" / "data" / "usage"
NOW = datetime(2026, 11, 21, tzinfo=UTC)

AZURE = {
    "time": "TIMESTAMP",
    "time_zone": "UTC",
    "input_tokens": "ContextTokens",
    "output_tokens": "GeneratedTokens",
    "provider": {"const": "azure"},
    "model": {"const": "gpt-4o"},
}
AIDER = {
    "time": "time",
    "input_tokens": "properties.prompt_tokens",
    "output_tokens": "properties.completion_tokens",
    "cost": "properties.cost",
    "model": "properties.main_model",
    "provider": {"const": "unknown"},
    "where": {"event": "message_send"},
}
MOONCAKE = {
    "time": "timestamp",
    "time_origin": "2025-02-01T00:00:00Z",
    "time_unit": "ms",
    "input_tokens": "input_length",
    "output_tokens": "output_length",
    "provider": {"const": "moonshot"},
    "model": {"const": "kimi"},
}
SERVEGEN = {
    "id": "request_id",
    "time": "timestamp",
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "reasoning_tokens": "reasoning_tokens",
    "provider": {"const": "alibaba"},
    "model": "model",
}


def sums(name: str, mapping: dict[str, Any] | None) -> tuple[Counter[str], Decimal]:
    """Read a file and add up: rows, calls, tokens in and out, and reported cost."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{path} is not here: the shared data lies beside the repository")
    found: Counter[str] = Counter()
    cost = Decimal(0)
    with open_source(path) as source:
        source_format = format_named("mapped") if mapping else recognise(source.head)
        decode = source_format.decoder(ReadOptions(now=NOW, mapping=mapping))
        for row in source.rows():
            found["rows"] += 1
            assert isinstance(row, Row)
            if record := decode(row):
                found["calls"] += 1
                found["in"] += sum(getattr(record, kind) or 0 for kind in INPUT_KINDS)
                found["out"] += sum(getattr(record, kind) or 0 for kind in OUTPUT_KINDS)
                cost += record.reported_cost or 0
    return found, cost


@pytest.mark.parametrize(
    ("name", "mapping", "rows", "calls", "tokens_in", "tokens_out", "cost"),
    [
        (
            "azure-2023/AzureLLMInferenceTrace_conv.first10000.csv",
            AZURE, 10_000, 10_000, 12_424_297, 2_184_052, "0",
        ),
        (
            "aider/analytics_events.2024-08_2025-02.jsonl",
            AIDER, 16_038, 2_668, 27_389_305, 896_078, "75.619227896000",
        ),
        (
            "mooncake/conversation_trace.first6000.jsonl",
            MOONCAKE, 6_000, 6_000, 76_643_649, 2_081_764, "0",
        ),
        (
            "servegen-bench/bench_100k.csv",
            SERVEGEN, 100_006, 100_006, 60_010_016, 44_208_170, "0",
        ),
        ("litellm/standard_logging_payload.json", None, 1, 1, 10, 20, "0.000225000000"),
        ("litellm/spend_logs_payload.json", None, 1, 1, 10, 20, "0.000225000000"),
    ],
)  # fmt: skip
def test_file_adds_up(
    name: str,
    mapping: dict[str, Any] | None,
    rows: int,
    calls: int,
    tokens_in: int,
    tokens_out: int,
    cost: str,
) -> None:
    found, total = sums(name, mapping)

    assert found == {"rows": rows, "calls": calls, "in": tokens_in, "out": tokens_out}
    assert str(total) == cost
