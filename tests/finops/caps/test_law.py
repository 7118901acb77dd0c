"""The check says what anybody would who walks through each run call by call."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finops.models import Cap
from tests.conftest import empty_ledger
from tests.finops.caps.runs_at_hand import (
    NOW,
    cap,
    check,
    found,
    source_that_counts_what_it_says,
)
from tests.finops.ledger.usage import call, forget, import_rows, read

law = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
#: A call: its run, workflow, step, minute, cost, tokens and requests, and whose child it is.
calls = st.fixed_dictionaries(
    {
        "run": st.sampled_from(["r1", "r2", None]),
        "workflow": st.sampled_from(["agent", "agent", "other", None]),
        "step": st.sampled_from(["plan", "look", None]),
        "minute": st.integers(0, 4),
        "cost": st.sampled_from(["0.5", "1", "2.25", None]),
        "input_tokens": st.sampled_from([None, 10, 100]),
        "requests": st.sampled_from([1, 1, 3]),
        "parent": st.one_of(st.none(), st.integers(0, 12).map(str)),
    }
)
files = st.lists(st.lists(calls, min_size=1, max_size=12), min_size=1, max_size=2)
limits = st.fixed_dictionaries(
    {
        "run_cost": st.sampled_from(["0", "1.5", "3"]),
        "steps": st.integers(0, 5),
        "retries": st.integers(0, 3),
        "step_tokens": st.sampled_from([0, 10, 34, 100]),
        "depth": st.integers(0, 4),
    }
)


class Beyond(NamedTuple):
    """What there is to know about a violation."""

    workflow: str
    kind: str
    run: str
    value: Decimal
    beyond: Decimal | None
    call: str
    started: datetime


class Stored(NamedTuple):
    """A call as the ledger has it, in the order of its run."""

    id: int
    run: str
    workflow: str | None
    step: str | None
    started: datetime
    cost: Decimal | None
    tokens: int
    requests: int
    ref: str
    parent: str | None


def by_hand() -> set[Beyond]:
    """Walk through every run, one call after the other."""
    runs: dict[str, list[Stored]] = defaultdict(list)
    for row in read(
        "SELECT id, run, workflow, step, started_at, cost, coalesce(input_tokens, 0)"
        " + coalesce(output_tokens, 0), requests, call_ref, parent"
        " FROM calls WHERE run IS NOT NULL ORDER BY started_at, id"
    ):
        runs[row[1]].append(Stored(*row))
    return {
        beyond for each in Cap.objects.all() for run in runs.values() if (beyond := walk(each, run))
    }


def walk(cap: Cap, run: list[Stored]) -> Beyond | None:
    seen: set[str] = set()
    so_far, largest = Decimal(0), Decimal(0)
    broken: list[Stored] = []
    part = [each for each in run if each.workflow == cap.workflow]
    for each in part:
        match cap.kind:
            case "run_cost":
                so_far += each.cost or 0
            case "steps":
                so_far += each.requests
            case "retries":
                so_far += each.step in seen
            case "step_tokens":
                so_far = Decimal(-(-each.tokens // each.requests))
            case "depth":
                so_far = max(so_far, Decimal(depth(each, run)))
        if each.step is not None:
            seen.add(each.step)
        largest = max(largest, so_far)
        if so_far > cap.limit:
            broken.append(each)
    if not broken:
        return None
    costs = [each.cost for each in broken if each.cost is not None]
    beyond = largest - cap.limit if cap.kind == "run_cost" else sum(costs) if costs else None
    return Beyond(
        cap.workflow, cap.kind, broken[0].run, largest, beyond, str(broken[0].id), part[0].started
    )


def depth(call: Stored, run: list[Stored]) -> int:
    """Climb from a call to its first ancestor; 0 for whoever goes round in a circle."""
    by_ref = {each.ref: each for each in run}
    climbed = 1
    while (above := by_ref.get(call.parent or "")) is not None and above.id != call.id:
        call, climbed = above, climbed + 1
        if climbed > len(run):
            return 0
    return climbed


def rows_of(file: list[dict[str, Any]], number: int) -> list[dict[str, object]]:
    start = NOW - timedelta(days=1)
    return [
        call(
            **{name: value for name, value in fields.items() if name not in {"minute", "parent"}},
            id=f"{number}-{n}",
            time=(start + timedelta(minutes=fields["minute"])).isoformat(),
            parent=f"{number}-{fields['parent']}" if fields["parent"] else None,
            model="gpt-4o" if fields["cost"] else "nobody-knows-it",
        )
        for n, fields in enumerate(file)
    ]


def said() -> set[Beyond]:
    return {
        Beyond(
            row.cap.workflow, row.cap.kind, row.run, row.value, row.beyond, row.call, row.started_at
        )
        for row in found()
    }


@law
@given(files, limits)
def test_it_finds_what_anybody_would_find_who_walks_through_every_run(
    files: list[list[dict[str, Any]]], limits: dict[str, Any]
) -> None:
    empty_ledger()
    source_that_counts_what_it_says()
    for kind, limit in limits.items():
        cap(kind, limit)
        cap(kind, limit, workflow="other")
    for number, file in enumerate(files):
        job = import_rows(*rows_of(file, number))
        check(minutes=number)
        assert said() == by_hand()
    forget(job)
    check(hours=1)

    assert said() == by_hand()
