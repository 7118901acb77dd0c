"""Closing: what has to be done first, what is kept, who was quicker, and opening again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from finops.bills import publish as publishing
from finops.closing import closing
from finops.closing.checklist import checklist
from finops.closing.closing import close, current, prepare, reopen, since, verify
from finops.closing.document import canonical
from finops.closing.late import late_postings
from finops.closing.refusals import CloseRefused, LooksDifferent
from finops.domain.money import exact_sum
from finops.models import AllocationRun, MonthClose, Reconciliation, ReconciliationEvent
from finops.months.closed import closed_months
from finops.organization.clock import request_zone_change
from finops.rollups.queries import Scope, costs
from tests.finops.bills.charges import charge, land
from tests.finops.closing.at_hand import (
    NOVEMBER,
    NOW,
    OCTOBER,
    REASON,
    close_october,
    company,
    october,
)
from tests.finops.ledger.side_by_side import at_once, held_after, under_way
from tests.finops.ledger.usage import call, import_rows, read

LATER = NOW + timedelta(days=1)
with_calls = pytest.mark.usefixtures("ledger")
alone = pytest.mark.django_db


def bill(**fields: Any) -> None:
    """A month of nothing but a bill that a team has."""
    land(charge("2026-10-31", **({"tags": {"team": "ml"}} | fields)))


def open_items(month: date = OCTOBER, now: datetime = NOW) -> dict[str, str]:
    """What is not done, with its words."""
    return {item.code: item.words for item in checklist(month, now=now).open_items}


# --- the checklist --------------------------------------------------------------------------------


@alone
class TestTheChecklist:
    def test_a_month_with_its_bill_needs_nothing(self) -> None:
        bill()

        assert open_items() == {}

    def test_a_month_is_over_when_it_is_over_everywhere(self) -> None:
        bill()

        last = datetime(2026, 10, 31, 23, 59, tzinfo=UTC)
        assert "over" in open_items(now=last)
        assert "over" not in open_items(now=last + timedelta(minutes=1))

    def test_an_account_that_billed_lately_is_missed(self) -> None:
        bill()
        land(charge("2026-09-30", billing_account_id="other"))

        assert "other" in open_items()["bills"]
        assert open_items()["order"] == "Close September 2026 first."

    def test_one_that_has_long_ceased_is_not(self) -> None:
        bill()
        land(charge("2026-06-30", billing_account_id="other"))

        assert "bills" not in open_items()

    def test_a_bill_that_stops_early_has_not_arrived(self) -> None:
        land(charge("2026-10-20", tags={"team": "ml"}), now=datetime(2026, 10, 21, tzinfo=UTC))

        assert "acme" in open_items()["bills"]

    def test_a_version_that_waits_is_in_the_list(self) -> None:
        land(*[charge("2026-10-31", tags={"team": "ml"})] * 4)
        bill(billed_cost="9")

        assert open_items()["held"] == "1 version of bills to publish or discard."

    def test_a_currency_without_a_rate_is_in_the_list(self) -> None:
        bill(billing_currency="EUR")

        assert open_items()["rates"] == "1 charge in EUR without a rate: in no amount."

    def test_cost_of_nobody_is_in_the_list(self) -> None:
        bill()
        land(charge("2026-10-31", billing_account_id="b", billed_cost="1"))

        assert open_items()["unallocated"].startswith("9.1% of billed cost has no team.")


@with_calls
class TestTheChecklistOfACompany:
    def test_every_item_says_what_is_left(self) -> None:
        company()
        import_rows(october(id="3", model="own-model"), source="service")
        land(charge("2026-10-31", billing_account_id="later"))

        found = open_items()

        assert set(found) == {"reconciled", "shared", "unallocated", "unpriced"}
        assert found["shared"] == "The statement by team stands on older figures."
        assert found["unpriced"] == "1 call without a price: in no amount."
        assert found["reconciled"].startswith("Not settled: openai (")

    def test_a_pool_without_a_statement_is_in_the_list(self) -> None:
        company()
        AllocationRun.objects.all().delete()

        assert open_items()["shared"] == "No statement by team is published."


# --- closing --------------------------------------------------------------------------------------


@alone
class TestClosing:
    def test_what_is_not_done_needs_a_reason(self) -> None:
        bill(tags=None)

        with pytest.raises(CloseRefused, match="Not done: bills are reconciled, cost has an owner"):
            close(OCTOBER, by="Ann", now=NOW)
        kept = close(OCTOBER, by="Ann", reason=REASON, now=NOW)

        assert (kept.reason, kept.checklist["overridden"]) == (
            REASON,
            ["reconciled", "unallocated"],
        )

    @pytest.mark.parametrize("month", [NOVEMBER, date(2027, 1, 1)])
    def test_no_reason_closes_a_month_that_is_not_over(self, month: date) -> None:
        bill()
        land(charge("2026-11-02"))

        with pytest.raises(CloseRefused):
            close(month, by="Ann", reason=REASON, now=NOW)

    def test_months_are_closed_in_order(self) -> None:
        bill()
        land(charge("2026-08-31", tags={"team": "ml"}))  # nothing is known of September

        with pytest.raises(CloseRefused, match="Close August 2026 first"):
            close_october()
        close(date(2026, 8, 1), by="Ann", reason=REASON, now=NOW)
        close_october()

        assert closed_months() == {date(2026, 8, 1), OCTOBER}

    def test_not_while_the_clock_is_changed(self) -> None:
        bill()
        request_zone_change("Asia/Tokyo", reason="", by="Ann", now=NOW)

        with pytest.raises(CloseRefused, match="time zone"):
            close_october()

    def test_not_by_what_has_changed_since_it_was_looked_at(self) -> None:
        bill()
        seen = prepare(OCTOBER, now=NOW).seen
        land(charge("2026-10-31", billing_account_id="b", tags={"team": "ml"}))

        with pytest.raises(LooksDifferent):
            close_october(seen=seen)
        close_october(seen=prepare(OCTOBER, now=NOW).seen)

    def test_not_twice(self) -> None:
        bill()
        close_october()

        with pytest.raises(CloseRefused, match="closed already"):
            close_october()

    @pytest.mark.parametrize("reason", ["x" * 2_001])
    def test_not_with_a_novel(self, reason: str) -> None:
        bill()

        with pytest.raises(CloseRefused, match="2,000 letters"):
            close_october(reason=reason)

    def test_odd_words_are_kept_as_they_are(self) -> None:
        bill()
        said = "=cmd()|'<script>' \N{RIGHT-TO-LEFT OVERRIDE}\N{MONEY-MOUTH FACE}"

        kept = close_october(reason=f"{said}\0")

        kept.refresh_from_db()
        assert kept.reason == said
        assert verify(kept)

    def test_no_float_is_ever_kept(self) -> None:
        with pytest.raises(TypeError, match="floats"):
            canonical({}, {"a": [{"b": 0.1}]})


@with_calls
class TestWhatIsKept:
    def test_the_figures_add_up_and_their_mark_fits(self) -> None:
        company()

        kept = close_october()

        kept.refresh_from_db()
        figures = kept.figures
        assert verify(kept)
        assert figures["totals"] == {
            "metered": "0.015",
            "reported": None,
            "billed": "22.5",
            "effective": "22.5",
        }
        for rows in figures["by"].values():
            for basis in ("metered", "billed", "effective"):
                told = exact_sum(Decimal(row[basis]) for row in rows if row[basis] is not None)
                assert told == Decimal(figures["totals"][basis])
        assert figures["posted"]["charges"]["billed"] == "22.5"
        assert [row["budget"] for row in figures["budgets"]] == ["October"]
        assert [row["by"] for row in figures["shared_cost"] if row["published"]] == ["team"]
        assert [row["provider"] for row in figures["reconciliation"]] == ["openai"]

    def test_the_comparisons_are_locked_and_what_they_were_is_kept(self) -> None:
        company()
        was = Reconciliation.objects.get().status

        kept = close_october()

        assert kept.figures["reconciliation"][0]["status"] == was
        assert Reconciliation.objects.get().status == "locked"
        assert ReconciliationEvent.objects.get(kind="lock").reason == REASON

    def test_another_word_in_it_is_noticed(self) -> None:
        company()
        kept = close_october()

        MonthClose.objects.update(figures=kept.figures | {"currency": "EUR"})

        kept.refresh_from_db()
        assert not verify(kept)

    def test_what_came_late_stands_beside_it(self) -> None:
        company()
        kept = close_october()

        job = import_rows(october(id="late"), october(id="late 2"), source="service")
        (late_bill,) = land(charge("2026-10-31", billing_account_id="late", billed_cost="3"))

        told = {each.basis: each.difference for each in since(kept)}
        assert (told["metered"], told["billed"], told["reported"]) == (Decimal("0.015"), 3, None)
        assert [
            (each.kind, each.posted_to, each.month, each.number, each.amount)
            for each in late_postings()
        ] == [
            ("calls", NOVEMBER, OCTOBER, job.pk, Decimal("0.015")),
            ("bill", NOVEMBER, OCTOBER, late_bill.pk, 3),
        ]

    def test_the_next_month_says_what_came_late_and_counts_it(self) -> None:
        company()
        close_october()
        import_rows(october(id="late"), call(id="own"), source="service")
        import_rows(call(id="2", time="2026-12-01T00:00:00Z"), source="service")

        december = datetime(2026, 12, 10, tzinfo=UTC)
        kept = close(NOVEMBER, by="Ann", reason=REASON, now=december)

        assert kept.figures["totals"]["metered"] == "0.0075"
        assert kept.figures["posted"]["late_calls_of_earlier_months"] == "0.0075"


# --- opening again --------------------------------------------------------------------------------


@alone
class TestReopening:
    def test_it_is_on_record_and_closing_again_is_the_next_version(self) -> None:
        bill()
        close_october()

        reopen(OCTOBER, by="Bob", reason="A credit is missing", now=LATER)
        assert closed_months() == frozenset()
        bill(billed_cost="12")
        again = close_october(now=LATER)

        first = MonthClose.objects.get(version=1)
        assert (first.reopened_by, first.reopened_at) == ("Bob", LATER)
        assert first.reopen_reason == "A credit is missing"
        assert (first.figures["totals"]["billed"], verify(first)) == ("10", True)
        assert (again.version, again.figures["totals"]["billed"]) == (2, "12")
        assert current(OCTOBER) == again

    @pytest.mark.parametrize("reason", ["", "  \0 "])
    def test_only_with_a_reason(self, reason: str) -> None:
        bill()
        close_october()

        with pytest.raises(CloseRefused, match="Say why"):
            reopen(OCTOBER, by="Bob", reason=reason, now=LATER)

    def test_the_latest_first(self) -> None:
        land(charge("2026-09-30", tags={"team": "ml"}))
        bill()
        close(date(2026, 9, 1), by="Ann", reason=REASON, now=NOW)
        close_october()

        with pytest.raises(CloseRefused, match="October 2026 is closed"):
            reopen(date(2026, 9, 1), by="Bob", reason=REASON, now=LATER)

    def test_not_an_open_month(self) -> None:
        with pytest.raises(CloseRefused, match="is open"):
            reopen(OCTOBER, by="Bob", reason=REASON, now=LATER)

    def test_comparisons_stand_as_they_stood(self) -> None:
        bill()
        close_october()

        reopen(OCTOBER, by="Bob", reason=REASON, now=LATER)

        assert not Reconciliation.objects.filter(status="locked").exists()


# --- two things at once ---------------------------------------------------------------------------


@with_calls
class TestAtOnce:
    def test_of_two_people_one_closes(self) -> None:
        bill()

        def attempt() -> str:
            try:
                return str(close_october().version)
            except CloseRefused as error:
                return str(error)

        assert sorted(at_once(attempt, attempt)) == ["1", "October 2026 is closed already."]
        assert read("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == [(0,)]

    def test_a_bill_that_is_being_published_is_waited_for(self) -> None:
        stopped = held_after(publishing, "_published")
        with stopped as (there, may_go), under_way(bill) as landing:
            assert there.wait(30)
            with under_way(close_october) as closing_it:
                with pytest.raises(TimeoutError):
                    closing_it.result(0.5)
                may_go.set()
                landing.result(30)
                kept = closing_it.result(30)

        assert kept.figures["totals"]["billed"] == "10"

    def test_calls_that_arrive_while_it_closes_are_posted_to_the_open_month(self) -> None:
        company()

        def late() -> object:
            return import_rows(october(id="late"), source="service")

        stopped = held_after(closing, "read_figures")
        with stopped as (there, may_go), under_way(close_october) as closing_it:
            assert there.wait(30)
            with under_way(late) as arriving:
                with pytest.raises(TimeoutError):
                    arriving.result(0.7)
                may_go.set()
                kept = closing_it.result(30)
                arriving.result(30)

        assert kept.figures["calls"]["calls"] == 2
        assert read(
            "SELECT to_char(accounting_month, 'YYYY-MM') FROM calls WHERE call_ref = 'late'"
        ) == [("2026-11",)]
        assert costs(Scope()).total.calls == 3

    def test_it_does_not_wait_for_ever(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(closing, "_PATIENCE", "100ms")
        bill()
        stopped = held_after(publishing, "_published")
        another = under_way(lambda: land(charge(billing_account_id="b")))
        with stopped as (there, may_go), another as landing:
            assert there.wait(30)
            with pytest.raises(CloseRefused, match="being published"):
                close_october()
            may_go.set()
            landing.result(30)

        assert closed_months() == frozenset()
