"""(d) Budgets: all of 1,000 evaluated, their page, and from a crossing call to a queued message."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import count, cycle, islice, product, zip_longest
from pathlib import Path
from typing import Final

from django.db import connection

from bench import stack
from bench.ground import UNTIL, Size, Worker, cut, database, empty_ledger, usage_file
from bench.pages import LOOK_UP, REQUESTS, get, signed_in
from bench.push import MOST_PROBES, PATIENCE, PROBES, Client
from bench.reads import ensure_calls
from bench.rounds import Figure, Rounds, interleave, percentile, seconds_of

BUDGETS: Final = 1_000
ROUNDS: Final = 5
#: When the evaluation happens: the evening of the last day that has calls.
NOW: Final = UNTIL - timedelta(hours=2)
PAGE: Final = "/budgets/"
#: What a grouped scan is held against: reading its table once, without groups.
ONE_READ: Final = "SELECT sum(cost) FROM cost_by_day_full"
#: Which dimensions the budgets cover, one kind after the other; their periods likewise.
SCOPES: Final = (
    ("team",),
    ("workflow",),
    ("feature",),
    ("customer",),
    ("customer", "feature"),
    ("team", "model"),
    ("workflow", "environment"),
)
PERIODS: Final = ("month", "month", "month", "week", "quarter")
#: Seconds between two looks for a message.
LOOK_EVERY: Final = 0.05


def figures(size: Size) -> list[Figure]:
    """Evaluate all budgets at every size, ask for their page, then watch lines being crossed."""
    found: list[Figure] = []
    for calls in size.reads:
        with database(f"bench_reads_{calls}"):
            ensure_calls(calls)
            _ensure_budgets()
            found += _evaluated(calls)
    return found + _crossed(size)


def _evaluated(calls: int) -> list[Figure]:
    from finops.budgets.evaluate import FORECAST_EVERY, evaluate_all

    client = signed_in()
    requests: list[float] = []

    def page() -> float:
        taken = [seconds_of(lambda: get(client, PAGE)) for _ in range(REQUESTS)]
        requests.extend(taken)
        return percentile(taken, 50)

    def look_up() -> float:
        return percentile([seconds_of(lambda: get(client, LOOK_UP)) for _ in range(REQUESTS)], 50)

    later = count(1)

    def evaluated() -> float:
        return seconds_of(lambda: evaluate_all(NOW))

    def forecast() -> float:
        """Evaluate when every forecast is too old, which is every ten minutes."""
        at = NOW + next(later) * (FORECAST_EVERY + timedelta(seconds=1))
        return seconds_of(lambda: evaluate_all(at))

    def one_read() -> float:
        with connection.cursor() as cursor:
            return seconds_of(lambda: cursor.execute(ONE_READ))

    cases = {
        "forecast": forecast,
        "evaluated": evaluated,
        "one read": one_read,
        "page": page,
        "look-up": look_up,
    }
    for warm_up in cases.values():
        warm_up()
    requests.clear()
    done = interleave(cases, ROUNDS)
    return [
        Figure(
            f"{calls:,} calls: {BUDGETS:,} budgets evaluated, over one read of all full days",
            done.ratio("evaluated", "one read"),
            f"median {done.median('evaluated'):.2f} s, most {_most(done, 'evaluated'):.2f} s",
            ROUNDS,
            done.loads,
        ),
        Figure(
            f"{calls:,} calls: the same with every forecast made anew",
            done.ratio("forecast", "one read"),
            f"median {done.median('forecast'):.2f} s, most {_most(done, 'forecast'):.2f} s",
            ROUNDS,
            done.loads,
        ),
        Figure(
            f"{calls:,} calls: page of {BUDGETS:,} budgets, over a page that looks one row up",
            done.ratio("page", "look-up"),
            f"p95 {percentile(requests, 95) * 1000:.0f} ms,"
            f" median {percentile(requests, 50) * 1000:.0f} ms",
            ROUNDS,
            done.loads,
        ),
    ]


def _most(done: Rounds, case: str) -> float:
    return max(each[case] for each in done.seconds)


def _ensure_budgets() -> None:
    """Draw lines over many kinds of scopes, unless they are there."""
    from finops.models import Budget, BudgetLine, BudgetRevision

    Budget.objects.all().delete()
    scopes = [{}, *islice(_scopes(), BUDGETS - 1)]
    budgets = Budget.objects.bulk_create(
        Budget(name=f"budget {number}", scope=scope, period=period)
        for number, (scope, period) in enumerate(zip(scopes, cycle(PERIODS), strict=False))
    )
    revisions = BudgetRevision.objects.bulk_create(
        BudgetRevision(
            budget=budget,
            effective_from=date(2026, 1, 1),
            workflow_share=Decimal(20) if not budget.scope else None,
        )
        for budget in budgets
    )
    BudgetLine.objects.bulk_create(
        BudgetLine(
            revision=revision,
            starts=revision.effective_from,
            yellow=Decimal(10 * number),
            red=Decimal(12 * number),
        )
        for number, revision in enumerate(revisions)
    )


def _scopes() -> Iterator[dict[str, str]]:
    """Give one scope of each kind after the other, as long as there are any."""
    values = {name: _values(name) for name in {each for scope in SCOPES for each in scope}}
    kinds = [_of_kind(names, values) for names in SCOPES]
    for found in zip_longest(*kinds):
        yield from (scope for scope in found if scope)


def _of_kind(names: tuple[str, ...], values: dict[str, list[str]]) -> Iterator[dict[str, str]]:
    for found in product(*(values[name] for name in names)):
        yield dict(zip(names, found, strict=True))


def _values(dimension: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {dimension} FROM cost_by_day_full WHERE {dimension} <> ''"
            " GROUP BY 1 ORDER BY sum(cost) DESC LIMIT 400"
        )
        return [value for (value,) in cursor.fetchall()]


# --- from a call to a message -----------------------------------------------------------------


def _crossed(size: Size) -> list[Figure]:
    from finops.models import Person

    empty_ledger()
    Person.objects.get_or_create(email="finance@example.com", defaults={"role": "finance"})
    *_, base = cut(usage_file(size), [size.chunk, size.calls - size.chunk])
    with stack.running() as running:
        client = _Finance(running.url)
        idle = [client.seconds_to_queued() for _ in range(PROBES)]
        busy = _while_importing(client, base)
    rows = size.calls - size.chunk
    return [_told("idle", idle), _told(f"while {rows:,} rows are imported", busy)]


class _Finance(Client):
    """A caller whose calls each cross the red line of a budget of their own."""

    _probes = count(time.time_ns())

    def seconds_to_queued(self) -> float:
        """Draw a line, POST the call that crosses it, look until red is stored and queued."""
        feature = f"line-{next(self._probes)}"
        budget = {"name": feature, "scope": {"feature": feature}, "yellow": "0", "red": "0"}
        self._ask("/api/v1/budgets/", json.dumps(budget).encode())
        start = time.perf_counter()
        self.push_one(feature)
        while not _is_queued(feature):
            if time.perf_counter() - start > PATIENCE:
                raise RuntimeError("a crossed line was never told")
            time.sleep(LOOK_EVERY)
        return time.perf_counter() - start


def _is_queued(name: str) -> bool:
    from finops.models import BudgetStanding, Delivery

    stored = BudgetStanding.objects.filter(budget__name=name, status="red").exists()
    return stored and Delivery.objects.filter(alert__budget__name=name).exists()


def _while_importing(client: _Finance, path: Path) -> list[float]:
    worker = Worker(path, "bench")
    worker.go()
    seconds: list[float] = []
    while worker.is_running() and len(seconds) < MOST_PROBES:
        seconds.append(client.seconds_to_queued())
    worker.result()
    return seconds


def _told(when: str, seconds: list[float]) -> Figure:
    return Figure(
        f"POST of a crossing call to stored status and queued message, {when}",
        None,
        f"p50 {percentile(seconds, 50):.2f} s, p95 {percentile(seconds, 95):.2f} s,"
        f" most {max(seconds):.2f} s",
        len(seconds),
        [],
        details={"seconds": seconds},
    )
