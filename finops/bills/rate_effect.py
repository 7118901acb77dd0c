"""What rates would change in dollars before anybody sets them: the charges of open months."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from finops.bills.rates import RateLine
from finops.domain.money import exact_difference, exact_product, exact_sum
from finops.models import ExchangeRate
from finops.months.closed import closed_months
from finops.sql import load_sql, snapshot


class RateEffect(NamedTuple):
    """What becomes of a currency's charges, in the reporting currency.

    ``unconverted`` have no rate now, ``still_unconverted`` would have none afterwards either.
    """

    currency: str
    charges: int
    unconverted: int
    still_unconverted: int
    before: Decimal
    after: Decimal

    @property
    def change(self) -> Decimal:
        """By how much the bills become dearer."""
        return exact_difference(self.after, self.before)


class _Day(NamedTuple):
    """The charges of a currency and day: how many, what was billed, and what that is worth now."""

    currency: str
    day: date
    rows: int
    unconverted: int
    billed: Decimal
    worth: Decimal


def effect_of(lines: Iterable[RateLine]) -> list[RateEffect]:
    """Work out what setting these rates would do to current bills of open months, by currency."""
    wanted = list(lines)
    currencies = sorted({line.currency for line in wanted})
    with snapshot() as cursor:
        rates = _rates(currencies, wanted)
        cursor.execute(
            load_sql("bills/rate_effect.sql"),
            {"currencies": currencies, "closed": list(closed_months())},
        )
        days = defaultdict(list)
        for row in cursor.fetchall():
            days[row[0]].append(_Day(*row))
    return [_effect(currency, days[currency], rates[currency]) for currency in currencies]


def _rates(
    currencies: Sequence[str], lines: Iterable[RateLine]
) -> Mapping[str, dict[date, Decimal]]:
    """Give every rate of these currencies as it would be, by its first day."""
    found: dict[str, dict[date, Decimal]] = {currency: {} for currency in currencies}
    known = ExchangeRate.objects.filter(currency__in=currencies).order_by("effective_from")
    for rate in known:
        found[rate.currency][rate.effective_from] = rate.rate
    for line in lines:
        found[line.currency][line.effective_from] = line.rate
    return found


def _effect(currency: str, days: Sequence[_Day], rates: Mapping[date, Decimal]) -> RateEffect:
    begins = sorted(rates)
    afterwards = []
    still = 0
    for each in days:
        place = bisect_right(begins, each.day)
        if place:
            afterwards.append(exact_product(each.billed, rates[begins[place - 1]]))
        else:
            still += each.rows
    return RateEffect(
        currency,
        sum(each.rows for each in days),
        sum(each.unconverted for each in days),
        still,
        exact_sum(each.worth for each in days),
        exact_sum(afterwards),
    )
