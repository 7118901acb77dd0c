"""People and roles in the browser."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from finops.access.rights import RIGHTS
from finops.models import Person
from tests.finops.access.people_at_hand import PASSWORD, browser, person

pytestmark = pytest.mark.django_db

PEOPLE = "/settings/people/"


@pytest.fixture
def admin() -> Any:
    return browser(person("admin", name="Ann"))


def link_in(answer: Any) -> str:
    found = re.search(
        r"http://testserver(/sign-in/link/[^\s<]+)", html.unescape(answer.content.decode())
    )
    assert found is not None
    return found[1]


def test_an_invitation_is_shown_once_and_lets_somebody_in(admin: Any) -> None:
    invited = admin.post(PEOPLE, {"email": "bob@example.com", "name": "Bob", "role": "finance"})

    assert "no-store" in invited.headers["Cache-Control"]
    link = link_in(invited)
    assert link not in admin.get(PEOPLE).content.decode()
    bob = browser()
    place = bob.get(link).headers["Location"]
    bob.post(place, {"new_password1": PASSWORD, "new_password2": PASSWORD})
    bob.post("/sign-in/", {"username": "bob@example.com", "password": PASSWORD})
    assert bob.get("/settings/changes/").status_code == 200


@pytest.mark.parametrize(
    "wrong", [{"email": "nobody"}, {"email": "ann@example.com"}, {"name": ""}, {"role": "root"}]
)
def test_an_invitation_that_cannot_be_keeps_what_was_typed(
    admin: Any, wrong: dict[str, str]
) -> None:
    given = {"email": "bob@example.com", "name": "Bob", "role": "finance"} | wrong

    answer = admin.post(PEOPLE, given)

    assert "There is a problem" in answer.content.decode()
    assert f'value="{given["email"]}"' in answer.content.decode()
    assert Person.objects.count() == 1


@pytest.mark.parametrize(
    "name",
    ["<script>alert(1)</script>", "=cmd|calc", "\u202edesrever", "x" * 200, "🦀", 'O\'Hara & "Co"'],
)
def test_any_name_is_shown_as_it_is(admin: Any, name: str) -> None:
    person("viewer", name="bob", is_active=True)
    Person.objects.filter(name="bob").update(name=name)

    page = admin.get(PEOPLE).content.decode()

    assert html.escape(name) in page
    assert "<script>alert" not in page


def test_a_role_is_changed_and_said(admin: Any) -> None:
    bob = person("viewer", name="Bob")

    answer = admin.post(f"{PEOPLE}{bob.pk}/role/", {"role": "datascience"}, follow=True)

    bob.refresh_from_db()
    assert bob.role == "datascience"
    assert "Saved. Bob is now Data science." in answer.content.decode()


@pytest.mark.parametrize("name", ["{person.password}", "{0}", "{"])
def test_a_name_is_no_template(admin: Any, name: str) -> None:
    bob = person("viewer", name="Bob")
    Person.objects.filter(pk=bob.pk).update(name=name)

    page = admin.post(f"{PEOPLE}{bob.pk}/deactivate/", follow=True).content.decode()

    assert f"Saved. {html.escape(name)} is deactivated" in page


def test_the_last_admin_stays_and_is_told_why(admin: Any) -> None:
    ann = Person.objects.get()

    for change in ({"role": "viewer"}, {}):
        place = "role" if change else "deactivate"
        page = admin.post(f"{PEOPLE}{ann.pk}/{place}/", change, follow=True).content.decode()
        assert "Nothing was changed. This is the last active admin." in page
    assert admin.get(PEOPLE).status_code == 200


def test_somebody_sent_away_can_be_taken_back_but_gets_no_link(admin: Any) -> None:
    bob = person("viewer", name="Bob")

    assert (
        "Deactivated" in admin.post(f"{PEOPLE}{bob.pk}/deactivate/", follow=True).content.decode()
    )
    refused = admin.post(f"{PEOPLE}{bob.pk}/link/").content.decode()
    assert "/sign-in/link/" not in refused
    assert "cannot set a password" in refused
    admin.post(f"{PEOPLE}{bob.pk}/reactivate/")
    assert link_in(admin.post(f"{PEOPLE}{bob.pk}/link/"))


@pytest.mark.parametrize("number", ["0", "9" * 30])
def test_nobody_is_not_found(admin: Any, number: str) -> None:
    for place in ("role", "link", "deactivate", "reactivate"):
        answer = admin.post(f"{PEOPLE}{number}/{place}/", {"role": "viewer"})
        assert answer.status_code == 404


def test_a_long_list_comes_in_pages(admin: Any, django_assert_max_num_queries: Any) -> None:
    Person.objects.bulk_create(
        Person(email=f"p{n}@example.com", name=f"P{n:03}", password="!") for n in range(120)
    )

    with django_assert_max_num_queries(12):
        first = admin.get(PEOPLE).content.decode()
    assert first.count("/deactivate/") == 50
    assert admin.get(PEOPLE, {"page": "3"}).content.decode().count("/deactivate/") == 21
    assert admin.get(PEOPLE, {"page": "x" * 500}).status_code == 200


def test_the_table_of_rights_is_the_table_of_rights(admin: Any) -> None:
    table = admin.get(PEOPLE).content.decode().split('class="t rights"')[1]
    rows = [re.findall(r'<span class="vh">(yes|no)</span>', row) for row in table.split("<tr>")[2:]]

    held = [list(column).count("yes") for column in zip(*rows, strict=True)]
    assert held == [len(rights) for rights in RIGHTS.values()]
