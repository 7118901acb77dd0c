"""The dates of bills: one dialect a file, and nothing guessed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import billing_times as times
from ingest.billing_times import DateDialect, Instants, Slash
from ingest.source_format import RowRejected

SEPTEMBER = datetime(2024, 9, 1, tzinfo=UTC)


def at(text: str, dialect: DateDialect = times.ISO) -> datetime | None:
    return Instants(dialect).read(text, "ChargePeriodStart")


@pytest.mark.parametrize(
    "text",
    [
        "2024-09-01T00:00:00Z",
        "2024-09-01T00:00:00.000Z",
        "2024-09-01T00:00Z",
        "2024-09-01 00:00:00",
        "2024-09-01 00:00:00 UTC",
        "2024-09-01 02:00:00+0200",
        "2024-09-01T02:00:00+02:00",
        "2024-09-01",
        "20240901",
        " 2024-09-01 ",
    ],
)
def test_dialects_of_iso(text: str) -> None:
    assert at(text) == SEPTEMBER


def test_a_date_without_zone_is_taken_in_the_zone_of_its_source() -> None:
    pacific = DateDialect(zone=ZoneInfo("America/Los_Angeles"))

    assert at("2024-09-01", pacific) == SEPTEMBER + timedelta(hours=7)
    assert at("2024-09-01T00:00:00Z", pacific) == SEPTEMBER
    with pytest.raises(RowRejected, match="has no time zone"):
        at("2024-09-01", DateDialect(zone=None))


@pytest.mark.parametrize("text", ["", "NULL", "null", "\\N"])
def test_nothing_is_none_and_may_be_required(text: str) -> None:
    assert at(text) is None
    with pytest.raises(RowRejected, match="ChargePeriodStart is missing"):
        Instants().required(text, "ChargePeriodStart")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("4/1/25", "'4/1/25' may be month/day or day/month: the file's other dates do not say"),
        ("2024-13-01", "is no date that exists"),
        ("2024-02-30", "is no date that exists"),
        ("1725148800", "written in no way that is read here"),
        ("=NOW()", "written in no way that is read here"),
        ("1899-01-01", "lies outside 2000 to 2100"),
        ("9999-12-31T23:59:59-12:00", "is no date that exists"),
        ("x" * 4_000_000, "written in no way"),
    ],
)
def test_what_cannot_be_read_says_why(text: str, reason: str) -> None:
    with pytest.raises(RowRejected) as rejected:
        at(text)

    assert reason in rejected.value.reason
    assert rejected.value.field == "ChargePeriodStart"
    assert len(rejected.value.reason) < 150


def test_epoch_seconds_only_where_the_dialect_says_so() -> None:
    assert at("1725148800", DateDialect(epoch=True)) == SEPTEMBER


@pytest.mark.parametrize(
    ("start", "end", "order"),
    [
        ("4/1/25", "5/1/25", "month"),
        ("1/4/2025", "1/5/2025", "day"),
        ("1/1/25", "2/1/25", "month"),
        ("1/1/25", "1/2/25", "day"),
        ("12/1/2024", "1/1/2025", "month"),
        ("4/1/25", "", None),
        ("4/1/25", "4/1/25", None),
        ("2025-04-01", "5/1/25", "month"),
    ],
)
def test_a_billing_period_settles_what_stands_first(
    start: str, end: str, order: Slash | None
) -> None:
    assert times.slash_order(start, end) == order


def test_a_settled_file_reads_all_its_dates_alike() -> None:
    american, european = DateDialect(slash="month"), DateDialect(slash="day")

    assert at("4/1/25", american) == datetime(2025, 4, 1, tzinfo=UTC)
    assert at("4/1/25", european) == datetime(2025, 1, 4, tzinfo=UTC)
    assert at("4/1/2025 13:05", american) == datetime(2025, 4, 1, 13, 5, tzinfo=UTC)
    with pytest.raises(RowRejected, match="read as month/day like the rest of the file"):
        at("13/4/25", american)


@given(first=st.dates(date(2001, 1, 1), date(2098, 1, 1)))
@settings(max_examples=40)
def test_every_month_settles_its_own_order(first: date) -> None:
    first = first.replace(day=1)
    last = times.next_month(first)

    assert times.slash_order(f"{first:%m/%d/%Y}", f"{last:%m/%d/%Y}") == "month"
    assert times.slash_order(f"{first:%d/%m/%Y}", f"{last:%d/%m/%Y}") == "day"


def test_periods_are_half_open_days_and_months_of_a_zone() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    change = datetime(2026, 3, 29, 12, tzinfo=UTC)

    start, end = times.day_period(change, berlin)
    assert (start, end - start) == (datetime(2026, 3, 28, 23, tzinfo=UTC), timedelta(hours=23))
    assert times.month_period(date(2026, 12, 1))[1] == datetime(2027, 1, 1, tzinfo=UTC)
    assert times.month_of(change) == date(2026, 3, 1)


def test_an_invoice_month() -> None:
    assert times.invoice_month("202409", "invoice.month") == date(2024, 9, 1)
    assert times.invoice_month("2024-09", "invoice.month") == date(2024, 9, 1)
    for text in ("202413", "2024", "", "199912"):
        with pytest.raises(RowRejected, match=r"invoice\.month"):
            times.invoice_month(text, "invoice.month")
