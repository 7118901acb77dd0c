"""Dollars under two sets of rules: as they stand in the books, and as a rule would have them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from finops.attribution.match import Rule
from finops.domain.dimensions import ATTRIBUTED
from finops.domain.money import exact_sum

#: The id of a rule that is not saved yet.
CANDIDATE: Final = -1
#: How many moves are listed; those beyond count in the sums.
LISTED: Final = 20

Amounts = tuple[Decimal, ...]


class Asked(NamedTuple):
    """The rules that decide a dimension now, and with the candidate at its place."""

    dimension: str
    now: tuple[Rule, ...]
    then: tuple[Rule, ...]
    #: Whether what changes can touch calls, and charges.
    touches_calls: bool
    touches_charges: bool

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All rules that are looked at, now or then."""
        return (*self.now, *self.then)

    @property
    def tag_keys(self) -> list[str]:
        """Name the tags that the rules look at."""
        return sorted({key for rule in self.rules for key in rule.tags})


class Group(NamedTuple):
    """Rows that are alike: the value that they carry, and what rules would give them.

    ``now`` is by today's rules, ``after`` with the candidate. ``amounts`` are in the order of the
    side's bases. Rows of a closed month do not move. ``without`` counts those that have no amount:
    no price, or no exchange rate.
    """

    before: str
    now: str
    after: str
    is_by_candidate: bool
    is_closed: bool
    rows: int
    without: int
    amounts: Amounts

    @property
    def is_owed_to_it(self) -> bool:
        """Say whether the candidate has a hand in the value that the rows would get."""
        return self.is_by_candidate or self.now != self.after


#: Groups by dimension: every dimension holds the same rows, grouped for its own rules.
Groups = dict[str, list[Group]]


class Move(NamedTuple):
    """What goes from one value of a dimension to another."""

    dimension: str
    before: str
    after: str
    rows: int
    amounts: Amounts


class Side(NamedTuple):
    """What a rule would do to all calls, or all charges, of some days.

    ``bases`` names the amounts: metered of calls; billed and effective of charges. Of ``total``,
    ``moved`` gets another value for the candidate's sake; ``waiting`` would get one without it,
    by rules that were saved and not applied to history yet; ``left_out`` lies in closed months.
    ``moves`` are the dearest of those moved; ``to`` are the values that the candidate gives.
    """

    bases: tuple[str, ...]
    rows: int = 0
    without: int = 0
    total: Amounts = ()
    moved_rows: int = 0
    moved: Amounts = ()
    waiting_rows: int = 0
    waiting: Amounts = ()
    left_out_rows: int = 0
    left_out: Amounts = ()
    moves: tuple[Move, ...] = ()
    to: tuple[str, ...] = ()


def with_candidate(
    rules: Sequence[Rule],
    candidate: Rule,
    *,
    place: int,
    replaces: int | None = None,
    since: datetime | None = None,
) -> tuple[Asked, ...]:
    """Put a candidate in its place (from 1), by dimension that it or the replaced one touches.

    The rule that it ``replaces`` holds until ``since``, or goes altogether.
    """
    replaced = [rule for rule in rules if rule.id == replaces]
    others = [rule for rule in rules if rule.id != replaces]
    ended = [rule._replace(effective_to=since) for rule in replaced if since is not None]
    unsaved = candidate._replace(id=CANDIDATE)
    then = [*others[: place - 1], unsaved, *ended, *others[place - 1 :]]
    changing = [candidate, *replaced]
    return tuple(
        Asked(
            name,
            tuple(rule for rule in rules if rule.dimension == name),
            tuple(rule for rule in then if rule.dimension == name),
            touches_calls=any(not rule.is_of_charges for rule in changing),
            touches_charges=any(rule.dimension in ATTRIBUTED for rule in changing),
        )
        for name in dict.fromkeys(rule.dimension for rule in changing)
    )


def sum_up(bases: tuple[str, ...], groups: Groups) -> Side:
    """Add groups up: any one dimension tells the total, each tells its own moves."""
    first = next(iter(groups.values()), [])
    everything = [group for each in groups.values() for group in each]
    moving = [group for group in everything if group.before != group.after]
    moved = [group for group in moving if group.is_owed_to_it and not group.is_closed]
    waiting = [group for group in moving if not group.is_owed_to_it and not group.is_closed]
    left_out = [group for group in moving if group.is_closed]
    return Side(
        bases=bases,
        rows=sum(group.rows for group in first),
        without=sum(group.without for group in first),
        total=_amounts(bases, first),
        moved_rows=sum(group.rows for group in moved),
        moved=_amounts(bases, moved),
        waiting_rows=sum(group.rows for group in waiting),
        waiting=_amounts(bases, waiting),
        left_out_rows=sum(group.rows for group in left_out),
        left_out=_amounts(bases, left_out),
        moves=_moves(bases, groups),
        to=tuple(sorted({group.after for group in everything if group.is_by_candidate})[:LISTED]),
    )


def _moves(bases: tuple[str, ...], groups: Groups) -> tuple[Move, ...]:
    found: defaultdict[tuple[str, str, str], list[Group]] = defaultdict(list)
    for dimension, each in groups.items():
        for group in each:
            if group.before != group.after and group.is_owed_to_it and not group.is_closed:
                found[dimension, group.before, group.after].append(group)
    moves = [
        Move(*names, sum(group.rows for group in alike), _amounts(bases, alike))
        for names, alike in found.items()
    ]
    moves.sort(key=lambda move: (*(-abs(amount) for amount in move.amounts), -move.rows, move))
    return tuple(moves[:LISTED])


def _amounts(bases: tuple[str, ...], groups: Iterable[Group]) -> Amounts:
    chosen = list(groups)
    return tuple(exact_sum(group.amounts[place] for group in chosen) for place in range(len(bases)))
