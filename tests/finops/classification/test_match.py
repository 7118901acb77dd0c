"""The first rule that holds decides; dates bound rules; equal keys get equal answers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops.classification.match import Kind, KindRules
from finops.classification.rule import KindRule
from tests.finops.bills.charges import charge

BEDROCK = KindRule(1, "llm_usage", service_name="*Bedrock*", provider="aws", model_from="sku_meter")
REST = KindRule(2, "not_ai")


def test_the_first_rule_that_holds_decides() -> None:
    found = KindRules([BEDROCK, REST]).decide(
        charge(
            service_name="Amazon Bedrock",
            sku_meter="USE1-NovaLite-input-tokens",
            consumed_quantity="12.5",
            consumed_unit="1K tokens",
        )
    )
    assert found == Kind("llm_usage", "aws", "nova-lite", "input", Decimal(1000), 1)
    assert KindRules([REST, BEDROCK]).decide(charge(service_name="Amazon Bedrock")).rule_id == 2


def test_a_charge_that_no_rule_knows_has_no_kind_but_a_provider() -> None:
    found = KindRules([BEDROCK]).decide(charge(service_provider_name="Amazon Web Services"))
    assert found == Kind(None, "aws")


@pytest.mark.parametrize(
    ("day", "decided"),
    [("2026-09-30", None), ("2026-10-01", 1), ("2026-10-31", 1), ("2026-11-01", None)],
)
def test_a_rule_decides_from_its_first_day_until_the_day_it_ends(
    day: str, decided: int | None
) -> None:
    rule = KindRule(1, "gpu", effective_from=date(2026, 10, 1), effective_to=date(2026, 11, 1))
    assert KindRules([rule]).decide(charge(day)).rule_id == decided


def test_a_rule_with_an_expression_holds_only_where_a_model_is_found() -> None:
    picky = KindRule(
        1, "llm_usage", model_from="charge_description", model_pattern=r"for (?P<model>nova-\w+)"
    )
    rules = KindRules([picky, REST])
    assert rules.decide(charge(charge_description="tokens for nova-lite")).model == "nova-lite"
    assert rules.decide(charge(charge_description="tokens for nobody")).kind == "not_ai"
    assert rules.decide(charge(charge_description=None)).kind == "not_ai"


def test_what_a_rule_says_outright_wins_over_focus_and_focus_over_the_meter() -> None:
    told = {
        "sku_meter": "nova-lite output tokens",
        "sku_price_details": {"ModelId": "nova-pro", "TokenDirection": "Input"},
    }
    read = KindRule(1, "llm_usage", model_from="sku_meter")
    assert KindRules([read]).decide(charge(**told))[2:4] == ("nova-pro", "input")
    said = read._replace(model="nova-premier", token_kind="cache_read")
    assert KindRules([said]).decide(charge(**told))[2:4] == ("nova-premier", "cache_read")


@pytest.mark.parametrize(
    ("fields", "tokens"),
    [
        ({"consumed_quantity": "5000", "consumed_unit": "Tokens"}, "5000"),
        ({"consumed_quantity": "1.5", "consumed_unit": "1M"}, "1500000"),
        ({"pricing_quantity": "8.40", "pricing_unit": "1000000 Tokens"}, "8400000"),
        (
            {
                "consumed_quantity": "3",
                "consumed_unit": "Units",
                "pricing_quantity": "3",
                "pricing_unit": "1K tokens",
            },
            "3000",
        ),
        ({"consumed_quantity": "-2", "consumed_unit": "1K tokens"}, "-2000"),
        ({"consumed_quantity": "3", "consumed_unit": "Units"}, None),
        ({"consumed_unit": "Tokens"}, None),
        ({"consumed_quantity": "7", "consumed_unit": "Requests"}, None),
    ],
)
def test_tokens_are_counted_in_the_quantity_whose_unit_says_so(
    fields: dict[str, str], tokens: str | None
) -> None:
    billed = charge(service_name="Bedrock", sku_meter="nova-lite-input-tokens", **fields)
    counted = KindRules([BEDROCK]).decide(billed).tokens(billed)
    assert counted == (None if tokens is None else Decimal(tokens))


def test_what_is_no_use_of_a_model_counts_no_tokens() -> None:
    rule = KindRule(1, "model_training", model_from="sku_meter")
    found = KindRules([rule]).decide(charge(sku_meter="gpt-4o training input tokens"))
    assert (found.model, found.token_kind, found.tokens_per_unit) == ("gpt-4o-training", None, None)


def test_any_of_id_name_and_type_of_a_resource_may_match() -> None:
    rules = KindRules([KindRule(1, "vector_store", resource="*vector*")])
    for column in ("resource_id", "resource_name", "resource_type"):
        assert rules.decide(charge(**{column: "prod-Vector-7"})).rule_id == 1
    assert rules.decide(charge(resource_id="disk")).rule_id is None


_WORDS = st.sampled_from(["", "*", "Amazon*", "*bedrock*", "*token*", "gpu|*vector*", "x"])
_RULES = st.lists(
    st.builds(
        KindRule,
        st.integers(1, 99),
        st.sampled_from(["llm_usage", "gpu", "not_ai"]),
        service_name=_WORDS,
        sku_meter=_WORDS,
        resource=_WORDS,
        account=_WORDS,
        model_from=st.sampled_from(["", "sku_meter"]),
        effective_from=st.sampled_from([None, date(2026, 10, 3), date(2026, 10, 8)]),
        effective_to=st.sampled_from([None, date(2026, 10, 9), date(2026, 10, 12)]),
    ),
    max_size=8,
)
_TEXTS = st.sampled_from([None, "Amazon Bedrock", "vector", "x", "nova-lite-input-tokens", "gpu"])
_CHARGES = st.lists(
    st.builds(
        charge,
        st.dates(date(2026, 10, 1), date(2026, 10, 14)),
        service_name=_TEXTS,
        sku_meter=_TEXTS,
        resource_id=_TEXTS,
        billing_account_id=st.sampled_from(["x", "acme"]),
        consumed_unit=st.sampled_from([None, "1K tokens"]),
        consumed_quantity=st.sampled_from([None, "2"]),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=40)
@given(_RULES, _CHARGES, st.integers())
def test_answers_never_depend_on_what_was_asked_before(
    rules: list[KindRule], charges: list, seed: int
) -> None:
    asked = KindRules(rules)
    shuffled = charges.copy()
    Random(seed).shuffle(shuffled)
    for each in shuffled:
        asked.decide(each)
    assert [asked.decide(each) for each in charges] == [
        KindRules(rules).decide(each) for each in charges
    ]


@settings(max_examples=40)
@given(_RULES, _CHARGES)
def test_no_rule_decides_out_of_its_dates_and_none_is_passed_over(
    rules: list[KindRule], charges: list
) -> None:
    rules = [rule._replace(id=place) for place, rule in enumerate(rules)]
    for each in charges:
        found = KindRules(rules).decide(each).rule_id
        day = each.charge_period_start.date()
        alone = [rule.id for rule in rules if KindRules([rule]).decide(each).rule_id == rule.id]
        assert found == (alone[0] if alone else None)
        assert found is None or rules[found].in_force(day)


@settings(max_examples=40)
@given(_RULES, _CHARGES)
def test_charges_with_equal_keys_get_equal_answers(rules: list[KindRule], charges: list) -> None:
    asked = KindRules(rules)
    answers = {}
    for each in charges:
        answer = KindRules(rules).decide(each)
        assert answers.setdefault(asked.key(each), answer) == answer
