"""What is around every page: who gets in, what is offered, and what is seen when things fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from finops.access.rights import RIGHTS, Right
from finops.ledger.sources import source_named
from finops.models import Source
from finops.web.overview import page as overview
from finops.web.pages import PAGES

pytestmark = pytest.mark.usefixtures("ledger")

SignedIn = Callable[[str], Client]


def broken(*_: Any) -> Any:
    raise OperationalError("server closed the connection unexpectedly")


@pytest.mark.parametrize("role", RIGHTS)
def test_everybody_is_offered_the_pages_that_they_may_see(signed_in: SignedIn, role: str) -> None:
    page = signed_in(role).get("/").content.decode()

    for entry in PAGES:
        assert (f"{entry.label}</a>" in page) == (entry.right in RIGHTS[role])


def test_the_page_that_is_open_is_marked(signed_in: SignedIn) -> None:
    page = signed_in("viewer").get("/").content.decode()

    assert page.count('aria-current="page"') == 1


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_chosen_theme_is_kept_and_rendered(signed_in: SignedIn, theme: str) -> None:
    client = signed_in("viewer")
    answer = client.post("/theme/", {"theme": theme, "next": "/?period=30d"})

    assert (answer.status_code, answer["Location"]) == (302, "/?period=30d")
    assert f'data-theme="{theme}"' in client.get("/").content.decode()


@pytest.mark.parametrize("theme", ["", "pink", '"><script>'])
def test_another_theme_is_the_systems(signed_in: SignedIn, theme: str) -> None:
    client = signed_in("viewer")
    client.post("/theme/", {"theme": theme})
    client.cookies["theme"] = theme

    assert "data-theme" not in client.get("/").content.decode()


@pytest.mark.parametrize(
    "place", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"]
)
def test_the_way_back_stays_in_the_house(signed_in: SignedIn, place: str) -> None:
    answer = signed_in("viewer").post("/theme/", {"theme": "dark", "next": place})

    assert answer["Location"] == "/"


def test_a_missing_page_is_said_inside_the_frame(signed_in: SignedIn) -> None:
    answer = signed_in("viewer").get("/nowhere/")

    assert answer.status_code == 404
    assert "There is no such page" in answer.content.decode()
    assert 'aria-label="Main"' in answer.content.decode()


def test_pages_say_that_data_is_made_up_while_it_is(signed_in: SignedIn) -> None:
    client = signed_in("viewer")
    source = source_named("demo")
    Source.objects.filter(pk=source.pk).update(is_sample=True)
    assert "Sample data." in client.get("/").content.decode()

    Source.objects.filter(pk=source.pk).update(is_sample=False)
    assert "Sample data." not in client.get("/").content.decode()


def test_a_database_that_goes_away_in_mid_page_is_said_clearly_and_comes_back(
    signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in("viewer")
    client.raise_request_exception = False
    with monkeypatch.context() as patched:
        patched.setattr(overview, "overview", broken)
        answer = client.get("/")

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "The database does not answer" in answer.content.decode()
    assert "unexpectedly" not in answer.content.decode()
    assert client.get("/").status_code == 200


def test_a_database_that_is_away_from_the_start_is_said_as_well(
    signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in("viewer")
    client.raise_request_exception = False
    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", broken)

    assert client.get("/").status_code == 503


def test_the_api_says_it_as_json(signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    client = signed_in("viewer")
    monkeypatch.setattr("finops.api.views.costs", broken)
    answer = client.get("/api/v1/costs/")

    assert answer.status_code == 503
    assert "nothing was stored" in answer.json()["detail"]


def test_a_page_that_breaks_says_so_without_the_reason(
    signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in("viewer")
    client.raise_request_exception = False
    monkeypatch.setattr(overview, "overview", lambda _: 1 / 0)
    answer = client.get("/")

    assert answer.status_code == 500
    assert "This page broke" in answer.content.decode()
    assert "division" not in answer.content.decode()


def test_each_role_can_do_what_the_contract_says() -> None:
    """The table of CONTRACT 7, row by row: v, x, e, d, f, a."""
    assert {right: _who(right) for right in Right} == {
        Right.SEE: "vxedfa",
        Right.SEE_MARGIN: "xedfa",
        Right.TAKE_PART: "xedfa",
        Right.CONNECT: "ea",
        Right.IMPORT_BILLS: "efa",
        Right.PROPOSE_PRICES: "edfa",
        Right.SET_MONEY: "fa",
        Right.ADMINISTER: "a",
    }


def _who(right: Right) -> str:
    letters = {"executive": "x"}
    return "".join(letters.get(role, role[0]) for role, rights in RIGHTS.items() if right in rights)
