"""Spend in a window is what its calls cost, also when its last day ends at an hour."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finops.domain.measures import Measures
from finops.domain.money import exact_sum
from finops.domain.windows import Window, period
from finops.models import Organization
from finops.rollups.refresh import rebuild
from finops.rollups.spend import spend, total
from tests.conftest import empty_ledger
from tests.finops.ledger.usage import PRICE, call, import_rows

pytestmark = pytest.mark.usefixtures("ledger")

ZONES = ("UTC", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe")
#: Around shifts of these zones and the turn of a month.
BEGIN = datetime(2026, 10, 2, 22, tzinfo=UTC)

calls = st.lists(
    st.tuples(
        st.integers(0, 4 * 72).map(lambda quarters: BEGIN + timedelta(minutes=15 * quarters + 1)),
        st.sampled_from(["a", "b", None]),
        st.sampled_from(["f", None]),
        st.integers(0, 3_000),
    ),
    min_size=1,
    max_size=20,
)
Call = tuple[datetime, str | None, str | None, int]


def cost(tokens: int) -> Decimal:
    """What a call of that many tokens costs: $2.50 a million, and 500 more at $10 a million."""
    return tokens * Decimal("0.0000025") + Decimal("0.005")


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(calls, st.sampled_from(ZONES), st.integers(0, 3), st.integers(0, 23))
def test_it_is_the_sum_of_the_calls_before_the_cut(
    made: list[Call], zone_name: str, day: int, hour: int
) -> None:
    empty_ledger()
    zone = ZoneInfo(zone_name)
    Organization.objects.update(time_zone=zone_name)
    rebuild()
    import_rows(
        *(
            call(id=f"{n}", time=time.isoformat(), team=team, feature=feature, input_tokens=tokens)
            for n, (time, team, feature, tokens) in enumerate(made)
        )
    )
    since, last = date(2026, 10, 2), date(2026, 10, 3) + timedelta(days=day)
    cut = datetime(last.year, last.month, last.day, hour, tzinfo=zone).astimezone(UTC)
    windows = (
        Window(since, last + timedelta(days=1)),
        Window(since, last + timedelta(days=1), cut),
        Window(last, last + timedelta(days=1), cut),
    )

    for window in windows:
        inside = [each for each in made if is_inside(each[0], window, zone)]
        by_team: defaultdict[str, list[Decimal]] = defaultdict(list)
        by_day: defaultdict[tuple[str, str], list[Decimal]] = defaultdict(list)
        for time, team, _, tokens in inside:
            by_team[team or "unallocated"].append(cost(tokens))
            local = time.astimezone(zone).date().isoformat()
            by_day[team or "unallocated", local].append(cost(tokens))

        whole = total(window)
        assert (whole.calls, whole.cost) == (len(inside), exact_sum(cost(c[3]) for c in inside))
        assert costs_of(spend(window, by=("team",))) == {
            (team,): exact_sum(costs) for team, costs in by_team.items()
        }
        assert costs_of(spend(window, by=("team",), daily=True)) == {
            key: exact_sum(costs) for key, costs in by_day.items()
        }
        for by in (("team",), ("team", "feature"), ("model", "source")):
            assert Measures.sum_of(spend(window, by=by).values()) == whole
        assert total(window, filters={"team": ["a"]}).cost == exact_sum(by_team["a"])


def is_inside(moment: datetime, window: Window, zone: ZoneInfo) -> bool:
    """Say whether an instant belongs to a window; a cut falls on a full hour of the clock."""
    is_in_days = window.since <= moment.astimezone(zone).date() <= window.last
    return is_in_days and (window.cut is None or moment < window.cut)


def costs_of(found: dict[tuple[str, ...], Measures]) -> dict[tuple[str, ...], Decimal]:
    return {key: measures.cost for key, measures in found.items()}


def test_the_dearest_come_first_and_days_in_order() -> None:
    import_rows(
        call(id="1", team="small", input_tokens=1, time="2026-11-02T10:00:00Z"),
        call(id="2", team="large", time="2026-11-01T10:00:00Z"),
        call(id="3", team="large", time="2026-11-03T10:00:00Z"),
    )
    window = Window(date(2026, 11, 1), date(2026, 11, 4))

    assert list(spend(window, by=("team",))) == [("large",), ("small",)]
    assert [key[-1] for key in spend(window, by=("team",), daily=True)] == [
        "2026-11-01",
        "2026-11-02",
        "2026-11-03",
    ]


def test_a_window_without_calls_has_cost_nothing() -> None:
    window = Window(date(2026, 11, 1), date(2026, 11, 2))

    assert spend(window, by=("team",)) == {}
    assert total(window) == Measures()


def test_the_first_hour_of_a_month_compares_with_nothing() -> None:
    import_rows(
        call(id="1", time="2026-10-01T00:10:00Z"), call(id="2", time="2026-11-01T00:10:00Z")
    )
    asked = period("", datetime(2026, 11, 1, 0, 30, tzinfo=UTC), ZoneInfo("UTC"))

    assert total(asked.window).cost == PRICE
    assert total(asked.before).calls == 0
