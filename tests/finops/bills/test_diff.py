"""What a restatement says in one sentence."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from finops.bills.comparing import Comparison, Side
from finops.bills.diff import describe, in_words
from finops.models import BillSnapshot

APRIL = BillSnapshot(
    billing_period=date(2026, 4, 1), first_day=date(2026, 4, 1), last_day=date(2026, 4, 5)
)


def side(
    when: str, billed: str, effective: str = "0", *, service: str = "s", team: str = "t",
    currency: str = "USD", rows: int = 1,
) -> Side:  # fmt: skip
    return Side(currency, service, team, when == "after", rows, Decimal(billed), Decimal(effective))


SENTENCES = {
    "April restated: −$312.40 in 3 services": [
        *(side("before", "1000", service=name) for name in "abcd"),
        *(side("after", "800", service=name) for name in "ab"),
        side("after", "1087.60", service="c"),
        side("after", "1000", service="d"),
    ],
    "April restated: +$3.00 of effective cost in 1 service": [
        side("before", "0", "1"),
        side("after", "0", "4"),
    ],
    "April restated: $300.00 moved between 2 teams, nothing in total": [
        side("before", "300", team="search"),
        side("after", "300", team="chat"),
    ],
    "April restated: $7.00 moved between 2 services, nothing in total": [
        side("before", "7", service="a"),
        side("after", "7", service="b"),
    ],
    "April restated: +€1.00 in 1 service; −$1.00 in 1 service": [
        side("before", "5"),
        side("after", "4"),
        side("before", "5", currency="EUR"),
        side("after", "6", currency="EUR"),
    ],
    "April restated: 2 more rows, the same cost": [
        side("before", "5"),
        side("after", "5", rows=3),
    ],
    "April delivered again: nothing changed": [side("before", "5"), side("after", "5")],
}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_it_names_amount_and_place(sentence: str) -> None:
    assert in_words(APRIL, Comparison(SENTENCES[sentence]), carried=0) == sentence


def test_it_says_which_days_stay() -> None:
    text = in_words(APRIL, Comparison([side("before", "5"), side("after", "6")]), carried=1)

    assert text == (
        "April restated: +$1.00 in 1 service."
        " It covers 2026-04-01 to 2026-04-05; 1 row of other days stays"
    )


def test_of_very_many_changes_the_largest_are_written_down() -> None:
    sides = [side("after", str(number), service=f"s{number}") for number in range(1, 151)]

    told = describe(APRIL, BillSnapshot(version=1), Comparison(sides), carried=0)

    services = told["currencies"]["USD"]["services"]
    assert (len(services), services[0]["name"]) == (100, "s150")
    assert told["currencies"]["USD"]["untold"] == {"services": 50, "teams": 0}
