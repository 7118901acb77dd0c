"""Charges of bills decided upon again: previewed in dollars, applied whole, taken back exactly."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finops.bills.daily import refill
from finops.models import (
    BillSnapshot,
    ChargeKindRule,
    ExchangeRate,
    LeaseLost,
    MonthClose,
    Revaluation,
)
from finops.models.jobs import LEASE
from finops.months.closed import MonthClosed
from finops.revaluation import apply as applying
from finops.revaluation.apply import run_revaluation
from finops.revaluation.charges import scope as scoping
from finops.revaluation.plan import queue_revaluation, request_apply
from finops.revaluation.report import as_sentence
from finops.revaluation.scope import Scope
from finops.revaluation.undo import UndoRefused, undo_revaluation
from tests.finops.bills.charges import charge, land
from tests.finops.ledger.usage import read
from tests.finops.revaluation.history import NOW, Clock, rule

pytestmark = pytest.mark.django_db

OCTOBER, SEPTEMBER = date(2026, 10, 1), date(2026, 9, 1)


def queue(**scope: Any) -> Revaluation:
    return queue_revaluation(parts=["charges"], scope=Scope(**scope), now=NOW, by="finance")


def preview(**scope: Any) -> Revaluation:
    return run_revaluation(queue(**scope), clock=Clock())


def apply(job: Revaluation, *, force: bool = False) -> Revaluation:
    request_apply(job, by="finance", now=NOW, force=force)
    return run_revaluation(job, clock=Clock())


def undo(job: Revaluation) -> Revaluation:
    return undo_revaluation(job, by="finance", now=NOW, reason="a mistake")


def rows() -> list[str]:
    """Every charge, every column, as the database writes it."""
    return [text for (text,) in read("SELECT charges::text FROM charges ORDER BY id")]


def days() -> list[str]:
    """Every row of the daily projection."""
    return [text for (text,) in read("SELECT charges_by_day::text FROM charges_by_day ORDER BY 1")]


def days_anew() -> list[str]:
    """The projection as it would be if it were made from the charges now."""
    from django.db import connection

    with transaction.atomic(), connection.cursor() as cursor:
        refill(cursor, BillSnapshot.objects.all())
        found = days()
        transaction.set_rollback(True)
    return found


def column(name: str) -> list[Any]:
    return [value for (value,) in read(f"SELECT {name} FROM charges ORDER BY id")]


def images() -> int:
    ((count,),) = read("SELECT count(*) FROM charge_before_images")
    return int(count)


def close(month: date) -> MonthClose:
    return MonthClose.objects.create(month=month, closed_at=NOW, closed_by="finance")


@contextmanager
def kind_rule(kind: str, **conditions: str) -> Iterator[ChargeKindRule]:
    """A rule before all others that says what charges are, for as long as the block lasts."""
    made = ChargeKindRule.objects.create(position=0, name=kind, kind=kind, **conditions)
    yield made
    made.delete()


def test_a_preview_changes_nothing_and_says_what_moves_in_dollars() -> None:
    land(
        charge(sub_account_id="7", billed_cost="1234.56", effective_cost="1000"),
        charge(sub_account_id="8", billed_cost="10.5"),
        charge(sub_account_id="7", tags={"Team": "risk"}, billed_cost="5"),
    )
    before = (rows(), days())

    with rule("team", "search", sub_account="7"):
        job = preview()

    assert (rows(), days(), images()) == (*before, 0)
    assert job.state == "previewed"
    told = job.preview
    changed = {name: told["changed_charges"][name] for name in ("changed", "billed", "effective")}
    assert changed == {"changed": 1, "billed": "1234.56", "effective": "1000"}
    assert told["changed_charges"]["classified_anew"] == 0
    teams = {
        row["team"]: (row["billed_before"], row["billed_after"], row["charges_after"])
        for row in told["teams"]
    }
    assert teams == {
        "search": ("0", "1234.56", 1),
        "unallocated": ("1245.06", "10.5", 1),
        "risk": ("5", "5", 1),
    }
    assert told["total"]["billed_before"] == told["total"]["billed_after"] == "1250.06"
    assert as_sentence(job).endswith("1 charge would change, billed USD 1234.56")


def test_applied_then_undone_every_row_and_day_is_what_it_was() -> None:
    land(
        charge(sub_account_id="7", billed_cost="12.3400", tags={"squad": "é🤖"}),
        charge(sub_account_id="7", consumed_quantity="1000.00", consumed_unit="Tokens"),
        charge(sub_account_id="8", tags={"feature": "own"}),
    )
    before = (rows(), days())

    with (
        rule("team", "search", sub_account="7"),
        rule("feature", "chat", account="acme"),
        kind_rule("gateway", sub_account="7", provider="acme-gateway"),
    ):
        job = apply(preview())

        assert job.state == "applied"
        assert job.result["changed"] == 3 - 1  # the third one says its feature itself
        assert column("team") == ["search", "search", None]
        assert column("feature") == ["chat", "chat", "own"]
        assert column("kind")[:2] == ["gateway"] * 2
        assert column("provider")[:2] == ["acme-gateway"] * 2
        assert days() == days_anew() != before[1]
        assert images() == 2

    undone = undo(job)

    assert (rows(), days(), images()) == (*before, 0)
    assert undone.result["restored"] == 2
    assert undone.result["skipped"] == 0


def test_it_writes_what_an_import_of_today_would() -> None:
    bill = [
        charge(service_name="Amazon Bedrock", service_provider_name="AWS", sku_meter=meter)
        for meter in ("USE1-Claude4-input-tokens", "x", "USE1-Nova-output-tokens")
    ]
    land(*bill, source="focus")
    with rule("team", "search", service="*bedrock"):
        apply(preview())
        land(*bill, source="another")
        decided = "kind, kind_rule_id, provider, model, token_kind, tokens, team, attributed_by"
        first, second = (
            read(
                f"SELECT {decided} FROM charges"
                " WHERE source_id = (SELECT id FROM finops_source WHERE name = %s) ORDER BY line",
                name,
            )
            for name in ("focus", "another")
        )

    assert first == second
    assert {row[-2] for row in first} == {"search"}


def test_credits_and_charges_without_an_amount_or_a_rate_move_too_and_are_counted() -> None:
    ExchangeRate.objects.create(
        currency="EUR", effective_from="2026-10-01", rate=Decimal("1.10"), set_by="finance"
    )
    land(
        charge(billed_cost="-20", charge_category="Credit"),
        charge(billed_cost=None, effective_cost=None),
        charge(billed_cost="100", billing_currency="EUR"),
        charge(billed_cost="7", billing_currency="CHF"),
    )

    with rule("team", "search", account="acme"):
        told = apply(preview()).preview

    changed = told["changed_charges"]
    assert (changed["changed"], changed["unconverted"], changed["billed"]) == (4, 1, "90")
    assert column("team") == ["search"] * 4


# --- closed months ------------------------------------------------------------------------------


def test_closed_months_are_left_out_and_the_preview_says_how_many() -> None:
    land(charge("2026-09-05"), charge("2026-09-06"), charge("2026-10-05"))
    close(SEPTEMBER)

    with rule("team", "search", account="acme"):
        job = apply(preview())

    assert job.preview["left_out"] == {"2026-09": 2}
    assert "2 left out in closed months (2026-09)" in as_sentence(job)
    assert column("team") == [None, None, "search"]


def test_a_month_that_closes_after_the_preview_stops_the_run() -> None:
    land(charge("2026-09-05"), charge("2026-10-05"))

    with rule("team", "search", account="acme"):
        job = preview()
        close(SEPTEMBER)
        apply(job)
        assert "charges that change: 1, not 2" in job.error
        assert column("team") == [None, None]
        apply(job, force=True)

    assert column("team") == [None, "search"]


def test_a_month_that_closes_under_a_run_stops_it(monkeypatch: pytest.MonkeyPatch) -> None:
    land(charge("2026-09-05"))
    staged = applying._stage_changes

    def stage_then_close(*args: Any) -> None:
        staged(*args)
        close(SEPTEMBER)

    monkeypatch.setattr(applying, "_stage_changes", stage_then_close)
    with rule("team", "search", account="acme"):
        job = apply(queue())

    assert "a month was closed or reopened" in job.error
    assert column("team") == [None]


def test_an_undo_never_reaches_into_a_month_that_was_closed_since() -> None:
    land(charge("2026-09-05"), charge("2026-10-05"))
    with rule("team", "search", account="acme"):
        job = apply(preview())
    close(SEPTEMBER)

    with pytest.raises(MonthClosed, match="September 2026 is closed"):
        undo(job)

    assert column("team") == ["search"] * 2
    MonthClose.objects.update(reopened_at=NOW)
    undo(job)
    assert column("team") == [None, None]


# --- snapshots ----------------------------------------------------------------------------------


def test_a_bill_that_is_swapped_after_the_preview_is_another_outcome() -> None:
    land(charge(billed_cost="10"))
    with rule("team", "search", account="acme"):
        job = preview()
        land(charge(billed_cost="20"), content_hash="other")
        apply(job)

    assert "charges that change: 0, not 1" in job.error


def test_undo_passes_over_charges_that_went_with_their_snapshot() -> None:
    land(charge(billed_cost="10"), charge("2026-09-05"))
    with rule("team", "search", account="acme"):
        job = apply(preview())
        land(charge(billed_cost="20"), content_hash="other")
        undone = undo(job)

    assert undone.result == undone.result | {"restored": 1, "skipped": 1}
    assert sorted(column("team"), key=str) == [None, "search"]
    assert days() == days_anew()


def test_only_current_bills_are_looked_at() -> None:
    land(charge(billed_cost="10"))
    BillSnapshot.objects.update(status=BillSnapshot.HELD)

    with rule("team", "search", account="acme"):
        assert preview().preview["changed_charges"]["changed"] == 0


# --- surviving ----------------------------------------------------------------------------------


class Killed(BaseException):
    """What a killed worker does: nothing more."""


def die(*args: Any) -> None:
    raise Killed


def test_killed_before_the_swap_nothing_has_changed_and_the_next_worker_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    land(charge())
    before = rows()
    with rule("team", "search", account="acme"):
        job = preview()
        request_apply(job, by="finance", now=NOW)
        with monkeypatch.context() as patched:
            patched.setattr(applying, "_swap", die)
            with pytest.raises(Killed), transaction.atomic():
                run_revaluation(job, clock=Clock())
        # The transaction of this test rolled the lease back too; a dead worker's stays.
        job.refresh_from_db()
        job.take(NOW)
        assert (rows(), images()) == (before, 0)
        with pytest.raises(LeaseLost):
            run_revaluation(Revaluation.objects.get(pk=job.pk), clock=Clock())
        run_revaluation(job, clock=Clock(NOW + 3 * LEASE))

    assert (job.state, column("team")) == ("applied", ["search"])


def test_a_charge_replaced_under_a_run_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    land(charge(), charge())
    staged = applying._stage_changes

    def stage_then_replace(*args: Any) -> None:
        staged(*args)
        with transaction.atomic():  # a row version of its own
            read("UPDATE charges SET line = line WHERE line = 1 RETURNING id")

    with rule("team", "search", account="acme"):
        job = preview()
        monkeypatch.setattr(applying, "_stage_changes", stage_then_replace)
        apply(job)
        assert "1 charges were replaced or deleted" in job.error
        assert column("team") == [None, None]
        apply(job, force=True)

    assert sorted(column("team"), key=str) == [None, "search"]
    assert (job.result["changed"], job.result["passed_over"]) == (1, 1)


def test_rules_that_change_under_a_run_stop_it(monkeypatch: pytest.MonkeyPatch) -> None:
    land(charge())
    staged = applying._stage_changes

    def stage_then_change(*args: Any) -> None:
        staged(*args)
        ChargeKindRule.objects.create(position=0, name="late", kind="not_ai", account="acme")

    monkeypatch.setattr(applying, "_stage_changes", stage_then_change)
    with rule("team", "search", account="acme"):
        job = apply(queue())

    assert "rules or names changed" in job.error
    assert images() == 0


def test_runs_are_undone_in_turn() -> None:
    land(charge())
    with rule("team", "first", account="acme") as stored:
        first = apply(preview())
        stored.value = "second"
        stored.save()
        second = apply(preview())
    with pytest.raises(UndoRefused, match=f"revaluation {second.pk}"):
        undo(first)

    undo(second)
    assert column("team") == ["first"]
    undo(first)
    assert column("team") == [None]
    with pytest.raises(UndoRefused, match="undone already"):
        undo(first)


# --- what is looked at --------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 3, 5, 6])
def test_slices_leave_nothing_out_and_take_nothing_twice(
    monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(scoping, "SLICE", size)
    bills = ("2026-09-05", "2026-09-06", "2026-10-01", "2026-10-02", "2026-11-05")
    land(*(charge(day) for day in bills))

    def found(**scope: Any) -> list[str]:
        return [
            f"{each.record.charge_period_start:%m-%d}"
            for rows in scoping.ChargesInScope(**scope).slices()
            for each in rows
        ]

    assert found() == ["09-05", "09-06", "10-01", "10-02", "11-05"]
    assert found(since=datetime(2026, 9, 6, tzinfo=UTC)) == ["09-06", "10-01", "10-02", "11-05"]
    assert found(until=datetime(2026, 10, 2, tzinfo=UTC)) == ["09-05", "09-06", "10-01"]
    assert found(closed=frozenset({OCTOBER})) == ["09-05", "09-06", "11-05"]


def test_filters_are_the_dimensions_that_charges_have() -> None:
    land(charge(tags={"team": "risk"}), charge())
    with rule("feature", "chat", account="acme"):
        told = preview(filters={"team": ["risk"]}).preview
        assert told["changed_charges"]["changed"] == 1
        assert (
            preview(filters={"team": ["unallocated"], "source": ["focus"]}).preview[
                "changed_charges"
            ]["changed"]
            == 1
        )
    for filters in ({"status": ["ok"]}, {"step": ["plan"]}):
        with pytest.raises(ValueError, match="charges have no"):
            queue(filters=filters)
    with pytest.raises(ValueError, match="only calls can be unpriced"):
        queue(unpriced_only=True)
    with pytest.raises(ValueError, match="or of charges alone"):
        queue_revaluation(parts=["price", "charges"], scope=Scope(), now=NOW, by="x")


def test_no_bill_is_nothing_to_change() -> None:
    assert apply(preview()).result["changed"] == 0


def test_the_command_line_previews_and_applies() -> None:
    land(charge(billed_cost="40"))
    with rule("team", "search", account="acme"):
        out = StringIO()
        call_command("revalue", "--charges", "--since", "2026-10-05", "--json", stdout=out)
        told = json.loads(out.getvalue())
        call_command("revalue", "--apply", str(told["id"]), stdout=StringIO())

    assert told["parts"] == ["charges"]
    assert told["since"] == "2026-10-05T00:00:00+00:00"
    assert told["preview"]["changed_charges"]["billed"] == "40"
    assert column("team") == ["search"]


# --- the law ------------------------------------------------------------------------------------

CHARGES = st.lists(
    st.builds(
        charge,
        st.sampled_from(["2026-09-30", "2026-10-01", "2026-10-20"]),
        sub_account_id=st.sampled_from(["7", "8", None]),
        billed_cost=st.sampled_from(["0", "-3.3", "1234.5678901234", None]),
        effective_cost=st.sampled_from(["2", "0.000000001", None]),
        billing_currency=st.sampled_from(["USD", "CHF"]),
        tags=st.sampled_from([None, {"team": "risk"}, {"squad": "blue"}]),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CHARGES, st.sampled_from([{"sub_account": "7"}, {"tag": "squad"}, {"account": "*"}]))
def test_a_run_does_what_its_preview_says_and_its_undo_leaves_no_trace(
    records: list[Any], condition: dict[str, str]
) -> None:
    with transaction.atomic():
        land(*records)
        before = (rows(), days())
        with rule("team", "search", **condition):
            job = preview()
            told = {row["team"]: row for row in job.preview["teams"]}
            apply(job)
            found = read(
                "SELECT coalesce(team, 'unallocated'), count(*),"
                " coalesce(sum(billed_cost * exchange_rate), 0) FROM charges GROUP BY 1"
            )
            assert job.state == "applied"
            assert days() == days_anew()
            assert {team for team, row in told.items() if row["charges_after"]} == {
                team for team, _, _ in found
            }
            for team, charges, billed in found:
                assert told[team]["charges_after"] == charges
                assert Decimal(told[team]["billed_after"]) == billed
            undo(job)
        assert (rows(), days()) == before
        transaction.set_rollback(True)
