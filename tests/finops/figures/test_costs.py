"""The chart of the explorer: few bars, few colours, all of time, and nothing left out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from finops.domain.money import exact_sum
from finops.figures.costs import costs as draw_costs
from finops.figures.costs.over_time import SERIES
from finops.figures.figure import Figure
from finops.insights.cost_question import read_cost_question
from finops.models import Organization
from finops.rollups.refresh import rebuild
from tests.finops.ledger.usage import PRICE, call, import_rows

pytestmark = pytest.mark.usefixtures("ledger")

NOW = datetime(2026, 11, 5, 9, 30, tzinfo=UTC)


def figure(**asked: str) -> Figure:
    given = {name: [value] for name, value in asked.items()}
    return draw_costs(read_cost_question(given, now=NOW, organization=Organization.current()))


def teams(count: int, **fields: object) -> list[dict[str, object]]:
    """Calls of teams of which each costs more than the one before."""
    return [
        call(id=f"{n}", team=f"team {n:02}", input_tokens=1_000 * n, **fields)
        for n in range(1, count + 1)
    ]


def test_the_dearest_twelve_have_bars_and_the_rest_has_two() -> None:
    import_rows(*teams(15), call(id="none"))

    drawn = figure(by="team", period="2026-11")
    (trace,) = drawn.data

    assert [name for name, _ in drawn.rows] == [
        *(f"team {n:02}" for n in range(15, 3, -1)),
        "3 others",
        "Without a team",
    ]
    assert [round(width, 9) for width in trace["x"]] == [
        round(float(amount), 9) for _, amount in drawn.rows
    ]
    assert exact_sum(amount for _, amount in drawn.rows) == (
        sum(range(1, 16)) * Decimal("0.0025") + 15 * Decimal("0.005") + PRICE
    )
    assert trace["customdata"][0].startswith("?by=team&period=2026-11")
    assert trace["customdata"][-2] is None
    assert "team=unallocated" in trace["customdata"][-1]
    assert drawn.title.startswith("team 15 cost most: $0.0425")


def test_few_bars_are_no_wall() -> None:
    import_rows(call(team="only"))

    drawn = figure(by="team", period="2026-11")

    assert drawn.layout["yaxis"]["range"] == [4.5, -0.5]
    assert drawn.alt == "Bar chart of cost. only $0.0075."


def test_a_long_name_is_cut_beside_the_axis_and_whole_on_hover() -> None:
    name = "a team whose name is longer than any axis"
    import_rows(call(team=name, feature="<b>bold</b> & more"))

    drawn = figure(by="team,feature", period="2026-11")
    (trace,) = drawn.data

    assert drawn.layout["yaxis"]["ticktext"] == [
        "a team whose nam… · &lt;b&gt;bold&lt;/b&gt; &amp; mo…"
    ]
    assert trace["hovertext"][0].startswith(f"{name} · &lt;b&gt;bold&lt;/b&gt; &amp; more: $")
    assert drawn.rows[0][0] == f"{name} · <b>bold</b> & more"


def test_over_time_four_have_colours_and_the_rest_has_two() -> None:
    import_rows(
        *teams(7, time="2026-11-02T10:00:00Z"),
        call(id="again", team="team 07", time="2026-11-04T10:00:00Z"),
        call(id="none", time="2026-11-04T10:00:00Z"),
    )

    drawn = figure(by="team", grain="day", period="2026-11")

    assert len(drawn.data) == SERIES + 2
    assert [words for _, words in drawn.legend] == [
        *(f"team {n:02}" for n in (7, 6, 5, 4)),
        "3 others",
        "Without a team",
    ]
    assert len({token for token, _ in drawn.legend}) == SERIES + 2
    assert drawn.layout["xaxis"]["range"] == [-0.5, 4.5]  # 1 to 5 November, busy or not
    assert drawn.data[0]["x"] == [1, 3]
    assert exact_sum(row[2] for row in drawn.rows) == (
        sum(range(1, 8)) * Decimal("0.0025") + 7 * Decimal("0.005") + 2 * PRICE
    )
    assert {row[0] for row in drawn.rows} == {"2026-11-02", "2026-11-04"}
    assert drawn.title.startswith("Mon 2 Nov 2026 cost most: $")


def test_one_series_needs_no_legend() -> None:
    import_rows(call(team="a"))

    assert figure(by="", grain="day", period="2026-11").legend == ()


def test_the_missing_ones_of_several_dimensions_are_one_colour() -> None:
    import_rows(call(id="1", team="a"), call(id="2", feature="f"), call(id="3"))

    drawn = figure(by="team,feature", grain="month", period="2026-11")

    assert [words for _, words in drawn.legend] == []
    assert [(row[1], row[2]) for row in drawn.rows] == [("Not fully attributed", 3 * PRICE)]


@pytest.mark.parametrize(
    ("measure", "value", "title"),
    [
        ("calls", 3, "dear made most calls: 3, 60.0% of all"),
        ("unpriced", 1, "odd has most calls without a price: 1, 100.0% of them"),
    ],
)
def test_calls_and_calls_without_a_cost_can_be_drawn(measure: str, value: int, title: str) -> None:
    import_rows(
        *(call(id=f"{n}", team="dear") for n in range(3)),
        call(id="5", team="odd"),
        call(id="6", team="odd", model="no-such-model"),
    )

    drawn = figure(by="team", measure=measure, period="2026-11")

    assert (drawn.title, drawn.rows[0][1]) == (title, value)
    assert "tickprefix" not in drawn.layout["xaxis"]


@pytest.mark.parametrize(
    ("asked", "title"),
    [
        ({}, "Nothing was spent"),
        ({"measure": "calls"}, "There were no calls"),
        ({"measure": "unpriced"}, "No calls without a price"),
        ({"grain": "day"}, "Nothing was spent"),
        (
            {"grain": "hour", "basis": "reported", "measure": "unpriced"},
            "No calls without a reported cost",
        ),
    ],
)
def test_nothing_is_said_plainly(asked: dict[str, str], title: str) -> None:
    assert figure(by="team", **asked).title == title


def test_what_has_no_price_is_not_nothing() -> None:
    import_rows(call(model="no-such-model", team="a"))

    assert figure(by="team", period="2026-11").title == "Calls without a price"
    assert figure(by="team", grain="day", period="2026-11").title == "Calls without a price"
    assert figure(by="team", period="2026-11").rows == (("a", None),)


# --- time -------------------------------------------------------------------------------------


def test_hours_reach_to_now_and_name_the_days() -> None:
    import_rows(call(team="a", time="2026-11-04T10:00:00Z"))

    drawn = figure(by="team", grain="hour", period="2026-11-02..2026-11-05")
    axis = drawn.layout["xaxis"]

    assert axis["range"] == [-0.5, 3 * 24 + 10 - 0.5]
    assert axis["ticktext"] == ["2 Nov", "3 Nov", "4 Nov", "5 Nov"]
    assert axis["tickvals"] == [0, 24, 48, 72]


def test_the_hours_of_one_day_are_named_by_the_clock() -> None:
    import_rows(call(team="a", time="2026-11-04T10:00:00Z"))

    axis = figure(by="team", grain="hour", period="2026-11-04..2026-11-04").layout["xaxis"]

    assert axis["ticktext"][:2] == ["4 Nov<br>00:00", "4 Nov<br>04:00"]


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", "2026-10-25", 25),
        ("Europe/Berlin", "2026-03-29", 23),
        ("Australia/Lord_Howe", "2026-10-04", 24),
        ("Australia/Lord_Howe", "2026-04-05", 25),
        ("Asia/Kathmandu", "2026-10-04", 24),
    ],
)
def test_every_call_has_its_hour_when_clocks_are_moved(zone: str, day: str, hours: int) -> None:
    Organization.objects.update(time_zone=zone)
    rebuild()
    noon = datetime.fromisoformat(f"{day}T00:00:00+00:00")
    import_rows(
        *(
            call(id=f"{n}", team="a", time=(noon + timedelta(minutes=15 * n)).isoformat())
            for n in range(-60, 120)
        )
    )

    drawn = figure(by="team", grain="hour", period=f"{day}..{day}")
    (trace,) = drawn.data

    assert len(trace["x"]) == hours
    assert len(drawn.rows) == hours
    assert all(trace["y"])


def test_months_are_named_in_words() -> None:
    import_rows(call(team="a", time="2026-10-04T10:00:00Z"))

    drawn = figure(by="team", grain="month", period="2026-09-15..2026-11-02")

    assert drawn.layout["xaxis"]["ticktext"] == ["Sep 2026", "Oct 2026", "Nov 2026"]
    assert drawn.title == "October 2026 cost most: $0.0075"


def test_a_call_from_a_clock_that_is_ahead_is_drawn_too() -> None:
    import_rows(call(team="a", time="2026-11-05T14:00:00Z"))

    drawn = figure(by="team", grain="hour", period="2026-11-05..2026-11-05")

    assert [row[0] for row in drawn.rows] == ["2026-11-05T14:00:00+00:00"]
    assert any(drawn.data[0]["y"])


def test_links_lead_to_the_same_question_narrowed(signed_in: Any) -> None:
    import_rows(call(team='a&b="c"', model="gpt-4o"))
    (trace,) = figure(by="team,model", period="2026-11", basis="reported").data

    answer = signed_in("viewer").get(f"/costs/{trace['customdata'][0]}")

    question = answer.context["question"]
    assert question.filters == {"team": ('a&b="c"',), "model": ("gpt-4o",)}
    assert (question.by, question.basis) == (("team", "model"), "reported")
