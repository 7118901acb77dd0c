"""The laws of the ledger: once, in any order, as often as you like, and gone without a trace."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Event
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from finops.ledger import publish as publishing
from finops.ledger.delete import delete_import
from finops.models import Source
from finops.rollups.queries import Scope, costs
from finops.rollups.refresh import refresh
from ingest.formats import format_named
from tests.conftest import empty_ledger
from tests.finops.ledger.side_by_side import (
    at_once,
    held_after,
    somebody_waits_for_a_lock,
    under_way,
    wait_for,
)
from tests.finops.ledger.usage import (
    Row,
    assert_parity,
    assert_whole,
    call,
    forget,
    import_bytes,
    import_rows,
    json_lines,
    state,
    total,
)

pytestmark = pytest.mark.usefixtures("ledger")
law = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

START = datetime.fromisoformat("2026-10-31T22:00:00Z")
#: Calls by their number: some sources name them, some name their response, some do neither.
NAMES: dict[str, tuple[tuple[str, ...], ...]] = {
    "east": (("id",), ("id", "response_id"), ("response_id",), ("id", "response_id"), ()),
    "west": (("id",), ("id", "response_id"), ("id", "response_id"), ("response_id",), ()),
}


def telling(source: str, number: int, version: int = 0) -> Row:
    """How a source tells of a call; another version has another time and another output."""
    values = {"id": f"{source}-{number}", "response_id": f"response-{number}"}
    return call(
        time=(START + timedelta(minutes=37 * number + 50 * version)).isoformat(),
        output_tokens=100 * number + 10 * version,
        feature=("search", "chat", None)[number % 3],
        run=f"run-{number % 2}",
        **{name: values[name] for name in NAMES[source][number]},
    )


numbers = st.lists(st.integers(0, 4), min_size=1, max_size=6)
versions = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2)), min_size=1, max_size=5)
deliveries = st.lists(
    st.tuples(st.sampled_from(["east", "west"]), versions), min_size=2, max_size=3
)


def deliver(source: str, told: list[tuple[int, int]]) -> Any:
    return import_rows(*(telling(source, *which) for which in told), source=source)


@law
@given(numbers)
def test_the_same_file_again_changes_nothing(file: list[int]) -> None:
    empty_ledger()
    rows = [telling("east", number) for number in file]
    import_rows(*rows)
    before = state()

    again = import_rows(*rows)

    assert (again.accepted, again.superseded, again.duplicates) == (0, 0, len(rows))
    assert state() == before


@law
@given(numbers, numbers)
def test_a_grown_file_adds_only_its_new_rows(known: list[int], new: list[int]) -> None:
    rows = [telling("east", number) for number in known + new]
    empty_ledger()
    whole = import_rows(*rows)
    expected = state()

    empty_ledger()
    first = import_rows(*rows[: len(known)])
    grown = import_rows(*rows)

    assert_whole(grown)
    assert first.accepted + grown.accepted == whole.accepted
    assert state() == expected


@law
@given(
    st.lists(st.tuples(st.sampled_from(["east", "west"]), numbers), min_size=2, max_size=3),
    st.data(),
)
def test_files_give_the_same_totals_in_any_order(
    files: list[tuple[str, list[int]]], data: st.DataObject
) -> None:
    answers = []
    for order in (files, data.draw(st.permutations(files), label="other order")):
        empty_ledger()
        for source, file in order:
            import_rows(*(telling(source, number) for number in file), source=source)
        answers.append(costs(Scope(by=("feature", "model"), grain="hour")))

    assert answers[0].rows == answers[1].rows


@law
@given(deliveries, st.data())
def test_a_deleted_import_might_as_well_never_have_been(
    sent: list[tuple[str, list[tuple[int, int]]]], data: st.DataObject
) -> None:
    unwanted = data.draw(st.integers(0, len(sent) - 1), label="unwanted")
    role = data.draw(st.sampled_from(Source.ROLES), label="the west is")
    empty_ledger()
    Source.objects.create(name="west", role=role)
    for place, (source, told) in enumerate(sent):
        if place != unwanted:
            deliver(source, told)
    expected = state()

    empty_ledger()
    Source.objects.create(name="west", role=role)
    jobs = [deliver(source, told) for source, told in sent]
    forget(jobs[unwanted])

    assert state() == expected
    assert_parity()


@law
@given(st.lists(versions, min_size=2, max_size=4), st.data())
def test_the_next_largest_follows_a_deleted_transcript(
    sent: list[list[tuple[int, int]]], data: st.DataObject
) -> None:
    # Without an id nor a response a version is a call of its own, and nothing is replaced.
    unwanted = data.draw(st.integers(0, len(sent) - 1), label="unwanted")
    form = format_named("costline")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(form, "keep", "largest_output")
        empty_ledger()
        for place, told in enumerate(sent):
            if place != unwanted:
                deliver("east", told)
        expected = state()

        empty_ledger()
        jobs = [deliver("east", told) for told in sent]
        forget(jobs[unwanted])

    assert state() == expected
    assert_parity()


@law
@given(numbers, numbers)
def test_all_imports_deleted_leave_an_empty_ledger(one: list[int], other: list[int]) -> None:
    empty_ledger()
    empty = state()
    jobs = [deliver("east", [(number, 0) for number in one])]
    jobs.append(deliver("west", [(number, 1) for number in other]))
    jobs.append(deliver("east", [(number, 2) for number in other]))
    assume(any(job.accepted for job in jobs[1:]))

    for job in jobs:
        forget(job)

    assert state() == empty


# --- at the same time -----------------------------------------------------------------------


def test_the_same_file_in_three_imports_at_once_counts_once() -> None:
    rows = json_lines(call(id=str(number % 40), latency_ms=number) for number in range(60))

    jobs = at_once(*[lambda: import_bytes(rows)] * 3)
    refresh()

    assert sorted(job.accepted for job in jobs) == [0, 0, 40]
    assert total().calls == 40
    assert_parity()


def test_sources_that_tell_of_the_same_responses_at_once_count_them_once() -> None:
    def tell(source: str) -> Any:
        rows = (call(id=f"{source}-{n}", response_id=f"r{n}") for n in range(200))
        return import_bytes(json_lines(rows), source=source)

    jobs = at_once(*(lambda source=source: tell(source) for source in ("a", "b", "c")))
    refresh()

    assert sum(job.accepted for job in jobs) == total().calls == 200
    assert_parity()


def test_a_call_survives_when_its_import_is_deleted_while_another_tells_of_it() -> None:
    first = import_rows(call(id="a"))
    second = json_lines([call(id="a"), call(id="b")])

    def delete() -> None:
        with transaction.atomic():
            delete_import(first.pk, keep="first")

    with (
        held_after(publishing, "publish") as (published, may_commit),
        under_way(lambda: import_bytes(second)) as importing,
    ):
        assert published.wait(10)
        with under_way(delete) as deleting:
            wait_for(lambda: deleting.done() or somebody_waits_for_a_lock())
            may_commit.set()
            deleting.result(10)
        importing.result(10)
    refresh()

    assert total().calls == 2
    assert_parity()


def test_a_call_deleted_while_another_import_tells_of_it_keeps_its_names() -> None:
    first = import_rows(call(id="a"))
    deleted, may_commit = Event(), Event()

    def delete() -> None:
        with transaction.atomic():
            delete_import(first.pk, keep="first")
            deleted.set()
            assert may_commit.wait(10)

    with under_way(delete) as deleting:
        assert deleted.wait(10)
        with under_way(lambda: import_bytes(json_lines([call(id="a")]))) as importing:
            wait_for(lambda: importing.done() or somebody_waits_for_a_lock())
            may_commit.set()
        assert importing.result(10).accepted == 1
        deleting.result(10)
    again = import_rows(call(id="a"))

    assert (again.accepted, total().calls) == (0, 1)
