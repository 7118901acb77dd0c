"""Answers for people at a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from finops.domain.measures import Measures
from finops.domain.money import plain
from finops.domain.periods import Grain
from finops.rollups.queries import Costs
from finops.rollups.runs import Run


def print_table(answer: Costs) -> None:
    """Print costs as a table with its total; amounts are exact."""
    grain: Grain = answer.scope.grain
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in answer.scope.by:
        table.add_column(name)
    if grain != "total":
        table.add_column(grain)
    for name in (f"cost ({answer.currency})", *_COUNTS[answer.scope.of_bills].values()):
        table.add_column(name, justify="right")
    labels = [*answer.scope.by, *([grain] if grain != "total" else [])]
    for row in answer.rows:
        period = [row.period] if row.period is not None else []
        table.add_row(
            *(Text(label) for label in (*row.values, *period)), *_figures(answer, row.measures)
        )
    if labels:
        table.add_section()
        blanks = [""] * (len(labels) - 1)
        table.add_row(Text("total"), *blanks, *_figures(answer, answer.total), style="bold")
    Console().print(table)
    if answer.complete_to:
        Console().print(
            f"{answer.scope.basis}, complete to {answer.complete_to:%Y-%m-%d %H:%M} UTC"
        )


def print_runs(runs: list[Run], currency: str) -> None:
    """Print runs as a table, dearest or latest first as they come."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("run")
    table.add_column("started (UTC)")
    for name in (f"cost ({currency})", "run cost", "calls", "steps", "failed", "repeated steps"):
        table.add_column(name, justify="right")
    for run in runs:
        table.add_row(
            Text(run.run),
            f"{run.started:%Y-%m-%d %H:%M}",
            "unpriced" if run.cost is None else plain(run.cost),
            "unpriced" if run.run_cost is None else plain(run.run_cost),
            *(f"{n:,}" for n in (run.calls, run.steps, run.failed_calls, run.repeated_steps)),
        )
    Console().print(table)


#: What is counted beside the cost, and what a column of it is called: of calls, and of bills.
_COUNTS: Final[Mapping[bool, Mapping[str, str]]] = {
    False: {
        "calls": "calls",
        "unpriced_calls": "unpriced",
        "input_tokens": "input tokens",
        "output_tokens": "output tokens",
    },
    True: {
        "charges": "charges",
        "charges_without_cost": "without cost",
        "unconverted_charges": "without a rate",
    },
}
_MISSING: Final = {"metered": "unpriced", "reported": "not reported"}


def _figures(answer: Costs, sums: Measures) -> list[str]:
    basis = answer.scope.basis
    measured = sums.as_json(basis)
    counts = _COUNTS[answer.scope.of_bills]
    missing = _MISSING.get(basis, "no amount")
    return [str(measured["cost"] or missing), *(f"{measured[name]:,}" for name in counts)]
