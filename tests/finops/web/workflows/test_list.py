"""The page of all workflows: sorted, folded, searched, exported, and empty."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from finops.models import DimensionValue, Person
from finops.web.styleguide import HOSTILE
from tests.finops.ledger.usage import call, import_rows

Reader = Callable[[str], str]


@pytest.fixture
def read(ledger: None, signed_in: Callable[[str], Client]) -> Reader:
    client = signed_in("viewer")

    def reading(query: str = "") -> str:
        answer = client.get(f"/workflows/{query}")
        assert answer.status_code == 200
        return answer.content.decode()

    return reading


def some(count: int, **fields: object) -> None:
    """Workflows of which the first has most calls."""
    now = datetime.now(UTC)
    import_rows(
        *(
            call(
                id=f"{workflow}/{n}/{fields}",
                time=now.isoformat(),
                workflow=f"flow-{workflow:02}",
                **fields,
            )
            for workflow in range(1, count + 1)
            for n in range(count + 1 - workflow)
        )
    )


def names(page: str) -> list[str]:
    return re.findall(r'<a href="/workflows/[^"]+">\s*(flow-\d+)\s*</a>', page)


def test_the_dearest_comes_first_and_shares_add_up(read: Reader) -> None:
    some(3)
    page = read()

    assert names(page) == ["flow-01", "flow-02", "flow-03"]
    assert re.findall(r'data-l="Added up">([^<]+)<', page) == [
        "50.0%",
        "83.3%",
        "100.0%",
    ]
    assert 'aria-sort="descending"' in page


def test_twelve_are_told_apart_and_the_rest_stands_in_one_row(read: Reader) -> None:
    some(20)
    page = read()

    assert len(names(page)) == 12
    assert "Show 8 other workflows" in page
    assert len(names(read("?all=1"))) == 20


def test_a_rest_of_a_few_is_no_rest(read: Reader) -> None:
    some(15)

    assert len(names(read())) == 15


def test_fifty_stand_on_a_page(read: Reader) -> None:
    now = datetime.now(UTC).isoformat()
    import_rows(*(call(id=f"{n}", time=now, workflow=f"flow-{n:02}") for n in range(61)))

    assert len(names(read("?all=1"))) == 50
    assert len(names(read("?all=1&page=2"))) == 11
    assert "Page 2 of 2" in read("?all=1&page=99")


@pytest.mark.parametrize(
    ("query", "order", "sorted_as"),
    [
        ("?sort=name", ["flow-01", "flow-02", "flow-03"], "ascending"),
        ("?sort=-name", ["flow-03", "flow-02", "flow-01"], "descending"),
        ("?sort=calls", ["flow-01", "flow-02", "flow-03"], "descending"),
        ("?sort=-calls", ["flow-03", "flow-02", "flow-01"], "ascending"),
        ("?sort=-spend", ["flow-03", "flow-02", "flow-01"], "ascending"),
        ("?sort=change", ["flow-01", "flow-02", "flow-03"], "descending"),
        ("?sort=nonsense", ["flow-01", "flow-02", "flow-03"], "descending"),
    ],
)
def test_columns_sort_both_ways(query: str, order: list[str], sorted_as: str, read: Reader) -> None:
    some(3)
    page = read(query)

    assert names(page) == order
    assert re.findall(r'aria-sort="(\w+)"', page) == [sorted_as]


def test_names_are_found_whatever_their_case(read: Reader) -> None:
    some(3)
    DimensionValue.objects.create(dimension="workflow", value="flow-02", display_name="Reviews")

    page = read("?q=rEVIEW")

    assert "Reviews" in page
    assert "flow-01" not in page
    assert "1 workflow with “rEVIEW” in the name" in page


def test_a_search_in_vain_offers_a_way_out(read: Reader) -> None:
    some(2)
    page = read("?q=nothing-like-it&team=nobody")

    assert "No workflow matches these filters." in page
    assert re.search(
        r'<a class="btn btn-primary" href="\?period=\d{4}-\d\d">Clear filters</a>', page
    )


def test_an_empty_installation_has_a_page(read: Reader) -> None:
    assert "No workflow has cost anything in this period" in read()


def test_owners_stand_beside_their_workflows(read: Reader) -> None:
    some(2)
    owner = Person.objects.create_user("eng@test.example", name="Ada Byron", role="engineering")
    DimensionValue.objects.create(dimension="workflow", value="flow-01", technical_owner=owner)

    page = read()

    assert "Ada Byron" in page
    assert page.count("No owner") == 1


def test_a_team_narrows_everything(read: Reader) -> None:
    some(2, team="growth")
    some(3, team="legal")

    assert names(read("?team=growth")) == ["flow-01", "flow-02"]
    assert '<option value="legal"' in read("?team=growth")


def test_calls_without_a_workflow_are_always_shown(read: Reader) -> None:
    import_rows(call(id="1", time=datetime.now(UTC).isoformat()))
    page = read()

    assert "Not attributed to a workflow" in page
    assert "/workflows/unallocated/" in page


def test_calls_without_a_price_are_no_zero(read: Reader) -> None:
    now = datetime.now(UTC).isoformat()
    import_rows(call(id="1", time=now, workflow="flow-01", model="nobody-knows-it"))
    page = read()

    assert "no price" in page
    assert "1 call without a price" in page


def test_what_is_gone_this_period_still_shows_its_fall(read: Reader) -> None:
    before = (datetime.now(UTC) - timedelta(days=40)).isoformat()
    import_rows(call(id="1", time=before, workflow="flow-01"))

    assert names(read("?period=30d")) == ["flow-01"]


def test_the_export_has_raw_amounts_and_no_formulas(
    ledger: None, signed_in: Callable[[str], Client]
) -> None:
    now = datetime.now(UTC).isoformat()
    import_rows(
        call(id="1", time=now, workflow="=cmd|calc"), call(id="2", time=now, workflow=HOSTILE)
    )
    answer = signed_in("viewer").get("/workflows/?format=csv")

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert {row["workflow"] for row in rows} == {"'=cmd|calc", HOSTILE}
    assert {(Decimal(row["cost"]), row["calls"], row["currency"]) for row in rows} == {
        (Decimal("0.0075"), "1", "USD")
    }


@pytest.mark.parametrize("name", [HOSTILE, "x" * 500, "a/b/../c", "line\nbreak", "100%?#&"])
def test_any_name_is_text_and_leads_to_its_page(
    name: str, ledger: None, signed_in: Callable[[str], Client]
) -> None:
    import_rows(call(id="1", time=datetime.now(UTC).isoformat(), workflow=name))
    client = signed_in("viewer")
    page = client.get("/workflows/").content.decode()
    (address,) = re.findall(r'class="name">\s*<a href="([^"]+)"', page)

    assert "<script>alert" not in page
    answer = client.get(address.replace("&amp;", "&"))
    assert answer.status_code == 200
    assert "<script>alert" not in answer.content.decode()


@pytest.mark.parametrize("query", ["?period=nonsense", "?against=never", "?period=2999-01"])
def test_an_address_that_makes_no_sense_is_refused(
    query: str, ledger: None, signed_in: Callable[[str], Client]
) -> None:
    assert signed_in("viewer").get(f"/workflows/{query}").status_code == 400


def test_it_reads_narrow_rollups_alone(ledger: None, signed_in: Callable[[str], Client]) -> None:
    some(3)
    client = signed_in("viewer")
    with CaptureQueriesContext(connection) as queries:
        client.get("/workflows/")

    # Up to when data is complete is one look at the end of the calls' index.
    read_from = " ".join(query["sql"] for query in queries if "stale_hours" not in query["sql"])
    assert "cost_by_day" in read_from
    assert not re.search(r'FROM "?(calls|cost_by_day_full|runs)\b', read_from)
