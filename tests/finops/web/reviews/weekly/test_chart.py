"""The server's own drawing: every point in its box, on a scale that holds all of them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from finops.reviews.document import FigureRow
from finops.web.reviews.weekly.chart import HEIGHT, SIDE, chart, table

FIRST = date(2026, 11, 1)
amounts = st.decimals(0, 10**12, places=2, allow_nan=False)


def figure(*lines: list[str | None], **more: Any) -> FigureRow:
    """A figure of lines over the days of November."""
    data = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": [(FIRST + timedelta(days=n)).isoformat() for n in range(len(line))],
            "y": line,
            "line": {"color": "var:d-actual"},
            "name": "Actual",
        }
        for line in lines
    ]
    rows = [["2026-11-01", "12.5", None, 3]]
    meta = {"columns": ["day", "spend_so_far", "before", "calls"], "rows": rows}
    return {"name": "drawn", "data": data, "layout": more, "meta": meta}


def places(points: str) -> list[tuple[Decimal, Decimal]]:
    pairs = (pair.split(",") for pair in points.split())
    return [(Decimal(x), Decimal(y)) for x, y in pairs]


@given(st.lists(amounts, min_size=1, max_size=31))
def test_every_point_is_in_the_box_and_higher_for_more(line: list[Decimal]) -> None:
    drawn = chart(figure([str(amount) for amount in line]), "USD")

    assert drawn is not None
    found = places(drawn.strokes[0].points)
    assert len(found) == len(line)
    assert all(0 <= x <= SIDE and 0 <= y <= SIDE for x, y in found)
    for (_, higher), more in zip(found, line, strict=True):
        assert all(
            higher <= lower for (_, lower), less in zip(found, line, strict=True) if more >= less
        )
    assert all(0 <= mark.x <= 100 and 0 <= mark.y <= HEIGHT for mark in drawn.marks)


@given(amounts.filter(lambda amount: amount > 1))
def test_the_grid_is_round_and_reaches_beyond_the_largest(largest: Decimal) -> None:
    drawn = chart(figure(["0", str(largest)]), "USD")

    assert drawn is not None
    assert 2 <= len(drawn.levels) <= 5
    assert min(drawn.levels) >= drawn.top


def test_a_day_without_a_value_is_left_out() -> None:
    drawn = chart(figure(["1", None, "3"]), "USD")

    assert drawn is not None
    assert [x for x, _ in places(drawn.strokes[0].points)] == [0, SIDE]


def test_nothing_is_drawn_of_nothing() -> None:
    assert chart(figure(), "USD") is None
    assert chart(figure([None, None]), "USD") is None


def test_a_band_lies_between_two_lines_and_its_edges_are_not_drawn() -> None:
    given_figure = figure(["1", "2"], ["3", "4"])
    for trace in given_figure["data"]:
        trace["line"] = {"width": 0, "color": "var:d-cone"}
    given_figure["data"][1] |= {"fill": "tonexty", "fillcolor": "var:d-cone"}
    drawn = chart(given_figure, "USD")

    assert drawn is not None
    assert drawn.strokes == []
    assert [area.token for area in drawn.areas] == ["d-cone"]
    assert len(places(drawn.areas[0].points)) == 4


def test_the_words_of_two_close_lines_stand_apart() -> None:
    notes = [
        {"x": "2026-11-01", "y": y, "text": f"{name} above", "xanchor": "left"}
        for name, y in (("Yellow", "95"), ("Red", "100"))
    ]
    drawn = chart(figure(["1", "100"], annotations=notes), "USD")

    assert drawn is not None
    red, yellow = (
        next(mark for mark in drawn.marks if mark.words.startswith(name))
        for name in ("Red", "Yellow")
    )
    assert yellow.y - red.y >= 15


def test_the_rows_are_written_for_people() -> None:
    assert table(figure(["1"]), "USD") == (
        ["Day", "Spend so far", "Before", "Calls"],
        [["Sun 1 Nov 2026", "$12.50", "—", "3"]],
    )
