"""How a period stands, from its facts and lines alone."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops.budgets.lines import NO_LINES, Lines
from finops.budgets.status import SEVERITY, Facts, Judgement, WorkflowCost, judge

CENT = Decimal("0.01")
HAIR = Decimal("0.000000000001")
LINES = Lines(planned=Decimal(11_000), yellow=Decimal(12_000), red=Decimal(14_500))


def judged(actual: object, lines: Lines = LINES, **facts: object) -> Judgement:
    return judge(Facts(actual=Decimal(str(actual)), **facts), lines)  # type: ignore[arg-type]


def codes(judgement: Judgement) -> list[str]:
    return [reason.code for reason in judgement.reasons]


# --- lines --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("actual", "status", "code"),
    [
        (Decimal(-610), "green", "within_lines"),
        (Decimal(0), "green", "within_lines"),
        (Decimal(12_000) - HAIR, "green", "within_lines"),
        (Decimal(12_000), "green", "within_lines"),
        (Decimal(12_000) + HAIR, "yellow", "above_yellow"),
        (Decimal(14_500), "yellow", "above_yellow"),
        (Decimal(14_500) + HAIR, "red", "above_red"),
    ],
)
def test_exactly_on_a_line_is_the_milder_state(actual: Decimal, status: str, code: str) -> None:
    judgement = judge(Facts(actual=actual), LINES)

    assert (judgement.status, codes(judgement)) == (status, [code])


def test_lines_of_zero_are_lines() -> None:
    zero = Lines(yellow=Decimal(0), red=Decimal(0))

    assert judged(0, zero).status == "green"
    assert judged(HAIR, zero).status == "red"
    assert judged(-1, zero).status == "green"


def test_one_line_for_both_leaves_no_yellow() -> None:
    one = Lines(yellow=Decimal(10), red=Decimal(10))

    assert [judged(amount, one).status for amount in ("10", "10.01")] == ["green", "red"]


@pytest.mark.parametrize("actual", [0, 5, -5])
def test_without_lines_there_is_no_status(actual: int) -> None:
    judgement = judged(actual, Lines(planned=Decimal(5), workflow_share=Decimal(20)))

    assert (judgement.status, codes(judgement)) == ("none", ["no_lines"])
    assert judge(Facts(), NO_LINES).status == "none"


def test_a_plan_is_no_line() -> None:
    assert judged(11_500).status == "green"


def test_the_digits_that_an_amount_has_all_count() -> None:
    huge = Lines(yellow=Decimal("99999999999.99"), red=Decimal("99999999999.99"))

    assert judged("99999999999.99", huge).status == "green"
    assert judged("99999999999.990000000000000000000000000001", huge).status == "red"


@given(
    st.decimals(-10, 100, places=4),
    st.decimals(-10, 100, places=4),
    st.decimals(0, 50, places=2),
    st.decimals(0, 50, places=2),
)
def test_spending_more_never_stands_better(
    one: Decimal, other: Decimal, first: Decimal, second: Decimal
) -> None:
    lines = Lines(yellow=min(first, second), red=max(first, second))
    less, more = sorted([one, other])

    assert SEVERITY[judged(less, lines).status] <= SEVERITY[judged(more, lines).status]


# --- words --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("actual", "text"),
    [
        ("14862", "$14,862 is $362.00 above the red line of $14,500."),
        ("12000.01", "$12,000 is $0.01 above the yellow line of $12,000."),
        ("11000", "$11,000 is $1,000 below the yellow line of $12,000."),
        ("12000", "$12,000 is exactly on the yellow line."),
        ("-610", "−$610.00 is $12,610 below the yellow line of $12,000."),
    ],
)
def test_a_reason_names_dollars(actual: str, text: str) -> None:
    assert judged(actual).reasons[0].text == text


def test_reasons_are_in_the_currency_of_the_reports() -> None:
    said = judge(Facts(actual=Decimal(20_000)), LINES, currency="EUR").reasons[0].text

    assert said == "€20,000 is €5,500 above the red line of €14,500."


def test_calls_without_a_price_are_named_and_change_nothing() -> None:
    one, many = judged(1, unpriced_calls=1), judged(1, unpriced_calls=2_000)

    assert (one.status, codes(one)) == ("green", ["within_lines", "unpriced"])
    assert one.reasons[1].text == "1 call has no price yet and counts $0."
    assert many.reasons[1].text == "2,000 calls have no price yet and count $0."


# --- one workflow's share -----------------------------------------------------------------------

SHARE = LINES._replace(workflow_share=Decimal(20))


def shared(
    actual: object, *costs: object, accepted: dict[str, Decimal | None] | None = None
) -> Judgement:
    workflows = [WorkflowCost(f"agent-{n}", Decimal(str(cost))) for n, cost in enumerate(costs)]
    facts = Facts(actual=Decimal(str(actual)), workflows=workflows)
    return judge(facts, SHARE, accepted=accepted, labels={"agent-0": "Contract agent"})


def test_one_workflow_with_more_than_its_share_makes_it_red() -> None:
    judgement = shared(10_000, "2000.000000000001")

    assert judgement.status == "red"
    assert codes(judgement) == ["workflow_share", "within_lines"]
    assert judgement.too_large == WorkflowCost("agent-0", Decimal("2000.000000000001"))


def test_exactly_the_limit_is_no_more() -> None:
    assert shared(10_000, 2_000).status == "green"


def test_the_share_counts_once_a_tenth_of_the_red_line_is_spent() -> None:
    assert shared(1_450, 1_450).status == "green"
    assert shared("1450.01", 1_450).status == "red"


def test_the_share_says_who_and_how_much() -> None:
    text = shared(10_000, 3_000).reasons[0].text

    assert text == "Contract agent takes $3,000, 30.0% of $10,000. One workflow may take 20%."


def test_red_by_its_line_is_said_first() -> None:
    assert codes(shared(20_000, 9_000)) == ["above_red", "workflow_share"]


def test_an_accepted_workflow_may_take_what_was_accepted() -> None:
    assert shared(10_000, 3_000, accepted={"agent-0": None}).status == "green"
    assert shared(10_000, 3_000, accepted={"agent-0": Decimal(30)}).status == "green"
    assert shared(10_000, 3_000, accepted={"agent-0": Decimal("29.99")}).status == "red"
    assert shared(10_000, 3_000, accepted={"another": None}).status == "red"


def test_an_accepted_share_is_still_named() -> None:
    judgement = shared(10_000, 3_000, accepted={"agent-0": None})

    assert codes(judgement) == ["within_lines", "share_accepted"]


def test_beside_an_accepted_workflow_another_can_be_too_large() -> None:
    judgement = shared(10_000, 3_000, 2_500, accepted={"agent-0": None})

    assert judgement.status == "red"
    assert judgement.too_large == WorkflowCost("agent-1", Decimal(2_500))


@pytest.mark.parametrize("actual", [0, -10])
def test_where_nothing_was_spent_nothing_has_a_share(actual: int) -> None:
    zero = Lines(yellow=Decimal(0), red=Decimal(0), workflow_share=Decimal(20))
    facts = Facts(actual=Decimal(actual), workflows=[WorkflowCost("agent", Decimal(1))])

    assert judge(facts, zero).status == "green"


def test_switched_off_no_share_is_too_large() -> None:
    facts = Facts(actual=Decimal(10_000), workflows=[WorkflowCost("agent", Decimal(10_000))])

    assert judge(facts, LINES).status == "green"
