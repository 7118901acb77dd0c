"""What many budgets cost: the same dollars as everywhere else, cut at any instant."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import combinations
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finops.attribution.values import merge
from finops.budgets.facts import Asked, Spend, fed_by, spend, spend_by_day, spend_by_workflow
from finops.budgets.status import WorkflowCost
from finops.domain.dimensions import DIMENSIONS
from finops.models import Source
from finops.rollups.queries import Scope, costs
from finops.rollups.refresh import refresh
from finops.rollups.sources import change_source
from tests.conftest import empty_ledger
from tests.finops.ledger.usage import Row, call, import_rows

from .drawn import dollars, organization, spent

pytestmark = pytest.mark.usefixtures("ledger")
law = settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
OCTOBER, NOVEMBER, DECEMBER = (date(2026, month, 1) for month in (10, 11, 12))


def asked(since: date = NOVEMBER, until: date = DECEMBER, **scope: str) -> Asked:
    return Asked.of(scope, since, until)


def cost_of(question: Asked, before: datetime | None = None) -> Decimal:
    return spend([question], before=before)[question].cost


# --- the same dollars as everywhere -------------------------------------------------------------

SCOPES = [
    dict.fromkeys(names, value)
    for count in (0, 1, 2)
    for names in combinations(DIMENSIONS, count)
    for value in ("a", "unallocated")
]
instants = st.integers(0, 4 * 86_400).map(
    lambda seconds: datetime(2026, 10, 30, tzinfo=UTC) + timedelta(seconds=seconds)
)
calls = st.fixed_dictionaries(
    {
        "time": instants.map(datetime.isoformat),
        "model": st.sampled_from(["gpt-4o", "a"]),
        "provider": st.sampled_from(["openai", "a"]),
        "status": st.sampled_from(["ok", "error"]),
        "requests": st.sampled_from([1, 3]),
        "input_tokens": st.sampled_from([0, 7, 1_000]),
        **dict.fromkeys(
            ("feature", "team", "customer", "workflow", "user", "environment", "step", "run"),
            st.sampled_from([None, "a", "b"]),
        ),
    }
)
files = st.lists(calls, min_size=1, max_size=12).map(
    lambda listed: [call(**fields, id=str(place)) for place, fields in enumerate(listed)]
)
zones = st.sampled_from(["UTC", "Asia/Kolkata", "America/New_York"])


@law
@given(files, zones, st.lists(st.sampled_from(SCOPES), min_size=1, max_size=15))
def test_a_budget_costs_what_costs_says(
    file: list[Row], zone: str, scopes: list[dict[str, str]]
) -> None:
    empty_ledger()
    organization(time_zone=zone)
    import_rows(*file, source="a")
    questions = [Asked.of(scope, date(2026, 10, 31), date(2026, 11, 2)) for scope in scopes]

    found = spend(questions)

    for scope, question in zip(scopes, questions, strict=True):
        said = costs(
            Scope(
                since=question.since,
                until=question.until,
                filters={name: [value] for name, value in scope.items()},
            )
        ).total
        assert found[question] == Spend(said.cost, said.unpriced_calls)
        assert sum(spend_by_day([question])[question].values()) == said.cost


@law
@given(files, zones, instants)
def test_before_an_instant_is_exactly_the_calls_before_it(
    file: list[Row], zone: str, at: datetime
) -> None:
    empty_ledger()
    organization(time_zone=zone)
    import_rows(*file, source="a")
    question = asked(date(2026, 10, 31), date(2026, 11, 2), team="a")
    whole = spend([question])[question]

    before = spend([question], before=at)[question]
    earlier = [row for row in file if datetime.fromisoformat(str(row["time"])) < at]
    empty_ledger()
    organization(time_zone=zone)
    import_rows(*earlier, source="a")

    assert before == spend([question])[question]
    assert before.cost <= whole.cost


@law
@given(files, zones, st.sampled_from(["team", "workflow", "user", "step", "status", "source"]))
def test_a_partition_sums_to_everything(file: list[Row], zone: str, dimension: str) -> None:
    empty_ledger()
    organization(time_zone=zone)
    import_rows(*file, source="a")
    import_rows(*file, source="b")
    values = [row.values[0] for row in costs(Scope(by=(dimension,))).rows]
    parts = [asked(**{dimension: value}) for value in values]

    found = spend([*parts, asked()])

    assert sum(found[part].cost for part in parts) == found[asked()].cost


@settings(law, max_examples=5)
@given(st.permutations(range(4)))
def test_the_order_of_imports_does_not_matter(order: list[int]) -> None:
    empty_ledger()
    for place in order:
        spent(dollars(2**place, id=str(place), team="a" if place % 2 else "b", user="u"))

    assert cost_of(asked(team="a")) == 10
    assert cost_of(asked(user="u")) == 15


# --- scopes -------------------------------------------------------------------------------------


def test_many_scopes_and_periods_are_one_statement() -> None:
    spent(dollars(1, team="a", user="u", model="gpt-4o"))
    questions = [Asked.of(scope, NOVEMBER, DECEMBER) for scope in SCOPES]
    with CaptureQueriesContext(connection) as queries:
        spend(questions)

    reads = [each for each in queries if "wanted" in each["sql"]]
    assert len(reads) == 1


def test_periods_of_different_kinds_overlap_without_counting_twice() -> None:
    spent(
        dollars(1, time="2026-11-01T00:00:00Z"), dollars(2), dollars(4, time="2026-02-03T00:00:00Z")
    )
    day, month, year = (
        asked(date(2026, 11, 20), date(2026, 11, 21)),
        asked(),
        asked(date(2026, 1, 1), date(2027, 1, 1)),
    )

    found = spend([day, month, year])

    assert [found[each].cost for each in (day, month, year)] == [2, 3, 7]


def test_a_merged_value_is_read_as_its_target() -> None:
    spent(dollars(1, team="old"), dollars(2, team="new"), dollars(4, team="other"))
    merge("team", "old", into="new")

    assert asked(team="old") == asked(team="new")
    assert cost_of(asked(team="old")) == 3


def test_both_of_two_merged_values_are_found_together() -> None:
    spent(dollars(1, team="old", workflow="w1"), dollars(2, team="new", workflow="w2"))
    merge("team", "old", into="new")
    merge("workflow", "w1", into="w2")

    assert cost_of(asked(team="new", workflow="w2")) == 3


def test_a_source_that_nobody_knows_costs_nothing() -> None:
    spent(dollars(1))

    assert cost_of(asked(source="nobody")) == 0


@pytest.mark.parametrize("value", ["100%", "%(zone)s", "'; --", "a\\b", "{x}", "🦊", "\u202e"])
def test_hostile_values_are_values(value: str) -> None:
    spent(dollars(1, team=value), dollars(2, team="other"))

    assert cost_of(asked(team=value)) == 1
    assert cost_of(asked(team=value, user="unallocated")) == 1


def test_evidence_is_never_added() -> None:
    spent(dollars(1))
    spent(dollars(5), source="provider")
    change_source("provider", role=Source.EVIDENCE)
    refresh()

    assert cost_of(asked()) == 1
    assert cost_of(asked(step="unallocated")) == 1
    assert cost_of(asked(), before=datetime(2026, 11, 21, tzinfo=UTC)) == 1


# --- time ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "America/Los_Angeles", "Asia/Kolkata"])
def test_the_last_moment_of_a_month_is_within(zone: str) -> None:
    organization(time_zone=zone)
    last = datetime(2026, 11, 1, tzinfo=ZoneInfo(zone)) - timedelta(microseconds=1)
    spent(
        dollars(1, time=last.isoformat()),
        dollars(2, time=(last + timedelta(microseconds=1)).isoformat()),
    )

    october = (OCTOBER, NOVEMBER)

    assert cost_of(asked(*october)) == 1
    assert cost_of(asked(*october, step="unallocated")) == 1
    assert cost_of(asked(*october), before=last) == 0
    assert cost_of(asked(*october), before=last + timedelta(microseconds=1)) == 1


def test_at_its_end_a_period_is_whole() -> None:
    spent(
        dollars(1, time="2026-10-01T00:00:00Z"),
        dollars(2, time="2026-10-31T23:59:59Z"),
        dollars(4, time="2026-11-01T00:00:00Z"),
    )
    october = asked(OCTOBER, NOVEMBER)

    for later in (timedelta(0), timedelta(days=400)):
        assert cost_of(october, before=datetime(2026, 11, 1, tzinfo=UTC) + later) == 3
    assert cost_of(october, before=datetime(2026, 10, 1, tzinfo=UTC)) == 0


def test_days_of_a_change_of_clocks_are_whole() -> None:
    organization(time_zone="Europe/Berlin")
    sunday = [datetime(2026, 10, 24, 22, tzinfo=UTC) + timedelta(hours=n) for n in range(25)]
    spent(*(dollars(1, time=at.isoformat()) for at in sunday))
    day = asked(date(2026, 10, 25), date(2026, 10, 26))

    assert cost_of(day) == 25
    assert [cost_of(day, before=at) for at in sunday[:4]] == [0, 1, 2, 3]


# --- workflows and sources ----------------------------------------------------------------------


def test_workflows_come_dearest_first_and_the_missing_one_is_none() -> None:
    spent(
        dollars(9),
        dollars(1, workflow="a"),
        dollars(3, workflow="b"),
        dollars(1, workflow="c", time="2026-11-02T00:00:00Z"),
    )
    merge("workflow", "a", into="c")

    found = spend_by_workflow([asked()], before=datetime(2026, 11, 20, 11, tzinfo=UTC))

    assert found[asked()] == [WorkflowCost("b", Decimal(3)), WorkflowCost("c", Decimal(2))]


def test_workflows_of_a_scope_are_its_own() -> None:
    spent(dollars(1, workflow="a", team="t"), dollars(3, workflow="a"))

    assert spend_by_workflow([asked(team="t")]) == {
        asked(team="t"): [WorkflowCost("a", Decimal(1))]
    }


def test_which_sources_feed_a_scope() -> None:
    spent(dollars(1, team="a"), source="east")
    spent(dollars(1, team="a", user="u"), dollars(1, team="b"), source="west")
    east, west = (Source.objects.get(name=name).pk for name in ("east", "west"))
    questions = [asked(team="a"), asked(team="b"), asked(user="u"), asked(team="c")]

    found = fed_by(questions, [east, west])

    assert list(found.values()) == [{east, west}, {west}, {west}, set()]
    assert fed_by(questions[:1], [east]) == {questions[0]: {east}}
