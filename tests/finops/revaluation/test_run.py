"""Preview, apply, refuse, survive: what a run promises whoever starts it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError, connection

from finops.models import LeaseLost, MonthClose, Revaluation
from finops.models.jobs import LEASE
from finops.months.closed import MonthClosed
from finops.revaluation import apply as applying
from finops.revaluation import calls as over_calls
from finops.revaluation import figures
from finops.revaluation import scope as scoping
from finops.revaluation.apply import run_revaluation
from finops.revaluation.plan import queue_revaluation, request_apply
from finops.revaluation.report import as_sentence
from finops.rollups.refresh import refresh
from tests.finops.ledger.usage import (
    another_connection,
    assert_parity,
    call,
    import_rows,
    read,
    total,
)
from tests.finops.revaluation.history import (
    NOW,
    Clock,
    apply,
    column,
    images,
    ledger_rows,
    own_model,
    preview,
    price,
    queue,
    revalue,
    rule,
    undo,
)

pytestmark = pytest.mark.usefixtures("ledger")


def staged_tables() -> list[Any]:
    return read("SELECT tablename FROM pg_tables WHERE schemaname = 'staging'")


def test_a_preview_changes_nothing_and_says_everything() -> None:
    import_rows(own_model(id="1", team="ml"), own_model(id="2"), call(id="3", team="ml"))
    before = ledger_rows()

    with price("2"), rule("team", "growth"):
        job = preview()

    assert ledger_rows() == before
    assert (images(), staged_tables(), read("SELECT FROM stale_hours")) == (0, [], [])
    assert job.state == "previewed"
    told = job.preview
    assert told["currency"] == "USD"
    assert told["changed_calls"]["changed"] == 2
    assert told["changed_calls"]["becoming_priced"] == 2
    assert told["changed_calls"]["attributed_anew"] == 1
    assert (told["total"]["cost_before"], told["total"]["cost_after"]) == ("0.0075", "0.0135")
    assert (told["total"]["unpriced_before"], told["total"]["unpriced_after"]) == (2, 0)
    costs = {group["team"]: (group["cost_before"], group["cost_after"]) for group in told["teams"]}
    # A team without any call has no unpriced one either, and costs nothing.
    assert costs == {
        "ml": ("0.0075", "0.0105"),
        "growth": ("0", "0.003"),
        "unallocated": (None, "0"),
    }


def test_groups_beyond_the_first_hundred_are_told_as_one_and_parts_still_sum(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(figures, "PLACES", 2)
    import_rows(*(own_model(id=f"{n}", team=f"team-{n}", input_tokens=1000 * n) for n in range(5)))

    with price("2"):
        told = preview("price").preview

    assert [group["team"] for group in told["teams"]] == ["team-4", "team-3", None]
    assert told["teams"][-1]["groups"] == 3
    parts = sum(Decimal(group["cost_after"]) for group in told["teams"])
    assert parts == Decimal(told["total"]["cost_after"])


def test_applying_does_what_was_previewed() -> None:
    import_rows(own_model(id="1"))

    with price("2"):
        job = apply(preview("price"))

    assert (job.state, job.status) == ("applied", Revaluation.DONE)
    assert (job.applied_by, job.result["passed_over"]) == ("finance", 0)
    assert job.result["cost_after"] == job.preview["changed_calls"]["cost_after"] == "0.003"
    assert (images(), staged_tables()) == (1, [])


def test_images_hold_the_changed_columns_and_nothing_else() -> None:
    import_rows(call(id="1"))

    with rule("team", "growth"):
        revalue()

    assert read("SELECT before::text FROM call_before_images") == [
        ('{"team": null, "attributed_by": null}',)
    ]


def test_a_preview_that_no_longer_holds_is_refused() -> None:
    import_rows(own_model(id="1"))
    with price("2"):
        job = preview("price")
    before = ledger_rows()

    with price("3"):
        apply(job)

    assert job.state == "previewed"
    assert "what they cost after: 0.0045, not 0.003" in job.error
    assert (ledger_rows(), images(), staged_tables()) == (before, 0, [])


def test_a_preview_with_equal_totals_and_another_outcome_is_refused() -> None:
    import_rows(call(id="1"), call(id="2", time="2026-11-01T11:00:00Z"))
    with rule("customer", "one", effective_to="2026-11-01T10:30:00Z"):
        job = preview("attribution")

    with rule("customer", "one", effective_from="2026-11-01T10:30:00Z"):
        apply(job)

    assert "the outcome differs" in job.error
    assert column("customer") == [None, None]


def test_force_accepts_another_outcome() -> None:
    import_rows(own_model(id="1"))
    with price("2"):
        job = preview("price")

    with price("3"):
        apply(job)
        apply(job, force=True)

    assert (job.state, job.error) == ("applied", "")
    assert column("cost") == [Decimal("0.0045")]
    assert job.preview["changed_calls"]["cost_after"] == "0.003"
    assert job.result["cost_after"] == "0.0045"


def test_calls_that_arrive_valued_rightly_do_not_disturb_a_preview() -> None:
    import_rows(own_model(id="1"))
    with price("2"):
        job = preview("price")
        import_rows(own_model(id="2"))
        apply(job)

    assert job.state == "applied"
    assert total().cost == Decimal("0.006")


def test_prices_that_change_under_a_run_stop_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import_rows(own_model(id="1"))
    job = queue("price")
    staged = applying._stage_changes

    with price("2") as card:

        def stage_then_change(*args: Any) -> None:
            staged(*args)
            card.rates.update(amount=Decimal(9))

        monkeypatch.setattr(applying, "_stage_changes", stage_then_change)
        apply(job)

    assert "prices or rules changed while the run was under way" in job.error
    assert (column("cost"), images()) == ([None], 0)


def test_a_call_replaced_under_a_run_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    import_rows(own_model(id="1"), own_model(id="2", time="2026-11-01T11:00:00Z"))
    staged = applying._stage_changes

    def stage_then_replace(*args: Any) -> None:
        staged(*args)
        read("UPDATE calls SET line = line WHERE call_ref = '1' RETURNING id")

    with price("2"):
        job = preview("price")
        monkeypatch.setattr(applying, "_stage_changes", stage_then_replace)
        apply(job)
        assert "1 calls were replaced or deleted" in job.error
        assert (column("cost"), images()) == ([None, None], 0)
        apply(job, force=True)

    assert column("cost") == [None, Decimal("0.003")]
    assert (job.result["changed"], job.result["passed_over"]) == (1, 1)
    assert job.result["cost_after"] == "0.003"
    assert_parity()


def test_dates_and_filters_bound_a_run() -> None:
    import_rows(
        own_model(id="1", time="2026-11-01T00:00:00Z", team="growth"),
        own_model(id="2", time="2026-11-02T00:00:00Z", team="growth"),
        own_model(id="3", time="2026-11-02T23:59:59Z", team="search"),
        own_model(id="4", time="2026-11-02T12:00:00Z"),
        own_model(id="5", time="2026-11-03T00:00:00Z", team="growth"),
    )
    day = {
        "since": datetime(2026, 11, 2, tzinfo=UTC),
        "until": datetime(2026, 11, 3, tzinfo=UTC),
    }

    def changed(**scope: Any) -> int:
        return int(preview("price", **scope).preview["changed_calls"]["changed"])

    with price("2"):
        assert changed() == 5
        assert changed(**day) == 3
        assert changed(since=day["since"]) == 4
        assert changed(until=day["until"]) == 4
        assert changed(filters={"team": ["growth"]}) == 3
        assert changed(filters={"team": ["growth", "unallocated"]}, **day) == 2
        assert changed(filters={"team": ["growth"], "model": ["gpt-4o"]}) == 0
        assert changed(filters={"source": ["costline"]}) == 5
        assert changed(filters={"source": ["another"]}) == 0
        job = revalue("price", filters={"team": ["search"]}, **day)

    assert job.preview["total"]["calls_before"] == 1
    assert column("cost") == [None, None, None, Decimal("0.003"), None]


def test_only_the_unpriced() -> None:
    with price("2"):
        import_rows(own_model(id="1"))
    import_rows(own_model(id="2", time="2026-11-01T11:00:00Z"))

    with price("3"):
        revalue("price", unpriced_only=True)

    assert column("cost") == [Decimal("0.003"), Decimal("0.0045")]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8])
def test_slices_leave_nothing_out_and_take_nothing_twice(
    monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(scoping, "SLICE", size)
    # Equal instants, an hour with many, and the end of a month.
    times = [f"2026-{day}T23:00:00Z" for day in ("10-31", "10-31", "11-01", "11-01", "11-01")]
    import_rows(*(call(id=f"{n}", time=time) for n, time in enumerate(times)), call(id="5"))

    def read_all(**scope: Any) -> list[str]:
        return [
            row.started_at.isoformat()[5:13]
            for rows in scoping.Scope(**scope).slices()
            for row in rows
        ]

    whole = ["10-31T23"] * 2 + ["11-01T10"] + ["11-01T23"] * 3
    assert sorted(read_all()) == whole
    start = datetime(2026, 11, 1, tzinfo=UTC)
    assert sorted(read_all(since=start)) == whole[2:]
    assert sorted(read_all(until=start)) == whole[:2]
    assert sorted(read_all(since=start, until=start + timedelta(hours=12))) == whole[2:3]
    assert read_all(since=start + timedelta(days=1)) == []


def test_an_empty_ledger_has_nothing_to_change() -> None:
    job = revalue()

    assert (job.state, job.result["changed"]) == ("applied", 0)


class Killed(BaseException):
    """What a killed worker does: nothing more."""


def test_killed_between_stage_and_swap_nothing_has_changed_and_the_next_worker_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import_rows(own_model(id="1"))
    before = ledger_rows()

    with price("2"):
        job = preview("price")
        request_apply(job, by="finance", now=NOW)
        with monkeypatch.context() as patched:
            patched.setattr(applying, "_swap", die)
            with pytest.raises(Killed):
                run_revaluation(job, clock=Clock())
        assert (ledger_rows(), images()) == (before, 0)
        assert job.status == Revaluation.RUNNING
        with pytest.raises(LeaseLost):
            run_revaluation(job, clock=Clock())
        later = Clock(NOW + 3 * LEASE)
        assert list(Revaluation.objects.due(later())) == [job]
        run_revaluation(job, clock=later)
        refresh()

    assert job.state == "applied"
    assert column("cost") == [Decimal("0.003")]
    assert_parity()


def die(*args: Any) -> None:
    raise Killed


def test_a_worker_that_slept_through_its_lease_leaves_the_next_ones_stage_alone() -> None:
    sleeper = queue("price")
    sleeper.take(NOW)
    taker = Revaluation.objects.get(pk=sleeper.pk)
    taker.take(NOW + 2 * LEASE)
    work = applying._begin(taker, Clock(NOW + 2 * LEASE))
    ((staged,),) = read("SELECT to_regclass(%s)::oid", work.stage.table.as_string())

    with pytest.raises(LeaseLost):
        applying._begin(sleeper, Clock(NOW + 2 * LEASE))

    assert read("SELECT to_regclass(%s)::oid", work.stage.table.as_string()) == [(staged,)]
    with connection.cursor() as cursor:
        work.stage.drop(cursor)


def test_a_database_that_dies_after_the_swap_has_changed_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import_rows(own_model(id="1"))
    before = ledger_rows()
    job = queue("price")

    def cut_off(*args: Any) -> None:
        ((pid,),) = read("SELECT pg_backend_pid()")
        with another_connection() as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        read("SELECT 1")

    with price("2"):
        request_apply(job, by="finance", now=NOW)
        with monkeypatch.context() as patched:
            patched.setattr(over_calls, "mark_stale", cut_off)
            with pytest.raises(OperationalError):
                run_revaluation(job, clock=Clock())
        connection.close()
        assert (ledger_rows(), images()) == (before, 0)
        run_revaluation(job, clock=Clock(NOW + 3 * LEASE))

    assert column("cost") == [Decimal("0.003")]


def test_a_cancelled_run_changes_nothing() -> None:
    import_rows(own_model(id="1"))
    job = queue("price")
    Revaluation.objects.filter(pk=job.pk).update(cancel_requested=True)

    with price("2"):
        apply(job)

    assert (job.state, column("cost"), staged_tables()) == ("cancelled", [None], [])


def test_a_run_that_breaks_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    import_rows(own_model(id="1"))
    job = queue("price")
    monkeypatch.setattr(applying, "_swap", broken)

    with price("2"), pytest.raises(RuntimeError):
        apply(job)

    assert (job.state, job.error) == ("failed", "RuntimeError: out of paper")
    assert (column("cost"), staged_tables()) == ([None], [])


def broken(*args: Any) -> None:
    raise RuntimeError("out of paper")


def test_a_preview_waits_for_a_person_and_for_nobody_else() -> None:
    job = queue()
    assert list(Revaluation.objects.due(NOW)) == [job]

    run_revaluation(job, clock=Clock())
    assert not Revaluation.objects.due(NOW).exists()

    request_apply(job, by="finance", now=NOW)
    assert list(Revaluation.objects.due(NOW)) == [job]

    run_revaluation(job, clock=Clock())
    assert not Revaluation.objects.due(NOW).exists()
    with pytest.raises(ValueError, match="was applied already"):
        request_apply(job, by="finance", now=NOW)


def test_a_run_of_nothing_is_refused() -> None:
    for parts in ((), ("colour",)):
        with pytest.raises(ValueError, match="price or attribution"):
            queue_revaluation(parts=parts, scope=scoping.Scope(), now=NOW, by="")


# --- closed months ------------------------------------------------------------------------------


def close(month: date) -> MonthClose:
    return MonthClose.objects.create(month=month, closed_at=NOW, closed_by="finance")


def test_calls_of_closed_months_are_left_out_and_the_preview_says_how_many() -> None:
    import_rows(
        own_model(id="1", time="2026-10-31T23:00:00Z"),
        own_model(id="2", time="2026-10-01T00:00:00Z"),
        own_model(id="3", time="2026-11-01T00:00:00Z"),
    )
    close(date(2026, 10, 1))

    with price("2"), rule("team", "growth"):
        job = revalue()

    assert job.preview["left_out"] == {"2026-10": 2}
    assert "2 left out in closed months (2026-10)" in as_sentence(job)
    assert job.preview["total"]["calls_before"] == 1
    assert (column("team"), column("cost")) == (
        [None, None, "growth"],
        [None, None, Decimal("0.003")],
    )
    assert_parity()


def test_a_month_that_closes_after_the_preview_stops_the_run_and_the_undo() -> None:
    import_rows(own_model(id="1", time="2026-10-05T00:00:00Z"))
    with price("2"):
        job = preview("price")
        closed = close(date(2026, 10, 1))
        apply(job)
        assert "calls that change: 0, not 1" in job.error
        closed.delete()
        apply(job)
    assert column("cost") == [Decimal("0.003")]
    close(date(2026, 10, 1))

    with pytest.raises(MonthClosed, match="October 2026 is closed"):
        undo(job)

    assert column("cost") == [Decimal("0.003")]


def test_a_month_that_closes_under_a_run_stops_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import_rows(own_model(id="1", time="2026-10-05T00:00:00Z"))
    staged = applying._stage_changes

    def stage_then_close(*args: Any) -> None:
        staged(*args)
        close(date(2026, 10, 1))

    monkeypatch.setattr(applying, "_stage_changes", stage_then_close)
    with price("2"):
        job = revalue("price")

    assert "a month was closed or reopened" in job.error
    assert column("cost") == [None]
