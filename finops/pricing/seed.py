"""Fill the price book from the pinned genai-prices package: cards, lines and model aliases.

The package is data here and nothing more: it is never asked for a price. Its cards are added
beside older ones, never over them. Plain SQL and COPY, because this runs inside a first
``migrate`` with little time, and because it must not depend on columns that come later.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from typing import Any, Final, NamedTuple

from django.db import connection, transaction
from django.utils import timezone
from psycopg.sql import SQL, Identifier

from finops.access.changes import unrecorded
from finops.models import ModelAlias, Price, Rate
from finops.pricing.catalogue import (
    AliasRow,
    Book,
    CardKey,
    CardRow,
    Line,
    catalogue_aliases,
    catalogue_cards,
)
from finops.pricing.price_book import CATALOGUE_SOURCE

#: Where seeded aliases start, so that people's (rank 0 and up) come first.
FIRST_RANK: Final = 1_000
#: Any number, but the same in every process: two migrations must not seed at once.
_LOCK: Final = 7_316_402_111

_KEY: Final = ("provider", "model", "region", "processing")
_PERIOD: Final = ("effective_from", "effective_to", "daily_from", "daily_to")
_CARD: Final = ("id", "source", *_KEY, *_PERIOD)
_LINE: Final = ("kind", "above_input_tokens", "amount", "per")
_ALIAS: Final = ("provider", "match", "pattern", "model", "priced_as")
_PRICES: Final = Price._meta.db_table
_RATES: Final = Rate._meta.db_table
_ALIASES: Final = ModelAlias._meta.db_table


class SeedResult(NamedTuple):
    """Rows added, and what the package knows but a usage record cannot carry, counted by unit."""

    prices: int
    rates: int
    aliases: int
    left_out: dict[str, int]


def seed_price_book() -> SeedResult:
    """Add what the pinned package has and the database lacks; doing it again changes nothing.

    A key (provider, model, region, processing) whose cards differ from the catalogue's newest ones
    in the database gets a new set, which outranks the old one. All or nothing.
    """
    from genai_prices.data import providers

    source = CATALOGUE_SOURCE + version("genai-prices")
    left_out: Counter[str] = Counter()
    book = catalogue_cards(providers, left_out)
    with transaction.atomic(), unrecorded(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        prices, rates = _add_cards(cursor, book, source)
        aliases = _set_aliases(cursor, catalogue_aliases(providers), source)
    return SeedResult(prices, rates, aliases, dict(left_out))


def _add_cards(cursor: Any, book: Book, source: str) -> tuple[int, int]:
    newest = _newest_cards()
    new = [
        (key, card)
        for key, cards in book.items()
        if set(cards) != newest.get(key)
        for card in cards
    ]
    ids = _new_ids(cursor, len(new))
    columns = ("id", *_KEY, *_PERIOD, "source", "approved_by", "note", "created_at")
    rest = (source, "", "", timezone.now())
    numbered = list(zip(ids, new, strict=True))
    cards = [(price_id, *key, *card[:-1], *rest) for price_id, (key, card) in numbered]
    lines = [(price_id, *line) for price_id, (_, card) in numbered for line in card.lines]
    _copy(cursor, _PRICES, columns, cards)
    _copy(cursor, _RATES, ("price_id", *_LINE), lines)
    return len(new), len(lines)


def _newest_cards() -> dict[CardKey, set[CardRow]]:
    """Read back each key's newest seeded set: the cards that share the last card's source."""
    lines = _seeded_lines()
    cards = Price.objects.filter(source__startswith=CATALOGUE_SOURCE, approved_by="")
    newest: dict[CardKey, tuple[str, set[CardRow]]] = {}
    for price_id, source, key, period in map(_split, cards.order_by("id").values_list(*_CARD)):
        if key not in newest or newest[key][0] != source:
            newest[key] = (source, set())
        newest[key][1].add(CardRow(*period, tuple(sorted(lines[price_id]))))
    return {key: found for key, (_, found) in newest.items()}


def _split(row: tuple[Any, ...]) -> tuple[int, str, CardKey, tuple[Any, Any, Any, Any]]:
    price_id, source, provider, model, region, processing, since, until, start, end = row
    return price_id, source, (provider, model, region, processing), (since, until, start, end)


def _seeded_lines() -> defaultdict[int, list[Line]]:
    seeded = Rate.objects.filter(price__source__startswith=CATALOGUE_SOURCE)
    lines: defaultdict[int, list[Line]] = defaultdict(list)
    for price_id, kind, above, amount, per in seeded.values_list("price_id", *_LINE):
        lines[price_id].append((kind, above, amount, per))
    return lines


def _new_ids(cursor: Any, count: int) -> list[int]:
    """Reserve ids, so that the lines can be copied without asking for their cards' ids."""
    cursor.execute(
        "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
        [_PRICES, count],
    )
    return [price_id for (price_id,) in cursor.fetchall()]


def _set_aliases(cursor: Any, aliases: Sequence[AliasRow], source: str) -> int:
    """Bring the seeded aliases up to date and return how many rows were written.

    A spelling that the package has dropped stays, behind the others: old logs still carry it.
    """
    rows = ModelAlias.objects.order_by("rank", "id").values_list(*_ALIAS, "rank", "source")
    seeded = [row[:-1] for row in rows if row[-1].startswith(CATALOGUE_SOURCE)]
    taken = {row[:4] for row in rows if not row[-1].startswith(CATALOGUE_SOURCE)}
    wanted = _ranked(aliases, [row[:-1] for row in seeded], taken)
    if set(wanted) == set(seeded):
        return 0
    ModelAlias.objects.filter(source__startswith=CATALOGUE_SOURCE).delete()
    _copy(cursor, _ALIASES, (*_ALIAS, "rank", "source"), [(*row, source) for row in wanted])
    return len(wanted)


def _ranked(
    aliases: Iterable[AliasRow], before: Iterable[AliasRow], taken: set[tuple[str, ...]]
) -> list[tuple[Any, ...]]:
    """Rank aliases in order, dropped ones last; those that people have made are left to them."""
    spelled = {alias[:3] for alias in aliases}
    dropped = [alias for alias in before if alias[:3] not in spelled]
    rows = [alias for alias in (*aliases, *dropped) if alias[:4] not in taken]
    return [(*alias, FIRST_RANK + place) for place, alias in enumerate(rows)]


def _copy(
    cursor: Any, table: str, columns: Iterable[str], rows: Iterable[Sequence[object]]
) -> None:
    names = SQL(", ").join(map(Identifier, columns))
    with cursor.copy(SQL("COPY {} ({}) FROM STDIN").format(Identifier(table), names)) as copy:
        for row in rows:
            copy.write_row(row)
