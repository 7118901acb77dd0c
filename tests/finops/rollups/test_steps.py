"""Steps of workflows, read from the calls: what they cost, what failed, what was repeated."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from finops.domain.chain import Fate, places
from finops.domain.money import exact_sum
from finops.domain.windows import Window
from finops.rollups import steps as steps_module
from finops.rollups.runs import run_detail, runs_of
from finops.rollups.steps import StepCost, bounded, step_costs, steps_of_runs, together
from tests.finops.ledger.usage import PRICE, call, import_rows

NOVEMBER = Window(date(2026, 11, 1), date(2026, 12, 1))
FIRST_HALF = Window(date(2026, 11, 1), date(2026, 11, 17))
START = datetime(2026, 11, 2, 9, tzinfo=UTC)


def chain(run: str, *parts: tuple[str | None, int, str], workflow: str = "agent") -> list[object]:
    """A run's calls, a minute apart: step, attempt, status."""
    return [
        call(
            id=f"{run}/{n}",
            time=(START + timedelta(minutes=n)).isoformat(),
            workflow=workflow,
            run=run,
            step=step,
            attempt=attempt,
            status=status,
        )
        for n, (step, attempt, status) in enumerate(parts)
    ]


def test_it_says_the_same_as_the_domain(ledger: None) -> None:
    """One rule in two languages: SQL for whole workflows, Python for one run."""
    luck = random.Random(7)
    rows = [
        row
        for n in range(12)
        for row in chain(
            f"run {n}",
            *(
                (
                    luck.choice(["plan", "plan", "draft", None]),
                    luck.choice([1, 1, 1, 2, 3]),
                    luck.choice(["ok", "ok", "ok", "error", "timeout", "cancelled", "cached"]),
                )
                for _ in range(luck.randint(1, 40))
            ),
        )
    ]
    import_rows(*rows)

    by_python: dict[str, list[tuple[Fate, Decimal]]] = {}
    for run in runs_of("agent", limit=50):
        detail = run_detail(UUID(run.url_id))
        assert detail is not None
        for each, place in zip(detail.calls, places(detail.calls), strict=True):
            by_python.setdefault(each.step or "", []).append((place.fate, each.cost or Decimal(0)))

    found = step_costs("agent", NOVEMBER)
    assert {step.step for step in found} == set(by_python)
    for step in found:
        fates = by_python[step.step]
        for fate, calls, cost in (
            (Fate.FAILED, step.failed_calls, step.cost_of_failed),
            (Fate.REPEATED, step.repeated_calls, step.cost_of_repeated),
        ):
            of_fate = [amount for each, amount in fates if each is fate]
            assert (calls, cost) == (len(of_fate), exact_sum(of_fate))
        assert step.calls == len(fates)


def test_steps_of_some_runs_are_those_runs_alone(ledger: None) -> None:
    ok = ("plan", 1, "ok")
    import_rows(*chain("one", ok, ok), *chain("two", ok), *chain("three", ok, ("draft", 1, "ok")))
    one, three = (run for run in runs_of("agent") if run.run in {"one", "three"})

    found = steps_of_runs([one, three])

    assert {(run, step.step, step.calls) for run, steps in found.items() for step in steps} == {
        (one.url_id, "plan", 2 if one.run == "one" else 1),
        (three.url_id, "plan", 2 if three.run == "one" else 1),
        ((three if three.run == "three" else one).url_id, "draft", 1),
    }
    assert steps_of_runs([]) == {}


def test_steps_of_runs_never_walk_through_all_calls(ledger: None) -> None:
    import_rows(*chain("one", ("plan", 1, "ok")))
    with CaptureQueriesContext(connection) as queries:
        steps_of_runs(runs_of("agent"))
    (read,) = (query["sql"] for query in queries if "LATERAL" in query["sql"])
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        cursor.execute(f"EXPLAIN {read}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute("RESET enable_seqscan")

    assert "Index Cond: (run = runs.run)" in plan or "run_idx" in plan


def test_calls_without_a_price_cost_nothing_and_are_counted(ledger: None) -> None:
    import_rows(
        call(id="1", workflow="agent", run="r", step="plan", model="nobody-knows-it"),
        call(id="2", workflow="agent", run="r", step="plan"),
    )

    (step,) = step_costs("agent", NOVEMBER)

    assert (step.calls, step.unpriced_calls, step.cost) == (2, 1, PRICE)


def test_the_days_are_bounded_by_the_calls_of_all_workflows(
    ledger: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_rows(
        *(
            call(id=f"{day}/{n}", time=f"2026-11-{day:02}T10:00:00Z", workflow=f"w{n}")
            for day in (2, 3, 4, 15, 16)
            for n in range(3)
        )
    )

    monkeypatch.setattr(steps_module, "MOST_CALLS", 6)
    assert bounded(FIRST_HALF) == Window(date(2026, 11, 5), FIRST_HALF.until)
    monkeypatch.setattr(steps_module, "MOST_CALLS", 1)
    assert bounded(FIRST_HALF) == Window(date(2026, 11, 16), FIRST_HALF.until)
    monkeypatch.setattr(steps_module, "MOST_CALLS", 15)
    assert bounded(FIRST_HALF) == FIRST_HALF


def test_nothing_adds_up_to_nothing() -> None:
    assert together([]) == StepCost("", 0, Decimal(0), 0, 0, Decimal(0), 0, Decimal(0))
