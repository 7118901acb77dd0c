"""Burn-ups: lines, the way to the forecast, and words that say the same as the drawing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops.attribution.values import merge
from finops.figures.budgets.burn_up import COLUMNS, read_budget_question
from finops.figures.budgets.course import Course, Expected, way_ahead
from finops.figures.figure import Figure
from finops.figures.registry import FIGURES
from finops.models import Budget, BudgetStanding, Organization
from finops.rollups.question import read_question
from tests.finops.budgets.drawn import NOW, budget, dollars, spent

TODAY = NOW.date()
LIKELY = {"forecast_low": Decimal(25), "forecast_mid": Decimal(30), "forecast_high": Decimal(36)}


def asked(name: str = "spend-so-far", now: datetime = NOW, **given: Any) -> Figure:
    reader = read_budget_question if name == "budget-burn-up" else read_question
    texts = {key: [str(value)] for key, value in given.items()}
    return FIGURES[name](reader(texts, now=now, organization=Organization.current()))


def known(own: Budget, **fields: Any) -> None:
    """Let the running period stand so."""
    BudgetStanding.objects.filter(budget=own, period_start=TODAY.replace(day=1)).update(**fields)


def cells(figure: Figure, column: str) -> dict[date, Decimal]:
    place = figure.columns.index(column)
    return {row[0]: row[place] for row in figure.rows if row[place] is not None}


def drawn_lines(figure: Figure) -> list[Any]:
    return [trace["y"] for trace in figure.data if trace.get("line", {}).get("width") == 1.5]


@pytest.mark.usefixtures("ledger")
class TestOfAMonth:
    def test_without_a_budget_it_is_as_it_was(self) -> None:
        spent(dollars(5))

        assert asked().columns == ("day", "spend_so_far", "spend_so_far_before")

    def test_it_shows_the_whole_month_its_lines_and_all_of_the_month_before(self) -> None:
        spent(dollars(5), dollars(7, "2026-10-30T10:00:00Z"))
        budget(10, 20)
        figure = asked()

        assert figure.columns == COLUMNS
        assert len(figure.rows) == 30
        assert cells(figure, "spend_so_far")[TODAY] == 5
        assert cells(figure, "spend_so_far_before")[date(2026, 11, 30)] == 7
        assert drawn_lines(figure) == [[10.0, 10.0], [20.0, 20.0]]

    def test_the_way_ends_at_just_what_the_standing_says(self) -> None:
        spent(*(dollars(1, f"2026-11-{day:02}T10:00:00Z") for day in range(1, 21)))
        known(budget(40, 60), **LIKELY, forecast_state="computed")
        figure = asked()

        assert cells(figure, "forecast")[TODAY] == 20
        assert cells(figure, "forecast")[date(2026, 11, 30)] == 30
        assert cells(figure, "forecast_low")[date(2026, 11, 30)] == 25
        assert cells(figure, "forecast_high")[date(2026, 11, 30)] == 36
        assert "reaches $30 on 30 November, likely between $25 and $36" in figure.alt

    def test_days_without_spend_lie_flat_in_the_forecast_too(self) -> None:
        working = [date(2026, 10, 1) + timedelta(days=n) for n in range(51)]
        spent(
            *(
                dollars(100 if day.weekday() < 5 else 1, f"{day}T10:00:00Z")
                for day in working
                if day <= TODAY
            )
        )
        known(budget(9_000, 9_900), forecast_mid=Decimal(2_300), forecast_state="computed")
        ahead = cells(asked(), "forecast")

        weekend = ahead[date(2026, 11, 22)] - ahead[date(2026, 11, 21)]
        weekday = ahead[date(2026, 11, 24)] - ahead[date(2026, 11, 23)]
        assert weekday > 20 * weekend

    def test_a_team_has_its_own_lines(self) -> None:
        spent(dollars(5, team="legal"), dollars(9))
        budget(10, 20, name="everything")
        budget(6, 8, name="legal", scope={"team": "legal"})

        assert drawn_lines(asked(team="legal")) == [[6.0, 6.0], [8.0, 8.0]]
        assert cells(asked(team="legal"), "spend_so_far")[TODAY] == 5

    def test_the_last_day_has_nothing_ahead(self) -> None:
        spent(dollars(5, "2026-11-30T10:00:00Z"))
        known(budget(10, 20), **LIKELY)
        figure = asked(now=datetime(2026, 11, 30, 12, tzinfo=UTC))

        assert cells(figure, "forecast") == {}
        assert "d-fcst" not in dict(figure.legend)

    def test_a_month_that_has_ended_says_how(self) -> None:
        spent(dollars(12, "2026-10-30T10:00:00Z"))
        budget(10, 20, effective_from=date(2026, 10, 1))
        figure = asked(period="2026-10")

        assert figure.title == "Ended $2.00 over the yellow line"
        assert figure.notes == ()

    def test_lines_that_lie_close_have_their_words_apart(self) -> None:
        spent(dollars(5))
        budget(100, 101)
        yellow, red = asked().layout["annotations"][:2]

        assert (yellow["text"], yellow["yanchor"]) == ("Yellow above $100", "top")
        assert (red["text"], red["yanchor"]) == ("Red above $101", "bottom")

    def test_without_lines_it_is_still_drawn(self) -> None:
        spent(dollars(5))
        budget(lines=[])
        figure = asked()

        assert figure.title == "$5.00 so far, no lines drawn"
        assert drawn_lines(figure) == []

    @pytest.mark.parametrize(
        ("state", "note"),
        [("too_early", "Too early to forecast."), ("no_history", "No forecast: there is no spend")],
    )
    def test_it_says_why_there_is_no_forecast(self, state: str, note: str) -> None:
        nothing = dict.fromkeys(LIKELY)
        known(budget(10, 20), forecast_state=state, **nothing)

        assert asked().notes[0].startswith(note)


@pytest.mark.usefixtures("ledger")
class TestOfABudget:
    def test_it_draws_the_period_that_holds_a_day(self) -> None:
        spent(dollars(5), dollars(3, "2026-11-18T10:00:00Z"), dollars(4, "2026-11-12T10:00:00Z"))
        own = budget(10, 20, period="week", effective_from=date(2026, 11, 1))

        running = asked("budget-burn-up", budget=own.pk)
        past = asked("budget-burn-up", budget=own.pk, on="2026-11-13")

        assert [row[0] for row in running.rows] == [date(2026, 11, 16 + n) for n in range(7)]
        assert list(cells(running, "spend_so_far").values())[-1] == 8
        assert list(cells(running, "spend_so_far_before").values())[-1] == 4
        assert past.rows[0][0] == date(2026, 11, 9)

    def test_merged_values_are_counted_in(self) -> None:
        spent(dollars(5, workflow="old"), dollars(2, workflow="new"))
        own = budget(10, 20, scope={"workflow": "old"})
        merge("workflow", "old", into="new")

        assert cells(asked("budget-burn-up", budget=own.pk), "spend_so_far")[TODAY] == 7

    @pytest.mark.parametrize("given", [{}, {"budget": 999_999}])
    def test_a_budget_that_nobody_looked_at_is_an_empty_chart(self, given: Any) -> None:
        figure = asked("budget-burn-up", **given)

        assert (figure.rows, list(figure.data)) == ((), [])

    @pytest.mark.parametrize(
        "given", [{"budget": "x"}, {"budget": "-1"}, {"budget": "9" * 40}, {"on": "yesterday"}]
    )
    def test_a_question_without_sense_is_refused(self, given: Any) -> None:
        with pytest.raises(ValueError, match=r"."):
            asked("budget-burn-up", **given)


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "On course to end $70 under the yellow line"),
        ({"forecast_mid": None}, "$92.00 left below the yellow line"),
        (
            {"heading_for": "red", "crosses_red_on": date(2026, 11, 29)},
            "Heading for red: forecast passes $120 on 29 November",
        ),
        ({"heading_for": "red"}, "Heading for red: forecast ends near $30, above $120"),
        (
            {"heading_for": "yellow", "crosses_yellow_on": date(2026, 11, 27)},
            "Heading for yellow: forecast passes $100 on 27 November",
        ),
        ({"yellow": Decimal(6)}, "Over the yellow line of $6 since 20 November"),
        (
            {"yellow": Decimal(1), "red": Decimal(2)},
            "Over the red line of $2 since 3 November",
        ),
        ({"yellow": Decimal(8)}, "$0 left below the yellow line"),
        (
            {"status": "red", "reasons": [{"code": "workflow_share", "text": "A takes 40%."}]},
            "A takes 40%",
        ),
    ],
)
def test_its_finding_is_what_matters_most(fields: dict[str, Any], words: str) -> None:
    spent(dollars(3, "2026-11-03T10:00:00Z"), dollars(5))
    own = budget(100, 120)
    known(own, **{**LIKELY, "heading_for": ""} | fields)

    assert asked("budget-burn-up", budget=own.pk).title == words


def test_an_amount_that_fell_again_is_not_over_its_line() -> None:
    day = date(2026, 11, 1)
    fell = Course(
        days=[day + timedelta(days=n) for n in range(3)],
        so_far=[Decimal(5), Decimal(12), Decimal(9)],
        before=[],
        expected=[],
    )

    assert fell.passed_on(Decimal(10)) is None
    assert fell.passed_on(Decimal(8)) == date(2026, 11, 2)
    assert fell.passed_on(Decimal(4)) == day


MONEY = st.decimals(0, 10**9, places=2)


@settings(deadline=None)
@given(so_far=MONEY, amounts=st.tuples(MONEY, MONEY, MONEY), weights=st.lists(MONEY, max_size=40))
def test_the_way_to_a_forecast_never_leaves_its_band(
    so_far: Decimal, amounts: tuple[Decimal, ...], weights: list[Decimal]
) -> None:
    low, mid, high = sorted(amounts)
    first = date(2026, 10, 1)
    lately = {first + timedelta(days=n): amount for n, amount in enumerate(weights)}
    way = way_ahead(first, first + timedelta(days=12), so_far, (low, mid, high), lately)

    assert way[0] == Expected(first, so_far, so_far, so_far)
    assert way[-1] == Expected(first + timedelta(days=11), low, mid, high)
    assert all(each.low <= each.mid <= each.high for each in way)
    steps = [after.mid - before.mid for before, after in pairwise(way)]
    assert all(step >= 0 for step in steps) or all(step <= 0 for step in steps)
