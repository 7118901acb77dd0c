"""How the month close is put on a page: states, items and where to work on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.urls import reverse

from finops.closing.checklist import Checklist, Item
from finops.closing.document import BASES, DIMENSIONS
from finops.closing.late import BILL, LatePosting
from finops.closing.listing import CLOSED, OPEN, RUNNING

#: Chip and word of each state of a month.
STATES: Final[Mapping[str, tuple[str, str]]] = {
    OPEN: ("warn", "Open"),
    RUNNING: ("none", "Running"),
    CLOSED: ("ok", "Closed"),
}
#: What each basis is called where finance reads.
BASIS_NAMES: Final[Mapping[str, str]] = {
    "metered": "Metered",
    "reported": "Reported",
    "billed": "Billed",
    "effective": "Effective",
}


class Line(NamedTuple):
    """An item as it is listed: chip, word, and where to work on it."""

    item: Item
    mark: str
    word: str
    link: str


def lines(items: Checklist) -> list[Line]:
    """Give the items of a month that is open."""
    return [Line(item, *_mark(item), _link(item.code, items.month)) for item in items.items]


def kept_lines(items: Iterable[Mapping[str, Any]]) -> list[Line]:
    """Give the items as they were when a month was closed; there is nothing left to work on."""
    told = [Item(**item) for item in items]
    return [
        Line(item, "ok", "Done", "") if item.is_done else Line(item, "warn", "Overridden", "")
        for item in told
    ]


def _mark(item: Item) -> tuple[str, str]:
    if item.is_done:
        return "ok", "Done"
    return ("warn", "Open") if item.may_be_overridden else ("bad", "In the way")


def _link(code: str, month: date) -> str:
    """Say where an item is worked on; empty where nothing can be done but wait."""
    key = f"{month:%Y-%m}"
    links = {
        "bills": f"{reverse('bills')}?month={key}",
        "held": f"{reverse('bills-snapshots')}?status=held",
        "reconciled": f"{reverse('bills-reconciliation')}?until={key}",
        "rates": reverse("bills-rates"),
        "shared": f"{reverse('bills-shared')}?month={key}",
        "unallocated": f"{reverse('unallocated')}?basis=billed&period={key}",
        "unpriced": reverse("data-unpriced"),
    }
    return links.get(code, "")


class KeptRow(NamedTuple):
    """One value's cost on every basis, as it was kept; ``others`` counts values kept as one."""

    value: str
    others: int
    amounts: tuple[tuple[str, Decimal | None], ...]


def by_dimension(figures: Mapping[str, Any], dimension: str) -> list[KeptRow]:
    """Give the rows of one dimension from what was kept."""
    rows = figures.get("by", {}).get(dimension, [])
    return [KeptRow(row["value"] or "", row.get("values", 0), amounts(row)) for row in rows]


def amounts(row: Mapping[str, Any]) -> tuple[tuple[str, Decimal | None], ...]:
    """Give a row's costs by the names of their bases."""
    return tuple((BASIS_NAMES[basis], _read(row.get(basis))) for basis in BASES)


def named(totals: Mapping[str, Decimal | None]) -> list[tuple[str, Decimal | None]]:
    """Give totals by the names of their bases."""
    return [(BASIS_NAMES[basis], totals[basis]) for basis in BASES]


def cells(figures: Mapping[str, Any]) -> Iterable[list[object]]:
    """Give everything that was kept of days as rows of a table: what, name, one cost each."""
    yield ["total", "", *(_read(figures["totals"].get(basis)) for basis in BASES)]
    for dimension in DIMENSIONS:
        for row in figures.get("by", {}).get(dimension, []):
            name = row["value"] if row["value"] is not None else f"{row['values']} others"
            yield [dimension, name, *(_read(row.get(basis)) for basis in BASES)]


def late_link(posting: LatePosting) -> str:
    """Say where a late posting is looked at."""
    if posting.kind == BILL:
        return reverse("bills-snapshot", args=[posting.number])
    return reverse("data-import", args=[posting.number])


def money_of(figures: Mapping[str, Any], *names: str) -> Decimal | None:
    """Read one amount of a kept document."""
    value: Any = figures
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return _read(value)


def _read(amount: object) -> Decimal | None:
    return None if amount is None else Decimal(str(amount))
