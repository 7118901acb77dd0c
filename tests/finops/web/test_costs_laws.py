"""The laws of the explorer: page, figure, CSV and API say the same, to the last digit."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from itertools import count
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finops.domain.dimensions import DIMENSIONS
from finops.domain.measures import Measures
from finops.domain.money import exact_sum
from finops.web.costs import table
from tests.conftest import client_of, empty_ledger
from tests.finops.ledger.usage import call, import_rows

pytestmark = pytest.mark.usefixtures("ledger")

some = st.sampled_from([None, "a", "b", "=c", "<d>", "e&f=%", "g, h"])
rows = st.fixed_dictionaries(
    {
        "time": st.sampled_from(
            ["2026-09-30T23:10:00Z", "2026-10-01T00:00:00Z", "2026-10-02T10:30:00Z"]
        ),
        "model": st.sampled_from(["gpt-4o", "gpt-4o-mini", "no-such-model"]),
        "input_tokens": st.sampled_from([0, 7, 1_000, 999_999_999]),
        "requests": st.sampled_from([1, 3]),
        "status": st.sampled_from(["ok", "error"]),
        "cost": st.sampled_from([None, "0.1", "0.000000000001"]),
        **dict.fromkeys(("team", "feature", "customer", "workflow", "user", "step"), some),
    }
)
files = st.lists(rows, min_size=1, max_size=12).map(
    lambda listed: [call(**fields, id=str(place)) for place, fields in enumerate(listed)]
)
questions = st.fixed_dictionaries(
    {
        "by": st.lists(st.sampled_from(DIMENSIONS), unique=True, max_size=3).map(",".join),
        "grain": st.sampled_from(["total", "hour", "day", "month"]),
        "period": st.sampled_from(["2026-10", "2026-09-30..2026-10-01"]),
        "basis": st.sampled_from(["metered", "reported"]),
        "measure": st.sampled_from(["cost", "calls", "unpriced"]),
        "team": st.sampled_from([[], ["a"], ["unallocated"], ["=c", "unallocated"]]),
    }
)


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(files, st.lists(questions, min_size=4, max_size=4), st.sampled_from([1, 2, 50]))
def test_page_figure_csv_and_api_say_the_same(
    file: list[dict[str, object]], asked: list[dict[str, Any]], size: int
) -> None:
    empty_ledger()
    client = client_of("viewer")
    import_rows(*file)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(table, "PAGE_SIZE", size)
        for each in asked:
            query = urlencode(each, doseq=True)
            answer = client.get(f"/costs/?{query}")
            api = client.get(answer.context["api_address"]).json()
            assert_table_is(answer, api, client, query)
            assert_csv_is(client.get(f"/costs/costs.csv?{query}").getvalue().decode(), api)
            assert_figure_is(client.get(f"/api/v1/figures/costs/?{query}").json(), api, each)


def assert_table_is(answer: Any, api: dict[str, Any], client: Client, query: str) -> None:
    """Each page sums to the API's total; all pages together list the API's rows."""
    if not api["rows"]:
        assert "No calls in this period" in answer.content.decode()
        return
    basis, by = api["basis"], answer.context["question"].by
    listed: list[Any] = []
    for number in count(1):
        shown = client.get(f"/costs/?{query}&page={number}").context["table"]
        everything = [line.measures for line in (*shown.lines, *shown.rests)]
        assert Measures.sum_of(everything) == shown.total.measures
        assert shown.total.measures.as_json(basis)["calls"] == api["total"]["calls"]
        cost = shown.total.measures.cost_on(basis)
        assert (cost or 0) == Decimal(api["total"]["cost"] or 0)
        listed += shown.lines
        if number == shown.pages:
            break
    open_now = answer.context["question"].open_dimensions
    there_now = [line for line in listed if line.measures.calls]  # others were there before
    assert sorted(map(str, (line.measures.as_json(basis) for line in there_now))) == sorted(
        str({name: row[name] for name in Measures().as_json(basis)})
        for row in api["rows"]
        if not any(row[name] == "unallocated" for name in open_now)
    )
    assert {tuple(cell.value for cell in line.cells) for line in there_now} == {
        tuple(row[name] for name in by)
        for row in api["rows"]
        if not any(row[name] == "unallocated" for name in open_now)
    }


def assert_csv_is(text: str, api: dict[str, Any]) -> None:
    lines = list(csv.DictReader(io.StringIO(text)))

    assert len(lines) == len(api["rows"])
    for line, row in zip(lines, api["rows"], strict=True):
        for name, value in row.items():
            assert line[name].removeprefix("'") == ("" if value is None else str(value))
        assert line["currency"] == api["currency"]


def assert_figure_is(figure: dict[str, Any], api: dict[str, Any], asked: dict[str, Any]) -> None:
    """Bars are the rows, the rows sum to the whole, and each one drawn is one that is told."""
    rows = figure["meta"]["rows"]
    without = (
        api["total"]["unpriced_calls"]
        if asked["basis"] == "metered"
        else None  # the API does not say it for this basis
    )
    whole = {
        "cost": Decimal(api["total"]["cost"] or 0),
        "calls": api["total"]["calls"],
        "unpriced": without,
    }[asked["measure"]]
    told = [Decimal(str(row[-1] or 0)) for row in rows]
    assert whole is None or exact_sum(told) == whole
    drawn = [
        value
        for trace in figure["data"]
        for value in (trace["x"] if trace.get("orientation") == "h" else trace["y"])
        if value
    ]
    assert sorted(drawn) == sorted(float(amount) for amount in told if amount)
