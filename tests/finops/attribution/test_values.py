"""What people say about values: names, owners, archives and merges."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finops.attribution.refusals import ChangedMeanwhile, Refused
from finops.attribution.values import (
    archive,
    bring_back,
    canonical,
    describe,
    finals,
    find,
    labels,
    merge,
    spellings,
    unmerge,
    version,
)
from finops.models import DimensionValue, Person
from finops.models.dimensions import NAMED_DIMENSIONS
from tests.conftest import empty_ledger
from tests.finops.ledger.side_by_side import at_once

pytestmark = pytest.mark.usefixtures("ledger")

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOSTILE = (
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "\N{RIGHT-TO-LEFT OVERRIDE}gnp.exe",
    "a/b?c=d&e#f%2F",
    '{"a": "\\u0041", \'b\'}',
    "🤖 agent",
    "x" * 500,
)


def name(value: str, called: str, *, dimension: str = "team") -> DimensionValue:
    return describe(
        dimension, value, display_name=called, business_owner=None, technical_owner=None
    )


# --- names and owners -------------------------------------------------------------------------


def test_a_name_is_for_reading_and_the_value_stays() -> None:
    name("growth", "  Growth team ")
    name("risk", "")

    assert labels("team") == {"growth": "Growth team"}
    assert labels("feature") == {}


def test_owners_are_people_and_a_new_name_keeps_the_archive() -> None:
    owner = Person.objects.create_user("values@example.com", name="Priya Nair")
    archive("team", "growth", now=NOW)

    describe("team", "growth", display_name="", business_owner=owner, technical_owner=None)

    found = find("team", "growth")
    assert (found.business_owner, found.technical_owner, found.archived_at) == (owner, None, NOW)
    owner.delete()
    assert find("team", "growth").business_owner is None


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_values_and_names_are_kept_letter_by_letter(hostile: str) -> None:
    name(hostile, hostile[:200])
    merge("team", "other", into=hostile)

    assert labels("team") == {hostile: hostile[:200].strip()}
    assert canonical("team") == {"other": hostile}


@pytest.mark.parametrize("called", ["x" * 201, "a\0b"])
def test_a_name_that_cannot_be_stored_is_refused(called: str) -> None:
    with pytest.raises(Refused, match="at most 200"):
        name("growth", called)


@pytest.mark.parametrize("value", ["", "unallocated", "x" * 501, "a\0b"])
def test_a_value_that_no_call_has_is_refused_everywhere(value: str) -> None:
    for attempt in (
        lambda: find("team", value),
        lambda: name(value, "Name"),
        lambda: archive("team", value, now=NOW),
        lambda: merge("team", value, into="risk"),
        lambda: merge("team", "risk", into=value),
    ):
        with pytest.raises(Refused):
            attempt()
    assert not DimensionValue.objects.exists()


def test_only_named_dimensions_have_descriptions() -> None:
    with pytest.raises(Refused, match="Values of model have no names"):
        name("gpt-4o", "Small", dimension="model")


def test_an_archived_value_comes_back_as_it_was() -> None:
    name("growth", "Growth")

    assert archive("team", "growth", now=NOW).archived_at == NOW
    assert archive("team", "growth", now=NOW.replace(hour=13)).archived_at == NOW
    assert bring_back("team", "growth").archived_at is None
    assert labels("team") == {"growth": "Growth"}


def test_a_description_that_somebody_else_changed_meanwhile_is_not_written_over() -> None:
    shown = version(find("team", "growth"))
    name("growth", "Theirs")

    with pytest.raises(ChangedMeanwhile):
        describe(
            "team",
            "growth",
            display_name="Mine",
            business_owner=None,
            technical_owner=None,
            seen=shown,
        )
    assert labels("team") == {"growth": "Theirs"}


# --- merges -----------------------------------------------------------------------------------


def test_a_merge_reads_one_value_as_another_within_its_dimension() -> None:
    merge("team", "Growth", into="growth")

    assert canonical("team") == {"Growth": "growth"}
    assert canonical("feature") == {}
    assert finals(NAMED_DIMENSIONS) == {"team": {"Growth": "growth"}}
    assert spellings("team", "growth") == ["growth", "Growth"]
    assert spellings("team", "Growth") == ["growth", "Growth"]
    assert spellings("team", "risk") == ["risk"]


def test_chains_are_flat_in_whatever_order_they_were_made() -> None:
    merge("team", "c", into="d")
    merge("team", "a", into="b")
    merge("team", "b", into="c")

    assert canonical("team") == {"a": "d", "b": "d", "c": "d"}


def test_a_circle_is_refused_and_says_why() -> None:
    merge("team", "a", into="b")

    for value, into in (("b", "a"), ("b", "b"), ("a", "a")):
        with pytest.raises(Refused, match=r"is read as .* already"):
            merge("team", value, into=into)
    assert canonical("team") == {"a": "b"}


def test_a_merged_value_may_move_to_another_target() -> None:
    merge("team", "a", into="b")
    merge("team", "a", into="c")

    assert canonical("team") == {"a": "c"}


def test_taking_one_value_out_leaves_the_others_merged() -> None:
    merge("team", "a", into="c")
    merge("team", "b", into="c")

    unmerge("team", "a")

    assert canonical("team") == {"b": "c"}


def test_an_archived_target_and_an_archive_of_a_merged_value_are_refused() -> None:
    archive("team", "old", now=NOW)
    with pytest.raises(Refused, match="old is archived"):
        merge("team", "a", into="old")

    merge("team", "a", into="b")
    with pytest.raises(Refused, match="in no list"):
        archive("team", "a", now=NOW)


def test_a_merge_loses_no_name_and_no_owner() -> None:
    name("a", "Team A")
    merge("team", "a", into="b")
    unmerge("team", "a")

    assert labels("team") == {"a": "Team A"}


def test_two_merges_that_cross_never_make_a_circle() -> None:
    for _ in range(5):
        outcomes: list[str] = []

        def cross(value: str, into: str, outcomes: list[str] = outcomes) -> None:
            try:
                merge("team", value, into=into)
                outcomes.append("merged")
            except Refused:
                outcomes.append("refused")

        at_once(lambda: cross("a", "b"), lambda: cross("b", "a"), lambda: cross("a", "b"))
        assert_flat()
        assert "merged" in outcomes
        unmerge("team", "a")
        unmerge("team", "b")


letters = st.sampled_from("abcdef")


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(st.sampled_from(["merge", "unmerge"]), letters, letters), max_size=12))
def test_whatever_is_merged_and_taken_apart_targets_are_final(
    steps: list[tuple[str, str, str]],
) -> None:
    empty_ledger()
    for step, value, into in steps:
        before = canonical("team")
        if step == "unmerge":
            unmerge("team", value)
            assert canonical("team") == {k: v for k, v in before.items() if k != value}
            continue
        try:
            merge("team", value, into=into)
        except Refused:
            assert canonical("team") == before
        else:
            after = canonical("team")
            assert after.get(value) == after.get(into, into)
        assert_flat()


def assert_flat() -> None:
    merged = canonical("team")
    assert not set(merged) & set(merged.values())
