"""The day on which daily cost moved to another level."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops.domain.shifts import find_shift

MONDAY = date(2026, 11, 2)


def days(*amounts: int) -> list[tuple[date, Decimal]]:
    return [(MONDAY + timedelta(days=n), Decimal(amount)) for n, amount in enumerate(amounts)]


def weeks(*levels: int) -> Sequence[int]:
    """Weeks of working days at a level, with quiet weekends."""
    return [amount for level in levels for amount in [level] * 5 + [level // 10] * 2]


def test_a_step_up_is_found_on_its_day() -> None:
    shift = find_shift(days(*[100] * 8, *[150] * 6))

    assert shift is not None
    assert shift == (MONDAY + timedelta(days=8), Decimal(100), Decimal(150))


def test_a_step_down_is_one_too() -> None:
    shift = find_shift(days(*[100] * 6, *[20] * 6))

    assert shift is not None
    assert (shift.before, shift.after) == (100, 20)


def test_weekends_are_no_shift_and_hide_none() -> None:
    assert find_shift(days(*weeks(100, 100, 100))) is None
    shift = find_shift(days(*weeks(100, 100, 170, 170)))
    assert shift is not None
    assert shift.day == MONDAY + timedelta(days=14)


@pytest.mark.parametrize(
    "amounts",
    [
        (),
        (5,),
        (0, 0, 0, 0, 0, 0, 0, 0, 0),
        (100,) * 20,
        (100,) * 10 + (110,) * 10,
        (100,) * 10 + (900,) + (100,) * 10,
        (100,) * 12 + (300,) * 3,
    ],
    ids=["none", "one day", "nothing", "level", "small", "one dear day", "too short"],
)
def test_whatever_is_not_plain_is_no_shift(amounts: tuple[int, ...]) -> None:
    assert find_shift(days(*amounts)) is None


@given(st.lists(st.integers(0, 10**6), max_size=40))
def test_it_leaves_enough_days_on_both_sides(amounts: list[int]) -> None:
    shift = find_shift(days(*amounts))

    if shift is not None:
        assert 4 <= (shift.day - MONDAY).days <= len(amounts) - 4
