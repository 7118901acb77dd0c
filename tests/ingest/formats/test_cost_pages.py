"""Cost pages of OpenAI and Anthropic: dollars here, cents there, model and token kind told."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from finops.classification.meters import read_details, telling
from tests.ingest.formats.reading import charges, one, read, sample, total

DAY = 1_791_158_400  # 2026-10-05
OPENAI = {
    "object": "organization.costs.result",
    "amount": {"value": 1.5, "currency": "usd"},
    "line_item": "gpt-4o-2024-08-06, input",
    "project_id": "proj_1",
}
ANTHROPIC = {"currency": "USD", "amount": "123.45", "workspace_id": None}


def openai(*results: dict[str, Any]) -> dict[str, Any]:
    return {
        "object": "bucket",
        "start_time": DAY,
        "end_time": DAY + 86400,
        "results": list(results),
    }


def anthropic(*results: dict[str, Any]) -> dict[str, Any]:
    times = {"starting_at": "2026-10-05T00:00:00Z", "ending_at": "2026-10-06T00:00:00Z"}
    return {**times, "results": list(results)}


def test_samples_add_up() -> None:
    assert total(charges(sample("openai-costs/page"))) == Decimal("19.575000000000000000001")
    # 594.037500000000000001 cents
    expected = Decimal("5.94037500000000000001")
    assert total(charges(sample("anthropic-costs/report"))) == expected


def test_amounts_of_anthropic_are_cents() -> None:
    assert one(json.dumps(anthropic(ANTHROPIC)).encode()).billed_cost == Decimal("1.2345")


@pytest.mark.parametrize(
    "shape",
    [
        lambda bucket: bucket,
        lambda bucket: {"object": "page", "data": [bucket], "has_more": False},
        lambda bucket: [bucket],
        lambda bucket: [{"data": [bucket]}],
        lambda bucket: {"data": [bucket]},
        lambda bucket: {key.replace("results", "result"): part for key, part in bucket.items()},
    ],
)
@pytest.mark.parametrize("indent", [None, 1])
def test_pages_lists_and_buckets_read_alike(shape: Any, indent: int | None) -> None:
    for bucket in (openai(OPENAI), anthropic(ANTHROPIC)):
        found = charges(json.dumps(shape(bucket), indent=indent).encode())

        assert len(found) == 1
        assert found[0].billing_period == date(2026, 10, 1)
        assert (found[0].charge_period_end - found[0].charge_period_start).days == 1


@pytest.mark.parametrize(
    ("line_item", "model", "kind"),
    [
        ("gpt-4o-2024-08-06, input", "gpt-4o-2024-08-06", "input"),
        ("gpt-4o-2024-08-06, cached input", "gpt-4o-2024-08-06", "cache_read"),
        ("gpt-4o-2024-08-06, output", "gpt-4o-2024-08-06", "output"),
        ("gpt-4o-realtime-preview, audio output", "gpt-4o-realtime-preview", "output_audio"),
        ("web search tool calls | gpt-4.1", None, None),
        ("file search storage", None, None),
        (None, None, None),
    ],
)
def test_line_items_of_openai_tell_model_and_token_kind(
    line_item: str | None, model: str | None, kind: str | None
) -> None:
    found = one(json.dumps(openai(OPENAI | {"line_item": line_item})).encode())

    said = read_details(telling(found.sku_price_details))
    assert (said.model, said.token_kind) == (model, kind)
    assert found.charge_description == line_item


@pytest.mark.parametrize(
    ("token_type", "kind"),
    [
        ("uncached_input_tokens", "input"),
        ("cache_read_input_tokens", "cache_read"),
        ("cache_creation.ephemeral_5m_input_tokens", "cache_write"),
        ("cache_creation.ephemeral_1h_input_tokens", "cache_write_1h"),
        ("output_tokens", "output"),
        ("tomorrow_tokens", None),
    ],
)
def test_token_types_of_anthropic_tell_the_token_kind(token_type: str, kind: str | None) -> None:
    result = ANTHROPIC | {"model": "claude-sonnet-4-5-20250929", "token_type": token_type}

    said = read_details(telling(one(json.dumps(anthropic(result)).encode()).sku_price_details))

    assert (said.model, said.token_kind) == ("claude-sonnet-4-5-20250929", kind)


def test_no_workspace_is_the_default_one_where_there_are_workspaces() -> None:
    named = ANTHROPIC | {"workspace_id": "wrkspc_1"}

    apart = charges(json.dumps(anthropic(named, ANTHROPIC)).encode())
    ungrouped = one(json.dumps(anthropic(ANTHROPIC)).encode())

    assert [charge.sub_account_id for charge in apart] == ["wrkspc_1", "default"]
    assert ungrouped.sub_account_id is None


def test_what_a_result_says_of_the_caller_is_kept() -> None:
    caller = {"api_key_id": "key_1", "user_id": "user-1", "organization_id": "org-1"}
    found = charges(json.dumps(openai(OPENAI | caller, OPENAI)).encode())

    assert (found[0].credential_id, found[0].principal_id) == ("key_1", "user-1")
    # A result that names no organisation belongs to that of the file.
    assert [charge.billing_account_id for charge in found] == ["org-1", "org-1"]
    assert one(json.dumps(openai(OPENAI)).encode()).billing_account_id == "bill"


@pytest.mark.parametrize(
    "broken",
    [
        openai(OPENAI, OPENAI | {"amount": None}),
        openai(OPENAI, OPENAI | {"amount": {"value": "1,5", "currency": "usd"}}),
        openai(OPENAI, OPENAI | {"amount": {"value": 1}}),
        openai(OPENAI, {"object": "organization.usage.completions.result"}),
        openai(OPENAI) | {"start_time": None},
        anthropic(ANTHROPIC, ANTHROPIC | {"amount": "a lot"}),
        anthropic(ANTHROPIC) | {"ending_at": "tomorrow"},
        {"data": [anthropic(ANTHROPIC), {"unrelated": 1}]},
    ],
)
def test_a_page_with_one_broken_result_is_rejected_whole(broken: dict[str, Any]) -> None:
    name = "anthropic-costs" if "starting_at" in json.dumps(broken) else "openai-costs"

    found, reasons = read(json.dumps(broken).encode(), name)

    assert (found, len(reasons)) == ([], 1)


def test_nested_lists_without_end_are_no_page() -> None:
    found, reasons = read(b"[" * 5000 + b"]" * 5000, "openai-costs")

    assert (found, len(reasons)) == ([], 1)
