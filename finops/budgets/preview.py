"""What lines would have said: the last periods of a scope against amounts that are being typed.

Nothing here is stored. The colour comes from actual spend alone, as a budget's own does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, NamedTuple

from finops.budgets.amounts import write_amount
from finops.budgets.facts import spend
from finops.budgets.grouped import Asked
from finops.budgets.lines import Lines
from finops.budgets.status import Facts, judge
from finops.domain import display
from finops.domain.budget_periods import BudgetPeriod, PeriodKind, period_around, periods_before
from finops.models import Organization
from finops.sql import snapshot

#: How many ended periods a preview looks back on.
LOOKS_BACK: Final = 6
#: From how many times the last period an amount is asked about.
MANY_TIMES: Final = 3
_ORDER: Final = ("red", "yellow", "green")
_YELLOW_PART: Final = Decimal("0.9")
_HUNDRED: Final = Decimal(100)
_DOLLAR: Final = Decimal(1)


def colour(lines: Lines, actual: Decimal) -> str:
    """Say how spend alone stands to lines: green, yellow, red, or none without lines."""
    return judge(Facts(actual=actual), lines._replace(workflow_share=None)).status


class Spent(NamedTuple):
    """What a scope spent in a period, so far when it is still running."""

    period: BudgetPeriod
    actual: Decimal


@dataclass(frozen=True)
class History:
    """A scope's last periods, oldest first, from its first spend on; and the running one."""

    past: tuple[Spent, ...]
    running: Spent

    @property
    def last(self) -> Decimal:
        """What the period before the running one spent, in the organisation's currency."""
        return self.past[-1].actual if self.past else Decimal(0)

    @property
    def all(self) -> tuple[Spent, ...]:
        """All of them in order, the running one last."""
        return (*self.past, self.running)


def read_history(
    scope: Mapping[str, str],
    kind: PeriodKind,
    *,
    now: datetime,
    organization: Organization,
    periods: int = LOOKS_BACK,
    basis: str = "metered",
) -> History:
    """Read the running period and ``periods`` ended ones before it, in one statement.

    Raises ValueError for an unknown kind.
    """
    start = organization.fiscal_year_start_month
    today = now.astimezone(organization.zone).date()
    running = period_around(kind, today, fiscal_start=start)
    wanted = [*periods_before(running, periods, fiscal_start=start), running]
    with snapshot():
        asked = [Asked.of(scope, each.start, each.end, basis) for each in wanted]
        spent = spend(asked)
    sums = [Spent(each, spent[one].cost) for each, one in zip(wanted, asked, strict=True)]
    first = next((place for place, each in enumerate(sums) if each.actual), len(sums) - 1)
    return History(tuple(sums[first:-1]), sums[-1])


def start_from(last: Decimal) -> Lines | None:
    """Draw lines from what the last period spent: yellow at 90 %, red at all of it.

    Both are rounded to $100, to whole dollars where that would leave nothing, and at least a
    dollar. None when nothing was spent.
    """
    if last <= 0:
        return None
    step = _HUNDRED if last * _YELLOW_PART >= _HUNDRED / 2 else _DOLLAR
    yellow, red = (_rounded(part, step) for part in (last * _YELLOW_PART, last))
    return Lines(yellow=yellow, red=red)


def doubt(lines: Lines, last: Decimal, kind: PeriodKind, currency: str = "USD") -> str:
    """Ask about an amount that is more than three times the last period's; empty when none is.

    ``Is $145,000 right? Last month was $17,020.``
    """
    amounts = (lines.planned, lines.yellow, lines.red)
    largest = max((amount for amount in amounts if amount is not None), default=Decimal(0))
    if last <= 0 or largest <= MANY_TIMES * last:
        return ""
    was = f"{last_period(kind).capitalize()} was {display.money(last, currency)}"
    return f"Is {write_amount(largest, currency)} right? {was}."


def verdict(history: History, lines: Lines, currency: str = "USD") -> str:
    """Say what the lines would have said, and say now.

    ``With these lines, August and October would have been red and September green. November is
    red now ($14,862).`` Empty without lines.
    """
    if lines.yellow is None or lines.red is None:
        return ""
    said = [_would_have_been(history.past, lines), _is_now(history.running, lines, currency)]
    return " ".join(sentence for sentence in said if sentence)


def last_period(kind: PeriodKind) -> str:
    """Name the period before the running one: ``last month``, ``yesterday``."""
    return "yesterday" if kind == "day" else f"last {kind}"


def name_of(period: BudgetPeriod) -> str:
    """Name a period inside a sentence: ``August``, ``3–9 November``, ``April to June 2026``."""
    first, last = period.start, period.last
    if period.kind == "month":
        return f"{first:%B}"
    if period.kind in {"day", "week"}:
        return display.days(first, last).removesuffix(f" {last.year}")
    if period.kind == "year" and first.month == 1:
        return str(first.year)
    return f"{first:%B}{f' {first.year}' if first.year != last.year else ''} to {last:%B %Y}"


def listed(names: Sequence[str]) -> str:
    """Write names one after the other: ``July``, ``July and August``, ``June, July and August``."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def _rounded(amount: Decimal, step: Decimal) -> Decimal:
    steps = (amount / step).quantize(Decimal(1), ROUND_HALF_UP)
    return max(steps * step, _DOLLAR).quantize(Decimal("0.01"))


def _would_have_been(past: Iterable[Spent], lines: Lines) -> str:
    found: dict[str, list[str]] = {}
    for each in past:
        found.setdefault(colour(lines, each.actual), []).append(name_of(each.period))
    groups = [(each, found[each]) for each in _ORDER if each in found]
    if not groups:
        return ""
    if len(groups) == 1 and len(groups[0][1]) > 2:
        would, names = groups[0]
        return f"With these lines, all of {names[0]} to {names[-1]} would have been {would}."
    (first, names), *others = groups
    said = [f"{listed(names)} would have been {first}"]
    said += [f"{listed(names)} {would}" for would, names in others]
    return f"With these lines, {listed(said)}."


def _is_now(running: Spent, lines: Lines, currency: str) -> str:
    amount = display.money(running.actual, currency)
    name = name_of(running.period)
    return f"{name} is {colour(lines, running.actual)} now ({amount})."
