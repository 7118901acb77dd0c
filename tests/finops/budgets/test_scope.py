"""What a budget covers, as it is read, stored and said."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops.attribution.values import archive, describe, merge
from finops.budgets.refusals import BudgetRefused
from finops.budgets.scope import (
    check_scope,
    final_scope,
    read_scope,
    scope_words,
    stored_values,
)
from finops.domain.dimensions import DIMENSIONS

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def test_pairs_become_a_scope_in_the_order_of_the_dimensions() -> None:
    assert read_scope(["model=gpt-4o", "team=growth"]) == {"team": "growth", "model": "gpt-4o"}
    assert read_scope([]) == {}


def test_a_value_may_hold_an_equals_sign() -> None:
    assert read_scope(["team=a=b"]) == {"team": "a=b"}


@given(st.dictionaries(st.sampled_from(DIMENSIONS), st.text("abc =ä<\u202e", min_size=1)))
def test_what_was_read_is_a_scope_again(scope: dict[str, str]) -> None:
    wanted = {name: value for name, value in scope.items() if value.strip()}

    once = check_scope(wanted)

    assert check_scope(once) == once
    assert list(once) == [name for name in DIMENSIONS if name in wanted]


@pytest.mark.parametrize(
    "pairs",
    [
        ["team"],
        ["=growth"],
        ["colour=red"],
        ["team="],
        ["team= "],
        ["team=a", "team=b"],
        ["team=" + "x" * 501],
        ["team=a\0b"],
    ],
)
def test_what_is_no_scope_is_refused(pairs: list[str]) -> None:
    with pytest.raises(BudgetRefused) as refused:
        read_scope(pairs)

    assert refused.value.field == "scope"


@pytest.mark.parametrize(
    "scope", [None, "team=growth", ["team"], {"team": 5}, {"team": ["a"]}, {5: "a"}]
)
def test_a_body_that_is_no_scope_is_refused(scope: object) -> None:
    with pytest.raises(BudgetRefused):
        check_scope(scope)


@pytest.mark.usefixtures("ledger")
class TestWords:
    """What people read."""

    def test_everything_is_called_so(self) -> None:
        assert scope_words({}) == "Everything"

    def test_values_have_their_display_names(self) -> None:
        describe("team", "growth", display_name="Growth", business_owner=None, technical_owner=None)

        assert scope_words({"team": "growth", "model": "gpt-4o"}) == "Team Growth, model gpt-4o"

    def test_a_merged_value_is_called_what_it_is_read_as(self) -> None:
        describe("team", "new", display_name="New", business_owner=None, technical_owner=None)
        merge("team", "old", into="new")

        assert scope_words({"team": "old"}) == "Team New"

    def test_an_archived_value_keeps_its_name(self) -> None:
        describe("team", "old", display_name="Old", business_owner=None, technical_owner=None)
        archive("team", "old", now=NOW)

        assert scope_words({"team": "old"}) == "Team Old"

    def test_the_missing_value_has_a_name(self) -> None:
        assert scope_words({"customer": "unallocated"}) == "Customer unallocated"


@pytest.mark.usefixtures("ledger")
def test_a_scope_covers_all_spellings_of_its_value() -> None:
    merge("team", "old", into="new")
    merge("team", "older", into="old")

    assert final_scope({"team": "older", "model": "m"}) == {"team": "new", "model": "m"}
    assert set(stored_values({"team": "old"})["team"]) == {"new", "old", "older"}
    assert stored_values({"team": "unallocated"}) == {"team": [""]}
