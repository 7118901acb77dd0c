"""Single calls: valid by the contract, priced by the price book, and of realistic size."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from statistics import median
from typing import Any

import pytest

from finops.domain.usage import PROCESSING_MODES, STATUSES
from ingest.generator import DEFAULT, usage_rows
from ingest.generator.company import Model
from ingest.generator.default_company import IN_HOUSE, MODELS

Calls = list[dict[str, Any]]

COUNTS = (
    *("input_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens"),
    *("output_tokens", "reasoning_tokens"),
)
TEXTS = (
    *("id", "response_id", "provider", "model", "feature", "team", "customer", "user"),
    *("workflow", "environment", "run", "step", "parent", "error"),
)
OTHERS = ("time", "processing", "status", "latency_ms", "attempt", "tags", "cost", "currency")
PROFILES = {workflow.name: workflow.profile.name for workflow in DEFAULT.workflows}


def faults(call: dict[str, Any]) -> list[str]:
    """Return what CONTRACT.md section 4 would reject a call for."""
    found = [f"unknown field {name}" for name in call if name not in (*COUNTS, *TEXTS, *OTHERS)]
    found += [f"no {name}" for name in ("id", "time", "provider", "model") if not call.get(name)]
    for name in TEXTS:
        value = call.get(name, "-")
        if not isinstance(value, str) or not 0 < len(value) <= 500 or "\0" in value:
            found.append(f"bad text {name}")
    for name in COUNTS:
        if type(call.get(name, 0)) is not int or call.get(name, 0) < 0:
            found.append(f"bad count {name}")
    parts = sum(call.get(name, 0) for name in COUNTS[1:4])
    if parts > call["input_tokens"] or call.get("reasoning_tokens", 0) > call["output_tokens"]:
        found.append("parts larger than their whole")
    if call["status"] not in STATUSES or call.get("processing", "standard") not in PROCESSING_MODES:
        found.append("unknown choice")
    if call.get("attempt", 1) < 1 or call["latency_ms"] < 0:
        found.append("out of range")
    if not all(isinstance(value, str) for value in call.get("tags", {}).values()):
        found.append("tag that is no text")
    if datetime.fromisoformat(call["time"]).utcoffset() is None:
        found.append("time without a zone")
    return found


def of_profile(usage: Calls, profile: str) -> Calls:
    return [
        call
        for call in usage
        if PROFILES.get(call.get("workflow", "")) == profile and call["status"] == "ok"
    ]


def part(calls: Calls, of: str, whole: str) -> float:
    return float(sum(call.get(of, 0) for call in calls) / sum(call[whole] for call in calls))


def test_every_row_is_valid(usage: Calls) -> None:
    assert [(call, found) for call in usage if (found := faults(call))] == []


def test_parts_of_a_prompt_are_disjoint_and_only_some_providers_charge_for_writing(
    usage: Calls,
) -> None:
    writers = {call["provider"] for call in usage if "cache_write_tokens" in call}
    assert writers == {"anthropic"}
    assert any(call.get("cache_write_1h_tokens") for call in usage)


def test_dimensions_are_as_many_as_in_the_measured_benchmark_data(usage: Calls) -> None:
    seen = {
        name: {call[name] for call in usage if name in call}
        for name in ("feature", "team", "customer", "workflow", "model", "provider")
    }
    assert len(seen["feature"]) == 40
    assert len(seen["team"]) == 12
    assert len(seen["workflow"]) == 15
    assert seen["model"] == {model.name for model in (*MODELS, IN_HOUSE)}
    assert len(seen["provider"]) == 5
    assert 180 <= len(seen["customer"]) <= 200


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_every_model_has_a_price_at_its_provider(model: Model) -> None:
    genai_prices = pytest.importorskip("genai_prices")
    usage = genai_prices.Usage(input_tokens=1_000_000, output_tokens=0)
    price = genai_prices.calc_price(
        usage,
        model.name,
        provider_id=model.provider,
        genai_request_timestamp=datetime(2026, 9, 1, 12, tzinfo=UTC),
    )
    assert price.total_price > 0


def test_the_model_of_the_house_has_no_price() -> None:
    genai_prices = pytest.importorskip("genai_prices")
    with pytest.raises(LookupError):
        genai_prices.calc_price(
            genai_prices.Usage(input_tokens=1), IN_HOUSE.name, provider_id=IN_HOUSE.provider
        )


@pytest.mark.parametrize(
    ("profile", "prompt", "output"),
    [
        ("chat", (850, 1_200), (105, 160)),
        ("batch", (90, 135), (6, 11)),
        ("agent", (25_000, 55_000), (85, 140)),
        ("reasoning", (140, 250), (700, 1_200)),
    ],
)
def test_medians_are_the_measured_ones(
    usage: Calls, profile: str, prompt: tuple[int, int], output: tuple[int, int]
) -> None:
    calls = of_profile(usage, profile)
    assert prompt[0] <= median(call["input_tokens"] for call in calls) <= prompt[1]
    assert output[0] <= median(call["output_tokens"] for call in calls) <= output[1]


def test_agents_read_nearly_all_from_the_cache_where_caching_is_on(usage: Calls) -> None:
    agents = of_profile(usage, "agent")
    cached = [call for call in agents if "cache_read_tokens" in call]
    assert 0.94 <= part(cached, "cache_read_tokens", "input_tokens") <= 0.97
    assert all("cache_read_tokens" not in c for c in agents if c["workflow"] == "deep-research")


def test_three_quarters_of_what_reasoning_models_write_is_reasoning(usage: Calls) -> None:
    calls = of_profile(usage, "reasoning")
    assert 0.70 <= part(calls, "reasoning_tokens", "output_tokens") <= 0.80


def test_one_to_two_percent_of_the_calls_fail_without_output(usage: Calls) -> None:
    failed = [call for call in usage if call["status"] in ("error", "timeout")]
    assert 0.01 <= len(failed) / len(usage) <= 0.02
    assert all(call["output_tokens"] == 0 for call in failed)
    assert {"error" in call for call in failed if call["status"] == "error"} == {True}


def test_agents_are_aborted_and_a_third_of_that_is_billed(usage: Calls) -> None:
    agents = [call for call in usage if PROFILES.get(call.get("workflow", "")) == "agent"]
    aborted = [call for call in agents if call["status"] == "cancelled"]
    assert 0.03 <= len(aborted) / len(agents) <= 0.05
    billed = sum(1 for call in aborted if call["input_tokens"])
    assert 0.2 <= billed / len(aborted) <= 0.47
    assert all(call["status"] != "cancelled" for call in of_profile(usage, "chat"))


def test_some_calls_are_cached_untagged_or_of_an_unknown_model(usage: Calls) -> None:
    shares = {
        "cached": sum(call["status"] == "cached" for call in usage),
        "untagged": sum("feature" not in call for call in usage),
        "unknown": sum(call["model"] == IN_HOUSE.name for call in usage),
    }
    assert all(0.001 < count / len(usage) < 0.06 for count in shares.values()), shares


def test_customers_are_uneven(usage: Calls) -> None:
    calls = Counter(call["customer"] for call in usage if "customer" in call)
    assert calls.most_common(1)[0][1] > 0.12 * calls.total()
    assert min(calls.values()) < 0.002 * calls.total()


def test_weekdays_and_office_hours_are_busier(usage: Calls) -> None:
    times = [datetime.fromisoformat(call["time"]) for call in usage]
    weekdays = sum(1 for time in times if time.weekday() < 5) / 5
    weekends = sum(1 for time in times if time.weekday() >= 5) / 2
    assert weekdays > 1.5 * weekends
    assert sum(1 for time in times if time.hour == 10) > 3 * sum(
        1 for time in times if time.hour == 4
    )


def test_reported_costs_change_nothing_else() -> None:
    start, end = datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 9, 2, tzinfo=UTC)

    def calls(share: float) -> Calls:
        stream = usage_rows(seed=3, calls=2_000, start=start, end=end, reported_cost_share=share)
        return [json.loads(row) for row in stream]

    plain, reporting = calls(0.0), calls(0.4)
    assert not any("cost" in call for call in plain)
    costs = [Decimal(call.pop("cost")) for call in reporting if "cost" in call]
    assert {call.pop("currency", "USD") for call in reporting} == {"USD"}
    assert 0.3 * len(plain) < len(costs) < 0.45 * len(plain)
    assert all(0 < cost < 10 for cost in costs)
    assert reporting == plain
