"""What calls cost by any dimensions: groups, the missing values apart, and the whole.

Whatever is shown of it, the parts sum exactly to the whole: groups that are too many to tell
apart are one sum, and so are those without a value.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple, TypeVar

from finops.domain.dimensions import UNALLOCATED
from finops.domain.measures import Measures
from finops.domain.money import exact_difference
from finops.domain.windows import Window
from finops.insights.cost_question import MOST_DAYS, CostQuestion
from finops.rollups.long_answers import Piece, pieces
from finops.rollups.patience import patience
from finops.rollups.queries import Scope, complete_to
from finops.sql import snapshot

#: How many groups are told apart; pages list fifty of them at a time.
KEPT: Final = 5_000
#: How many seconds a page waits for one statement.
PATIENCE: Final = 5


class ReachesTooFar(ValueError):
    """The question would read more days of calls, or of hours, than a page reads."""


class Group(NamedTuple):
    """Calls with the same values (in the order of ``by``) and period; ``before`` where known."""

    values: tuple[str, ...]
    period: str | None
    now: Measures
    before: Measures | None = None

    def change(self, basis: str) -> Decimal | None:
        """How much more it cost than before; None where that is not known."""
        return None if self.before is None else rise(self.now, self.before, basis)


class Several(NamedTuple):
    """The sum of groups that stand in one line: how many, what they cost, what they cost before."""

    groups: int
    now: Measures
    before: Measures | None

    @classmethod
    def of(cls, groups: Iterable[Group | Several]) -> Several:
        """Add groups up; what they cost before is known when it is known of each."""
        listed = list(groups)
        earlier = [group.before for group in listed if group.before is not None]
        return cls(
            sum(group.groups if isinstance(group, Several) else 1 for group in listed),
            Measures.sum_of(group.now for group in listed),
            Measures.sum_of(earlier) if len(earlier) == len(listed) else None,
        )


@dataclass(frozen=True)
class Breakdown:
    """An answer. ``groups`` + ``beyond`` + ``missing`` sum exactly to ``whole``.

    ``groups`` are those with a value for every open dimension, dearest first. ``beyond`` are such
    groups as well, too many to tell apart, by period. ``missing`` are those without a value, by
    the first dimension that has none, then by period.
    """

    question: CostQuestion
    groups: tuple[Group, ...]
    beyond: Mapping[str | None, Several]
    missing: Mapping[str, Mapping[str | None, Several]]
    whole: Several
    complete_to: datetime | None

    @property
    def is_empty(self) -> bool:
        """Say whether there is neither a call nor a charge."""
        return not (self.whole.now.calls or self.whole.now.charges)

    @property
    def is_folded(self) -> bool:
        """Say whether there are more groups than are told apart."""
        return bool(self.beyond)

    @property
    def count(self) -> int:
        """How many groups have a value for every open dimension, told apart or not."""
        return len(self.groups) + sum(several.groups for several in self.beyond.values())

    def others(self, shown: Iterable[Group]) -> Several:
        """Add up the groups with values that are not among the shown ones."""
        listed = set(map(id, shown))
        hidden = [group for group in self.groups if id(group) not in listed]
        return Several.of([*hidden, *self.beyond.values()])

    def without(self, dimension: str) -> Several:
        """Add up the groups that miss a value of a dimension, and have all before it."""
        return Several.of(self.missing[dimension].values())


def rise(now: Measures, before: Measures, basis: str) -> Decimal:
    """Give how much more was spent, on a basis; what nobody knows the cost of counts as nothing."""
    return exact_difference(now.cost_on(basis) or Decimal(0), before.cost_on(basis) or Decimal(0))


def break_down(question: CostQuestion, *, keep: int = KEPT) -> Breakdown:
    """Answer a question, all of it in one snapshot. Its chart and its table are drawn from this.

    Raises ReachesTooFar for a long period of what only calls or hours can answer, and TookTooLong
    when the database needs more than a few seconds. Both say what to do.
    """
    if question.reaches_too_far:
        raise ReachesTooFar(
            f"this question reads every {'call' if question.reads_calls else 'hour'};"
            f" ask for at most {MOST_DAYS} days"
        )
    with patience(PATIENCE), snapshot() as cursor:
        now = pieces(question.scope, keep=keep)
        before = _before(question, keep) if question.grain == "total" else None
        reached = complete_to(cursor, of_bills=question.of_bills)
        return _arrange(question, now, before, reached)


def _before(question: CostQuestion, keep: int) -> list[Piece]:
    """Read the groups of the window before; its last day may end at an hour, but not a bill's."""
    window = question.period.before
    if question.of_bills:
        return pieces(_scope(question, window), keep=keep)
    whole_days = window.last if window.cut else window.until
    found = []
    if window.since < whole_days:
        found += pieces(_scope(question, Window(window.since, whole_days)), keep=keep)
    if window.cut:
        last_day = _scope(
            question, Window(window.last, window.last + timedelta(days=1)), hours=True
        )
        found += [
            hour._replace(period=None)
            for hour in pieces(last_day, keep=keep)
            if hour.period and datetime.fromisoformat(hour.period) < window.cut
        ]
    return found


def _scope(question: CostQuestion, window: Window, *, hours: bool = False) -> Scope:
    return Scope(
        by=question.by,
        grain="hour" if hours else "total",
        since=window.since,
        until=window.until,
        filters=question.filters,
        basis=question.basis,
    )


_Key = tuple[tuple[str | None, ...], str | None]
_Of = TypeVar("_Of")
_Parts = defaultdict[_Of, list[Several]]


def _arrange(
    question: CostQuestion,
    now: list[Piece],
    before: list[Piece] | None,
    reached: datetime | None,
) -> Breakdown:
    """Sort pieces into groups, what is beyond them, and what misses a value."""
    places = {name: place for place, name in enumerate(question.by)}
    known = {(piece.values, piece.period): piece for piece in now}
    earlier = _added_up(before or [])
    # A group may be folded in only one of the windows; then single groups do not compare.
    tells = before is not None and not any(piece.is_folded for piece in (*now, *before))
    groups: list[Group] = []
    beyond: _Parts[str | None] = defaultdict(list)
    missing: dict[str, _Parts[str | None]] = {
        name: defaultdict(list) for name in question.open_dimensions
    }
    for key in dict.fromkeys([*known, *earlier]):
        values, period = key
        piece = known.get(key)
        count, spent = (piece.groups, piece.measures) if piece else (int(tells), Measures())
        spent_before = None if before is None else earlier.get(key, Measures())
        lacking = next((n for n in missing if values[places[n]] == UNALLOCATED), "")
        told = tuple(value for value in values if value is not None)
        if lacking:
            missing[lacking][period].append(Several(count, spent, spent_before))
        elif len(told) < len(values) or not (piece or tells):
            beyond[period].append(Several(count, spent, None))
        else:
            groups.append(Group(told, period, spent, spent_before if tells else None))
    return Breakdown(
        question=question,
        groups=tuple(sorted(groups, key=_dearest_first(question.basis))),
        beyond=_sums(beyond),
        missing={name: _sums(parts) for name, parts in missing.items() if parts},
        whole=Several(
            sum(piece.groups for piece in now),
            Measures.sum_of(piece.measures for piece in now),
            None if before is None else Measures.sum_of(earlier.values()),
        ),
        complete_to=reached,
    )


def _added_up(found: list[Piece]) -> dict[_Key, Measures]:
    parts: defaultdict[_Key, list[Measures]] = defaultdict(list)
    for piece in found:
        parts[piece.values, piece.period].append(piece.measures)
    return {
        key: each[0] if len(each) == 1 else Measures.sum_of(each) for key, each in parts.items()
    }


def _sums(by_period: _Parts[str | None]) -> dict[str | None, Several]:
    return {period: Several.of(parts) for period, parts in by_period.items()}


def _dearest_first(basis: str) -> Callable[[Group], tuple[Decimal, tuple[str, ...], str]]:
    return lambda group: (
        -(group.now.cost_on(basis) or Decimal(0)),
        group.values,
        group.period or "",
    )
