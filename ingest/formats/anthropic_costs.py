"""Anthropic's cost report: pages of daily buckets. Amounts are cents, as decimal strings.

"123.45" is $1.2345. Grouped by description, a result names model, token kind, tier and context
window; those are told in FOCUS's words too. The report leaves out Priority Tier.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from finops.domain.charge import ChargeRecord
from ingest.billing_fields import Names, cents, description, text_of
from ingest.billing_rows import ACCOUNT, BillFormat, Texts, checked_settings, currency_of
from ingest.billing_times import Instants, month_of
from ingest.cost_pages import Values, buckets_in, buckets_of, results_of, starts_as_list
from ingest.source_format import MAX_NAME, Decoder, Head, Layout, ReadOptions, Row

_ANTHROPIC: Final = "Anthropic"
_SERVICE: Final = "Claude API"
#: A workspace of null is the default one, where results are told apart by workspace at all.
_DEFAULT_WORKSPACE: Final = "default"
_TEXTS: Final = (
    *("description", "model", "token_type", "cost_type", "service_tier", "context_window"),
    *("inference_geo", "workspace_id", "workspace_name", "organization_id", "api_key_id"),
)
_READ: Final = frozenset((*_TEXTS, "amount", "currency"))
#: Token type → direction, cache action, and how long the cache lives.
_TOKENS: Final = {
    "uncached_input_tokens": ("Input", "Uncached", ""),
    "cache_read_input_tokens": ("Input", "Read", ""),
    "cache_creation.ephemeral_5m_input_tokens": ("Input", "Write", "5m"),
    "cache_creation.ephemeral_1h_input_tokens": ("Input", "Write", "1h"),
    "cache_creation_input_tokens": ("Input", "Write", ""),
    "output_tokens": ("Output", "", ""),
}
_NO_GEOGRAPHY: Final = frozenset(("not_available", "global"))


class AnthropicCosts(BillFormat):
    """A charge for each result of each bucket; the workspace is the sub account."""

    name: str = "anthropic-costs"
    layouts: tuple[Layout, ...] = ("json_lines", "json_document")

    def identify(self, head: Head) -> bool:
        """Know cost reports by their buckets' names for time; reports of usage have no amounts."""
        if starts_as_list(head):
            return b'"starting_at"' in head.data and b'"amount"' in head.data
        buckets = buckets_in(head.first)
        found = [result for bucket in buckets for result in results_of(bucket)]
        return any("starting_at" in bucket for bucket in buckets) and (
            not found or any("amount" in result for result in found)
        )

    def decoder(self, options: ReadOptions) -> Decoder:
        """Make the decoder; ValueError for settings that a bill does not take."""
        settings = checked_settings(options)
        instants, names = Instants(), Names()

        def decode(row: Row) -> list[ChargeRecord]:
            buckets = buckets_of(row.raw)
            charges = [
                _charge(result, bucket, settings, options.source, instants, names)
                for bucket in buckets
                for result in results_of(bucket)
            ]
            _name_default_workspace(charges)
            return charges

        return decode


def _charge(
    result: Values, bucket: Values, settings: Texts, source: str, instants: Instants, names: Names
) -> ChargeRecord:
    start = instants.required(bucket.get("starting_at"), "starting_at")
    cost = cents(result.get("amount"), "amount")
    texts = {key: names[text_of(result.get(key))] for key in _TEXTS}
    geography = texts["inference_geo"]
    return ChargeRecord(
        billing_account_id=texts["organization_id"] or settings.get(ACCOUNT) or source,
        billing_period=month_of(start),
        billing_currency=currency_of(text_of(result.get("currency")), settings, "currency"),
        charge_period_start=start,
        charge_period_end=max(instants.required(bucket.get("ending_at"), "ending_at"), start),
        billed_cost=cost,
        effective_cost=cost,
        charge_description=description(text_of(result.get("description"))),
        charge_frequency="Usage-Based",
        sub_account_id=texts["workspace_id"],
        sub_account_name=texts["workspace_name"],
        service_provider_name=_ANTHROPIC,
        host_provider_name=_ANTHROPIC,
        invoice_issuer_name=_ANTHROPIC,
        service_category="AI and Machine Learning",
        service_subcategory="Generative AI",
        service_name=_SERVICE,
        sku_meter=texts["description"] or texts["cost_type"],
        sku_price_details=dict(_details(texts)) or None,
        region_id=None if geography in _NO_GEOGRAPHY else geography,
        credential_id=texts["api_key_id"],
        extra=_others(result),
    )


def _details(texts: dict[str, str | None]) -> Iterator[tuple[str, str]]:
    """Tell model and kind of tokens under the keys of FOCUS 1.5, and what else sets the price."""
    token_type = texts["token_type"] or ""
    direction, action, life = _TOKENS.get(token_type, ("", "", ""))
    said = {
        "ModelId": texts["model"],
        "TokenDirection": direction,
        "TokenCacheAction": action,
        "TokenType": token_type,
        "x_CacheTtl": life,
        "x_CostType": texts["cost_type"],
        "x_ServiceTier": texts["service_tier"],
        "x_ContextWindow": texts["context_window"],
    }
    return ((key, text) for key, text in said.items() if text)


def _name_default_workspace(charges: list[ChargeRecord]) -> None:
    if any(charge.sub_account_id for charge in charges):
        for charge in charges:
            charge.sub_account_id = charge.sub_account_id or _DEFAULT_WORKSPACE


def _others(result: Values) -> dict[str, str] | None:
    found = {key[:MAX_NAME]: text_of(value)[:MAX_NAME] for key, value in result.items()
             if key not in _READ and value is not None}  # fmt: skip
    return found or None
