"""The shape of a figure, and what every figure keeps to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from finops.domain import display
from finops.domain.money import plain

#: What the vendored bundle can draw; another type would draw nothing and say nothing.
TRACE_TYPES: Final = frozenset({"bar", "scatter"})


@dataclass(frozen=True)
class Figure:
    """A chart: its finding, its rows, and how to draw them.

    ``columns`` and ``rows`` hold raw values (Decimal dollars, dates): table and CSV are written
    from them, and every number drawn is one of theirs. ``data`` and ``layout`` are plain plotly.js;
    colours are names of design tokens, ``var:d-actual``, resolved in the browser. ``legend`` pairs
    a token with its words; ``links`` say where each row leads, where rows lead anywhere.
    """

    title: str
    subtitle: str
    alt: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    data: Sequence[Mapping[str, Any]]
    layout: Mapping[str, Any]
    legend: tuple[tuple[str, str], ...] = ()
    as_of: datetime | None = None
    currency: str = "USD"
    notes: tuple[str, ...] = field(default=())
    links: tuple[str, ...] = field(default=())

    @property
    def headings(self) -> list[str]:
        """Name the columns for people: ``Spend so far``."""
        return [column.replace("_", " ").capitalize() for column in self.columns]

    @property
    def cells(self) -> list[list[str]]:
        """Write the rows for people."""
        return [[_written(cell, self.currency) for cell in row] for row in self.rows]

    @property
    def linked_cells(self) -> list[tuple[str, list[str]]]:
        """Write the rows for people, each with where it leads; empty for nowhere."""
        links = self.links or ("",) * len(self.rows)
        return list(zip(links, self.cells, strict=True))

    def as_json(self) -> dict[str, Any]:
        """Give what the browser draws, and beside it what people read instead."""
        return {
            "data": list(self.data),
            "layout": dict(self.layout),
            "meta": {
                "title": self.title,
                "subtitle": self.subtitle,
                "alt": self.alt,
                "as_of": self.as_of.isoformat() if self.as_of else None,
                "currency": self.currency,
                "columns": list(self.columns),
                "rows": [[_plain(cell) for cell in row] for row in self.rows],
                "notes": list(self.notes),
            },
        }

    def as_table(self) -> tuple[list[str], list[list[object]]]:
        """Give header and rows for CSV: raw decimals, ISO dates, a currency column."""
        rows: list[list[object]] = [
            [*(cell.isoformat() if isinstance(cell, date) else cell for cell in row), self.currency]
            for row in self.rows
        ]
        return [*self.columns, "currency"], rows


def pixels(amounts: Sequence[Decimal | None]) -> list[float | None]:
    """Turn amounts into heights on a screen: the one door where dollars become floats."""
    return [None if amount is None else float(amount) for amount in amounts]


def _plain(cell: Any) -> Any:
    if isinstance(cell, Decimal):
        return plain(cell)
    return cell.isoformat() if isinstance(cell, date) else cell


def _written(cell: Any, currency: str) -> str:
    if cell is None:
        return display.NOTHING
    if isinstance(cell, Decimal):
        return display.money(cell, currency)
    if isinstance(cell, date):
        return display.day(cell, weekday=True)
    return display.number(cell) if isinstance(cell, int) else str(cell)
