"""The table of the explorer: one page of groups, and lines below that complete the sum."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, NamedTuple

from finops.attribution.values import labels
from finops.domain import display
from finops.domain.dimensions import UNALLOCATED
from finops.domain.measures import Measures
from finops.figures.costs.writing import COST_WORDS, period_name
from finops.insights.breakdown import Breakdown, Group, Several
from finops.insights.cost_question import CostQuestion
from finops.web.costs.asked import Asked

PAGE_SIZE: Final = 50

#: The measures of CONTRACT 3 that only whoever looks after models wants to see.
TECHNICAL: Final = (
    ("Input tokens", "input_tokens"),
    ("Cache reads", "cache_read_tokens"),
    ("Cache writes", "cache_write_tokens"),
    ("Cache writes, 1 h", "cache_write_1h_tokens"),
    ("Output tokens", "output_tokens"),
    ("Reasoning", "reasoning_tokens"),
)


class Column(NamedTuple):
    """A heading: its words, its link when it sorts, and how it is sorted now (``aria-sort``)."""

    label: str
    numeric: bool
    href: str = ""
    sorted: str = ""


class Cell(NamedTuple):
    """A value of a group: what it is called, and where it leads; ``is_workflow`` has a page."""

    heading: str
    value: str
    label: str
    href: str
    is_workflow: bool


class Sums(NamedTuple):
    """The numbers of a line, on the basis that was asked for; None where nobody knows one."""

    cost: Decimal | None
    before: Decimal | None
    share: str
    calls: int
    cost_of_thousand: Decimal | None
    calls_without: int
    charges: int
    charges_without: int
    technical: tuple[tuple[str, int], ...]


class Line(NamedTuple):
    """A group as one row of the table."""

    cells: tuple[Cell, ...]
    period: str
    sums: Sums
    measures: Measures


class Rest(NamedTuple):
    """A line below the groups: its words, where it leads, and its numbers."""

    label: str
    href: str
    sums: Sums
    measures: Measures


@dataclass(frozen=True)
class Table:
    """One page of an answer. ``lines`` + ``rests`` sum exactly to ``total``."""

    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    rests: tuple[Rest, ...]
    total: Rest
    page: int
    pages: int


def table(seen: Breakdown, asked: Asked) -> Table:
    """Arrange an answer for a page; a page past the last one is the last one."""
    ordered = _in_order(seen.groups, asked)
    pages = max(1, -(-len(ordered) // PAGE_SIZE))
    page = min(asked.page, pages)
    shown = ordered[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    writer = _Writer(seen, asked)
    return Table(
        columns=tuple(_columns(asked)),
        lines=tuple(writer.line(group) for group in shown),
        rests=tuple(writer.rests(shown)),
        total=writer.rest("Total", "", seen.whole),
        page=page,
        pages=pages,
    )


def _in_order(groups: Sequence[Group], asked: Asked) -> list[Group]:
    """Sort groups; what nobody knows comes last either way, and equals stay dearest first."""
    name, turned = asked.sort.removeprefix("-"), asked.sort.startswith("-")
    key = _key(name, asked)
    known = [group for group in groups if key(group) is not None]
    usually_down = name not in asked.question.by
    known.sort(key=key, reverse=usually_down != turned)
    return [*known, *(group for group in groups if key(group) is None)]


def _key(name: str, asked: Asked) -> Callable[[Group], Any]:
    question = asked.question
    if name in question.by:
        place, names = question.by.index(name), labels(name)
        return lambda group: names.get(group.values[place], group.values[place]).casefold()
    keys: dict[str, Callable[[Group], Any]] = {
        "cost": lambda group: group.now.cost_on(question.basis),
        "calls": lambda group: group.now.calls,
        "change": lambda group: group.change(question.basis),
        "period": lambda group: group.period,
    }
    return keys[name]


def _columns(asked: Asked) -> list[Column]:
    question = asked.question
    headings = [_sorting(asked, name, name.capitalize(), numeric=False) for name in question.by]
    if question.grain != "total":
        headings.append(_sorting(asked, "period", question.grain.capitalize(), numeric=False))
    elif not question.by:
        headings.append(Column("What", numeric=False))
    words = COST_WORDS[question.basis].capitalize()
    headings += [_sorting(asked, "cost", words), Column("Share", numeric=True)]
    if question.grain == "total":
        headings.append(_sorting(asked, "change", "Change"))
    if question.of_bills:
        return [*headings, Column("Charges", numeric=True), Column("No amount", numeric=True)]
    headings += [
        _sorting(asked, "calls", "Calls"),
        Column("Cost of 1,000 calls", numeric=True),
        Column("Unpriced" if question.basis == "metered" else "Not reported", numeric=True),
    ]
    technical = TECHNICAL if asked.technical else ()
    return [*headings, *(Column(label, numeric=True) for label, _ in technical)]


def _sorting(asked: Asked, name: str, label: str, *, numeric: bool = True) -> Column:
    current = asked.sort.removeprefix("-") == name
    turned = current and asked.sort.startswith("-")
    down = (name not in asked.question.by) != turned
    return Column(
        label,
        numeric,
        asked.sorted_by(f"-{name}" if current and not turned else name).address,
        ("descending" if down else "ascending") if current else "",
    )


class _Writer:
    """Writes lines of one answer: it holds what all of them need."""

    def __init__(self, seen: Breakdown, asked: Asked) -> None:
        self.seen = seen
        self.asked = asked
        self.question = asked.question
        self.names = [labels(dimension) for dimension in self.question.by]
        self.whole = seen.whole.now.cost_on(self.question.basis)

    def line(self, group: Group) -> Line:
        pairs = zip(self.question.by, group.values, self.names, strict=True)
        return Line(
            cells=tuple(self._cell(*pair) for pair in pairs),
            period=period_name(group.period) if group.period else "",
            sums=self._sums(group.now, group.before),
            measures=group.now,
        )

    def rests(self, shown: Sequence[Group]) -> list[Rest]:
        """Give what stands below: the groups on other pages, then those without a value."""
        found = []
        others = self.seen.others(shown)
        if others.groups:
            label = f"{display.number(others.groups)} other {noun(self.question, others.groups)}"
            found.append(self.rest(label, "", others))
        for place, dimension in enumerate(self.seen.missing):
            label = f"Without {display.with_article(dimension)}"
            label += f", but with {_all_of(tuple(self.seen.missing)[:place])}" if place else ""
            href = self.asked.about(self.question.narrowed(**{dimension: UNALLOCATED})).address
            found.append(self.rest(label, href, self.seen.without(dimension)))
        return found

    def rest(self, label: str, href: str, several: Several) -> Rest:
        return Rest(label, href, self._sums(several.now, several.before), several.now)

    def _cell(self, dimension: str, value: str, names: dict[str, str]) -> Cell:
        missing = value == UNALLOCATED
        narrowed = self.question.narrowed(**{dimension: value})
        return Cell(
            heading=dimension.capitalize(),
            value=value,
            label="Not attributed" if missing else names.get(value, value),
            href=self.asked.about(narrowed).address,
            is_workflow=dimension == "workflow" and not missing,
        )

    def _sums(self, now: Measures, before: Measures | None) -> Sums:
        basis = self.question.basis
        cost = now.cost_on(basis)
        technical = TECHNICAL if self.asked.technical and not self.question.of_bills else ()
        return Sums(
            cost=cost,
            before=None if before is None else before.cost_on(basis) or Decimal(0),
            share=display.share(cost or Decimal(0), self.whole or Decimal(0)),
            calls=now.calls,
            cost_of_thousand=now.cost_of_thousand_on(basis),
            calls_without=now.calls_without(basis),
            charges=now.charges,
            charges_without=now.charges_without,
            technical=tuple((label, getattr(now, name)) for label, name in technical),
        )


def noun(question: CostQuestion, count: int) -> str:
    """Say what the lines of an answer are: ``teams``, ``day``, ``groups``."""
    if len(question.by) == 1 and question.grain == "total":
        word = question.by[0]
    else:
        word = "group" if question.by else question.grain
    return word if count == 1 else display.plural(word)


def _all_of(names: Sequence[str]) -> str:
    return " and ".join(display.with_article(name) for name in names)
