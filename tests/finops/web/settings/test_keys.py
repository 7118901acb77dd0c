"""API keys in the browser."""

from __future__ import annotations

import re
from typing import Any

import pytest

from finops.access.keys import create_key, find_key
from finops.ledger.sources import source_named
from finops.models import ApiKey
from tests.finops.access.people_at_hand import browser, person

pytestmark = pytest.mark.django_db

KEYS = "/settings/keys/"


@pytest.fixture
def admin() -> Any:
    return browser(person("admin"))


@pytest.fixture
def engineer() -> Any:
    person("admin")
    return browser(person("engineering"))


def given(**changed: str) -> dict[str, str]:
    return {"name": "loader", "scope": "write", "source": "service", "rate": "60"} | changed


def token_in(answer: Any) -> str:
    found = re.search(r"costline_[0-9a-f]{16}_[0-9a-f]{48}", answer.content.decode())
    assert found is not None
    return found[0]


def test_a_key_is_shown_once_and_works(engineer: Any) -> None:
    answer = engineer.post(KEYS, given())

    assert "no-store" in answer.headers["Cache-Control"]
    token = token_in(answer)
    key = find_key(token)
    assert key is not None
    assert (key.scope, key.source and key.source.name, key.requests_per_minute) == (
        "write",
        "service",
        60,
    )
    assert key.created_by == "engineering@example.com"
    assert token not in engineer.get(KEYS).content.decode()


def test_a_reading_key_needs_no_source_and_takes_none(admin: Any) -> None:
    key = find_key(token_in(admin.post(KEYS, given(scope="read", source="service"))))

    assert key is not None
    assert key.source is None
    assert find_key(token_in(admin.post(KEYS, given(scope="read", source="")))) is not None


@pytest.mark.parametrize("scope", ["read", "admin"])
def test_engineers_give_no_keys_that_read(engineer: Any, scope: str) -> None:
    assert engineer.post(KEYS, given(scope=scope)).status_code == 403
    key, _ = create_key(name="k", source=source_named("service"), scope=scope)

    assert engineer.post(f"{KEYS}{key.pk}/revoke/").status_code == 403
    assert engineer.post(f"{KEYS}{key.pk}/rate/", {"rate": "1"}).status_code == 403
    key.refresh_from_db()
    assert (key.revoked_at, key.requests_per_minute) == (None, 600)
    assert 'value="read"' not in engineer.get(KEYS).content.decode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "x" * 201},
        {"scope": "root"},
        {"source": ""},
        {"source": "x" * 201},
        {"rate": "0"},
        {"rate": "-1"},
        {"rate": "1.5"},
        {"rate": "9" * 40},
    ],
)
def test_an_unusable_key_is_not_made(admin: Any, wrong: dict[str, str]) -> None:
    answer = admin.post(KEYS, given(**wrong))

    assert "There is a problem" in answer.content.decode()
    assert not ApiKey.objects.exists()


def test_a_revoked_key_ends_at_once_and_stays_listed(engineer: Any) -> None:
    token = token_in(engineer.post(KEYS, given()))
    key = ApiKey.objects.get()

    page = engineer.post(f"{KEYS}{key.pk}/revoke/", follow=True).content.decode()

    assert find_key(token) is None
    assert "Saved. The key loader is revoked." in page
    assert "Revoked" in page
    revoked_at = ApiKey.objects.get().revoked_at
    engineer.post(f"{KEYS}{key.pk}/revoke/")
    assert ApiKey.objects.get().revoked_at == revoked_at


def test_a_rate_changes_when_it_is_one(engineer: Any) -> None:
    engineer.post(KEYS, given())
    key = ApiKey.objects.get()

    assert (
        "1,200 requests"
        in engineer.post(f"{KEYS}{key.pk}/rate/", {"rate": "1200"}, follow=True).content.decode()
    )
    for wrong in ("0", "", "many", "1000001"):
        page = engineer.post(f"{KEYS}{key.pk}/rate/", {"rate": wrong}, follow=True)
        assert "Nothing was changed" in page.content.decode()
    key.refresh_from_db()
    assert key.requests_per_minute == 1200


def test_a_name_is_shown_as_it_is(engineer: Any) -> None:
    page = engineer.post(KEYS, given(name="<script>alert(1)</script>")).content.decode()

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_nothing_yet_says_what_keys_are_for(engineer: Any) -> None:
    assert "No keys yet" in engineer.get(KEYS).content.decode()
