"""Dimensions, periods, money, measures and tables."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops.domain import dimensions, periods
from finops.domain.measures import Measures
from finops.domain.money import exact_difference, exact_sum, plain
from finops.domain.tabular import as_csv, csv_lines, safe_cell

amounts = st.decimals(
    allow_nan=False, allow_infinity=False, min_value=Decimal("-1e12"), max_value=Decimal("1e12")
)


@given(amounts)
def test_a_written_amount_is_the_amount_without_exponent(amount: Decimal) -> None:
    written = plain(amount)

    assert Decimal(written) == amount
    assert "E" not in written.upper()


@pytest.mark.parametrize(
    ("amount", "written"),
    [("0", "0"), ("-0.00", "0"), ("1E-7", "0.0000001"), ("12.3400", "12.34"), ("1E+3", "1000")],
)
def test_amounts_are_written_plainly(amount: str, written: str) -> None:
    assert plain(Decimal(amount)) == written


def test_sums_keep_digits_that_python_would_round_away() -> None:
    large, small = Decimal("1000000000000"), Decimal("1E-30")

    assert plain(exact_sum([large, small])) == f"1000000000000.{'0' * 29}1"
    assert exact_difference(exact_sum([large, small]), large) == small


def test_dimensions_keep_their_order() -> None:
    assert dimensions.parse_dimensions("model, feature") == ("model", "feature")


@pytest.mark.parametrize("text", ["nonsense", "team,team", "team,nonsense"])
def test_unknown_and_repeated_dimensions_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="dimension"):
        dimensions.parse_dimensions(text)


def test_a_filters_value_may_hold_anything() -> None:
    assert dimensions.parse_filter("team=a=b, c") == ("team", "a=b, c")


@pytest.mark.parametrize("text", ["team", "=x", "nonsense=1"])
def test_a_filter_needs_a_dimension_and_a_value(text: str) -> None:
    with pytest.raises(ValueError, match=r"filter|dimension"):
        dimensions.parse_filter(text)


ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]


@pytest.mark.parametrize("name", ZONES)
@given(day=st.dates(date(2015, 1, 2), date(2035, 1, 1)))
def test_days_meet_without_gap_or_overlap_and_last_about_a_day(name: str, day: date) -> None:
    zone = periods.zone_named(name)

    begin, end = (periods.day_start(d, zone) for d in (day, day + timedelta(days=1)))

    assert timedelta(hours=23) <= end - begin <= timedelta(hours=25)
    assert begin.astimezone(zone).date() == day
    assert (begin - timedelta(microseconds=1)).astimezone(zone).date() < day


def test_months_follow_each_other() -> None:
    assert periods.next_month(date(2026, 12, 31)) == date(2027, 1, 1)
    assert periods.month_of(date(2026, 2, 28)) == date(2026, 2, 1)


@pytest.mark.parametrize("name", ["", "Mars/Base", "../etc/passwd", "\x00"])
def test_an_unknown_zone_is_named(name: str) -> None:
    with pytest.raises(ValueError, match="time zone"):
        periods.zone_named(name)


def test_an_hour_is_labelled_with_its_offset() -> None:
    hour = datetime(2026, 7, 1, 12, 30, tzinfo=UTC)

    assert periods.hours_label(hour, periods.zone_named("Asia/Kolkata")) == (
        "2026-07-01T18:00:00+05:30"
    )


def test_measures_add_up_and_a_cost_that_nobody_knows_is_none() -> None:
    priced, unpriced = Measures(calls=2, cost=Decimal("0.5")), Measures(calls=1, unpriced_calls=1)

    assert Measures.sum_of([priced, unpriced]).cost_on("metered") == Decimal("0.5")
    assert Measures.sum_of([]) == Measures()
    assert unpriced.cost_on("metered") is None
    assert priced.cost_on("reported") is None
    assert Measures().cost_on("metered") == 0


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_text_that_a_spreadsheet_would_run_is_defused(start: str) -> None:
    assert safe_cell(f"{start}cmd") == f"'{start}cmd"


def test_numbers_stay_numbers_in_csv() -> None:
    assert as_csv(["a", "b"], [[Decimal("-1.5"), None]]) == "a,b\n-1.5,\n"


def test_small_amounts_are_written_without_exponent_in_csv() -> None:
    assert as_csv(["a"], [[Decimal("1E-12")], [Decimal("0E-9")]]) == "a\n0.000000000001\n0\n"


@given(st.lists(st.lists(st.text(max_size=5), min_size=2, max_size=2), max_size=5))
def test_a_table_line_by_line_is_the_same_table(rows: list[list[str]]) -> None:
    assert "".join(csv_lines(["a", "b"], rows)) == as_csv(["a", "b"], rows)
    assert len(list(csv_lines(["a", "b"], rows))) == 1 + len(rows)
