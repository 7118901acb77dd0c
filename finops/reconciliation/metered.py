"""The logged side of a comparison: calls of a provider's month, by key, model, kind and day.

Only calls of meters; what their sources say that they cost is told apart. A call's counted cost is
split over its kinds of tokens by the card that priced it, and the split sums to that cost exactly:
what a card does not account for (a cost that the source reported) follows the card's proportions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from psycopg import sql

from finops.domain.money import exact_difference, exact_product, exact_sum
from finops.domain.usage import TOKEN_KINDS
from finops.models import Source
from finops.pricing.calculate import RateTable, rate_table
from finops.pricing.history import lines_of
from finops.reconciliation.callers import ACCOUNT_TAGS, CREDENTIAL_TAGS, named_by
from finops.reconciliation.money import rounded_share
from finops.reconciliation.sides import Key, Logged, add_logged
from finops.reconciliation.zones import Span
from finops.sql import load_sql

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

#: Keys of callers that the bill does not know and that are told apart; the rest have no name.
MOST_STRANGERS: Final = 1_000

_ZERO: Final = Decimal(0)
#: Kinds of calls in the words of a bill: reasoning is output there.
_MEASURES: Final = tuple(
    "output" if kind == "reasoning_tokens" else kind.removesuffix("_tokens") for kind in TOKEN_KINDS
)
_TOKENS: Final = sql.SQL(", ").join(
    sql.SQL("coalesce(sum({0}), 0)::bigint AS {0}").format(sql.Identifier(kind))
    for kind in TOKEN_KINDS
)
_DAY: Final = sql.SQL("(started_at AT TIME ZONE {})::date")
_NO_DAY: Final = sql.SQL("NULL::date")


class Asked(NamedTuple):
    """What is read: a provider's month by its clock and by ours, and the names on its bill."""

    provider: str
    month: Span
    inside: Span
    zone: ZoneInfo
    currency: str
    by_day: bool
    credentials: Sequence[str]
    accounts: Sequence[str]


class Metered(NamedTuple):
    """The calls of a month; ``reported`` is None when no source said what they cost."""

    side: dict[Key, Logged]
    reported: Decimal | None


class _Group(NamedTuple):
    """A row of ``metered.sql``."""

    day: date | None
    credential: str
    account: str
    model: str
    price_id: int | None
    tier: int
    priced: bool
    in_month: bool
    inside: bool
    cached: bool
    requests: int
    tokens: tuple[int, ...]
    cost: Decimal | None
    reported: Decimal | None


def read_metered(cursor: CursorWrapper, asked: Asked) -> Metered:
    """Read what a provider's calls used and cost, in one scan of them."""
    cursor.execute(
        load_sql("reconciliation/metered.sql").format(
            day=_DAY.format(sql.Literal(asked.zone.key)) if asked.by_day else _NO_DAY,
            credential=named_by(CREDENTIAL_TAGS, asked.credentials),
            account=named_by(ACCOUNT_TAGS, asked.accounts),
            tokens=_TOKENS,
        ),
        {
            "provider": asked.provider,
            "since": asked.month.since,
            "until": asked.month.until,
            "inside_since": asked.inside.since,
            "inside_until": asked.inside.until,
            "currency": asked.currency,
            "meters": list(Source.objects.filter(role=Source.METER).values_list("pk", flat=True)),
        },
    )
    groups = [_group(row) for row in cursor.fetchall()]
    tables = _tables(groups)
    name = _Naming(asked)
    side = add_logged(
        (name.key(group)._replace(token_kind=kind), each)
        for group in groups
        for kind, each in _by_kind(group, tables)
    )
    said = [group.reported for group in groups if group.inside and group.reported is not None]
    return Metered(side, exact_sum(said) if said else None)


def _group(row: Sequence[Any]) -> _Group:
    kinds = len(TOKEN_KINDS)
    return _Group._make((*row[:11], row[11 : 11 + kinds], *row[11 + kinds :]))


class _Naming:
    """Gives groups their keys; strangers beyond the limit have no name any more."""

    def __init__(self, asked: Asked) -> None:
        self._billed = ({"", *asked.credentials}, {"", *asked.accounts})
        self._strangers: tuple[set[str], set[str]] = (set(), set())

    def key(self, group: _Group) -> Key:
        """Give the key of a group, but for the kind."""
        credential, account = (
            self._name(place, name) for place, name in enumerate((group.credential, group.account))
        )
        return Key(group.day, account, credential, group.model)

    def _name(self, place: int, name: str) -> str:
        strangers = self._strangers[place]
        if name in self._billed[place] or name in strangers:
            return name
        if len(strangers) >= MOST_STRANGERS:
            return ""
        strangers.add(name)
        return name


def _tables(groups: Iterable[_Group]) -> dict[int, RateTable]:
    ids = {group.price_id for group in groups if group.price_id is not None}
    return {price_id: rate_table(lines) for price_id, lines in lines_of(ids).items()}


def _by_kind(group: _Group, tables: dict[int, RateTable]) -> Iterator[tuple[str, Logged]]:
    """Split a group over its kinds of tokens; what has no kind is named by an empty one.

    There is always at least one, so that calls without usage are known as well.
    """
    table = tables.get(group.price_id) if group.price_id is not None else None
    amounts = _at_rates(group, table) if table and group.priced else {}
    amounts = _as_counted(amounts, group.cost or _ZERO)
    counts = {} if group.cached else _counts(group)
    for kind in sorted(amounts.keys() | counts.keys()) or [""]:
        tokens, amount = counts.get(kind, _ZERO), amounts.get(kind, _ZERO)
        priced = tokens if kind in amounts else _ZERO
        within = (tokens, priced, amount) if group.in_month else (_ZERO, _ZERO, _ZERO)
        yield kind, Logged(*within, inside=amount if group.inside else _ZERO)


def _counts(group: _Group) -> dict[str, Decimal]:
    counts: dict[str, Decimal] = {}
    for kind, tokens in zip(_MEASURES, group.tokens, strict=True):
        if tokens:
            counts[kind] = counts.get(kind, _ZERO) + tokens
    return counts


def _at_rates(group: _Group, table: RateTable) -> dict[str, Decimal]:
    """Give what each kind comes to on the card; requests that cost have no kind."""
    tier = table.tiers[len(table.tiers) - 1 - min(group.tier, len(table.tiers) - 1)]
    amounts: dict[str, Decimal] = {}
    for kind, rate, tokens in zip(_MEASURES, tier.rates, group.tokens, strict=True):
        if tokens:
            cost = exact_product(Decimal((rate or 0) * tokens), table.unit)
            amounts[kind] = exact_sum((amounts.get(kind, _ZERO), cost))
    if tier.per_request and group.requests:
        amounts[""] = exact_product(Decimal(tier.per_request * group.requests), table.unit)
    return amounts


def _as_counted(amounts: dict[str, Decimal], cost: Decimal) -> dict[str, Decimal]:
    """Scale a split to the counted cost, to the last digit; the dearest kind takes the rest."""
    whole = exact_sum(amounts.values())
    if whole == cost:
        return amounts
    if not whole:
        return {**amounts, "": exact_sum((amounts.get("", _ZERO), cost))}
    scaled = {kind: rounded_share(cost, amount, whole) for kind, amount in amounts.items()}
    dearest = max(sorted(amounts), key=lambda kind: amounts[kind])
    rest = exact_difference(cost, exact_sum(scaled.values()))
    return scaled | {dearest: exact_sum((scaled[dearest], rest))}
