"""The worked examples of shared cost, with exactly their numbers."""

from __future__ import annotations

from decimal import Decimal

from finops.allocation.splitting import (
    Grounds,
    Rule,
    explicit_residual,
    scale_to_bill,
    split,
)
from finops.allocation.staging import Part, PoolIn, allocate

D = Decimal


def money(**by: str) -> dict[str, Decimal]:
    """Amounts by target."""
    return {target: D(amount) for target, amount in by.items()}


METERED = money(search="4820.00", chat="3374.00", batch="1446.00")


def test_tokens_are_priced_before_they_share_a_bill() -> None:
    prices = {"cached": D("0.30"), "output": D("15.00")}
    metered = {"A": 10 * prices["cached"], "B": 1 * prices["output"]}
    fair = split(D("18.00"), Rule("priced_tokens"), Grounds(metered=metered), "USD")
    assert fair.shares == money(A="3.00", B="15.00")
    raw = Grounds(uploaded={"tokens": money(A="10000000", B="1000000")})
    by_count = split(D("18.00"), Rule("driver", driver="tokens"), raw, "USD")
    assert by_count.shares == money(A="16.36", B="1.64")


def test_a_bill_can_scale_what_was_metered() -> None:
    assert str(D("10000") / sum(METERED.values()))[:8] == "1.037344"
    assert scale_to_bill(D("10000.00"), METERED) == money(
        search="5000.00", chat="3500.00", batch="1500.00"
    )


def test_or_leave_it_and_name_the_residual() -> None:
    kept, residual = explicit_residual(D("10000.00"), METERED)
    assert (kept, residual) == (METERED, D("360.00"))
    assert residual / D("10000.00") == D("0.036")
    pooled = split(D("10000.00"), Rule("metered"), Grounds(own=METERED), "USD")
    assert (pooled.shares, pooled.held, pooled.unreconciled) == (METERED, residual, residual)


def test_stages_to_the_cent() -> None:
    present = frozenset(("search", "chat", "batch"))
    calls = money(search="600000", chat="300000", batch="100000")
    grounds = Grounds(calls=calls, present=present)
    found = allocate(
        money(search="5000.00", chat="3500.00", batch="1500.00"),
        [
            PoolIn(3, "support", 3, [Part(D(0), Rule("direct_cost"), grounds)], percent=D(3)),
            PoolIn(1, "gateway and vector store", 1, [Part(D("900.00"), Rule("calls"), grounds)]),
            PoolIn(2, "eval platform", 2, [Part(D("301.00"), Rule("even"), grounds)]),
        ],
        in_no_pool=D(0),
        currency="USD",
    )
    assert [(pool.amount, pool.shares) for pool in found.pools] == [
        (D("900.00"), money(search="540.00", chat="270.00", batch="90.00")),
        (D("301.00"), money(search="100.34", chat="100.33", batch="100.33")),
        (D("336.03"), money(search="169.21", chat="116.11", batch="50.71")),
    ]
    assert found.totals == money(search="5809.55", chat="3986.44", batch="1741.04")
    assert found.total_in == found.total_out == D("11537.03")
    assert (found.direct_total, found.allocated, found.unallocated) == (
        D("10000.00"),
        D("1537.03"),
        D(0),
    )


def test_idle_capacity_goes_to_whoever_reserved_it() -> None:
    telemetry = Grounds(metered=money(search="3", chat="1"))
    rule = Rule("priced_tokens", utilisation=D(62), idle_to="platform")
    found = split(D("7200"), rule, telemetry, "USD")
    assert found.shares == money(search="3348.00", chat="1116.00", platform="2736.00")
    assert found.shares["search"] + found.shares["chat"] == D("4464.00")
    held = split(D("7200"), Rule("priced_tokens", utilisation=D(62)), telemetry, "USD")
    assert (held.held, held.note) == (D("2736.00"), "idle_held")
