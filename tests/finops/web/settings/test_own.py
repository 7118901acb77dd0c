"""Everybody's own settings."""

from __future__ import annotations

from typing import Any

import pytest

from finops.access.rights import RIGHTS
from tests.finops.access.people_at_hand import PASSWORD, browser, person, with_password

pytestmark = pytest.mark.django_db

NEW = "another plain sentence"


def change(client: Any, old: str = PASSWORD, new: str = NEW, again: str = NEW) -> Any:
    return client.post(
        "/settings/password/", {"old_password": old, "new_password1": new, "new_password2": again}
    )


@pytest.mark.parametrize("role", RIGHTS)
def test_everybody_may_change_their_name(role: str) -> None:
    ann = person(role)

    answer = browser(ann).post("/settings/", {"name": "Ann <b>&</b>"}, follow=True)

    ann.refresh_from_db()
    assert ann.name == "Ann <b>&</b>"
    page = answer.content.decode()
    assert "Saved. Your name is changed." in page
    assert "Ann &lt;b&gt;&amp;&lt;/b&gt;" in page


@pytest.mark.parametrize("name", ["", "   ", "x" * 201, "a\x00b"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    ann = person(name="Ann")

    page = browser(ann).post("/settings/", {"name": name}).content.decode()

    assert "There is a problem" in page
    assert "Signed in as Ann" in " ".join(page.split())
    ann.refresh_from_db()
    assert ann.name == "Ann"


def test_nobody_gives_themselves_another_role() -> None:
    ann = person("viewer")

    browser(ann).post("/settings/", {"name": "Ann", "role": "admin", "is_active": "0"})

    ann.refresh_from_db()
    assert (ann.role, ann.is_active) == ("viewer", True)


def test_a_new_password_ends_every_other_session() -> None:
    ann = with_password(name="Ann")
    here, elsewhere = browser(ann), browser(ann)

    assert change(here).status_code == 302

    assert here.get("/settings/").status_code == 200
    assert elsewhere.get("/settings/").status_code == 302
    ann.refresh_from_db()
    assert ann.check_password(NEW)


@pytest.mark.parametrize(
    "wrong",
    [
        {"old": "not mine"},
        {"again": "mistyped"},
        {"new": "short", "again": "short"},
        {"new": "x" * 1_001, "again": "x" * 1_001},
    ],
)
def test_a_password_needs_the_old_one_and_to_be_a_good_one(wrong: dict[str, str]) -> None:
    ann = with_password(name="Ann")

    answer = change(browser(ann), **wrong)

    assert answer.status_code == 200
    assert "There is a problem" in answer.content.decode()
    ann.refresh_from_db()
    assert ann.check_password(PASSWORD)


def test_tabs_are_those_that_a_role_may_open() -> None:
    tabs = {
        role: browser(person(role)).get("/settings/").content.decode()
        for role in ("viewer", "finance")
    }

    assert "/settings/changes/" in tabs["finance"]
    assert "/settings/people/" not in tabs["finance"]
    assert "/settings/changes/" not in tabs["viewer"]
