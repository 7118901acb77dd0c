"""Native bills of others arrive to the last digit, and no format takes another's for its own."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Final

import pytest

from ingest.formats import FORMATS, recognise
from ingest.readers import open_source
from ingest.source_format import Head, Refused, SourceFormat
from tests.ingest.formats.reading import SAMPLES, read, table, total

DATA = Path(__file__).parents[4] / "shared" / "data" / "billing"
AZURE: Final = "opencost_azure-billing-headers/"
NO_CURRENCY: Final = "BillingCurrency is missing: --set billing_currency=USD"

#: File → format, rows, and what they come to.
READ: Final = {
    "aws-cur_legacy_anonymous_focus-converters.csv": "aws-cur 1281 1.68230869740",
    "azure-ea-export_anonymous_focus-converters.csv": "azure-costs 27 1.26136926505726",
    "oci-cost-report_focus-converters.csv": "oci-costs 506 2.523589325400648027",
    f"{AZURE}headersets_Enterprise.csv": "azure-costs 1 0",
    f"{AZURE}headersets_EnterpriseCamel.csv": "azure-costs 1 0.012",
    f"{AZURE}headersets_German.csv": "azure-costs 1 0.075",
    f"{AZURE}headersets_PayAsYouGo.csv": "azure-costs 1 0.075",
    f"{AZURE}headersets_YA.csv": "azure-costs 1 0.075",
}
#: File → why each of its rows is rejected.
REJECTED: Final = {
    f"{AZURE}headersets_BOM.csv": NO_CURRENCY,
    f"{AZURE}values_MissingBrackets.csv": NO_CURRENCY,
    f"{AZURE}values_VirtualMachine.csv": NO_CURRENCY,
    f"{AZURE}values_Template.csv": "row has 10 fields, the header has 11",
}

shared = pytest.mark.skipif(not DATA.exists(), reason="the shared data is not here")


@shared
@pytest.mark.parametrize("name", READ)
def test_every_digit_arrives(name: str) -> None:
    format_name, rows, billed = READ[name].split()

    found, reasons = read(DATA / name)

    with open_source(DATA / name) as opened:
        assert recognise(opened.head).name == format_name
    assert (len(found), reasons) == (int(rows), [])
    assert total(found) == total(found, "effective_cost") == Decimal(billed)


@shared
@pytest.mark.parametrize("name", REJECTED)
def test_what_lacks_the_essential_is_refused(name: str) -> None:
    found, reasons = read(DATA / name)

    assert not found
    assert all(reason.startswith(REJECTED[name]) for reason in reasons)


@shared
def test_what_lacks_a_currency_is_read_with_one() -> None:
    found, reasons = read(DATA / f"{AZURE}values_MissingBrackets.csv", billing_currency="EUR")

    assert (total(found), reasons) == (Decimal(4), [])
    assert found[0].tags
    assert found[0].tags["resourceNameSuffix"] == "12345678"


@shared
def test_every_native_file_is_in_the_table() -> None:
    native = {str(path.relative_to(DATA)) for path in DATA.rglob("*.csv")}

    assert {name for name in native if not name.startswith("focus-")} == {*READ, *REJECTED}


def test_hostile_columns_are_kept_within_bounds() -> None:
    """Columns that nobody knows come with the charge, but no more of them than a bill may need."""
    odd = {"=cmd|calc": "1", "<script>": "2", "password": "3", "x" * 900: "y" * 900}
    many = {f"column {number}": "z" for number in range(3000)}
    known = {
        "line_item_line_item_type": "Usage",
        "line_item_usage_start_date": "2026-10-05",
        "line_item_unblended_cost": "1",
        "line_item_currency_code": "USD",
    }

    (found,), _ = read(table(known | odd | many))

    kept = found.extra or {}
    assert (kept["=cmd|calc"], kept["<script>"]) == ("1", "2")
    assert "password" not in kept
    assert len(kept) <= 101
    assert max(map(len, (*kept, *kept.values()))) == 500


@pytest.mark.parametrize(
    "path", sorted(SAMPLES.glob("*/*.input.*")), ids=lambda path: f"{path.parent.name}-{path.name}"
)
def test_no_format_takes_the_file_of_another(path: Path) -> None:
    with open_source(path) as opened:
        taken = {form.name for form in FORMATS if _takes(form, opened.head)}

    assert taken <= {path.parent.name}


def _takes(form: SourceFormat, head: Head) -> bool:
    try:
        return head.layout in form.layouts and form.identify(head)
    except Refused:
        return True
