"""Bullets: every mark inside its box, in the order of the amounts, with words that say the same."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from html import unescape
from itertools import pairwise

import pytest
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from finops.web.bullets import WIDTH, Bullet, against_lines, bullet

CENTS = st.decimals(0, 10**12, places=2)
SPENT = st.decimals(-(10**12), 10**12, places=12)
MAYBE = st.none() | CENTS


@st.composite
def any_amounts(draw: st.DrawFn) -> dict[str, Decimal | None]:
    """Draw what the database allows: 0 ≤ yellow ≤ red or no lines, and spend of either sign."""
    lines = sorted(draw(st.tuples(CENTS, CENTS))) if draw(st.booleans()) else [None, None]
    return {
        "actual": draw(SPENT),
        "yellow": lines[0],
        "red": lines[1],
        "planned": draw(MAYBE),
        "forecast_mid": draw(st.none() | SPENT),
    }


@given(any_amounts())
def test_every_mark_is_inside_the_box(amounts: dict[str, Decimal | None]) -> None:
    drawn = bullet(**amounts)  # type: ignore[arg-type]  # ``actual`` is never None
    assert all(0 <= place <= WIDTH for place in places(drawn))


@given(any_amounts())
def test_marks_stand_in_the_order_of_their_amounts(amounts: dict[str, Decimal | None]) -> None:
    drawn = bullet(**amounts)  # type: ignore[arg-type]  # ``actual`` is never None
    marks = [
        (amounts["actual"], end_of_bar(drawn)),
        (amounts["yellow"], drawn.below_yellow),
        (amounts["red"], drawn.below_red),
    ]
    standing = sorted((amount, place) for amount, place in marks if amount is not None)
    assert all(one[1] <= other[1] for one, other in pairwise(standing))


@given(any_amounts())
def test_the_forecast_begins_where_the_bar_ends(amounts: dict[str, Decimal | None]) -> None:
    drawn = bullet(**amounts)  # type: ignore[arg-type]  # ``actual`` is never None
    assert (drawn.forecast is None) == (amounts["forecast_mid"] is None)
    if drawn.forecast:
        assert end_of_bar(drawn) in {drawn.forecast.x, drawn.forecast.end}


@given(yellow=CENTS, red=CENTS.filter(bool), part=st.decimals(0, "1.2", places=3))
def test_red_lines_of_a_column_line_up(yellow: Decimal, red: Decimal, part: Decimal) -> None:
    drawn = bullet(actual=red * part, yellow=min(yellow, red), red=red)
    assert drawn.tick == Decimal("307.7")


def test_exactly_on_a_line_the_bar_ends_at_it() -> None:
    drawn = bullet(actual=Decimal(7500), yellow=Decimal(7500), red=Decimal(9500), status="green")
    assert drawn.actual.end == drawn.below_yellow


def test_spend_far_beyond_red_is_drawn_whole() -> None:
    drawn = bullet(actual=Decimal(140_000), yellow=Decimal(600), red=Decimal(800), status="red")
    assert drawn.actual.end == Decimal("384.6")
    assert drawn.tick is not None
    assert drawn.tick < 10


def test_credits_are_drawn_left_of_zero() -> None:
    drawn = bullet(actual=Decimal(-100), yellow=Decimal(50), red=Decimal(100), status="green")
    assert drawn.actual.x < drawn.actual.end < (drawn.below_yellow or 0)


def test_lines_of_zero_are_lines() -> None:
    drawn = bullet(actual=Decimal(5), yellow=Decimal(0), red=Decimal(0), status="red")
    assert drawn.below_red == 0
    assert drawn.tick is not None
    assert drawn.against == "$5 over red ($0)"


def test_nothing_at_all_can_be_drawn() -> None:
    drawn = bullet(actual=Decimal(0))
    assert (drawn.actual.width, drawn.tick, drawn.plan, drawn.forecast) == (0, None, None, None)


@pytest.mark.parametrize(
    ("actual", "ended", "words"),
    [
        ("14862", False, "$362 over red ($14,500)"),
        ("14500", False, "Red above $14,500"),
        ("14500", True, "$2,500 over yellow"),
        ("12000", True, "$0 under yellow"),
        ("11480", True, "$520 under yellow"),
        ("14500.004", True, "$0.004 over red ($14,500)"),
    ],
)
def test_words_under_it_say_how_it_stands(actual: str, ended: bool, words: str) -> None:
    assert against_lines(Decimal(actual), Decimal(12000), Decimal(14500), ended=ended) == words


def test_without_lines_it_says_so() -> None:
    assert against_lines(Decimal(5), None, None) == "No dollar lines set"
    assert bullet(actual=Decimal(5)).alt == "$5 so far, no lines set"


def test_the_drawing_is_told_to_those_who_listen() -> None:
    drawn = bullet(
        actual=Decimal("48214.12"),
        yellow=Decimal(60000),
        red=Decimal(68000),
        planned=Decimal(55000),
        forecast_mid=Decimal("71912.55"),
        status="green",
    )
    assert drawn.alt == (
        "$48,214 so far, forecast $71,900, planned $55,000, yellow above $60,000, red above $68,000"
    )


def test_a_row_has_no_style_attribute_and_escapes_its_name() -> None:
    row = {
        "name": "<script>alert(1)</script>",
        "href": "/budgets/1/",
        "status": "green",
        "heading_for": "red",
        "bullet": bullet(actual=Decimal(5), yellow=Decimal(6), red=Decimal(7), status="green"),
    }
    html = render_to_string("components/bullet_row.html", {"row": row})
    assert "<script>" not in html
    assert "style=" not in html
    assert "Heading for red" in html


@pytest.mark.parametrize(
    ("status", "stale", "words"),
    [
        ("green", False, "Green"),
        ("red", False, "Red"),
        ("none", False, "No budget"),
        ("green", True, "Green Stale, was Green on 18 Nov"),
        ("none", True, "No budget Stale on 18 Nov"),
        ("", False, ""),
    ],
)
def test_a_chip_says_its_status_and_stale_hides_nothing(
    status: str, stale: bool, words: str
) -> None:
    context = {"status": status, "stale": stale, "data_to": datetime(2026, 11, 18, 9, tzinfo=UTC)}
    assert text_of(render_to_string("components/chip.html", context)) == words


def places(drawn: Bullet) -> list[Decimal]:
    """Give every place that is drawn."""
    ends = [drawn.actual.x, drawn.actual.end]
    if drawn.forecast:
        ends += [drawn.forecast.x, drawn.forecast.end]
    maybe = [drawn.below_yellow, drawn.below_red, drawn.tick, drawn.plan]
    return [*ends, *(place for place in maybe if place is not None)]


def end_of_bar(drawn: Bullet) -> Decimal:
    """Give the end of the bar that is not at zero: with spend below zero, its left one."""
    return drawn.actual.x if drawn.actual.end == drawn.zero else drawn.actual.end


def text_of(html: str) -> str:
    """Give the words of a piece of a page."""
    return " ".join(unescape(re.sub(r"<[^>]+>", "", html.replace("</span>\n", " "))).split())
