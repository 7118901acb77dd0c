"""What the overview says: parts sum to the whole, what is new, and what nobody can say yet."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finops.attribution.values import describe, merge
from finops.domain.dimensions import UNALLOCATED
from finops.domain.measures import Measures
from finops.domain.money import exact_difference, exact_sum
from finops.insights.news import first_day, newcomers
from finops.insights.overview import (
    COVERED,
    LISTED,
    MOVERS,
    SPARK_WEEKS,
    TOP,
    overview,
    parts_of,
    with_weeks,
)
from finops.models import Organization
from finops.rollups.question import Question, read_question
from finops.rollups.spend import total
from tests.conftest import empty_ledger
from tests.finops.ledger.usage import PRICE, call, import_rows

pytestmark = pytest.mark.usefixtures("ledger")

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
law = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
some = st.sampled_from([None, "a", "b", "c", "d", "e", "f", "g"])
rows = st.fixed_dictionaries(
    {
        "time": st.sampled_from(
            [
                "2026-09-01T10:00:00Z",
                "2026-10-05T10:00:00Z",
                "2026-10-20T08:59:00Z",
                "2026-10-20T09:00:00Z",
                "2026-11-01T00:00:00Z",
                "2026-11-20T09:10:00Z",
            ]
        ),
        "model": st.sampled_from(["gpt-4o", "gpt-4o-mini", "no-such-model"]),
        "input_tokens": st.sampled_from([0, 7, 1_000]),
        "cost": st.sampled_from([None, "0.000000000001"]),
        **dict.fromkeys(("team", "feature", "workflow", "customer"), some),
    }
)
files = st.lists(rows, min_size=1, max_size=20).map(
    lambda listed: [call(**fields, id=str(place)) for place, fields in enumerate(listed)]
)


def ask(now: datetime = NOW, **asked: str) -> Question:
    given = {name: [value] for name, value in asked.items()}
    return read_question(given, now=now, organization=Organization.current())


@law
@given(files, st.sampled_from([{}, {"period": "30d"}, {"against": "year"}, {"team": "a"}]))
def test_parts_sum_exactly_to_the_whole(
    file: list[dict[str, object]], asked: dict[str, str]
) -> None:
    empty_ledger()
    import_rows(*file)
    question = ask(**asked)

    seen = overview(question)

    parts = [*seen.top, seen.others, seen.unattributed]
    assert Measures.sum_of(part.now for part in parts) == seen.now
    assert Measures.sum_of(part.before for part in parts) == seen.before
    assert seen.now == total(question.period.window, filters=question.filters)
    assert seen.before == total(question.period.before, filters=question.filters)
    assert exact_sum(part.change for part in parts) == exact_difference(
        seen.now.cost, seen.before.cost
    )
    for dimension in LISTED:
        assert Measures.sum_of(part.now for part in seen.parts[dimension]) == seen.now
    assert seen.unattributed.now == seen.unallocated["workflow"]
    assert len(seen.top) <= TOP
    assert [part.now.cost for part in seen.top] == sorted(
        (part.now.cost for part in seen.top), reverse=True
    )
    moved = [abs(part.change) for part in seen.movers]
    assert moved == sorted(moved, reverse=True)
    assert len(moved) <= MOVERS
    for part in seen.top:
        assert len(part.weeks) == SPARK_WEEKS


@law
@given(files, st.sampled_from(COVERED))
def test_what_has_no_value_is_what_its_filter_finds(
    file: list[dict[str, object]], dimension: str
) -> None:
    empty_ledger()
    import_rows(*file)

    seen = overview(ask())
    narrowed = overview(ask(**{dimension: UNALLOCATED}))

    assert seen.unallocated[dimension] == narrowed.now == narrowed.unallocated[dimension]


def test_a_page_about_one_team_has_nothing_without_a_team() -> None:
    import_rows(call(id="1", team="a"), call(id="2"))

    assert overview(ask(team="a")).unallocated["team"] == Measures()


def test_weeks_end_with_the_period_and_sum_to_what_they_cover() -> None:
    import_rows(
        *(
            call(id=f"{n}", workflow="w", time=(NOW - timedelta(days=n)).isoformat())
            for n in range(100)
        )
    )
    question = ask()

    (part,) = with_weeks(question, "workflow", parts_of(question, "workflow"))

    assert [week / PRICE for week in part.weeks] == [7] * SPARK_WEEKS


# --- what is new ------------------------------------------------------------------------------


def test_names_that_were_never_seen_before_are_new_dearest_first() -> None:
    import_rows(
        call(id="1", time="2026-10-01T10:00:00Z", team="old", workflow="old", model="gpt-4o"),
        call(id="2", time="2026-11-02T10:00:00Z", team="old", workflow="fresh", model="gpt-4o"),
        call(id="3", time="2026-11-03T10:00:00Z", team="dear", workflow="old", input_tokens=10**6),
        call(id="4", time="2026-11-04T10:00:00Z", team="old", model="gpt-4o-mini"),
        call(id="5", time="2026-11-05T10:00:00Z", team="old", model="no-such-model"),
    )

    found = newcomers(ask().period.window)

    assert [(new.dimension, new.value) for new in found] == [
        ("team", "dear"),
        ("workflow", "fresh"),
        ("model", "gpt-4o-mini"),
        ("model", "no-such-model"),
    ]
    assert found[1].first_day == date(2026, 11, 2)
    assert (found[1].calls, found[1].cost) == (1, PRICE)
    assert found[3].cost is None


def test_nothing_is_new_when_there_was_nothing_before() -> None:
    import_rows(call(id="1", time="2026-11-01T00:00:00Z", team="a"), call(id="2", team="b"))

    assert newcomers(ask().period.window) == []


def test_what_is_gone_from_the_period_before_but_was_once_there_is_not_new() -> None:
    import_rows(
        call(id="1", time="2026-01-01T10:00:00Z", team="back"),
        call(id="2", time="2026-10-01T10:00:00Z", team="other"),
        call(id="3", time="2026-11-01T10:00:00Z", team="back"),
    )

    assert newcomers(ask().period.window) == []


def test_another_spelling_of_a_known_value_is_not_new() -> None:
    import_rows(
        call(id="1", time="2026-10-01T10:00:00Z", team="growth"),
        call(id="2", time="2026-11-01T10:00:00Z", team="Growth"),
    )
    assert [new.value for new in newcomers(ask().period.window)] == ["Growth"]

    merge("team", "Growth", into="growth")

    assert newcomers(ask().period.window) == []


def test_a_filtered_page_tells_no_news() -> None:
    import_rows(
        call(id="1", time="2026-10-01T10:00:00Z", team="a"),
        call(id="2", team="a", workflow="fresh"),
    )

    assert len(overview(ask()).news) == 1
    assert overview(ask(team="a")).news == ()


# --- little and much data ---------------------------------------------------------------------


def test_nothing_at_all() -> None:
    seen = overview(ask())

    assert (seen.now, seen.before) == (Measures(), Measures())
    assert (seen.top, seen.movers, seen.news) == ((), (), ())
    assert (seen.complete_to, seen.first_day, seen.top_cost) == (None, None, 0)
    assert first_day() is None


def test_one_call() -> None:
    import_rows(call(workflow="w", time="2026-11-20T09:00:00Z"))

    seen = overview(ask())

    assert [(part.value, part.now.cost) for part in seen.top] == [("w", PRICE)]
    assert seen.first_day == date(2026, 11, 20)
    assert seen.before == Measures()
    assert seen.top[0].weeks[-1] == PRICE


def test_one_day() -> None:
    import_rows(
        *(call(id=f"{n}", time=f"2026-11-20T{n:02}:00:00Z", workflow=f"w{n}") for n in range(9))
    )

    seen = overview(ask(period="1d"))

    assert (len(seen.top), seen.other_count) == (TOP, 9 - TOP)
    assert seen.others.now.cost == (9 - TOP) * PRICE
    assert overview(ask(period="2026-11-19..2026-11-19")).now == Measures()


def test_two_years() -> None:
    import_rows(
        *(
            call(id=f"{n}", workflow="w", time=(NOW - timedelta(days=n)).isoformat())
            for n in range(0, 730, 10)
        )
    )
    question = ask(period="2024-11-21..2026-11-20")

    seen = overview(question)

    assert seen.now.calls == 73
    assert seen.before == Measures()
    assert seen.now.cost == 73 * PRICE


def test_calls_that_nobody_can_price_count_but_cost_nothing_yet() -> None:
    import_rows(call(workflow="w", model="no-such-model"))

    seen = overview(ask())

    assert (seen.now.calls, seen.now.unpriced_calls, seen.now.cost) == (1, 1, Decimal(0))
    assert [part.value for part in seen.top] == ["w"]


def test_names_and_merges_are_read_everywhere() -> None:
    import_rows(call(id="1", workflow="a", team="x"), call(id="2", workflow="b", team="x"))
    describe("workflow", "a", display_name="Alpha", business_owner=None, technical_owner=None)
    merge("workflow", "b", into="a")

    seen = overview(ask())

    assert [(part.value, part.name, part.now.calls) for part in seen.top] == [("a", "Alpha", 2)]
