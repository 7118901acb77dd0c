"""What dollars without an owner are like: groups that one rule each could assign.

Groups are whole, so they sum exactly to what nobody owns. Traits (tags, resources, principals) lie
across each other, and are read from the rows themselves, for as long as a page waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.db import connection, transaction
from psycopg import sql

from finops.attribution.values import finals, spellings_of
from finops.domain.dimensions import UNALLOCATED
from finops.domain.periods import day_start
from finops.insights.coverage import Coverage, CoverageQuestion, coverage
from finops.rollups.long_answers import pieces
from finops.rollups.patience import TookTooLong, patience
from finops.rollups.shapes import CALL_COLUMNS, CHARGE_COLUMNS, DAILY_CHARGE_COLUMNS
from finops.sql import load_sql, snapshot

#: How many groups are told apart, and how many traits are listed.
KEPT: Final = 15
LISTED: Final = 8
#: How many seconds a page waits for the traits.
PATIENCE: Final = 4
#: What calls are told apart by; each is a condition of a rule.
_OF_CALLS: Final = ("source", "provider", "model")
_OF_CHARGES: Final = ("account", "sub_account", "service")


class Unowned(NamedTuple):
    """What nobody owns: how much over time, in groups, and by traits (None: took too long)."""

    coverage: Coverage
    groups: list[Group]
    traits: list[Trait] | None


class Group(NamedTuple):
    """Rows that nobody owns and that have the same values, or many such groups folded into one.

    ``values`` map conditions of a rule to what they would ask for; empty for folded groups.
    ``cost`` is None where no row has any; ``without`` counts the rows that have none.
    """

    values: Mapping[str, str]
    groups: int
    rows: int
    without: int
    cost: Decimal | None


class Trait(NamedTuple):
    """Something that rows without an owner have: ``sign`` is tag, resource or principal."""

    sign: str
    key: str
    value: str
    rows: int
    cost: Decimal | None


def unowned(question: CoverageQuestion) -> Unowned:
    """Read all of it in one snapshot, so that groups sum to what coverage says."""
    with snapshot():
        return Unowned(coverage(question), groups(question), traits(question))


def groups(question: CoverageQuestion) -> list[Group]:
    """Give the dearest groups, and the rest as one; they sum to what nobody owns."""
    return _charge_groups(question) if question.of_bills else _call_groups(question)


def traits(question: CoverageQuestion) -> list[Trait] | None:
    """Give the dearest traits; None when they take too long to read."""
    table, columns = ("charges", CHARGE_COLUMNS) if question.of_bills else ("calls", CALL_COLUMNS)
    statement = load_sql(f"insights/traits_of_{table}.sql").format(
        filters=_filters(question, columns),
        amount=sql.Identifier("charges", f"{question.basis}_cost")
        if question.of_bills
        else sql.SQL("NULL"),
    )
    try:
        # A savepoint: what is stopped takes nothing with it that the page has read.
        with transaction.atomic(), patience(PATIENCE), connection.cursor() as cursor:
            cursor.execute(statement, _parameters(question) | {"limit": LISTED})
            return [Trait._make(row) for row in cursor.fetchall()]
    except TookTooLong:
        return None


def _call_groups(question: CoverageQuestion) -> list[Group]:
    found = []
    for piece in pieces(replace(question.unowned, by=_OF_CALLS), keep=KEPT):
        named = {} if piece.is_folded else dict(zip(_OF_CALLS, piece.values, strict=True))
        measures = piece.measures
        found.append(
            Group(
                {name: value or "" for name, value in named.items()},
                piece.groups,
                measures.calls,
                measures.unpriced_calls,
                measures.cost_on("metered"),
            )
        )
    return sorted(found, key=lambda group: (not group.values, -(group.cost or 0), -group.rows))


def _charge_groups(question: CoverageQuestion) -> list[Group]:
    statement = load_sql("insights/unowned_charges.sql").format(
        filters=_filters(question, DAILY_CHARGE_COLUMNS),
        amount=sql.Identifier(question.basis),
        missing=sql.Identifier(f"missing_{question.basis}_rows"),
    )
    with snapshot() as cursor:
        cursor.execute(statement, _parameters(question) | {"keep": KEPT})
        rows = cursor.fetchall()
    return [_charge_group(row) for row in rows]


def _charge_group(row: tuple[Any, ...]) -> Group:
    is_kept, *values, groups, charges, without, cost = row
    named = dict(zip(_OF_CHARGES, values, strict=True)) if is_kept else {}
    known = None if without == charges else cost
    return Group(named, groups, charges, without, known)


def _filters(question: CoverageQuestion, columns: Mapping[str, str]) -> sql.Composable:
    """Say over a table what has to hold; constants of this module, the values are parameters."""
    names = [*question.filters, question.dimension]
    held = [f"{columns[name]} = ANY (%(filter_{name})s)" for name in names]
    return sql.SQL(" AND ").join(map(sql.SQL, held))


def _parameters(question: CoverageQuestion) -> dict[str, Any]:
    window, zone = question.period.window, question.zone
    merged = finals(question.filters)
    filters = {
        f"filter_{name}": spellings_of(
            ["" if value == UNALLOCATED else value for value in values], merged.get(name, {})
        )
        for name, values in question.filters.items()
    }
    return {
        "since": window.since,
        "until": window.until,
        "since_instant": day_start(window.since, zone),
        "until_instant": day_start(window.until, zone),
        f"filter_{question.dimension}": [""],
        **filters,
    }
