"""How a provider's month stands: what the numbers say, and what people have said of them.

*not due*: the month is not over, or ended less than ``days_until_due`` days ago.
*provisional*: the bill is missing, not complete, or has amounts that nobody can add up.
*matched*: the difference is within ``max(matched_amount, matched_percent of billed)``.
*explained*: what nobody can name is within that same limit, and the rest is named: the difference
is within ``explained_percent`` of billed, or the match was made by model at least.
*investigating*: neither, or somebody has taken it up. *accepted*: finance took the difference as it
is, on record. *locked*: the month is closed.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_CEILING, Context, Decimal
from typing import Final, NamedTuple

from finops.domain.periods import next_month
from finops.models import ReconciliationEvent

NOT_DUE: Final = "not_due"
PROVISIONAL: Final = "provisional"
MATCHED: Final = "matched"
EXPLAINED: Final = "explained"
INVESTIGATING: Final = "investigating"
ACCEPTED: Final = "accepted"
LOCKED: Final = "locked"

#: States in which there is no difference to talk about yet.
NOT_READY: Final = (NOT_DUE, PROVISIONAL)
_WIDE: Final = Context(prec=200)
_HUNDRED: Final = Decimal(100)


class Tolerance(NamedTuple):
    """How far billed may be from metered (``finops.models.ReconciliationTolerance``)."""

    matched_amount: Decimal = Decimal(1)
    matched_percent: Decimal = Decimal(1)
    explained_percent: Decimal = Decimal(5)
    days_until_due: int = 3

    def matched(self, billed: Decimal) -> Decimal:
        """Give the difference up to which billed and metered are the same."""
        return max(self.matched_amount, _percent(self.matched_percent, billed))

    def explained(self, billed: Decimal) -> Decimal:
        """Give the difference up to which it is enough that little of it is unexplained."""
        return max(self.matched(billed), _percent(self.explained_percent, billed))


class Found(NamedTuple):
    """What was worked out for a month, as far as its state depends on it.

    ``billed`` is None without a bill; ``complete`` says that nothing more is expected of it;
    ``by_model`` that every part was found per model.
    """

    billed: Decimal | None
    difference: Decimal
    unexplained: Decimal
    complete: bool
    by_model: bool


def due_on(month: date, tolerance: Tolerance) -> date:
    """Give the first day on which a month is judged, by the provider's clock."""
    return next_month(month) + timedelta(days=tolerance.days_until_due)


def judge(found: Found, tolerance: Tolerance, *, month: date, today: date) -> str:
    """Say what the numbers say."""
    if today < due_on(month, tolerance):
        return NOT_DUE
    if found.billed is None or not found.complete:
        return PROVISIONAL
    limit = tolerance.matched(found.billed)
    difference = found.difference.copy_abs()
    if difference <= limit:
        return MATCHED
    is_named = difference <= tolerance.explained(found.billed) or found.by_model
    if found.unexplained.copy_abs() <= limit and is_named:
        return EXPLAINED
    return INVESTIGATING


def standing(computed: str, last: str | None, *, locked: bool) -> str:
    """Say how the month stands, given the kind of its last event by a person.

    A closed month is locked whatever was said. Somebody's doubt goes when the difference does.
    """
    if locked:
        return LOCKED
    if last == ReconciliationEvent.ACCEPT:
        return ACCEPTED
    if last == ReconciliationEvent.INVESTIGATE and computed not in {NOT_DUE, MATCHED}:
        return INVESTIGATING
    return computed


def rounding_tolerance(rows: int, subunit: Decimal = Decimal("0.01")) -> Decimal:
    """Give how far a bill's lines may sum beside its invoice: FOCUS 1.4's rounding variance.

    ``max(100 × subunit, 0.5 × √rows × subunit)``: $1.00 up to 40,000 lines, $5.00 for a million.
    """
    root = _WIDE.sqrt(Decimal(rows))
    return (
        max(_HUNDRED * subunit, _WIDE.multiply(Decimal("0.5") * subunit, root))
        .quantize(subunit.scaleb(-6), ROUND_CEILING)
        .normalize(_WIDE)
    )


def _percent(percent: Decimal, amount: Decimal) -> Decimal:
    return _WIDE.divide(_WIDE.multiply(percent, amount.copy_abs()), _HUNDRED)
