"""Where caps stand over a period, what is said about it, and which limits would fit."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from finops.attribution.values import merge
from finops.caps import words
from finops.caps.standing import (
    broken_by_workflow,
    lifted,
    report,
    standing,
    standings,
    violations_of_run,
)
from finops.caps.suggesting import MOST_RUNS, usual
from finops.domain.windows import Window, period
from finops.models import Cap
from tests.finops.caps.runs_at_hand import NOW, START, cap, check, dollars, found, imported, steps
from tests.finops.ledger.usage import read

NOVEMBER = Window(date(2026, 11, 1), date(2026, 12, 1))
OCTOBER = Window(date(2026, 10, 1), date(2026, 11, 1))


def three_runs() -> None:
    imported(
        steps("dear", *dollars("3", "4")),
        steps("dearer", *dollars("3", "3", "3"), start=START + timedelta(hours=1)),
        steps("fine", *dollars("1")),
        steps("october", *dollars("99"), start=NOW - timedelta(days=25)),
    )


def test_caps_stand_over_the_runs_that_began_in_the_period() -> None:
    three_runs()
    cap("run_cost", "5")
    cap("steps", 2)
    cap("depth", 5)
    check()

    stands = standing("agent", NOVEMBER)

    assert stands.runs == 3
    assert [(each.kind.name, each.broken, each.beyond) for each in stands.caps] == [
        ("run_cost", 2, 6),
        ("steps", 1, 3),
        ("depth", 0, None),
    ]
    assert [(each.run, each.kind.name) for each in stands.violations] == [
        ("dearer", "run_cost"),
        ("dearer", "steps"),
        ("dear", "run_cost"),
    ]
    assert (stands.is_red, [each.kind.name for each in stands.broken]) == (
        True,
        ["run_cost", "steps"],
    )
    assert standing("agent", OCTOBER).caps[0].broken == 1


def test_the_dearest_come_first_when_asked_for_and_no_more_than_asked_for() -> None:
    three_runs()
    cap("run_cost", "0")
    check()

    stands = standing("agent", NOVEMBER, listed=2, dearest=True)
    assert [each.run for each in stands.violations] == ["dearer", "dear"]


def test_no_dollar_counts_twice_for_a_workflow() -> None:
    three_runs()
    cap("run_cost", "5")
    cap("steps", 1)
    cap("steps", 9, workflow="other")
    check()

    assert broken_by_workflow(NOVEMBER) == {"agent": (2, Decimal(10))}
    assert broken_by_workflow(Window(date(2026, 12, 1), date(2026, 12, 2))) == {}


def test_a_workflow_without_caps_stands_nowhere() -> None:
    three_runs()

    assert standing("agent", NOVEMBER) == ("agent", 0, (), ())
    assert (standings(NOVEMBER), broken_by_workflow(NOVEMBER)) == ([], {})


def test_all_workflows_with_caps_the_dearest_first() -> None:
    three_runs()
    imported(steps("run", *dollars("50"), workflow="other"))
    cap("run_cost", "5")
    cap("run_cost", "5", workflow="other")
    check()

    assert [each.workflow for each in standings(NOVEMBER)] == ["other", "agent"]


def test_a_run_tells_every_cap_that_it_went_beyond() -> None:
    three_runs()
    cap("run_cost", "5")
    cap("steps", 2)
    check()
    dearer = UUID(standing("agent", NOVEMBER).violations[0].url_id)

    dollars_first, calls = violations_of_run(dearer)

    assert words.told(dollars_first, 2, "USD") == (
        "This run went $4.00 beyond the cap of $5.00 a run at step s1 (call 2)."
    )
    assert words.told(calls, 3, "USD") == (
        "This run reached 3 calls, beyond the cap of 2 calls a run at step s2 (call 3)."
        " It spent $3.00 beyond it."
    )
    Cap.objects.update(lifted_at=NOW)
    assert violations_of_run(dearer) == []
    assert [each.kind for each in lifted("agent")] == ["steps", "run_cost"]


def test_merged_workflows_stand_as_one() -> None:
    three_runs()
    imported(steps("old run", *dollars("9"), workflow="old"))
    cap("run_cost", "5")
    merge("workflow", "old", into="agent")
    check()

    assert standing("old", NOVEMBER) == standing("agent", NOVEMBER)
    assert standing("agent", NOVEMBER).caps[0].broken == 3


def test_the_report_is_plain_and_exact() -> None:
    imported(steps("run", *dollars("5.000000000001")))
    cap("run_cost", "5")
    check()
    ((number,),) = read("SELECT id FROM calls")

    answer = report("agent", NOVEMBER, "USD", listed=5)

    assert (answer["workflow"], answer["runs"], answer["since"]) == ("agent", 1, "2026-11-01")
    assert answer["caps"][0]["beyond"] == "0.000000000001"
    assert answer["violations"] == [
        {
            "workflow": "agent",
            "kind": "run_cost",
            "limit": "5",
            "run": "run",
            "url_id": found()[0].run_url_id.hex,
            "started": START.isoformat(),
            "value": "5.000000000001",
            "beyond": "0.000000000001",
            "step": "s0",
            "call": str(number),
            "found": NOW.isoformat(),
        }
    ]


# --- words --------------------------------------------------------------------------------------


def test_the_red_reason_names_runs_limit_period_and_dollars() -> None:
    three_runs()
    cap("run_cost", "5")
    cap("steps", 2)
    check()
    stands = standing("agent", NOVEMBER)
    running = period("2026-11", NOW, ZoneInfo("UTC"))

    assert words.reasons(stands, words.when(running), "USD") == [
        "2 runs beyond $5.00 a run since 1 November, $6.00 beyond the cap",
        "1 run beyond 2 calls a run since 1 November, $3.00 beyond the cap",
    ]
    assert [words.of_all(each, stands.runs) for each in stands.caps] == [
        "2 of 3 runs",
        "1 of 3 runs",
    ]


def test_dollars_that_nobody_knows_are_left_out() -> None:
    imported(steps("run", *dollars(None, None)))
    cap("steps", 1)
    check()

    (each,) = standing("agent", NOVEMBER).caps
    assert words.reason(each, "today", "USD") == "1 run beyond 1 call a run today"
    assert words.told(standing("agent", NOVEMBER).violations[0], None, "USD") == (
        "This run reached 2 calls, beyond the cap of 1 call a run at step s1."
    )


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("2026-11", "since 1 November"),
        ("2026-10", "in October 2026"),
        ("7d", "since 14 November"),
        ("2025-12-20..2026-11-20", "since 20 December 2025"),
        ("2026-10-03..2026-10-09", "from 3–9 October 2026"),
    ],
)
def test_periods_stand_behind_counts(key: str, said: str) -> None:
    assert words.when(period(key, NOW, ZoneInfo("UTC"))) == said


# --- limits that would fit ----------------------------------------------------------------------


def test_suggested_limits_are_round_and_say_what_they_would_have_caught() -> None:
    imported(
        *(
            steps(f"run {n:03}", *(["a"] * (1 + n % 3)), {"cost": f"{n}.123", "step": "b"})
            for n in range(1, 101)
        )
    )
    known = usual("agent", NOW)

    assert (known.runs, known.since) == (100, START)
    assert [(s.rank, s.limit, s.broken, s.runs) for s in known.suggestions("run_cost")] == [
        (95, Decimal(96), 5, 100),
        (99, Decimal(100), 1, 100),
    ]
    assert [(s.rank, s.limit, s.broken) for s in known.suggestions("steps")] == [(95, 4, 0)]
    assert known.broken("retries", Decimal(1)) == 33


def test_what_a_suggestion_would_have_caught_is_what_its_cap_catches() -> None:
    imported(*(steps(f"run {n}", *["a"] * (1 + n % 7)) for n in range(40)))
    known = usual("agent", NOW)

    for kind in ("steps", "retries", "step_tokens", "depth", "run_cost"):
        for limit in (Decimal(0), Decimal(3), Decimal(1_499)):
            made = cap(kind, str(limit))
            check()
            assert known.broken(kind, limit) == len(found(cap=made)), (kind, limit)
            Cap.objects.update(lifted_at=NOW)


def test_nothing_is_suggested_without_runs_and_only_the_latest_are_read() -> None:
    assert usual("agent", NOW).suggestions("run_cost") == []
    imported(steps("old", "a", start=NOW - timedelta(days=31)), steps("new", "a", "b"))

    known = usual("agent", NOW)
    assert (known.runs, known.values["steps"]) == (1, [2])
    assert MOST_RUNS == 500
