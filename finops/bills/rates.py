"""Exchange rates: dated, set by finance, never guessed.

The rate of a day (in UTC) is the latest one from that day or before. Setting or removing one
values the charges of open months again, in the same transaction; closed months keep what they were
closed with. Calls whose source counts what it reports are valued by the rates of their import, and
again by a revaluation of prices. The reporting currency is worth itself and has no rate.
"""

from __future__ import annotations

import csv
import io
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from django.db import connection, transaction

from finops.bills.daily import keys, refill
from finops.bills.refusals import Gone
from finops.domain.periods import parse_day
from finops.models import BillSnapshot, ExchangeRate, Organization
from finops.months.closed import closed_months
from finops.months.publications import hold_off
from finops.sql import load_sql

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

#: What an upload of rates holds, in its first line.
HEADER: Final = ("currency", "effective_from", "rate")
#: Rates of one upload, and its length in letters: ten years of daily rates of one currency.
MAX_ROWS: Final = 4_000
MAX_TEXT: Final = 500_000
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_RATE: Final = re.compile(r"\d{1,12}(\.\d{1,18})?", re.ASCII)


class RateLine(NamedTuple):
    """A rate as somebody says it: one unit of ``currency`` in the reporting currency."""

    currency: str
    effective_from: date
    rate: Decimal


@dataclass(frozen=True)
class Applied:
    """What setting rates did: rates that are new or changed, charges that were valued again."""

    rates: int
    charges: int


class BadRates(ValueError):
    """An upload that is not taken; ``problems`` says why, by line. Nothing of it is."""

    def __init__(self, problems: Sequence[tuple[int, str]]) -> None:
        self.problems = tuple(problems)
        shown = "; ".join(f"line {line}: {problem}" for line, problem in self.problems[:5])
        super().__init__(shown)


class RateBook:
    """All rates in memory, as they are now."""

    def __init__(self) -> None:
        """Read them."""
        self._days: dict[str, list[date]] = defaultdict(list)
        self._rates: dict[str, list[Decimal]] = defaultdict(list)
        for rate in ExchangeRate.objects.order_by("effective_from"):
            self._days[rate.currency].append(rate.effective_from)
            self._rates[rate.currency].append(rate.rate)

    def worth(self, currency: str, day: date) -> Decimal | None:
        """Give what one unit was worth on a day; None before the first rate."""
        place = bisect_right(self._days.get(currency, ()), day)
        return self._rates[currency][place - 1] if place else None


def exchange_rates() -> list[ExchangeRate]:
    """List all rates, by currency, the newest first."""
    return list(ExchangeRate.objects.order_by("currency", "-effective_from"))


def missing_currencies() -> dict[str, int]:
    """Count the current charges that have no rate, by currency."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT billing_currency, sum(unconverted_rows)::bigint FROM charges_by_day"
            " WHERE unconverted_rows > 0 GROUP BY 1 ORDER BY 1"
        )
        return dict(cursor.fetchall())


def read_line(currency: str, effective_from: str, rate: str) -> RateLine:
    """Read what somebody typed. Raises ValueError that says what is wrong with it."""
    currency = currency.strip().upper()
    if not _CURRENCY.fullmatch(currency):
        raise ValueError("a currency is three letters, such as EUR")
    if currency == Organization.current().currency:
        raise ValueError(f"{currency} is the reporting currency and is always worth 1")
    if not _RATE.fullmatch(rate.strip()):
        raise ValueError("a rate is a number above 0 with a point, such as 1.0842")
    amount = Decimal(rate.strip())
    if not amount:
        raise ValueError("a rate is above 0")
    return RateLine(currency, parse_day(effective_from.strip()), amount)


def read_rates(text: str) -> list[RateLine]:
    """Read a CSV file of rates with a header. Raises BadRates, naming every line that is wrong."""
    if len(text) > MAX_TEXT:
        raise BadRates([(1, f"the file is longer than {MAX_TEXT:,} letters")])
    rows = csv.reader(io.StringIO(text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")))
    if [cell.strip().lower() for cell in next(rows, [])] != list(HEADER):
        raise BadRates([(1, f"the first line reads {','.join(HEADER)}")])
    found: dict[tuple[str, date], RateLine] = {}
    problems: list[tuple[int, str]] = []
    for number, cells in enumerate(rows, start=2):
        if number > MAX_ROWS + 1:
            raise BadRates([(number, f"more than {MAX_ROWS:,} rates")])
        if not any(cells):
            continue
        try:
            line = read_line(*_three(cells))
            if (line.currency, line.effective_from) in found:
                raise ValueError("a rate of this currency and day stands above")
            found[line.currency, line.effective_from] = line
        except ValueError as error:
            problems.append((number, str(error)))
    if problems or not found:
        raise BadRates(problems or [(1, "there is no rate below the first line")])
    return list(found.values())


def set_rates(lines: Iterable[RateLine], *, by: str, now: datetime, origin: str = "") -> Applied:
    """Set rates from their days on, and value the charges of open months by them.

    A rate of the same currency and day is replaced. ``origin`` says where they come from.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        hold_off(cursor)
        changed = [line for line in lines if _set(line, by=by, now=now, origin=origin)]
        charges = _apply(cursor, {line.currency for line in changed})
    return Applied(len(changed), charges)


def remove_rate(rate_id: int) -> Applied:
    """Forget a rate: the one before it holds on. Raises Gone when there is none such."""
    with transaction.atomic(), connection.cursor() as cursor:
        hold_off(cursor)
        rate = ExchangeRate.objects.filter(pk=rate_id).first()
        if rate is None:
            raise Gone
        rate.delete()
        return Applied(1, _apply(cursor, {rate.currency}))


def _set(line: RateLine, *, by: str, now: datetime, origin: str) -> bool:
    """Store a rate; False when it says what was known already."""
    rate = ExchangeRate.objects.filter(
        currency=line.currency, effective_from=line.effective_from
    ).first()
    if rate is None:
        rate = ExchangeRate(currency=line.currency, effective_from=line.effective_from)
    elif rate.rate == line.rate:
        return False
    rate.rate, rate.set_by, rate.set_at, rate.origin = line.rate, by[:200], now, origin[:200]
    rate.save()
    return True


def _apply(cursor: CursorWrapper, currencies: Iterable[str]) -> int:
    """Value the charges of these currencies again in months that are open; give how many."""
    touched = 0
    for currency in sorted(currencies):
        snapshots = list(
            BillSnapshot.objects.filter(
                status__in=[BillSnapshot.CURRENT, BillSnapshot.HELD],
                totals__has_key=currency,
            ).exclude(accounting_month__in=closed_months())
        )
        if not snapshots:
            continue
        cursor.execute(
            load_sql("bills/apply_rates.sql").format(worth=load_sql("bills/worth.sql")),
            {**keys(snapshots), "of": currency, "currency": Organization.current().currency},
        )
        touched += cursor.rowcount
        refill(cursor, snapshots)
    return touched


def _three(cells: Sequence[str]) -> tuple[str, str, str]:
    if len(cells) != len(HEADER):
        raise ValueError(f"a line holds {', '.join(HEADER)}")
    currency, effective_from, rate = cells
    return currency, effective_from, rate
