"""What a run's page says: tables of cases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from finops.insights.run import CALLS_KEPT, RunPart, RunSeen
from finops.web.runs import sentences
from tests.finops.web.runs.seen import seen_run, step_call

D = Decimal


@pytest.mark.parametrize(
    ("cost", "typical", "said"),
    [
        ("6.42", "1.83", "Run 8f3a-21c7 cost $6.42, 3.5 times the typical run"),
        ("91", "3", "Run 8f3a-21c7 cost $91.00, 30 times the typical run"),
        ("1.85", "1.83", "Run 8f3a-21c7 cost $1.85, as much as the typical run"),
        ("0.50", "2", "Run 8f3a-21c7 cost $0.50, 25.0% of the typical run"),
        ("6.42", None, "Run 8f3a-21c7 cost $6.42"),
        ("0", "0", "Run 8f3a-21c7 cost $0"),
        (None, "2", "Run 8f3a-21c7 has no price"),
    ],
)
def test_the_headline(cost: str | None, typical: str | None, said: str) -> None:
    told = sentences.headline(
        "8f3a-21c7",
        cost and D(cost),
        typical and D(typical),
        "USD",  # type: ignore[arg-type]
    )

    assert told == said


def test_a_long_id_keeps_both_ends() -> None:
    told = sentences.short("a" * 300 + "z" * 200)

    assert told.startswith("aaa")
    assert told.endswith("zzz")
    assert len(told) <= 40


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (seen_run(step_call()), ["then", "1 call in 1.0 s", "Completed"]),
        (
            seen_run(step_call(), step_call(status="error")),
            ["then", "2 calls in 2.0 s", "Ended with a failed call"],
        ),
        (seen_run(), ["then", "0 calls"]),
        (seen_run(step_call(latency=None)), ["then", "1 call", "Completed"]),
    ],
)
def test_the_facts(seen: RunSeen, said: list[str]) -> None:
    assert sentences.facts(seen, "then") == said


def test_nothing_burned_is_nothing_said() -> None:
    assert sentences.burned(seen_run(step_call(), step_call()), "USD") == []
    assert sentences.burned(seen_run(), "USD") == []


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (
            seen_run(step_call("plan", cost="1"), step_call("plan", cost="3", attempt=2)),
            ["<b>$3.00 (75.0%) went on one repeated call.</b> Step “plan” ran 2 times."],
        ),
        (
            seen_run(step_call(cost="1"), step_call(cost="1", status="timeout")),
            ["<b>$1.00 (50.0%) went on one failed call.</b>"],
        ),
        (
            seen_run(step_call(cost="4"), step_call(status="error", cost=None)),
            ["<b>One failed call cost nothing.</b>"],
        ),
        (
            seen_run(
                *[step_call("plan", cost="1")] * 12, step_call("draft", cost="9", status="error")
            ),
            [
                "<b>$9.00 (42.9%) went on one failed call.</b>",
                "<b>$2.00 (9.5%) went on two repeated calls.</b> Step “plan” ran 12 times.",
            ],
        ),
    ],
    ids=["repeated", "failed", "failed for free", "both"],
)
def test_what_was_burned_is_said_dearest_first(seen: RunSeen, said: list[str]) -> None:
    assert [str(sentence) for sentence in sentences.burned(seen, "USD")] == said


def test_no_dollar_burns_twice() -> None:
    """A failed attempt is failed; the next attempt, which answered, is what had to be paid."""
    seen = seen_run(step_call(cost="1", status="error"), step_call(cost="2", attempt=2))

    assert (seen.failed.cost, seen.repeated.cost) == (1, 0)


def test_an_old_run_says_why_it_has_no_steps() -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    old = seen_run(started=now - timedelta(days=CALLS_KEPT + 1))

    assert old.expired(now)
    assert not seen_run(started=now).expired(now)
    assert not seen_run(step_call(), started=now - timedelta(days=CALLS_KEPT + 1)).expired(now)
    assert sentences.expired() == (
        "Step detail is kept for 400 days. This run is older; its total remains."
    )


def test_step_names_are_text_and_never_markup() -> None:
    hostile = "<img src=x>"
    (told,) = sentences.burned(seen_run(step_call(hostile), step_call(hostile, attempt=2)), "USD")

    assert "&lt;img" in told


def test_a_run_of_several_workflows_belongs_first_to_the_dearest() -> None:
    seen = seen_run(step_call(), parts=(RunPart("b", "b", D(2), 1), RunPart("a", "a", D(1), 1)))

    assert seen.workflow.workflow == "b"
    assert seen.spans_workflows
