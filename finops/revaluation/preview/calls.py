"""The calls of some days, grouped by what rules look at, and decided once per group."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from psycopg import sql

from finops.attribution.match import RuleSet, boundaries
from finops.domain.dimensions import RULE_TARGETS, UNALLOCATED
from finops.domain.usage import UsageRecord
from finops.revaluation.preview.tally import CANDIDATE, Asked, Group
from finops.sql import load_sql

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

BASES: Final = ("metered",)
_COLUMNS: Final = {name: "end_user" if name == "user" else name for name in RULE_TARGETS}


def groups(
    cursor: CursorWrapper,
    asked: Asked,
    *,
    since: datetime,
    until: datetime,
    closed: frozenset[date],
    limit: int,
) -> Iterator[Group]:
    """Give the groups of calls that start in ``[since, until)``: at most ``limit`` of them."""
    keys = asked.tag_keys
    query = load_sql("revaluation/preview/group_calls.sql").format(
        column=sql.Identifier("call", _COLUMNS[asked.dimension]),
        dimension=sql.Literal(asked.dimension),
        tags=_tags(len(keys)),
    )
    eras = boundaries(asked.rules)
    parameters: dict[str, Any] = {
        "since": since,
        "until": until,
        "closed": sorted(closed),
        "eras": eras,
        "limit": limit,
        **{_tag(number): key for number, key in enumerate(keys)},
    }
    cursor.execute(query, parameters)
    deciding: dict[str, _Rules] = {}
    for row in cursor.fetchall():
        source = row[0]
        if source not in deciding:
            deciding[source] = _Rules(
                RuleSet(asked.now, source=source), RuleSet(asked.then, source=source), keys, eras
            )
        yield _group(row, asked.dimension, deciding[source])


class _Rules(NamedTuple):
    """Both sets of rules for one source, and how rows tell of tags and times."""

    now: RuleSet
    then: RuleSet
    tag_keys: list[str]
    eras: list[datetime]


def _group(row: tuple[Any, ...], dimension: str, rules: _Rules) -> Group:
    _, provider, provider_given, model, model_given, environment, *rest = row
    held, is_own, era, tags, is_closed, calls, unpriced, cost = rest
    own: dict[str, str] = {dimension: held} if is_own else {}
    record = UsageRecord(
        started_at=instant_of(era, rules.eras),
        provider=provider_given or provider,
        model=model_given or model,
        tags=_told_tags(rules.tag_keys, tags),
        **{"environment": environment, **own},
    )
    now = rules.now.decide(record, provider=provider, model=model)
    then = rules.then.decide(record, provider=provider, model=model)
    return Group(
        before=held or UNALLOCATED,
        now={**own, **now.values}.get(dimension, UNALLOCATED),
        after={**own, **then.values}.get(dimension, UNALLOCATED),
        is_by_candidate=then.rules.get(dimension) == CANDIDATE,
        is_closed=is_closed,
        rows=calls,
        without=unpriced,
        amounts=(cost or Decimal(0),),
    )


def instant_of(era: int, eras: list[datetime]) -> datetime:
    """Give an instant of the time between two dates of rules; ``era`` counts the dates before."""
    if not eras:
        return datetime.max.replace(tzinfo=UTC)
    return eras[era - 1] if era else eras[0] - timedelta(microseconds=1)


def _tags(count: int) -> sql.Composable:
    """Read that many tags as an array, in the order of the parameters ``tag_0``, ``tag_1`` …"""
    if not count:
        return sql.SQL("NULL::text[]")
    read = (sql.SQL("call.tags ->> {}").format(sql.Placeholder(_tag(n))) for n in range(count))
    return sql.SQL("ARRAY[{}]").format(sql.SQL(", ").join(read))


def _tag(number: int) -> str:
    return f"tag_{number}"


def _told_tags(keys: list[str], values: list[str | None] | None) -> dict[str, str]:
    """Put keys and what was read of them together again."""
    pairs = zip(keys, values or (), strict=values is not None)
    return {key: value for key, value in pairs if value is not None}
