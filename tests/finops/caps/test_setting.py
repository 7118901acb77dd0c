"""Setting, changing and lifting caps, one row per decision and nothing ever edited."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from finops.access.change_log import history
from finops.attribution.refusals import ChangedMeanwhile, Refused
from finops.attribution.values import merge, unmerge
from finops.caps.in_force import caps_of
from finops.caps.kinds import KINDS, read_limit
from finops.caps.setting import Change, set_caps, version
from finops.models import Cap
from tests.finops.caps.runs_at_hand import NOW, broken_runs, check, imported, steps
from tests.finops.ledger.side_by_side import at_once


def put(workflow: str = "agent", *, reason: str = "", **limits: Any) -> list[Change]:
    wanted = {
        kind: None if limit is None else Decimal(limit)
        for kind, limit in limits.items()
        if kind in KINDS
    }
    return set_caps(workflow, wanted, reason=reason, by="Ada", now=NOW)


def held(workflow: str = "agent") -> dict[str, Decimal]:
    return {each.cap.kind: each.cap.limit for each in caps_of(workflow)}


def test_a_cap_is_set_changed_and_lifted_and_every_step_stays_on_record() -> None:
    assert put(run_cost="5", steps=40) == [
        Change("run_cost", None, Decimal(5)),
        Change("steps", None, Decimal(40)),
    ]
    assert put(run_cost="7.5", reason="longer contracts") == [
        Change("run_cost", Decimal(5), Decimal("7.5"))
    ]
    assert held() == {"run_cost": Decimal("7.5"), "steps": 40}

    put(run_cost=None, reason="not an agent any more")

    assert held() == {"steps": 40}
    rows = Cap.objects.filter(kind="run_cost").order_by("pk")
    assert [(row.limit, row.reason, row.set_by, row.lifted_by, row.lifted_at) for row in rows] == [
        (5, "", "Ada", "Ada", NOW),
        (
            Decimal("7.5"),
            "longer contracts\nLifted: not an agent any more",
            "Ada",
            "Ada",
            NOW,
        ),
    ]
    assert [change.action for change in history(rows[1])] == ["Changed", "Added"]


def test_what_is_so_already_is_not_set_again() -> None:
    put(steps=40)

    assert put(steps="40.0", run_cost=None) == []
    assert Cap.objects.count() == 1


@pytest.mark.parametrize("limit", ["50", None])
def test_a_change_and_a_lift_need_a_reason(limit: str | None) -> None:
    put(steps=40)

    with pytest.raises(Refused, match="Say why"):
        put(steps=limit, reason="  ")
    assert held() == {"steps": 40}


def test_either_everything_changes_or_nothing() -> None:
    put(depth=3)

    with pytest.raises(Refused, match="Say why"):
        put(steps=40, depth=4)
    assert held() == {"depth": 3}


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"run_cost": "-0.01"}, "0 or more"),
        ({"run_cost": "0.0000001"}, "6 digits"),
        ({"steps": "1.5"}, "whole number"),
        ({"steps": "1e13"}, "at most"),
        ({"run_cost": "NaN"}, "0 or more"),
        ({"run_cost": "Infinity"}, "0 or more"),
    ],
)
def test_limits_that_are_none_are_refused(limits: dict[str, str], said: str) -> None:
    with pytest.raises(Refused, match=said):
        put(**limits)


@pytest.mark.parametrize("workflow", ["", "unallocated", "x" * 501, "a\0b"])
def test_what_is_no_workflow_has_no_cap(workflow: str) -> None:
    with pytest.raises(Refused):
        put(workflow, steps=1)


def test_reasons_have_an_end_and_kinds_a_list() -> None:
    with pytest.raises(Refused, match="at most 2,000"):
        put(steps=1, reason="x" * 2_001)
    with pytest.raises(Refused, match="Choose run_cost"):
        set_caps("agent", {"tokens": Decimal(1)}, by="Ada", now=NOW)


def test_whoever_saves_over_anothers_change_is_told() -> None:
    seen = version("agent")
    put(steps=40)

    with pytest.raises(ChangedMeanwhile):
        set_caps("agent", {"steps": Decimal(50)}, reason="x", by="Tom", now=NOW, seen=seen)
    assert held() == {"steps": 40}


def test_two_people_who_set_the_first_cap_at_once() -> None:
    def first() -> str:
        try:
            set_caps("agent", {"steps": Decimal(40)}, by="Ada", now=NOW, seen="")
        except ChangedMeanwhile:
            return "told"
        return "saved"

    assert sorted(at_once(first, first)) == ["saved", "told"]
    assert Cap.objects.count() == 1


def test_a_merged_workflow_stands_for_its_target() -> None:
    put("old", steps=10)
    put("old", depth=2)
    merge("workflow", "old", into="new")
    assert held("new") == held("old") == {"steps": 10, "depth": 2}

    put("old", steps=20, reason="larger together")

    assert held("new") == {"steps": 20, "depth": 2}
    assert Cap.objects.get(lifted_at=None, kind="steps").workflow == "new"
    unmerge("workflow", "old")
    assert (held("new"), held("old")) == ({"steps": 20}, {"depth": 2})


def test_a_lowered_cap_finds_more_of_the_last_month_at_once() -> None:
    imported(steps("small", "a", "b"), steps("large", "a", "b", "c"))
    put(steps=2)
    check()
    assert broken_runs() == ["large"]

    put(steps=1, reason="tighter")
    check(seconds=1)

    assert broken_runs(cap__lifted_at=None) == ["large", "small"]
    assert broken_runs(cap__lifted_at__isnull=False) == ["large"]


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("5", 5),
        (" $5.00 ", 5),
        ("$0.25", "0.25"),
        (".5", "0.5"),
        ("1,250.75", "1250.75"),
        ("1 250", 1250),
        ("1\N{NO-BREAK SPACE}250", 1250),
        ("100k", 100_000),
        ("1.5M", 1_500_000),
        ("0", 0),
    ],
)
def test_limits_are_read_as_people_type_them(text: str, limit: str | int) -> None:
    assert read_limit(KINDS["run_cost"], text) == Decimal(limit)


@pytest.mark.parametrize(
    "text", ["", ".", "-5", "five", "1e3", "12,50", "5..0", "$", "k", "٣", "9" * 41, "=1+1", "1_0"]
)
def test_what_is_no_limit_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(Refused, match=r"such as|at most"):
        read_limit(KINDS["run_cost"], text)


def test_the_set_time_is_the_callers() -> None:
    set_caps("agent", {"steps": Decimal(1)}, by="Ada", now=NOW - timedelta(days=9))

    assert Cap.objects.get().set_at == NOW - timedelta(days=9)
