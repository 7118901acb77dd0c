"""A rule that says what charges pay for, as a plain value."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

#: What each condition of a rule is compared with: any of these, and the first known who sells.
FACTS_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "service_provider": ("service_provider_name", "host_provider_name", "invoice_issuer_name"),
    "service_name": ("service_name",),
    "service_category": ("service_category",),
    "sku_meter": ("sku_meter",),
    "resource": ("resource_id", "resource_name", "resource_type"),
    "description": ("charge_description",),
    "account": ("billing_account_id",),
    "sub_account": ("sub_account_id",),
    "unit": ("consumed_unit", "pricing_unit"),
}
#: Columns that a model's name may be taken from.
MODEL_COLUMNS: Final = (
    "sku_meter",
    "service_name",
    "charge_description",
    "sku_price_details",
    "resource_id",
    "resource_name",
)


class KindRule(NamedTuple):
    """A rule as a plain value; empty conditions admit everything.

    With ``model_pattern``, or from FOCUS's details, the rule holds only where a model is found.
    Without a pattern the column is read as a meter's name.
    """

    id: int
    kind: str
    service_provider: str = ""
    service_name: str = ""
    service_category: str = ""
    sku_meter: str = ""
    resource: str = ""
    description: str = ""
    account: str = ""
    sub_account: str = ""
    unit: str = ""
    provider: str = ""
    model: str = ""
    model_from: str = ""
    model_pattern: str = ""
    token_kind: str = ""
    tokens_per_unit: Decimal | None = None
    effective_from: date | None = None
    effective_to: date | None = None

    def in_force(self, day: date) -> bool:
        """Say whether the rule holds for charges that begin on the day."""
        begun = self.effective_from is None or self.effective_from <= day
        return begun and (self.effective_to is None or day < self.effective_to)

    @property
    def conditions(self) -> tuple[tuple[str, str], ...]:
        """The conditions that ask for something, and their patterns."""
        return tuple((name, getattr(self, name)) for name in FACTS_OF if getattr(self, name))
