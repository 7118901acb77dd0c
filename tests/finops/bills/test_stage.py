"""Charges are decided once per distinct key, and never by a rule that was not in force."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from finops.models import AttributionRule, ChargeKindRule
from tests.finops.bills.charges import charge, land
from tests.finops.ledger.usage import read

pytestmark = pytest.mark.django_db


def test_a_rule_decides_charges_of_its_time_alone() -> None:
    AttributionRule.objects.create(
        position=1_000,
        name="Search from November",
        dimension="team",
        value="search",
        account="acme",
        effective_from=datetime(2026, 10, 6, tzinfo=UTC),
    )
    ChargeKindRule.objects.create(
        position=10_000,
        name="A gateway until then",
        service_name="Some gateway",
        kind="gateway",
        effective_to=date(2026, 10, 6),
    )

    unknown = {"service_name": "Some gateway", "service_category": None}
    seller = {"service_provider_name": "Acme Gateways", "invoice_issuer_name": None}
    land(*(charge(day, **unknown, **seller) for day in ("2026-10-05", "2026-10-06")))

    assert read("SELECT kind, team FROM charges ORDER BY charge_period_start") == [
        ("gateway", None),
        (None, "search"),
    ]


def test_equal_texts_with_other_tags_or_details_are_decided_apart() -> None:
    land(
        charge(tags={"team": "search"}),
        charge(tags={"team": "chat"}),
        charge(),
        charge(sku_price_details={"ModelId": "gpt-4o"}, consumed_unit="Tokens"),
    )

    assert read("SELECT team FROM charges ORDER BY line") == [
        ("search",),
        ("chat",),
        (None,),
        (None,),
    ]
    assert read("SELECT sku_price_details FROM charges ORDER BY line DESC LIMIT 1") == [
        ('{"ModelId": "gpt-4o"}',)
    ]
