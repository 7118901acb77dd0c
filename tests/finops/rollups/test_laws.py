"""The laws of reading: parts sum to the whole, however it is cut, and whatever it is read from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finops.domain.dimensions import DIMENSIONS
from finops.domain.measures import COLUMNS, Measures
from finops.domain.periods import GRAINS
from finops.models import Organization
from finops.rollups import queries
from finops.rollups import refresh as refreshing
from finops.rollups.queries import Costs, Scope, costs
from finops.rollups.refresh import rebuild, refresh
from tests.conftest import empty_ledger
from tests.finops.ledger.side_by_side import at_once, held_after, under_way
from tests.finops.ledger.usage import (
    PRICE,
    PROJECTIONS,
    Row,
    assert_parity,
    call,
    import_bytes,
    import_rows,
    json_lines,
    read,
    total,
)

pytestmark = pytest.mark.usefixtures("ledger")
law = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

#: Whole, half and three-quarter hours from UTC; shifts by an hour, by half of one, and none.
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
)
#: Shifts of those zones in 2026, a turn of the month, and a turn of the year, in UTC.
TURNS = [
    datetime.fromisoformat(text)
    for text in (
        "2026-03-29T01:00Z",
        "2026-10-25T01:00Z",
        "2026-03-08T07:00Z",
        "2026-11-01T06:00Z",
        "2026-04-04T15:00Z",
        "2026-10-03T15:30Z",
        "2026-05-31T18:15Z",
        "2025-12-31T23:00Z",
    )
]
instants = st.builds(
    lambda turn, minutes: turn + timedelta(minutes=minutes),
    st.sampled_from(TURNS),
    st.integers(-26 * 4, 26 * 4).map(lambda quarters: 15 * quarters - 1),
)
few = st.sampled_from([None, "a", "b"])
rows = st.fixed_dictionaries(
    {
        "time": instants.map(datetime.isoformat),
        "model": st.sampled_from(["gpt-4o", "gpt-4o-mini", "no-such-model"]),
        "input_tokens": st.sampled_from([None, 0, 7, 1_000]),
        "output_tokens": st.sampled_from([None, 3, 500]),
        "requests": st.sampled_from([1, 1, 4]),
        "status": st.sampled_from(["ok", "error", "cached"]),
        "cost": st.sampled_from([None, "0.1", "0.000000000001", "2"]),
        "currency": st.sampled_from(["USD", "EUR"]),
        **dict.fromkeys(
            ("feature", "team", "customer", "workflow", "user", "environment", "step", "run"), few
        ),
    }
).map(lambda fields: call(**fields))
files = st.lists(st.lists(rows, min_size=1, max_size=8), min_size=1, max_size=3)
cuts = st.tuples(
    st.lists(st.sampled_from(DIMENSIONS), unique=True, max_size=2).map(tuple),
    st.sampled_from(GRAINS),
)


@contextmanager
def from_calls() -> Iterator[None]:
    """Read answers from the calls, as if there were no rollups."""
    with patch.object(queries, "choose", return_value=("calls", "")):
        yield


def summed(answer: Costs) -> Measures:
    return Measures.sum_of(row.measures for row in answer.rows)


def everything() -> Measures:
    """The measures of all calls, added up here and not by the product's queries."""
    prompt = "coalesce(input_tokens, 0)"  # the only kinds of tokens that these rows have
    return Measures(
        *read(
            f"""
            SELECT coalesce(sum(requests), 0),
                coalesce(sum(requests) FILTER (WHERE cost IS NULL), 0),
                coalesce(sum(requests) FILTER
                    (WHERE reported_cost IS NOT NULL AND currency = 'USD'), 0),
                coalesce(sum({prompt}), 0), 0, 0, 0, coalesce(sum(output_tokens), 0), 0,
                coalesce(sum(cost), 0),
                coalesce(sum(cost) FILTER (WHERE cost_source = 'reported'), 0),
                coalesce(sum(reported_cost) FILTER (WHERE currency = 'USD'), 0)
            FROM calls
            """
        )[0]
    )


def import_files_of(files: list[list[Row]]) -> None:
    empty_ledger()
    for number, file in enumerate(files):
        import_bytes(json_lines(file), source=f"source-{number % 2}")
    refresh()


# --- parts and wholes -----------------------------------------------------------------------


@law
@given(files, st.lists(cuts, min_size=6, max_size=6), st.sampled_from(ZONES))
def test_parts_sum_to_the_whole_however_it_is_cut(
    files: list[list[Row]], cuts: list[tuple[tuple[str, ...], queries.Grain]], zone: str
) -> None:
    empty_ledger()
    import_files_of(files)
    Organization.objects.update(time_zone=zone)
    rebuild()
    whole = everything()

    assert whole.calls == sum(
        int(str(row["requests"])) for file in files for row in unique(files, file)
    )
    for by, grain in cuts:
        answer = costs(Scope(by=by, grain=grain))
        with from_calls():
            raw = costs(Scope(by=by, grain=grain))
        assert (summed(answer), answer.total) == (whole, whole)
        assert sorted(answer.rows) == sorted(raw.rows)


def unique(files: list[list[Row]], file: list[Row]) -> list[Row]:
    """The rows of a file that count: equal rows of one source count as often as in one file."""
    number = next(place for place, each in enumerate(files) if each is file)
    earlier = [Counter(map(str, each)) for each in files[:number][number % 2 :: 2]]
    known: Counter[str] = Counter()
    for each in earlier:
        known |= each
    fresh = []
    for row in file:
        if known[str(row)]:
            known[str(row)] -= 1
        else:
            fresh.append(row)
    return fresh


@law
@given(files, st.sampled_from(DIMENSIONS), st.sampled_from(DIMENSIONS))
def test_each_part_is_what_a_filter_finds(
    files: list[list[Row]], dimension: str, other: str
) -> None:
    import_files_of(files)

    for row in costs(Scope(by=(dimension,))).rows:
        found = costs(Scope(by=(other,), filters={dimension: row.values}))
        assert summed(found) == row.measures


@law
@given(files, st.sampled_from(DIMENSIONS), st.sampled_from(ZONES))
def test_a_period_is_the_sum_of_its_pieces(
    files: list[list[Row]], dimension: str, zone: str
) -> None:
    import_files_of(files)
    Organization.objects.update(time_zone=zone)
    rebuild()
    bounds = (date(2025, 1, 1), date(2026, 3, 29), date(2026, 4, 5), date(2026, 11, 1), None)

    pieces = [
        costs(Scope(by=(dimension,), since=since, until=until)).total
        for since, until in pairwise(bounds)
    ]

    assert Measures.sum_of(pieces) == everything()


# --- time -----------------------------------------------------------------------------------


@law
@given(st.lists(instants, min_size=1, max_size=25, unique=True), st.permutations(ZONES))
def test_days_are_cut_in_the_zone_and_sum_to_hours_and_months(
    moments: list[datetime], zones: list[str]
) -> None:
    empty_ledger()
    import_rows(*(call(time=moment.isoformat(), run="r", workflow="w") for moment in moments))

    for name in zones[:3]:  # one after the other: what the last zone left must be gone
        Organization.objects.update(time_zone=name)
        rebuild()
        zone = ZoneInfo(name)
        days = Counter(moment.astimezone(zone).date().isoformat() for moment in moments)
        months = Counter(day[:7] for day in days.elements())
        assert counted("day") == days
        assert counted("month") == months
        assert sum(counted("hour").values()) == len(moments)
        assert_parity()


def counted(grain: queries.Grain) -> dict[str, int]:
    return {str(row.period): row.measures.calls for row in costs(Scope(grain=grain)).rows}


@law
@given(
    st.lists(st.lists(instants, min_size=1, max_size=4), min_size=2, max_size=5),
    st.sampled_from(ZONES),
)
def test_late_calls_refill_exactly_the_hours_that_they_touch(
    deliveries: list[list[datetime]], zone: str
) -> None:
    empty_ledger()
    Organization.objects.update(time_zone=zone)

    for number, moments in enumerate(deliveries):
        import_rows(
            *(
                call(time=moment.isoformat(), id=f"{number}-{place}", run=f"r{place}", step="s")
                for place, moment in enumerate(moments)
            )
        )
        assert_parity()


def test_every_call_of_a_shift_by_half_an_hour_is_counted_once() -> None:
    Organization.objects.update(time_zone="Australia/Lord_Howe")
    for turn in ("2026-04-04T15:00Z", "2026-10-03T15:30Z"):
        for minutes in (-50, -20, 10, 40, 70):
            moment = datetime.fromisoformat(turn) + timedelta(minutes=minutes)
            import_rows(call(time=moment.isoformat()))
            assert_parity()

    assert total().calls == 10


# --- refreshing -----------------------------------------------------------------------------


def rollups() -> list[list[tuple[object, ...]]]:
    """Every row of every rollup, but for when it was filled."""
    rows = "SELECT (to_jsonb(filled) - 'refreshed_at')::text FROM {} AS filled ORDER BY 1"
    return [read(rows.format(table)) for table in PROJECTIONS]


@law
@given(files)
def test_refreshing_twice_or_from_scratch_gives_the_same_rows(files: list[list[Row]]) -> None:
    import_files_of(files)
    once = rollups()

    rebuild()
    assert rollups() == once
    assert refresh() == 0
    assert rollups() == once


def test_what_is_published_during_a_refresh_is_not_lost() -> None:
    import_rows(call(id="first"))
    import_bytes(json_lines([call(id="second")]))
    late = json_lines([call(id="third")])

    with (
        held_after(refreshing._Refill, "refill_hours_and_days") as (refilled, may_go),
        under_way(refreshing._refresh_some) as one_round,
    ):
        assert refilled.wait(10)
        import_bytes(late)
        may_go.set()
        assert one_round.result(10) == 1

    assert total().calls == 2
    assert costs(Scope()).complete_to == datetime(2026, 11, 1, 10, tzinfo=UTC)
    assert refresh() == 1
    assert total().calls == 3
    assert_parity()


def test_what_is_not_committed_when_a_refresh_ends_is_not_lost() -> None:
    from finops.ledger import publish as publishing

    with (
        held_after(publishing, "publish") as (published, may_commit),
        under_way(lambda: import_bytes(json_lines([call()]))) as importing,
    ):
        assert published.wait(10)
        assert refresh() == 0
        may_commit.set()
        importing.result(10)

    assert total().calls == 0
    refresh()
    assert total().calls == 1


def test_imports_and_refreshes_at_once_end_in_agreement() -> None:
    def deliver(number: int) -> None:
        import_bytes(json_lines(call(id=f"{number}-{n}", run=f"r{n}") for n in range(20)))
        refresh(wait=number % 2 == 0)

    at_once(*(lambda number=number: deliver(number) for number in range(6)))
    refresh()

    assert (total().calls, total().cost) == (120, 120 * PRICE)
    assert_parity()


def test_names_of_500_letters_that_do_not_compress_fit_every_rollup() -> None:
    # Four bytes a letter: two of them are more than an index of PostgreSQL takes.
    long = "".join(chr(0x20000 + 37 * place) for place in range(500))
    other = "".join(chr(0x25000 + 41 * place) for place in range(500))

    job = import_rows(
        call(
            model=long,
            feature=other,
            team=long,
            customer=other,
            workflow=other,
            run=long,
            step=other,
        )
    )

    assert job.accepted == 1
    assert [row.values for row in costs(Scope(by=("feature", "model"))).rows] == [(other, long)]
    assert_parity()


def test_measures_are_named_in_one_order_everywhere() -> None:
    columns = "SELECT column_name FROM information_schema.columns WHERE table_name = %s"

    for table in ("cost_by_hour", "cost_by_day", "cost_by_day_full"):
        names = tuple(name for (name,) in read(f"{columns} ORDER BY ordinal_position", table))
        assert names[-len(COLUMNS) :] == COLUMNS
