"""Adding, changing, ending, deleting and ordering rules, by one person and by several at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finops.attribution import rules as changing
from finops.attribution.queries import rules
from finops.attribution.refusals import ChangedMeanwhile, Gone, Refused
from finops.attribution.rules import (
    RuleFields,
    add_rule,
    change_rule,
    delete_rule,
    end_rule,
    move_rule,
    step_rule,
    version,
)
from finops.attribution.words import conditions, outcome
from finops.domain.dimensions import RULE_TARGETS
from finops.models import AttributionRule
from tests.finops.ledger.side_by_side import at_once
from tests.finops.ledger.usage import call, import_rows, read

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _only_their_own_rules(ledger: None) -> Iterator[None]:
    """Each test begins without a rule, and leaves the ones that were there."""
    kept = list(AttributionRule.objects.all())
    AttributionRule.objects.all().delete()
    yield
    AttributionRule.objects.all().delete()
    AttributionRule.objects.bulk_create(kept)


def fields(name: str = "growth", **others: Any) -> RuleFields:
    return RuleFields(**{"name": name, "dimension": "team", "value": name} | others)


def add(name: str = "growth", position: int | None = None, **others: Any) -> AttributionRule:
    return add_rule(fields(name, **others), by="Tom", now=NOW, position=position)


def change(rule: AttributionRule, new: RuleFields, **how: Any) -> AttributionRule:
    return change_rule(rule.pk, new, seen=version(rule), by="Tom", now=NOW, **how)


def order() -> list[str]:
    """The rules in order; positions are 1, 2, 3 …, whatever was done to them."""
    stored = list(AttributionRule.objects.order_by("position"))
    assert [rule.position for rule in stored] == list(range(1, len(stored) + 1))
    return [rule.name for rule in stored]


def periods() -> list[tuple[str, datetime | None, datetime | None]]:
    return [(rule.value, rule.effective_from, rule.effective_to) for rule in rules()]


# --- one person -------------------------------------------------------------------------------


def test_a_new_rule_goes_to_the_end_or_where_it_is_wanted() -> None:
    for name, position in (("a", None), ("b", None), ("c", 1), ("d", 2), ("e", 99), ("f", -3)):
        add(name, position)

    assert order() == ["f", "c", "d", "a", "b", "e"]


def test_a_saved_rule_is_used_by_the_next_import() -> None:
    import_rows(call(id="1"))
    add("growth")
    import_rows(call(id="2", time="2026-11-01T11:00:00Z"))

    assert read("SELECT team FROM calls ORDER BY started_at") == [(None,), ("growth",)]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"dimension": "model"}, "dimension"),
        ({"value": ""}, "value"),
        ({"value": "a", "value_tag": "b"}, "value"),
        ({"value": "unallocated"}, "value"),
        ({"value": "x" * 501}, "value"),
        ({"tag_value": "x"}, "tag"),
        ({"effective_from": NOW, "effective_to": NOW}, "effective_to"),
    ],
)
def test_fields_that_make_no_rule_are_refused_and_say_how_to_mend_them(
    wrong: dict[str, Any], field: str
) -> None:
    broken = replace(fields(), **wrong)

    assert list(broken.problems()) == [field]
    with pytest.raises(Refused):
        add_rule(broken, by="Tom", now=NOW)
    rule = add()
    for since in (None, NOW):
        if since and "effective_from" in wrong:
            continue  # the new rule begins at the date of the change
        with pytest.raises(Refused):
            change(rule, broken, since=since)
    assert order() == ["growth"]


def test_there_is_an_end_to_how_many_rules_anybody_can_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(changing, "MAX_RULES", 2)
    add("a")
    add("b")

    with pytest.raises(Refused, match="There are 2 rules"):
        add("c")


def test_a_change_from_a_date_leaves_the_past_to_the_old_rule() -> None:
    add("before")
    rule = add("growth")
    add("after")

    new = change(rule, fields("platform"), since=DAY)

    assert (new.position, new.created_by) == (2, "Tom")
    assert periods() == [
        ("before", None, None),
        ("platform", DAY, None),
        ("growth", None, DAY),
        ("after", None, None),
    ]
    order()


def test_a_change_from_the_beginning_leaves_one_rule() -> None:
    rule = add("growth", effective_from=DAY)

    changed = change(rule, fields("platform"))

    assert changed.pk == rule.pk
    assert periods() == [("platform", None, None)]


def test_a_rule_that_begins_that_day_or_later_has_no_past_to_keep() -> None:
    for begins in (DAY, DAY + timedelta(days=1)):
        rule = add("growth", effective_from=begins)
        change(rule, fields("platform", effective_from=begins), since=DAY)
        assert periods() == [("platform", begins, None)]
        AttributionRule.objects.all().delete()


def test_a_change_after_the_end_of_a_rule_is_refused() -> None:
    rule = add(effective_to=DAY)

    with pytest.raises(Refused, match="ended before that day"):
        change(rule, fields("platform"), since=DAY)


def test_a_rule_ends_from_a_date_and_keeps_what_it_decided() -> None:
    rule = add()
    end_rule(rule.pk, seen=version(rule), at=DAY)
    assert periods() == [("growth", None, DAY)]

    rule.refresh_from_db()
    with pytest.raises(Refused, match="has ended by that day"):
        end_rule(rule.pk, seen=version(rule), at=DAY)


def test_a_rule_that_has_not_begun_cannot_end() -> None:
    rule = add(effective_from=DAY)

    with pytest.raises(Refused, match="not begun"):
        end_rule(rule.pk, seen=version(rule), at=DAY)


def test_the_others_close_up_when_a_rule_is_deleted() -> None:
    made = [add(name) for name in "abc"]

    delete_rule(made[1].pk, seen=version(made[1]))

    assert order() == ["a", "c"]


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(-1, 7)), max_size=6))
def test_any_moves_keep_every_rule_once_and_the_others_in_order(
    moves: list[tuple[int, int]],
) -> None:
    AttributionRule.objects.all().delete()
    made = [add(name) for name in "abcde"]
    expected = list("abcde")
    for which, to in moves:
        moved = move_rule(made[which].pk, to=to)
        expected.remove(made[which].name)
        expected.insert(max(1, min(to, 5)) - 1, made[which].name)
        assert order() == expected
        assert moved.position == expected.index(made[which].name) + 1


# --- several at once --------------------------------------------------------------------------


def test_whoever_saves_second_writes_nothing_over() -> None:
    shown = add()
    change(shown, fields("theirs"))

    for attempt in (
        lambda: change(shown, fields("mine")),
        lambda: change(shown, fields("mine"), since=DAY),
        lambda: end_rule(shown.pk, seen=version(shown), at=DAY),
        lambda: delete_rule(shown.pk, seen=version(shown)),
    ):
        with pytest.raises(ChangedMeanwhile):
            attempt()
    assert order() == ["theirs"]


def test_a_move_is_no_change_of_what_a_rule_says() -> None:
    add("a")
    shown = add("b")
    move_rule(shown.pk, to=1)

    change(shown, fields("c"))

    assert order() == ["c", "a"]


def test_what_somebody_deleted_is_gone() -> None:
    rule = add()
    gone, mark = rule.pk, version(rule)
    delete_rule(gone, seen=mark)
    for attempt in (
        lambda: move_rule(gone, to=1),
        lambda: step_rule(gone, by=1),
        lambda: end_rule(gone, seen=mark, at=DAY),
        lambda: delete_rule(gone, seen=mark),
        lambda: change_rule(gone, fields(), seen=mark, by="Tom", now=NOW),
    ):
        with pytest.raises(Gone):
            attempt()


def test_two_edits_at_once_end_with_one_of_them() -> None:
    shown = add()

    def edit(name: str) -> str:
        try:
            change(shown, fields(name))
        except ChangedMeanwhile:
            return "told"
        return name

    outcomes = at_once(lambda: edit("tom"), lambda: edit("eva"))

    assert outcomes.count("told") == 1
    assert [name for name in outcomes if name != "told"] == order()


def test_adding_moving_and_deleting_at_once_keeps_the_order_whole() -> None:
    made = [add(name) for name in "abcdef"]

    at_once(
        lambda: move_rule(made[0].pk, to=6),
        lambda: move_rule(made[5].pk, to=1),
        lambda: add("g", 2),
        lambda: add("h"),
        lambda: delete_rule(made[2].pk, seen=version(made[2])),
        lambda: change(made[3], fields("i"), since=DAY),
    )

    assert sorted(order()) == sorted("abdefghi")


def test_the_first_rules_may_be_added_at_once() -> None:
    at_once(*(lambda name=name: add(name) for name in "abcd"))

    assert sorted(order()) == list("abcd")


# --- in words ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({}, "every call and every charge"),
        ({"source": "logs"}, "the source is logs"),
        (
            {"source": "litellm*", "tag": "squad"},
            "the source is like litellm* and it has the tag squad",
        ),
        ({"tag": "app", "tag_value": "shop-*"}, "the tag app is like shop-*"),
        (
            {"model": "gpt-4o", "environment": "prod"},
            "the model is gpt-4o and the environment is prod",
        ),
    ],
)
def test_conditions_read_as_a_sentence(said: dict[str, str], words: str) -> None:
    assert conditions(fields(**said)) == words


def test_the_outcome_is_a_value_or_where_it_comes_from() -> None:
    assert outcome(fields("growth")) == "growth"
    assert outcome(fields(value="", value_tag="squad")) == "what the tag squad says"
    assert outcome(fields(value="", tag="squad", value_tag="squad")) == "what that tag says"
    assert all(not fields(dimension=name).problems() for name in RULE_TARGETS)
