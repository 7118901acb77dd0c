"""Which rule decides a dimension."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from finops.attribution.match import NOTHING, Decision, Rule, RuleSet
from finops.domain.usage import UsageRecord

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def record(**fields: Any) -> UsageRecord:
    known: dict[str, Any] = {"started_at": NOON, "provider": "openai", "model": "gpt-4o"}
    return UsageRecord(**known | fields)


def decide(call: UsageRecord, *rules: Rule, source: str = "logs") -> Decision:
    return RuleSet(rules, source=source).decide(call, provider="openai", model="gpt-4o")


def rule(number: int = 1, dimension: str = "team", value: str = "growth", **fields: Any) -> Rule:
    return Rule(number, dimension, value if "value_tag" not in fields else "", **fields)


def test_the_first_rule_that_matches_wins() -> None:
    decision = decide(record(), rule(1, tag="x"), rule(2, value="a"), rule(3, value="b"))

    assert (decision.values, decision.rules) == ({"team": "a"}, {"team": 2})


def test_each_dimension_is_decided_on_its_own() -> None:
    decision = decide(record(), rule(1), rule(2, "feature", "search"))

    assert decision.rules == {"team": 1, "feature": 2}


def test_the_calls_own_field_wins_over_every_rule() -> None:
    assert decide(record(team="risk"), rule()) is NOTHING


@pytest.mark.parametrize(
    ("condition", "matches"),
    [
        ({}, True),
        ({"source": "logs"}, True),
        ({"source": "lo*"}, True),
        ({"source": "other"}, False),
        ({"provider": "openai"}, True),
        ({"provider": "azure"}, False),
        ({"model": "gpt-4*"}, True),
        ({"model": "claude*"}, False),
        ({"environment": "production"}, True),
        ({"environment": "staging"}, False),
        ({"tag": "service"}, True),
        ({"tag": "service", "tag_value": "api"}, True),
        ({"tag": "service", "tag_value": "a*"}, True),
        ({"tag": "service", "tag_value": "web"}, False),
        ({"tag": "absent"}, False),
    ],
)
def test_every_condition_of_a_rule_must_hold(condition: dict[str, str], matches: bool) -> None:
    call = record(environment="production", tags={"service": "api"})

    assert bool(decide(call, rule(**condition)).values) is matches


def test_rules_know_a_model_by_its_given_and_its_catalogue_name() -> None:
    call = record(model="models/gpt-4o-2024-08-06")

    assert decide(call, rule(model="gpt-4o")).values
    assert decide(call, rule(model="models/*")).values


def test_a_rule_may_take_its_value_from_a_tag() -> None:
    call = record(tags={"squad": " risk "})

    assert decide(call, rule(tag="squad", value_tag="squad")).values == {"team": "risk"}


@pytest.mark.parametrize("said", ["", "  ", "unallocated"])
def test_a_tag_that_says_nothing_leaves_it_to_the_next_rule(said: str) -> None:
    rules = (rule(1, tag="squad", value_tag="squad"), rule(2, value="fallback"))

    assert decide(record(tags={"squad": said}), *rules).rules == {"team": 2}


def test_a_rule_holds_from_its_first_instant_until_before_its_last() -> None:
    dated = rule(effective_from=NOON, effective_to=NOON.replace(hour=13))
    hours = {hour: NOON.replace(hour=hour) for hour in (11, 12, 13)}

    held = {hour: bool(decide(record(started_at=at), dated).values) for hour, at in hours.items()}

    assert held == {11: False, 12: True, 13: False}


def test_calls_with_equal_keys_get_equal_decisions_and_dates_tell_keys_apart() -> None:
    rules = RuleSet(
        [rule(1, tag="squad", value_tag="squad", effective_from=NOON), rule(2, value="early")],
        source="logs",
    )
    before, after = record(started_at=NOON.replace(hour=1)), record(tags={"other": "x"})

    assert rules.key(before) != rules.key(after)
    assert rules.key(after) == rules.key(record(tags={"other": "y"}))
    assert rules.key(after) != rules.key(record(tags={"squad": "risk"}))
    assert rules.key(after) != rules.key(record(team="risk"))


def test_a_set_without_rules_is_empty() -> None:
    assert not RuleSet([rule(source="other")], source="logs")
