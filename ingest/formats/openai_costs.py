"""OpenAI's organization Costs API: pages of daily buckets, with a line item and project each.

``amount.value`` is in the currency's unit, not in cents. What the line item names beside the model
("gpt-4o-2024-08-06, cached input") is told in FOCUS's words too.
"""

from __future__ import annotations

from typing import Final

from finops.domain.charge import ChargeRecord
from ingest.billing_fields import Names, amount, description, text_of
from ingest.billing_rows import ACCOUNT, BillFormat, Texts, checked_settings, currency_of
from ingest.billing_times import DateDialect, Instants, month_of
from ingest.cost_pages import Values, buckets_in, buckets_of, results_of, starts_as_list
from ingest.fields import reject
from ingest.source_format import MAX_NAME, Decoder, Head, Layout, ReadOptions, Row

_RESULT: Final = "organization.costs.result"
_OPENAI: Final = "OpenAI"
_SERVICE: Final = "OpenAI API"
#: What a result says beside what a charge has a field for.
_READ: Final = frozenset(
    (
        *("object", "amount", "line_item", "project_id", "project_name", "organization_id"),
        *("organization_name", "api_key_id", "user_id"),
    )
)
_DIRECTIONS: Final = {"input": "Input", "output": "Output"}


class OpenAICosts(BillFormat):
    """A charge for each result of each bucket; the organisation is the billing account."""

    name: str = "openai-costs"
    layouts: tuple[Layout, ...] = ("json_lines", "json_document")

    def identify(self, head: Head) -> bool:
        """Know cost pages by the name of their results; pages of usage look the same but for it."""
        if starts_as_list(head):
            return _RESULT.encode() in head.data
        buckets = buckets_in(head.first)
        found = [result.get("object") for bucket in buckets for result in results_of(bucket)]
        return any(bucket.get("object") == "bucket" for bucket in buckets) and (
            not found or _RESULT in found
        )

    def decoder(self, options: ReadOptions) -> Decoder:
        """Make the decoder; ValueError for settings that a bill does not take."""
        settings = checked_settings(options)
        instants, names = Instants(DateDialect(epoch=True)), Names()
        account = _account(options) or settings.get(ACCOUNT) or options.source

        def decode(row: Row) -> list[ChargeRecord]:
            return [
                _charge(result, bucket, settings, account, instants, names)
                for bucket in buckets_of(row.raw)
                for result in results_of(bucket)
            ]

        return decode


def _account(options: ReadOptions) -> str:
    """Find the organisation in the first page: results without one are its own too."""
    buckets = buckets_in(options.first)
    found = (result.get("organization_id") for bucket in buckets for result in results_of(bucket))
    return next((told for told in found if told and isinstance(told, str)), "")


def _charge(
    result: Values, bucket: Values, settings: Texts, account: str, instants: Instants, names: Names
) -> ChargeRecord:
    if result.get("object", _RESULT) != _RESULT:
        reject("object", f"is not {_RESULT}")
    start = instants.required(bucket.get("start_time"), "start_time")
    told = result.get("amount")
    money = told if isinstance(told, dict) else reject("amount", "is missing")
    cost = amount(money.get("value"), "amount.value")
    line_item = text_of(result.get("line_item"))
    texts = {key: names[text_of(result.get(key))] for key in _READ if key != "amount"}
    return ChargeRecord(
        billing_account_id=texts["organization_id"] or account,
        billing_account_name=texts["organization_name"],
        billing_period=month_of(start),
        billing_currency=currency_of(text_of(money.get("currency")), settings, "amount.currency"),
        charge_period_start=start,
        charge_period_end=max(instants.required(bucket.get("end_time"), "end_time"), start),
        billed_cost=cost,
        effective_cost=cost,
        charge_description=description(line_item),
        charge_frequency="Usage-Based",
        sub_account_id=texts["project_id"],
        sub_account_name=texts["project_name"],
        service_provider_name=_OPENAI,
        host_provider_name=_OPENAI,
        invoice_issuer_name=_OPENAI,
        service_category="AI and Machine Learning",
        service_subcategory="Generative AI",
        service_name=_SERVICE,
        sku_meter=texts["line_item"],
        sku_price_details=_details(line_item),
        principal_id=texts["user_id"],
        credential_id=texts["api_key_id"],
        extra=_others(result),
    )


def _details(line_item: str) -> dict[str, str] | None:
    """Read "model, cached input" into FOCUS's keys; None where a line item is of another kind."""
    model, comma, rest = line_item.partition(",")
    words = rest.lower().split()
    direction = next((_DIRECTIONS[word] for word in words if word in _DIRECTIONS), "")
    if not comma or not direction or not model.strip():
        return None
    found = {"ModelId": model.strip()[:MAX_NAME], "TokenDirection": direction}
    if direction == "Input":
        found["TokenCacheAction"] = "Read" if "cached" in words else "Uncached"
    if modality := next((word for word in words if word in {"audio", "image", "text"}), ""):
        found["TokenType"] = f"{modality} {direction.lower()}"
    return found


def _others(result: Values) -> dict[str, str] | None:
    found = {key[:MAX_NAME]: text_of(value)[:MAX_NAME] for key, value in result.items()
             if key not in _READ and value is not None}  # fmt: skip
    return found or None
