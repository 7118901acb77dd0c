"""Direct, allocated and unallocated: three numbers for other rooms, and the same from scripts."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from finops.allocation.report import statement_csv
from finops.allocation.running import preview, publish
from finops.allocation.standing import allocated_by_target
from finops.attribution.refusals import Refused
from finops.models import AllocationRun
from tests.finops.allocation.at_hand import NOW, OCTOBER, own, pool, shared
from tests.finops.bills.charges import land

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def _month() -> None:
    land(own("search", "75.005"), own("chat", "25"), shared("Pinecone", "50"), shared("X", "7"))
    pool("Vector store", service_name="pinecone", method="direct_cost")
    pool("Support", stage=2, surcharge_percent=D(10), method="direct_cost")


@pytest.mark.usefixtures("_month")
class TestAMonth:
    def test_before_a_statement_nothing_is_allocated(self) -> None:
        found = allocated_by_target([OCTOBER])
        assert (found.direct, found.allocated, found.unallocated) == (D("100.005"), 0, D(57))
        assert found.months == ()

    def test_after_it_three_numbers_and_what_comes_on_top(self) -> None:
        publish(OCTOBER, now=NOW, by="Maya")
        found = allocated_by_target([date(2026, 10, 31), date(2026, 11, 1)])
        assert found.of("search") == (D("75.005"), D("37.50") + D("11.25"))
        assert (found.unallocated, found.surcharges) == (D(7), D("15.00"))
        assert found.direct + found.allocated + found.unallocated == D("157.005") + 15
        assert found.of("nobody").total == 0
        assert found.months == (OCTOBER,)
        assert allocated_by_target([OCTOBER], basis="billed").allocated == 0

    def test_unknown_words_are_refused(self) -> None:
        with pytest.raises(Refused):
            allocated_by_target([OCTOBER], "model")

    def test_the_command_previews_and_publishes(self) -> None:
        told = run("--preview", "--json")
        assert not AllocationRun.objects.exists()
        assert json.loads(run("--json")) | {"published": False, "version": None} == json.loads(told)
        answer = json.loads(told)
        pools = {each["pool"]: each for each in answer["pools"]}
        assert pools["Vector store"] == {
            "pool": "Vector store",
            "stage": 1,
            "method": "direct_cost",
            "amount": "50.00",
            "shares": [
                {"target": "search", "amount": "37.50"},
                {"target": "chat", "amount": "12.50"},
            ],
            "unallocated": "0.00",
        }
        assert pools["In no pool"]["unallocated"] == "7.00"
        assert answer["total_in"] == answer["total_out"] == "172.01"
        assert sum(D(each["amount"]) for each in answer["pools"]) == D("172.01")
        assert sum(
            D(each["unallocated"]) + sum(D(share["amount"]) for share in each["shares"])
            for each in answer["pools"]
        ) == D("172.01")

    def test_the_api_gives_the_statement_in_force(self, signed_in: Callable[[str], Client]) -> None:
        viewer = signed_in("viewer")
        before = viewer.get("/api/v1/allocation/?period=2026-10").json()
        assert (before["published"], before["total_out"]) == (False, "172.01")
        publish(OCTOBER, now=NOW, by="Maya")
        assert viewer.get("/api/v1/allocation/?period=2026-10").json()["version"] == 1
        assert viewer.get("/api/v1/allocation/?period=October").status_code == 400
        assert viewer.get("/api/v1/allocation/?period=2026-10&by=model").status_code == 400

    def test_a_formula_in_a_name_is_only_text_in_the_export(self) -> None:
        land(own("=cmd()", "1"), source="other")
        assert ",'=cmd()," in statement_csv(preview(OCTOBER))


def run(*options: str) -> str:
    """What the command says of October."""
    out = StringIO()
    call_command("allocate", "--period", "2026-10", *options, stdout=out)
    return out.getvalue()


def test_a_command_that_cannot_be_ends_with_2() -> None:
    with pytest.raises(CommandError) as refused:
        run()
    assert refused.value.returncode == 2
