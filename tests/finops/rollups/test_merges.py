"""Merged values are read as one, everywhere, exactly as if calls had been sent that way."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finops.access.keys import create_key
from finops.attribution.refusals import Refused
from finops.attribution.values import canonical, finals, merge, unmerge
from finops.domain.dimensions import DIMENSIONS
from finops.domain.measures import Measures
from finops.domain.periods import GRAINS
from finops.ledger.sources import source_named
from finops.models.dimensions import NAMED_DIMENSIONS
from finops.rollups.queries import Costs, Scope, costs
from finops.rollups.runs import cost_percentiles, run_detail, runs_of
from tests.conftest import empty_ledger
from tests.finops.ledger.usage import PRICE, Row, assert_parity, call, import_rows

pytestmark = pytest.mark.usefixtures("ledger")
law = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

VALUES = ("a", "b", "c", "d", 'x"\\u0041{')
some = st.sampled_from([None, *VALUES])
rows = st.fixed_dictionaries(
    {
        "time": st.sampled_from(
            ["2026-10-31T23:59:59Z", "2026-11-01T00:00:00Z", "2026-11-01T10:30:00Z"]
        ),
        "model": st.sampled_from(["gpt-4o", "gpt-4o-mini", "no-such-model"]),
        "input_tokens": st.sampled_from([0, 7, 1_000]),
        "requests": st.sampled_from([1, 1, 4]),
        "status": st.sampled_from(["ok", "error"]),
        "cost": st.sampled_from([None, "0.1", "0.000000000001"]),
        "run": st.sampled_from([None, "r", "s"]),
        "step": st.sampled_from([None, "plan"]),
        **dict.fromkeys(NAMED_DIMENSIONS, some),
    }
)
files = st.lists(rows, min_size=1, max_size=10).map(
    lambda listed: [call(**fields, id=str(place)) for place, fields in enumerate(listed)]
)
merges = st.lists(
    st.tuples(st.sampled_from(NAMED_DIMENSIONS), st.sampled_from(VALUES), st.sampled_from(VALUES)),
    max_size=8,
)
dimensions = st.lists(st.sampled_from(DIMENSIONS), unique=True, max_size=2).map(tuple)
scopes = st.builds(
    lambda by, grain, filters, since: Scope(by=by, grain=grain, filters=filters, since=since),
    dimensions,
    st.sampled_from(GRAINS),
    st.dictionaries(
        st.sampled_from(NAMED_DIMENSIONS),
        st.lists(st.sampled_from([*VALUES, "unallocated"]), min_size=1, max_size=2),
        max_size=2,
    ),
    st.sampled_from([None, date(2026, 11, 1)]),
)


def merge_all(wanted: list[tuple[str, str, str]]) -> None:
    for dimension, value, into in wanted:
        try:
            merge(dimension, value, into=into)
        except Refused:
            continue  # a circle; the laws hold for all the others


def as_if_sent_so(file: list[Row]) -> list[Row]:
    """The same calls, with every merged value replaced by its target before they are sent."""
    read_as = finals(NAMED_DIMENSIONS)
    return [
        {name: read_as.get(name, {}).get(str(value), value) for name, value in row.items()}
        for row in file
    ]


def asked(scope: Scope) -> Scope:
    """The same question in terms of final values."""
    read_as = finals(NAMED_DIMENSIONS)
    return Scope(
        by=scope.by,
        grain=scope.grain,
        since=scope.since,
        filters={
            name: [read_as.get(name, {}).get(value, value) for value in values]
            for name, values in scope.filters.items()
        },
    )


def told(answer: Costs) -> dict[str, Any]:
    return answer.as_json()


# --- laws -------------------------------------------------------------------------------------


@law
@given(files, merges, st.lists(scopes, min_size=4, max_size=4))
def test_a_merge_reads_as_if_calls_had_been_sent_with_the_target(
    file: list[Row], wanted: list[tuple[str, str, str]], questions: list[Scope]
) -> None:
    empty_ledger()
    merge_all(wanted)
    import_rows(*file)
    merged = [told(costs(scope)) for scope in questions]
    merged_runs = [everything_about_runs_of(workflow) for workflow in VALUES]
    assert_parity()

    renamed, finally_asked = as_if_sent_so(file), [asked(scope) for scope in questions]
    targets = [canonical("workflow").get(workflow, workflow) for workflow in VALUES]
    empty_ledger()
    import_rows(*renamed)

    assert merged == [told(costs(scope)) for scope in finally_asked]
    assert merged_runs == [everything_about_runs_of(workflow) for workflow in targets]


def everything_about_runs_of(workflow: str) -> list[Any]:
    """Runs, percentiles and calls by period; ties are in order of names, not of ids in tables."""
    periods: list[dict[str, Any]] = [
        {},
        {"since": date(2026, 11, 1)},
        {"until": date(2026, 11, 1)},
    ]
    return [
        (
            sorted(run._replace(url_id="") for run in runs_of(workflow, **period)),
            cost_percentiles(workflow, **period),
            sorted(
                (call.id, call.workflow or "")
                for run in runs_of(workflow, **period)
                if (detail := run_detail(UUID(run.url_id)))
                for call in detail.calls
            ),
        )
        for period in periods
    ]


@law
@given(files, merges, dimensions, st.sampled_from(GRAINS))
def test_no_merge_changes_a_total_and_rows_still_sum_to_it(
    file: list[Row], wanted: list[tuple[str, str, str]], by: tuple[str, ...], grain: Any
) -> None:
    empty_ledger()
    import_rows(*file)
    before = costs(Scope(by=by, grain=grain)).total

    merge_all(wanted)

    after = costs(Scope(by=by, grain=grain))
    assert after.total == before == Measures.sum_of(row.measures for row in after.rows)


@law
@given(files, st.sampled_from(NAMED_DIMENSIONS), merges, scopes)
def test_a_filter_by_a_target_or_by_what_went_into_it_is_the_sum_of_the_spellings(
    file: list[Row], dimension: str, wanted: list[tuple[str, str, str]], scope: Scope
) -> None:
    empty_ledger()
    import_rows(*file)
    alone = {value: costs(Scope(filters={dimension: [value]})).total for value in VALUES}
    merge_all(wanted)
    read_as = canonical(dimension)

    for value in VALUES:
        same = [each for each in VALUES if read_as.get(each, each) == read_as.get(value, value)]
        found = costs(Scope(by=scope.by, filters={dimension: [value]})).total
        assert found == Measures.sum_of(alone[each] for each in same)


@law
@given(files, merges, st.lists(scopes, min_size=3, max_size=3))
def test_what_is_merged_and_taken_apart_reads_as_before(
    file: list[Row], wanted: list[tuple[str, str, str]], questions: list[Scope]
) -> None:
    empty_ledger()
    import_rows(*file)
    before = [told(costs(scope)) for scope in questions]

    merge_all(wanted)
    for dimension, merged in finals(NAMED_DIMENSIONS).items():
        for value in merged:
            unmerge(dimension, value)

    assert [told(costs(scope)) for scope in questions] == before


# --- what people see --------------------------------------------------------------------------


@pytest.fixture
def two_spellings(ledger: None) -> None:
    """Three calls of one run: two under one spelling of a workflow, one under another."""
    import_rows(
        call(id="1", workflow="agent", team="growth", run="r", step="plan"),
        call(id="2", workflow="Agent", team="Growth", run="r", step="act"),
        call(id="3", workflow="agent", team="growth", run="r", step="act"),
        call(id="4", workflow="other", team="risk", run="s"),
        call(id="5"),
    )


@pytest.mark.usefixtures("two_spellings")
def test_merged_rows_keep_their_order_and_the_value_that_stays() -> None:
    merge("team", "growth", into="risk")
    merge("team", "Growth", into="growth")

    found = [(row.values, row.measures.cost) for row in costs(Scope(by=("team",))).rows]

    assert found == [(("risk",), 4 * PRICE), (("unallocated",), PRICE)]


@pytest.mark.usefixtures("two_spellings")
def test_a_run_in_two_merged_workflows_is_one_run_at_the_cost_of_both() -> None:
    merge("workflow", "Agent", into="agent")

    for name in ("agent", "Agent"):
        (run,) = runs_of(name)
        assert (run.cost, run.run_cost, run.calls) == (3 * PRICE, 3 * PRICE, 3)
        assert abs(cost_percentiles(name)["p50"] / (3 * PRICE) - 1) < 0.01
    assert [run.run for run in runs_of("unallocated")] == []


@pytest.mark.usefixtures("two_spellings")
def test_command_and_api_answer_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    merge("team", "Growth", into="growth")
    merge("workflow", "Agent", into="agent")
    _, token = create_key(name="reader", source=source_named("service"), scope="read")
    headers = {"Authorization": f"Bearer {token}"}

    call_command("costs", by="team", filter=["team=Growth"], json=True)
    told = json.loads(capsys.readouterr().out)
    call_command("runs", "Agent", json=True)
    runs = json.loads(capsys.readouterr().out)

    assert [(row["team"], row["calls"]) for row in told["rows"]] == [("growth", 3)]
    answer = Client().get("/api/v1/costs/?by=team&filter=team=Growth", headers=headers)
    assert answer.json() == told
    answer = Client().get("/api/v1/workflows/agent/runs/", headers=headers)
    assert answer.json() == runs
    assert runs["runs"][0]["cost"] == "0.0225"


@pytest.mark.usefixtures("two_spellings")
@pytest.mark.parametrize(
    ("scope", "queries"),
    [(Scope(by=("team",)), 1), (Scope(by=("model",)), 0), (Scope(), 0)],
)
def test_without_merges_a_question_costs_one_small_query_more_at_most(
    scope: Scope, queries: int
) -> None:
    with CaptureQueriesContext(connection) as captured:
        costs(scope)

    statements = [query["sql"] for query in captured]
    assert sum("finops_dimensionvalue" in text for text in statements) == queries
    assert not any("jsonb" in text for text in statements)
