"""Shared cost split by calls, two people at once, and a large month: over the committing ledger."""

from __future__ import annotations

import time
from datetime import date
from decimal import Decimal
from functools import partial

import pytest

from bench.allocation import make_pools
from finops.allocation.running import preview, publish
from finops.models import AllocationRun, AllocationShare
from tests.finops.allocation.at_hand import NOW, OCTOBER, own, pool, shared
from tests.finops.bills.charges import charge, land
from tests.finops.ledger.side_by_side import at_once
from tests.finops.ledger.usage import call, import_rows

D = Decimal


def october(number: int, team: str | None, **fields: object) -> dict[str, object]:
    """A call of a team in October."""
    return call(id=f"call-{number}", time="2026-10-05T10:00:00Z", team=team, **fields)


@pytest.mark.usefixtures("ledger")
def test_calls_drive_pools_and_what_they_do_not_explain_is_named() -> None:
    claude = {"provider": "anthropic", "model": "claude-sonnet-4-5"}
    import_rows(
        *(october(n, "search", input_tokens=10_000_000, output_tokens=0) for n in range(2)),
        october(3, "chat", output_tokens=1_000_000, input_tokens=0),
        october(4, None, output_tokens=100_000, input_tokens=0),
        october(5, "batch", **claude, input_tokens=1_000_000, output_tokens=0),
    )
    land(
        shared("OpenAI API", "80", sku_meter="gpt-4o input"),
        own("search", "30", service="OpenAI API", sku_meter="gpt-4o input"),
        shared("Kong", "10"),
        shared("Pinecone", "14"),
    )
    pool("Gateway", service_name="kong", method="calls")
    pool(
        "Vector store", service_name="pinecone", method="priced_tokens", targets=["search", "chat"]
    )
    pool("OpenAI", service_name="openai*", provider="openai", kinds=["llm_usage"], method="metered")
    found = {line.name: line for line in preview(OCTOBER).lines}
    assert found["Gateway"].shares == {"search": D(5), "chat": D("2.50"), "batch": D("2.50")}
    # $50 of search and $10 of chat at book price.
    assert found["Vector store"].shares == {"search": D("11.67"), "chat": D("2.33")}
    # Search is billed $30 of its $50 directly, and a call of nobody explains $1.
    models = found["OpenAI"]
    assert (models.amount, models.shares) == (D(80), {"search": D(20), "chat": D(10)})
    assert (models.unallocated, models.unreconciled) == (D(50), D(49))


@pytest.mark.usefixtures("ledger")
def test_two_people_at_once_publish_one_statement() -> None:
    land(own("search", "75"), shared("Pinecone", "50"))
    pool("Vector store", service_name="pinecone")

    made = at_once(
        *(partial(publish, OCTOBER, now=NOW, by=who) for who in ("Maya", "Tom", "Ann", "Bob"))
    )
    assert [each.is_new for each in made].count(True) == 1
    assert {each.statement.sha256 for each in made} == {AllocationRun.objects.get().sha256}


@pytest.mark.django_db
def test_a_fallback_looks_at_the_statement_before() -> None:
    november = date(2026, 11, 1)
    for month in ("2026-10", "2026-11"):
        land(shared("Pinecone", "9", day=f"{month}-03"), own("a", "2", day=f"{month}-03"))
    land(own("b", "1"), source="other")
    made = pool("Vector store", service_name="pinecone", method="direct_cost")
    publish(OCTOBER, now=NOW, by="Maya")
    made.splits.create(effective_from=november, method="driver", driver="?", fallback="previous")
    (line,) = preview(november).pools
    assert line.shares == {"a": D(6), "b": D(3)}
    assert line.notes == ("zero_driver_previous",)


@pytest.mark.django_db
def test_200_pools_and_500_targets_take_seconds() -> None:
    land(
        *(own(f"team {n}", f"{n}.37") for n in range(500)),
        *(shared(f"service {n}", f"{n}.{n % 100:02}") for n in range(200)),
        charge(service_name="left", billed_cost=D("3.33")),
    )
    make_pools(OCTOBER)
    began = time.perf_counter()
    made = publish(OCTOBER, now=NOW, by="Maya").statement
    assert time.perf_counter() - began < 10
    assert (len(made.pools), len(made.targets)) == (200, 500)
    assert made.total_in == made.total_out
    assert AllocationShare.objects.count() > 90_000
