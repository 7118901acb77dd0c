"""FOCUS bills: versions, what is refused, what hostile files do, and totals to the last digit."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops.domain.charge import ChargeRecord
from ingest.formats import recognise
from ingest.formats.focus import Focus
from ingest.readers import Source
from ingest.source_format import ImportFailed, ReadOptions, Refused, Row, RowRejected

DATA = Path(__file__).parents[4] / "shared" / "data" / "billing"
NOW = datetime(2026, 11, 21, tzinfo=UTC)

#: A row that keeps every rule of FOCUS 1.0.
ROW: Mapping[str, str] = {
    "BilledCost": "10.50",
    "EffectiveCost": "10.50",
    "ListCost": "12.00",
    "ContractedCost": "10.50",
    "BillingAccountId": "4210",
    "BillingAccountName": "Acme",
    "BillingCurrency": "USD",
    "BillingPeriodStart": "2026-05-01T00:00:00Z",
    "BillingPeriodEnd": "2026-06-01T00:00:00Z",
    "ChargePeriodStart": "2026-05-03T00:00:00Z",
    "ChargePeriodEnd": "2026-05-04T00:00:00Z",
    "ChargeCategory": "Usage",
    "ChargeClass": "",
    "ChargeDescription": "Hours of a box",
    "ChargeFrequency": "Usage-Based",
    "InvoiceIssuerName": "Amazon Web Services, Inc.",
    "ListUnitPrice": "4",
    "ContractedUnitPrice": "3.5",
    "PricingCategory": "Standard",
    "PricingQuantity": "3",
    "PricingUnit": "Hours",
    "ConsumedQuantity": "3",
    "ConsumedUnit": "Hours",
    "ProviderName": "AWS",
    "PublisherName": "AWS",
    "ServiceCategory": "Compute",
    "ServiceName": "Amazon EC2",
    "SkuId": "A1",
    "SkuPriceId": "A1.1",
    "Tags": '{"team": "search"}',
}


@dataclass
class Bill:
    """What a file became."""

    schema: str = ""
    charges: list[ChargeRecord] = field(default_factory=list)
    rejected: list[tuple[int, str]] = field(default_factory=list)
    score: dict[str, Any] = field(default_factory=dict)

    @property
    def failing(self) -> dict[str, int]:
        """Give, by rule, how many rows fail it."""
        return {found["rule"]: found["rows"] for found in self.score["findings"]}

    def total(self, cost: str) -> Decimal:
        return sum((getattr(each, cost) or Decimal(0) for each in self.charges), Decimal(0))


def read(source: Source) -> Bill:
    bill = Bill()
    with source:
        decode = Focus().decoder(ReadOptions(now=NOW, first=source.head.first))
        for row in source.rows():
            if not isinstance(row, Row):
                bill.rejected.append((row.line, row.reason))
                continue
            try:
                bill.charges.extend(decode(row))
            except RowRejected as rejected:
                bill.rejected.append((row.line, rejected.reason))
    bill.schema, bill.score = decode.schema, decode.score()
    return bill


def as_csv(*rows: Mapping[str, str]) -> bytes:
    quoted = [",".join('"' + text.replace('"', '""') + '"' for text in row) for row in cells(rows)]
    return "\n".join(quoted).encode()


def cells(rows: Sequence[Mapping[str, str]]) -> list[list[str]]:
    return [list(rows[0]), *(list(row.values()) for row in rows)]


def bill(*changes: Mapping[str, str], without: Sequence[str] = ()) -> Bill:
    """Read a file of rows that differ from the right one by these changes."""
    columns = {column: "" for change in changes for column in change}
    rows = [{**columns, **ROW, **change} for change in changes]
    kept = [{key: row[key] for key in row if key not in without} for row in rows]
    return read(Source("bill.csv", BytesIO(as_csv(*kept))))


def told(data: bytes) -> str:
    """Say how a file is recognised."""
    with Source("bill", BytesIO(data)) as source:
        return recognise(source.head).name


class TestVersions:
    @pytest.mark.parametrize(
        ("more", "without", "version"),
        [
            ({}, (), "1.0"),
            ({"SkuMeter": "Box"}, (), "1.1"),
            ({"SkuPriceDetails": ""}, (), "1.1"),
            ({"InvoiceId": "I-1"}, (), "1.2"),
            ({"PricingCurrency": "USD"}, (), "1.2"),
            ({"ServiceProviderName": "AWS", "HostProviderName": "AWS"}, (), "1.3"),
            (
                {"ServiceProviderName": "AWS", "HostProviderName": "AWS"},
                ("ProviderName", "PublisherName"),
                "1.4",
            ),
            ({"PrincipalId": "svc"}, (), "1.5-draft"),
            ({"SkuPriceDetails": '{"TokenType": "Input"}'}, (), "1.5-draft"),
            (
                {"AmortizedCost": "1", "ChargeType": "Usage"},
                ("EffectiveCost", "ChargeCategory"),
                "0.5",
            ),
            ({"UsageQuantity": "1"}, ("ConsumedQuantity",), "1.0-preview"),
        ],
    )
    def test_told_by_columns(
        self, more: Mapping[str, str], without: Sequence[str], version: str
    ) -> None:
        found = bill(more, without=without)

        assert found.schema == f"FOCUS {version}"
        assert len(found.charges) == 1

    def test_headers_may_be_spelt_otherwise(self) -> None:
        data = (
            as_csv(ROW).replace(b"BilledCost", b"billed_cost").replace(b"SkuPriceId", b"SkuPriceid")
        )

        assert told(b"\xef\xbb\xbf" + data) == "focus"
        charge = read(Source("bill.csv", BytesIO(data))).charges[0]
        assert (charge.billed_cost, charge.sku_price_id) == (Decimal("10.50"), "A1.1")

    def test_who_sells_and_hosts(self) -> None:
        old = bill({}).charges[0]
        new = bill({"ServiceProviderName": "Anthropic", "HostProviderName": ""}).charges[0]

        assert (old.service_provider_name, old.host_provider_name) == ("AWS", "AWS")
        assert (new.service_provider_name, new.host_provider_name) == ("Anthropic", "AWS")
        assert new.extra == {"ProviderName": "AWS", "PublisherName": "AWS"}

    def test_packed_or_not_it_is_the_same_bill(self) -> None:
        packed = read(Source("bill.csv.gz", BytesIO(gzip.compress(as_csv(ROW)))))

        assert packed.charges == bill({}).charges


class TestRefused:
    @pytest.mark.parametrize(
        ("header", "reason"),
        [
            ("ContractCommitmentId,ContractId,ContractCommitmentCost", "Contract Commitment"),
            ("InvoiceId,InvoiceDetailId,InvoiceIssueStatus,BilledCost", "Invoice Detail"),
            ("InvoiceIssuerName,BillingPeriodStart,BillingPeriodStatus", "Billing Period"),
            ("x_Key,ChargeClass,ChargeCategory,BilledCost,InvoiceId", "without the mandatory"),
            (",".join([*ROW, "billedcost"]), "BilledCost twice"),
        ],
    )
    def test_what_is_no_bill_says_what_it_is(self, header: str, reason: str) -> None:
        with pytest.raises(Refused, match=reason):
            told(f"{header}\n".encode())

    def test_a_fragment_names_all_that_is_missing(self) -> None:
        with pytest.raises(Refused) as refused:
            bill({}, without=["BillingAccountId", "BillingCurrency", "ServiceName"])

        assert (
            "27 columns, without the mandatory BillingAccountId, BillingCurrency, ServiceName"
            in (str(refused.value))
        )

    @pytest.mark.parametrize("column", ["ListCost", "ServiceName", "BillingAccountName", "Tags"])
    def test_a_missing_column_that_places_nothing_is_a_finding(self, column: str) -> None:
        assert len(bill({}, without=[column]).charges) == 1


class TestRows:
    @pytest.mark.parametrize("cost", ["BilledCost", "EffectiveCost", "ListCost", "ContractedCost"])
    @pytest.mark.parametrize("nothing", ["", "NULL", "null", "\\N"])
    def test_a_missing_cost_is_missing_and_a_finding(self, cost: str, nothing: str) -> None:
        found = bill({cost: nothing}, {})

        field_name = {"BilledCost": "billed_cost", "EffectiveCost": "effective_cost"}.get(
            cost, "list_cost" if cost == "ListCost" else "contracted_cost"
        )
        assert getattr(found.charges[0], field_name) is None
        assert getattr(found.charges[1], field_name) is not None
        assert found.failing[f"{field_name}_given"] == 1

    def test_an_unavailable_contracted_cost_is_not_zero(self) -> None:
        zero, free = (
            bill({"ContractedCost": "0"}),
            bill({"ContractedCost": "0", "EffectiveCost": "0"}),
        )

        assert zero.charges[0].contracted_cost is None
        assert zero.failing["contracted_cost_unavailable"] == 1
        assert free.charges[0].contracted_cost == 0
        assert "contracted_cost_unavailable" not in free.failing

    @pytest.mark.parametrize(
        ("column", "text", "reason"),
        [
            ("BillingAccountId", "NULL", "BillingAccountId is missing"),
            ("BillingCurrency", "Token", "BillingCurrency is not a currency code"),
            ("BillingPeriodStart", "May", "BillingPeriodStart 'May' is written in no way"),
            ("ChargePeriodStart", "", "ChargePeriodStart is missing"),
            ("ChargePeriodEnd", "2026-02-30", "ChargePeriodEnd '2026-02-30T00:00' is no date"),
            ("BilledCost", "1.234,50", "BilledCost has thousands separators"),
            ("PricingQuantity", "inf", "PricingQuantity is not a finite number"),
        ],
    )
    def test_what_places_a_charge_is_never_guessed(
        self, column: str, text: str, reason: str
    ) -> None:
        found = bill({}, {column: text}, {})

        assert len(found.charges) == 2
        assert [line for line, _ in found.rejected] == [3]
        assert found.rejected[0][1].startswith(reason)

    def test_dates_of_another_dialect_cost_their_row_alone(self) -> None:
        found = bill({}, {"ChargePeriodStart": "5/4/26"}, {"ChargePeriodStart": "2026-05-04 00:00"})

        assert len(found.charges) == 2
        assert "may be month/day or day/month" in found.rejected[0][1]

    def test_a_file_of_slashes_is_settled_by_its_billing_period(self) -> None:
        month = {"BillingPeriodStart": "1/4/2026", "BillingPeriodEnd": "1/5/2026"}
        days = {"ChargePeriodStart": "2/4/2026", "ChargePeriodEnd": "3/4/2026"}

        found = bill(month | days, month | {"ChargePeriodStart": "4/25/2026"})

        assert found.charges[0].charge_period_start == datetime(2026, 4, 2, tzinfo=UTC)
        assert "read as day/month like the rest" in found.rejected[0][1]

    def test_two_currencies_stay_two(self) -> None:
        found = bill({}, {"BillingCurrency": "eur"})

        assert [charge.billing_currency for charge in found.charges] == ["USD", "EUR"]

    def test_virtual_currencies_are_kept_and_never_converted(self) -> None:
        more = {"PricingCurrency": "Token", "PricingCurrencyEffectiveCost": "245"}

        charge = bill(more).charges[0]

        assert (charge.billing_currency, charge.effective_cost) == ("USD", Decimal("10.50"))
        assert charge.extra is not None
        assert charge.extra.items() >= more.items()

    @pytest.mark.parametrize("word", ["refund", "Savings", "=1+1"])
    def test_an_unknown_category_is_an_adjustment_that_keeps_its_word(self, word: str) -> None:
        charge = bill({"ChargeCategory": word}).charges[0]

        assert charge.charge_category == "Adjustment"
        assert (charge.extra or {})["ChargeCategory"] == word

    def test_what_a_person_says_of_the_file_fills_what_it_does_not_say(self) -> None:
        rows = [{k: v for k, v in ROW.items() if k != "BillingAccountId"} | {"BillingCurrency": ""}]
        told = {"billing_account_id": "9", "billing_currency": "EUR"}

        with Source("bill.csv", BytesIO(as_csv(*rows))) as source:
            decode = Focus().decoder(ReadOptions(now=NOW, defaults=told))
            (charge,) = decode(next(row for row in source.rows() if isinstance(row, Row)))

        assert (charge.billing_account_id, charge.billing_currency) == ("9", "EUR")
        with pytest.raises(ValueError, match="colour is none of"):
            Focus().decoder(ReadOptions(now=NOW, defaults={"colour": "red"}))

    def test_equal_rows_are_all_true(self) -> None:
        assert len(bill({}, {}, {}).charges) == 3


class TestHostile:
    def test_texts_are_kept_as_they_are_or_cut(self) -> None:
        nasty = '=HYPERLINK("x")<script>\u202e\U0001f600'
        charge = bill({"ServiceName": nasty, "ChargeDescription": "x" * 4_000_000}).charges[0]

        assert charge.service_name == nasty
        assert charge.charge_description == "x" * 2000

    def test_a_cell_of_over_four_megabytes_rejects_its_row_alone(self) -> None:
        found = bill({"ResourceId": ""}, {"ResourceId": "x" * 4_200_000}, {"ResourceId": "r"})

        assert (len(found.charges), found.rejected) == (2, [(3, "line is longer than 4 MB")])

    def test_nul_is_taken_out(self) -> None:
        assert bill({"ServiceName": "a\x00b"}).charges[0].service_name == "ab"

    @pytest.mark.parametrize("tags", ["[" * 100_000, '{"a":' * 20_000, "no json", '{"a": 1'])
    def test_tags_that_are_none_are_kept_as_text(self, tags: str) -> None:
        found = bill({"Tags": tags})

        assert found.charges[0].tags == {"(unreadable)": tags[:500]}
        assert found.failing["tags_format"] == 1

    def test_latin_1_rejects_its_row_alone(self) -> None:
        good = as_csv(ROW, ROW)
        bad = good + b"\n" + good.split(b"\n")[1].replace(b"Acme", b"Caf\xe9")

        found = read(Source("bill.csv", BytesIO(bad)))

        assert (len(found.charges), found.rejected) == (2, [(4, "text is not UTF-8")])

    def test_a_repeated_header_is_a_row_without_a_date(self) -> None:
        data = as_csv(ROW) + b"\n" + as_csv(ROW)

        found = read(Source("bill.csv", BytesIO(data)))

        assert len(found.charges) == 2
        assert len(found.rejected) == 1

    def test_half_a_file(self) -> None:
        data = as_csv(*[ROW] * 50)

        found = read(Source("bill.csv", BytesIO(data[: len(data) // 2])))
        assert 20 <= len(found.charges) <= 25
        assert len(found.rejected) <= 1
        with pytest.raises(ImportFailed, match="cut off before its end"):
            read(Source("bill.csv.gz", BytesIO(gzip.compress(data)[:-20])))

    def test_an_empty_file_and_a_header_alone(self) -> None:
        header = as_csv(ROW).split(b"\n")[0]

        assert told(header) == "focus"
        assert read(Source("bill.csv", BytesIO(header))) == Bill()
        assert read(Source("bill.csv", BytesIO(b""))) == Bill()

    def test_json_rows_may_leave_out_and_add_columns(self) -> None:
        later = {"InvoiceId": "I-1", "x_New": {"a": [1.5]}, "Tags": {"team": "chat"}}
        lines = [json.dumps(ROW), json.dumps({**ROW, **later}), json.dumps([1]), "{"]

        found = read(Source("bill.jsonl", BytesIO("\n".join(lines).encode())))

        assert [charge.invoice_id for charge in found.charges] == [None, "I-1"]
        assert found.charges[1].tags == {"team": "chat"}
        assert (found.charges[1].extra or {})["x_New"] == '{"a":[1.5]}'
        assert [line for line, _ in found.rejected] == [3, 4]

    @given(
        rows=st.lists(
            st.fixed_dictionaries(
                {
                    column: st.one_of(st.just(ROW[column]), st.text(max_size=12))
                    for column in ("BilledCost", "BillingPeriodStart", "ChargeCategory", "Tags")
                }
            ),
            min_size=1,
            max_size=4,
        )
    )
    @settings(max_examples=40, deadline=None)
    def test_every_row_is_a_charge_or_a_reason(self, rows: list[dict[str, str]]) -> None:
        lines = [json.dumps({**ROW, **row}) for row in rows]

        found = read(Source("bill.jsonl", BytesIO("\n".join(lines).encode())))

        assert len(found.charges) + len(found.rejected) == len(rows)
        assert all(reason for _, reason in found.rejected)


class TestScore:
    def test_a_bill_that_keeps_all_rules(self) -> None:
        score = bill({}, {}).score

        assert (score["standard"], score["rows"], score["percent"]) == ("FOCUS 1.0", 2, 100.0)
        assert score["findings"] == []
        assert score["rules"] > 30

    @pytest.mark.parametrize(
        ("change", "rule", "level"),
        [
            ({"ChargeCategory": "Refund"}, "charge_category", "error"),
            ({"ChargeClass": "Fix"}, "charge_class", "error"),
            ({"ChargeFrequency": "Usage-based"}, "charge_frequency", "error"),
            ({"PricingCategory": "On-Demand"}, "pricing_category", "error"),
            ({"ServiceCategory": "Database"}, "service_category", "error"),
            ({"BillingCurrency": "usd"}, "billing_currency", "error"),
            ({"InvoiceIssuerName": "NULL"}, "issuer_given", "error"),
            ({"ServiceName": ""}, "service_given", "error"),
            ({"ConsumedUnit": ""}, "consumed_unit", "error"),
            ({"PricingQuantity": ""}, "pricing_unit", "error"),
            ({"SkuId": ""}, "sku_given", "warning"),
            ({"ListUnitPrice": ""}, "list_price_given", "warning"),
            ({"CommitmentDiscountStatus": "Used"}, "committed_where_covered", "warning"),
            (
                {"CommitmentDiscountId": "c-1", "CommitmentDiscountStatus": ""},
                "status_of_commitment",
                "error",
            ),
            ({"ChargeDescription": ""}, "description_given", "info"),
            ({"ChargeClass": "NULL"}, "null_is_empty", "info"),
            ({"ChargePeriodStart": "2026-05-03 00:00:00"}, "date_format", "error"),
            ({"ChargePeriodEnd": "2026-05-03T00:00:00Z"}, "period_order", "error"),
            ({"BilledCost": "+10.50"}, "number_format", "error"),
            ({"Tags": '"team":"search"}'}, "tags_format", "error"),
            ({"ListCost": "12.01"}, "list_cost_product", "warning"),
            ({"ContractedUnitPrice": "3"}, "contracted_cost_product", "warning"),
        ],
    )
    def test_a_rule_names_its_rows(self, change: Mapping[str, str], rule: str, level: str) -> None:
        score = bill({}, change, {}, *[change] * 4).score

        found = {finding["rule"]: finding for finding in score["findings"]}
        assert (found[rule]["level"], found[rule]["rows"]) == (level, 5)
        assert found[rule]["lines"] == [3, 5, 6]
        assert (score["percent"] < 100) == any(each["level"] != "info" for each in found.values())

    def test_corrections_need_no_prices_and_no_products(self) -> None:
        change = {"ChargeClass": "Correction", "ListUnitPrice": "", "SkuId": "", "ListCost": "-7"}

        assert bill(change).failing == {}

    def test_a_missing_column_fails_every_row(self) -> None:
        whole, lacking = bill({}, {}), bill({}, {}, without=["ServiceName"])

        assert lacking.failing == {"column_ServiceName": 2}
        assert lacking.score["percent"] < whole.score["percent"]

    def test_the_report_can_be_stored(self) -> None:
        score = bill({"Tags": "no"}, {"BilledCost": ""}).score

        assert json.loads(json.dumps(score)) == score
