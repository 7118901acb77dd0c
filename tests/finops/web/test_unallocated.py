"""The page Unallocated: which dollars have no owner, and the way to give each of them one."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from django.test import Client

from finops.domain.measures import Measures
from finops.insights import unowned as reading
from finops.insights.coverage import OWNERS, CoverageQuestion, coverage, read_coverage_question
from finops.insights.unowned import groups, unowned
from finops.models import AttributionRule, Organization, Revaluation, Source
from finops.rollups.patience import TookTooLong
from finops.rollups.queries import Scope, costs
from finops.rollups.refresh import refresh
from ingest.push import push_calls
from tests.finops.bills.charges import charge, land
from tests.finops.ledger.usage import call

pytestmark = pytest.mark.django_db

SignedIn = Callable[[str], Client]
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MONTH = "period=2026-10"
HOSTILE = ("<script>alert(1)</script>", "=cmd|' /C calc'!A0", "\N{RIGHT-TO-LEFT OVERRIDE}x", "🤖%s")


@pytest.fixture(autouse=True)
def _no_rules(db: None) -> None:
    AttributionRule.objects.all().delete()


def take_in(*rows: dict[str, Any]) -> None:
    """Take calls in and sum them up, without leaving the transaction of the test."""
    source, _ = Source.objects.get_or_create(name="logs")
    push_calls([msgspec.json.encode(row) for row in rows], source=source, now=NOW, by="x")
    refresh()


def usage(number: int, day: str = "2026-10-05", **others: Any) -> dict[str, Any]:
    """A call that costs $0.0075."""
    return call(id=f"{number}", time=f"{day}T10:00:00Z", **others)


def question(text: str = MONTH) -> CoverageQuestion:
    return read_coverage_question(parse_qs(text), now=NOW, organization=Organization.current())


def page(answer: Any) -> str:
    return unescape(re.sub(r"\s+", " ", answer.content.decode()))


def assign_links(answer: Any) -> list[dict[str, str]]:
    found = re.findall(r'href="(/attribution/add/\?[^"]+)"', answer.content.decode())
    return [
        {name: values[0] for name, values in parse_qs(urlsplit(unescape(link)).query).items()}
        for link in found
    ]


# --- figures ------------------------------------------------------------------------------------


def bill_and_calls() -> None:
    take_in(
        usage(1, team="search", tags={"service": "shop"}),
        usage(2, "2026-10-06", tags={"service": "shop"}),
        usage(3, "2026-10-20", model="claude-sonnet-4-5", provider="anthropic"),
        usage(4, "2026-10-20", feature="chat", customer="acme"),
        usage(5, "2026-09-30"),
    )
    land(
        charge("2026-10-01", tags={"team": "risk"}, billed_cost="100", effective_cost="90"),
        charge("2026-10-31", sub_account_id="7", billed_cost="12.5", effective_cost="1.000001"),
        charge("2026-10-31", sub_account_id="8", billed_cost="-2", effective_cost="0"),
        charge("2026-10-31", sub_account_id="8", billed_cost=None, effective_cost="5"),
        charge("2026-10-31", sub_account_id="9", billed_cost="7", billing_currency="CHF"),
        charge("2026-09-30", billed_cost="1000"),
    )


@pytest.mark.parametrize("basis", ["metered", "billed", "effective"])
@pytest.mark.parametrize("dimension", OWNERS)
@pytest.mark.parametrize("filters", ["", "&provider=openai"])
def test_its_sums_are_exactly_the_unallocated_row_of_costs(
    basis: Any, dimension: str, filters: str
) -> None:
    bill_and_calls()
    asked = question(f"{MONTH}&basis={basis}&dimension={dimension}{filters}")
    window = asked.period.window
    whole = costs(
        Scope(
            by=(dimension,),
            since=window.since,
            until=window.until,
            basis=basis,
            filters=asked.filters,
        )
    )
    row = next((r.measures for r in whole.rows if r.values == ("unallocated",)), Measures())

    seen = coverage(asked)

    assert (seen.unowned, seen.everything) == (row, whole.total)
    assert sum(each.cost or 0 for each in groups(asked)) == row.cost
    assert sum(each.rows for each in groups(asked)) == (row.charges or row.calls)
    assert sum(each.everything for each in seen.over_time) == whole.total.cost
    assert sum(each.unowned for each in seen.over_time) == row.cost


def test_groups_beyond_the_first_are_one_and_still_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "KEPT", 2)
    land(*(charge(sub_account_id=f"{n}", billed_cost=str(n + 1)) for n in range(5)))

    found = groups(question(f"{MONTH}&basis=billed"))

    assert [each.groups for each in found] == [1, 1, 3]
    assert [each.cost for each in found] == [Decimal(5), Decimal(4), Decimal(6)]
    assert found[-1].values == {}


@pytest.mark.parametrize(
    ("grain", "begins"),
    [
        ("day", ["2026-10-05", "2026-10-06", "2026-10-20"]),
        ("week", ["2026-10-05", "2026-10-19"]),
        ("month", ["2026-10-01"]),
    ],
)
def test_coverage_over_time_is_by_day_week_or_month(grain: str, begins: list[str]) -> None:
    bill_and_calls()

    seen = coverage(question(f"{MONTH}&grain={grain}"))

    assert [each.begins.isoformat() for each in seen.over_time] == begins
    assert sum(each.owned for each in seen.over_time) == seen.owned == Decimal("0.0075")


def test_traits_are_tags_resources_and_principals() -> None:
    bill_and_calls()
    land(
        charge(resource_id="r-1", principal_id="key-1", tags={"squad": "blue"}, billed_cost="3"),
        source="another",
    )

    calls = unowned(question()).traits
    charges = unowned(question(f"{MONTH}&basis=billed")).traits

    assert calls is not None
    assert charges is not None
    assert [(each.sign, each.key, each.value, each.rows) for each in calls] == [
        ("tag", "service", "shop", 1)
    ]
    assert {(each.sign, each.key, each.value, each.cost) for each in charges} == {
        ("tag", "squad", "blue", Decimal(3)),
        ("resource", "", "r-1", Decimal(3)),
        ("principal", "", "key-1", Decimal(3)),
    }


def test_traits_that_take_too_long_leave_the_rest_of_the_page_whole(
    signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    bill_and_calls()

    def too_long(*args: Any) -> Any:
        raise TookTooLong("x")

    monkeypatch.setattr(reading, "patience", too_long)
    text = page(signed_in("viewer").get(f"/unallocated/?{MONTH}"))

    assert "Tags of so many calls take too long to read" in text
    assert "Where it comes from" in text


# --- the page -----------------------------------------------------------------------------------


def test_it_says_how_much_has_no_owner_and_leads_to_a_rule(signed_in: SignedIn) -> None:
    bill_and_calls()
    answer = signed_in("engineering").get(f"/unallocated/?{MONTH}&basis=billed&dimension=team")

    text = page(answer)
    assert "of $110.50 has no team" in text
    assert "90.5% of billed cost has a team" in text
    assert "1 charge without an owner are in a currency" in text
    first = assign_links(answer)[0]
    assert first == {
        "name": "Team of acme, 7, OpenAI API",
        "dimension": "team",
        "account": "acme",
        "sub_account": "7",
        "service": "OpenAI API",
        "history": "on",
    }


def test_nothing_here_and_nothing_in_these_days_are_told_apart(signed_in: SignedIn) -> None:
    viewer = signed_in("viewer")
    assert "No spend yet" in page(viewer.get("/unallocated/"))
    assert "No bill has arrived yet" in page(viewer.get("/unallocated/?basis=billed"))
    bill_and_calls()
    assert "There are no calls in these days" in page(viewer.get("/unallocated/?period=2026-08"))
    land(charge("2026-07-01", tags={"team": "a"}), source="another")
    owned = page(viewer.get("/unallocated/?period=2026-07&basis=billed"))
    assert "Everything in these days has a team" in owned


@pytest.mark.parametrize(
    "query",
    ["dimension=user", "basis=reported", "grain=hour", "period=x", "dimension=%00", "team=%00"],
)
def test_a_question_that_makes_no_sense_is_answered_400(signed_in: SignedIn, query: str) -> None:
    assert signed_in("viewer").get(f"/unallocated/?{query}").status_code == 400


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_values_are_shown_and_do_nothing(signed_in: SignedIn, hostile: str) -> None:
    take_in(usage(1, tags={hostile: hostile}))
    land(charge(sub_account_id=hostile, tags={hostile: hostile}, resource_id=hostile))
    admin = signed_in("admin")

    for basis in ("metered", "billed"):
        answer = admin.get("/unallocated/", {"period": "2026-10", "basis": basis})
        assert "<script>alert" not in answer.content.decode()
        assert any(hostile in link.values() for link in assign_links(answer))


# --- who may ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "calls", "charges"),
    [
        ("viewer", False, False),
        ("executive", False, False),
        ("datascience", False, False),
        ("engineering", True, True),
        ("finance", False, True),
        ("admin", True, True),
    ],
)
def test_only_who_may_assign_is_offered_it(
    signed_in: SignedIn, role: str, calls: bool, charges: bool
) -> None:
    bill_and_calls()
    client = signed_in(role)

    assert bool(assign_links(client.get(f"/unallocated/?{MONTH}"))) is calls
    assert bool(assign_links(client.get(f"/unallocated/?{MONTH}&basis=billed"))) is charges


def test_finance_assigns_charges_and_nothing_that_calls_meet(
    signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("finops.waking._wake", lambda name: None)
    bill_and_calls()
    finance = signed_in("finance")
    typed = {"name": "n", "dimension": "team", "value": "search", "do": "save"}

    refused = finance.post("/attribution/add/", typed | {"tag": "squad"})
    assert refused.status_code == 422
    assert "Calls would meet this rule too" in page(refused)
    tried = finance.post("/attribution/add/", typed | {"sub_account": "7", "do": "try"})
    assert "It moves $12.50 of" in page(tried)
    assert not AttributionRule.objects.exists()

    saved = finance.post("/attribution/add/", typed | {"sub_account": "7", "history": "on"})
    rule, job = AttributionRule.objects.get(), Revaluation.objects.get()
    assert saved.headers["Location"] == f"/attribution/again/charges/{job.pk}/"
    assert job.parts == ["charges"]
    row = finance.get("/attribution/")
    assert f"/attribution/rules/{rule.pk}/" in page(row)

    AttributionRule.objects.create(position=2, name="calls", dimension="team", value="x")
    other = AttributionRule.objects.get(name="calls").pk
    for address in (
        f"/attribution/rules/{other}/",
        f"/attribution/rules/{other}/move/",
        f"/attribution/rules/{other}/remove/",
    ):
        assert finance.post(address, typed | {"step": "1"}).status_code == 403
    assert finance.post("/attribution/again/", {"what": "calls"}).status_code == 422
    assert finance.post("/attribution/again/", {"what": "charges"}).status_code == 302


def test_a_rule_that_both_meet_is_previewed_on_both_and_applied_to_both(
    signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("finops.waking._wake", lambda name: None)
    november = datetime(2026, 11, 1, 12, tzinfo=UTC)
    monkeypatch.setattr("finops.web.attribution.previewing.timezone.now", lambda: november)
    bill_and_calls()
    engineer = signed_in("engineering")
    typed = {"name": "n", "dimension": "team", "value": "search", "provider": "openai"}

    text = page(engineer.post("/attribution/add/", typed | {"do": "try"}))
    assert "of calls of the 30 days to 1 Nov 2026 to search" in text
    assert "of charges of the 30 days to 31 Oct 2026 to search" in text
    assert not AttributionRule.objects.exists()

    engineer.post("/attribution/add/", typed | {"do": "save", "history": "on"})
    assert [job.parts for job in Revaluation.objects.order_by("pk")] == [
        ["attribution"],
        ["charges"],
    ]
