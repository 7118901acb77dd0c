"""A new snapshot beside the one that it replaces: by service and by team, over the same days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from finops.domain.money import exact_difference, exact_sum
from finops.sql import load_sql

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

#: A delivery that says less than this part of what was known is looked at by a person first.
SHRINKS_BELOW: Final = Decimal("0.75")


#: What changes are told by.
Part = Literal["service", "team"]


class Side(NamedTuple):
    """What one snapshot says of one service and team: rows, and two costs in one currency."""

    currency: str
    service: str
    team: str
    is_new: bool
    rows: int
    billed: Decimal
    effective: Decimal


class Move(NamedTuple):
    """What something cost before and after, billed and effective; an empty name means none."""

    name: str
    billed_before: Decimal
    billed_after: Decimal
    effective_before: Decimal
    effective_after: Decimal

    @property
    def billed(self) -> Decimal:
        """By how much the bill for it changed; negative when it became less."""
        return exact_difference(self.billed_after, self.billed_before)

    @property
    def effective(self) -> Decimal:
        """By how much its effective cost changed."""
        return exact_difference(self.effective_after, self.effective_before)

    @property
    def size(self) -> Decimal:
        """How much changed, in either direction and on whichever cost."""
        return max(self.billed.copy_abs(), self.effective.copy_abs())

    @classmethod
    def of(cls, name: str, sides: Sequence[Side]) -> Move:
        """Add up both snapshots' sides of one thing in one currency."""
        old, new = ([side for side in sides if side.is_new is after] for after in (False, True))
        return cls(
            name,
            exact_sum(side.billed for side in old),
            exact_sum(side.billed for side in new),
            exact_sum(side.effective for side in old),
            exact_sum(side.effective for side in new),
        )


@dataclass(frozen=True)
class Comparison:
    """Both snapshots over the days that the new one covers."""

    sides: Sequence[Side] = ()

    @property
    def currencies(self) -> list[str]:
        """The currencies of either, in order."""
        return sorted({side.currency for side in self.sides})

    def rows(self, *, new: bool) -> int:
        """How many rows one of them holds there."""
        return sum(side.rows for side in self.sides if side.is_new is new)

    def total(self, currency: str) -> Move:
        """What all of it costs before and after."""
        return Move.of("", self._in(currency))

    def moves(self, part: Part, currency: str) -> list[Move]:
        """What changed, by service or by team, the largest change first."""
        sides: dict[str, list[Side]] = defaultdict(list)
        for side in self._in(currency):
            sides[getattr(side, part)].append(side)
        moves = (Move.of(name, told) for name, told in sides.items())
        return sorted(
            (move for move in moves if move.size), key=lambda move: (-move.size, move.name)
        )

    def shrinks(self) -> bool:
        """Say whether the new one lacks more than a quarter of the rows, or of a cost."""
        if _is_less(self.rows(new=False), self.rows(new=True)):
            return True
        totals = [self.total(currency) for currency in self.currencies]
        return any(
            _is_less(total.billed_before, total.billed_after)
            or _is_less(total.effective_before, total.effective_after)
            for total in totals
        )

    def _in(self, currency: str) -> list[Side]:
        return [side for side in self.sides if side.currency == currency]


def compare(cursor: CursorWrapper) -> Mapping[int, Comparison]:
    """Compare every snapshot of ``arriving`` that replaces another, by its id."""
    cursor.execute(load_sql("bills/compare.sql").format())
    sides: dict[int, list[Side]] = defaultdict(list)
    for snapshot_id, *side in cursor.fetchall():
        sides[snapshot_id].append(Side._make(side))
    return {snapshot_id: Comparison(told) for snapshot_id, told in sides.items()}


def _is_less(before: Decimal | int, after: Decimal | int) -> bool:
    return before > 0 and after < SHRINKS_BELOW * before
