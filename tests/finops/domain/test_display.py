"""How amounts, numbers and times are written: the tables of the house style and their edges."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops.domain import display

amounts = st.decimals(
    allow_nan=False, allow_infinity=False, min_value=Decimal("-1e21"), max_value=Decimal("1e21")
)


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        ("48214.1234", "$48,214"),
        ("1234567.5", "$1,234,568"),
        ("1000", "$1,000"),
        ("999.995", "$1,000"),
        ("999.994999", "$999.99"),
        ("812.4", "$812.40"),
        ("19.19", "$19.19"),
        ("19.195", "$19.20"),
        ("1", "$1.00"),
        ("0.99995", "$1.00"),
        ("0.9999", "$1.00"),
        ("0.9994", "$0.999"),
        ("0.214", "$0.214"),
        ("0.2", "$0.20"),
        ("0.42", "$0.42"),
        ("0.0995", "$0.0995"),
        ("0.00995", "$0.01"),
        ("0.0031", "$0.0031"),
        ("0.00014999", "$0.0001"),
        ("0.0001", "$0.0001"),
        ("0.00009999", "under $0.0001"),
        ("1E-30", "under $0.0001"),
        ("0", "$0"),
        ("-0", "$0"),
        ("0E-9", "$0"),
        ("-610.5", "−$610.50"),
        ("-4120", "−$4,120"),
        ("-0.00001", "between −$0.0001 and $0"),
        ("1E+24", "$1,000,000,000,000,000,000,000,000"),
        ("123456789012345678901234567890.5", "$123,456,789,012,345,678,901,234,567,891"),
    ],
)
def test_money_has_as_many_digits_as_its_size_deserves(amount: str, written: str) -> None:
    assert display.money(Decimal(amount)) == written


def test_what_is_not_known_is_a_dash() -> None:
    assert display.money(None) == display.exact_money(None) == display.signed_money(None) == "—"
    assert display.number(None) == display.duration(None) == "—"


@pytest.mark.parametrize(
    ("currency", "written"), [("USD", "$5.00"), ("EUR", "€5.00"), ("GBP", "£5.00")]
)
def test_well_known_currencies_have_their_sign(currency: str, written: str) -> None:
    assert display.money(Decimal(5), currency) == written


def test_other_currencies_are_named_and_stay_with_their_number() -> None:
    assert display.money(Decimal(-5), "CHF") == "−CHF\N{NO-BREAK SPACE}5.00"


@given(amounts)
def test_what_is_written_is_near_what_is_meant(amount: Decimal) -> None:
    written = display.money(amount)
    if written.startswith(("under", "between")):
        assert abs(amount) < Decimal("0.0001")
        return
    value = Decimal(written.replace("$", "").replace(",", "").replace("−", "-"))
    assert abs(value - amount) <= max(abs(amount) * Decimal("0.005"), Decimal("0.00005"))
    assert (written[0] == "−") == (amount < 0)


@given(amounts)
def test_the_exact_amount_loses_nothing(amount: Decimal) -> None:
    written = display.exact_money(amount)

    assert Decimal(written.replace("$", "").replace(",", "").replace("−", "-")) == amount
    assert "E" not in written


@given(amounts, amounts)
def test_more_is_never_written_as_less(one: Decimal, other: Decimal) -> None:
    def value(amount: Decimal) -> Decimal:
        written = display.money(abs(amount)).replace("$", "").replace(",", "")
        return Decimal("0.00005") if written.startswith("under") else Decimal(written)

    small, large = sorted((abs(one), abs(other)))
    assert value(small) <= value(large)


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        ("48214.1200", "$48,214.12"),
        ("0.000000000001", "$0.000000000001"),
        ("1E+3", "$1,000"),
        ("-7.50", "−$7.5"),
        ("100", "$100"),
        ("0.00", "$0"),
    ],
)
def test_every_known_digit_can_be_written(amount: str, written: str) -> None:
    assert display.exact_money(Decimal(amount)) == written


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        ("4120", "+$4,120"),
        ("-610", "−$610.00"),
        ("0", "$0"),
        ("0.00001", "under +$0.0001"),
        ("-0.00001", "between −$0.0001 and $0"),
    ],
)
def test_a_change_has_its_sign(amount: str, written: str) -> None:
    assert display.signed_money(Decimal(amount)) == written


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        ("0", "$0"),
        ("0.5", "$0.5"),
        ("0.0025", "$0.0025"),
        ("20000", "$20,000"),
        ("99999", "$99,999"),
        ("99999.5", "$100k"),
        ("120000", "$120k"),
        ("125500", "$125.5k"),
        ("949999", "$950k"),
        ("999949", "$999.9k"),
        ("999950", "$1M"),
        ("1200000", "$1.2M"),
        ("-1200000", "−$1.2M"),
    ],
)
def test_ticks_are_short(amount: str, written: str) -> None:
    assert display.axis_money(Decimal(amount)) == written


@pytest.mark.parametrize(
    ("count", "written"), [(0, "0"), (999, "999"), (225300, "225,300"), (-3, "−3")]
)
def test_counts_have_commas(count: int, written: str) -> None:
    assert display.number(count) == written


@pytest.mark.parametrize(
    ("part", "whole", "written"),
    [
        ("30.8", "100", "30.8%"),
        ("1", "1", "100.0%"),
        ("0", "100", "0.0%"),
        ("-0.00001", "100", "0.0%"),
        ("0.049", "100", "under 0.1%"),
        ("0.05", "100", "0.1%"),
        ("99.96", "100", "100.0%"),
        ("-5.94", "100", "−5.9%"),
        ("5", "0", "—"),
        ("1E+12", "1E-30", f"1{',000' * 14}.0%".replace("1,000", "100,000", 1)),
    ],
)
def test_a_share_is_in_percent(part: str, whole: str, written: str) -> None:
    assert display.share(Decimal(part), Decimal(whole)) == written


@pytest.mark.parametrize(
    ("now", "before", "written"),
    [
        ("138.4", "100", "+38.4%"),
        ("94.1", "100", "−5.9%"),
        ("100", "100", "unchanged"),
        ("0", "0", "unchanged"),
        ("5", "0", "new"),
        ("0", "5", "−100.0%"),
        ("999", "100", "+899.0%"),
        ("1000", "100", "10×"),
        ("1249", "100", "12×"),
        ("100.01", "100", "0.0%"),
        ("99.99", "100", "0.0%"),
        ("-5", "5", "−200.0%"),
        ("5", "-5", "+200.0%"),
    ],
)
def test_a_change_in_percent(now: str, before: str, written: str) -> None:
    assert display.change(Decimal(now), Decimal(before)) == written


def test_the_largest_cost_over_the_smallest_can_still_be_written() -> None:
    assert display.change(Decimal(10**12), Decimal("1E-30")).endswith(",000×")
    assert display.times(Decimal(10**12), Decimal("1E-30")).endswith(",000×")


@pytest.mark.parametrize(
    ("amount", "usual", "written"), [("3.5", "1", "3.5×"), ("49.4", "1", "49×"), ("1", "0", "—")]
)
def test_how_many_times_as_large(amount: str, usual: str, written: str) -> None:
    assert display.times(Decimal(amount), Decimal(usual)) == written


@pytest.mark.parametrize(
    ("now", "before", "unit", "tone"),
    [
        ("200", "100", False, "worse"),
        ("100", "200", False, "better"),
        ("100", "100", False, "flat"),
        ("103", "100", False, "flat"),
        ("0.0031", "0.0021", False, "flat"),
        ("0.0031", "0.0021", True, "worse"),
    ],
)
def test_only_a_change_that_matters_has_a_tone(
    now: str, before: str, unit: bool, tone: str
) -> None:
    assert display.tone(Decimal(now), Decimal(before), unit=unit) == tone


# --- days and times ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "last", "long", "short"),
    [
        ("2026-11-01", "2026-11-20", "1–20 November 2026", "1–20 Nov"),
        ("2026-11-20", "2026-11-20", "20 November 2026", "20 Nov"),
        ("2026-10-28", "2026-11-03", "28 Oct–3 Nov 2026", "28 Oct–3 Nov"),
        ("2025-12-28", "2026-01-03", "28 Dec 2025–3 Jan 2026", "28 Dec–3 Jan"),
        ("2025-11-02", "2026-11-01", "2 Nov 2025–1 Nov 2026", "2 Nov 2025–1 Nov 2026"),
    ],
)
def test_a_range_of_days_says_what_differs(first: str, last: str, long: str, short: str) -> None:
    ends = date.fromisoformat(first), date.fromisoformat(last)

    assert (display.days(*ends), display.short_days(*ends)) == (long, short)


def test_a_day_may_have_its_weekday_and_leave_out_its_year() -> None:
    day = date(2026, 11, 20)

    assert display.day(day) == "20 Nov 2026"
    assert display.day(day, weekday=True) == "Fri 20 Nov 2026"
    assert display.day(day, year=False) == "20 Nov"


@pytest.mark.parametrize(
    ("zone", "written"),
    [
        ("UTC", "20 Nov 2026, 23:07 UTC"),
        ("Europe/Berlin", "21 Nov 2026, 00:07 CET"),
        ("Asia/Kathmandu", "21 Nov 2026, 04:52 UTC+0545"),
        ("America/Sao_Paulo", "20 Nov 2026, 20:07 UTC−03"),
    ],
)
def test_a_moment_names_its_zone(zone: str, written: str) -> None:
    moment = datetime(2026, 11, 20, 23, 7, tzinfo=UTC)

    assert display.moment(moment, ZoneInfo(zone)) == written


@pytest.mark.parametrize(
    ("milliseconds", "written"),
    [
        (0, "0.0 s"),
        (900, "0.9 s"),
        (59_949, "59.9 s"),
        (59_950, "1 min 0 s"),
        (59_999.9, "1 min 0 s"),
        (60_000, "1 min 0 s"),
        (161_000, "2 min 41 s"),
        (3_599_499, "59 min 59 s"),
        (3_599_500, "1 h 00 min"),
        (11_100_000, "3 h 05 min"),
        (3_600_000_000, "1,000 h 00 min"),
    ],
)
def test_durations_never_show_sixty_of_anything(milliseconds: float, written: str) -> None:
    assert display.duration(milliseconds) == written


@pytest.mark.parametrize(
    ("ago", "written"),
    [
        (timedelta(seconds=-30), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=59, seconds=59), "59 minutes ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(hours=47), "1 day ago"),
        (timedelta(days=3), "3 days ago"),
    ],
)
def test_how_long_ago(ago: timedelta, written: str) -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)

    assert display.ago(now - ago, now) == written


def test_nouns_follow_their_count() -> None:
    assert display.counted(1, "call") == "1 call"
    assert display.counted(0, "call") == "0 calls"
    assert display.counted(2_000, "entry", "entries") == "2,000 entries"
    assert [display.plural(noun) for noun in ("team", "status")] == ["teams", "statuses"]
    assert [display.with_article(noun) for noun in ("team", "user", "environment")] == [
        "a team",
        "a user",
        "an environment",
    ]


@pytest.mark.parametrize(
    ("amount", "written"),
    [("14500", "$14,500"), ("500", "$500"), ("99.50", "$99.50"), ("0", "$0"), ("0.05", "$0.05")],
)
def test_what_somebody_set_has_no_cents_of_nothing(amount: str, written: str) -> None:
    assert display.set_money(Decimal(amount)) == written


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        ("71912.55", "$71,900"),
        ("812.40", "$812"),
        ("99950", "$100,000"),
        ("4.016", "$4.02"),
        ("0.00123", "$0.0012"),
        ("0", "$0"),
        ("-71912.55", "−$71,900"),
        ("999.6", "$1,000"),
    ],
)
def test_what_is_only_expected_has_three_digits(amount: str, written: str) -> None:
    assert display.forecast_money(Decimal(amount)) == written
    assert display.forecast_money(None) == display.NOTHING
