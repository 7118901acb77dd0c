"""The organisation's name, fiscal year and reporting currency."""

from __future__ import annotations

import re
from typing import Final

from django.db import connection, transaction

from finops.models import Organization
from finops.months.closed import closed_months
from finops.months.publications import PUBLICATIONS_LOCK

_CURRENCY: Final = re.compile(r"[A-Z]{3}")


def describe(*, name: str, fiscal_year_start_month: int, currency: str) -> Organization:
    """Set what the organisation is called and how its year and money are counted.

    ``currency`` is an ISO 4217 code; amounts are never converted, so another one is taken only
    while the ledger is empty. Raises ValueError, with a sentence for people, when it cannot be.
    """
    with transaction.atomic():
        organization = Organization.objects.select_for_update().get(pk=1)
        if currency != organization.currency:
            _check_currency(currency)
            organization.currency = currency
        if not 1 <= fiscal_year_start_month <= 12:
            raise ValueError("The fiscal year starts in a month from 1 to 12.")
        organization.name = name.strip()
        organization.fiscal_year_start_month = fiscal_year_start_month
        organization.save(update_fields=["name", "currency", "fiscal_year_start_month"])
    return organization


def is_ledger_empty() -> bool:
    """Say whether no call and no charge was ever taken in, or all were taken out again."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT NOT EXISTS (SELECT FROM calls) AND NOT EXISTS (SELECT FROM charges)")
        return bool(cursor.fetchone()[0])


def _check_currency(currency: str) -> None:
    """Refuse a currency that is none, or that would change what amounts mean.

    Publications read the currency under the same lock, so none of them counts in the old one
    once this transaction has seen an empty ledger.
    """
    if not _CURRENCY.fullmatch(currency):
        raise ValueError("A currency is three capital letters, such as USD or EUR.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [PUBLICATIONS_LOCK])
        if not cursor.fetchone()[0]:
            raise ValueError("Calls are being taken in right now. Try again in a minute.")
    if closed_months():
        raise ValueError("Months are closed in the present currency. It stays.")
    if not is_ledger_empty():
        raise ValueError("The currency can change only while there are no calls and no bills.")
