"""The table of the explorer: one page of groups, the others together, and the total."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, NamedTuple

from finops.bills.exploring import ChargeGroup, ChargeGroups, ChargeSums
from finops.domain import display
from finops.insights.bills import parse_month
from finops.web.bills.asked import Asked
from finops.web.bills.choices import COLUMN_NAMES, reader

#: What a value leads on to: the first of these that the question does not name yet.
_NEXT: Final = ("provider", "service", "kind", "model", "token_kind", "team", "day")


class Cell(NamedTuple):
    """A value of a group: its column, what it is called, and where it leads."""

    heading: str
    label: str
    href: str


class Row(NamedTuple):
    """A group, or several together: its cells or words, its sums, and its part of what is billed.

    ``lines`` is the address of its lines; empty where there is none.
    """

    cells: tuple[Cell, ...]
    label: str
    sums: ChargeSums
    share: str
    lines: str


class Table(NamedTuple):
    """One page of an answer. ``rows`` and ``others`` sum exactly to ``total``."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    others: Row | None
    total: Row


def table(found: ChargeGroups, wanted: Asked) -> Table:
    """Arrange a page of groups."""
    whole = found.whole.billed_cost
    readers = [reader(name) for name in wanted.by]
    rows = tuple(
        Row(
            cells=tuple(
                Cell(COLUMN_NAMES[name], read(value), _narrowed(wanted, name, value))
                for name, value, read in zip(wanted.by, group.values, readers, strict=False)
            ),
            label="" if wanted.by else "Everything",
            sums=group.sums,
            share=_share(group.sums, whole),
            lines=_lines(wanted, group),
        )
        for group in found.groups
    )
    others = None
    if found.number > len(rows):
        label = f"{display.counted(found.number - len(rows), 'other')} on other pages"
        others = Row((), label, found.others, _share(found.others, whole), "")
    total = Row((), "Total", found.whole, "", wanted.as_lines().address)
    return Table(tuple(COLUMN_NAMES[name] for name in wanted.by), rows, others, total)


def _narrowed(wanted: Asked, name: str, value: str) -> str:
    """Lead on to the same charges by something else: what else there is to know of them."""
    rest = [each for each in wanted.by if each != name]
    narrowed = _with(wanted, {name: value})
    unknown = [each for each in _NEXT if each not in narrowed.filters and each not in rest]
    by = tuple(rest) or tuple(unknown[:1])
    return narrowed.anew(by=by, month=narrowed.month).address


def _lines(wanted: Asked, group: ChargeGroup) -> str:
    values = dict(zip(wanted.by, group.values, strict=False))
    return _with(wanted, values).as_lines().address


def _with(wanted: Asked, values: dict[str, str]) -> Asked:
    """Narrow to values; a month is no filter but the period of the question."""
    others = {name: value for name, value in values.items() if name != "month"}
    narrowed = wanted.narrowed(**others)
    if "month" in values:
        return narrowed.anew(month=parse_month(values["month"][:7]), time="billing")
    return narrowed


def _share(sums: ChargeSums, whole: Decimal) -> str:
    return display.share(sums.billed_cost, whole) if sums.billed is not None else display.NOTHING
