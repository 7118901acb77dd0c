"""A call counts once, by whatever names and routes it arrives; every route is on record."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from finops.models import Source
from ingest.formats import format_named
from tests.finops.ledger.usage import (
    PRICE,
    assert_parity,
    call,
    forget,
    import_rows,
    read,
    state,
    total,
)

pytestmark = pytest.mark.usefixtures("ledger")


@pytest.fixture
def largest_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the native format settle repeated ids as transcripts do: the largest output counts."""
    monkeypatch.setattr(format_named("costline"), "keep", "largest_output")


@pytest.fixture(autouse=True)
def rollups_agree(ledger: None) -> Iterator[None]:
    """Whatever a test did, the rollups tell what the calls tell."""
    yield
    assert_parity()


def outputs() -> list[int]:
    """The whole outputs of all counted calls, in order of their time."""
    return [
        output
        for (output,) in read("SELECT output_tokens FROM calls ORDER BY started_at, call_ref")
    ]


def evidence() -> list[tuple[int, int | None]]:
    """The import behind each piece of evidence, and the output it told where it differs."""
    return [
        (import_id, output)
        for import_id, output in read(
            "SELECT import_id, (version->>'output_tokens')::bigint FROM call_evidence"
            " ORDER BY import_id"
        )
    ]


# --- the same id again ----------------------------------------------------------------------


def test_the_first_telling_of_an_id_wins() -> None:
    import_rows(call(id="a", output_tokens=500))

    again = import_rows(call(id="a", output_tokens=900))

    assert (again.accepted, again.duplicates, again.superseded) == (0, 1, 0)
    assert outputs() == [500]
    assert evidence() == [(again.pk, 900)]


def test_the_same_telling_again_is_evidence_without_a_copy() -> None:
    import_rows(call(id="a"))

    again = import_rows(call(id="a"))

    assert evidence() == [(again.pk, None)]


def test_the_same_id_of_another_source_is_another_call() -> None:
    import_rows(call(id="a"), source="east")
    import_rows(call(id="a"), source="west")

    assert total().calls == 2


def test_the_same_id_moved_over_midnight_counts_once() -> None:
    import_rows(call(id="a", time="2026-10-31T23:59:59Z"))

    again = import_rows(call(id="a", time="2026-11-01T00:00:01Z"))

    assert (again.accepted, again.duplicates) == (0, 1)
    assert read("SELECT started_at::date::text FROM calls") == [("2026-10-31",)]


def test_transcripts_keep_the_largest_output(largest_wins: None) -> None:
    first = import_rows(call(id="a", output_tokens=10))

    grown = import_rows(call(id="a", output_tokens=30))
    late = import_rows(call(id="a", output_tokens=20))

    assert (grown.superseded, grown.duplicates, late.superseded, late.duplicates) == (1, 0, 0, 1)
    assert outputs() == [30]
    assert evidence() == [(first.pk, 10), (late.pk, 20)]


def test_a_replacement_is_told_with_its_cost(largest_wins: None) -> None:
    import_rows(call(id="a", input_tokens=0, output_tokens=1))

    grown = import_rows(call(id="a", input_tokens=0, output_tokens=1_000_000))

    assert (grown.accepted, grown.superseded, grown.cost) == (0, 1, Decimal(10))
    assert total().cost == Decimal(10)


def test_a_replacement_may_move_its_call_to_another_month(largest_wins: None) -> None:
    import_rows(call(id="a", response_id="r", time="2026-10-31T23:59:59Z", output_tokens=1))

    import_rows(call(id="a", response_id="r", time="2026-11-01T00:00:01Z", output_tokens=2))
    import_rows(call(id="b", response_id="r", output_tokens=1))

    assert read("SELECT started_at::date::text, output_tokens FROM calls") == [("2026-11-01", 2)]
    assert read("SELECT DISTINCT started_at FROM call_keys") == read("SELECT started_at FROM calls")


# --- by another route -----------------------------------------------------------------------


def test_two_routes_of_one_response_count_once() -> None:
    import_rows(call(id="1", response_id="r"), source="gateway")

    traced = import_rows(call(id="span-7", response_id="r", output_tokens=499), source="tracer")

    assert (traced.accepted, traced.duplicates) == (0, 1)
    assert total().calls == 1
    assert evidence() == [(traced.pk, 499)]


def test_a_response_id_belongs_to_its_provider() -> None:
    import_rows(call(id="1", response_id="r"), source="gateway")

    import_rows(
        call(id="2", response_id="r", provider="anthropic", model="claude-sonnet-4-5"),
        source="tracer",
    )

    assert total().calls == 2


def test_a_row_without_an_id_is_known_by_its_response() -> None:
    import_rows(call(response_id="r"), source="gateway")

    import_rows(call(response_id="r", latency_ms=12), source="tracer")

    assert total().calls == 1


def test_a_route_that_told_of_a_call_is_known_by_its_own_id_from_then_on() -> None:
    import_rows(call(id="1", response_id="r"), source="gateway")
    import_rows(call(id="span-7", response_id="r"), source="tracer")

    again = import_rows(call(id="span-7"), source="tracer")

    assert (again.accepted, again.duplicates) == (0, 1)


def test_a_meter_replaces_mere_evidence() -> None:
    Source.objects.create(name="provider", role=Source.EVIDENCE)
    told = import_rows(call(id="p", response_id="r", output_tokens=400), source="provider")
    assert total().calls == 0

    metered = import_rows(call(id="m", response_id="r"), source="gateway")

    assert (metered.accepted, metered.superseded) == (0, 1)
    assert (total().calls, total().cost) == (1, PRICE)
    assert evidence() == [(told.pk, 400)]


def test_evidence_after_a_meter_changes_nothing() -> None:
    Source.objects.create(name="provider", role=Source.EVIDENCE)
    import_rows(call(id="m", response_id="r"), source="gateway")

    told = import_rows(call(id="p", response_id="r", output_tokens=400), source="provider")

    assert (told.accepted, told.duplicates) == (0, 1)
    assert (total().calls, total().cost) == (1, PRICE)


# --- inside one file ------------------------------------------------------------------------


def test_of_rows_with_one_id_in_a_file_the_first_counts() -> None:
    job = import_rows(call(id="a", output_tokens=1), call(id="a", output_tokens=2))

    assert (job.rows, job.accepted, job.duplicates) == (2, 1, 1)
    assert outputs() == [1]


def test_of_rows_with_one_id_in_a_transcript_the_largest_counts(largest_wins: None) -> None:
    job = import_rows(
        call(id="a", output_tokens=1), call(id="a", output_tokens=3), call(id="a", output_tokens=2)
    )

    assert (job.rows, job.accepted, job.duplicates) == (3, 1, 2)
    assert outputs() == [3]


def test_equal_rows_without_an_id_are_so_many_calls() -> None:
    job = import_rows(call(), call(), call())

    assert (job.accepted, total().calls) == (3, 3)


def test_rows_chained_by_id_and_response_are_one_call() -> None:
    job = import_rows(
        call(id="1", response_id="r1", output_tokens=1),
        call(id="2", response_id="r1", output_tokens=2),
        call(id="2", response_id="r2", output_tokens=3),
    )

    assert (job.accepted, job.duplicates) == (1, 2)
    assert outputs() == [1]


@pytest.mark.parametrize("link", ["1", "2", "r1", "r2"])
def test_every_name_of_a_chain_leads_to_its_call(link: str) -> None:
    import_rows(
        call(id="1", response_id="r1"),
        call(id="2", response_id="r1"),
        call(id="2", response_id="r2"),
    )
    named = {"response_id": link} if link.startswith("r") else {"id": link}

    again = import_rows(call(latency_ms=5, **named))

    assert (again.accepted, again.duplicates) == (0, 1)


def test_a_chain_over_three_files_is_one_call() -> None:
    import_rows(call(id="1", response_id="r1"))
    import_rows(call(id="2", response_id="r1"))
    import_rows(call(id="2", response_id="r2"))
    last = import_rows(call(id="3", response_id="r2"))

    assert (last.duplicates, total().calls) == (1, 1)


def test_ranks_hold_along_a_chain(largest_wins: None) -> None:
    job = import_rows(
        call(id="1", response_id="r1", output_tokens=1),
        call(id="2", response_id="r2", output_tokens=9),
        call(id="2", response_id="r1", output_tokens=5),
    )

    assert (job.accepted, job.duplicates) == (1, 2)
    assert outputs() == [9]


# --- deleting -------------------------------------------------------------------------------


def test_a_deleted_import_can_come_again() -> None:
    job = import_rows(call(id="a"), call())
    before = state()

    assert forget(job).removed == 2
    assert total().calls == 0
    again = import_rows(call(id="a"), call())

    assert (again.accepted, again.duplicates) == (2, 0)
    assert state() == before


def test_what_another_import_vouches_for_stays_as_that_one_told_it() -> None:
    first = import_rows(call(id="a", output_tokens=1), call(id="b"))
    second = import_rows(call(id="a", output_tokens=2))

    deleted = forget(first)

    assert (deleted.removed, deleted.kept) == (1, 1)
    assert outputs() == [2]
    assert read("SELECT import_id FROM calls") == [(second.pk,)]


def test_calls_that_were_handed_over_go_with_their_last_import() -> None:
    first = import_rows(call(id="a", time="2026-10-31T10:00:00Z"))
    second = import_rows(call(id="a"))
    third = import_rows(call(id="a"))

    for job in (first, second, third):
        forget(job)

    assert (total().calls, read("SELECT * FROM call_keys")) == (0, [])


def test_a_copy_stays_what_it_was_when_its_original_is_replaced(largest_wins: None) -> None:
    original = import_rows(call(id="a", output_tokens=10))
    import_rows(call(id="a", output_tokens=10))
    better = import_rows(call(id="a", output_tokens=20))

    forget(better)
    forget(original)

    assert outputs() == [10]


def test_a_copy_stays_what_it_was_when_its_original_is_deleted() -> None:
    first = import_rows(call(id="a", output_tokens=1))
    second = import_rows(call(id="a", output_tokens=2))
    import_rows(call(id="a", output_tokens=1))

    forget(first)
    assert outputs() == [2]
    forget(second)

    assert outputs() == [1]


def test_the_largest_of_the_others_follows_a_deleted_transcript(largest_wins: None) -> None:
    import_rows(call(id="a", output_tokens=10))
    import_rows(call(id="a", output_tokens=20))
    best = import_rows(call(id="a", output_tokens=40))
    import_rows(call(id="a", output_tokens=30))

    forget(best)

    assert outputs() == [30]


def test_evidence_takes_its_place_again_when_the_meter_is_deleted() -> None:
    Source.objects.create(name="provider", role=Source.EVIDENCE)
    import_rows(call(id="p", response_id="r", output_tokens=400), source="provider")
    import_rows(call(id="q", response_id="r", output_tokens=300), source="provider")
    before = state()
    metered = import_rows(call(id="m", response_id="r"), source="gateway")

    forget(metered)

    assert state() == before
    assert outputs() == [400]
