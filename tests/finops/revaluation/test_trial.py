"""What a rule would do to the newest calls, before anybody saves it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from finops.attribution.match import Rule
from finops.attribution.queries import rules
from finops.domain.dimensions import RULE_TARGETS
from finops.revaluation.trial import (
    LISTED,
    SAMPLE,
    Group,
    Trial,
    decided_lately,
    latest_calls,
    try_rule,
)
from tests.finops.ledger.usage import PRICE, call, import_rows
from tests.finops.revaluation.history import ledger_rows, revalue, rule

pytestmark = pytest.mark.usefixtures("ledger")


def candidate(value: str = "growth", dimension: str = "team", **fields: Any) -> Rule:
    return Rule(0, dimension, value, **fields)


def attempt(tried: Rule, *, place: int = 1, replaces: int | None = None) -> Trial:
    return try_rule(tried, calls=latest_calls(), rules=rules(), place=place, replaces=replaces)


def test_a_rule_claims_what_nobody_has_and_moves_its_dollars() -> None:
    import_rows(
        call(id="1", tags={"app": "shop"}),
        call(id="2", tags={"app": "shop"}, team="risk"),
        call(id="3", tags={"app": "blog"}),
        call(id="4", tags={"app": "shop"}, model="unheard-of"),
    )

    found = attempt(candidate(tag="app", tag_value="shop"))

    assert (found.looked_at, found.matches, found.own, found.earlier) == (4, 3, 1, 0)
    assert found.values == (Group("team", "growth", "growth", 2, PRICE),)
    assert (found.changes, found.moved) == (2, PRICE)
    assert found.moves == (Group("team", "unallocated", "growth", 2, PRICE),)
    assert [(each.before, each.after) for each in found.sample] == [
        ("unallocated", "growth"),
        ("unallocated", "growth"),
        ("risk", "risk"),
    ]


def test_the_place_decides_between_two_rules_that_match() -> None:
    import_rows(call(id="1"))

    with rule("team", "platform"):
        last = len(rules()) + 1
        before, after = attempt(candidate(), place=1), attempt(candidate(), place=last)

    assert (before.decides, before.earlier, before.changes) == (1, 0, 1)
    assert (after.decides, after.earlier, after.changes) == (0, 1, 0)
    assert (after.matches, after.values, after.moved) == (1, (), Decimal(0))


def test_a_changed_rule_takes_over_from_its_old_self() -> None:
    import_rows(call(id="1"))

    with rule("team", "platform") as old:
        found = attempt(candidate("x", "feature"), place=old.position, replaces=old.pk)

    assert {(move.dimension, move.before, move.after) for move in found.moves} == {
        ("team", "platform", "unallocated"),
        ("feature", "unallocated", "x"),
    }
    assert (found.changes, found.moved) == (1, PRICE)


def test_dates_are_left_aside_so_that_old_calls_stand_for_new_ones() -> None:
    import_rows(call(id="1"))

    assert attempt(candidate(effective_from="2030-01-01")).decides == 1


def test_a_value_may_come_from_a_tag() -> None:
    import_rows(call(id="1", tags={"squad": "a"}), call(id="2", tags={"squad": "b"}), call(id="3"))

    found = attempt(candidate("", tag="squad", value_tag="squad"))

    assert sorted(group.after for group in found.values) == ["a", "b"]
    assert found.matches == 2


@pytest.mark.parametrize("dimension", RULE_TARGETS)
def test_a_trial_says_what_attributing_again_then_does(dimension: str) -> None:
    import_rows(
        call(id="1", tags={"app": "shop"}, environment="prod"),
        call(id="2", tags={"app": "shop"}, team="own", feature="own", run="own", customer="own"),
        call(id="3", tags={"app": "blog"}),
    )
    conditions: dict[str, Any] = {"tag": "app", "tag_value": "s*"}

    told = attempt(candidate("ruled", dimension, **conditions), place=len(rules()) + 1)
    with rule(dimension, "ruled", **conditions):
        done = revalue("attribution")

    assert told.changes == done.result["changed"]


def test_trying_writes_nothing_and_asks_for_the_calls_once() -> None:
    import_rows(*(call(id=str(number)) for number in range(3)))
    before = ledger_rows()

    with CaptureQueriesContext(connection) as captured:
        try_rule(candidate(), calls=latest_calls(), rules=(), place=1)

    assert len(captured) == 1
    assert captured[0]["sql"].lstrip().startswith(("SELECT", "--"))
    assert ledger_rows() == before


def test_only_the_newest_calls_of_meters_are_looked_at() -> None:
    import_rows(*(call(id=str(n), time=f"2026-11-01T10:00:{n:02}Z") for n in range(5)))

    newest = latest_calls(2)

    assert [each.stored.started_at.second for each in newest] == [4, 3]


def test_lists_are_short_however_many_values_there_are() -> None:
    import_rows(*(call(id=str(n), tags={"squad": f"s{n}"}) for n in range(LISTED + 5)))

    found = attempt(candidate("", tag="squad", value_tag="squad"))

    assert (found.decides, len(found.values), len(found.moves)) == (LISTED + 5, LISTED, LISTED)
    assert len(found.sample) == SAMPLE


def test_no_calls_at_all_are_a_trial_too() -> None:
    found = attempt(candidate())

    assert (found.looked_at, found.matches, found.moved) == (0, 0, Decimal(0))


def test_rules_say_how_many_of_the_newest_calls_they_decided() -> None:
    with rule("team", "growth") as team, rule("feature", "search", model="gpt-4o") as feature:
        import_rows(call(id="1"), call(id="2", team="own", feature="own"))
        assert decided_lately() == {team.pk: 1, feature.pk: 1}
        assert decided_lately(0) == {}
