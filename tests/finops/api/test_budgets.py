"""Budgets over the API: read by whoever reads, set by admin keys and by finance."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from finops.models import Budget, Person

from .conftest import Ask, call

BUDGETS = "/api/v1/budgets/"
GROWTH = {"name": "Growth", "scope": {"team": "growth"}, "yellow": "0.01", "red": 0.02}


def send(client: Any, method: str, address: str, body: Any, key: str = "") -> Any:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    content = body if isinstance(body, str) else json.dumps(body)
    return getattr(client, method)(
        address, content, content_type="application/json", headers=headers
    )


@pytest.fixture
def admin(keys: dict[str, str]) -> Any:
    """Send something with the admin key."""

    def sending(method: str, address: str, body: Any) -> Any:
        return send(Client(), method, address, body, keys["admin"])

    return sending


def test_a_budget_is_made_read_and_changed(admin: Any, ask: Ask) -> None:
    made = admin("post", BUDGETS, GROWTH)
    assert made.status_code == 201
    assert (made.json()["yellow"], made.json()["red"]) == ("0.01", "0.02")
    assert made.json()["owner"] is None

    address = f"{BUDGETS}{made.json()['id']}/"
    changed = admin("patch", address, {"red": "5", "planned": "6", "version": 1})
    assert changed.status_code == 200
    assert (changed.json()["yellow"], changed.json()["red"]) == ("0.01", "5")
    assert changed.json()["warnings"] == ["The planned amount is above the red line."]

    (listed,) = ask(BUDGETS).json()["budgets"]
    assert listed == ask(address).json()
    assert (listed["version"], listed["status"]) == (2, "green")


def test_the_key_that_set_a_budget_is_on_record(admin: Any) -> None:
    admin("post", BUDGETS, GROWTH)

    assert Budget.objects.get().revisions.get().set_by == "key admin"


def test_whoever_makes_one_signed_in_owns_it(ledger: None, signed_in: Any) -> None:
    client = signed_in("finance")
    made = send(client, "post", BUDGETS, GROWTH)

    assert made.status_code == 201
    assert made.json()["owner"] == "finance@test.example"
    assert Budget.objects.get().owner == Person.objects.get()


@pytest.mark.parametrize("role", ["viewer", "executive", "engineering", "datascience"])
def test_other_roles_read_and_set_nothing(ledger: None, signed_in: Any, role: str) -> None:
    client = signed_in(role)

    assert client.get(BUDGETS).status_code == 200
    assert send(client, "post", BUDGETS, GROWTH).status_code == 403
    assert send(client, "patch", f"{BUDGETS}1/", {"red": "5"}).status_code == 403
    assert not Budget.objects.exists()


@pytest.mark.parametrize("scope", ["read", "write"])
def test_other_keys_set_nothing(keys: dict[str, str], scope: str) -> None:
    assert send(Client(), "post", BUDGETS, GROWTH, keys[scope]).status_code == 403
    assert send(Client(), "patch", f"{BUDGETS}1/", {}, keys[scope]).status_code == 403


def test_nobody_is_asked_for_a_key(ledger: None) -> None:
    assert Client().get(BUDGETS).status_code == 401
    assert send(Client(), "post", BUDGETS, GROWTH).status_code == 401


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"yellow": "NaN"}, "yellow"),
        ({"yellow": "-1"}, "yellow"),
        ({"yellow": True}, "yellow"),
        ({"yellow": [1]}, "yellow"),
        ({"yellow": "0.001"}, "yellow"),
        ({"red": "0.001e5"}, "red"),
        ({"red": 1e300}, "red"),
        ({"red": None}, "red"),
        ({"yellow": "1"}, "red"),
        ({"name": ""}, "name"),
        ({"name": 5}, "name"),
        ({"name": "a\u0000b"}, "name"),
        ({"scope": {"colour": "red"}}, "scope"),
        ({"scope": ["team=growth"]}, "scope"),
        ({"basis": "reported"}, "basis"),
        ({"period": "decade"}, "period"),
        ({"period": None}, "period"),
        ({"effective_from": "soon"}, "effective_from"),
        ({"effective_from": 5}, "effective_from"),
        ({"workflow_share": "200"}, "workflow_share"),
        ({"workflow_share": {}}, "workflow_share"),
        ({"owner": "nobody@example.com"}, "owner"),
        ({"recipients": "me@example.com"}, "recipients"),
        ({"recipients": ["nobody"]}, "recipients"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_is_said_by_field(admin: Any, change: dict[str, Any], field: str) -> None:
    answer = admin("post", BUDGETS, GROWTH | change)

    assert answer.status_code == 400
    assert list(answer.json()) == [field]
    assert not Budget.objects.exists()


@pytest.mark.parametrize("body", ["[]", '"text"', "5", "null", "{", "", "NaN"])
def test_a_body_that_is_no_object_is_refused(admin: Any, body: str) -> None:
    assert admin("post", BUDGETS, body).status_code == 400


def test_somebody_who_was_quicker_is_named(admin: Any) -> None:
    made = admin("post", BUDGETS, GROWTH).json()
    address = f"{BUDGETS}{made['id']}/"
    admin("patch", address, {"red": "5", "version": 1})

    answer = admin("patch", address, {"red": "6", "yellow": "6", "name": "Mine", "version": 1})

    assert answer.status_code == 409
    assert "key admin changed this at" in answer.json()["detail"]
    assert Budget.objects.get().name == "Growth"


def test_a_change_is_made_whole_or_not_at_all(admin: Any) -> None:
    made = admin("post", BUDGETS, GROWTH).json()
    answer = admin("patch", f"{BUDGETS}{made['id']}/", {"name": "Other", "red": "0"})

    assert answer.status_code == 400
    assert Budget.objects.get().name == "Growth"
    assert Budget.objects.get().version == 1


def test_lines_are_taken_away_by_null(admin: Any) -> None:
    made = admin("post", BUDGETS, GROWTH).json()
    now = admin("patch", f"{BUDGETS}{made['id']}/", {"yellow": None, "red": None}).json()

    assert (now["yellow"], now["red"], now["status"]) == (None, None, "none")


def test_a_budget_that_is_not_there_is_not_found(admin: Any, ask: Ask) -> None:
    assert admin("patch", f"{BUDGETS}99999999999999999999999/", {}).status_code == 404
    assert ask(f"{BUDGETS}1/").status_code == 404


def test_any_instant_can_be_asked_for(admin: Any, ask: Ask) -> None:
    from finops.rollups.refresh import refresh

    times = ["2026-10-05T10:00:00Z", "2026-10-05T11:00:00Z"]
    pushed = [call(id=time, time=time, team="growth") for time in times]
    ask("/api/v1/calls/", key="write", calls=pushed)
    refresh()
    admin("post", BUDGETS, GROWTH | {"effective_from": "2026-10-01"})

    (then,) = ask(f"{BUDGETS}?as_of=2026-10-05T10:30:00Z").json()["budgets"]
    assert (then["actual"], then["status"], then["start"]) == ("0.0075", "green", "2026-10-01")
    (later,) = ask(f"{BUDGETS}?as_of=2026-10-05T12:30:00Z").json()["budgets"]
    assert (later["actual"], later["status"]) == ("0.015", "yellow")
    assert ask(f"{BUDGETS}?as_of=soon").status_code == 400
