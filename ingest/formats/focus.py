"""FOCUS bills, 1.0 to 1.4 and the draft of 1.5: CSV, JSON lines and Parquet.

Style never turns a bill down: what deviates from FOCUS is counted in the score. A row is rejected
when its periods, account or currency cannot be read, or when an amount is no number: nothing is
guessed, and a missing amount stays missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache, partial
from typing import Any, Final, get_args

from finops.domain.charge import CORRECTION, ChargeCategory, ChargeRecord
from ingest import billing_fields as cells
from ingest import focus_rules
from ingest.billing_rows import ACCOUNT, CURRENCY, BillFormat, checked_settings, currency_of
from ingest.billing_times import NULLS, DateDialect, Instants, has_slashes, month_of, slash_order
from ingest.fields import json_object, reject
from ingest.focus_ai import REQUESTER_COLUMNS, details, requester
from ingest.focus_columns import (
    AMOUNT_FIELDS,
    KEPT_AS_EXTRA,
    TEXT_FIELDS,
    FocusColumns,
    focus_columns,
    focus_name,
    looks_like_focus,
)
from ingest.focus_score import FocusScore
from ingest.known import Known
from ingest.source_format import Head, Layout, ReadOptions, Row

Texts = Mapping[str, str]

#: What each column becomes: the field of a charge, and what reads its cells.
Readers = Mapping[str, tuple[str, Known[Any]]]

#: What a person may say of a whole file, and the column that it stands for.
_SETTINGS: Final = {ACCOUNT: "BillingAccountId", CURRENCY: "BillingCurrency"}
_charge: Final[Callable[..., ChargeRecord]] = ChargeRecord
_CATEGORIES: Final[Mapping[str, ChargeCategory]] = {
    category.lower(): category for category in get_args(ChargeCategory)
}
#: Charges of no known category are adjustments of whatever kind; the bill's own word is kept.
_UNKNOWN_CATEGORY: Final = "Adjustment"


class Focus(BillFormat):
    """The FinOps Foundation's common format for bills, in any of its versions."""

    name: str = "focus"
    layouts: tuple[Layout, ...] = ("csv", "parquet", "json_lines", "json_document")

    def identify(self, head: Head) -> bool:
        """Know FOCUS by its columns. Refused for its other datasets and for fragments."""
        if head.first is None or not looks_like_focus(head.first):
            return False
        focus_columns(_as_texts(head.first))
        return True

    def decoder(self, options: ReadOptions) -> FocusDecoder:
        """Make the decoder of one file; ValueError for settings that no bill knows."""
        return FocusDecoder(options)


class FocusDecoder:
    """Turn the rows of one file into charges, and score them on the way.

    The first row settles the version, the columns and the dialect of dates for the whole file.
    """

    def __init__(self, options: ReadOptions) -> None:
        """Wait for the first row; dates without a zone are taken in that of the options."""
        self._zone = options.time_zone or UTC
        self._settings = checked_settings(options)
        self._first = options.first
        self._plan: _Plan | None = None

    @property
    def schema(self) -> str:
        """Name the version, such as ``FOCUS 1.2``; empty before the first row."""
        return f"FOCUS {self._plan.columns.version}" if self._plan else ""

    def score(self) -> dict[str, Any]:
        """Say how well the rows so far keep the rules of their version; empty before the first."""
        return self._plan.score.report() if self._plan else {}

    def __call__(self, row: Row) -> tuple[ChargeRecord]:
        """Read one row. RowRejected where it cannot be, Refused where this is no such bill."""
        if row.fields is not None:
            plan = self._plan or self._begin(self._first or row.fields, by_header=True)
            return (plan.read(row.line, row.fields),)
        values = json_object(row.raw)
        plan = self._plan or self._begin(self._first or values, by_header=False)
        return (plan.read(row.line, *plan.completed(_by_column(values))),)

    def _begin(self, first: Mapping[str, Any], *, by_header: bool) -> _Plan:
        texts = _as_texts(first) if by_header else _by_column(first)
        given = [column for key, column in _SETTINGS.items() if key in self._settings]
        columns = focus_columns(texts, given)
        dialect = _dialect(columns.headers, texts, self._zone)
        read = _readers(dialect, self._settings)
        self._plan = _Plan(columns if by_header else columns.for_json(), read)
        return self._plan


def _as_texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {key: cells.text_of(value) for key, value in values.items()}


def _by_column(values: Mapping[str, Any]) -> dict[str, str]:
    return {_focus_name(key): cells.text_of(value) for key, value in values.items()}


_focus_name: Final = lru_cache(maxsize=4096)(focus_name)


class _Plan:
    """Where each column of one file stands, and what is known of its texts."""

    def __init__(self, columns: FocusColumns, readers: Readers) -> None:
        self.columns = columns
        self.score = FocusScore(columns)
        headers = columns.headers
        present = {column: each for column, each in readers.items() if column in headers}
        self._fields = tuple(field for field, _ in present.values())
        self._known = tuple(known for _, known in present.values())
        self._cells = cells.cells_of([headers[column] for column in present])
        absent = [readers[column] for column in _SETTINGS.values() if column not in headers]
        self._given = {field: known[""] for field, known in absent}
        self._extra = cells.extra_of(_extra_headers(columns))
        self._category = headers.get("ChargeCategory", "")
        self._old_provider = headers.get("ProviderName", "")
        self._requesters = [
            (headers[column], Known(partial(requester, about=about)))
            for column, about in REQUESTER_COLUMNS.items()
            if column in headers
        ]
        self._names = cells.Names()
        self._blank = dict.fromkeys(headers.values(), "")

    def completed(self, row: Texts) -> tuple[Texts, dict[str, str] | None]:
        """Fill up a JSON row, which leaves out what is empty; give apart what has no column."""
        unknown = [key for key in row if key not in self._blank]
        return {**self._blank, **row}, cells.extra_of(unknown)(row) if unknown else None

    def read(self, line: int, row: Texts, more: dict[str, str] | None = None) -> ChargeRecord:
        """Read one charge, and count what it has against the rules."""
        values = [known[text] for known, text in zip(self._known, self._cells(row), strict=True)]
        charge = _charge(**self._given, **dict(zip(self._fields, values, strict=True)))
        charge.extra = self._extra(row)
        if more:
            charge.extra = (charge.extra or {}) | more
        self._name_parties(charge, row)
        self._keep_category(charge, row)
        if _contracted_is_unavailable(charge):
            charge.contracted_cost = None
            self.score.note(focus_rules.CONTRACTED_UNAVAILABLE, line)
        self.score.add(line, row, charge)
        return charge

    def _name_parties(self, charge: ChargeRecord, row: Texts) -> None:
        """Fill in who sells and hosts by the older ProviderName, and who called by the details."""
        if self._old_provider and (name := self._names[row[self._old_provider]]):
            charge.service_provider_name = charge.service_provider_name or name
            charge.host_provider_name = charge.host_provider_name or name
        for header, requesters in self._requesters:
            if row[header]:
                found = requesters[row[header]]
                charge.principal_id = charge.principal_id or found.principal_id
                charge.credential_id = charge.credential_id or found.credential_id

    def _keep_category(self, charge: ChargeRecord, row: Texts) -> None:
        if charge.charge_category == _UNKNOWN_CATEGORY and self._category:
            word = row[self._category].strip()
            if word.lower() != _UNKNOWN_CATEGORY.lower():
                charge.extra = (charge.extra or {}) | {"ChargeCategory": word[:500]}


def _contracted_is_unavailable(charge: ChargeRecord) -> bool:
    """Azure writes 0 where it does not know the contracted cost (finops-toolkit#874)."""
    return (
        charge.contracted_cost is not None
        and not charge.contracted_cost
        and charge.effective_cost is not None
        and charge.effective_cost > 0
    )


def _dialect(headers: Mapping[str, str], first: Texts, zone: tzinfo) -> DateDialect:
    """Settle how the file writes dates, from the billing period of its first row."""
    start = first[headers["BillingPeriodStart"]]
    end = first.get(headers.get("BillingPeriodEnd", ""), "")
    return DateDialect(zone, slash_order(start, end) if has_slashes(start) else None)


def _extra_headers(columns: FocusColumns) -> list[str]:
    kept = [columns.headers[column] for column in KEPT_AS_EXTRA if column in columns.headers]
    if "ProviderName" in columns.headers and "ServiceProviderName" not in columns.headers:
        kept.remove(columns.headers["ProviderName"])
    return [*kept, *columns.others]


# --- what cells become ----------------------------------------------------------------------


def _readers(dialect: DateDialect, settings: Texts) -> Readers:
    """Give, by column, the field of a charge and what reads it."""
    instants, names = Instants(dialect), cells.Names()

    def moment(column: str) -> Known[datetime]:
        return Known(lambda text: instants.required(text, column))

    def month(text: str) -> date:
        return month_of(instants.required(text, "BillingPeriodStart"))

    def account(text: str) -> str:
        return names[text] or settings.get(ACCOUNT) or reject("BillingAccountId", "is missing")

    def money(text: str) -> str:
        return currency_of(text, settings, "BillingCurrency")

    amounts = {column: cells.Amounts(column, spreadsheet=True) for column in AMOUNT_FIELDS}
    return {
        "BillingAccountId": ("billing_account_id", Known(account)),
        "BillingCurrency": ("billing_currency", Known(money)),
        "BillingPeriodStart": ("billing_period", Known(month)),
        "ChargePeriodStart": ("charge_period_start", moment("ChargePeriodStart")),
        "ChargePeriodEnd": ("charge_period_end", moment("ChargePeriodEnd")),
        "ChargeCategory": ("charge_category", Known(_category)),
        "ChargeClass": ("charge_class", Known(_class)),
        "ChargeDescription": ("charge_description", cells.Names(cells.MAX_DESCRIPTION)),
        "SkuPriceDetails": ("sku_price_details", Known(details)),
        "Tags": ("tags", cells.Tags()),
        **{column: (field, amounts[column]) for column, field in AMOUNT_FIELDS.items()},
        **{column: (field, names) for column, field in TEXT_FIELDS.items()},
    }


def _category(text: str) -> ChargeCategory:
    word = text.strip()
    return "Usage" if word in NULLS else _CATEGORIES.get(word.lower(), _UNKNOWN_CATEGORY)


def _class(text: str) -> str | None:
    """Read the one class there is, however it is capitalised."""
    return CORRECTION if text.strip().lower() == CORRECTION.lower() else None
