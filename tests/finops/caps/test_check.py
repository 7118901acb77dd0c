"""Runs held against caps: what is beyond, by how much, at which call; and what data undoes."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from finops.attribution.values import archive, describe, merge, unmerge
from finops.models import Cap, CapCheck, CapViolation, Source
from finops.rollups.refresh import rebuild
from tests.finops.caps.runs_at_hand import (
    NOW,
    START,
    broken_runs,
    cap,
    check,
    dollars,
    found,
    imported,
    steps,
)
from tests.finops.ledger.usage import call, forget, import_rows, read


def call_number(name: str) -> str:
    """The ledger's own number of a call."""
    return str(read("SELECT id FROM calls WHERE call_ref = %s", name)[0][0])


# --- what is beyond a cap -----------------------------------------------------------------------


def test_a_run_beyond_its_dollars_names_the_call_that_broke_it() -> None:
    imported(steps("dear", *dollars("3", "1.5", "0.75", "4")))
    cap("run_cost", "5")

    assert check() == 1

    (run,) = found()
    assert (run.run, run.value, run.limit, run.beyond) == (
        "dear",
        Decimal("9.25"),
        Decimal(5),
        Decimal("4.25"),
    )
    assert (run.step, run.call) == ("s2", call_number("agent/dear/2"))
    assert (run.started_at, run.found_at) == (START, NOW)


@pytest.mark.parametrize(
    ("kind", "limit", "made"),
    [
        ("run_cost", "5", dollars("3", "2")),
        ("steps", "2", ["plan", "draft"]),
        ("retries", "2", ["plan", "plan", "plan"]),
        ("step_tokens", "1500", ["plan"]),
        ("depth", "2", ["plan", {"step": "draft", "parent": "agent/run/0"}]),
    ],
)
def test_exactly_on_a_cap_is_kept_and_a_hair_above_is_not(
    kind: str, limit: str, made: list[Any]
) -> None:
    imported(steps("run", *made))
    kept = cap(kind, limit)
    assert check() == 0

    hair = Decimal("0.000000000001") if kind == "run_cost" else 1
    kept.lifted_at = NOW
    kept.save()
    cap(kind, Decimal(limit) - hair)

    assert check() == 1
    assert found()[0].value == Decimal(limit)


def test_calls_retries_tokens_and_depth_each_have_their_breaking_call_and_their_dollars() -> None:
    imported(
        steps(
            "loop",
            {"step": "plan", "cost": "1"},
            {"step": "look", "cost": "2", "parent": "agent/loop/0"},
            {"step": "look", "cost": "4", "parent": "agent/loop/1", "input_tokens": 9_000},
            {"step": "look", "cost": "8", "parent": "agent/loop/2"},
            {"step": "sum up", "cost": "16"},
        )
    )
    for kind, limit in (("steps", 3), ("retries", 1), ("step_tokens", 9_000), ("depth", 2)):
        cap(kind, limit)

    assert check() == 4

    assert {row.cap.kind: (row.value, row.beyond, row.step, row.call) for row in found()} == {
        "steps": (5, 24, "look", call_number("agent/loop/3")),
        "retries": (2, 24, "look", call_number("agent/loop/3")),
        "step_tokens": (9_500, 4, "look", call_number("agent/loop/2")),
        "depth": (4, 28, "look", call_number("agent/loop/2")),
    }


def test_calls_without_a_step_are_no_retries() -> None:
    imported(steps("nameless", *[{"step": None}] * 5))
    cap("retries", 0)

    assert check() == 0


def test_a_row_that_stands_for_several_calls_counts_as_many_of_average_size() -> None:
    imported(steps("batch", {"requests": 4, "input_tokens": 4_000, "output_tokens": 2}))
    cap("steps", 3)
    cap("step_tokens", 1_000)

    assert check() == 2
    assert {row.cap.kind: row.value for row in found()} == {"steps": 4, "step_tokens": 1_001}


def test_calls_without_a_price_cost_nothing_and_still_count() -> None:
    imported(steps("unpriced", *dollars(None, None, None)))
    cap("run_cost", 0)
    cap("steps", 1)

    assert check() == 1
    (run,) = found()
    assert (run.cap.kind, run.value, run.beyond) == ("steps", 3, None)


def test_only_the_workflows_part_of_a_run_is_held_against_its_cap() -> None:
    imported(
        [
            *steps("shared", *dollars("3", "4")),
            *steps("shared", *dollars("100"), workflow="other"),
        ]
    )
    cap("run_cost", "7")
    assert check() == 0
    cap("run_cost", "99", workflow="other")

    assert check() == 1
    assert found()[0].value == 100


def test_a_chain_of_parents_goes_through_other_workflows_of_the_run() -> None:
    imported(
        [
            *steps("deep", {"step": "plan"}, workflow="outer"),
            *steps("deep", {"step": "look", "parent": "outer/deep/0"}),
        ]
    )
    cap("depth", 1)
    cap("depth", 1, workflow="outer")

    assert check() == 1
    assert [(row.cap.workflow, row.value) for row in found()] == [("agent", 2)]


def test_circles_missing_parents_and_own_parents_end() -> None:
    imported(
        steps(
            "odd",
            {"step": "round", "parent": "agent/odd/1"},
            {"step": "and round", "parent": "agent/odd/0"},
            {"step": "hangs off the circle", "parent": "agent/odd/1"},
            {"step": "orphan", "parent": "nobody"},
            {"step": "own parent", "parent": "agent/odd/4"},
            {"step": "child", "parent": "agent/odd/4"},
        )
    )
    cap("depth", 0)

    assert check() == 1
    assert (found()[0].value, found()[0].step) == (2, "orphan")  # who goes in circles has no depth


def test_parents_of_another_run_are_none() -> None:
    imported(steps("one", "plan"), steps("two", {"step": "look", "parent": "agent/one/0"}))
    cap("depth", 1)

    assert check() == 0


def test_a_run_of_two_thousand_calls_in_one_long_chain() -> None:
    imported(
        steps(
            "runaway",
            "look",
            *({"step": "look", "parent": f"agent/runaway/{n}"} for n in range(1_999)),
            start=NOW - timedelta(days=3),
        )
    )
    for kind, limit in (("steps", 1_990), ("retries", 1_990), ("depth", 1_990)):
        cap(kind, limit)

    assert check() == 3
    assert {row.cap.kind: (row.value, row.call) for row in found()} == {
        "steps": (2_000, call_number("agent/runaway/1990")),
        "retries": (1_999, call_number("agent/runaway/1991")),
        "depth": (2_000, call_number("agent/runaway/1990")),
    }


def test_evidence_breaks_no_cap() -> None:
    Source.objects.create(name="invoice", role=Source.EVIDENCE)
    imported(steps("dear", *dollars("3", "4")), source="invoice")
    cap("steps", 1)

    assert check() == 0


def test_hostile_names_are_names() -> None:
    names = (
        "'; DROP TABLE runs; --",
        "%s {run} \\",
        "=cmd|' /C calc'!A0",
        "😀\N{RIGHT-TO-LEFT OVERRIDE}",
        "x" * 500,
    )
    for name in names:
        imported(steps(name[:400], {"step": name}, {"step": name}, workflow=name))
        cap("steps", 1, workflow=name)

    assert check() == len(names)
    assert {row.step for row in found()} == set(names)


# --- data that comes later ----------------------------------------------------------------------


def test_a_run_that_grows_breaks_its_cap_once() -> None:
    cap("run_cost", "5", set_at=START - timedelta(days=1))
    grown = steps("grows", *dollars("2", "2", "2", "2"))
    results = []
    for count in (1, 2, 3, 4):
        import_rows(*grown[:count])
        results.append((check(minutes=count), [row.value for row in found()]))

    assert results == [(0, []), (0, []), (1, [6]), (0, [8])]
    (run,) = found()
    assert (run.found_at, run.alerted_at) == (NOW + timedelta(minutes=3), None)


def test_late_calls_in_the_middle_of_a_run_move_the_breaking_call() -> None:
    cap("run_cost", "5")
    whole = steps("late", *dollars("2", "2", "2", "2"))
    import_rows(whole[0], whole[3])
    assert check() == 0

    import_rows(whole[1], whole[2])

    assert check() == 1
    assert found()[0].call == call_number("agent/late/2")
    import_rows(call(id="early", time=START.isoformat(), workflow="agent", run="late", cost="4"))
    assert check() == 0
    assert found()[0].call == call_number("early")


def test_a_deleted_import_clears_what_it_broke_and_its_return_alerts_nobody_twice() -> None:
    cap("steps", 2, set_at=START - timedelta(days=1))
    imported(steps("stays", "a", "b", "c"))
    imported(steps("goes", "a", "b", "c"))
    more = imported(steps("shrinks", "a", "b"))
    extra = import_rows(
        call(id="x", time=NOW.isoformat(), workflow="agent", run="shrinks", step="c")
    )
    assert (check(), broken_runs()) == (3, ["goes", "shrinks", "stays"])
    told = NOW + timedelta(minutes=1)
    CapViolation.objects.update(alerted_at=told)

    forget(extra)
    forget(_import_of("goes"))
    assert (check(hours=1), broken_runs()) == (0, ["stays"])
    assert CapViolation.objects.get(run="goes").cleared_at == NOW + timedelta(hours=1)

    imported(steps("goes", "a", "b", "c"))
    assert (check(hours=2), broken_runs()) == (1, ["goes", "stays"])
    again = CapViolation.objects.get(run="goes")
    assert (again.alerted_at, again.found_at, again.cleared_at) == (told, NOW, None)
    assert more.pk


def _import_of(run: str) -> Any:
    from ingest.models import Import

    ((number,),) = read("SELECT DISTINCT import_id FROM calls WHERE run = %s", run)
    return Import.objects.get(pk=number)


def test_calls_that_move_to_another_workflow_take_their_run_along() -> None:
    cap("steps", 1)
    imported(steps("moves", "a", "b"))
    assert check() == 1
    with_other = "UPDATE calls SET workflow = 'other' WHERE run = 'moves' RETURNING 1"
    assert read(with_other)
    rebuild()

    check()

    assert broken_runs() == []


def test_a_change_of_price_holds_runs_anew() -> None:
    cap("run_cost", "5")
    imported(steps("dear", *dollars("3", "3")))
    assert check() == 1
    assert read("UPDATE calls SET cost = 1 WHERE run = 'dear' RETURNING 1")
    rebuild()

    assert (check(), broken_runs()) == (0, [])


# --- new caps -----------------------------------------------------------------------------------


def test_a_new_cap_looks_back_thirty_days_and_tells_nobody() -> None:
    for days in (29, 31):
        imported(steps(f"{days} days ago", "a", "b", start=NOW - timedelta(days=days)))
    check()
    cap("steps", 1)

    assert check(seconds=1) == 1

    (run,) = found()
    assert (run.run, run.alerted_at) == ("29 days ago", NOW + timedelta(seconds=1))


def test_a_run_that_breaks_a_cap_after_it_was_set_is_to_be_told() -> None:
    cap("steps", 1, set_at=START + timedelta(seconds=30))
    cap("step_tokens", 1_000, set_at=START + timedelta(seconds=30))
    check()
    imported(steps("now", "a", "b", "c"))

    assert check() == 2
    assert {row.cap.kind: row.alerted_at for row in found()} == {
        "steps": None,
        "step_tokens": NOW,  # the first call broke it before anybody had set it
    }


def test_old_runs_that_are_refreshed_again_are_left_alone() -> None:
    cap("steps", 1)
    check()
    imported(steps("history", "a", "b", start=NOW - timedelta(days=40)))
    imported(steps("recent", "a", "b", start=NOW - timedelta(days=20)))

    assert (check(), broken_runs()) == (1, ["recent"])
    assert found()[0].alerted_at == NOW


def test_a_lifted_cap_keeps_its_violations_and_finds_no_more() -> None:
    old = cap("steps", 1)
    imported(steps("one", "a", "b"))
    check()
    Cap.objects.update(lifted_at=NOW)
    imported(steps("two", "a", "b"))

    assert check() == 0
    assert broken_runs(cap=old) == ["one"]


def test_nothing_to_do_is_no_work_and_no_harm() -> None:
    assert check() == 0
    assert CapCheck.objects.get().checked_to is None
    imported(steps("one", "a"))
    cap("steps", 1)
    assert (check(), check()) == (0, 0)
    with CaptureQueriesContext(connection) as queries:
        check()

    assert CapCheck.objects.get().checked_to is not None
    assert not any("TEMP TABLE" in query["sql"] for query in queries)


def test_the_mark_never_goes_back() -> None:
    cap("steps", 1)
    imported(steps("stays", "a", "b"))
    last = imported(steps("goes", "a", "b", start=NOW - timedelta(days=9)))
    check()
    before = CapCheck.objects.get().checked_to

    forget(last)
    check()

    assert CapCheck.objects.get().checked_to == before
    assert broken_runs() == ["stays"]


# --- names --------------------------------------------------------------------------------------


def test_merged_workflows_are_held_against_the_cap_of_their_target() -> None:
    imported(
        steps("split", "a", start=START),
        steps("split", "b", "c", workflow="agent v2", start=START + timedelta(hours=1)),
    )
    cap("steps", 2, set_at=START - timedelta(days=1))
    assert check() == 0

    merge("workflow", "agent v2", into="agent")
    assert check() == 1
    assert (found()[0].value, found()[0].alerted_at) == (3, NOW)

    unmerge("workflow", "agent v2")
    assert (check(), broken_runs()) == (0, [])


def test_a_cap_goes_along_with_a_merge_unless_the_target_has_its_own() -> None:
    imported(steps("two", "a", "b", workflow="new"), steps("three", "a", "b", "c", workflow="old"))
    cap("steps", 1, workflow="old")
    assert (check(), broken_runs()) == (1, ["three"])

    merge("workflow", "old", into="new")
    assert (check(), broken_runs()) == (1, ["three", "two"])

    own = cap("steps", 2, workflow="new")
    check()
    assert broken_runs(cap=own) == ["three"]


def test_of_two_caps_that_came_along_the_lower_one_holds() -> None:
    imported(steps("run", "a", "b", workflow="first"))
    for workflow, limit in (("first", 5), ("second", 1)):
        cap("steps", limit, workflow=workflow)
        merge("workflow", workflow, into="whole")

    assert check() == 1
    assert found()[0].cap.workflow == "second"


def test_renaming_and_archiving_change_nothing() -> None:
    imported(steps("run", "a", "b"))
    cap("steps", 1)
    assert check() == 1
    describe(
        "workflow", "agent", display_name="The agent", business_owner=None, technical_owner=None
    )
    archive("workflow", "agent", now=NOW)

    assert (check(), broken_runs()) == (0, ["run"])
