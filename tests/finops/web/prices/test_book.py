"""Reading the book: by spend, searched, one model; for everybody who may see pages."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.finops.ledger.usage import call, import_rows
from tests.finops.pricing.by_hand import enter
from tests.finops.revaluation.history import own_model
from tests.finops.web.prices.visits import HOSTILE, text


def test_an_empty_installation_says_so(viewer: Client) -> None:
    page = text(viewer.get("/prices/"))

    assert "No model was called in these days." in page
    assert "No calls in these days." in page


def test_a_viewer_sees_everything_and_is_offered_nothing(viewer: Client) -> None:
    import_rows(own_model(id="1"))

    for address in ("/prices/", "/prices/names/", "/prices/again/", "/prices/proposals/"):
        page = viewer.get(address).content.decode()
        assert "/prices/add/" not in page
        assert 'method="post" novalidate' not in page
    assert viewer.get("/prices/add/").status_code == 403


def test_models_without_a_price_come_with_what_helps(finance: Client) -> None:
    import_rows(own_model(id="1", time="2026-11-03T10:00:00Z"), call(id="2", processing="flex"))

    page = text(finance.get("/prices/"))

    assert "1 call since 3 Nov 2026: the price book does not know this name." in page
    assert "1 flex call since 1 Nov 2026: no price was in force at the time." in page
    assert page.count("Same as another") == 1, "only an unknown name can be another's"


def test_calls_that_never_said_what_they_used_wait_for_no_price(finance: Client) -> None:
    import_rows(call(id="1", input_tokens=None, output_tokens=None, status="error"))

    assert "Calls without a price" not in text(finance.get("/prices/"))


@pytest.mark.parametrize("days", ["", "7", "x", "-30", "9" * 99, "²"])
def test_an_odd_number_of_days_is_thirty(viewer: Client, days: str) -> None:
    assert "the last 30 days." in text(viewer.get("/prices/", {"days": days}))


def test_the_book_is_paged_and_searched(viewer: Client) -> None:
    whole = viewer.get("/prices/book/")
    assert whole.content.decode().count('<td class="name">') == 50
    assert "Page 1 of" in text(whole)
    assert viewer.get("/prices/book/", {"page": "9" * 99}).status_code == 200
    assert viewer.get("/prices/book/", {"page": "x"}).status_code == 200

    found = text(viewer.get("/prices/book/", {"q": "deepseek-reasoner"}))
    assert "prices with “deepseek-reasoner”" in found
    assert "No price has these words." in text(viewer.get("/prices/book/", {"q": "no-such-word"}))


@pytest.mark.parametrize("words", [*HOSTILE, "%", "_", "a\0b", "\\", " " * 300])
def test_a_hostile_search_finds_nothing_and_harms_nothing(viewer: Client, words: str) -> None:
    answer = viewer.get("/prices/book/", {"q": words})

    assert answer.status_code == 200
    assert "<script>alert" not in answer.content.decode()


def test_a_model_without_a_name_leads_to_the_book(viewer: Client) -> None:
    assert viewer.get("/prices/model/").headers["Location"] == "/prices/book/"


@pytest.mark.parametrize("name", HOSTILE)
def test_a_model_that_nobody_knows_is_said_to_be_unknown(viewer: Client, name: str) -> None:
    page = viewer.get("/prices/model/", {"provider": "acme", "model": name})

    assert page.status_code == 200
    assert "The book does not know this model." in text(page)


def test_names_with_slashes_have_a_page(viewer: Client) -> None:
    enter("2", model="team/house 7b?x=1&y#z")

    page = text(
        viewer.get("/prices/model/", {"provider": "acme", "model": "team/house 7b?x=1&y#z"})
    )

    assert "Always In force $2.00 $2.00" in page
    assert "approved by Maya" in page


def test_pages_ask_the_database_little(
    viewer: Client, django_assert_max_num_queries: object
) -> None:
    import_rows(*(call(id=str(n), model=f"model-{n}") for n in range(60)), call(id="x"))

    with django_assert_max_num_queries(30):  # type: ignore[operator]
        viewer.get("/prices/")
    with django_assert_max_num_queries(16):  # type: ignore[operator]
        viewer.get("/prices/book/")
