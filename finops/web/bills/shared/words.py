"""What the pages of shared cost say."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.html import format_html
from django.utils.safestring import SafeString

from finops.allocation.checks import MOST_POSITION
from finops.allocation.pools import PATTERNS
from finops.allocation.splitting import MOST_TARGETS
from finops.allocation.statement import Line, Residual, Statement, TargetRow
from finops.allocation.trying import Trial
from finops.allocation.words import KIND_WORDS, LINE_WORDS, METHOD_WORDS, NOTES
from finops.attribution.values import labels
from finops.domain import display
from finops.domain.money import plain
from finops.domain.shares import rounded, subunit
from finops.models import CostPool, PoolSplit
from finops.web.bills.shared.asked import Asked
from finops.web.kpis import Kpi
from finops.web.sentences import join

#: Shares that a row names; the others fold away.
_NAMED = 3
_PATTERN_WORDS = {
    "provider": "provider",
    "service_name": "service",
    "sku_meter": "meter",
    "resource": "resource",
    "account": "account",
    "sub_account": "sub account",
    "tag": "tag",
    "tag_value": "tag value",
}


class LineRow(NamedTuple):
    """A line of a statement: how it was split in words, and who got most."""

    line: Line
    method: str
    named: list[tuple[str, Decimal]]
    folded: list[tuple[str, Decimal]]
    notes: list[str]


class Move(NamedTuple):
    """What a target carries, and what the published statement said of it."""

    name: str
    row: TargetRow
    before: Decimal | None


def booked(amount: Decimal, currency: str) -> str:
    """Write an amount as it is booked, with all its cents: ``$5,159.20``."""
    size = f"{rounded(amount.copy_abs(), subunit(currency)):,f}"
    return f"{display.MINUS if amount < 0 else ''}{display.mark_of(currency)}{size}"


def story(question: Asked, seen: Statement) -> SafeString | str:
    """Tell the month in two sentences."""
    if not seen.rows:
        return f"No bill is posted to {question.name}. There is nothing to share yet."
    money = [
        display.money(amount, seen.currency)
        for amount in (seen.direct, seen.allocated, seen.unallocated)
    ]
    whose = display.plural(question.by)
    first = format_html(
        "In {} <b>{}</b> is direct and <b>{}</b> shared, over {}.",
        question.name,
        money[0],
        money[1],
        display.counted(len(seen.targets), question.by, whose),
    )
    left = format_html("<b>{}</b> stays with nobody.", money[2])
    return join(first, left if seen.unallocated else "Nothing stays with nobody.")


def kpis(seen: Statement) -> list[Kpi]:
    """Give direct, allocated and unallocated: three numbers, never one."""
    whole = seen.total_in
    told = [
        ("Direct", seen.direct, "own charges, tagged or attributed"),
        ("Allocated", seen.allocated, display.counted(len(seen.pools), "pool")),
        ("Unallocated", seen.unallocated, "held, or in no pool"),
    ]
    return [
        {
            "label": label,
            "value": display.money(amount, seen.currency),
            "title": display.exact_money(amount, seen.currency),
            "note": f"{display.share(amount, whole)}, {note}" if whole else note,
        }
        for label, amount, note in told
    ]


def conserved(seen: Statement) -> str:
    """Say what went in and out, to the cent."""
    came, went = (booked(amount, seen.currency) for amount in (seen.total_in, seen.total_out))
    return f"{came} in, {went} out"


def conserved_note(seen: Statement) -> str:
    """Say what is in the sum besides charges."""
    if seen.surcharges:
        return f"with {display.money(seen.surcharges, seen.currency)} of surcharges"
    return "to the cent"


def rows(seen: Statement) -> list[LineRow]:
    """Give the lines with words; targets under their display names."""
    names = labels(seen.dimension)
    told = []
    for line in seen.lines:
        got = [(names.get(target, target), amount) for target, amount in line.dearest]
        notes = [NOTES[note] for note in line.notes]
        method = LINE_WORDS[line.method]
        told.append(LineRow(line, method, got[:_NAMED], got[_NAMED:MOST_TARGETS], notes))
    return told


def residuals(seen: Statement) -> list[tuple[Residual, str]]:
    """Give what bills are above calls, each with its part of the bill."""
    return [(each, display.share(each.amount, each.billed)) for each in seen.residuals]


def moves(seen: Statement, before: Statement | None) -> list[Move]:
    """Hold each target against the statement in force; also those that would leave it."""
    names = labels(seen.dimension)

    def move(row: TargetRow, was: Decimal | None) -> Move:
        return Move(names.get(row.target, row.target), row, was)

    if before is None:
        return [move(row, None) for row in seen.targets]
    there = {row.target for row in seen.targets}
    gone = [row for row in before.targets if row.target not in there]
    return [
        *(move(row, before.of(row.target).total) for row in seen.targets),
        *(move(seen.of(row.target), row.total) for row in gone),
    ]


def warnings(seen: Statement) -> list[str]:
    """Say which charges are in no amount."""
    told = []
    if seen.unconverted:
        counted = display.counted(seen.unconverted, "charge")
        told.append(f"{counted} without an exchange rate, in no amount here.")
    if seen.missing:
        counted = display.counted(seen.missing, "charge")
        told.append(f"{counted} without a cost on this basis, in no amount here.")
    return told


def picks(pool: CostPool) -> str:
    """Say which charges a pool picks."""
    if pool.surcharge_percent is not None:
        return f"{plain(pool.surcharge_percent)}% of everything carried before its stage"
    kinds = [KIND_WORDS[kind] for kind in pool.kinds]
    told = [
        f"{_PATTERN_WORDS[name]} {getattr(pool, name)}" for name in PATTERNS if getattr(pool, name)
    ]
    parts = [*([", ".join(kinds)] if kinds else []), *told]
    return "; ".join(parts) if parts else "every charge of nobody that no pool before it picks"


def splits(split: PoolSplit) -> str:
    """Say how a pool is split."""
    told = METHOD_WORDS[split.method]
    if split.driver:
        told += f" “{split.driver}”"
    if split.weights:
        told += ": " + _shortened(f"{t} {w}%" for t, w in sorted(split.weights.items()))
    if split.targets:
        told += ", over " + _shortened(sorted(split.targets))
    if split.utilisation is not None:
        idle = split.idle_to or "nobody"
        told += f"; {plain(split.utilisation)}% is used, the idle rest goes to {idle}"
    return told


def trial(tried: Trial, currency: str) -> list[str]:
    """Say what a pool would pick, and from whom it takes it."""
    picked = display.money(tried.picked.amount, currency)
    whole = display.money(tried.of.amount, currency)
    charges = display.counted(tried.picked.rows, "charge")
    told = [f"It would pick {picked} of {whole} that is nobody’s: {charges}."]
    told += [
        f"It takes {display.money(each.amount, currency)} from {each.pool}." for each in tried.taken
    ]
    if tried.elsewhere.rows:
        amount = display.money(tried.elsewhere.amount, currency)
        told.append(f"{amount} more matches, and a pool before it has it.")
    return told


def place(pool: CostPool) -> str:
    """Say where a pool stands."""
    return f"Stage {pool.stage}, place {min(pool.position, MOST_POSITION)}"


def _shortened(parts: Iterable[str]) -> str:
    listed = list(parts)
    more = f" and {len(listed) - 6} more" if len(listed) > 6 else ""
    return ", ".join(listed[:6]) + more


def statement_lines(seen: Statement, target: str) -> list[dict[str, Any]]:
    """Give what a target has of each line: direct first, then each pool's share."""
    return [
        {
            "line": line,
            "method": LINE_WORDS[line.method],
            "amount": booked(line.shares[target], seen.currency),
            "of": display.share(line.shares[target], line.amount),
        }
        for line in seen.lines
        if target in line.shares
    ]
