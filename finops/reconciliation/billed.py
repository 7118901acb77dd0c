"""The billed side of a comparison: what current bills say of a provider's month.

``billed`` is BilledCost of charges for LLM usage before tax, on the bill of the month; tax and the
provider's other charges are told apart, and so is what has no exchange rate or no amount.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Q

from finops.domain.charge import LLM_USAGE
from finops.domain.money import exact_sum, plain
from finops.domain.periods import next_month
from finops.models import BillSnapshot
from finops.reconciliation.sides import Charged, Key, add_charged
from finops.sql import load_sql

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

#: How far ahead bills are searched for late lines about the month.
_LATE: Final = timedelta(days=95)
_ZERO: Final = Decimal(0)


class Billed(NamedTuple):
    """What is on the bill of a month. ``total`` is None when there is no bill for LLM usage.

    ``unconverted`` names what stands in no amount, by currency: ``{"EUR": {"rows",
    "billed_cost", "missing"}}``, where ``missing`` counts lines without an amount.
    ``is_invoiced`` is false while some lines have an invoice and others have none.
    """

    side: dict[Key, Charged]
    total: Decimal | None
    tax: Decimal
    not_llm: Decimal
    unconverted: dict[str, dict[str, Any]]
    is_invoiced: bool

    @property
    def credentials(self) -> list[str]:
        """The keys that the bill names, in order."""
        return sorted({key.credential for key in self.side} - {""})

    @property
    def accounts(self) -> list[str]:
        """The accounts that the bill names, in order."""
        return sorted({key.account for key in self.side} - {""})

    @property
    def by_day(self) -> bool:
        """Say whether every line about usage has a day."""
        return all(key.day for key, each in self.side.items() if each.has_usage)


class _Group(NamedTuple):
    """A row of ``billed.sql``."""

    part: str
    here: bool
    in_month: bool
    day: date | None
    account: str
    credential: str
    model: str
    token_kind: str
    unconverted: str | None
    rows: int
    missing: int
    not_invoiced: int
    tokens: Decimal | None
    in_currency: Decimal
    listed: Decimal
    billed: Decimal

    @property
    def counts(self) -> bool:
        """Say whether it has an amount for LLM usage, before tax, in the reporting currency."""
        is_llm = self.part not in {"tax", "not_llm"}
        return is_llm and self.unconverted is None and self.rows > self.missing


def snapshots_about(month: date) -> list[BillSnapshot]:
    """Find the current bills that may say something of a month: its own, and later ones."""
    later = Q(billing_period__gt=month, billing_period__lt=month + _LATE)
    own = Q(accounting_month=month) | Q(accounting_month=None, billing_period=month)
    return list(BillSnapshot.objects.filter(own | later, status=BillSnapshot.CURRENT))


def read_billed(
    cursor: CursorWrapper,
    provider: str,
    month: date,
    *,
    zone: ZoneInfo,
    currency: str,
    bills: Iterable[BillSnapshot],
) -> Billed:
    """Read what the bills say of a provider's month; ``currency`` is the reporting one."""
    asked: dict[str, Any] = {
        "snapshots": [bill.pk for bill in bills],
        "provider": provider,
        "month": month,
        "next_month": next_month(month),
        "zone": zone.key,
        "llm_usage": LLM_USAGE,
    }
    cursor.execute(load_sql("reconciliation/bills_of_provider.sql").format(), asked)
    held = cursor.fetchall()
    asked["snapshots"] = [snapshot for snapshot, _ in held]
    asked["periods"] = sorted({period for _, period in held})
    cursor.execute(load_sql("reconciliation/billed.sql").format(), asked)
    groups = [_Group(*row) for row in cursor.fetchall()]
    ours = [group for group in groups if group.here]
    side = add_charged((_key(group), _charged(group)) for group in groups if group.counts)
    return Billed(
        side=side,
        total=_total(ours),
        tax=exact_sum(group.billed for group in ours if group.part == "tax"),
        not_llm=exact_sum(group.billed for group in ours if group.part == "not_llm"),
        unconverted=_left_out(ours, currency),
        is_invoiced=_is_invoiced(ours),
    )


def _total(ours: Iterable[_Group]) -> Decimal | None:
    amounts = [group.billed for group in ours if group.counts]
    return exact_sum(amounts) if amounts else None


def _key(group: _Group) -> Key:
    return Key(group.day, group.account, group.credential, group.model, group.token_kind)


def _charged(group: _Group) -> Charged:
    """Place a group's amount: usage of the month, or what else stands on its bill."""
    if group.part != "usage":
        return Charged(**{group.part: group.billed})
    if not group.in_month:
        return Charged(late=group.billed)
    elsewhere = _ZERO if group.here else group.billed
    return Charged(group.tokens, group.listed, group.billed, elsewhere)


def _is_invoiced(ours: Iterable[_Group]) -> bool:
    rows, without = 0, 0
    for group in ours:
        rows, without = rows + group.rows, without + group.not_invoiced
    return without in {0, rows}


def _left_out(ours: Iterable[_Group], currency: str) -> dict[str, dict[str, Any]]:
    """Name what is in no amount: lines without an exchange rate, and lines without a cost."""
    found: dict[str, dict[str, Any]] = {}
    for group in ours:
        if group.unconverted is None and not group.missing:
            continue
        told = found.setdefault(
            group.unconverted or currency, {"rows": 0, "billed_cost": _ZERO, "missing": 0}
        )
        told["missing"] += group.missing
        if group.unconverted is not None:
            told["rows"] += group.rows
            told["billed_cost"] = exact_sum((told["billed_cost"], group.in_currency))
    return {name: _plain(told) for name, told in sorted(found.items())}


def _plain(told: Mapping[str, Any]) -> dict[str, Any]:
    return {**told, "billed_cost": plain(told["billed_cost"])}
