"""A run as rows and bars: nothing is left out, whatever is folded."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops.domain.usage import STATUSES
from finops.web.runs.rows import ALL_SHOWN, By, attempt, steps_of
from finops.web.runs.scale import WIDTH, Scale, of_money, of_time
from tests.finops.web.runs.seen import seen_run, step_call

D = Decimal

CALLS = st.lists(
    st.builds(
        step_call,
        st.sampled_from(["plan", "draft", "check", None]),
        cost=st.one_of(st.none(), st.integers(0, 10**6).map(lambda n: f"{n}e-6")),
        attempt=st.integers(1, 14),
        status=st.sampled_from(STATUSES),
        latency=st.one_of(st.none(), st.floats(0, 10**7)),
    ),
    max_size=ALL_SHOWN + 40,
)


@given(CALLS, st.sampled_from(["dollars", "time"]), st.sets(st.sampled_from(["plan", ""])))
def test_every_call_stands_in_exactly_one_row(
    calls: list[object], by: By, expanded: set[str]
) -> None:
    seen = seen_run(*calls)  # type: ignore[arg-type]

    steps = steps_of(seen, by=by, expanded=expanded, currency="USD")

    shown = [call.call for row in steps.rows for call in row.calls]
    assert sorted(shown) == [call.call for call in seen.calls]
    if steps.rows:
        assert steps.rows[-1].running_total == (seen.run.run_cost or 0)


@given(CALLS, st.sampled_from(["dollars", "time"]))
def test_no_bar_leaves_the_drawing(calls: list[object], by: By) -> None:
    steps = steps_of(seen_run(*calls), by=by, expanded=(), currency="USD")  # type: ignore[arg-type]

    for bar in (bar for row in steps.rows for bar in row.bars):
        assert D(bar.x) >= 0
        assert D(bar.width) > 0
        assert D(bar.x) + D(bar.width) <= WIDTH + D("0.1")


def test_a_bar_starts_where_the_last_one_ended() -> None:
    rows = steps_of(
        seen_run(*(step_call(cost=cost) for cost in ("1", "2", "4"))),
        by="dollars",
        expanded=(),
        currency="USD",
    ).rows

    assert [(row.bars[0].x, row.bars[0].width) for row in rows] == [
        ("0.0", "100.0"),
        ("100.0", "200.0"),
        ("300.0", "400.0"),
    ]


def test_by_time_a_bar_starts_when_its_call_did() -> None:
    rows = steps_of(
        seen_run(step_call(latency=4000), step_call(latency=1000), step_call(latency=1000)),
        by="time",
        expanded=(),
        currency="USD",
    ).rows

    assert [row.bars[0].x for row in rows] == ["0.0", "175.0", "350.0"]


@pytest.mark.parametrize(
    ("last", "tags", "kind"),
    [
        (step_call("draft"), [], "bar-ok"),
        (step_call("plan", attempt=2), ["second attempt"], "bar-repeat"),
        (step_call("draft", attempt=3), ["third attempt"], "bar-ok"),
        (step_call("draft", status="error"), ["failed"], "bar-failed"),
        (step_call(status="timeout", attempt=2), ["timed out", "second attempt"], "bar-failed"),
        (step_call("draft", status="cancelled"), ["cancelled"], "bar-failed"),
        (step_call("draft", status="cached", cost="0"), ["from cache"], "bar-free"),
        (step_call("draft", cost=None), ["no price"], "bar-free"),
    ],
)
def test_colours_are_said_in_words_too(last: object, tags: list[str], kind: str) -> None:
    row = steps_of(
        seen_run(step_call("plan"), last),  # type: ignore[arg-type]
        by="dollars",
        expanded=(),
        currency="USD",
    ).rows[-1]

    assert [tag.text for tag in row.tags] == tags
    assert row.bars[0].kind == kind


def test_a_call_without_a_price_is_no_zero() -> None:
    (row,) = steps_of(
        seen_run(step_call(cost=None)), by="dollars", expanded=(), currency="USD"
    ).rows

    assert row.cost is None
    assert row.flagged


def test_a_loop_is_one_row_until_it_is_opened() -> None:
    seen = seen_run(step_call("plan"), *[step_call("compare")] * 1205, step_call("draft"))

    folded = steps_of(seen, by="dollars", expanded=(), currency="USD")
    opened = steps_of(seen, by="dollars", expanded=["compare"], currency="USD")

    assert [(row.number, row.name, len(row.calls)) for row in folded.rows] == [
        ("1", "plan", 1),
        ("2", "compare", 1),
        ("3", "compare", 1204),
        ("1,207", "draft", 1),
    ]
    assert [tag.text for tag in folded.rows[2].tags] == ["1,195 repeated"]
    assert len(opened.rows) == 1207
    assert not opened.is_folded


def test_a_folded_row_says_how_many_failed_and_have_no_price() -> None:
    seen = seen_run(
        *[step_call("plan")] * 3,
        *[step_call("plan", status="error", cost=None)] * 70,
    )

    row = steps_of(seen, by="dollars", expanded=(), currency="USD").rows[1]

    assert [tag.text for tag in row.tags] == ["70 failed", "70 without a price"]
    assert [bar.kind for bar in row.bars] == ["bar-ok", "bar-failed"]


def test_a_run_of_several_workflows_names_them_beside_the_steps() -> None:
    from finops.insights.run import RunPart

    parts = (RunPart("a", "a", D(1), 1), RunPart("unallocated", "unallocated", D(1), 1))
    seen = seen_run(step_call(workflow="a"), step_call(workflow=None), parts=parts)

    rows = steps_of(seen, by="dollars", expanded=(), currency="USD").rows

    assert [row.tags[-1].text for row in rows] == ["a", "no workflow"]


@pytest.mark.parametrize(
    ("number", "said"), [(2, "second attempt"), (10, "tenth attempt"), (11, "attempt 11")]
)
def test_attempts_are_counted_in_words(number: int, said: str) -> None:
    assert attempt(number) == said


@pytest.mark.parametrize(
    ("total", "labels"),
    [
        ("0", ("$0",)),
        ("6.42", ("$0", "$1", "$2", "$3", "$4", "$5", "$6", "$7")),
        ("91.02", ("$0", "$20", "$40", "$60", "$80", "$100")),
        ("7", ("$0", "$1", "$2", "$3", "$4", "$5", "$6", "$7")),
        ("0.0042", ("$0", "$0.001", "$0.002", "$0.003", "$0.004", "$0.005")),
        ("130000", ("$0", "$20,000", "$40,000", "$60,000", "$80,000", "$100k", "$120k", "$140k")),
    ],
)
def test_a_scale_of_money_has_few_round_marks(total: str, labels: tuple[str, ...]) -> None:
    assert of_money(D(total), "USD").labels == labels


@pytest.mark.parametrize(
    ("milliseconds", "labels"),
    [
        ("0", ("0 s",)),
        ("161000", ("0 s", "30 s", "1 min", "1 min 30", "2 min", "2 min 30", "3 min")),
        ("6060000", ("0 s", "15 min", "30 min", "45 min", "1 h", "1 h 15", "1 h 30", "1 h 45")),
    ],
)
def test_a_scale_of_time_counts_in_minutes_and_hours(
    milliseconds: str, labels: tuple[str, ...]
) -> None:
    assert of_time(D(milliseconds)).labels == labels


@given(st.decimals("0.000000000001", 10**15, allow_nan=False))
def test_a_scale_holds_its_total(total: Decimal) -> None:
    for scale in (of_money(total, "USD"), of_time(total)):
        assert scale.end >= total
        assert 2 <= len(scale.labels) <= 9
        assert scale.grid.count("M") == len(scale.labels)


def test_nothing_has_a_scale_too() -> None:
    assert Scale(D(0), ("$0",)).bar(D(0), D(0)) == ("0.0", "2.0")
