"""Undo: everything back as it was, to the last digit, once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finops.domain.dimensions import DIMENSIONS
from finops.models import AttributionRule, Revaluation, Source
from finops.revaluation.undo import UndoRefused
from finops.rollups.queries import Scope as Costs
from finops.rollups.queries import costs
from tests.conftest import empty_ledger
from tests.finops.ledger.usage import assert_parity, call, forget, import_rows, total
from tests.finops.revaluation.history import (
    alias,
    apply,
    column,
    images,
    ledger_rows,
    own_model,
    preview,
    price,
    queue,
    revalue,
    rule,
    told,
    undo,
)

pytestmark = pytest.mark.usefixtures("ledger")


def test_undo_restores_every_byte_and_every_rollup() -> None:
    import_rows(own_model(id="1", cost="0.10"), call(id="2", model="our-4o", tags={"a": "b"}))
    rows = ledger_rows()

    with price("2"), rule("team", "growth"), alias("our-4o", "gpt-4o", provider="openai"):
        job = revalue()
    assert ledger_rows() != rows
    undo(job)

    assert ledger_rows() == rows
    assert (job.state, job.undone_by, job.undo_reason) == ("undone", "finance", "a mistake")
    assert (job.result["restored"], job.result["skipped"], images()) == (2, 0, 0)
    assert_parity()


def test_trailing_zeros_come_back_too() -> None:
    import_rows(own_model(id="1"))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE calls SET cost = 1.500, computed_cost = 1.500, cost_source = 'computed',"
            " unpriced_reason = NULL"
        )
    rows = ledger_rows()

    with price("2"):
        undo(revalue("price"))

    assert ledger_rows() == rows


def test_a_second_undo_is_refused() -> None:
    import_rows(own_model(id="1"))
    with price("2"):
        job = undo(revalue("price"))

    with pytest.raises(UndoRefused, match="undone already"):
        undo(job)


def test_what_was_never_applied_cannot_be_undone() -> None:
    with pytest.raises(UndoRefused, match="never applied"):
        undo(preview())


def test_a_later_run_over_the_same_calls_goes_first() -> None:
    import_rows(own_model(id="1"))
    rows = ledger_rows()
    # Stored later, applied earlier: what counts is when it changed the calls.
    second = queue("attribution")
    with price("2"):
        first = revalue("price")
    with rule("team", "growth"):
        apply(second)

    with pytest.raises(UndoRefused, match=rf"revaluation {second.pk} \(1 of them\)"):
        undo(first)
    undo(second)
    undo(first)

    assert ledger_rows() == rows


def test_a_later_run_that_led_back_to_the_same_values_still_goes_first() -> None:
    import_rows(call(id="1"))
    with rule("team", "one") as made:
        first = revalue("attribution")
        written = ledger_rows()
        for value in ("two", "one"):
            AttributionRule.objects.filter(pk=made.pk).update(value=value)
            revalue("attribution")

    assert ledger_rows() == written
    with pytest.raises(UndoRefused, match="undo that first"):
        undo(first)


def test_runs_over_other_calls_do_not_matter() -> None:
    import_rows(own_model(id="1", team="ml"), own_model(id="2", team="search"))
    with price("2"):
        first = revalue("price", filters={"team": ["ml"]})
        revalue("price", filters={"team": ["search"]})

    undo(first)

    assert column("cost") == [None, Decimal("0.003")]


def test_calls_deleted_meanwhile_are_skipped_and_counted() -> None:
    import_rows(own_model(id="1"))
    doomed = import_rows(own_model(id="2", time="2026-11-01T12:00:00Z"))
    with price("2"):
        job = revalue("price")
    forget(doomed)

    undo(job)

    assert (job.result["restored"], job.result["skipped"]) == (1, 1)
    assert column("cost") == [None]
    assert_parity()


def test_a_better_telling_that_came_meanwhile_keeps_its_own_value() -> None:
    Source.objects.create(name="evidence", role=Source.EVIDENCE)
    import_rows(own_model(id="1", response_id="r"), source="evidence")
    with price("2"):
        job = revalue("price")
        import_rows(own_model(id="1", response_id="r", input_tokens=9500), source="meter")
    assert column("cost") == [Decimal("0.02")]

    undo(job)

    assert column("cost") == [Decimal("0.02")]
    assert (job.result["restored"], job.result["skipped"]) == (0, 1)
    assert_parity()


TEAMS = st.sampled_from([None, "growth", "search"])
CALLS = st.lists(
    st.fixed_dictionaries(
        {
            "model": st.sampled_from(["house-7b", "gpt-4o", "our-4o"]),
            "provider": st.sampled_from(["acme", "openai", "Azure.AI.OpenAI"]),
            "team": TEAMS,
            "run": st.sampled_from([None, "run-1", "run-2"]),
            "tags": st.sampled_from([None, {"app": "shop"}, {"app": "blog"}]),
            "cost": st.sampled_from([None, "0.10", "2.000", "0"]),
            "currency": st.sampled_from(["USD", "EUR"]),
            "status": st.sampled_from(["ok", "error", "cached"]),
            "output_tokens": st.integers(0, 3000),
        }
    ),
    min_size=1,
    max_size=8,
)
CHANGES = {
    "price": lambda: price("2"),
    "dated": lambda: price("7", since="2026-11-01T02:00:00Z"),
    "alias": lambda: alias("our-4o", "gpt-4o", provider="openai"),
    "team": lambda: rule("team", "ml", tag="app", tag_value="shop"),
    "run": lambda: rule("run", "run-1", model="gpt-4o"),
    "end": lambda: rule("customer", "late", effective_from="2026-11-01T03:00:00Z"),
}
changes = st.lists(st.sampled_from(sorted(CHANGES)), max_size=3, unique=True)


law = settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@law
@given(
    calls=CALLS,
    earlier=changes,
    later=changes,
    counts=st.sampled_from(Source.COUNTS),
    parts=st.sampled_from([("price",), ("attribution",), ("price", "attribution")]),
)
def test_undo_after_apply_is_as_if_nothing_had_been(
    calls: list[dict[str, Any]],
    earlier: list[str],
    later: list[str],
    counts: str,
    parts: tuple[str, ...],
) -> None:
    empty_ledger()
    with in_force(earlier):
        import_all(calls)
    rows = ledger_rows()
    Source.objects.update(counts=counts)

    with in_force(later):
        job = revalue(*parts)
        assert_parity()
        assert_parts_sum(job)
        assert preview(*parts).preview["changed_calls"]["changed"] == 0
    undo(job)

    assert (ledger_rows(), images()) == (rows, 0)
    assert_parity()


@law
@given(calls=CALLS, earlier=changes, later=changes, counts=st.sampled_from(Source.COUNTS))
def test_a_revalued_ledger_equals_one_that_was_imported_today(
    calls: list[dict[str, Any]], earlier: list[str], later: list[str], counts: str
) -> None:
    empty_ledger()
    with in_force(earlier):
        import_all(calls)
    Source.objects.update(counts=counts)

    with in_force(later):
        revalue("price", "attribution")
        revalued = told()
        empty_ledger()
        Source.objects.create(name="costline", counts=counts)
        import_all(calls)

    assert revalued == told()


@contextmanager
def in_force(names: list[str]) -> Iterator[None]:
    with ExitStack() as changed:
        for name in names:
            changed.enter_context(CHANGES[name]())
        yield


def import_all(calls: list[dict[str, Any]]) -> None:
    import_rows(
        *(call(id=f"{n}", time=f"2026-11-01T{n:02}:00:00Z", **c) for n, c in enumerate(calls))
    )


def assert_parts_sum(job: Revaluation) -> None:
    figures = job.preview
    for moment in ("before", "after"):
        for groups in (figures["teams"], figures["models"]):
            for measure in ("calls", "unpriced", "cost"):
                name = f"{measure}_{moment}"
                whole = figures["total"][name]
                assert sum(Decimal(group[name] or 0) for group in groups) == Decimal(whole or 0)
    assert total().cost == Decimal(figures["total"]["cost_after"] or 0)
    for dimension in DIMENSIONS:
        rows = costs(Costs(by=(dimension,))).rows
        assert sum((row.measures.cost for row in rows), Decimal(0)) == total().cost
