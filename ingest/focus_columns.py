"""The columns of FOCUS: which there are, which field each feeds, and which version a file is.

Versions are told by their columns, never by a file's name. Sources: the FOCUS specification 1.0
to 1.4 and the working draft of 1.5 (Cost and Usage dataset).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, NamedTuple, NoReturn

from ingest.billing_fields import column_key
from ingest.source_format import Refused

#: Columns of text, and the field of a charge that each feeds.
TEXT_FIELDS: Final[Mapping[str, str]] = {
    "BillingAccountName": "billing_account_name",
    "SubAccountId": "sub_account_id",
    "SubAccountName": "sub_account_name",
    "ServiceProviderName": "service_provider_name",
    "HostProviderName": "host_provider_name",
    "InvoiceIssuerName": "invoice_issuer_name",
    "InvoiceId": "invoice_id",
    "ChargeFrequency": "charge_frequency",
    "ServiceCategory": "service_category",
    "ServiceSubcategory": "service_subcategory",
    "ServiceName": "service_name",
    "SkuId": "sku_id",
    "SkuMeter": "sku_meter",
    "SkuPriceId": "sku_price_id",
    "ResourceId": "resource_id",
    "ResourceName": "resource_name",
    "ResourceType": "resource_type",
    "RegionId": "region_id",
    "PricingCategory": "pricing_category",
    "PricingUnit": "pricing_unit",
    "ConsumedUnit": "consumed_unit",
    "CommitmentDiscountId": "commitment_discount_id",
    "CommitmentDiscountStatus": "commitment_discount_status",
    "PrincipalId": "principal_id",
    "CredentialId": "credential_id",
}
#: Columns of numbers. Virtual currencies (PricingCurrency…) are none of these: they stay as they
#: are in ``extra``, since no exchange rate turns tokens into money.
AMOUNT_FIELDS: Final[Mapping[str, str]] = {
    "BilledCost": "billed_cost",
    "EffectiveCost": "effective_cost",
    "ListCost": "list_cost",
    "ContractedCost": "contracted_cost",
    "PricingQuantity": "pricing_quantity",
    "ConsumedQuantity": "consumed_quantity",
    "ListUnitPrice": "list_unit_price",
    "ContractedUnitPrice": "contracted_unit_price",
}
#: Columns with a reader of their own.
READ_APART: Final = (
    "BillingAccountId",
    "BillingCurrency",
    "BillingPeriodStart",
    "BillingPeriodEnd",
    "ChargePeriodStart",
    "ChargePeriodEnd",
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "SkuPriceDetails",
    "Tags",
)
#: Columns that are known but have no field; they are kept in ``extra`` under these names.
KEPT_AS_EXTRA: Final = (
    "AllocatedMethodDetails",
    "AllocatedMethodId",
    "AllocatedResourceId",
    "AllocatedResourceName",
    "AllocatedTags",
    "AvailabilityZone",
    "BillingAccountType",
    "CapacityReservationId",
    "CapacityReservationStatus",
    "CommitmentDiscountCategory",
    "CommitmentDiscountName",
    "CommitmentDiscountQuantity",
    "CommitmentDiscountType",
    "CommitmentDiscountUnit",
    "CommitmentProgramEligibilityDetails",
    "ConsumerId",
    "ContractApplied",
    "CredentialDetails",
    "InvoiceDetailId",
    "PricingCurrency",
    "PricingCurrencyContractedUnitPrice",
    "PricingCurrencyEffectiveCost",
    "PricingCurrencyListUnitPrice",
    "PrincipalDetails",
    "ProviderName",
    "PublisherName",
    "RegionName",
    "RequesterDetails",
    "SubAccountType",
)
#: Without these no charge can be placed; a file that lacks one is a fragment.
NEEDED: Final = (
    "BilledCost",
    "BillingAccountId",
    "BillingCurrency",
    "BillingPeriodStart",
    "ChargePeriodStart",
    "ChargePeriodEnd",
)
#: Oldest first.
VERSIONS: Final = ("0.5", "1.0-preview", "1.0", "1.1", "1.2", "1.3", "1.4", "1.5-draft")
#: What 0.5 and 1.0-preview called today's columns.
_OLD_NAMES: Final[Mapping[str, str]] = {
    "AmortizedCost": "EffectiveCost",
    "BilledCurrency": "BillingCurrency",
    "ChargeType": "ChargeCategory",
    "InvoiceIssuer": "InvoiceIssuerName",
    "Provider": "ProviderName",
    "Publisher": "PublisherName",
    "Region": "RegionId",
    "UsageQuantity": "ConsumedQuantity",
    "UsageUnit": "ConsumedUnit",
}
_COLUMNS: Final = frozenset((*TEXT_FIELDS, *AMOUNT_FIELDS, *READ_APART, *KEPT_AS_EXTRA))
_BY_KEY: Final = {column_key(column): column for column in _COLUMNS}
_OLD_BY_KEY: Final = {column_key(old): column for old, column in _OLD_NAMES.items()}

_MANDATORY_ALWAYS: Final = (
    *NEEDED,
    "BillingAccountName",
    "BillingPeriodEnd",
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "ContractedCost",
    "EffectiveCost",
    "InvoiceIssuerName",
    "ListCost",
    "PricingQuantity",
    "PricingUnit",
    "ServiceCategory",
    "ServiceName",
)
_OLD_PROVIDERS: Final = ("ProviderName", "PublisherName")
_NEW_PROVIDERS: Final = ("ServiceProviderName", "HostProviderName")
#: Columns that must be there (empty or not), by version.
MANDATORY: Final[Mapping[str, tuple[str, ...]]] = {
    "0.5": NEEDED,
    "1.0-preview": NEEDED,
    "1.0": (*_MANDATORY_ALWAYS, *_OLD_PROVIDERS),
    "1.1": (*_MANDATORY_ALWAYS, *_OLD_PROVIDERS),
    "1.2": (*_MANDATORY_ALWAYS, *_OLD_PROVIDERS),
    "1.3": (*_MANDATORY_ALWAYS, *_OLD_PROVIDERS, *_NEW_PROVIDERS),
    "1.4": (*_MANDATORY_ALWAYS, *_NEW_PROVIDERS),
    "1.5-draft": (*_MANDATORY_ALWAYS, *_NEW_PROVIDERS),
}
#: Newest first: the first version of which a file has one of the columns that came with it.
_CAME_WITH: Final[Sequence[tuple[str, tuple[str, ...]]]] = (
    (
        "1.5-draft",
        ("PrincipalId", "CredentialId", "RequesterDetails", "CredentialDetails", "ConsumerId"),
    ),
    ("1.3", ("ServiceProviderName", "HostProviderName", "ContractApplied", "AllocatedMethodId")),
    ("1.2", ("InvoiceId", "BillingAccountType", "SubAccountType", "PricingCurrency")),
    (
        "1.1",
        (
            "SkuMeter",
            "SkuPriceDetails",
            "ServiceSubcategory",
            "CapacityReservationId",
            "CommitmentDiscountQuantity",
        ),
    ),
)
#: Keys of SkuPriceDetails that only the draft of 1.5 has.
_DRAFT_KEYS: Final = ("TokenDirection", "TokenCacheAction", "TokenType", "ModelId")


class FocusColumns(NamedTuple):
    """What a file's header says: its version, its header per FOCUS column, and all the others."""

    version: str
    headers: Mapping[str, str]
    others: tuple[str, ...]
    present: frozenset[str]

    def for_json(self) -> FocusColumns:
        """Give the plan of rows that name their own columns and leave out what is empty."""
        return self._replace(headers={column: column for column in _COLUMNS}, others=())

    @property
    def missing(self) -> list[str]:
        """List the columns that this version demands and the file lacks."""
        return [column for column in MANDATORY[self.version] if column not in self.present]


def focus_name(header: str) -> str:
    """Give the FOCUS column that a header means; one that is none stays as it is."""
    key = column_key(header)
    return _BY_KEY.get(key) or _OLD_BY_KEY.get(key) or header


def looks_like_focus(headers: Iterable[str]) -> bool:
    """Say whether a header is of a FOCUS dataset, be it a bill, a fragment or another dataset."""
    keys = set(map(column_key, headers))
    known = keys & (_BY_KEY.keys() | _OLD_BY_KEY.keys())
    return ("billedcost" in keys and len(known) >= 2) or _other_dataset(keys) != ""


def focus_columns(first: Mapping[str, str], given: Collection[str] = ()) -> FocusColumns:
    """Read the header of a bill from its first row; ``given`` columns are known without it.

    Raises Refused for the other datasets of FOCUS and for fragments of a bill.
    """
    if other := _other_dataset(map(column_key, first)):
        raise Refused(f"this is the FOCUS dataset {other}, which holds no charges")
    headers: dict[str, str] = {}
    others = []
    for header in first:
        column = focus_name(header)
        if column not in _COLUMNS:
            others.append(header)
        elif headers.setdefault(column, header) != header:
            raise Refused(f"the file has {column} twice: as {headers[column]} and as {header}")
    version = _version(headers, others, first)
    found = FocusColumns(version, headers, tuple(others), frozenset(headers))
    if not found.present.union(given).issuperset(NEEDED):
        _refuse_fragment(found)
    return found


def _other_dataset(keys: Iterable[str]) -> str:
    """Name the FOCUS dataset that a file is when it is not Cost and Usage."""
    present = set(keys)
    if "contractcommitmentid" in present and "billedcost" not in present:
        return "Contract Commitment (the terms of contracts)"
    if "invoiceissuestatus" in present or "invoiceissuedate" in present:
        return "Invoice Detail (the lines of invoices)"
    if "billingperiodstatus" in present:
        return "Billing Period (which periods are open)"
    return ""


def _version(headers: Mapping[str, str], others: Sequence[str], first: Mapping[str, str]) -> str:
    old = {_OLD_BY_KEY[key] for key in map(column_key, headers.values()) if key in _OLD_BY_KEY}
    if not old.isdisjoint(("EffectiveCost", "BillingCurrency")):
        return "0.5"
    if old or "chargesubcategory" in map(column_key, others):
        return "1.0-preview"
    if any(key in first.get(headers.get("SkuPriceDetails", ""), "") for key in _DRAFT_KEYS):
        return "1.5-draft"
    found = next((v for v, columns in _CAME_WITH if not headers.keys().isdisjoint(columns)), "1.0")
    without_old_names = headers.keys().isdisjoint(_OLD_PROVIDERS)
    return "1.4" if found == "1.3" and without_old_names else found


def _refuse_fragment(found: FocusColumns) -> NoReturn:
    missing = ", ".join(found.missing)
    raise Refused(
        f"a fragment of a FOCUS bill: {len(found.headers) + len(found.others)} columns, "
        f"without the mandatory {missing}"
    )
