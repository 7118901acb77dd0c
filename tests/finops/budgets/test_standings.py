"""The running periods, gravest first; and the report of CONTRACT 5."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from finops.attribution.values import archive, merge
from finops.budgets.editing import change, revise, stop
from finops.budgets.evaluate import evaluate_all
from finops.budgets.record import history
from finops.budgets.report import as_json, parse_instant, report, report_of
from finops.budgets.standings import RANKS, counts, current, of_budget, rank
from finops.models import BudgetStanding
from tests.finops.access.people_at_hand import person

from .drawn import NOW, budget, dollars, line, organization, spent

pytestmark = pytest.mark.usefixtures("ledger")


def test_the_order_is_by_gravity_and_then_by_spend() -> None:
    spent(dollars(15))
    for name, yellow, red in (
        ("green", 50, 60),
        ("red", 1, 2),
        ("heading", 20, 30),
        ("yellow", 10, 40),
        ("stale", 70, 80),
    ):
        budget(yellow, red, name=name)
    budget(name="none", lines=[])
    rows = BudgetStanding.objects.all()
    rows.filter(budget__name="heading").update(heading_for="red")
    rows.filter(budget__name="yellow").update(heading_for="yellow")
    rows.filter(budget__name__in=["stale", "red"]).update(stale=True)

    found = [row.budget.name for row in current(NOW)]

    assert found == ["red", "heading", "yellow", "stale", "none", "green"]
    assert counts(current(NOW)) == dict.fromkeys(RANKS, 1) | {"heading_yellow": 0}
    assert rank(current(NOW)[0]) == "red"


def test_only_running_periods_of_budgets_in_use_are_current() -> None:
    kinds = ("day", "week", "month", "quarter", "year")
    for kind in kinds:
        budget(name=kind, period=kind, effective_from=date(2026, 6, 1))
    stopped = budget(name="stopped")
    stop(stopped, from_day=NOW.date(), now=NOW, by="Tom")

    assert sorted(row.budget.name for row in current(NOW)) == sorted(kinds)
    assert len(of_budget(stopped)) == 1


def test_another_fiscal_year_has_other_running_periods() -> None:
    budget(period="year")
    organization(fiscal_year_start_month=7)
    evaluate_all(NOW)

    assert [row.period_start for row in current(NOW)] == [date(2026, 7, 1)]


# --- the report ---------------------------------------------------------------------------------


def test_the_report_is_that_of_the_contract() -> None:
    spent(dollars("14.862", team="growth"))
    owner = person("finance", name="Priya")
    made = budget(scope={"team": "growth"}, lines=[line("12.00", "14.50", "11.00")], owner=owner)

    assert as_json(report(NOW)) == {
        "budgets": [
            {
                "id": made.pk,
                "name": "Growth",
                "scope": {"team": "growth"},
                "basis": "metered",
                "period": "month",
                "start": "2026-11-01",
                "end": "2026-12-01",
                "planned": "11",
                "yellow": "12",
                "red": "14.5",
                "actual": "14.862",
                "forecast": None,
                "status": "red",
                "stale": False,
                "data_to": "2026-11-20T10:00:00+00:00",
                "heading_for": None,
                "reasons": [
                    {
                        "code": "above_red",
                        "text": "$14.86 is $0.362 above the red line of $14.50.",
                    }
                ],
                "owner": "priya@example.com",
                "workflow_share": None,
                "version": 1,
            }
        ]
    }


def test_any_instant_of_the_past_can_be_asked_for() -> None:
    spent(
        dollars(1, time="2026-10-05T10:00:00Z"),
        dollars(2, time="2026-10-05T10:00:01Z"),
        dollars(4, time="2026-10-31T23:59:59Z"),
        dollars(8),
    )
    budget(2, 6, effective_from=date(2026, 10, 1))

    def at(text: str) -> tuple[str, str, str]:
        (row,) = report(NOW, as_of=parse_instant(text))
        said = row.as_json()
        return said["start"], said["actual"], said["status"]

    assert at("2026-10-05T10:00:01Z") == ("2026-10-01", "1", "green")
    assert at("2026-10-05T10:00:01.000001Z") == ("2026-10-01", "3", "yellow")
    assert at("2026-10-31T23:59:59.999999Z") == ("2026-10-01", "7", "red")
    assert at("2026-11-01") == ("2026-11-01", "0", "green")
    assert at("2026-11-20T14:00:00Z") == ("2026-11-01", "8", "red")
    assert at("2026-09-30T12:00:00Z") == ("2026-09-01", "0", "none")


def test_past_periods_keep_the_lines_that_held_then() -> None:
    spent(dollars(15, time="2026-10-05T10:00:00Z"))
    made = budget(10, 20, effective_from=date(2026, 10, 1))
    revise(made, lines=[line(1, 2)], now=NOW, by="Tom")

    (then,) = report(NOW, as_of=datetime(2026, 10, 20, tzinfo=UTC))

    assert then.as_json()["red"] == "20"
    assert report(NOW)[0].as_json()["red"] == "2"


def test_a_merged_and_archived_value_goes_on_being_counted() -> None:
    spent(dollars(15, team="old"), dollars(5, team="new"))
    budget(10, 20, scope={"team": "old"})
    merge("team", "old", into="new")
    archive("team", "new", now=NOW)

    said = report(NOW)[0].as_json()
    assert (said["actual"], said["scope"]) == ("20", {"team": "old"})


def test_whoever_owns_nothing_is_flagged() -> None:
    owner = person("finance")
    made = budget(owner=owner)
    assert "no_owner" not in str(report(NOW)[0].as_json()["reasons"])

    owner.is_active = False
    owner.save()
    assert {"code": "no_owner", "text": "Nobody owns this budget."} in report(NOW)[0].as_json()[
        "reasons"
    ]
    change(made, owner=None, now=NOW, by="Tom")
    assert report(NOW)[0].as_json()["owner"] is None


def test_a_budget_out_of_use_is_in_no_report_of_then() -> None:
    made = budget(effective_from=date(2026, 10, 1))
    stop(made, from_day=NOW.date(), now=NOW, by="Tom")

    assert report(NOW) == []
    assert report_of(made, NOW) is None
    assert len(report(NOW, as_of=NOW - timedelta(days=30))) == 1


def test_live_and_remembered_agree() -> None:
    spent(*(dollars(7, workflow="w", id=str(n)) for n in range(3)), dollars(1, model="unheard-of"))
    budget(10, 20, name="a", workflow_share=Decimal(20))
    budget(30, 40, name="b", scope={"model": "gpt-4o"})

    live = {row.look.budget.pk: row.as_json() for row in report(NOW)}
    for row in current(NOW):
        said = live[row.budget_id]
        assert (said["status"], said["reasons"]) == (row.status, row.reasons)
        assert Decimal(said["actual"]) == row.actual


def test_the_record_holds_every_change() -> None:
    made = budget(10, 20)
    revise(made, lines=[line(1, 2)], reason="We spend less now", now=NOW, by="Tom")

    found = history(made)
    assert [each["set_by"] for each in found["revisions"]] == ["Tom", "Priya"]
    assert found["revisions"][0]["lines"] == [
        {"starts": "2026-11-01", "planned": None, "yellow": "1", "red": "2"}
    ]
    assert [each["status"] for each in found["periods"]] == ["green"]
    assert found["changes"][0]["became"] == "green"


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-13-01", "0001-01-01", "9999-12-31T23:59:59Z"]
)
def test_what_is_no_instant_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="an instant"):
        parse_instant(text)


def test_an_instant_without_a_zone_is_of_the_reporting_zone() -> None:
    organization(time_zone="Asia/Kolkata")

    assert parse_instant("2026-11-20T14:00:00").isoformat() == "2026-11-20T14:00:00+05:30"
    assert parse_instant("2026-11-20").isoformat() == "2026-11-20T00:00:00+05:30"
