"""Checks that race, die, or stand in front of a large ledger."""

from __future__ import annotations

import re
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from finops.caps import check as checking
from finops.caps import measuring
from finops.models import CapCheck
from finops.sql import load_sql
from tests.finops.caps.runs_at_hand import broken_runs, cap, check, found, imported, steps
from tests.finops.ledger.side_by_side import (
    at_once,
    held_after,
    somebody_waits_for_a_lock,
    under_way,
    wait_for,
)


class Killed(BaseException):
    """The worker is gone in the middle of its work."""


def test_two_workers_at_once_find_everything_once() -> None:
    imported(steps("one", "a", "b"), steps("two", "a", "b", "c"))
    cap("steps", 1)

    assert sorted(at_once(check, check)) == [0, 2]
    assert broken_runs() == ["one", "two"]


@pytest.mark.parametrize("at", ["gather_runs", "measure", "store", "clear"])
def test_a_worker_that_is_killed_loses_nothing(at: str) -> None:
    imported(steps("one", "a", "b"))
    cap("steps", 1)
    original = checking.run

    def dying(cursor: Any, statement: str, **parameters: Any) -> None:
        original(cursor, statement, **parameters)
        if statement == at:
            raise Killed

    with (
        patch.object(checking, "run", dying),
        patch("finops.caps.measuring.run", dying),
        pytest.raises(Killed),
    ):
        check()
    assert (broken_runs(), CapCheck.objects.get().checked_to) == ([], None)

    assert check(minutes=1) == 1
    assert broken_runs() == ["one"]


def test_what_is_refreshed_during_a_check_is_looked_at_by_the_next() -> None:
    imported(steps("one", "a", "b"))
    cap("steps", 1)
    with held_after(checking, "caps_in_force") as (arrived, may_go), under_way(check) as first:
        assert arrived.wait(20)
        imported(steps("two", "a", "b"))
        with under_way(check) as second:
            wait_for(somebody_waits_for_a_lock)
            may_go.set()
            assert (first.result(20), second.result(20)) in {(1, 1), (2, 0)}

    assert broken_runs() == ["one", "two"]


def test_it_reads_no_call_outside_the_runs_that_may_be_beyond_a_cap() -> None:
    imported(
        *(steps(f"other {n}", *["a"] * 10, workflow="other") for n in range(60)),
        *(steps(f"kept {n}", "a") for n in range(20)),
        steps("long", *["a"] * 12),
    )
    for kind, limit in (("steps", 5), ("retries", 5), ("run_cost", 1_000)):
        cap(kind, limit)

    with CaptureQueriesContext(connection) as queries:
        assert calls_read_by_check() == 12
    assert len(found()) == 2
    assert not [q["sql"] for q in queries if _CALLS.search(q["sql"]) and "EXPLAIN" not in q["sql"]]


def test_tokens_and_depth_are_looked_for_in_the_calls_of_the_workflows_runs_alone() -> None:
    imported(
        *(steps(f"other {n}", *["a"] * 10, workflow="other") for n in range(60)),
        *(steps(f"mine {n}", "a", "b") for n in range(5)),
    )
    cap("step_tokens", 5)
    cap("depth", 5)

    assert calls_read_by_check() == 10
    assert len(found()) == 5


#: The table of calls itself, not one of those that are named after it for a while.
_CALLS = re.compile(r"\b(FROM|JOIN) calls\b")


def calls_read_by_check() -> int:
    """Check, and count the calls that it looked at, those that it threw away again too."""
    plans = []
    original = measuring.run

    def explained(cursor: Any, statement: str, **parameters: Any) -> None:
        if statement != "gather_calls":
            original(cursor, statement, **parameters)
            return
        # So few calls are read as a whole sooner than by their index.
        cursor.execute("SET LOCAL enable_seqscan = off")
        text = load_sql("caps/gather_calls.sql").as_string()
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {text}")
        plans.append(cursor.fetchone()[0])

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE calls, runs, run_workflows")
    with patch.object(measuring, "run", explained):
        check()
    ((root,),) = plans
    return sum(_looked_at(root["Plan"]))


def _looked_at(node: dict[str, Any]) -> list[int]:
    here = []
    if str(node.get("Relation Name", "")).startswith("calls"):
        thrown = (node.get(f"Rows Removed by {by}", 0) for by in ("Filter", "Index Recheck"))
        here = [round((node["Actual Rows"] + sum(thrown)) * node["Actual Loops"])]
    return here + [rows for child in node.get("Plans", []) for rows in _looked_at(child)]
