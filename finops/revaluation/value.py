"""What one call should be by today's price book and rules, exactly as an import would see it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from decimal import Decimal
from typing import Final, NamedTuple

from finops.attribution.match import NOTHING, Decision, Rule, RuleSet
from finops.bills.rates import RateBook
from finops.domain.money import exact_product
from finops.domain.usage import UsageRecord
from finops.models import Revaluation, Source
from finops.pricing.price_book import PriceBook
from finops.revaluation.columns import (
    AttributionValues,
    PriceValues,
    StoredCall,
    rules_behind,
    usage_record,
)

#: Decisions remembered at once, per source; beyond it they are made again.
_MAX_DECISIONS: Final = 50_000
_PRICES: Final = len(PriceValues._fields)
_VALUES: Final = _PRICES + len(AttributionValues._fields)

Values = tuple[object, ...]


class Revised(NamedTuple):
    """A call that changes: its values before and after, in the order of ``VALUED``."""

    before: Values
    after: Values
    metered: bool


class Reviser:
    """Values and attributes stored calls again; reads prices and rules once, as they are now."""

    def __init__(
        self, *, parts: list[str], book: PriceBook, rules: tuple[Rule, ...], currency: str
    ) -> None:
        self._price = Revaluation.PRICE in parts
        self._attribution = Revaluation.ATTRIBUTION in parts
        self._book = book
        self._rules = rules
        self._currency = currency
        self._rates = RateBook()
        self._sources: dict[int, _Source] = {}

    def revise(self, call: StoredCall) -> Revised | None:
        """Find out what the call should be; None when it is that already."""
        decided = rules_behind(call)
        record = usage_record(call, decided)
        source = self._sources.get(call.source_id) or self._load(call.source_id)
        before: Values = (*call[: _VALUES - 1], decided)
        prices: Values = before[:_PRICES]
        if self._price:
            prices = self._priced(record, source)
        owners: Values = before[_PRICES:]
        if self._attribution:
            names = call if not self._price else PriceValues._make(prices)
            owners = source.attributed(record, provider=names.provider, model=names.model)
        after = (*prices, *owners)
        return Revised(before, after, source.metered) if after != before else None

    def _priced(self, record: UsageRecord, source: _Source) -> PriceValues:
        """Choose the counted cost as ``ledger/sql/staged_calls.sql`` does."""
        value = self._book.value(record)
        reported = self._reported(record) if source.counts_reported else None
        as_reported = reported is not None
        cost = reported if as_reported else value.computed_cost
        return PriceValues(
            price_id=value.price_id,
            computed_cost=value.computed_cost,
            cost=cost,
            cost_source=None if cost is None else "reported" if as_reported else "computed",
            unpriced_reason=value.unpriced_reason if cost is None else None,
            provider=value.provider,
            provider_given=None if record.provider == value.provider else record.provider,
            model=value.model,
            model_given=None if record.model == value.model else record.model,
        )

    def _reported(self, record: UsageRecord) -> Decimal | None:
        """Give what the source says it cost, where its currency has a rate of the day (in UTC)."""
        if record.reported_cost is None:
            return None
        if record.currency == self._currency:
            return record.reported_cost
        worth = self._rates.worth(record.currency, record.started_at.astimezone(UTC).date())
        return None if worth is None else exact_product(record.reported_cost, worth)

    def _load(self, source_id: int) -> _Source:
        source = Source.objects.get(pk=source_id)
        loaded = self._sources[source_id] = _Source(
            RuleSet(self._rules, source=source.name),
            counts_reported=source.counts == Source.REPORTED,
            metered=source.role == Source.METER,
        )
        return loaded


class _Source:
    """What a source's calls have in common: their rules, and which dollar of theirs counts."""

    def __init__(self, rules: RuleSet, *, counts_reported: bool, metered: bool) -> None:
        self.rules = rules
        self.counts_reported = counts_reported
        self.metered = metered
        self._decisions: dict[tuple[object, ...], Decision] = {}

    def attributed(self, r: UsageRecord, *, provider: str, model: str) -> AttributionValues:
        """Complete the call's own dimensions by rules; the call's own always win."""
        decision = self._decision(r, provider, model) if self.rules else NOTHING
        given: Mapping[str, str] = decision.values
        return AttributionValues(
            feature=r.feature or given.get("feature"),
            team=r.team or given.get("team"),
            customer=r.customer or given.get("customer"),
            end_user=r.user or given.get("user"),
            workflow=r.workflow or given.get("workflow"),
            environment=r.environment or given.get("environment"),
            run=r.run or given.get("run"),
            step=r.step or given.get("step"),
            attributed_by=dict(decision.rules) or None,
        )

    def _decision(self, r: UsageRecord, provider: str, model: str) -> Decision:
        key = (provider, model, r.provider, r.model, r.environment, *self.rules.key(r))
        found = self._decisions.get(key)
        if found is None:
            if len(self._decisions) >= _MAX_DECISIONS:
                self._decisions.clear()
            found = self.rules.decide(r, provider=provider, model=model)
            self._decisions[key] = found
        return found
