"""The organisation's name, year and money."""

from __future__ import annotations

from typing import Any

import pytest

from finops.models import Organization
from finops.months.publications import PUBLICATIONS_LOCK
from finops.organization.profile import describe, is_ledger_empty
from tests.finops.ledger.usage import another_connection, call, import_rows

pytestmark = pytest.mark.usefixtures("ledger")


def described(**changed: Any) -> Organization:
    given = {"name": "Acme", "fiscal_year_start_month": 4, "currency": "USD"}
    return describe(**{**given, **changed})


def test_name_and_year_can_change_at_any_time() -> None:
    import_rows(call(id="1"))

    described(name="  Acme  ")

    organization = Organization.current()
    assert (organization.name, organization.fiscal_year_start_month) == ("Acme", 4)


@pytest.mark.parametrize("month", [0, 13, -1])
def test_a_year_starts_in_a_month(month: int) -> None:
    with pytest.raises(ValueError, match="from 1 to 12"):
        described(fiscal_year_start_month=month)


@pytest.mark.parametrize("currency", ["", "usd", "EURO", "€", "US1"])
def test_a_currency_has_three_capital_letters(currency: str) -> None:
    with pytest.raises(ValueError, match="three capital letters"):
        described(currency=currency)


def test_the_currency_changes_only_while_there_are_no_calls() -> None:
    assert is_ledger_empty()
    assert described(currency="EUR").currency == "EUR"

    import_rows(call(id="1"))

    assert not is_ledger_empty()
    with pytest.raises(ValueError, match="while there are no calls"):
        described(currency="GBP", name="Not kept")
    organization = Organization.current()
    assert (organization.currency, organization.name) == ("EUR", "Acme")


def test_the_currency_does_not_change_under_a_publication() -> None:
    with another_connection() as publishing:
        publishing.execute("SELECT pg_advisory_xact_lock_shared(%s)", [PUBLICATIONS_LOCK])

        with pytest.raises(ValueError, match="being taken in"):
            described(currency="EUR")
        publishing.rollback()
