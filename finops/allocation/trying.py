"""What a pool that is not saved yet would pick of a month, in dollars."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from psycopg import sql

from finops.allocation.checks import PoolDraft
from finops.allocation.inputs import USUAL_BASIS, together
from finops.allocation.picking import COSTS, Asked, Bills, Picked, Picks, bills_of, condition, pick
from finops.allocation.pools import pools_in_force
from finops.domain.money import exact_difference
from finops.models import CostPool
from finops.sql import load_sql, snapshot

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

#: Services that a preview names, the dearest.
LISTED: Final = 8


class Taken(NamedTuple):
    """What another pool would pick less."""

    pool: str
    amount: Decimal


class PickedService(NamedTuple):
    """What a pool would pick of a service."""

    service: str
    amount: Decimal
    rows: int


class Trial(NamedTuple):
    """What a pool would pick of the charges of nobody in a month.

    ``of`` is all of them. ``taken`` is what other pools lose to it; ``others`` have the charges
    that match and are picked by a pool before it.
    """

    month: date
    picked: Picked
    of: Picked
    elsewhere: Picked
    taken: tuple[Taken, ...]
    services: tuple[PickedService, ...]


def try_pool(
    draft: PoolDraft, month: date, *, basis: str = USUAL_BASIS, instead_of: CostPool | None = None
) -> Trial:
    """Hold a pool against the charges of a month as if it were in use, in its place."""
    with snapshot() as cursor:
        bills = bills_of(cursor, month)
        known = pools_in_force(month, draft.dimension)
        others = [pool for pool in known if instead_of is None or pool.pk != instead_of.pk]
        tried = draft.stored()
        order = [*others, tried]
        order.sort(key=lambda pool: (pool.stage, pool.position))
        before = pick(cursor, known, bills, dimension=draft.dimension, basis=basis)
        after = pick(cursor, order, bills, dimension=draft.dimension, basis=basis)
        alone = pick(cursor, [tried], bills, dimension=draft.dimension, basis=basis)
        services = _services(cursor, tried, bills, draft.dimension, basis)

    def of(picks: Picks, place: int | None) -> Picked:
        return together(found for (at, _), found in picks.items() if at == place)

    had = {pool.pk: of(before, place).amount for place, pool in enumerate(known)}
    has = {pool.pk: of(after, place).amount for place, pool in enumerate(order) if pool.pk}
    picked, matching = of(after, order.index(tried)), of(alone, 0)
    return Trial(
        month=month,
        picked=picked,
        of=together(before.values()),
        elsewhere=Picked(
            exact_difference(matching.amount, picked.amount), matching.rows - picked.rows
        ),
        taken=tuple(
            Taken(pool.name, exact_difference(had[pool.pk], has[pool.pk]))
            for pool in others
            if had[pool.pk] != has[pool.pk]
        ),
        services=services,
    )


def _services(
    cursor: CursorWrapper, pool: CostPool, bills: Bills, dimension: str, basis: str
) -> tuple[PickedService, ...]:
    """Name the services of the charges that match, the dearest first."""
    if not bills.snapshots or pool.surcharge_percent is not None:
        return ()
    asked = Asked(bills)
    asked.column("service_name")
    wanted = condition(pool, asked)
    query = load_sql("allocation/services.sql").format(
        keys=asked.selected(),
        cost=sql.Identifier(COSTS[basis]),
        value=sql.Identifier(dimension),
        condition=wanted,
    )
    cursor.execute(query, {**asked.parameters, "listed": LISTED})
    return tuple(PickedService(*row) for row in cursor.fetchall())
