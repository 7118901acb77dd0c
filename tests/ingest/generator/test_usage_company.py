"""Companies as data: who owns what, and what changes on a date."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingest.generator import DEFAULT, Company, usage_rows
from ingest.generator.company import Change, Step, Workflow
from ingest.generator.models_on_sale import HAIKU, OPUS, SONNET
from ingest.generator.names import invented_customers
from ingest.generator.profiles import AGENT, CHAT, TABLE_SIZE, Spread

START = datetime(2026, 9, 1, tzinfo=UTC)
END = datetime(2026, 9, 11, tzinfo=UTC)
MIDDLE = datetime(2026, 9, 6, tzinfo=UTC)
NIGHT = datetime(2026, 9, 8, 22, tzinfo=UTC)

CODING = Workflow(
    name="coding",
    feature="ide",
    share=1,
    profile=AGENT,
    models=((OPUS, 1),),
    steps=(Step("plan"), Step("edit"), Step("check", model=HAIKU)),
    calls_per_run=(5, 10),
    weekend=1.0,
)
HELP = Workflow(
    name="help", feature="desk", share=1, profile=CHAT, models=((SONNET, 1),), weekend=1.0
)


def company(coding: Workflow = CODING, helping: Workflow = HELP) -> Company:
    return Company(
        name="two workflows",
        features={"ide": "tools", "desk": "care"},
        customers=("acme", "zenith"),
        users=("ann",),
        workflows=(coding, helping),
    )


def calls_of(who: Company, name: str, calls: int = 6_000) -> list[dict[str, Any]]:
    stream = usage_rows(seed=1, calls=calls, start=START, end=END, company=who)
    rows = [json.loads(row) for row in stream]
    return [row for row in rows if row["workflow"] == name and row["status"] == "ok"]


def since(calls: list[dict[str, Any]], moment: datetime) -> list[dict[str, Any]]:
    return [call for call in calls if datetime.fromisoformat(call["time"]) >= moment]


def before(calls: list[dict[str, Any]], moment: datetime) -> list[dict[str, Any]]:
    return [call for call in calls if datetime.fromisoformat(call["time"]) < moment]


def test_every_team_owns_features_and_every_workflow_has_one() -> None:
    assert len(DEFAULT.features) == 40
    assert len(set(DEFAULT.features.values())) == 12
    assert len({workflow.feature for workflow in DEFAULT.workflows}) == 15
    assert {flow.feature for flow in (*DEFAULT.workflows, *DEFAULT.direct)} == set(DEFAULT.features)
    assert len(set(invented_customers(200))) == 200


def test_a_workflow_without_a_known_feature_is_refused() -> None:
    with pytest.raises(ValueError, match="no feature attic"):
        company(helping=replace(HELP, feature="attic"))


def test_shares_are_shares_of_calls() -> None:
    calls = Counter(
        json.loads(row)["workflow"]
        for row in usage_rows(seed=1, calls=6_000, start=START, end=END, company=company())
    )
    assert 0.45 < calls["coding"] / 6_000 < 0.55


def test_a_step_may_have_a_model_of_its_own() -> None:
    assert {c["model"] for c in calls_of(company(), "coding") if c["step"] == "check"} == {
        "claude-haiku-4-5"
    }


def test_caching_starts_on_its_day() -> None:
    calls = calls_of(company(coding=replace(CODING, caching_from=MIDDLE)), "coding")
    assert not any("cache_read_tokens" in call for call in before(calls, MIDDLE))
    # Runs that had begun before go on without.
    assert all("cache_read_tokens" in call for call in since(calls, MIDDLE + timedelta(hours=1)))


def test_a_changed_prompt_is_longer_and_tagged() -> None:
    change = Change(since=MIDDLE, prompt=2.0, tags=(("prompt", "v2"),))
    calls = calls_of(company(helping=replace(HELP, changes=(change,))), "help")
    old, new = before(calls, MIDDLE), since(calls, MIDDLE)
    ratio = (sum(c["input_tokens"] for c in new) / len(new)) / (
        sum(c["input_tokens"] for c in old) / len(old)
    )
    assert 1.8 < ratio < 2.2
    assert all(call["tags"] == {"prompt": "v2"} for call in new)
    assert not any("tags" in call for call in old)


def test_a_model_is_replaced_while_a_change_is_in_force() -> None:
    change = Change(since=MIDDLE, until=NIGHT, models=((HAIKU, 1),))
    calls = calls_of(company(helping=replace(HELP, changes=(change,))), "help")
    during = since(before(calls, NIGHT), MIDDLE)
    assert {call["model"] for call in during} == {"claude-haiku-4-5"}
    assert {call["model"] for call in calls if call not in during} == {"claude-sonnet-4-5"}


def test_a_runaway_night_has_endless_runs() -> None:
    morning = NIGHT + timedelta(hours=8)
    change = Change(since=NIGHT, until=morning, volume=4.0, calls_per_run=(150, 300))
    calls = calls_of(company(coding=replace(CODING, changes=(change,))), "coding")
    day = timedelta(days=1)
    runaway = since(before(calls, morning), NIGHT)
    usual = since(before(calls, morning - day), NIGHT - day)
    assert Counter(call["run"] for call in calls).most_common(1)[0][1] > 120
    assert len(runaway) > 20 * len(usual)


def test_growth_adds_calls_day_by_day() -> None:
    growing = replace(company(), daily_growth=0.2)
    calls = calls_of(growing, "help")
    assert len(since(calls, MIDDLE)) > 1.5 * len(before(calls, MIDDLE))


def test_a_drawing_table_has_the_quantiles_of_its_spread() -> None:
    table = Spread(1, 129, 424, 601, 1_000).table
    assert len(table) == TABLE_SIZE
    assert list(table) == sorted(table)
    for quantile, value in ((0.5, 129), (0.9, 424), (0.99, 601)):
        assert table[int(quantile * TABLE_SIZE)] == pytest.approx(value, rel=0.02)
    assert table[0] >= 1
    assert 980 <= table[-1] <= 1_000
