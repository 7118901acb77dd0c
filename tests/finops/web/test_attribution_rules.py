"""The Rules page: reading, adding, trying, changing, ordering, ending; two people at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils.html import escape

from finops.attribution.rules import RuleFields, add_rule, version
from finops.models import AttributionRule
from tests.finops.ledger.side_by_side import at_once
from tests.finops.ledger.usage import call, import_rows, read
from tests.finops.revaluation.history import ledger_rows

SignedIn = Callable[[str], Client]
HOSTILE = (
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "\N{RIGHT-TO-LEFT OVERRIDE}gnp.exe",
    "🤖 agent",
    "x" * 200,
)


@pytest.fixture(autouse=True)
def _only_their_own_rules(ledger: None) -> Iterator[None]:
    """Each test begins without a rule, and leaves the ones that were there."""
    kept = list(AttributionRule.objects.all())
    AttributionRule.objects.all().delete()
    yield
    AttributionRule.objects.all().delete()
    AttributionRule.objects.bulk_create(kept)


@pytest.fixture
def engineer(signed_in: SignedIn, ledger: None) -> Client:
    return signed_in("engineering")


def made(name: str = "growth", **others: Any) -> AttributionRule:
    fields = RuleFields(**{"name": name, "dimension": "team", "value": name} | others)
    return add_rule(fields, by="Tom", now=datetime.now(UTC))


def typed(name: str = "growth", **others: Any) -> dict[str, Any]:
    return {"name": name, "dimension": "team", "value": name, "do": "save"} | others


def changed(rule: AttributionRule, name: str, **others: Any) -> dict[str, Any]:
    said = {each: getattr(rule, each) for each in AttributionRule.CONDITIONS}
    return typed(name, **{**said, "applies": "always", "seen": version(rule), **others})


def order() -> list[str]:
    return list(AttributionRule.objects.order_by("position").values_list("name", flat=True))


def page(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


# --- reading ----------------------------------------------------------------------------------


def test_rules_read_in_order_in_words_with_what_they_decided(engineer: Client) -> None:
    made("growth", tag="app", tag_value="shop*")
    made("squads", value="", value_tag="squad", source="litellm*")
    import_rows(call(id="1", tags={"app": "shop-1"}), call(id="2"))

    text = page(engineer.get("/attribution/"))

    assert "2 rules, asked from top to bottom" in text
    assert "When the tag app is like shop*" in text
    assert "what the tag squad says" in text
    assert text.index("growth") < text.index("squads")
    assert '<td class="n" data-l="Decided">1</td>' in text


def test_an_installation_without_rules_says_what_that_means(engineer: Client) -> None:
    assert "No rules. Calls and charges keep what they say themselves." in page(
        engineer.get("/attribution/")
    )


def test_dates_say_whether_a_rule_still_holds(engineer: Client) -> None:
    now = datetime.now(UTC)
    made("over", effective_to=now - timedelta(days=1))
    made("coming", effective_from=now + timedelta(days=2))

    text = page(engineer.get("/attribution/"))

    assert 'over</a> <span class="note quiet">ended</span>' in text
    assert 'coming</a> <span class="note new">not begun</span>' in text


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_names_are_shown_and_do_nothing(engineer: Client, hostile: str) -> None:
    rule = made(hostile, tag=hostile, tag_value=hostile, value=hostile)
    import_rows(call(id="1", tags={hostile: hostile}))

    for answer in (
        engineer.get("/attribution/"),
        engineer.get(f"/attribution/rules/{rule.pk}/"),
        engineer.get(f"/attribution/rules/{rule.pk}/remove/"),
        engineer.post(f"/attribution/rules/{rule.pk}/", changed(rule, hostile, do="try")),
    ):
        text = answer.content.decode()
        assert answer.status_code == 200
        assert "<script>alert" not in text
        assert escape(hostile) in text


@pytest.mark.parametrize(
    "page_asked", ["0", "-1", "x", "99999999999", "\N{SUPERSCRIPT TWO}", "%00"]
)
def test_any_page_number_leads_somewhere(engineer: Client, page_asked: str) -> None:
    made()
    assert engineer.get(f"/attribution/?page={page_asked}").status_code == 200


# --- who may ----------------------------------------------------------------------------------


def test_whoever_may_only_look_sees_no_way_to_change(signed_in: SignedIn) -> None:
    rule = made()
    viewer = signed_in("viewer")

    text = page(viewer.get("/attribution/"))

    assert "growth" in text
    assert "Move up" not in text
    assert "/attribution/add/" not in text
    for address in (
        "/attribution/add/",
        f"/attribution/rules/{rule.pk}/",
        f"/attribution/rules/{rule.pk}/move/",
        f"/attribution/rules/{rule.pk}/remove/",
    ):
        assert viewer.post(address, typed()).status_code == 403
    assert order() == ["growth"]


# --- adding and trying ------------------------------------------------------------------------


def test_a_saved_rule_decides_the_next_push(engineer: Client, signed_in: SignedIn) -> None:
    from finops.access.keys import create_key
    from finops.ledger.sources import source_named

    _, token = create_key(name="w", source=source_named("service"), scope="write")

    answer = engineer.post("/attribution/add/", typed("growth", tag="app", tag_value="shop"))
    rule = AttributionRule.objects.get()
    pushed = Client().post(
        "/api/v1/calls/",
        [call(id="1", tags={"app": "shop"})],
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )

    assert answer.status_code == 302
    assert answer.headers["Location"].endswith(f"moved={rule.pk}#rule-{rule.pk}")
    assert rule.created_by == "Test engineering"
    assert pushed.status_code == 202
    assert read("SELECT team FROM calls") == [("growth",)]


def test_trying_shows_what_would_happen_and_saves_nothing(engineer: Client) -> None:
    import_rows(call(id="1", tags={"app": "shop"}), call(id="2", tags={"app": "shop"}, team="risk"))
    before = ledger_rows()

    answer = engineer.post("/attribution/add/", typed("growth", tag="app", do="try"))

    text = page(answer)
    assert answer.status_code == 200
    assert "It matches 2 calls of the last 2 and moves $0.0075" in text
    assert "Not attributed" in text
    assert 'value="growth"' in text
    assert (order(), ledger_rows()) == ([], before)


def test_trying_without_calls_says_so(engineer: Client) -> None:
    text = page(engineer.post("/attribution/add/", typed(do="try")))

    assert "There are no calls to try it on yet" in text


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"name": ""}, "Give the rule a name."),
        ({"value": ""}, "Give a value, or a tag to take it from, not both."),
        ({"value_tag": "squad"}, "Give a value, or a tag to take it from, not both."),
        ({"value": "unallocated"}, "Unallocated is the absence of a value."),
        ({"tag_value": "x"}, "Name the tag whose value you ask for."),
        (
            {"effective_from": "2026-11-02", "effective_to": "2026-11-02"},
            "must end after it begins",
        ),
        ({"effective_from": "soon"}, "Enter a day such as 2026-11-03."),
        ({"effective_from": "0001-01-01"}, "Enter a day from 2015 to 2100."),
        ({"position": "0"}, "greater than or equal to 1"),
        ({"dimension": "model"}, "Select a valid choice"),
        ({"tag": "x" * 501}, "at most 500 characters"),
        ({"name": "a\0b"}, "Null characters are not allowed."),
    ],
)
@pytest.mark.parametrize("do", ["save", "try"])
def test_what_makes_no_rule_comes_back_with_every_value_kept(
    engineer: Client, wrong: dict[str, str], told: str, do: str
) -> None:
    answer = engineer.post("/attribution/add/", typed(model="kept", do=do) | wrong)

    text = page(answer)
    assert answer.status_code == 422
    assert "There is a problem" in text
    assert told in text
    assert 'value="kept"' in text
    assert order() == []


def test_days_are_days_of_the_reporting_zone(engineer: Client) -> None:
    from finops.models import Organization

    Organization.objects.update(time_zone="Europe/Berlin")

    engineer.post("/attribution/add/", typed(effective_from="2026-11-02"))

    rule = AttributionRule.objects.get()
    assert rule.effective_from == datetime(2026, 11, 1, 23, tzinfo=UTC)
    text = page(engineer.get(f"/attribution/rules/{rule.pk}/"))
    assert 'name="effective_from" value="2026-11-02"' in text


# --- changing ---------------------------------------------------------------------------------


def test_a_change_from_a_day_ends_the_rule_and_starts_another(engineer: Client) -> None:
    rule = made()

    answer = engineer.post(
        f"/attribution/rules/{rule.pk}/",
        changed(rule, "platform", applies="since", since="2026-11-10"),
    )

    day = datetime(2026, 11, 10, tzinfo=UTC)
    assert answer.status_code == 302
    assert list(
        AttributionRule.objects.order_by("position").values_list(
            "value", "effective_from", "effective_to"
        )
    ) == [("platform", day, None), ("growth", None, day)]


def test_a_change_for_all_calls_changes_the_rule_itself(engineer: Client) -> None:
    rule = made()

    engineer.post(f"/attribution/rules/{rule.pk}/", changed(rule, "platform"))

    assert list(AttributionRule.objects.values_list("pk", "value")) == [(rule.pk, "platform")]


def test_an_instant_inside_a_day_stays_what_it_was(engineer: Client) -> None:
    instant = datetime(2026, 11, 2, 10, 30, tzinfo=UTC)
    rule = made(effective_from=instant)

    engineer.post(
        f"/attribution/rules/{rule.pk}/", changed(rule, "platform", effective_from="2026-11-02")
    )

    assert AttributionRule.objects.get().effective_from == instant


def test_a_change_needs_its_first_day(engineer: Client) -> None:
    rule = made()

    answer = engineer.post(f"/attribution/rules/{rule.pk}/", changed(rule, "x", applies="since"))

    assert answer.status_code == 422
    assert "Enter the first day of the change." in page(answer)


def test_a_change_after_the_end_is_refused_with_a_reason(engineer: Client) -> None:
    rule = made(effective_to=datetime(2026, 11, 1, tzinfo=UTC))

    answer = engineer.post(
        f"/attribution/rules/{rule.pk}/",
        changed(rule, "x", applies="since", since="2026-11-10"),
    )

    assert answer.status_code == 422
    assert "The rule ended before that day." in page(answer)
    assert order() == ["growth"]


def test_two_people_at_once_see_each_other(engineer: Client, signed_in: SignedIn) -> None:
    rule = made()
    mine = changed(rule, "mine")
    signed_in("admin").post(f"/attribution/rules/{rule.pk}/", changed(rule, "theirs"))

    answer = engineer.post(f"/attribution/rules/{rule.pk}/", mine)

    text = page(answer)
    assert answer.status_code == 409
    assert re.search(r"Test admin changed this at \d\d:\d\d UTC\. Your values are below\.", text)
    assert 'value="mine"' in text
    assert "What is stored now.</b> theirs" in text
    assert order() == ["theirs"]

    rule.refresh_from_db()
    seen = re.search(r'name="seen" value="(\w+)"', text)
    assert seen is not None
    engineer.post(f"/attribution/rules/{rule.pk}/", mine | {"seen": seen[1]})
    assert order() == ["mine"]


def test_a_rule_that_somebody_deleted_meanwhile_is_not_there(engineer: Client) -> None:
    rule = made()
    AttributionRule.objects.all().delete()

    for answer in (
        engineer.get(f"/attribution/rules/{rule.pk}/"),
        engineer.post(f"/attribution/rules/{rule.pk}/", typed()),
        engineer.get(f"/attribution/rules/{rule.pk}/remove/"),
    ):
        assert answer.status_code == 404
    moved = engineer.post(f"/attribution/rules/{rule.pk}/move/", {"step": "1"}, follow=True)
    assert "Somebody deleted this rule. Nothing was moved." in page(moved)


def test_the_change_log_stands_on_the_rules_page(engineer: Client) -> None:
    rule = made()
    engineer.post(f"/attribution/rules/{rule.pk}/", changed(rule, "platform"))

    text = page(engineer.get(f"/attribution/rules/{rule.pk}/"))

    assert "Changed by Test engineering" in text
    assert "value: <bdi>growth</bdi> → <bdi>platform</bdi>" in text


# --- order ------------------------------------------------------------------------------------


def test_rules_move_up_down_and_to_a_place_without_script(engineer: Client) -> None:
    rules = {name: made(name) for name in "abc"}

    def move(name: str, **how: str) -> str:
        address = f"/attribution/rules/{rules[name].pk}/move/"
        return page(engineer.post(address, how, follow=True))

    said = move("c", step="-1")
    assert order() == ["a", "c", "b"]
    assert "Saved. c is number 2 of 3." in said
    assert f'<tr id="rule-{rules["c"].pk}" aria-current="true" tabindex="-1" data-focus>' in said
    move("a", step="1")
    assert order() == ["c", "a", "b"]
    move("c", to="3")
    assert order() == ["a", "b", "c"]
    move("a", step="-1")
    move("c", to="100000")
    assert order() == ["a", "b", "c"]


@pytest.mark.parametrize("how", [{}, {"to": "0"}, {"to": "x"}, {"step": "7"}, {"to": "9" * 30}])
def test_a_move_that_goes_nowhere_says_so(engineer: Client, how: dict[str, str]) -> None:
    rules = [made("a"), made("b")]

    answer = engineer.post(f"/attribution/rules/{rules[0].pk}/move/", how, follow=True)

    assert "Nothing was moved." in page(answer)
    assert order() == ["a", "b"]


def test_a_moved_rule_is_found_on_its_page_of_a_long_list(engineer: Client) -> None:
    rules = [made(f"rule {n:02}") for n in range(52)]

    answer = engineer.post(f"/attribution/rules/{rules[0].pk}/move/", {"to": "52"}, follow=True)

    assert "Page 2 of 2" in page(answer)
    assert f'id="rule-{rules[0].pk}"' in page(answer)


def test_moves_at_once_keep_every_rule_once(engineer: Client, signed_in: SignedIn) -> None:
    rules = [made(name) for name in "abcdef"]
    other = signed_in("admin")

    at_once(
        *(
            lambda client=client, rule=rule: client.post(
                f"/attribution/rules/{rule.pk}/move/", {"to": "3"}
            )
            for rule, client in zip(rules, [engineer, other] * 3, strict=True)
        )
    )

    positions = AttributionRule.objects.order_by("position").values_list("position", flat=True)
    assert list(positions) == [1, 2, 3, 4, 5, 6]
    assert sorted(order()) == list("abcdef")


# --- ending -----------------------------------------------------------------------------------


def test_a_rule_ends_from_a_day_or_goes_altogether(engineer: Client) -> None:
    first, second = made("a"), made("b")

    engineer.post(
        f"/attribution/rules/{first.pk}/remove/",
        {"how": "end", "day": "2026-11-10", "seen": version(first)},
    )
    engineer.post(
        f"/attribution/rules/{second.pk}/remove/", {"how": "delete", "seen": version(second)}
    )

    (left,) = AttributionRule.objects.all()
    assert (left.name, left.effective_to) == ("a", datetime(2026, 11, 10, tzinfo=UTC))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "This field is required."),
        ({"how": "end"}, "Enter the first day without the rule."),
        ({"how": "end", "day": "2020-01-01"}, "The rule has not begun by that day."),
        ({"how": "delete", "seen": "other"}, "Look at it once more"),
    ],
)
def test_an_end_that_cannot_be_says_why(engineer: Client, given: dict[str, str], told: str) -> None:
    rule = made(effective_from=datetime(2026, 11, 1, tzinfo=UTC))

    answer = engineer.post(f"/attribution/rules/{rule.pk}/remove/", {"seen": version(rule)} | given)

    assert answer.status_code == 422
    assert told in page(answer)
    assert AttributionRule.objects.get().effective_to is None
