"""What is odd in a provider's month, in dollars.

Keys and models that logs never name, calls that no bill knows, and prices that the bill implies
where the book has others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from django.db.models import Sum

from finops.domain.money import exact_sum
from finops.models import Reconciliation
from finops.models.reconciliation import PARTS
from finops.reconciliation.billed import snapshots_about
from finops.reconciliation.lines import LineRow, LineScope, lines_of_month
from finops.reconciliation.parts import NOT_BILLED, PRICE, UNLOGGED_KEY, UNLOGGED_MODEL
from finops.sql import load_sql, snapshot

#: Findings of a kind that are listed, the dearest.
MOST: Final = 50
#: Tags and teams that are named beside a key.
_MOST_HINTS: Final = 4


class Finding(NamedTuple):
    """One finding: ``kind`` as lines carry it, what it is about, its dollars, who might own it.

    ``amount`` is what was billed for an unlogged key or model, what was metered for calls that no
    bill knows, and the price part where prices differ; prices are of one token.
    """

    kind: str
    account: str
    credential: str
    model: str
    token_kind: str
    amount: Decimal
    book_price: Decimal | None
    billed_price: Decimal | None
    hints: tuple[str, ...] = ()


class Driver(NamedTuple):
    """What most of a part is due to: a model, a kind of token, a caller; and its dollars."""

    model: str
    token_kind: str
    caller: str
    amount: Decimal


def findings(row: Reconciliation) -> list[Finding]:
    """List what is odd in a month, the dearest of each kind first."""
    found: list[Finding] = []
    for kind in (UNLOGGED_KEY, UNLOGGED_MODEL, NOT_BILLED, PRICE):
        listed = lines_of_month(row, LineScope(filters={"finding": kind}), limit=1_000)
        merged = _merged(kind, listed.rows)
        found += sorted(merged, key=lambda each: each.amount.copy_abs(), reverse=True)[:MOST]
    return _with_hints(row, found)


def drivers(row: Reconciliation) -> dict[str, Driver]:
    """Name for each part what most of it is due to, over all days."""
    grouped = row.lines.values("model", "token_kind", "credential", "account").annotate(
        **{f"sum_{part}": Sum(part) for part in PARTS}
    )
    told: dict[str, Driver] = {}
    for each in grouped:
        caller = each["credential"] or each["account"]
        for part in PARTS:
            amount: Decimal = each[f"sum_{part}"]
            if amount and (part not in told or amount.copy_abs() > told[part].amount.copy_abs()):
                told[part] = Driver(each["model"], each["token_kind"], caller, amount)
    return told


def _merged(kind: str, rows: Iterable[LineRow]) -> list[Finding]:
    """Add up what is one finding: a key's models, a model's kinds; a price stays a price."""
    groups: dict[tuple[str, ...], list[LineRow]] = {}
    for row in rows:
        groups.setdefault(_about(kind, row), []).append(row)
    return [_finding(kind, about, members) for about, members in groups.items()]


def _about(kind: str, row: LineRow) -> tuple[str, ...]:
    if kind == UNLOGGED_KEY:
        return row.account, row.credential, "", ""
    if kind == PRICE:
        return "", "", row.model, row.token_kind
    return row.account, row.credential, row.model, ""


def _finding(kind: str, about: tuple[str, ...], rows: Sequence[LineRow]) -> Finding:
    amounts = {
        PRICE: lambda row: row.parts.price,
        NOT_BILLED: lambda row: row.metered,
    }
    amount = exact_sum(amounts.get(kind, lambda row: row.billed)(row) for row in rows)
    first = max(rows, key=lambda row: row.billed_quantity or Decimal(0))
    account, credential, model, token_kind = about
    return Finding(
        kind, account, credential, model, token_kind, amount, first.book_price, first.billed_price
    )


def _with_hints(row: Reconciliation, found: list[Finding]) -> list[Finding]:
    """Say beside unlogged keys what the bill says of them."""
    strangers = [each for each in found if each.kind == UNLOGGED_KEY]
    if not strangers:
        return found
    told = _owners(row, strangers)
    return [
        each._replace(hints=_hints_for(each, told)) if each.kind == UNLOGGED_KEY else each
        for each in found
    ]


_Told = tuple[str, str, str | None, list[str], list[str]]


def _owners(row: Reconciliation, strangers: Sequence[Finding]) -> list[_Told]:
    bills = [bill for bill in snapshots_about(row.month) if bill.billing_period == row.month]
    with snapshot() as cursor:
        cursor.execute(
            load_sql("reconciliation/owners.sql").format(),
            {
                "snapshots": [bill.pk for bill in bills],
                "periods": [row.month],
                "provider": row.provider,
                "credentials": sorted({each.credential for each in strangers} - {""}),
                "accounts": sorted({each.account for each in strangers} - {""}),
            },
        )
        told: list[_Told] = cursor.fetchall()
    return told


def _hints_for(finding: Finding, told: Iterable[_Told]) -> tuple[str, ...]:
    hints: list[str] = []
    for credential, account, account_name, teams, tags in told:
        if finding.credential and finding.credential != credential:
            continue
        if not finding.credential and finding.account != account:
            continue
        hints += [f"team {team}" for team in teams[:_MOST_HINTS]]
        hints += [f"account {account_name or account}"] if account_name or account else []
        hints += tags[:_MOST_HINTS]
    return tuple(dict.fromkeys(hints))[: 2 * _MOST_HINTS]
