"""Answers of the explorer: parts sum to the whole, however few of them are told apart."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finops.domain.dimensions import DIMENSIONS, UNALLOCATED
from finops.domain.measures import Measures
from finops.domain.money import exact_sum
from finops.insights.breakdown import Breakdown, ReachesTooFar, break_down
from finops.insights.cost_question import CostQuestion, read_cost_question
from finops.models import Organization
from finops.rollups.queries import costs
from finops.rollups.spend import spend
from tests.conftest import empty_ledger
from tests.finops.ledger.usage import call, import_rows

pytestmark = pytest.mark.usefixtures("ledger")
law = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
some = st.sampled_from([None, "a", "b", "c"])
rows = st.fixed_dictionaries(
    {
        "time": st.sampled_from(
            [
                "2026-09-30T23:59:00Z",
                "2026-10-01T00:00:00Z",
                "2026-10-02T08:59:00Z",
                "2026-10-02T09:00:00Z",
                "2026-11-01T00:30:00Z",
                "2026-11-02T09:10:00Z",
            ]
        ),
        "model": st.sampled_from(["gpt-4o", "gpt-4o-mini", "no-such-model"]),
        "input_tokens": st.sampled_from([0, 7, 1_000]),
        "cost": st.sampled_from([None, "0.1", "0.000000000001"]),
        **dict.fromkeys(("team", "feature", "workflow", "user", "step"), some),
    }
)
files = st.lists(rows, min_size=1, max_size=14).map(
    lambda listed: [call(**fields, id=str(place)) for place, fields in enumerate(listed)]
)
questions = st.fixed_dictionaries(
    {
        "by": st.lists(st.sampled_from(DIMENSIONS), unique=True, max_size=3).map(
            lambda names: [",".join(names)]
        ),
        "grain": st.sampled_from([["total"], ["hour"], ["day"], ["month"]]),
        "period": st.sampled_from([[""], ["2026-10"], ["7d"], ["2026-09-30..2026-11-02"]]),
        "basis": st.sampled_from([["metered"], ["reported"]]),
        "team": st.sampled_from([[], ["a"], [UNALLOCATED], ["a", UNALLOCATED]]),
    }
)


def ask(**asked: list[str]) -> CostQuestion:
    return read_cost_question(asked, now=NOW, organization=Organization.current())


def parts_of(seen: Breakdown) -> list[Measures]:
    folded = [
        *seen.beyond.values(),
        *(s for parts in seen.missing.values() for s in parts.values()),
    ]
    return [group.now for group in seen.groups] + [several.now for several in folded]


@law
@given(files, st.lists(questions, min_size=5, max_size=5), st.sampled_from([0, 1, 2, 5_000]))
def test_parts_sum_to_the_whole_however_few_are_told_apart(
    file: list[dict[str, object]], asked: list[dict[str, list[str]]], keep: int
) -> None:
    empty_ledger()
    import_rows(*file)

    for each in asked:
        question = ask(**each)
        if question.reaches_too_far:
            continue
        seen = break_down(question, keep=keep)
        assert Measures.sum_of(parts_of(seen)) == seen.whole.now == costs(question.scope).total
        shown = seen.groups[1:3]
        others = [
            seen.others(shown).now,
            *(group.now for group in shown),
            *(seen.without(name).now for name in seen.missing),
        ]
        assert Measures.sum_of(others) == seen.whole.now


@law
@given(files, questions)
def test_what_it_cost_before_sums_up_too(
    file: list[dict[str, object]], asked: dict[str, list[str]]
) -> None:
    empty_ledger()
    import_rows(*file)
    question = ask(**asked | {"grain": ["total"]})
    if question.reaches_too_far:
        return
    before = Measures.sum_of(
        spend(question.period.before, by=question.by, filters=question.filters).values()
    )

    seen = break_down(question)
    known = [
        *(group.before for group in seen.groups),
        *(seen.without(name).before for name in seen.missing),
    ]

    assert seen.whole.before == before
    assert Measures.sum_of(part for part in known if part is not None) == before
    assert None not in known
    assert break_down(question, keep=1).whole == seen.whole


@law
@given(files, st.permutations(DIMENSIONS).map(lambda names: names[:3]))
def test_the_order_of_dimensions_changes_nothing_but_the_order(
    file: list[dict[str, object]], names: list[str]
) -> None:
    empty_ledger()
    import_rows(*file)

    seen = {
        order: break_down(ask(by=[",".join(order)], period=["2026-11"]))
        for order in permutations(names)
    }
    as_sets = [
        {(frozenset(zip(order, group.values, strict=True)), group.now) for group in each.groups}
        for order, each in seen.items()
    ]

    assert all(each == as_sets[0] for each in as_sets)
    assert len({each.whole for each in seen.values()}) == 1


def test_a_group_without_a_value_stands_under_the_first_dimension_that_misses_one() -> None:
    import_rows(
        call(id="1", team="a"),
        call(id="2", feature="f"),
        call(id="3"),
        call(id="4", team="a", feature="f"),
    )

    seen = break_down(ask(by=["team,feature"], period=["2026-11"]))

    assert [group.values for group in seen.groups] == [("a", "f")]
    assert {name: seen.without(name).now.calls for name in seen.missing} == {
        "team": 2,
        "feature": 1,
    }


def test_whoever_asks_for_the_missing_value_sees_it_among_the_groups() -> None:
    import_rows(call(id="1", team="a"), call(id="2"))

    seen = break_down(ask(by=["team"], team=[UNALLOCATED], period=["2026-11"]))

    assert [group.values for group in seen.groups] == [(UNALLOCATED,)]
    assert seen.missing == {}


def test_what_has_vanished_is_a_group_with_a_fall() -> None:
    import_rows(call(id="1", team="gone", time="2026-10-01T10:00:00Z"), call(id="2", team="new"))

    seen = break_down(ask(by=["team"], period=["2026-11"]))

    assert [(group.values[0], group.change("metered")) for group in seen.groups] == [
        ("new", Decimal("0.0075")),
        ("gone", Decimal("-0.0075")),
    ]
    assert exact_sum(group.change("metered") or 0 for group in seen.groups) == 0  # type: ignore[misc]


def test_single_groups_do_not_compare_when_some_are_folded() -> None:
    import_rows(*(call(id=f"{n}", team=f"team {n}") for n in range(3)))

    seen = break_down(ask(by=["team"], period=["2026-11"]), keep=2)

    assert [group.change("metered") for group in seen.groups] == [None, None]
    assert seen.others([]).before is None
    assert seen.whole.before == Measures()
    assert (seen.is_folded, seen.count) == (True, 3)


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"by": ["user"], "period": ["90d"]}, "every call"),
        ({"step": ["plan"], "period": ["2026-01-01..2026-03-01"]}, "every call"),
        ({"by": ["team,feature"], "grain": ["hour"], "period": ["90d"]}, "every call"),
        ({"by": ["team"], "grain": ["hour"], "period": ["90d"]}, "every hour"),
    ],
)
def test_calls_and_hours_are_read_for_a_month_at_most(
    asked: dict[str, list[str]], reason: str
) -> None:
    question = ask(**asked)

    with pytest.raises(ReachesTooFar, match=reason):
        break_down(question)
    assert question.shortened().period.window.length == 31
    assert break_down(question.shortened()).whole.now == Measures()


def test_a_month_is_never_too_far() -> None:
    assert not ask(by=["user,step"], grain=["hour"], period=["2026-10"]).reaches_too_far
    assert not ask(by=["team,feature,model"], period=["2025-01-01..2026-11-01"]).reaches_too_far
