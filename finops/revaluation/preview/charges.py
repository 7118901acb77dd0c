"""The charges of some days, grouped by what rules look at, and decided once per group."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
from psycopg import sql

from finops.attribution.charges import ChargeRules
from finops.attribution.match import boundaries
from finops.domain.charge import ChargeRecord
from finops.domain.dimensions import ATTRIBUTED, UNALLOCATED
from finops.models import BillSnapshot
from finops.revaluation.preview.calls import instant_of
from finops.revaluation.preview.tally import CANDIDATE, Asked, Group
from finops.sql import load_sql

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

BASES: Final = ("billed", "effective")
_COLUMNS: Final = {name: "end_user" if name == "user" else name for name in ATTRIBUTED}
#: What each condition reads of a charge; what no rule asks for is not told apart.
_READ: Final = {
    "provider": ("service_provider_name",),
    "service": ("service_name",),
    "account": ("billing_account_id", "billing_account_name"),
    "sub_account": ("sub_account_id", "sub_account_name"),
    "resource": ("resource_id", "resource_name"),
    "principal": ("principal_id", "credential_id"),
}
_FIELDS: Final = tuple(field for fields in _READ.values() for field in fields)
_decode_tags: Final = msgspec.json.Decoder(dict[str, str]).decode


def groups(
    cursor: CursorWrapper,
    asked: Asked,
    *,
    since: datetime,
    until: datetime,
    closed: frozenset[date],
    limit: int,
) -> Iterator[Group]:
    """Give the groups of charges whose period starts in ``[since, until)``: at most ``limit``.

    Provider and model are those that the charges have now.
    """
    if asked.dimension not in _COLUMNS:  # charges have no run and no step
        return
    query = load_sql("revaluation/preview/group_charges.sql").format(
        column=sql.Identifier("charge", _COLUMNS[asked.dimension]), told=_told(asked)
    )
    eras = boundaries(asked.rules)
    parameters: dict[str, Any] = {
        "since": since,
        "until": until,
        "closed": sorted(closed),
        "eras": eras,
        "limit": limit,
        "current": BillSnapshot.CURRENT,
    }
    cursor.execute(query, parameters)
    deciding: dict[str, _Rules] = {}
    for row in cursor.fetchall():
        source = row[0]
        if source not in deciding:
            deciding[source] = _Rules(
                ChargeRules(asked.now, source=source), ChargeRules(asked.then, source=source), eras
            )
        yield _group(row, asked.dimension, deciding[source])


class _Rules(NamedTuple):
    """Both sets of rules for one source, and how rows tell of times."""

    now: ChargeRules
    then: ChargeRules
    eras: list[datetime]


def _told(asked: Asked) -> sql.Composed:
    read = {
        field
        for condition, fields in _READ.items()
        for field in fields
        if any(getattr(rule, condition) for rule in asked.rules)
    }
    return sql.SQL(", ").join(
        sql.Identifier("charge", field) if field in read else sql.SQL("NULL::text")
        for field in _FIELDS
    )


def _group(row: tuple[Any, ...], dimension: str, rules: _Rules) -> Group:
    _, provider, model, tags, held, era, is_closed, *rest = row
    *told, charges, without, billed, effective = rest
    starts = instant_of(era, rules.eras)
    record = ChargeRecord(
        **dict(zip(_FIELDS, told, strict=True)),
        billing_period=date.min,
        charge_period_start=starts,
        charge_period_end=starts,
        billing_currency="",
        tags=_decode_tags(tags) if tags else None,
    )
    now = rules.now.decide(record, provider=provider, model=model or "")
    then = rules.then.decide(record, provider=provider, model=model or "")
    return Group(
        before=held or UNALLOCATED,
        now=now.values.get(dimension, UNALLOCATED),
        after=then.values.get(dimension, UNALLOCATED),
        is_by_candidate=then.rules.get(dimension) == CANDIDATE,
        is_closed=is_closed,
        rows=charges,
        without=without,
        amounts=(billed or Decimal(0), effective or Decimal(0)),
    )
