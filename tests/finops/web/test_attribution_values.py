"""Names and owners: the list, one value, its name, archive and merge; hostile values; rights."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from finops.attribution.values import archive, canonical, describe, find, labels, merge, version
from finops.models import DimensionValue, Person
from finops.models.dimensions import NAMED_DIMENSIONS
from tests.finops.ledger.usage import call, import_rows

SignedIn = Callable[[str], Client]
LIST = "/attribution/values/"
NOW = datetime(2026, 11, 20, tzinfo=UTC)
HOSTILE = (
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "\N{RIGHT-TO-LEFT OVERRIDE}gnp.exe",
    "a/b?c=d&e#f%2F",
    "../../etc/passwd",
    "🤖 agent",
    "  spaced  out",
    "x" * 500,
)


@pytest.fixture
def engineer(signed_in: SignedIn, ledger: None) -> Client:
    return signed_in("engineering")


@pytest.fixture
def spent(ledger: None) -> None:
    import_rows(
        call(id="1", team="growth"),
        call(id="2", team="Growth"),
        call(id="3", team="risk", model="unheard-of"),
        call(id="4"),
    )


def at(value: str, action: str = "", *, dimension: str = "team", **more: str) -> str:
    return f"{LIST}{dimension}/{action}?{urlencode({'value': value} | more)}"


def page(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def described(value: str, name: str = "") -> DimensionValue:
    return describe("team", value, display_name=name, business_owner=None, technical_owner=None)


# --- the list ---------------------------------------------------------------------------------


@pytest.mark.usefixtures("spent")
def test_the_list_shows_values_with_spend_and_leads_to_each(engineer: Client) -> None:
    described("growth", "Growth team")

    text = page(engineer.get(f"{LIST}?dimension=team&period=all"))

    assert "3 teams, by spend of all time" in text
    assert f'<a href="{at("growth")}">' in text
    assert "<bdi>Growth team</bdi>" in text
    assert "Unpriced" in text
    assert "$0.0075" in text


@pytest.mark.parametrize("dimension", NAMED_DIMENSIONS)
def test_every_dimension_has_its_list_even_when_it_is_empty(
    engineer: Client, dimension: str
) -> None:
    text = page(engineer.get(f"{LIST}?dimension={dimension}"))

    assert "No call has a value here yet." in text
    assert f'aria-current="page">{dimension.capitalize()}</a>' in text


@pytest.mark.usefixtures("spent")
def test_archived_values_are_hidden_and_search_finds(engineer: Client) -> None:
    archive("team", "risk", now=NOW)

    assert "risk" not in page(engineer.get(f"{LIST}?dimension=team&period=all"))
    shown = page(engineer.get(f"{LIST}?dimension=team&archived=on"))
    assert 'risk</bdi></a> <span class="note quiet">archived</span>' in shown
    found = page(engineer.get(f"{LIST}?dimension=team&q=GROW"))
    assert "2 teams" in found
    nothing = page(engineer.get(f"{LIST}?dimension=team&q=nobody"))
    assert "No value matches this search." in nothing


def test_fifty_values_a_page(engineer: Client) -> None:
    import_rows(*(call(id=str(n), customer=f"c{n:02}") for n in range(53)))

    first = page(engineer.get(f"{LIST}?dimension=customer&period=all"))
    second = page(engineer.get(f"{LIST}?dimension=customer&period=all&page=2"))

    assert ("Page 1 of 2" in first, "Page 2 of 2" in second) == (True, True)
    assert (first.count('data-l="Calls"'), second.count('data-l="Calls"')) == (50, 3)
    beyond = page(engineer.get(f"{LIST}?dimension=customer&period=all&page=9"))
    assert "Page 1 of 2" in beyond


@pytest.mark.parametrize(
    "query",
    [
        "dimension=model",
        "dimension=%00",
        "page=x",
        "page=-1",
        "q=%00%FF",
        "period=9",
        "q=" + "x" * 900,
    ],
)
def test_any_address_of_the_list_answers(engineer: Client, query: str) -> None:
    assert engineer.get(f"{LIST}?{query}").status_code == 200


# --- one value --------------------------------------------------------------------------------


@pytest.mark.usefixtures("spent")
def test_a_name_and_owners_are_saved_and_shown(engineer: Client) -> None:
    owner = Person.objects.create_user("web-values@example.com", name="Priya Nair")
    given = {
        "display_name": "Growth team",
        "business_owner": str(owner.pk),
        "technical_owner": "",
        "seen": version(find("team", "growth")),
    }

    answer = engineer.post(at("growth"), given, follow=True)

    text = page(answer)
    assert answer.redirect_chain == [(at("growth"), 302)]
    assert "Saved. Every page shows the new name and owners." in text
    assert "Sent as" in text
    assert "<dt>Business owner</dt> <dd> Priya Nair </dd>" in text
    assert "by Test engineering" in text
    assert find("team", "growth").business_owner == owner
    owner.delete()


@pytest.mark.usefixtures("spent")
@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"display_name": "x" * 201}, "at most 200 characters"),
        ({"display_name": "a\0b"}, "Null characters are not allowed."),
        ({"business_owner": "0"}, "Select a valid choice."),
        ({"technical_owner": "x"}, "Select a valid choice."),
    ],
)
def test_what_cannot_be_saved_comes_back_with_the_reason(
    engineer: Client, wrong: dict[str, str], told: str
) -> None:
    answer = engineer.post(at("growth"), {"display_name": "kept"} | wrong)

    assert answer.status_code == 422
    assert told in page(answer)
    assert labels("team") == {}


@pytest.mark.usefixtures("spent")
def test_two_people_at_once_see_each_other(engineer: Client, signed_in: SignedIn) -> None:
    seen = version(find("team", "growth"))
    signed_in("admin").post(at("growth"), {"display_name": "Theirs", "seen": seen})

    answer = engineer.post(at("growth"), {"display_name": "Mine", "seen": seen})

    text = page(answer)
    assert answer.status_code == 409
    assert re.search(r"Test admin changed this at \d\d:\d\d UTC\. Your values are below\.", text)
    assert 'value="Mine"' in text
    assert labels("team") == {"growth": "Theirs"}
    again = re.search(r'name="seen" value="(\w+)"', text)
    assert again is not None
    engineer.post(at("growth"), {"display_name": "Mine", "seen": again[1]})
    assert labels("team") == {"growth": "Mine"}


@pytest.mark.parametrize(
    "address",
    [
        at("nobody"),
        at("growth", dimension="model"),
        at("unallocated"),
        at(""),
        at("a\0b"),
        at("x" * 501),
        f"{LIST}team/",
    ],
)
def test_a_value_that_nobody_sent_is_not_there(engineer: Client, address: str) -> None:
    assert engineer.get(address).status_code == 404
    assert engineer.post(address, {"display_name": "x"}).status_code == 404
    assert not DimensionValue.objects.exists()


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_values_are_named_merged_and_shown_and_do_nothing(
    engineer: Client, hostile: str
) -> None:
    import_rows(call(id="1", team=hostile), call(id="2", team="plain"))
    import_rows(call(id="3", team="other", time="2026-11-01T12:00:00Z"))
    (stored,) = {value for value in (hostile, hostile.strip()) if find_row(value)}

    seen = version(find("team", stored))
    engineer.post(at(stored), {"display_name": hostile[:200], "seen": seen})
    merged = engineer.post(at("plain", "merge/"), {"into": stored}, follow=True)

    assert labels("team") == {stored: hostile[:200].strip()}
    assert canonical("team") == {"plain": stored}
    for answer in (
        merged,
        engineer.get(f"{LIST}?dimension=team&period=all"),
        engineer.get(at(stored)),
        engineer.get(at("plain")),
        engineer.get(at(stored, "merge/", into="other")),
        engineer.get(f"{LIST}?{urlencode({'dimension': 'team', 'q': hostile[:200]})}"),
    ):
        assert answer.status_code == 200
        assert "<script>alert" not in answer.content.decode()
    back = engineer.post(at("plain", "unmerge/"))
    assert back.headers["Location"] == at("plain")
    assert canonical("team") == {}


def find_row(value: str) -> bool:
    from finops.rollups.values import activity

    return bool(activity("team", [value]).calls)


# --- archive and merge ------------------------------------------------------------------------


@pytest.mark.usefixtures("spent")
def test_a_value_is_archived_and_brought_back(engineer: Client) -> None:
    archived = engineer.post(at("risk", "archive/"), {"do": "archive"}, follow=True)
    assert "It is hidden from the list." in page(archived)
    assert find("team", "risk").archived_at

    back = engineer.post(at("risk", "archive/"), {"do": "back"}, follow=True)
    assert "It is back in every list." in page(back)
    assert find("team", "risk").archived_at is None


@pytest.mark.usefixtures("spent")
def test_a_merge_shows_what_moves_before_it_is_saved(engineer: Client) -> None:
    shown = page(engineer.get(at("Growth", "merge/", into="growth")))

    assert "1 call and $0.0075 move to growth" in shown
    assert canonical("team") == {}
    saved = engineer.post(at("Growth", "merge/"), {"into": "growth"}, follow=True)
    assert canonical("team") == {"Growth": "growth"}
    assert saved.redirect_chain == [(at("growth"), 302)]
    text = page(saved)
    assert "Growth is read as growth everywhere." in text
    assert "$0.015 in 2 calls" in text
    assert "Also read as this value" in text


@pytest.mark.usefixtures("spent")
def test_a_merge_into_a_merged_value_names_its_target_and_what_goes_along(engineer: Client) -> None:
    merge("team", "Growth", into="growth")

    text = page(engineer.get(at("risk", "merge/", into="Growth")))
    assert "move to growth" in text
    along = page(engineer.get(at("growth", "merge/", into="risk")))
    assert "2 calls and $0.015 move to risk" in along
    assert "<dt>Goes along</dt> <dd> <bdi>Growth</bdi>" in along


@pytest.mark.usefixtures("spent")
@pytest.mark.parametrize(
    ("into", "told"),
    [
        ("", "Choose the value that it is read as."),
        ("nobody", "No call has this value. Check how it is written."),
        ("growth", "It is read as this value already."),
        ("Growth", "It is read as this value already."),
        ("unallocated", "Unallocated is the absence of a value."),
        ("x" * 501, "at most 500 characters"),
    ],
)
def test_a_merge_that_cannot_be_says_why(engineer: Client, into: str, told: str) -> None:
    merge("team", "Growth", into="growth")

    for answer in (
        engineer.get(at("growth", "merge/", into=into)),
        engineer.post(at("growth", "merge/"), {"into": into}),
    ):
        assert answer.status_code == 422
        assert told in page(answer)
    assert canonical("team") == {"Growth": "growth"}


@pytest.mark.usefixtures("spent")
def test_a_merge_into_an_archived_value_is_refused(engineer: Client) -> None:
    archive("team", "risk", now=NOW)

    answer = engineer.post(at("growth", "merge/"), {"into": "risk"})

    assert answer.status_code == 422
    assert "risk is archived. Bring it back first." in page(answer)


@pytest.mark.usefixtures("spent")
def test_a_merged_values_own_page_leads_to_its_target_and_back_apart(engineer: Client) -> None:
    merge("team", "Growth", into="growth")

    text = page(engineer.get(at("Growth")))
    assert "Every page reads it as" in text
    assert "$0.0075 in 1 call" in text

    engineer.post(at("Growth", "unmerge/"))
    assert canonical("team") == {}


@pytest.mark.usefixtures("spent")
def test_whoever_may_only_look_sees_no_way_to_change(signed_in: SignedIn) -> None:
    viewer = signed_in("viewer")

    text = page(viewer.get(at("growth")))
    assert "$0.0075 in 1 call" in text
    assert "Save name and owners" not in text
    assert "Merge it" not in text
    for action in ("", "archive/", "merge/", "unmerge/"):
        assert viewer.post(at("growth", action), {"into": "risk"}).status_code == 403
    assert not DimensionValue.objects.exists()
