"""One version of a bill as pages show it: state, control totals, what it changed, its score."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NamedTuple

from finops.bills.words import COSTS, STATUSES
from finops.domain.money import exact_difference
from finops.models import BillSnapshot
from finops.web.bills.words import State

_KINDS: Final[Mapping[str, str]] = {
    BillSnapshot.STAGED: "stale",
    BillSnapshot.CURRENT: "ok",
    BillSnapshot.SUPERSEDED: "none",
    BillSnapshot.HELD: "warn",
    BillSnapshot.DISCARDED: "none",
}
LEVELS: Final[Mapping[str, State]] = {
    "error": State("bad", "Error"),
    "warning": State("warn", "Warning"),
    "info": State("none", "Note"),
}


class Total(NamedTuple):
    """One of the four costs of a version; None when no row says it."""

    label: str
    amount: Decimal | None
    missing: int


class CurrencyTotals(NamedTuple):
    """The control totals of one currency."""

    currency: str
    rows: int
    totals: tuple[Total, ...]


class Change(NamedTuple):
    """What something was billed before and after."""

    name: str
    before: Decimal
    after: Decimal

    @property
    def change(self) -> Decimal:
        """By how much it became dearer."""
        return exact_difference(self.after, self.before)


class CurrencyDiff(NamedTuple):
    """What changed in one currency, the largest changes first."""

    currency: str
    billed: Change
    effective: Change
    services: tuple[Change, ...]
    teams: tuple[Change, ...]
    untold: int


def state(bill: BillSnapshot) -> State:
    """Say in shape and word whether a version counts."""
    return State(_KINDS.get(bill.status, "none"), STATUSES.get(bill.status, bill.status))


def totals(bill: BillSnapshot) -> list[CurrencyTotals]:
    """Read the control totals, by currency."""
    return [
        CurrencyTotals(
            currency,
            told.get("rows", 0),
            tuple(
                Total(label, _amount(told.get(name)), told.get("missing", {}).get(name, 0))
                for name, label in COSTS.items()
            ),
        )
        for currency, told in sorted(bill.totals.items())
    ]


def diff(bill: BillSnapshot) -> dict[str, Any]:
    """Read what became of the version before; empty for the first one."""
    if not bill.diff:
        return {}
    return {
        "text": bill.diff.get("text", ""),
        "replaces": bill.diff.get("replaces"),
        "carried": bill.diff.get("carried_rows", 0),
        "rows": bill.diff.get("rows", {}),
        "currencies": [
            _in_currency(currency, told)
            for currency, told in sorted(bill.diff.get("currencies", {}).items())
        ],
    }


def scored(told: Mapping[str, Any]) -> dict[str, Any]:
    """Read how a bill does by the rules of its standard; empty where it was not scored."""
    if not told:
        return {}
    findings = [
        {**finding, "state": LEVELS.get(finding.get("level", ""), LEVELS["info"])}
        for finding in told.get("findings", ())
    ]
    return {**told, "findings": findings}


def _in_currency(currency: str, told: Mapping[str, Any]) -> CurrencyDiff:
    return CurrencyDiff(
        currency,
        _change("", told.get("billed", {})),
        _change("", told.get("effective", {})),
        tuple(_change(each["name"], each["billed"]) for each in told.get("services", ())),
        tuple(_change(each["name"], each["billed"]) for each in told.get("teams", ())),
        sum(told.get("untold", {}).values()),
    )


def _change(name: str, told: Mapping[str, Any]) -> Change:
    before, after = _amount(told.get("before")), _amount(told.get("after"))
    return Change(name, before or Decimal(0), after or Decimal(0))


def _amount(text: str | None) -> Decimal | None:
    try:
        return None if text is None else Decimal(text)
    except InvalidOperation:
        return None
