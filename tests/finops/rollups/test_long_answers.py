"""Long answers: folded ones sum to the whole, streamed ones are the same rows."""

from __future__ import annotations

from datetime import date
from unittest.mock import patch

import pytest
from django.db import OperationalError, connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finops.domain.dimensions import DIMENSIONS, UNALLOCATED
from finops.domain.measures import Measures
from finops.domain.periods import GRAINS
from finops.rollups.long_answers import each_row, pieces
from finops.rollups.patience import TookTooLong, patience
from finops.rollups.queries import Scope, costs
from tests.conftest import empty_ledger
from tests.finops.ledger.usage import call, import_rows

pytestmark = pytest.mark.usefixtures("ledger")

some = st.sampled_from([None, "a", "b", "c", "=d"])
rows = st.fixed_dictionaries(
    {
        "time": st.sampled_from(["2026-10-31T23:10:00Z", "2026-11-01T00:00:00Z"]),
        "model": st.sampled_from(["gpt-4o", "gpt-4o-mini", "no-such-model"]),
        "input_tokens": st.sampled_from([0, 7, 1_000]),
        "cost": st.sampled_from([None, "0.1", "0.000000000001"]),
        **dict.fromkeys(("team", "feature", "workflow", "user", "step"), some),
    }
)
files = st.lists(rows, min_size=1, max_size=12).map(
    lambda listed: [call(**fields, id=str(place)) for place, fields in enumerate(listed)]
)
scopes = st.builds(
    lambda by, grain, basis, since: Scope(by=by, grain=grain, basis=basis, since=since),
    st.lists(st.sampled_from(DIMENSIONS), unique=True, max_size=3).map(tuple),
    st.sampled_from(GRAINS),
    st.sampled_from(["metered", "reported"]),
    st.sampled_from([None, date(2026, 11, 1)]),
)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(files, st.lists(scopes, min_size=5, max_size=5), st.integers(0, 4))
def test_what_is_told_apart_and_what_is_folded_sum_to_the_whole(
    file: list[dict[str, object]], asked: list[Scope], keep: int
) -> None:
    empty_ledger()
    import_rows(*file)

    for scope in asked:
        whole, found = costs(scope), pieces(scope, keep=keep)
        told = [piece for piece in found if not piece.is_folded]
        assert list(each_row(scope)) == list(whole.rows)
        assert Measures.sum_of(piece.measures for piece in found) == whole.total
        assert sum(piece.groups for piece in found) == len(whole.rows)
        assert len(told) >= min(keep, len(whole.rows))
        listed = {(row.values, row.period): row.measures for row in whole.rows}
        assert all(listed[piece.values, piece.period] == piece.measures for piece in told)  # type: ignore[index]


def test_folded_groups_keep_what_they_miss() -> None:
    import_rows(
        call(id="1", team="dear", input_tokens=9_000_000),
        call(id="2", team="one"),
        call(id="3", team="other"),
        call(id="4", model="gpt-4o"),
        call(id="5", model="gpt-4o-mini"),
    )

    found = pieces(Scope(by=("team", "model")), keep=1)

    assert {(piece.values, piece.groups) for piece in found} == {
        (("dear", "gpt-4o"), 1),
        ((None, None), 2),
        ((UNALLOCATED, None), 2),
    }


def test_a_statement_that_takes_too_long_is_stopped_and_says_so() -> None:
    with pytest.raises(TookTooLong, match="1 seconds"), patience(1), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(20)")

    with connection.cursor() as cursor:  # the limit went with its transaction
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)


def test_another_failure_of_the_database_stays_what_it_is() -> None:
    with (
        patch("finops.rollups.patience.snapshot", side_effect=OperationalError("gone")),
        pytest.raises(OperationalError, match="gone"),
        patience(1),
    ):
        pass
