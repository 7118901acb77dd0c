"""Any bill in CSV, JSON or Parquet, read through a mapping from its columns to fields of a charge.

``{"kind": "billing", "charge_period_start": "Day", "billed_cost": "Amount", "effective_cost":
"Amount", "billing_currency": {"const": "EUR"}, "unit": "cents"}``. Nothing else of a row is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Any, Final, get_args

from finops.domain.charge import CHARGE_COSTS, ChargeCategory, ChargeRecord
from ingest import billing_fields as cells
from ingest.billing_rows import ACCOUNT, CURRENCY, BillFormat, checked_settings, currency_of
from ingest.billing_times import DateDialect, Instants, day_period, invoice_month
from ingest.fields import json_object, reject
from ingest.mapping import Getter, Values, getter, setting, where_of, zone_of
from ingest.source_format import Head, Layout, ReadOptions, Row, RowRejected

SETTINGS: Final = frozenset(("kind", "where", "time_format", "time_zone", "unit"))
#: What costs are stated in, and how far their point has to move.
UNITS: Final[Mapping[str, int]] = {"units": 0, "cents": -2}

_START, _END, _PERIOD = "charge_period_start", "charge_period_end", "billing_period"
_CATEGORY: Final = "charge_category"
_JSON_FIELDS: Final = ("tags", "sku_price_details")
_AMOUNTS: Final = (
    *CHARGE_COSTS,
    "pricing_quantity",
    "consumed_quantity",
    "list_unit_price",
    "contracted_unit_price",
)
_FIELDS: Final = frozenset(ChargeRecord.__struct_fields__) - {"extra"}
_TEXTS: Final = _FIELDS - {
    *(*_AMOUNTS, *_JSON_FIELDS, _START, _END, _PERIOD, _CATEGORY, ACCOUNT, CURRENCY)
}
_CATEGORIES: Final[Mapping[str, ChargeCategory]] = {
    category.lower(): category for category in get_args(ChargeCategory)
}
_charge: Final[Callable[..., ChargeRecord]] = ChargeRecord


class MappedBill(BillFormat):
    """Bills of any shape. Never recognised: it takes a mapping to read them."""

    name: str = "mapped-bill"
    layouts: tuple[Layout, ...] = ("csv", "parquet", "json_lines", "json_document")

    def identify(self, head: Head) -> bool:
        """Never: any file would do."""
        return False

    def decoder(self, options: ReadOptions) -> MappedBillDecoder:
        """Make the decoder; ValueError says what is wrong with the mapping."""
        return MappedBillDecoder(options)


class MappedBillDecoder:
    """Turn rows into charges; rows outside the mapping's ``where`` are none."""

    schema = "mapped"

    def __init__(self, options: ReadOptions) -> None:
        """Plan by the mapping. Accounts and currencies that rows lack come from the options."""
        mapping, settings = _checked(options), checked_settings(options)
        self._get = {field: _getter(field, mapping[field]) for field in mapping.keys() & _FIELDS}
        self._passes = where_of(mapping.get("where", {}))
        self._zone: tzinfo = zone_of(mapping) or options.time_zone or UTC
        layout = setting(mapping, "time_format") or ""
        self._dates = Instants(DateDialect(self._zone, layout=layout, epoch=True))
        self._shift = UNITS[setting(mapping, "unit") or "units"]
        self._account = settings.get(ACCOUNT) or options.source
        self._settings = settings
        self._names = cells.Names()
        self._texts = sorted(self._get.keys() & _TEXTS)
        self._amounts = [field for field in _AMOUNTS if field in self._get]

    def __call__(self, row: Row) -> tuple[ChargeRecord] | None:
        """Read one row; None where it is outside ``where``."""
        values = row.fields if row.fields is not None else json_object(row.raw)
        if not self._passes(values):
            return None
        start, end = self._period(values)
        charge = _charge(
            billing_account_id=self._names[self._text(ACCOUNT, values)] or self._required_account(),
            billing_period=self._month(values, start),
            charge_period_start=start,
            charge_period_end=end,
            billing_currency=currency_of(self._text(CURRENCY, values), self._settings, CURRENCY),
            charge_category=self._category(values),
            **{field: self._amount(field, values) for field in self._amounts},
            **{field: self._names[self._text(field, values)] for field in self._texts},
            **{field: cells.flat_tags(self._value(field, values)) for field in _JSON_FIELDS},
        )
        return (charge,)

    def _value(self, field: str, values: Values) -> Any:
        get = self._get.get(field)
        return get(values) if get else None

    def _text(self, field: str, values: Values) -> str:
        return cells.text_of(self._value(field, values))

    def _required_account(self) -> str:
        return self._account or reject(ACCOUNT, "is missing")

    def _period(self, values: Values) -> tuple[datetime, datetime]:
        """Read the charge period; without an end it is the day of its start."""
        start = self._dates.required(self._value(_START, values), _START)
        end = self._dates.read(self._value(_END, values), _END)
        return start, end or day_period(start, self._zone)[1]

    def _month(self, values: Values, start: datetime) -> date:
        """Read the invoice month as a month or a date; else it is that of the charge."""
        value = self._value(_PERIOD, values)
        if cells.is_null(value):
            return start.astimezone(self._zone).date().replace(day=1)
        try:
            return invoice_month(cells.text_of(value), _PERIOD)
        except RowRejected:
            moment = self._dates.required(value, _PERIOD)
        return moment.astimezone(self._zone).date().replace(day=1)

    def _category(self, values: Values) -> ChargeCategory:
        text = self._text(_CATEGORY, values).strip()
        if cells.is_null(text):
            return "Usage"
        found = _CATEGORIES.get(text.lower())
        return found or reject(_CATEGORY, f"is none of {', '.join(_CATEGORIES.values())}")

    def _amount(self, field: str, values: Values) -> Decimal | None:
        number = cells.amount(self._value(field, values), field)
        if number is None or field not in CHARGE_COSTS:
            return number
        return cells.shifted(number, self._shift)


def _checked(options: ReadOptions) -> Mapping[str, Any]:
    mapping = options.mapping
    if not isinstance(mapping, Mapping):
        raise ValueError("the format mapped-bill needs a mapping: a JSON object")
    if unknown := sorted(mapping.keys() - _FIELDS - SETTINGS):
        raise ValueError(f"unknown key in the mapping: {', '.join(unknown)}")
    missing = [] if _START in mapping else [_START]
    if CURRENCY not in mapping and CURRENCY not in options.defaults:
        missing.append(CURRENCY)
    if mapping.keys().isdisjoint(CHARGE_COSTS):
        missing.append("billed_cost")
    if missing:
        raise ValueError(f"the mapping lacks {', '.join(missing)}")
    if (unit := setting(mapping, "unit")) is not None and unit not in UNITS:
        raise ValueError(f"unit must be one of {', '.join(UNITS)}")
    return mapping


def _getter(field: str, spec: Any) -> Getter:
    """Make what takes a field out of a row; tags may also be one column of JSON."""
    if isinstance(spec, str) or field not in _JSON_FIELDS:
        return getter(field if field != "tags" else "tags column", spec, frozenset(_AMOUNTS))
    return getter("tags", spec)
