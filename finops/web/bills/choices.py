"""What the explorer's form offers, the filters that hold, and what their values are called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final, NamedTuple

from finops.attribution.values import labels
from finops.bills.exploring import ATTRIBUTED, COLUMNS, MOST_GROUPINGS, ChargeScope, charge_groups
from finops.bills.words import KINDS, TOKEN_KINDS, account_names, provider_name
from finops.domain import display
from finops.domain.dimensions import UNALLOCATED
from finops.web.bills.asked import Asked

#: How many values of a column are offered; any other can be typed.
OFFERED: Final = 200

COLUMN_NAMES: Final[Mapping[str, str]] = {
    "provider": "Provider",
    "service": "Service",
    "kind": "Kind",
    "model": "Model",
    "token_kind": "Part of the call",
    "account": "Billing account",
    "sub_account": "Sub account",
    "category": "Category",
    "team": "Team",
    "feature": "Feature",
    "customer": "Customer",
    "workflow": "Workflow",
    "environment": "Environment",
    "currency": "Currency",
    "source": "Source",
    "month": "Invoice month",
    "day": "Day",
}
TIMES: Final = (
    ("billing", "On the bills of"),
    ("charge", "For the days of"),
    ("posted", "Posted to"),
)


class Select(NamedTuple):
    """One select of the form: its label, what it offers, and what is chosen."""

    label: str
    options: tuple[tuple[str, str], ...]
    chosen: str


class Chip(NamedTuple):
    """A filter that holds: what it says, and the address without it."""

    label: str
    href: str


class Narrowing(NamedTuple):
    """The values of a column to choose from."""

    name: str
    label: str
    values: tuple[tuple[str, str], ...]


def groupings(wanted: Asked) -> list[Select]:
    """Give a select for each column that is grouped by, and one for the next."""
    selects = []
    for place in range(min(len(wanted.by) + 1, MOST_GROUPINGS)):
        chosen = wanted.by[place] if place < len(wanted.by) else ""
        others = {*wanted.by} - {chosen}
        options = tuple((n, label) for n, label in COLUMN_NAMES.items() if n not in others)
        label = "then by" if place else "Group by"
        empty = "Nothing more" if place else "Nothing"
        selects.append(Select(label, (("", empty), *options), chosen))
    return selects


def chips(wanted: Asked) -> list[Chip]:
    """Give the filters that hold, one for each value."""
    return [
        Chip(f"{COLUMN_NAMES[name]}: {reader(name)(value)}", wanted.without(name, value).address)
        for name, values in wanted.filters.items()
        for value in values
    ]


def narrowing(wanted: Asked) -> Narrowing:
    """Offer the values of the chosen column, dearest first, under the other filters."""
    name = wanted.narrow_by
    scope = wanted.scope
    filters = {key: values for key, values in scope.filters.items() if key != name}
    others = ChargeScope(
        by=(name,), since=scope.since, until=scope.until, time=scope.time, filters=filters
    )
    read = reader(name)
    found = charge_groups(others, limit=OFFERED).groups
    values = tuple((group.values[0], read(group.values[0])) for group in found)
    return Narrowing(name, COLUMN_NAMES[name], values)


def reader(name: str) -> Callable[[str], str]:
    """Give what writes the values of a column for people."""
    assert name in COLUMNS
    if name in ATTRIBUTED:
        return _with_missing(labels(name), "Not attributed")
    if name == "account":
        return _with_missing(account_names(), "No account named")
    if name == "kind":
        return _with_missing(KINDS, KINDS[""])
    if name == "token_kind":
        return _with_missing(TOKEN_KINDS, "Not stated")
    if name == "provider":
        return provider_name
    if name in {"day", "month"}:
        return lambda value: _date(name, value)
    return _with_missing({}, "Not stated")


def _with_missing(names: Mapping[str, str], missing: str) -> Callable[[str], str]:
    return lambda value: missing if value == UNALLOCATED else names.get(value, value)


def _date(name: str, value: str) -> str:
    found = date.fromisoformat(value)
    return f"{found:%B %Y}" if name == "month" else display.day(found, weekday=True)
