"""A month allocated from real charges: previewed, published, published again."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from finops.allocation.running import preview, publish, published
from finops.allocation.statement import Statement
from finops.attribution.refusals import ChangedMeanwhile, Refused
from finops.models import AllocationRun, AllocationShare, DriverValue, MonthClose, Reconciliation
from finops.months.closed import MonthClosed
from tests.finops.allocation.at_hand import NOW, OCTOBER, own, pool, shared
from tests.finops.bills.charges import charge, land

pytestmark = pytest.mark.django_db
D = Decimal


def amounts(statement: Statement, name: str) -> dict[str, str]:
    """What a line gave to whom, as text."""
    (line,) = [line for line in statement.lines if line.name == name]
    return {target: f"{amount:f}" for target, amount in sorted(line.shares.items())}


def driver(name: str, month: date = OCTOBER, **values: str) -> None:
    """Values of an uploaded driver."""
    for target, value in values.items():
        DriverValue.objects.create(driver=name, month=month, target=target, value=D(value))


def company() -> None:
    """The month of the reference: direct cost of three teams, three pools on top."""
    land(
        own("search", "5000.00"),
        own("chat", "3500.00"),
        own("batch", "1500.00"),
        shared("Kong Gateway", "400.00"),
        shared("Pinecone", "500.00"),
        shared("Braintrust", "301.00"),
    )
    pool("Gateway", service_name="kong*", method="driver", driver="requests", stage=1)
    pool("Vector store", service_name="Pinecone", method="driver", driver="requests", stage=1)
    pool("Eval platform", service_name="braintrust", stage=2)
    pool("Support", surcharge_percent=D(3), method="direct_cost", stage=3)
    driver("requests", search="600000", chat="300000", batch="100000")


def test_the_example_of_the_reference_from_charges_to_statement() -> None:
    company()
    found = preview(OCTOBER)
    assert amounts(found, "Direct") == {"batch": "1500.00", "chat": "3500.00", "search": "5000.00"}
    assert amounts(found, "Gateway") == {"batch": "40.00", "chat": "120.00", "search": "240.00"}
    assert amounts(found, "Eval platform") == {
        "batch": "100.33",
        "chat": "100.33",
        "search": "100.34",
    }
    assert amounts(found, "Support") == {"batch": "50.71", "chat": "116.11", "search": "169.21"}
    assert {row.target: f"{row.total:f}" for row in found.targets} == {
        "search": "5809.55",
        "chat": "3986.44",
        "batch": "1741.04",
    }
    assert f"{found.total_in:f}" == f"{found.total_out:f}" == "11537.03"
    assert (found.charged, found.surcharges, found.unallocated) == (D("11201"), D("336.03"), 0)


def test_publishing_keeps_inputs_and_shares_and_says_the_same_again() -> None:
    company()
    made = publish(OCTOBER, now=NOW, by="Maya")
    assert made.is_new
    stored = published(OCTOBER)
    assert stored is not None
    fresh = preview(OCTOBER)
    assert (stored.targets, stored.total_in, stored.total_out) == (
        fresh.targets,
        fresh.total_in,
        fresh.total_out,
    )
    assert stored.lines == fresh.lines
    run = AllocationRun.objects.get()
    assert (run.total_in, run.total_out, run.direct) == (D("11537.03"), D("11537.03"), D(10000))
    assert run.sha256 == fresh.sha256
    assert len(run.sha256) == 64
    weight = AllocationShare.objects.get(pool_name="Gateway", target="chat").weight
    assert weight == 300000
    again = publish(OCTOBER, now=NOW, by="Tom")
    assert not again.is_new
    assert again.statement.run_by == "Maya"
    assert AllocationRun.objects.count() == 1


def test_what_changed_is_a_new_version_and_the_old_one_stays() -> None:
    company()
    seen = publish(OCTOBER, now=NOW, by="Maya").statement.sha256
    DriverValue.objects.filter(target="chat").update(value=D(400000))
    with pytest.raises(ChangedMeanwhile):
        publish(OCTOBER, now=NOW, by="Maya", seen=seen)
    again = publish(OCTOBER, now=NOW, by="Maya", reason="Requests of chat were counted twice")
    assert again.is_new
    assert again.statement.version == 2
    assert list(AllocationRun.objects.order_by("version").values_list("version", "current")) == [
        (1, False),
        (2, True),
    ]


def test_a_closed_month_keeps_its_statement() -> None:
    company()
    publish(OCTOBER, now=NOW, by="Maya")
    MonthClose.objects.create(month=OCTOBER)
    assert not publish(OCTOBER, now=NOW, by="Maya").is_new
    DriverValue.objects.filter(target="chat").update(value=D(0))
    with pytest.raises(MonthClosed, match="October 2026"):
        publish(OCTOBER, now=NOW, by="Maya")
    assert AllocationRun.objects.get().current


def test_a_month_without_charges_has_no_statement() -> None:
    with pytest.raises(Refused, match="No charges are posted to October 2026"):
        publish(OCTOBER, now=NOW, by="Maya")
    assert preview(OCTOBER).total_in == 0


@pytest.mark.parametrize(("dimension", "basis"), [("model", "billed"), ("team", "metered")])
def test_unknown_words_are_refused(dimension: str, basis: str) -> None:
    with pytest.raises(Refused):
        preview(OCTOBER, dimension, basis)


def test_charges_that_no_pool_picks_are_left_in_sight() -> None:
    land(own("search", "10.005"), shared("Mystery", "7.777"), shared("Pinecone", "1.00"))
    pool("Vector store", service_name="pinecone", method="hold")
    found = preview(OCTOBER)
    assert [(line.name, f"{line.unallocated:f}") for line in found.lines] == [
        ("Direct", "0"),
        ("Vector store", "1.00"),
        ("In no pool", "7.78"),
    ]
    assert (found.total_in, found.total_out, found.rounding) == (
        D("18.79"),
        D("18.79"),
        D("0.008"),
    )


def test_the_first_pool_in_order_has_the_charge_and_a_direct_one_is_in_none() -> None:
    land(
        own("search", "100"),
        shared("GPU node", "40", tags={"user_cluster": "ml-1"}),
        shared("GPU node", "2", resource_name="50%_off\\spot"),
    )
    pool("Odd names", resource="50%_off\\*", position=1)
    pool("Cluster", tag="cluster", tag_value="ML-*", position=2)
    pool("Anything else", position=3)
    found = preview(OCTOBER)
    assert {line.name: line.amount for line in found.pools} == {
        "Odd names": D(2),
        "Cluster": D(40),
        "Anything else": D(0),
    }
    assert found.of("search").direct == D(100)


def test_a_credit_follows_the_driver_of_the_month_that_it_corrects() -> None:
    november = date(2026, 11, 1)
    land(shared("Pinecone", "900", day="2026-11-03"), own("a", "1", day="2026-11-03"))
    land(
        charge(
            "2026-10-09",
            billing_period="2026-11-01",
            billing_account_id="credits",
            service_name="Pinecone",
            charge_category="Credit",
            charge_class="Correction",
            billed_cost=D("-100.01"),
        )
    )
    pool("Vector store", service_name="pinecone", method="driver", driver="queries")
    driver("queries", OCTOBER, a="1", b="3")
    driver("queries", november, a="2", b="1")
    found = preview(november)
    assert amounts(found, "Vector store") == {"a": "575.00", "b": "224.99"}
    assert found.pools[0].amount == D("799.99")


def test_a_correction_between_teams_moves_their_cost_and_no_total() -> None:
    correction = {"charge_class": "Correction", "billing_period": "2026-10-01"}
    land(own("a", "1500"), own("b", "10"))
    before = preview(OCTOBER)
    land(
        own("a", "-1500", day="2026-09-04", billing_account_id="c", **correction),
        own("a", "1200", day="2026-09-04", billing_account_id="c", **correction),
        own("b", "300", day="2026-09-04", billing_account_id="c", **correction),
    )
    after = preview(OCTOBER)
    assert after.total_in == before.total_in == D(1510)
    assert [(row.target, row.total) for row in after.targets] == [("a", D(1200)), ("b", D(310))]


def test_charges_without_a_rate_are_counted_and_in_no_amount() -> None:
    land(shared("Pinecone", "5", billing_currency="EUR"), shared("Pinecone", "1"))
    land(charge(billing_account_id="x", billed_cost=None, effective_cost=None))
    pool("Vector store")
    found = preview(OCTOBER)
    assert (found.total_in, found.unconverted, found.missing, found.rows) == (D(1), 1, 1, 3)


def test_the_bases_are_never_mixed() -> None:
    land(shared("Pinecone", "5", effective_cost="2"), own("a", "4", effective_cost="3"))
    pool("Vector store")
    assert preview(OCTOBER, basis="effective").total_in == D(5)
    assert preview(OCTOBER, basis="billed").total_in == D(9)


def test_the_residual_of_a_provider_is_a_line_of_its_own() -> None:
    company()
    Reconciliation.objects.create(
        provider="openai",
        month=OCTOBER,
        metered=D("9640"),
        billed=D("10000"),
        status="explained",
        computed_status="explained",
        computed_at=NOW,
    )
    (residual,) = preview(OCTOBER).residuals
    assert (residual.name, residual.amount) == ("Unreconciled – openai", D(360))
    assert preview(OCTOBER).total_in == D("11537.03")
