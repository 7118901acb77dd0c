"""What the weekly page says, in a table of cases."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from finops.reviews.document import Realised
from finops.web.reviews.weekly import words


@pytest.mark.parametrize(
    ("rank", "before", "says"),
    [(1, 1, ""), (1, 3, "up 2"), (4, 3, "down 1"), (2, None, "new")],
)
def test_a_rank_says_how_it_moved(rank: int, before: int | None, says: str) -> None:
    assert words.rank_move(rank, before) == says


def realised(**fields: Any) -> Realised:
    plain: Any = {
        "state": "estimate",
        "amount": "1300.4",
        "band": "210",
        "days": 14,
        "days_missing": 0,
    }
    return plain | fields


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (None, "not done yet"),
        (realised(), "about $1,300 ± $210.00"),
        (realised(band=None), "about $1,300"),
        (realised(amount="-20", band="5"), "about −$20.00 ± $5.00"),
        (realised(state="too_early", days_missing=1), "too early, 1 more day needed"),
        (realised(state="too_early", days_missing=5), "too early, 5 more days needed"),
        (realised(state="unknown", amount=None), "cannot be told"),
    ],
)
def test_a_saving_is_an_estimate(row: Realised | None, says: str) -> None:
    assert words.realised(row, "USD") == says


@pytest.mark.parametrize(
    ("text", "says"),
    [(None, "not known yet"), ("1300", "$1,300 a month"), ("0", "$0 a month")],
)
def test_an_expected_saving_may_be_unknown(text: str | None, says: str) -> None:
    assert words.saving(text, "USD") == says


def document(**back: Any) -> Any:
    head = {"currency": "USD", "zone": "Europe/Berlin"}
    return {"review": head, "read_back": back, "stand": {"story": ["<b> cost €5.20 & $1,200."]}}


@pytest.mark.parametrize(
    ("actions", "saving", "unknown", "says"),
    [
        (0, "0", 0, "No actions agreed"),
        (1, "1300", 0, "1 action: $1,300 a month expected"),
        (3, "1300.50", 1, "3 actions: $1,301 a month expected, 1 not known yet"),
        (2, "0", 2, "2 actions, saving not known yet"),
    ],
)
def test_actions_are_added_up(actions: int, saving: str, unknown: int, says: str) -> None:
    said = document(actions=[{}] * actions, expected_saving=saving, unknown_savings=unknown)
    assert words.expected(said) == says


@pytest.mark.parametrize(
    ("today", "says"),
    [
        (None, "As read on <b>Mon 23 Nov 2026, 10:31 CET</b>."),
        (("48390", "176"), " Today these days add up to <b>$48,390</b> (+$176.00)."),
        (("48038", "-176"), " Today these days add up to <b>$48,038</b> (−$176.00)."),
        (("48214", "0"), " These days still add up to <b>$48,214</b>."),
    ],
)
def test_a_closed_page_says_when_it_was_read(today: tuple[str, str] | None, says: str) -> None:
    since = (Decimal(today[0]), Decimal(today[1])) if today else None
    read = words.banner(document(), datetime(2026, 11, 23, 9, 31, tzinfo=UTC), since)
    assert read.endswith(says)


def test_amounts_of_a_story_are_bold_and_its_names_harmless() -> None:
    assert words.story(document()) == "&lt;b&gt; cost <b>€5.20</b> &amp; <b>$1,200</b>."


@pytest.mark.parametrize(
    ("people", "says"),
    [([], ""), (["Maya"], "Maya"), (["Maya", "Tom", "Lena"], "Maya, Tom and Lena")],
)
def test_people_are_listed(people: list[str], says: str) -> None:
    assert words.names([{"name": name} for name in people]) == says
