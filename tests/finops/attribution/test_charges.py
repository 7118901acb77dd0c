"""Who a charge of a bill was for: its own tags, then the same rules as for calls."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops.attribution.charges import ChargeRules, own_values
from finops.attribution.match import Decision, Rule, RuleSet
from finops.attribution.queries import LITELLM_DEFAULTS
from finops.domain.charge import ChargeRecord
from finops.domain.usage import UsageRecord

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)
CHARGE_CONDITIONS = ("service", "account", "sub_account", "resource", "principal")


def charge(**fields: Any) -> ChargeRecord:
    known: dict[str, Any] = {
        "billing_account_id": "1111",
        "billing_account_name": "Main account",
        "billing_period": date(2026, 10, 1),
        "charge_period_start": NOON,
        "charge_period_end": NOON.replace(hour=13),
        "billing_currency": "USD",
        "sub_account_id": "2222",
        "sub_account_name": "Search production",
        "service_provider_name": "AWS",
        "service_name": "Amazon Bedrock",
        "resource_id": "arn:aws:bedrock:eu:2222:profile/[chat]-1",
        "resource_name": "chat",
        "principal_id": "arn:aws:iam::2222:role/Search",
    }
    return ChargeRecord(**known | fields)


def rule(number: int = 1, dimension: str = "team", value: str = "growth", **fields: Any) -> Rule:
    return Rule(number, dimension, value if "value_tag" not in fields else "", **fields)


def decide(record: ChargeRecord, *rules: Rule, source: str = "focus") -> Decision:
    return ChargeRules(rules, source=source).decide(record, provider="aws", model="claude-4")


# --- what a charge says itself ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tags", "own"),
    [
        ({"team": "search"}, {"team": "search"}),
        ({"Team": " search "}, {"team": "search"}),
        ({"user_team": "search"}, {"team": "search"}),
        ({"user:Feature": "chat"}, {"feature": "chat"}),
        ({"resourceTags/user:WORKFLOW": "triage"}, {"workflow": "triage"}),
        ({"Environment": "prod", "customer": "acme"}, {"customer": "acme", "environment": "prod"}),
        ({"Team": "b", "team": "a", "user_team": "c"}, {"team": "a"}),
        ({"team": "", "user_team": "c"}, {"team": "c"}),
        ({"team": "unallocated"}, {}),
        ({"team": "true"}, {}),  # FOCUS writes a tag without a value so
        ({"team": "x" * 501}, {}),
        ({"cost-center": "42", "teams": "a", "aws_team": "b", "user": "tom"}, {}),
    ],
)
def test_tags_named_like_a_dimension_are_what_a_charge_says(
    tags: dict[str, str], own: dict[str, str]
) -> None:
    assert own_values(tags) == own
    assert decide(charge(tags=tags)) == Decision(own, {})


def test_what_a_charge_says_itself_wins_over_every_rule() -> None:
    decision = decide(charge(tags={"Team": "risk"}), rule(1), rule(2, "feature", "chat"))

    assert decision == Decision({"team": "risk", "feature": "chat"}, {"feature": 2})


# --- rules --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "matches"),
    [
        ({}, True),
        ({"source": "focus"}, True),
        ({"source": "logs"}, False),
        ({"service": "amazon bedrock"}, True),
        ({"service": "*bedrock*"}, True),
        ({"service": "Amazon S3"}, False),
        ({"account": "1111"}, True),
        ({"account": "main *"}, True),
        ({"account": "2222"}, False),
        ({"sub_account": "2222"}, True),
        ({"sub_account": "search*"}, True),
        ({"resource": "*profile/[CHAT]-*"}, True),  # brackets are letters
        ({"resource": "*profile/[c]hat*"}, False),
        ({"resource": "chat"}, True),
        ({"principal": "*role/search"}, True),
        ({"principal": "key-?"}, False),
        ({"provider": "aws"}, True),
        ({"provider": "openai"}, False),
        ({"model": "claude*"}, True),
        ({"model": "gpt*"}, False),
        ({"environment": "prod"}, True),
        ({"environment": "test"}, False),
        ({"tag": "squad"}, True),
        ({"tag": "squad", "tag_value": "or*"}, True),
        ({"tag": "squad", "tag_value": "blue"}, False),
        ({"tag": "cost-centre", "account": "1111"}, True),  # sent as user_cost-centre
        ({"tag": "absent"}, False),
        ({"account": "1111", "service": "Amazon S3"}, False),
    ],
)
def test_every_condition_of_a_rule_must_hold(condition: dict[str, str], matches: bool) -> None:
    tags = {"environment": "prod", "squad": "orange", "user_cost-centre": "42"}

    assert ("team" in decide(charge(tags=tags), rule(**condition)).values) is matches


def test_a_charge_without_what_a_rule_asks_for_is_no_match() -> None:
    bare = charge(service_name=None, resource_id=None, resource_name=None, principal_id=None)

    for name in ("service", "resource", "principal"):
        assert decide(bare, rule(**{name: "a*"})).values == {}
        assert decide(bare, rule(**{name: "*"})).values == {}


def test_order_decides_and_a_tag_that_says_nothing_passes() -> None:
    rules = (
        rule(1, value_tag="squad"),
        rule(2, account="9999", value="a"),
        rule(3, account="1111", value="b"),
        rule(4, value="c"),
    )

    assert decide(charge(tags={"squad": " "}), *rules) == Decision({"team": "b"}, {"team": 3})
    assert decide(charge(tags={"user:squad": "x"}), *rules) == Decision({"team": "x"}, {"team": 1})


def test_dates_are_those_of_the_charge_period() -> None:
    dated = rule(effective_from=NOON, effective_to=NOON.replace(hour=13))
    hours = {hour: charge(charge_period_start=NOON.replace(hour=hour)) for hour in (11, 12, 13)}
    rules = ChargeRules([dated], source="focus")

    assert {hour: bool(decide(each, dated).values) for hour, each in hours.items()} == {
        11: False,
        12: True,
        13: False,
    }
    assert len({rules.key(each) for each in hours.values()}) == 3


def test_charges_have_no_run_and_no_step() -> None:
    assert decide(charge(tags={"job": "7"}), rule(dimension="run", value_tag="job")).values == {}


def test_litellms_default_rules_leave_bills_alone() -> None:
    defaults = [
        Rule(n, each.dimension, value_tag=each.tag, source="litellm*", tag=each.tag)
        for n, each in enumerate(LITELLM_DEFAULTS, start=1)
    ]
    tags = {each.tag: "somebody" for each in LITELLM_DEFAULTS}

    assert decide(charge(tags=tags), *defaults, source="litellm-focus").values == {}


@pytest.mark.parametrize("name", CHARGE_CONDITIONS)
@pytest.mark.parametrize("pattern", ["*", "openai", "logs"])
def test_a_rule_that_asks_for_what_only_charges_have_matches_no_call(
    name: str, pattern: str
) -> None:
    call = UsageRecord(
        started_at=NOON, provider="openai", model="gpt-4o", tags={name: pattern}, environment="*"
    )
    rules = RuleSet([rule(**{name: pattern})], source="logs")

    assert not rules
    assert not rules.decide(call, provider="openai", model="gpt-4o").values


# --- laws ---------------------------------------------------------------------------------------

KEYS = st.sampled_from(["team", "Team", "TEAM", "user_team", "user:team", "squad", "user_squad"])
TAGS = st.dictionaries(KEYS, st.sampled_from(["a", "b", " ", "unallocated", "true", "é🤖"]))
RULES = st.lists(
    st.builds(
        rule,
        st.integers(1, 99),
        st.sampled_from(["team", "feature"]),
        st.sampled_from(["growth", "risk"]),
        service=st.sampled_from(["", "*bedrock", "s3"]),
        account=st.sampled_from(["", "1111", "2*"]),
        tag=st.sampled_from(["", "squad"]),
        tag_value=st.sampled_from(["", "a*"]),
        effective_from=st.sampled_from([None, NOON]),
    ),
    max_size=5,
)
CHARGES = st.builds(
    charge,
    tags=st.none() | TAGS,
    service_name=st.sampled_from([None, "Amazon Bedrock", "S3"]),
    charge_period_start=st.sampled_from([NOON, NOON.replace(hour=1)]),
    billing_account_id=st.sampled_from(["1111", "2345"]),
)


@given(RULES, CHARGES)
def test_the_order_of_tags_decides_nothing(rules: list[Rule], record: ChargeRecord) -> None:
    turned = charge(
        **{name: getattr(record, name) for name in record.__struct_fields__}
        | {"tags": dict(reversed((record.tags or {}).items()))}
    )

    assert decide(turned, *rules) == decide(record, *rules)


@given(RULES, CHARGES, CHARGES)
def test_equal_keys_mean_equal_decisions(
    rules: list[Rule], one: ChargeRecord, other: ChargeRecord
) -> None:
    asked = ChargeRules(rules, source="focus")

    if asked.key(one) == asked.key(other):
        assert decide(one, *rules) == decide(other, *rules)


@given(RULES, CHARGES)
def test_a_rule_that_decided_alone_would_have_decided_the_same(
    rules: list[Rule], record: ChargeRecord
) -> None:
    for dimension, decider in decide(record, *rules).rules.items():
        alone = [each for each in rules if each.id == decider and each.dimension == dimension]
        assert any(
            decide(record, each).values[dimension] == decide(record, *rules).values[dimension]
            for each in alone
            if decide(record, each).rules.get(dimension)
        )
