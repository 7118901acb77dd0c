"""What a rule would change in dollars before it is saved; nothing is written.

The charges that it matches, or that the rule which it replaces has decided, are read by what they
have in common, and decided upon twice: by today's rules, and by those with the new one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

import msgspec
from psycopg import sql

from finops.classification.kinds import stored_rules
from finops.classification.match import Kind, KindRules
from finops.classification.names import CatalogueNames
from finops.classification.rule import FACTS_OF, KindRule
from finops.classification.worklist import earliest_period
from finops.domain.charge import ChargeRecord
from finops.domain.money import exact_sum
from finops.sql import load_sql, snapshot

#: How many distinct kinds of charges are looked at, and how many moves are listed.
MOST_ALIKE: Final = 5_000
LISTED: Final = 20
#: The id of a rule that is not saved yet.
CANDIDATE: Final = -1

_FACTS: Final = tuple(dict.fromkeys(fact for facts in FACTS_OF.values() for fact in facts))
_WHO: Final = sql.SQL("coalesce({})").format(
    sql.SQL(", ").join(map(sql.Identifier, FACTS_OF["service_provider"]))
)


class Alike(NamedTuple):
    """Charges of which rules think alike: one for all, what they were billed, how many."""

    charge: ChargeRecord
    billed: Decimal
    rows: int


class Move(NamedTuple):
    """Charges that become something else; both are words, ``unknown`` where no rule knows."""

    before: Kind
    after: Kind
    billed: Decimal
    rows: int


class Trial(NamedTuple):
    """What a rule would do to the charges of some days, had it been in force for all of them.

    ``matches`` is everything that its conditions hold for, of which ``earlier`` is decided by a
    rule before it. ``moved`` is what becomes another kind, provider, model or token kind, of
    ``whole``, all that was billed. Dollars; ``moves`` lists the largest.
    """

    days: int
    whole: Decimal
    matches: Decimal
    match_rows: int
    earlier: Decimal
    moved: Decimal
    moved_rows: int
    moves: tuple[Move, ...]
    is_cut: bool


def try_kind_rule(
    candidate: KindRule, *, place: int, until: datetime, days: int = 30, replaces: int | None = None
) -> Trial:
    """Try a rule at a ``place`` (from 1) on the charges of the ``days`` before an instant.

    Its dates are left aside. ``replaces`` is the rule that it would take over from.
    """
    since = until - timedelta(days=days)
    undated = candidate._replace(id=CANDIDATE, effective_from=None, effective_to=None)
    with snapshot() as cursor:
        found = _alike(cursor, undated, since, until, replaces)
        whole = _whole(cursor, since, until)
        rules, names = stored_rules(), CatalogueNames()
        others = [rule for rule in rules if rule.id != replaces]
        then = [*others[: place - 1], undated, *others[place - 1 :]]
        return _compared(
            found,
            (KindRules(rules, names), KindRules(then, names), KindRules([undated], names)),
            days=days,
            whole=whole,
        )


def _compared(
    found: Sequence[Alike],
    rules: tuple[KindRules, KindRules, KindRules],
    *,
    days: int,
    whole: Decimal,
) -> Trial:
    now, then, alone = rules
    outcomes = [(each, now.decide(each.charge), then.decide(each.charge)) for each in found]
    matching = [
        (each, after)
        for each, _, after in outcomes
        if alone.decide(each.charge).rule_id is not None
    ]
    moving = [(each, a, b) for each, a, b in outcomes if _says(a) != _says(b)]
    return Trial(
        days=days,
        whole=whole,
        matches=exact_sum(each.billed for each, _ in matching),
        match_rows=sum(each.rows for each, _ in matching),
        earlier=exact_sum(each.billed for each, after in matching if after.rule_id != CANDIDATE),
        moved=exact_sum(each.billed for each, _, _ in moving),
        moved_rows=sum(each.rows for each, _, _ in moving),
        moves=_grouped(moving),
        is_cut=len(found) == MOST_ALIKE,
    )


def _says(kind: Kind) -> tuple[Any, ...]:
    return (kind.kind, kind.provider, kind.model, kind.token_kind)


def _grouped(moving: Iterable[tuple[Alike, Kind, Kind]]) -> tuple[Move, ...]:
    groups: defaultdict[tuple[Any, ...], list[tuple[Alike, Kind, Kind]]] = defaultdict(list)
    for each in moving:
        groups[(*_says(each[1]), *_says(each[2]))].append(each)
    moves = [
        Move(
            parts[0][1],
            parts[0][2],
            exact_sum(alike.billed for alike, _, _ in parts),
            sum(alike.rows for alike, _, _ in parts),
        )
        for parts in groups.values()
    ]
    return tuple(sorted(moves, key=lambda move: (-abs(move.billed), -move.rows))[:LISTED])


def _whole(cursor: Any, since: datetime, until: datetime) -> Decimal:
    cursor.execute(
        "SELECT coalesce(sum(billed), 0) FROM charges_by_day WHERE day >= %s AND day <= %s",
        [since.date(), until.date()],
    )
    whole: Decimal = cursor.fetchone()[0]
    return whole


def _alike(
    cursor: Any, rule: KindRule, since: datetime, until: datetime, replaces: int | None
) -> list[Alike]:
    matches, patterns = _matches(rule)
    query = load_sql("classification/alike.sql").format(
        facts=sql.SQL(", ").join(map(sql.Identifier, _FACTS)),
        matches=matches,
        numbers=sql.SQL(", ").join(sql.SQL(str(n)) for n in range(1, len(_FACTS) + 2)),
    )
    bounds = {"first": earliest_period(since), "since": since, "until": until}
    cursor.execute(query, bounds | patterns | {"replaces": replaces, "limit": MOST_ALIKE})
    return [_read(row) for row in cursor.fetchall()]


def _matches(rule: KindRule) -> tuple[sql.Composable, dict[str, list[str]]]:
    """Say a rule's conditions to PostgreSQL; what is found is decided upon by the rule itself."""
    parts: list[sql.Composable] = [sql.SQL("true")]
    patterns = {}
    for name, pattern in rule.conditions:
        patterns[f"like_{name}"] = [_as_like(each) for each in pattern.split("|") if each.strip()]
        columns: list[sql.Composable] = (
            [_WHO] if name == "service_provider" else [sql.Identifier(f) for f in FACTS_OF[name]]
        )
        compared = [
            sql.SQL("{} ILIKE ANY ({})").format(column, sql.Placeholder(f"like_{name}"))
            for column in columns
        ]
        parts.append(sql.SQL("({})").format(sql.SQL(" OR ").join(compared)))
    return sql.SQL("({})").format(sql.SQL(" AND ").join(parts)), patterns


def _as_like(pattern: str) -> str:
    for special in ("\\", "%", "_"):
        pattern = pattern.replace(special, f"\\{special}")
    return pattern.strip().replace("*", "%")


def _read(row: tuple[Any, ...]) -> Alike:
    *told, details, latest, billed, rows = row
    facts = dict(zip(_FACTS, told, strict=True))
    charge = ChargeRecord(
        billing_period=latest.date().replace(day=1),
        charge_period_start=latest,
        charge_period_end=latest,
        billing_currency="",
        sku_price_details=msgspec.json.decode(details, type=dict[str, str]) if details else None,
        consumed_quantity=Decimal(1),  # which unit counts tokens is no matter here
        **facts,
    )
    return Alike(charge, billed, rows)
