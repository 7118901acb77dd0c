"""What the figures of costs write: names, amounts, measures and colours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from html import escape
from typing import Any, Final

from finops.attribution.values import labels
from finops.domain import display
from finops.domain.dimensions import UNALLOCATED
from finops.domain.measures import Measures
from finops.insights.cost_question import CostQuestion

Amount = Decimal | int | None

#: What a cost is called on each basis.
COST_WORDS: Final[Mapping[str, str]] = {
    "metered": "cost",
    "reported": "reported cost",
    "billed": "billed cost",
    "effective": "effective cost",
}

#: In this order they stay apart for every kind of colour vision, in both themes.
SERIES_COLOURS: Final = ("d-actual", "warn-mark", "d-down", "stale-mark")
OTHERS_COLOUR: Final = "d-prior"
MISSING_COLOUR: Final = "band-1"


def names_of(question: CostQuestion) -> list[dict[str, str]]:
    """Give the display names of each dimension that is grouped by."""
    return [labels(dimension) for dimension in question.by]


def readable(values: Sequence[str], names: Sequence[Mapping[str, str]]) -> list[str]:
    """Write each value of a group for people."""
    return [
        "Not attributed" if value == UNALLOCATED else known.get(value, value)
        for value, known in zip(values, names, strict=True)
    ]


def joined(parts: Sequence[str]) -> str:
    """Write a group as one name."""
    return " · ".join(parts) or "Everything"


def shortened(parts: Sequence[str], letters: int) -> str:
    """Write a group as one name of about that many letters, a fair part of them for each value."""
    fair = letters // max(len(parts), 1)
    return joined(
        [p if len(p) <= fair else f"{p[: fair - 1]}\N{HORIZONTAL ELLIPSIS}" for p in parts]
    )


def safe(name: str) -> str:
    """Write a name so that the drawing library reads no markup in it."""
    return escape(name, quote=False)


def period_name(label: str) -> str:
    """Write a period for people: ``Sun 1 Nov 2026``, ``…, 14:00``, ``November 2026``."""
    if len(label) == len("2026-11"):
        return f"{date.fromisoformat(f'{label}-01'):%B %Y}"
    text = display.day(date.fromisoformat(label[:10]), weekday=True)
    return f"{text}, {label[11:16]}" if len(label) > len("2026-11-02") else text


def amount_of(question: CostQuestion, measures: Measures) -> Amount:
    """Give what is drawn of a group: its cost on the basis, or a count of calls."""
    if question.measure == "cost":
        return measures.cost_on(question.basis)
    if question.measure == "calls":
        return measures.calls
    return measures.calls_without(question.basis)


def written(question: CostQuestion, amount: Amount) -> str:
    """Write an amount for people."""
    if question.measure != "cost":
        return display.number(amount)
    return display.money(None if amount is None else Decimal(amount), question.currency)


def decimals(amounts: Sequence[Amount]) -> list[Decimal | None]:
    """Give amounts of either kind as one kind."""
    return [None if amount is None else Decimal(amount) for amount in amounts]


def lacking(question: CostQuestion) -> str:
    """Say what calls lack that have no cost on the basis."""
    return "without a price" if question.basis == "metered" else "without a reported cost"


def measure_words(question: CostQuestion) -> str:
    """Name what is drawn: ``cost``, ``calls``, ``calls without a price``."""
    words = {
        "cost": COST_WORDS[question.basis],
        "calls": "calls",
        "unpriced": f"calls {lacking(question)}",
    }
    return words[question.measure]


def column(question: CostQuestion) -> str:
    """Name the column of what is drawn."""
    return measure_words(question).replace(" ", "_")


def nothing(question: CostQuestion, whole: Measures) -> str:
    """Say why there is nothing to draw; calls whose cost nobody knows did not cost nothing."""
    if question.measure == "calls":
        return "There were no calls"
    if question.measure == "unpriced":
        return f"No calls {lacking(question)}"
    if whole.cost_on(question.basis) == 0:
        return "Nothing was spent"
    return "Charges without an amount" if question.of_bills else f"Calls {lacking(question)}"


def subtitle(question: CostQuestion) -> str:
    """Say measure, unit and days."""
    unit = f", {question.currency}" if question.measure == "cost" else ""
    words = measure_words(question).capitalize()
    return f"{words}{unit}, {question.period.window.label(question.zone)}"


def value_axis(question: CostQuestion) -> dict[str, Any]:
    """Lay out the axis of amounts."""
    axis: dict[str, Any] = {"tickformat": ",~f", "rangemode": "tozero", "nticks": 6}
    if question.measure == "cost":
        axis["tickprefix"] = display.money(Decimal(0), question.currency).removesuffix("0")
    return axis
