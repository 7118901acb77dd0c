"""A month's bills against its calls, through the real import and publication of both."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal as D

import pytest

from finops.domain.money import exact_difference, exact_sum
from finops.models import ExchangeRate, Organization, Reconciliation, ReconciliationEvent
from finops.models.reconciliation import PARTS
from finops.pricing.cards import RateCard, per_unit
from finops.reconciliation import acting
from finops.reconciliation.computing import reconcile, reconcile_due
from finops.reconciliation.findings import drivers, findings
from finops.reconciliation.proposing import propose_implied
from finops.reconciliation.residual import unreconciled
from finops.rollups.refresh import refresh
from tests.finops.bills.charges import charge, land
from tests.finops.ledger.usage import another_connection, forget, import_rows, read
from tests.finops.reconciliation.bills_and_calls import (
    INPUT,
    NOW,
    OCTOBER,
    billed,
    close,
    locks_held,
    october,
    parts,
    used,
)

HOSTILE = '<script>alert(1)</script> =cmd() \u202e🦑 "' + "k" * 400


def assert_exact(row: Reconciliation) -> None:
    """The parts, and the lines, sum to the difference to the last digit."""
    assert row.billed is not None
    gap = exact_difference(row.billed, row.metered)
    assert exact_sum(getattr(row, part) for part in PARTS) == gap
    lines = list(row.lines.all())
    assert exact_sum(line.billed for line in lines) == row.billed
    assert exact_sum(line.metered for line in lines) == row.metered
    for line in lines:
        told = exact_sum(getattr(line, part) for part in PARTS)
        assert told == exact_difference(line.billed, line.metered)


@pytest.mark.usefixtures("ledger")
def test_a_month_in_all_its_parts() -> None:
    """Keys, a model and a kind that nobody logs, a discount, a credit, tax, and no LLM usage."""
    import_rows(
        used(tags={"api_key_id": "prod"}),
        used("output", tags={"litellm.key_alias": "other", "credential_id": "prod"}),
        used(model="gpt-4o-mini", tags={"api_key_id": "prod"}),  # $0.15 a million, on no bill
        used(model="nobody-knows-it", tokens=500, tags={"api_key_id": "prod"}),
    )
    land(
        billed(credential_id="prod", list_cost="0.0025", billed_cost="0.002"),
        billed("Output", "3000", credential_id="prod", billed_cost="0.03"),
        billed(credential_id=HOSTILE, sub_account_id="lab", tags={"team": "growth"}),
        billed(charge_category="Credit", billed_cost="-0.001", credential_id="prod"),
        billed(charge_class="Correction", billed_cost="0.0004", credential_id="prod"),
        billed(
            credential_id="prod",
            billed_cost="4",
            sku_price_details={"ModelId": "nobody-knows-it", "TokenDirection": "Input"},
            consumed_quantity="500",
        ),
        charge(charge_category="Tax", billed_cost="0.5"),
    )
    row = october()
    assert_exact(row)
    assert row.grain == "credential, model, token kind, day"
    assert row.metered == D("0.01265")
    assert parts(row) == {
        "missing_logs": "0.01985",  # 2,000 tokens of output, less the model on no bill
        "unlogged_keys": "0.0025",
        "price": "4",  # calls without a price
        "discount": "-0.0005",
        "credits": "-0.0006",
    }
    assert (row.tax, row.not_llm, row.reported) == (D("0.5"), 0, None)
    assert unreconciled(OCTOBER) == {"openai": exact_difference(row.billed or D(0), row.metered)}
    found = {(each.kind, each.credential, each.model): each for each in findings(row)}
    assert found.keys() == {
        ("unlogged_key", HOSTILE, ""),
        ("not_billed", "prod", "gpt-4o-mini"),
        ("price", "", "nobody-knows-it"),
    }
    assert found["unlogged_key", HOSTILE, ""].hints == (
        "team growth",
        "account lab",
        "team = growth",
    )
    assert drivers(row)["missing_logs"][:2] == ("gpt-4o", "output")


@pytest.mark.usefixtures("ledger")
def test_what_the_bill_implies_becomes_a_proposed_price_once() -> None:
    import_rows(used(), used("output", tokens=1_000_000))
    land(billed(), billed("Output", "1000000", billed_cost="12"))
    row = october()
    assert parts(row) == {"price": "2"}
    proposal = propose_implied(row, "gpt-4o", reason="October", by="Maya", now=NOW)
    card = RateCard.from_json(proposal.card)
    prices = {line.kind: per_unit(line) for line in card.lines}
    assert (prices["input_tokens"], prices["output_tokens"]) == (D("2.5"), D(12))
    assert card.since == datetime(2026, 10, 5, tzinfo=UTC)
    with pytest.raises(acting.ActRefused, match="Maya has proposed"):
        propose_implied(row, "gpt-4o", reason="October", by="Tom", now=NOW)
    with pytest.raises(acting.ActRefused, match="no other price"):
        propose_implied(row, "gpt-4", reason="October", by="Tom", now=NOW)


@pytest.mark.usefixtures("ledger")
def test_a_cost_is_split_over_kinds_to_the_last_digit() -> None:
    """Cache writes of both kinds, reasoning, a cached answer, and a cost that the source said."""
    call = {"provider": "anthropic", "model": "claude-sonnet-4-5", "time": "2026-10-05T10:00:00Z"}
    import_rows(
        call
        | {"input_tokens": 3_000, "cache_read_tokens": 1_000, "cache_write_tokens": 700}
        | {"cache_write_1h_tokens": 300, "output_tokens": 100, "reasoning_tokens": 40, "id": "a"},
        call | {"input_tokens": 9_999, "output_tokens": 9, "status": "cached", "id": "b"},
        call | {"status": "error", "error": "no answer", "id": "c"},
    )
    land(billed(service_name="Claude", service_provider_name="Anthropic", billed_cost="1"))
    row = october("anthropic")
    assert_exact(row)
    ((cost,),) = read("SELECT sum(cost) FROM calls")
    assert row.metered == cost
    kinds = {line.token_kind: line.metered_quantity for line in row.lines.all()}
    assert kinds.get("output") == 100  # reasoning is output on a bill, the cached answer is none


@pytest.mark.usefixtures("ledger")
def test_a_cost_that_sources_report_and_count_follows_the_cards_proportions() -> None:
    from finops.models import Source

    Source.objects.create(name="said", counts=Source.REPORTED)
    both = {"input_tokens": 1000, "output_tokens": 1000, "cost": "0.1", "currency": "USD"}
    import_rows(used() | both, source="said")
    Source.objects.create(name="usage api", role=Source.EVIDENCE)
    import_rows(used(id="e"), source="usage api")  # evidence never meters
    land(billed(billed_cost="0.02"), billed("Output", billed_cost="0.08"))
    row = october()
    assert_exact(row)
    assert (row.metered, row.reported, parts(row)) == (D("0.1"), D("0.1"), {})


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize(
    ("zone", "metered", "cut_off"),
    [
        # The call of 00:30 on 1 October, and the one of 23:30 on 31 October, both in UTC.
        ("UTC", "0.005", ""),
        ("Asia/Kolkata", "0.0025", "0.0025"),
        ("America/Los_Angeles", "0.0025", "0.0025"),
    ],
)
def test_calls_at_the_edges_of_the_month(zone: str, metered: str, cut_off: str) -> None:
    """The bill is cut in UTC, our month in the reporting zone: what is between is cut off."""
    Organization.objects.update(time_zone=zone)
    import_rows(used(time="2026-10-01T00:30:00Z"), used(time="2026-10-31T23:30:00Z"))
    land(billed(day="2026-10-01"), billed(day="2026-10-31"))
    row = october()
    assert_exact(row)
    assert row.metered == D(metered)
    assert parts(row) == ({"cut_off": cut_off} if cut_off else {})


@pytest.mark.usefixtures("ledger")
def test_googles_months_are_pacific() -> None:
    """An hour at 03:00 UTC on 1 November is October in California."""
    gemini = {"provider": "google", "model": "gemini-2.5-pro"}
    import_rows(used(time="2026-11-01T03:10:00Z", **gemini), used(**gemini))
    hour = datetime(2026, 11, 1, 3, tzinfo=UTC)
    meter = {
        "service_provider_name": "Google",
        "service_name": "Vertex AI",
        "sku_meter": "Gemini 2.5 Pro Text Input - Predictions",
        "consumed_quantity": "1000",
        "consumed_unit": "count",
        "billed_cost": "0.00125",
        "billing_period": "2026-10-01",
    }
    until = hour + timedelta(hours=1)
    land(
        charge(charge_period_start=hour, charge_period_end=until, **meter),
        charge("2026-10-05", **meter),
    )
    row = october("google")
    assert_exact(row)
    assert (row.metered, parts(row)) == (D("0.00125"), {"cut_off": "0.00125"})


@pytest.mark.usefixtures("ledger")
def test_late_lines_are_cut_off_in_both_months_and_missing_in_neither() -> None:
    import_rows(used(time="2026-10-31T10:00:00Z"), used(time="2026-11-02T10:00:00Z"))
    land(billed(day="2026-10-03", charge_category="Credit", billed_cost="-0.5"))
    land(billed(day="2026-10-31", billing_period="2026-11-01"), billed(day="2026-11-02"))
    row = october()
    assert_exact(row)
    assert parts(row) == {"cut_off": "-0.0025", "credits": "-0.5"}
    (november,) = reconcile(date(2026, 11, 1), now=NOW)
    assert_exact(november)
    assert parts(november) == {"cut_off": "0.0025"}


@pytest.mark.usefixtures("ledger")
def test_two_currencies_count_together_once_both_have_a_rate() -> None:
    """A line without a rate is in no amount, said apart, and keeps the month provisional."""
    import_rows(used(tokens=2000))
    land(billed(), billed(billing_currency="EUR", billed_cost="0.002"))
    row = october()
    assert_exact(row)
    assert (row.billed, row.status) == (D("0.0025"), "provisional")
    assert row.unconverted == {"EUR": {"rows": 1, "billed_cost": "0.002", "missing": 0}}
    ExchangeRate.objects.create(currency="EUR", effective_from=date(2026, 1, 1), rate="1.25")
    land(billed(), billed(billing_currency="EUR", billed_cost="0.002"))
    row = october()
    assert (row.billed, row.unconverted, parts(row)) == (D("0.005"), {}, {})
    assert row.status == "matched"


@pytest.mark.usefixtures("ledger")
def test_a_line_without_an_amount_is_missing_and_not_zero() -> None:
    import_rows(used())
    land(billed(), billed(billed_cost=None, effective_cost=None))
    row = october()
    assert row.unconverted == {"USD": {"rows": 0, "billed_cost": "0", "missing": 1}}
    assert (row.billed, row.status, parts(row)) == (D("0.0025"), "provisional", {})


@pytest.mark.usefixtures("ledger")
def test_calls_without_a_bill_and_a_bill_without_calls() -> None:
    import_rows(used())
    land(charge(service_provider_name="Anthropic", service_name="Claude", billed_cost="70"))
    calls, bill = october("openai"), october("anthropic")
    assert (calls.billed, calls.metered, calls.status) == (None, D("0.0025"), "provisional")
    assert parts(calls) == {}
    assert not calls.lines.exists()
    assert (bill.metered, bill.billed, parts(bill)) == (0, 70, {"unlogged_keys": "70"})
    assert unreconciled(OCTOBER) == {"anthropic": D(70)}


@pytest.mark.usefixtures("ledger")
def test_asking_again_changes_nothing_until_something_has_changed() -> None:
    import_rows(used())
    land(billed())
    first = october()
    lines = list(first.lines.values_list("pk", flat=True))
    assert october(now=NOW + timedelta(hours=1)).computed_at == first.computed_at
    import_rows(used(id="late"))
    again = october(now=NOW + timedelta(hours=2))
    assert (again.pk, again.metered) == (first.pk, D("0.005"))
    assert lines != list(again.lines.values_list("pk", flat=True))
    assert reconcile_due(NOW) == 1
    assert locks_held() == 0


@pytest.mark.usefixtures("ledger")
def test_a_closed_month_is_only_read() -> None:
    import_rows(used())
    land(billed())
    before = october()
    close()
    import_rows(used(id="late", time="2026-10-06T00:00:00Z"))
    assert october().metered == before.metered
    with pytest.raises(ValueError, match="closed"):
        acting.investigate("openai", OCTOBER, reason="why", by="Maya", now=NOW)


@pytest.mark.usefixtures("ledger")
def test_a_restatement_opens_an_accepted_month_again_with_what_it_moved() -> None:
    import_rows(used())
    land(billed(billed_cost="100"))
    row = october()
    assert row.status == "explained"  # by model: the bill asks another price
    acting.accept("openai", OCTOBER, seen=row.inputs_hash, reason="ok", by="Maya", now=NOW)
    land(billed(billed_cost="100.5"))
    assert october().status == "accepted"  # less than the tolerance
    land(billed(billed_cost="150"))
    row = october()
    assert row.status == "explained"
    last = ReconciliationEvent.objects.last()
    assert last is not None
    assert (last.kind, last.amount, last.by) == ("restated", D(50), "Costline")
    assert "+$100.00 to +$150.00" in last.reason


@pytest.mark.usefixtures("ledger")
def test_a_worker_leaves_a_month_that_another_one_is_at() -> None:
    import zlib

    import_rows(used())
    refresh()
    which = zlib.crc32(b"2026-10 openai") - 2**31
    with another_connection() as other:
        other.execute("SELECT pg_advisory_lock(7310021, %s)", [which])
        assert reconcile(OCTOBER, now=NOW, wait=False) == []
    assert [row.provider for row in reconcile(OCTOBER, now=NOW, wait=False)] == ["openai"]


@pytest.mark.usefixtures("ledger")
def test_of_a_provider_without_calls_and_bills_nothing_is_kept() -> None:
    job = import_rows(used())
    assert reconcile(OCTOBER, now=NOW, provider="nobody") == []
    assert not Reconciliation.objects.exists()
    assert october().metered == D(INPUT)
    forget(job)
    assert reconcile(OCTOBER, now=NOW) == []


@pytest.mark.usefixtures("ledger")
def test_a_bill_of_whole_months_is_compared_without_days() -> None:
    import_rows(used(), used(time="2026-10-09T10:00:00Z"))
    until = datetime(2026, 11, 1, tzinfo=UTC)
    land(billed(day="2026-10-01", tokens="2000", billed_cost="0.005", charge_period_end=until))
    row = october()
    assert (row.grain, parts(row), row.status) == ("model, token kind", {}, "matched")


@pytest.mark.usefixtures("ledger")
def test_the_scheduler_looks_at_a_running_month_once_an_hour() -> None:
    import_rows(used(time="2026-11-19T10:00:00Z"))
    assert reconcile_due(NOW) == 1
    import_rows(used(id="next", time="2026-11-19T11:00:00Z"))
    assert reconcile_due(NOW + timedelta(minutes=50)) == 0
    assert reconcile_due(NOW + timedelta(minutes=70)) == 1
    assert Reconciliation.objects.get().metered == D("0.005")
