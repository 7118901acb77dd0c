"""The pages of shared cost: the dry run, publishing, pools, splits, and uploaded drivers."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from finops.allocation.running import publish
from finops.models import AllocationRun, CostPool, DriverValue, MonthClose
from tests.finops.allocation.at_hand import NOW, OCTOBER, own, pool, shared
from tests.finops.bills.charges import land

pytestmark = pytest.mark.django_db
D = Decimal
HOSTILE = "<script>alert(1)</script>\N{RIGHT-TO-LEFT OVERRIDE}😀=cmd"


@pytest.fixture
def finance(signed_in: Callable[[str], Client]) -> Client:
    """Somebody who may set money, with a month of bills."""
    land(own("search", "75"), own("chat", "25"), shared("Pinecone", "50"), shared("X", "7"))
    return signed_in("finance")


def body(client: Client, address: str, **data: Any) -> str:
    """The page, or what answers a form that is not accepted, without needless spaces."""
    answer = client.post(address, data) if data else client.get(address)
    assert answer.status_code in {200, 422}
    return re.sub(r"\s+", " ", answer.content.decode())


def seen(page: str) -> str:
    """What the page says was looked at."""
    found = re.search(r'name="seen" value="(\w+)"', page)
    assert found
    return found[1]


def pool_form(**fields: Any) -> dict[str, Any]:
    """A whole form of a pool."""
    usual = {"name": "Vector store", "dimension": "team", "stage": "1", "method": "even"}
    return {**usual, "fallback": "unallocated", "since": "2026-10", "do": "save", **fields}


def test_a_dry_run_is_looked_at_and_published_once(finance: Client) -> None:
    pool("Vector store", service_name="pinecone")
    dry = body(finance, "/bills/shared/?month=2026-10")
    assert "Nothing of October 2026 is published yet." in dry
    assert "$157.00 in, $157.00 out" in dry
    form = {"month": "2026-10", "by": "team", "basis": "effective", "reason": "The first"}
    for _ in range(2):
        answer = finance.post("/bills/shared/publish/", {**form, "seen": seen(dry)})
        assert answer.status_code == 302
    assert AllocationRun.objects.get().run_by == "Test finance"
    now = body(finance, "/bills/shared/")
    assert "<b>Published</b> as version 1" in now
    assert "The first" in now
    assert "Before and after" not in now
    assert "Nothing changed." in body(finance, "/bills/shared/?dry=1")
    version = AllocationRun.objects.get().pk
    assert "October 2026, version 1" in body(finance, f"/bills/shared/versions/{version}/")


def test_before_and_after_stand_side_by_side(finance: Client) -> None:
    publish(OCTOBER, now=NOW, by="Maya")
    pool("Vector store", service_name="pinecone", method="fixed", weights={"search": "100"})
    page = body(finance, "/bills/shared/?month=2026-10&dry=1")
    moved = page[page.index("Before and after, by team") :]
    assert "$125.00" in moved
    assert "+$50.00" in moved


def test_what_changed_since_the_dry_run_is_looked_at_again(finance: Client) -> None:
    looked = seen(body(finance, "/bills/shared/?month=2026-10"))
    pool("Vector store", service_name="pinecone")
    form = {"month": "2026-10", "by": "team", "basis": "effective", "seen": looked}
    page = body(finance, "/bills/shared/publish/", **form)
    assert "Look again." in page
    assert seen(page) != looked
    assert not AllocationRun.objects.exists()


def test_a_closed_month_offers_no_publishing(finance: Client) -> None:
    looked = seen(body(finance, "/bills/shared/?month=2026-10"))
    MonthClose.objects.create(month=OCTOBER)
    assert "closed without a statement" in body(finance, "/bills/shared/?month=2026-10")
    form = {"month": "2026-10", "by": "team", "basis": "effective", "seen": looked}
    assert "October 2026 is closed" in body(finance, "/bills/shared/publish/", **form)


@pytest.mark.parametrize("query", ["month=2026-1", "month=x", "by=model", "basis=metered"])
def test_addresses_that_make_no_sense_are_bad_requests(finance: Client, query: str) -> None:
    assert finance.get(f"/bills/shared/?{query}").status_code == 400


def test_a_statement_of_a_team_sums_to_its_total(finance: Client) -> None:
    pool("Vector store", service_name="pinecone", method="direct_cost")
    page = body(finance, "/bills/shared/target/?month=2026-10&target=search")
    assert all(amount in page for amount in ("$75.00", "$37.50", "$112.50"))
    lines = finance.get("/bills/shared/statement.csv?month=2026-10&target=search").content
    assert lines.decode().splitlines() == [
        "month,team,stage,line,method,amount,currency",
        "2026-10,search,0,Direct,Own charges,75,USD",
        "2026-10,search,1,Vector store,By direct cost,37.5,USD",
    ]
    missing = finance.get("/bills/shared/target/?month=2026-10&target=nobody")
    assert missing.status_code == 404


def test_a_pool_is_tried_in_dollars_before_it_is_saved(finance: Client) -> None:
    address = "/bills/shared/pools/add/?month=2026-10"
    tried = body(finance, address, **pool_form(service_name="pine*", do="try"))
    assert "It would pick $50.00 of $57.00 that is nobody’s: 1 charge." in tried
    assert not CostPool.objects.exists()
    saved = finance.post(address, pool_form(service_name="pine*"))
    made = CostPool.objects.get()
    assert (saved.status_code, saved.headers["Location"]) == (
        302,
        f"/bills/shared/pools/{made.pk}/",
    )
    assert made.splits.get().set_by == "Test finance"


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"name": ""}, "Give the pool a name."),
        ({"method": "fixed", "weights": "search 60\nchat 30"}, "They must sum to 100."),
        ({"method": "fixed", "weights": "search"}, "Write a target and a number"),
        ({"method": "fixed", "weights": "a 50\na 50"}, "is there twice"),
        ({"method": "driver"}, "Name the uploaded driver."),
        ({"since": "soon"}, "Enter a month such as 2026-11."),
        ({"surcharge_percent": "3", "provider": "aws"}, "A surcharge picks no charges."),
        ({"utilisation": "x"}, "Enter a percentage such as 62."),
        ({"kinds": "beer"}, "beer"),
        ({"tag": "a\0b"}, "Null characters are not allowed."),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_kept(
    finance: Client, fields: dict[str, str], says: str
) -> None:
    page = body(finance, "/bills/shared/pools/add/", **pool_form(**{"idle_to": "", **fields}))
    assert "There is a problem" in page
    assert says in page
    assert not CostPool.objects.exists()


def test_a_pool_is_changed_split_otherwise_and_stopped(finance: Client) -> None:
    made = pool("Vector store", service_name="pinecone")
    address = f"/bills/shared/pools/{made.pk}/"
    split = {"method": "fixed", "fallback": "even", "weights": "search: 60%\nchat 40"}
    split |= {"since": "2026-11", "seen": "1", "reason": "Agreed in the review"}
    assert finance.post(address, split).status_code == 302
    assert "Agreed in the review" in body(finance, address)
    late = body(finance, address, **split)
    assert "Look again: your entries are below." in late
    assert 'name="seen" value="2"' in late
    change = {"name": "Vectors", "dimension": "team", "stage": "2", "since": "2026-11", "seen": "2"}
    assert finance.post(f"{address}change/", change).status_code == 302
    after = CostPool.objects.get(stopped_from=None)
    assert (after.name, after.stage) == ("Vectors", 2)
    stop = {"stop-since": "2026-11", "stop-seen": "1"}
    assert finance.post(f"/bills/shared/pools/{after.pk}/stop/", stop).status_code == 302
    assert "Stopped" in body(finance, f"/bills/shared/pools/{after.pk}/")


def test_a_driver_is_uploaded_after_a_look(finance: Client) -> None:
    sheet = b"month,target,value\n2026-10,search,3\n"
    file = SimpleUploadedFile("seats.csv", sheet, "text/csv")
    page = body(finance, "/bills/shared/drivers/", driver="Seats", file=file)
    assert "1 new" in page
    assert not DriverValue.objects.exists()
    looked = re.search(r'name="looked" value="(\w+)"', page)
    assert looked
    form = {"driver": "Seats", "sheet": sheet.decode(), "looked": looked[1], "do": "save"}
    assert finance.post("/bills/shared/drivers/", form).status_code == 302
    assert DriverValue.objects.get().value == 3
    assert "Seats" in body(finance, "/bills/shared/drivers/")


@pytest.mark.parametrize(
    ("data", "says"),
    [(b"", "columns"), (b"x" * 1_100_000, "larger than 1 MB"), (b"PK\3\4", "no CSV file")],
)
def test_a_file_that_is_no_sheet_says_so(finance: Client, data: bytes, says: str) -> None:
    file = SimpleUploadedFile("seats.csv", data, "text/csv")
    assert says in body(finance, "/bills/shared/drivers/", driver="Seats", file=file)


def test_hostile_names_are_only_names(finance: Client) -> None:
    land(own(HOSTILE, "5"), shared(HOSTILE, "3"), source="other")
    made = pool(HOSTILE, service_name="*", method="fixed", weights={HOSTILE: "100"})
    for address in (
        "/bills/shared/?month=2026-10",
        f"/bills/shared/pools/{made.pk}/",
        f"/bills/shared/pools/{made.pk}/change/",
    ):
        assert "<script>alert" not in body(finance, address)
    page = finance.get("/bills/shared/target/", {"month": "2026-10", "target": HOSTILE})
    assert page.status_code == 200
    assert b"<script>alert" not in page.content


def test_those_who_may_not_change_see_and_are_offered_nothing(
    finance: Client, signed_in: Callable[[str], Client]
) -> None:
    made = pool("Vector store", service_name="pinecone")
    viewer = signed_in("viewer")
    for address in ("/bills/shared/", f"/bills/shared/pools/{made.pk}/", "/bills/shared/drivers/"):
        page = body(viewer, address)
        assert 'method="post"' not in page.split("<main", 1)[1]
        assert finance.get(address).status_code == 200
    assert viewer.post(f"/bills/shared/pools/{made.pk}/", {"since": "2026-11"}).status_code == 403
