"""Runs: a chain of calls of one workflow that takes minutes; and one run that breaks the rule."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from statistics import mean, median
from typing import Any

import pytest

from ingest.generator import DEFAULT, usage_rows

Runs = dict[str, list[dict[str, Any]]]
AGENTS = {workflow.name for workflow in DEFAULT.workflows if workflow.profile.name == "agent"}


def workflows_of(run: list[dict[str, Any]]) -> set[str]:
    return {call["workflow"] for call in run if "workflow" in call}


def minutes(run: list[dict[str, Any]]) -> float:
    first, last = (datetime.fromisoformat(run[i]["time"]) for i in (0, -1))
    return (last - first).total_seconds() / 60


def test_exactly_one_run_belongs_to_two_workflows(usage_runs: Runs) -> None:
    assert sorted(len(workflows_of(run)) for run in usage_runs.values())[-2:] == [1, 2]


@pytest.mark.parametrize("calls", [4, 5, 9, 60, 333])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_small_files_have_that_run_too(calls: int, seed: int) -> None:
    start, end = datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 9, 8, tzinfo=UTC)
    runs: dict[str, set[str]] = {}
    for row in usage_rows(seed=seed, calls=calls, start=start, end=end):
        call = json.loads(row)
        runs.setdefault(call.get("run", call["id"]), set()).add(call.get("workflow", ""))
    assert sum(len(workflows) > 1 for workflows in runs.values()) == 1


def test_a_run_is_of_one_feature_and_one_customer_or_user(usage_runs: Runs) -> None:
    for run in usage_runs.values():
        if len(workflows_of(run)) < 2:
            for name in ("feature", "team", "customer", "user", "environment"):
                assert len({call.get(name) for call in run}) == 1


def test_runs_last_minutes(usage_runs: Runs) -> None:
    lengths = [minutes(run) for run in usage_runs.values() if len(run) > 1]
    assert 1 < median(lengths) < 10
    assert max(lengths) < 60


def test_agents_take_5_to_20_calls(usage_runs: Runs) -> None:
    sizes = [len(run) for run in usage_runs.values() if workflows_of(run) & AGENTS]
    assert min(sizes) >= 5
    assert max(sizes) <= 20


def test_runs_have_eight_calls_on_average(usage_runs: Runs) -> None:
    assert 7 < mean(len(run) for run in usage_runs.values()) < 9


def test_parents_are_earlier_calls_of_the_same_run(usage_runs: Runs) -> None:
    for run in usage_runs.values():
        seen: set[str] = set()
        for position, call in enumerate(run):
            assert call["step"]
            if "parent" in call:
                assert call["parent"] in seen
            else:
                # Only the first call has none, however often it is tried.
                assert call["attempt"] == position + 1
            seen.add(call["id"])


def test_a_retry_repeats_the_step_that_failed(usage_runs: Runs) -> None:
    retries = 0
    for run in usage_runs.values():
        for position, call in enumerate(run):
            if call["attempt"] > 1:
                before = run[position - 1]
                retries += 1
                assert before["status"] in ("error", "timeout")
                assert before["attempt"] == call["attempt"] - 1
                assert (before["step"], before.get("parent")) == (call["step"], call.get("parent"))
    assert retries > 100


def test_prompts_of_an_agent_grow(usage_runs: Runs) -> None:
    grown = []
    for run in usage_runs.values():
        if workflows_of(run) <= AGENTS and workflows_of(run):
            own = [
                c["input_tokens"] for c in run if c["status"] == "ok" and c["step"] != "subagent"
            ]
            if len(workflows_of(run)) == 1 and own:
                assert own == sorted(own)
                grown.append(own[-1] / own[0])
    assert median(grown) > 2


def test_some_calls_of_agents_are_a_helpers_on_a_cheaper_model(usage_runs: Runs) -> None:
    calls = [c for run in usage_runs.values() if workflows_of(run) & AGENTS for c in run]
    helped = [call for call in calls if call["step"] == "subagent"]
    assert 0.05 < len(helped) / len(calls) < 0.10
    assert {call["model"] for call in helped} <= {"claude-haiku-4-5", "gemini-2.5-flash"}
