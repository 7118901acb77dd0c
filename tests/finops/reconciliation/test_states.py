"""How a month stands: what the numbers say, and what people have said of them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest

from finops.reconciliation.states import (
    ACCEPTED,
    EXPLAINED,
    INVESTIGATING,
    LOCKED,
    MATCHED,
    NOT_DUE,
    PROVISIONAL,
    Found,
    Tolerance,
    due_on,
    judge,
    rounding_tolerance,
    standing,
)

OCTOBER = date(2026, 10, 1)
LATER = date(2026, 11, 20)


def found(
    billed: str | None = "10000", *, apart: str = "0", nameless: str = "0", **told: bool
) -> Found:
    known = {"complete": True, "by_model": False} | told
    amount = None if billed is None else D(billed)
    return Found(amount, D(apart), D(nameless), **known)


@pytest.mark.parametrize(
    ("seen", "state"),
    [
        (found(apart="100"), MATCHED),  # exactly 1 % is still none
        (found(apart="-100"), MATCHED),
        (found(apart="100.01", nameless="100"), EXPLAINED),  # within 5 %, and named but for 1 %
        (found(apart="100.01", nameless="100.01"), INVESTIGATING),
        (found(apart="500"), EXPLAINED),
        (found(apart="500.01"), INVESTIGATING),  # too much to be named by totals alone
        (found(apart="500.01", by_model=True), EXPLAINED),
        (found(apart="5000", nameless="101", by_model=True), INVESTIGATING),
        (found("50", apart="1"), MATCHED),  # $1 where 1 % is less
        (found("-50", apart="-1"), MATCHED),  # a month of credits
        (found("0", apart="1.01"), INVESTIGATING),
        (found(None, apart="9"), PROVISIONAL),
        (found(complete=False), PROVISIONAL),
    ],
)
def test_numbers_alone_say_how_a_month_stands(seen: Found, state: str) -> None:
    assert judge(seen, Tolerance(), month=OCTOBER, today=LATER) == state


def test_a_month_is_judged_some_days_after_its_end() -> None:
    patient = Tolerance(days_until_due=12)
    assert due_on(OCTOBER, Tolerance()) == date(2026, 11, 4)
    assert judge(found(), patient, month=OCTOBER, today=date(2026, 11, 12)) == NOT_DUE
    assert judge(found(), patient, month=OCTOBER, today=date(2026, 11, 13)) == MATCHED
    assert judge(found(None), Tolerance(), month=OCTOBER, today=date(2026, 10, 9)) == NOT_DUE


@pytest.mark.parametrize(
    ("computed", "last", "locked", "state"),
    [
        (EXPLAINED, None, False, EXPLAINED),
        (EXPLAINED, "investigate", False, INVESTIGATING),
        (MATCHED, "investigate", False, MATCHED),  # the doubt went with the difference
        (PROVISIONAL, "investigate", False, INVESTIGATING),
        (INVESTIGATING, "accept", False, ACCEPTED),
        (INVESTIGATING, "reopen", False, INVESTIGATING),
        (EXPLAINED, "restated", False, EXPLAINED),
        (INVESTIGATING, "accept", True, LOCKED),
        (NOT_DUE, None, True, LOCKED),
    ],
)
def test_people_are_heard_until_the_month_is_closed(
    computed: str, last: str | None, locked: bool, state: str
) -> None:
    assert standing(computed, last, locked=locked) == state


@pytest.mark.parametrize(
    ("rows", "subunit", "limit"),
    [
        (0, "0.01", "1"),
        (40_000, "0.01", "1"),
        (1_000_000, "0.01", "5"),
        (1_000_000, "1", "500"),  # yen
        (90_000, "0.01", "1.5"),
    ],
)
def test_lines_may_differ_from_their_invoice_by_what_focus_says(
    rows: int, subunit: str, limit: str
) -> None:
    assert rounding_tolerance(rows, D(subunit)) == D(limit)
