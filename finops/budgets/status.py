"""How a period stands: a pure function of what it cost and the lines that hold for it.

Green up to yellow, yellow up to red, red beyond; exactly on a line is the milder state. One
workflow that takes too large a share makes it red as well. The forecast is nobody's business here,
and data that stays out stands beside the status and changes nothing about it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, NamedTuple

from finops.budgets.lines import Lines
from finops.domain import display
from finops.domain.money import exact_difference, exact_product, plain
from finops.models.budgets import GREEN, NONE, RED, YELLOW

#: The rule of shares begins once the actual is above this part of the red line.
SHARES_COUNT_FROM: Final = Decimal("0.1")

#: How grave a status is: a line is crossed when this rises.
SEVERITY: Final[Mapping[str, int]] = {NONE: 0, GREEN: 0, YELLOW: 1, RED: 2}

ABOVE_RED, ABOVE_YELLOW, WITHIN_LINES = "above_red", "above_yellow", "within_lines"
WORKFLOW_SHARE, SHARE_ACCEPTED = "workflow_share", "share_accepted"
NO_LINES, UNPRICED = "no_lines", "unpriced"


class Reason(NamedTuple):
    """Why it stands as it does: a stable code for programs, a sentence for people."""

    code: str
    text: str


class WorkflowCost(NamedTuple):
    """What one workflow cost in the period, under the value that it is read as."""

    workflow: str
    cost: Decimal


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the ledger says about one budget's period: exact dollars, and calls.

    With ``of_bills`` it is charges that are counted, not calls. ``workflows`` come dearest first;
    calls without a workflow are none of them. They may be left out where no share is limited.
    """

    actual: Decimal = Decimal(0)
    unpriced_calls: int = 0
    of_bills: bool = False
    workflows: Sequence[WorkflowCost] = ()


class Judgement(NamedTuple):
    """A status with its reasons, the decisive one first.

    ``too_large`` is the dearest workflow that takes more of the actual than it may.
    """

    status: str
    reasons: tuple[Reason, ...]
    too_large: WorkflowCost | None = None


def by_lines(actual: Decimal, yellow: Decimal | None, red: Decimal | None) -> str:
    """Say how an amount stands to its lines alone; ``none`` without lines."""
    if yellow is None or red is None:
        return NONE
    if actual > red:
        return RED
    return YELLOW if actual > yellow else GREEN


def judge(
    facts: Facts,
    lines: Lines,
    *,
    accepted: Mapping[str, Decimal | None] | None = None,
    labels: Mapping[str, str] | None = None,
    currency: str = "USD",
) -> Judgement:
    """Say how a period stands.

    ``accepted`` maps workflows to the share, in percent, that finance accepts of each: None is any
    share. ``labels`` are display names of workflows.
    """
    words = _Words(facts, lines, labels or {}, currency)
    status = by_lines(facts.actual, lines.yellow, lines.red)
    large = list(_large(facts, lines))
    too_large = [each for each in large if _is_too_large(each, facts, accepted or {})]
    shares = [words.share(each) for each in too_large]
    shares += [words.accepted(each) for each in large if each not in too_large]
    reasons = [words.of_lines(status), *shares]
    if too_large and status != RED:  # what made it red comes first
        reasons = [*shares, words.of_lines(status)]
    if facts.unpriced_calls:
        reasons.append(words.unpriced())
    status = RED if too_large else status
    return Judgement(status, tuple(reasons), too_large[0] if too_large else None)


def _large(facts: Facts, lines: Lines) -> Iterator[WorkflowCost]:
    """Find the workflows above the budget's limit, once there is enough spend to say so."""
    if lines.workflow_share is None or lines.red is None or facts.actual <= 0:
        return
    if facts.actual > exact_product(lines.red, SHARES_COUNT_FROM):
        for each in facts.workflows:
            if _takes_more(each, facts.actual, lines.workflow_share):
                yield each


def _is_too_large(
    large: WorkflowCost, facts: Facts, accepted: Mapping[str, Decimal | None]
) -> bool:
    if large.workflow not in accepted:
        return True
    limit = accepted[large.workflow]
    return limit is not None and _takes_more(large, facts.actual, limit)


def _takes_more(each: WorkflowCost, whole: Decimal, percent: Decimal) -> bool:
    """Compare without dividing, so that exactly the limit is not more."""
    return exact_product(each.cost, Decimal(100)) > exact_product(whole, percent)


@dataclass(frozen=True)
class _Words:
    """The sentences of one judgement; each names dollars."""

    facts: Facts
    lines: Lines
    labels: Mapping[str, str] = field(repr=False)
    currency: str

    def of_lines(self, status: str) -> Reason:
        """Say where the actual is between the lines, and how far from the next."""
        yellow, red = self.lines.yellow, self.lines.red
        if yellow is None or red is None:
            return Reason(NO_LINES, f"{self._money(self.facts.actual)} spent, no lines are set.")
        if status == RED:
            return Reason(ABOVE_RED, self._above("red", red))
        if status == YELLOW:
            return Reason(ABOVE_YELLOW, self._above("yellow", yellow))
        return Reason(WITHIN_LINES, self._within(yellow))

    def share(self, large: WorkflowCost) -> Reason:
        """Say which workflow takes more than it may."""
        limit = plain(self.lines.workflow_share or Decimal(0))
        return Reason(WORKFLOW_SHARE, f"{self._takes(large)} One workflow may take {limit}%.")

    def accepted(self, large: WorkflowCost) -> Reason:
        """Say which workflow takes more, with finance's consent."""
        return Reason(SHARE_ACCEPTED, f"{self._takes(large)} Finance accepts this share.")

    def unpriced(self) -> Reason:
        """Say that the actual is not the whole truth."""
        of_bills = self.facts.of_bills
        calls = display.counted(self.facts.unpriced_calls, "charge" if of_bills else "call")
        lacking = f"amount in {self.currency}" if of_bills else "price"
        one = self.facts.unpriced_calls == 1
        verbs = ("has", "counts") if one else ("have", "count")
        nothing = self._money(Decimal(0))
        return Reason(UNPRICED, f"{calls} {verbs[0]} no {lacking} yet and {verbs[1]} {nothing}.")

    def _above(self, name: str, line: Decimal) -> str:
        more = self._money(exact_difference(self.facts.actual, line))
        actual = self._money(self.facts.actual)
        return f"{actual} is {more} above the {name} line of {self._money(line)}."

    def _within(self, yellow: Decimal) -> str:
        actual, line = self._money(self.facts.actual), self._money(yellow)
        if self.facts.actual == yellow:
            return f"{actual} is exactly on the yellow line."
        left = self._money(exact_difference(yellow, self.facts.actual))
        return f"{actual} is {left} below the yellow line of {line}."

    def _takes(self, large: WorkflowCost) -> str:
        name = self.labels.get(large.workflow, large.workflow)
        part = display.share(large.cost, self.facts.actual)
        whole = self._money(self.facts.actual)
        return f"{name} takes {self._money(large.cost)}, {part} of {whole}."

    def _money(self, amount: Decimal) -> str:
        return display.money(amount, self.currency)
