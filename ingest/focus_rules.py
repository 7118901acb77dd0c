"""The rules of FOCUS as a table: what a bill is scored by, and never turned down for.

Each rule is a small check with a name. These look at what many rows share: the words of some
columns, and which fields are empty. ``focus_score`` adds those on dates, numbers and products.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal, NamedTuple

from finops.domain.charge import CHARGE_CATEGORIES, CORRECTION
from ingest.billing_times import NULLS
from ingest.focus_columns import VERSIONS

Level = Literal["error", "warning", "info"]
LEVELS: Final[tuple[Level, ...]] = ("error", "warning", "info")

#: The columns whose words rules look at: those with few values in a file.
WORD_COLUMNS: Final = (
    "BillingCurrency",
    "ChargeCategory",
    "ChargeClass",
    "ChargeFrequency",
    "CommitmentDiscountCategory",
    "CommitmentDiscountStatus",
    "ConsumedUnit",
    "PricingCategory",
    "PricingUnit",
    "ServiceCategory",
    "ServiceSubcategory",
)
#: The fields of a charge of which rules ask whether they are empty.
ASKED_FIELDS: Final = (
    "billed_cost",
    "effective_cost",
    "list_cost",
    "contracted_cost",
    "consumed_quantity",
    "pricing_quantity",
    "list_unit_price",
    "sku_id",
    "sku_price_id",
    "sku_price_details",
    "commitment_discount_id",
    "invoice_issuer_name",
    "service_provider_name",
    "service_name",
    "charge_description",
)
_SERVICE_CATEGORIES: Final = (
    "AI and Machine Learning",
    "Analytics",
    "Business Applications",
    "Compute",
    "Databases",
    "Developer Tools",
    "Identity",
    "Integration",
    "Internet of Things",
    "Management and Governance",
    "Media",
    "Migration",
    "Mobile",
    "Multicloud",
    "Networking",
    "Other",
    "Security",
    "Storage",
    "Web",
)


class Facts:
    """What many rows of a file share: words as the file spells them, and empty fields."""

    def __init__(self, words: Mapping[str, str], empty: frozenset[str]) -> None:
        """Take words by column and the names of empty fields."""
        self._words, self._empty = words, empty

    def word(self, column: str) -> str:
        """Give what a column says; empty where it says nothing."""
        text = self._words.get(column, "")
        return "" if text in NULLS else text

    def has(self, field: str) -> bool:
        """Say whether a field of the charge is known."""
        return field not in self._empty

    @property
    def is_priced(self) -> bool:
        """Say whether prices are to be expected: of usage and purchases, not of corrections."""
        return (
            self.word("ChargeCategory") in ("Usage", "Purchase")
            and self.word("ChargeClass") != CORRECTION
        )

    @property
    def spells_null(self) -> bool:
        """Say whether a null is a word (NULL) instead of an empty cell."""
        return any(word and word in NULLS for word in self._words.values())


class Rule(NamedTuple):
    """A rule: its name, how much it matters, the column it is about, and what it asks of that."""

    name: str
    level: Level
    column: str
    says: str
    keeps: Callable[[Facts], bool] = lambda facts: True
    since: str = "0.5"

    def is_known_to(self, version: str) -> bool:
        """Say whether a version of FOCUS has this rule."""
        return VERSIONS.index(version) >= VERSIONS.index(self.since)


def _one_of(name: str, column: str, says: str, *allowed: str) -> Rule:
    return Rule(name, "error", column, says, lambda facts: facts.word(column) in allowed)


def _given(name: str, column: str, field: str, since: str = "0.5") -> Rule:
    return Rule(name, "error", column, "is not null", lambda facts: facts.has(field), since)


def _priced(name: str, column: str, field: str) -> Rule:
    says = "is not null on usage and purchases"
    return Rule(
        name, "warning", column, says, lambda facts: facts.has(field) or not facts.is_priced
    )


def _paired(name: str, unit: str, quantity: str, field: str) -> Rule:
    says = f"is given where {quantity} is, and only there"
    return Rule(
        name, "error", unit, says, lambda facts: facts.has(field) == (facts.word(unit) != "")
    )


def _is_currency(facts: Facts) -> bool:
    code = facts.word("BillingCurrency")
    return len(code) == 3 and code.isascii() and code.isalpha() and code.isupper()


def _says_status_of_commitment(facts: Facts) -> bool:
    asked = facts.has("commitment_discount_id") and facts.word("ChargeCategory") == "Usage"
    return facts.word("CommitmentDiscountStatus") != "" or not asked


def _is_committed_where_covered(facts: Facts) -> bool:
    covered = facts.word("CommitmentDiscountStatus") != ""
    return facts.word("PricingCategory") == "Committed" or not covered


def _names_model_of_tokens(facts: Facts) -> bool:
    units = facts.word("ConsumedUnit") + facts.word("PricingUnit")
    return facts.has("sku_price_details") or "token" not in units.lower()


#: In the order in which they are shown.
FACT_RULES: Final[tuple[Rule, ...]] = (
    _one_of("charge_category", "ChargeCategory", "is one of the five", *CHARGE_CATEGORIES),
    _one_of("charge_class", "ChargeClass", "is Correction or null", "", CORRECTION),
    _one_of(
        "charge_frequency",
        "ChargeFrequency",
        "is One-Time, Recurring or Usage-Based",
        "One-Time",
        "Recurring",
        "Usage-Based",
    ),
    _one_of(
        "pricing_category",
        "PricingCategory",
        "is Standard, Dynamic, Committed, Other or null",
        *("", "Standard", "Dynamic", "Committed", "Other"),
    ),
    _one_of("service_category", "ServiceCategory", "is one of the 19", *_SERVICE_CATEGORIES),
    _one_of(
        "commitment_status",
        "CommitmentDiscountStatus",
        "is Used, Unused or null",
        *("", "Used", "Unused"),
    ),
    Rule("billing_currency", "error", "BillingCurrency", "is three capital letters", _is_currency),
    _given("billed_cost_given", "BilledCost", "billed_cost"),
    _given("effective_cost_given", "EffectiveCost", "effective_cost"),
    _given("list_cost_given", "ListCost", "list_cost"),
    _given("contracted_cost_given", "ContractedCost", "contracted_cost"),
    _given("issuer_given", "InvoiceIssuerName", "invoice_issuer_name"),
    _given("service_given", "ServiceName", "service_name"),
    _given("provider_given", "ServiceProviderName", "service_provider_name", "1.3"),
    Rule(
        "status_of_commitment",
        "error",
        "CommitmentDiscountStatus",
        "is not null on usage under a commitment",
        _says_status_of_commitment,
    ),
    _paired("consumed_unit", "ConsumedUnit", "ConsumedQuantity", "consumed_quantity"),
    _paired("pricing_unit", "PricingUnit", "PricingQuantity", "pricing_quantity"),
    Rule(
        "committed_where_covered",
        "warning",
        "PricingCategory",
        "is Committed where CommitmentDiscountStatus is given",
        _is_committed_where_covered,
    ),
    _priced("sku_given", "SkuId", "sku_id"),
    _priced("sku_price_given", "SkuPriceId", "sku_price_id"),
    _priced("list_price_given", "ListUnitPrice", "list_unit_price"),
    Rule(
        "description_given",
        "info",
        "ChargeDescription",
        "says what was charged",
        lambda facts: facts.has("charge_description"),
    ),
    Rule(
        "null_is_empty",
        "info",
        "ChargeClass",
        "and other columns leave null empty, not spelt NULL",
        lambda facts: not facts.spells_null,
    ),
    Rule(
        "tokens_name_model",
        "info",
        "SkuPriceDetails",
        "names the model where tokens are charged",
        _names_model_of_tokens,
        "1.5-draft",
    ),
)

DATE_FORMAT: Final = Rule("date_format", "error", "ChargePeriodStart", "is ISO 8601 in UTC with Z")
PERIOD_ORDER: Final = Rule("period_order", "error", "ChargePeriodEnd", "lies after its start")
NUMBER_FORMAT: Final = Rule(
    "number_format", "error", "BilledCost", "is a plain number, as are all amounts"
)
TAGS_FORMAT: Final = Rule("tags_format", "error", "Tags", "is a JSON object")
DETAILS_FORMAT: Final = Rule("details_format", "error", "SkuPriceDetails", "is a JSON object")
LIST_PRODUCT: Final = Rule(
    "list_cost_product", "warning", "ListCost", "is ListUnitPrice × PricingQuantity"
)
CONTRACTED_PRODUCT: Final = Rule(
    "contracted_cost_product",
    "warning",
    "ContractedCost",
    "is ContractedUnitPrice × PricingQuantity",
)
CONTRACTED_UNAVAILABLE: Final = Rule(
    "contracted_cost_unavailable",
    "warning",
    "ContractedCost",
    "is not 0 where EffectiveCost is positive: read as unavailable",
)
#: What is asked of each row for itself.
ROW_RULES: Final[tuple[Rule, ...]] = (
    DATE_FORMAT,
    PERIOD_ORDER,
    NUMBER_FORMAT,
    TAGS_FORMAT,
    DETAILS_FORMAT,
    LIST_PRODUCT,
    CONTRACTED_PRODUCT,
    CONTRACTED_UNAVAILABLE,
)
