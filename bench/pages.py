"""(c) Pages: server time of the overview at each size, over a page that looks one row up."""

from __future__ import annotations

from statistics import median
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.test import Client

from bench.ground import Size, database
from bench.reads import ensure_calls
from bench.rounds import Case, Figure, Ratio, interleave, percentile, seconds_of

#: Requests of a page within a round; their 95th percentile is the round's figure.
REQUESTS: Final = 20
ROUNDS: Final = 5
#: What is measured: a month against the month before, and all 90 days.
PAGES: Final = {
    "overview, a month": "/?period=2026-10",
    "overview, 90 days": "/?period=2026-08-01..2026-10-29",
    "workflows, 90 days": "/workflows/?period=2026-08-01..2026-10-29",
}
LOOK_UP: Final = "/settings/"


def figures(size: Size) -> list[Figure]:
    """Compare each page with the look-up page at every size, and the sizes with each other."""
    found: list[Figure] = []
    at: dict[int, dict[str, list[float]]] = {}
    for calls in size.reads:
        with database(f"bench_reads_{calls}"):
            ensure_calls(calls)
            at[calls], measured = _measure(calls)
            found += measured
    if len(at) > 1:
        few, many = min(at), max(at)
        found += [_growth(name, at[few][name], at[many][name], few, many) for name in PAGES]
    return found


def _measure(calls: int) -> tuple[dict[str, list[float]], list[Figure]]:
    client = signed_in()
    pages = PAGES | {"run": f"/runs/{_a_run().hex}/"}
    requests: dict[str, list[float]] = {name: [] for name in (*pages, "look-up")}

    def case(name: str, address: str) -> Case:
        def work() -> float:
            taken = [seconds_of(lambda: get(client, address)) for _ in range(REQUESTS)]
            requests[name] += taken
            return median(taken)

        return work

    cases = {name: case(name, address) for name, address in pages.items()}
    cases["look-up"] = case("look-up", LOOK_UP)
    for warm_up in cases.values():
        warm_up()
    for taken in requests.values():
        taken.clear()
    done = interleave(cases, ROUNDS)
    return requests, [
        Figure(
            f"{calls:,} calls: page {name}, over a page that looks one row up",
            done.ratio(name, "look-up"),
            f"p95 {percentile(requests[name], 95) * 1000:.0f} ms,"
            f" median {median(requests[name]) * 1000:.0f} ms;"
            f" look-up {median(requests['look-up']) * 1000:.1f} ms",
            ROUNDS,
            done.loads,
        )
        for name in pages
    ]


def _growth(name: str, few: list[float], many: list[float], *sizes: int) -> Figure:
    ratio = percentile(many, 95) / percentile(few, 95)
    return Figure(
        f"page {name}: p95 at {sizes[1]:,} calls over {sizes[0]:,}",
        Ratio(ratio, ratio, ratio),
        f"{percentile(many, 95) * 1000:.0f} ms over {percentile(few, 95) * 1000:.0f} ms",
        ROUNDS,
        [],
    )


def signed_in() -> Client:
    """Give the client of an admin."""
    from finops.models import Person

    person, _ = Person.objects.get_or_create(email="bench@example.com", defaults={"role": "admin"})
    client = Client(headers={"host": "localhost"})
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def get(client: Any, address: str) -> None:
    """Ask for a page; raises AssertionError when it is not there."""
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)


def _a_run() -> UUID:
    with connection.cursor() as cursor:
        cursor.execute("SELECT url_id FROM runs LIMIT 1")
        url_id: UUID = cursor.fetchone()[0]
        return url_id
