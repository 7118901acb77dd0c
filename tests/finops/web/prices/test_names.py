"""The page of names: this name is that model, given and taken back, each time with a reason."""

from __future__ import annotations

import pytest
from auditlog.models import LogEntry
from django.test import Client

from finops.models import ModelAlias
from finops.pricing.cards import BY_HAND
from tests.finops.ledger.usage import call, import_rows
from tests.finops.revaluation.history import column, revalue
from tests.finops.web.prices.visits import HOSTILE, errors, text


def give(client: Client, **fields: str) -> object:
    said = {"provider": "openai", "name": "our-4o", "model": "gpt-4o", "reason": "our deployment"}
    return client.post("/prices/names/", said | fields, follow=True)


def test_a_name_is_given_and_old_calls_follow_when_priced_again(finance: Client) -> None:
    import_rows(call(id="1", model="our-4o"))

    page = text(give(finance))

    assert "Saved. “our-4o” is gpt-4o for new calls." in page
    assert "our-4o openai gpt-4o Test finance our deployment" in page
    assert column("model") == ["our-4o"]
    revalue("price")
    assert column("model") == ["gpt-4o"]


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("name", "", "Enter the name."),
        ("provider", "", "Enter the provider."),
        ("model", "no-such", "openai has no price for “no-such”. Add a price first."),
        ("reason", "", "Say why. It stays on record."),
        ("name", "x" * 501, "at most 500 characters"),
    ],
)
def test_what_cannot_be_is_refused(finance: Client, field: str, value: str, says: str) -> None:
    answer = give(finance, **{field: value})

    assert says in str(errors(answer))
    assert not ModelAlias.objects.filter(source=BY_HAND).exists()


def test_a_name_is_taken_back_with_a_reason_that_stays(finance: Client) -> None:
    give(finance)
    alias = ModelAlias.objects.get(source=BY_HAND)
    address = f"/prices/names/{alias.pk}/remove/"

    assert "Remove “" in text(finance.get(address))
    assert finance.post(address, {"reason": ""}).status_code == 422
    assert "Removed." in text(finance.post(address, {"reason": "another model"}, follow=True))

    assert not ModelAlias.objects.filter(source=BY_HAND).exists()
    logged = LogEntry.objects.filter(content_type__model="modelalias", object_pk=str(alias.pk))
    changes = [entry.changes_dict for entry in logged.order_by("pk")]
    assert changes[1]["note"] == ["our deployment", "another model"]
    assert [entry.actor.email for entry in logged] == ["finance@test.example"] * 3


def test_published_names_cannot_be_removed(finance: Client) -> None:
    published = ModelAlias.objects.exclude(source=BY_HAND).first()
    assert published is not None

    answer = finance.post(f"/prices/names/{published.pk}/remove/", {"reason": "mine"})

    assert answer.status_code == 404


def test_others_look_and_change_nothing(viewer: Client, engineer: Client) -> None:
    for client in (viewer, engineer):
        assert client.get("/prices/names/").status_code == 200
        assert client.post("/prices/names/", {"name": "x"}).status_code == 403


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names(finance: Client, name: str) -> None:
    page = give(finance, name=name)

    assert "<script>alert" not in page.content.decode()  # type: ignore[attr-defined]
    assert ModelAlias.objects.filter(source=BY_HAND, pattern=name.lower()).count() == 1
