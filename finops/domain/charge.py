"""One line of a bill, under FOCUS names, as every billing format hands it over.

Amounts are exact and in the billing currency. ``None`` means that the bill does not say; 0 means
that it says zero. Negative amounts are kept as they are: credits, refunds and corrections are
charges too. All instants are UTC, all periods half-open.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Final, Literal

import msgspec

ChargeCategory = Literal["Usage", "Purchase", "Tax", "Credit", "Adjustment"]
CHARGE_CATEGORIES: Final = ("Usage", "Purchase", "Tax", "Credit", "Adjustment")
#: The only charge class there is: it corrects a bill that had been issued.
CORRECTION: Final = "Correction"

#: The four costs of FOCUS. They are never added to each other.
CHARGE_COSTS: Final = ("billed_cost", "effective_cost", "list_cost", "contracted_cost")

#: What a charge pays for. The first four are the models themselves; ``not_ai`` is everything that
#: somebody or some rule has said to be no AI. A charge of no kind is one that nobody knows.
CHARGE_KINDS: Final = (
    "llm_usage",
    "llm_capacity",
    "llm_other",
    "model_training",
    "gpu",
    "ml_platform",
    "vector_store",
    "gateway",
    "egress",
    "observability",
    "not_ai",
)
#: What is reconciled with metered calls.
LLM_USAGE: Final = "llm_usage"
#: What a bill counts apart, and what a call holds in the same words.
TOKEN_MEASURES: Final = (
    "input",
    "cache_read",
    "cache_write",
    "cache_write_1h",
    "input_audio",
    "input_image",
    "output",
    "output_audio",
)


class ChargeRecord(msgspec.Struct, kw_only=True, gc=False):
    """One billing line: who is billed, for which period and service, how much, on four costs.

    ``billing_period`` is the first day of the invoice month. ``tags`` are flat; ``extra`` holds
    what the bill says beside these columns. Missing mandatory amounts stay None.
    """

    billing_account_id: str
    billing_period: date
    charge_period_start: datetime
    charge_period_end: datetime
    billing_currency: str
    billed_cost: Decimal | None = None
    effective_cost: Decimal | None = None
    list_cost: Decimal | None = None
    contracted_cost: Decimal | None = None

    charge_category: ChargeCategory = "Usage"
    charge_class: str | None = None
    charge_description: str | None = None
    charge_frequency: str | None = None

    billing_account_name: str | None = None
    sub_account_id: str | None = None
    sub_account_name: str | None = None
    service_provider_name: str | None = None
    host_provider_name: str | None = None
    invoice_issuer_name: str | None = None
    invoice_id: str | None = None

    service_category: str | None = None
    service_subcategory: str | None = None
    service_name: str | None = None
    sku_id: str | None = None
    sku_meter: str | None = None
    sku_price_id: str | None = None
    sku_price_details: dict[str, str] | None = None
    resource_id: str | None = None
    resource_name: str | None = None
    resource_type: str | None = None
    region_id: str | None = None

    pricing_category: str | None = None
    pricing_quantity: Decimal | None = None
    pricing_unit: str | None = None
    consumed_quantity: Decimal | None = None
    consumed_unit: str | None = None
    list_unit_price: Decimal | None = None
    contracted_unit_price: Decimal | None = None

    commitment_discount_id: str | None = None
    commitment_discount_status: str | None = None
    principal_id: str | None = None
    credential_id: str | None = None
    line_item_id: str | None = None

    tags: dict[str, str] | None = None
    extra: dict[str, str] | None = None
