"""What each source sent lately, and what changing a source does to the totals."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from finops.models import Organization, Source
from finops.rollups.activity import DayCount, activity
from finops.rollups.refresh import is_fresh, refresh
from finops.rollups.sources import change_source
from finops.rollups.unpriced import unpriced_groups
from tests.finops.ledger.usage import PRICE, assert_parity, call, import_rows, total

pytestmark = pytest.mark.usefixtures("ledger")

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def at(day: int, hour: int = 10) -> str:
    return f"2026-11-{day:02}T{hour:02}:00:00Z"


def test_days_and_hours_and_the_last_call_of_each_source() -> None:
    import_rows(call(time=at(20, 11)), call(time=at(20, 9)), call(time=at(18)), source="gateway")
    import_rows(call(time=at(12, 7), model="nobody-knows"), source="batch")

    batch, gateway = activity(NOW)

    assert gateway.days == {date(2026, 11, 20): DayCount(2, 0), date(2026, 11, 18): DayCount(1, 0)}
    assert (gateway.calls_in_24_hours, gateway.last_call) == (
        2,
        datetime(2026, 11, 20, 11, tzinfo=UTC),
    )
    assert (batch.calls_in_24_hours, batch.last_call) == (0, datetime(2026, 11, 12, 7, tzinfo=UTC))
    assert (batch.unpriced_since(date(2026, 11, 12)), batch.unpriced_since(date(2026, 11, 13))) == (
        1,
        0,
    )
    assert (gateway.is_stale(NOW), batch.is_stale(NOW)) == (False, True)


def test_days_are_those_of_the_reporting_zone() -> None:
    Organization.objects.update(time_zone="Asia/Tokyo")
    import_rows(call(time="2026-11-19T23:30:00Z"))

    (one,) = activity(NOW)

    assert list(one.days) == [date(2026, 11, 20)]


def test_a_source_without_calls_is_listed_and_not_stale() -> None:
    Source.objects.create(name="new")

    (one,) = activity(NOW)

    assert (one.last_call, one.days, one.is_stale(NOW)) == (None, {}, False)


def test_a_call_from_a_clock_ahead_counts_as_the_last_one() -> None:
    ahead = NOW + timedelta(hours=5)
    import_rows(call(time=f"{ahead:%Y-%m-%dT%H:%M:%SZ}"))

    assert activity(NOW)[0].last_call == ahead


def test_evidence_has_a_last_call_and_no_days() -> None:
    import_rows(call(time=at(20)), source="report")
    assert change_source("report", role="evidence").moved
    refresh()

    (one,) = activity(NOW)

    assert (one.days, one.last_call) == ({}, datetime(2026, 11, 20, 10, tzinfo=UTC))


# --- changing a source ----------------------------------------------------------------------


def test_making_a_meter_evidence_takes_its_calls_out_of_every_total() -> None:
    import_rows(call(id="a"), source="gateway")
    import_rows(call(id="b"), source="report")
    assert total().cost == 2 * PRICE

    changed = change_source("report", role="evidence")

    assert (changed.moved, is_fresh()) == (True, False)
    refresh()
    assert total().cost == PRICE
    assert_parity()
    change_source("report", role="meter")
    refresh()
    assert total().cost == 2 * PRICE


def test_changing_what_counts_leaves_the_totals_alone() -> None:
    import_rows(call())

    changed = change_source("costline", counts="reported", time_zone="Europe/Vienna")

    assert (changed.moved, is_fresh()) == (False, True)
    source = Source.objects.get()
    assert (source.role, source.counts, source.time_zone) == ("meter", "reported", "Europe/Vienna")
    change_source("costline", time_zone="")
    assert Source.objects.get().time_zone == ""


@pytest.mark.parametrize(
    "change", [{"role": "judge"}, {"counts": "guessed"}, {"time_zone": "Mars/Base"}]
)
def test_what_makes_no_sense_changes_nothing(change: dict[str, str]) -> None:
    Source.objects.create(name="gateway")

    with pytest.raises(ValueError, match=r"judge|guessed|Mars"):
        change_source("gateway", **change)

    source = Source.objects.get()
    assert (source.role, source.counts, source.time_zone) == ("meter", "computed", "")


# --- calls without a price ------------------------------------------------------------------


def test_calls_without_a_price_are_grouped_by_what_has_to_be_priced() -> None:
    import_rows(
        call(model="nobody-knows", time=at(18)),
        call(model="nobody-knows", time=at(20), requests=3),
        call(input_tokens=None, output_tokens=None, time=at(20)),
        call(time=at(20)),
    )

    unknown, silent = unpriced_groups(date(2026, 11, 1))

    assert (unknown.provider, unknown.model, unknown.reason) == (
        "openai",
        "nobody-knows",
        "unknown_model",
    )
    assert (unknown.first_seen.day, unknown.last_seen.day) == (18, 20)
    assert (unknown.measures.calls, unknown.measures.input_tokens) == (4, 2000)
    assert (silent.reason, silent.measures.calls) == ("no_usage", 1)


def test_unpriced_calls_before_the_period_and_of_evidence_are_left_out() -> None:
    import_rows(call(model="nobody-knows", time=at(2)))
    import_rows(call(model="nobody-knows", time=at(20)), source="report")
    change_source("report", role="evidence")
    refresh()

    assert unpriced_groups(date(2026, 11, 3)) == []
    assert len(unpriced_groups(date(2026, 11, 2))) == 1
