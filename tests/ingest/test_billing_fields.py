"""What stands in the cells of bills: amounts, names, currencies, tags, columns."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import billing_fields as cells
from ingest.known import MAX_KNOWN
from ingest.source_format import RowRejected

exact = st.decimals(allow_nan=False, allow_infinity=False, places=14, min_value=-(10**20)).filter(
    lambda number: abs(number) < 10**25
)


class TestAmounts:
    @given(number=exact)
    @settings(max_examples=50)
    def test_no_digit_is_lost(self, number: Decimal) -> None:
        for text in (str(number), f"{number:E}", f" {number:f} "):
            assert cells.amount(text, "BilledCost") == number

    @given(number=st.floats(allow_nan=False, allow_infinity=False, min_value=-1e25, max_value=1e25))
    @settings(max_examples=50)
    def test_a_float_counts_by_its_shortest_spelling(self, number: float) -> None:
        read = cells.amount(number, "BilledCost")

        assert read == (Decimal(repr(number)) if abs(number) >= 1e-60 else 0)

    @pytest.mark.parametrize("text", ["", "  ", "NULL", "null", "\\N", None])
    def test_nothing_is_missing_and_not_zero(self, text: str | None) -> None:
        assert cells.amount(text, "BilledCost") is None
        assert cells.amount("0", "BilledCost") == 0

    @pytest.mark.parametrize(
        ("text", "number"),
        [("1.81E-8", "0.0000000181"), ("-0.0", "0"), ("+5", "5"), (".5", "0.5"), ("0E9", "0")],
    )
    def test_odd_spellings(self, text: str, number: str) -> None:
        read = cells.amount(text, "BilledCost")

        assert read == Decimal(number)
        assert str(read)[0] != "-"

    @pytest.mark.parametrize(
        ("value", "reason"),
        [
            ("NaN", "is not a finite number"),
            ("-inf", "is not a finite number"),
            (float("nan"), "is not a finite number"),
            (Decimal("Infinity"), "is not a finite number"),
            ("1,234", "has thousands separators or a decimal comma: its value is unsure"),
            ("1.234,50", "has thousands separators or a decimal comma: its value is unsure"),
            ("1_000", "is not a number"),
            ("१२", "is not a number"),
            ("=1+1", "is not a number"),
            ("1e999", "has more than 30 digits before the point"),
            ("1e-999", "has more than 100 decimals"),
            ("9" * 600, "is not a number"),
            (True, "is not a number"),
            ([1], "is not a number"),
            (10**400, "has more than 30 digits before the point"),
        ],
    )
    def test_what_is_no_amount_is_rejected(self, value: Any, reason: str) -> None:
        with pytest.raises(RowRejected) as rejected:
            cells.amount(value, "BilledCost")

        assert rejected.value.reason == f"BilledCost {reason}"
        assert rejected.value.field == "BilledCost"

    def test_a_spreadsheet_s_spelling_is_read_where_it_has_one_reading(self) -> None:
        amounts = cells.Amounts("BilledCost", spreadsheet=True)

        assert amounts["$10,000.00 "] == 10_000
        assert amounts["-1,234,567.5"] == Decimal("-1234567.5")
        for text in ("1,234", "1.234,5", "12,34.5", "$1,0000.00"):
            with pytest.raises(RowRejected):
                amounts[text]

    def test_cents_move_the_point_and_nothing_else(self) -> None:
        digits = "123456789.0123456789012345678901234567891"

        assert cells.cents(digits, "amount") == Decimal("1234567.890123456789012345678901234567891")
        assert cells.cents("123.45", "amount") == Decimal("1.2345")

    def test_what_is_remembered_is_bounded(self) -> None:
        amounts = cells.Amounts("BilledCost")
        for number in range(MAX_KNOWN + 10):
            amounts[str(number)]
        amounts[" " * 4_000_000]

        assert max(map(len, amounts)) < 1000
        assert len(amounts) <= MAX_KNOWN


class TestNames:
    def test_names_lose_blanks_and_nul_and_are_cut(self) -> None:
        names = cells.Names()

        assert names["  Search "] == "Search"
        assert names["a\x00b"] == "ab"
        assert names["NULL"] is None
        assert names["x" * 4_000_000] == "x" * 500

    def test_a_currency_is_three_letters(self) -> None:
        assert cells.currency(" usd ") == "USD"
        for text, reason in (
            ("", "is missing"),
            ("NULL", "is missing"),
            ("Token", "three letters"),
        ):
            with pytest.raises(RowRejected, match=reason):
                cells.currency(text)


class TestTags:
    @pytest.mark.parametrize(
        "text",
        [
            '{"team": "search", "shared": true}',
            '"team": "search","shared": true',
            '"team": "search", "shared": true,',
            '[{"key": "team", "value": "search"}, {"Key": "shared"}]',
            '{" team": "other", "team": "search", "shared": true}',
        ],
    )
    def test_all_dialects_say_the_same(self, text: str) -> None:
        assert cells.flat_tags(text) == {"team": "search", "shared": "true"}

    @pytest.mark.parametrize("text", ["", "NULL", "null", "{}", "[]", None])
    def test_none(self, text: str | None) -> None:
        assert cells.flat_tags(text) is None

    @pytest.mark.parametrize(
        "text",
        ["=cmd|' /C calc'!A0", '{"a":', "[1]", "[" * 100_000, '{"a":' * 50_000, '"' * 300_000],
    )
    def test_what_is_no_json_is_kept_as_text(self, text: str) -> None:
        assert cells.flat_tags(text) == {cells.UNREADABLE: text[:500]}

    def test_a_bomb_stays_small(self) -> None:
        many = json.dumps({f"k{number}": "v" * 10_000 for number in range(20)})
        wide = json.dumps({f"k{number}": number for number in range(10_000)})
        deep = '{"a":' + "[" * 900 + "]" * 900 + "}"

        assert all(len(value) == 500 for value in (cells.flat_tags(many) or {}).values())
        assert len(cells.flat_tags(wide) or {}) == cells.MAX_TAGS
        assert len(json.dumps(cells.flat_tags(deep))) < 1000

    def test_secrets_and_nul_are_left_out(self) -> None:
        tags = cells.flat_tags('{"api_key": "sk-1", "te\\u0000am": "se\\u0000arch", "": "x"}')

        assert tags == {"team": "search"}

    @given(
        tags=st.dictionaries(
            st.text("abc_é", min_size=1), st.text("xyz ß", max_size=20), max_size=8
        )
    )
    @settings(max_examples=30)
    def test_plain_tags_come_back(self, tags: dict[str, str]) -> None:
        assert (cells.flat_tags(json.dumps(tags)) or {}) == tags


class TestColumns:
    @pytest.mark.parametrize(
        "header",
        [
            "CostInBillingCurrency",
            "cost_in_billing_currency",
            "\ufeffCostInBillingCurrency",
            "Kosten in Abrechnungswährung (CostInBillingCurrency)",
            '"cost/InBilling Currency"',
        ],
    )
    def test_one_key_for_all_spellings(self, header: str) -> None:
        assert cells.column_key(header) == "costinbillingcurrency"

    def test_extra_is_bounded_and_keeps_no_content(self) -> None:
        row = {f"x_{number}": "v" * 1000 for number in range(500)} | {"prompt": "never"}
        extra = cells.extra_of(["prompt", "x_null", *row])(row | {"x_null": "NULL"})

        assert extra is not None
        assert len(extra) == cells.MAX_EXTRA - 1
        assert {len(text) for text in extra.values()} == {500}
        assert not {"prompt", "x_null"} & extra.keys()
