"""What is billed and on no call: in every statement a line of its own, by provider."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from finops.models import Reconciliation
from finops.reconciliation.settling import difference


def unreconciled(month: date) -> dict[str, Decimal]:
    """Give billed less metered of a month by provider; providers without a bill are not in it.

    It is spread over nobody: scaling teams up to the bill would hide missing logs, and punish the
    teams that log well.
    """
    found = {row.provider: difference(row) for row in Reconciliation.objects.filter(month=month)}
    return {provider: gap for provider, gap in sorted(found.items()) if gap is not None}
