"""What the explorer says: what was found, what is too much, and the same question elsewhere."""

from __future__ import annotations

import shlex
from typing import Final
from urllib.parse import urlencode

from finops.domain import display
from finops.insights.breakdown import KEPT, Breakdown
from finops.insights.carried import newest_bill
from finops.insights.cost_question import MOST_DAYS, CostQuestion
from finops.rollups.registry import FULL_DAY
from finops.web.costs.table import noun

_BASIS_WORDS: Final = {
    "metered": "Cost is what the price book says.",
    "reported": "Cost is what sources said, for the calls where they said it.",
    "billed": "Billed, tax included",
    "effective": "Effective cost, tax included: what was paid ahead counts where it was used",
}


def heading(seen: Breakdown) -> str:
    """Say what the table holds: ``$2,159 across 12 teams``."""
    question = seen.question
    amount = display.money(seen.whole.now.cost_on(question.basis), question.currency)
    if not question.by and question.grain == "total":
        return f"{amount} in all"
    if not seen.count:
        one = f"with {display.with_article(next(iter(seen.missing), 'value'))}"
        return f"{amount}, none of it {one if len(question.by) == 1 else 'fully attributed'}"
    across = "across" if question.by else "in"
    return f"{amount} {across} {display.number(seen.count)} {noun(question, seen.count)}"


def under_heading(seen: Breakdown) -> str:
    """Say which days and which basis the table is about, and what changes compare with."""
    question = seen.question
    parts = [f"{question.period.window.label(question.zone)}."]
    if question.grain == "total":
        parts.append(f"Change compares with {question.period.before.label(question.zone)}.")
    elif question.grain == "hour":
        parts.append(f"Hours are those of {question.organization.time_zone}.")
    if question.of_bills:
        return " ".join([*parts, f"{_BASIS_WORDS[question.basis]}{_as_of(question)}."])
    return " ".join([*parts, _BASIS_WORDS[question.basis]])


def _as_of(question: CostQuestion) -> str:
    """Say when the newest bill came in, with the providers' days being in UTC."""
    published = newest_bill()
    if published is None:
        return ", days in UTC"
    return f", as of {display.moment(published, question.zone)}, days in UTC"


def left_out(seen: Breakdown) -> str:
    """Say which charges are in no amount, and why; empty when all are."""
    whole = seen.whole.now
    if not whole.charges_without:
        return ""
    unconverted = min(whole.unconverted_charges, whole.charges_without)
    parts = [
        f"{display.counted(count, 'charge')} {why}"
        for count, why in (
            (unconverted, "in a currency without an exchange rate"),
            (whole.charges_without - unconverted, "without an amount on this basis"),
        )
        if count
    ]
    return f"Not in these amounts: {' and '.join(parts)}."


def folded(seen: Breakdown) -> str:
    """Say that there are more groups than are listed; empty when there are not."""
    if not seen.is_folded:
        return ""
    return (
        f"This question has {display.number(seen.count)} groups."
        f" The dearest {display.number(KEPT)} are listed one by one, the rest is one sum."
        " The CSV has all of them."
    )


def reaches_too_far(question: CostQuestion) -> str:
    """Say why a period is too long for a question."""
    if not question.reads_calls:
        return f"Hours are shown for at most {MOST_DAYS} days at a time."
    asked = sorted(question.scope.dimensions - set(FULL_DAY))
    what = f"Costs by {' and '.join(asked)}" if asked else "Hours of these dimensions"
    return f"{what} are read call by call, so at most {MOST_DAYS} days at a time."


def api_address(question: CostQuestion) -> str:
    """Give the address of the API that answers the same."""
    scope = question.scope
    pairs = [("by", ",".join(scope.by)), ("grain", scope.grain)]
    pairs += [("since", str(scope.since)), ("until", str(scope.until))]
    pairs += [("filter", f"{name}={value}") for name, value in _filters(question)]
    pairs += [("basis", scope.basis)]
    return f"/api/v1/costs/?{urlencode(pairs, safe=',')}"


def command(question: CostQuestion) -> str:
    """Give the command that answers the same, safe to paste into a shell."""
    scope = question.scope
    words = ["python", "manage.py", "costs"]
    words += ["--by", ",".join(scope.by)] if scope.by else []
    words += ["--grain", scope.grain, "--since", str(scope.since), "--until", str(scope.until)]
    words += [word for pair in _filters(question) for word in ("--filter", "=".join(pair))]
    words += ["--basis", scope.basis]
    return shlex.join(words)


def curl(question: CostQuestion, origin: str) -> str:
    """Give the call of the API for a shell, with a key to be filled in."""
    return f"curl -H 'Authorization: Bearer KEY' {shlex.quote(origin + api_address(question))}"


def _filters(question: CostQuestion) -> list[tuple[str, str]]:
    return [(name, value) for name, values in question.filters.items() for value in values]
