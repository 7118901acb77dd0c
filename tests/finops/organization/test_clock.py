"""A change of the reporting zone: at one stroke for every reader, on record, and killable."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from auditlog.models import LogEntry
from django.db import OperationalError, connection

from finops import tasks
from finops.access import change_log
from finops.models import LeaseLost, Organization, ZoneChange
from finops.models.jobs import LEASE
from finops.organization import clock
from finops.organization.clock import Progress, request_zone_change, run_zone_change
from finops.rollups import refresh as refreshing
from finops.rollups.queries import Scope, costs
from finops.rollups.refresh import only_refresher, refresh
from tests.conftest import empty_ledger
from tests.finops.access.people_at_hand import person
from tests.finops.ledger.side_by_side import held_after, under_way
from tests.finops.ledger.usage import (
    another_connection,
    assert_parity,
    call,
    import_bytes,
    import_rows,
    json_lines,
    read,
    state,
)

pytestmark = pytest.mark.usefixtures("ledger")

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
KATHMANDU, HONOLULU = "Asia/Kathmandu", "Pacific/Honolulu"  # UTC+5:45 and UTC-10
#: Late in the evening of the last day of a month, in UTC, and an hour of the next morning.
CALLS = [
    call(id="1", time="2026-10-31T20:30:00Z", team="ml", run="r", workflow="w"),
    call(id="2", time="2026-11-01T02:00:00Z", team="ml", run="r", workflow="w"),
    call(id="3", time="2026-11-05T12:00:00Z", customer="acme"),
]


def now() -> datetime:
    return NOW


def asked(zone: str = KATHMANDU) -> ZoneChange:
    return request_zone_change(zone, reason="We moved", by="ann@example.com", now=NOW)


def days() -> list[str | None]:
    return [row.period for row in costs(Scope(grain="day")).rows]


def zone_of_a_new_session() -> str:
    with another_connection() as other:
        found = other.execute("SELECT time_zone FROM finops_organization").fetchone()
    assert found is not None
    return str(found[0])


def months() -> list[str]:
    return [
        f"{month:%Y-%m}"
        for (month,) in read("SELECT accounting_month FROM calls ORDER BY started_at")
    ]


class TestAsking:
    def test_is_put_on_record_and_changes_nothing_yet(self) -> None:
        job = asked()

        assert (job.before, job.after, job.reason, job.created_by) == (
            "UTC",
            KATHMANDU,
            "We moved",
            "ann@example.com",
        )
        assert Organization.current().time_zone == "UTC"
        assert clock.due(NOW) == [job]

    @pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../../etc/passwd", "utc", "x" * 500])
    def test_for_a_zone_that_is_none_is_refused(self, zone: str) -> None:
        with pytest.raises(ValueError, match="Choose a time zone"):
            asked(zone)

    def test_for_the_zone_in_use_is_refused(self) -> None:
        with pytest.raises(ValueError, match="UTC already"):
            asked("UTC")

    def test_while_another_change_is_under_way_is_refused(self) -> None:
        asked()

        with pytest.raises(ValueError, match="under way"):
            asked(HONOLULU)


class TestDoing:
    @pytest.mark.parametrize("marks", [1, 2, 2_000])
    @pytest.mark.parametrize("zone", [KATHMANDU, HONOLULU, "Europe/Berlin", "Australia/Lord_Howe"])
    def test_ends_where_an_installation_of_that_zone_would_be(
        self, zone: str, marks: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(refreshing, "_MARKS_AT_ONCE", marks)
        import_rows(*CALLS)

        job = run_zone_change(asked(zone), clock=now)

        assert (job.status, job.finished_at) == (ZoneChange.DONE, NOW)
        assert Organization.current().time_zone == zone
        assert_parity()
        changed = state()
        empty_ledger()
        Organization.objects.update(time_zone=zone)
        import_rows(*CALLS)
        assert state() == changed

    def test_and_back_is_as_if_nothing_had_been(self) -> None:
        import_rows(*CALLS)
        before = state()

        run_zone_change(asked(KATHMANDU), clock=now)
        assert days() == ["2026-11-01", "2026-11-05"]
        run_zone_change(asked("UTC"), clock=now)

        assert days() == ["2026-10-31", "2026-11-01", "2026-11-05"]
        assert state() == before

    def test_books_calls_near_a_turn_of_the_month_by_the_new_clock(self) -> None:
        import_rows(*CALLS)
        assert months() == ["2026-10", "2026-11", "2026-11"]

        run_zone_change(asked(KATHMANDU), clock=now)
        assert months() == ["2026-11", "2026-11", "2026-11"]
        run_zone_change(asked(HONOLULU), clock=now)
        assert months() == ["2026-10", "2026-10", "2026-11"]

    def test_leaves_a_call_that_was_booked_late_where_it_was_booked(self) -> None:
        import_rows(*CALLS)
        read("UPDATE calls SET accounting_month = '2026-12-01' WHERE call_ref = '1' RETURNING id")

        run_zone_change(asked(KATHMANDU), clock=now)

        assert months()[0] == "2026-12"

    def test_of_an_empty_ledger(self) -> None:
        assert run_zone_change(asked(), clock=now).status == ZoneChange.DONE
        assert Organization.current().time_zone == KATHMANDU

    def test_is_recorded_as_done_by_who_asked(self) -> None:
        person("admin", name="Ann")

        run_zone_change(asked(), clock=now)

        (change,) = change_log.read(change_log.entries(change_log.Wanted(kind="Organisation")))
        assert (change.who, change.fields) == (
            "Ann",
            (change_log.Field("time zone", "UTC", KATHMANDU),),
        )
        assert not LogEntry.objects.filter(changes__has_key="lease_token").exists()

    def test_is_taken_up_by_the_scheduler(self) -> None:
        import_rows(*CALLS)
        job = asked()

        assert tasks.take_up_zone_changes() == 1
        job.refresh_from_db()
        assert job.status == ZoneChange.DONE
        assert tasks.take_up_zone_changes() == 0

    def test_waits_while_figures_are_refreshed(self) -> None:
        job = asked()
        with another_connection() as other:
            other.execute("SELECT pg_advisory_lock(%s)", [refreshing._REFRESH_LOCK])

            assert run_zone_change(job, clock=now).status == ZoneChange.QUEUED
            other.execute("SELECT pg_advisory_unlock_all()")
        assert run_zone_change(job, clock=now).status == ZoneChange.DONE

    def test_that_cannot_be_done_fails_and_changes_nothing(self) -> None:
        import_rows(*CALLS)
        before = state()
        job = asked()

        with (
            patch.object(clock, "rebuild_at_once", side_effect=ZeroDivisionError("why not")),
            pytest.raises(ZeroDivisionError),
        ):
            run_zone_change(job, clock=now)

        job.refresh_from_db()
        assert (job.status, job.error) == (ZoneChange.FAILED, "ZeroDivisionError: why not")
        assert (Organization.current().time_zone, state()) == ("UTC", before)
        assert clock.under_way() is None

    def test_is_not_tried_for_ever(self) -> None:
        job = asked()
        ZoneChange.objects.update(attempts=clock.MAX_ATTEMPTS)

        with pytest.raises(ValueError, match="given up after 20 attempts"):
            run_zone_change(job, clock=now)

        job.refresh_from_db()
        assert job.status == ZoneChange.FAILED
        assert Organization.current().time_zone == "UTC"


class TestReaders:
    """What others see while a change is under way: all of the old, then all of the new."""

    @contextmanager
    def halfway(self, job: ZoneChange) -> Iterator[Callable[[], ZoneChange]]:
        """Stop a change after the first of its batches; gives what lets it end."""
        with (
            patch.object(refreshing, "_MARKS_AT_ONCE", 1),
            held_after(refreshing, "_refresh_some") as (arrived, may_go),
            under_way(lambda: run_zone_change(job, clock=now)) as running,
        ):
            assert arrived.wait(30)

            def end() -> ZoneChange:
                may_go.set()
                return running.result(30)

            try:
                yield end
            finally:
                may_go.set()

    def test_never_a_mixture(self) -> None:
        import_rows(*CALLS)
        before, old = state(), days()

        with self.halfway(asked()) as end:
            assert (zone_of_a_new_session(), days()) == ("UTC", old)
            assert state() == before
            end()

        assert (zone_of_a_new_session(), days()) == (KATHMANDU, ["2026-11-01", "2026-11-05"])
        assert_parity()

    def test_how_far_it_is(self) -> None:
        import_rows(*CALLS)
        job = asked()
        assert Progress.of(job) is None

        with self.halfway(job) as end:
            total = read("SELECT count(*) FROM cost_by_hour_total")[0][0]
            progress = Progress.of(job)
            assert progress is not None
            assert (progress.done, progress.total >= total) == (0, True)
            end()

        assert Progress.of(job) is None

    def test_calls_that_arrive_meanwhile_are_counted_by_the_new_clock(self) -> None:
        import_rows(*CALLS)

        with self.halfway(asked()) as end:
            late = call(id="late", time="2026-10-31T21:00:00Z")
            import_bytes(json_lines([late]), name="late.jsonl")
            assert refresh(wait=False) == 0
            end()

        refresh()
        assert_parity()
        assert months() == ["2026-11"] * 4
        assert costs(Scope()).total.calls == 4

    def test_a_second_worker_leaves_it_alone(self) -> None:
        import_rows(*CALLS)
        job = asked()

        with self.halfway(job) as end:
            assert run_zone_change(ZoneChange.objects.get(pk=job.pk), clock=now).attempts == 1
            later = ZoneChange.objects.get(pk=job.pk)
            # Its lease has run out long ago, but it works: it holds the lock.
            assert run_zone_change(later, clock=lambda: NOW + 100 * LEASE).attempts == 1
            assert end().status == ZoneChange.DONE


class TestDying:
    def test_in_the_middle_changes_nothing_and_another_worker_takes_over(self) -> None:
        import_rows(*CALLS)
        before = state()
        job = asked()

        with (
            held_after(refreshing, "_refresh_some") as (arrived, may_go),
            under_way(lambda: run_zone_change(job, clock=now)) as running,
        ):
            assert arrived.wait(30)
            read(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name LIKE 'costline zone change%%'"
            )
            may_go.set()
            assert isinstance(running.exception(30), OperationalError)

        assert (Organization.current().time_zone, state()) == ("UTC", before)
        again = ZoneChange.objects.get(pk=job.pk)
        assert (again.status, again.resume_point, Progress.of(again)) == ("running", 0, None)
        with pytest.raises(LeaseLost):
            run_zone_change(again, clock=now)
        assert (
            run_zone_change(again, clock=lambda: NOW + LEASE + timedelta(seconds=1)).attempts == 2
        )
        assert Organization.current().time_zone == KATHMANDU
        assert_parity()

    def test_after_the_rebuild_leaves_only_the_months_to_do(self) -> None:
        import_rows(*CALLS)
        job = asked()

        with (
            patch.object(clock, "_move_months", side_effect=OperationalError("gone")),
            pytest.raises(OperationalError),
        ):
            run_zone_change(job, clock=now)
        assert Organization.current().time_zone == KATHMANDU
        assert months()[0] == "2026-10"

        with patch.object(clock, "_turn_the_clock", side_effect=AssertionError):
            again = ZoneChange.objects.get(pk=job.pk)
            run_zone_change(again, clock=lambda: NOW + LEASE + timedelta(seconds=1))
        assert (again.status, months()[0]) == (ZoneChange.DONE, "2026-11")

    def test_leaves_no_lock_behind(self) -> None:
        job = asked()
        with (
            patch.object(clock, "rebuild_at_once", side_effect=ZeroDivisionError),
            pytest.raises(ZeroDivisionError),
        ):
            run_zone_change(job, clock=now)

        with only_refresher(wait=False) as alone:
            assert alone
        with another_connection() as other:
            assert other.execute(
                "SELECT pg_try_advisory_lock(%s)", [refreshing._REFRESH_LOCK]
            ).fetchone() == (True,)
        assert connection.get_autocommit()
