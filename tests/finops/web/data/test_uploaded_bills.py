"""Bills come in by the same pages: looked at first, by whoever may, and kept apart from calls."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from finops.models import BillSnapshot, Source
from finops.web.data.bills import rhythm
from finops.web.data.words import fates, outcome_sentence
from ingest.bill_trial import TRIED, try_bill
from ingest.models import Import
from ingest.tasks import take_up_imports
from tests.finops.bills.charges import NOW, charge, land
from tests.finops.ledger.usage import call, json_lines

pytestmark = pytest.mark.usefixtures("ledger")

HEADER = (
    "BillingAccountId,BillingCurrency,BillingPeriodStart,BillingPeriodEnd,ChargePeriodStart,"
    "ChargePeriodEnd,ChargeCategory,ServiceName,ServiceProviderName,BilledCost,EffectiveCost,"
    "ListCost,ContractedCost"
)


def line(billed: str, day: int = 1, service: str = "Disks") -> str:
    begins, ends = f"2026-10-{day:02}T00:00:00Z", f"2026-10-{day + 1:02}T00:00:00Z"
    month = "2026-10-01T00:00:00Z,2026-11-01T00:00:00Z"
    costs = f"{billed},{billed},,{billed}"
    return f"acme,USD,{month},{begins},{ends},Usage,{service},AWS,{costs}"


BILL = "\n".join((HEADER, line("20.52022672899"), line("1E-12", day=2), line("-3"))).encode()
CALLS = json_lines([call(id="1")])


def words(answer: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def send(client: Client, data: bytes, name: str = "october.csv", **fields: str) -> Any:
    told = {"file": SimpleUploadedFile(name, data), "complete": "yes", **fields}
    return client.post("/data/upload/", told)


def test_a_bill_is_looked_at_before_it_counts(signed_in: Callable[[str], Client]) -> None:
    client = signed_in("finance")
    there = send(client, BILL, source="aws-bill").url
    looked = words(client.get(there))

    assert "3 charges in USD" in looked
    assert "Billed $17.520226728991 0" in looked
    assert "List not stated 3" in looked
    assert "by the rules of FOCUS" in looked
    assert "October 2026 acme 3 nothing, it is new" in looked
    assert not BillSnapshot.objects.exists()

    started = client.post(there)
    take_up_imports()
    (bill,) = BillSnapshot.objects.all()
    assert (bill.status, bill.totals["USD"]["billed_cost"]) == ("current", "17.520226728991")
    told = words(client.get(started.url))
    assert "3 charges came in" in told
    assert "1 bill in it" in told
    assert "October 2026, version 1" in told
    again = client.post(there, follow=True)
    assert "needs no answer any more" in words(again)

    there = send(client, BILL + b"\n" + line("5").encode(), source="aws-bill").url
    assert "version 1, 3 charges" in words(client.get(there))


def test_finance_brings_bills_and_no_calls(signed_in: Callable[[str], Client]) -> None:
    client = signed_in("finance")
    for data, name in ((CALLS, "calls.jsonl"), (b"a,b\n1,2\n", "what.csv")):
        answer = send(client, data, name)
        assert answer.status_code == 403
        assert "no bill that Costline knows" in words(answer)
    assert not Import.objects.exists()
    assert "Fill in what the rows leave out" not in words(client.get("/data/upload/"))


@pytest.mark.parametrize(
    ("role", "bills", "calls"),
    [
        ("viewer", 403, 403),
        ("datascience", 403, 403),
        ("finance", 302, 403),
        ("engineering", 302, 302),
    ],
)
def test_each_kind_of_import_has_its_own_right(
    signed_in: Callable[[str], Client], role: str, bills: int, calls: int
) -> None:
    client = signed_in(role)
    for kind, status in (("billing", bills), ("usage", calls)):
        job = Import.objects.create(path="x", kind=kind, created_at=NOW)
        assert client.post(f"/data/imports/{job.pk}/cancel/").status_code == status
        job = Import.objects.create(path="x", kind=kind, created_at=NOW, status=Import.DONE)
        assert client.post(f"/data/imports/{job.pk}/delete/").status_code == status


def test_the_data_page_keeps_bills_and_calls_apart(signed_in: Callable[[str], Client]) -> None:
    land(charge("2026-10-31"), source="aws-bill")
    Source.objects.create(name="gateway")
    client = signed_in("viewer")
    page, sources = words(client.get("/data/")), words(client.get("/data/sources/"))

    assert "1 source" in page
    assert "Bills of 1 account" in page
    assert "31 Oct 2026" in page
    assert sources.index("gateway") < sources.index("Where bills come from")
    assert sources.index("Where bills come from") < sources.index("aws-bill")
    bill = Source.objects.get(name="aws-bill")
    form = signed_in("engineering").get(f"/data/sources/{bill.pk}/").content.decode()
    assert 'name="role"' not in form


def test_rows_that_cannot_be_read_are_shown_with_their_line(
    signed_in: Callable[[str], Client],
) -> None:
    data = BILL + b"\n" + line("a lot").encode()
    there = send(signed_in("admin"), data).url
    looked = words(signed_in("admin").get(there))
    assert "1 row cannot be read" in looked
    assert "Line 5:" in looked
    assert try_bill(Import.objects.get()).rejected_rows == 1
    assert TRIED > 4


def test_words_of_a_bill() -> None:
    job = Import(kind="billing", rows=2, duplicates=2, status=Import.DONE)
    assert outcome_sentence(job) == "The same bill is in place already. Nothing changed."
    assert sum(count for _, count, _ in fates(job)) == job.rows
    assert rhythm(None) == "about once a month"
