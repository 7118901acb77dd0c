"""Budgets for people at a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from finops.budgets.report import Reported
from finops.budgets.scope import scope_words
from finops.domain import display
from finops.models import Organization

#: How each status is told apart, colour or not.
_MARKS: Final[Mapping[str, tuple[str, str]]] = {
    "green": ("● green", "green"),
    "yellow": ("▲ yellow", "yellow"),
    "red": ("■ red", "bold red"),
    "none": ("○ no lines", "dim"),
}


def print_budgets(rows: Sequence[Reported], at: datetime) -> None:
    """Print where budgets stand, with the reasons of those that are not green."""
    organization = Organization.current()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("budget", "covers", "period"):
        table.add_column(name, no_wrap=name != "covers", overflow="ellipsis")
    for name in (f"so far ({organization.currency})", "yellow", "red", "forecast"):
        table.add_column(name, justify="right")
    table.add_column("status")
    for row in rows:
        table.add_row(*_cells(row, organization.currency))
    console = Console()
    console.print(table if rows else "No budgets yet. Set one: budgets set NAME --yellow … --red …")
    for row in rows:
        for reason in row.look.judgement.reasons[:1] if _deserves_words(row) else ():
            console.print(Text(f"{row.look.budget.name}: {reason.text}"))
    console.print(Text(f"as of {display.moment(at, organization.zone)}"))


def _deserves_words(row: Reported) -> bool:
    return row.look.judgement.status in {"yellow", "red"}


def _cells(row: Reported, currency: str) -> list[Text]:
    look = row.look
    mark, style = _MARKS[look.judgement.status]
    heading = f", heading for {row.heading_for}" if row.heading_for else ""
    stale = ", stale" if look.feed.stale else ""
    middle = look.outlook.mid if look.outlook else None
    return [
        Text(look.budget.name),
        Text(scope_words(look.budget.scope)),
        Text(look.period.label),
        *(
            Text(display.money(amount, currency))
            for amount in (look.facts.actual, look.lines.yellow, look.lines.red, middle)
        ),
        Text(f"{mark}{heading}{stale}", style=style),
    ]


def print_history(found: Mapping[str, Any]) -> None:
    """Print who drew which lines, and how the periods stood."""
    console = Console()
    drawn = Table(
        title="Lines", box=None, pad_edge=False, header_style="bold", title_justify="left"
    )
    for name in ("set (UTC)", "by", "from", "yellow", "red", "planned", "why"):
        drawn.add_column(name)
    for revision in found["revisions"]:
        undone = " (undone)" if revision["undone_at"] else ""
        for line in revision["lines"] or [{"starts": revision["effective_from"]}]:
            amounts = [line.get(name) or "–" for name in ("yellow", "red", "planned")]
            first = [revision["set_at"][:16].replace("T", " "), revision["set_by"] + undone]
            drawn.add_row(*map(Text, [*first, line["starts"], *amounts, revision["reason"]]))
    stood = Table(
        title="Periods", box=None, pad_edge=False, header_style="bold", title_justify="left"
    )
    for name in ("from", "to", "so far", "yellow", "red", "status"):
        stood.add_column(name)
    for period in found["periods"]:
        cells = [period[name] or "–" for name in ("start", "end", "actual", "yellow", "red")]
        mark, style = _MARKS[period["status"]]
        stood.add_row(*map(Text, cells), Text(mark, style=style))
    console.print(drawn, "", stood)
