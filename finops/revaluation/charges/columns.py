"""What a revaluation may change in a charge, and what it reads to find out. Nothing else moves."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, Final, NamedTuple

import msgspec
from psycopg import sql

from finops.domain.charge import ChargeRecord

#: Columns that a revaluation may write, and their types.
COLUMN_TYPES: Final[dict[str, str]] = {
    "kind": "text",
    "kind_rule_id": "bigint",
    "provider": "text",
    "model": "text",
    "token_kind": "text",
    "tokens": "numeric",
    "feature": "text",
    "team": "text",
    "customer": "text",
    "end_user": "text",
    "workflow": "text",
    "environment": "text",
    "attributed_by": "jsonb",
}
VALUED: Final = tuple(COLUMN_TYPES)
#: Those that say what a charge is; the others say whose.
CLASSIFIED: Final = VALUED[:6]
ATTRIBUTED: Final = VALUED[6:]

#: What the rules may look at, as the bill says it: fields of a ``ChargeRecord``.
_TOLD: Final = (
    "billing_account_id",
    "billing_account_name",
    "billing_period",
    "charge_period_start",
    "charge_period_end",
    "billing_currency",
    "charge_category",
    "charge_class",
    "charge_description",
    "charge_frequency",
    "sub_account_id",
    "sub_account_name",
    "service_provider_name",
    "host_provider_name",
    "invoice_issuer_name",
    "service_category",
    "service_subcategory",
    "service_name",
    "sku_id",
    "sku_meter",
    "sku_price_id",
    "sku_price_details",
    "resource_id",
    "resource_name",
    "resource_type",
    "region_id",
    "pricing_category",
    "pricing_quantity",
    "pricing_unit",
    "consumed_quantity",
    "consumed_unit",
    "commitment_discount_id",
    "commitment_discount_status",
    "principal_id",
    "credential_id",
    "tags",
)
_JSON: Final = ("sku_price_details", "tags")

Values = tuple[object, ...]


class StoredCharge(NamedTuple):
    """One charge as the bill holds it: what may change, its row, and what the bill says.

    ``values`` are in the order of ``VALUED``. ``version`` is the row version that was read; a row
    that has another one when the run is applied has been replaced meanwhile. ``billed`` and
    ``effective`` are in the reporting currency, None where there is no amount or no rate.
    """

    values: Values
    id: int
    billing_period: date
    version: int
    source_id: int
    billed: Decimal | None
    effective: Decimal | None
    is_converted: bool
    record: ChargeRecord


#: Expressions beside the columns, in the order of a StoredCharge.
_ROW: Final = (
    "charge.id",
    "charge.billing_period",
    "charge.xmin",
    "charge.source_id",
    "charge.billed_cost * charge.exchange_rate",
    "charge.effective_cost * charge.exchange_rate",
    "charge.exchange_rate IS NOT NULL",
)


def stored_columns() -> sql.Composed:
    """Name the columns that ``read_charge`` reads, of a table called ``charge``."""
    columns = [sql.Identifier("charge", name) for name in VALUED]
    beside = [sql.SQL(text) for text in _ROW]
    told = [sql.Identifier("charge", name) for name in _TOLD]
    return sql.SQL(", ").join([*columns, *beside, *told])


def values_of(table: str) -> sql.Composed:
    """Name the columns that a revaluation may write, in the order of ``VALUED``."""
    return sql.SQL(", ").join(sql.Identifier(table, name) for name in VALUED)


_decode_rules: Final = msgspec.json.Decoder(dict[str, int]).decode
_decode_texts: Final = msgspec.json.Decoder(dict[str, str]).decode
_WIDTH: Final = len(VALUED)
_TOLD_FROM: Final = _WIDTH + len(_ROW)


def read_charge(row: tuple[Any, ...]) -> StoredCharge:
    """Read a row of ``stored_columns``; JSON columns come as text."""
    *values, decided = row[:_WIDTH]
    told: dict[str, Any] = dict(zip(_TOLD, row[_TOLD_FROM:], strict=True))
    for name in _JSON:
        told[name] = _decode_texts(told[name]) if told[name] else None
    rules = _decode_rules(decided) if decided else None
    return StoredCharge._make(((*values, rules), *row[_WIDTH:_TOLD_FROM], ChargeRecord(**told)))


def changes(before: Values, after: Values) -> dict[str, object]:
    """Give what was, by column, of the values that change."""
    return {name: old for name, old, new in zip(VALUED, before, after, strict=True) if old != new}


def kept_where_equal(before: Values, after: Iterable[object]) -> Values:
    """Keep the digits that are stored where a number is only written otherwise: 1000, 1000.0."""
    return tuple(old if old == new else new for old, new in zip(before, after, strict=True))
