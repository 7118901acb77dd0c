"""The page of what is AI: rules with their dollars, one step from the worklist, and every role."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from finops.classification.editing import version
from finops.models import ChargeKindRule
from tests.finops.bills.charges import charge, land

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert(1)</script> =cmd|' /C calc'!A0 \u202e llm"


def today() -> str:
    return datetime.now(UTC).date().isoformat()


@pytest.fixture
def engineer(signed_in: Callable[[str], Client]) -> Client:
    return signed_in("engineering")


@pytest.fixture
def waiting() -> None:
    land(
        charge(
            today(),
            billed_cost="13.37",
            service_name=HOSTILE,
            sku_meter="tokens | cached",
            service_provider_name="Initech",
        )
    )


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("viewer", False),
        ("executive", False),
        ("datascience", False),
        ("engineering", True),
        ("finance", True),
        ("admin", True),
    ],
)
def test_everybody_sees_and_only_some_may_change(
    role: str, *, may: bool, signed_in: Callable[[str], Client]
) -> None:
    client, rule = signed_in(role), ChargeKindRule.objects.order_by("position")[0]
    assert client.get("/bills/kinds/").status_code == 200
    for address in ("add/", f"{rule.pk}/", f"{rule.pk}/remove/"):
        assert client.get(f"/bills/kinds/{address}").status_code == (200 if may else 403)
    for address in ("this-is/", f"{rule.pk}/move/"):
        status = client.post(f"/bills/kinds/{address}", {"kind": "gpu"}).status_code
        assert status == (302 if may else 403)


@pytest.mark.usefixtures("waiting")
def test_what_waits_is_shown_and_named_in_one_step(engineer: Client) -> None:
    page = engineer.get("/bills/kinds/").content.decode()
    assert "$13" in page
    assert "looks like AI and has no rule" in page
    assert "<script>alert" not in page
    answer = engineer.post(
        "/bills/kinds/this-is/",
        {"kind": "llm_usage", "service_name": HOSTILE, "sku_meter": "tokens | cached"},
        follow=True,
    )
    assert "Saved as the rule" in answer.content.decode()
    rule = ChargeKindRule.objects.get(position=1)
    assert (rule.sku_meter, rule.model_from) == ("tokens * cached", "sku_meter")
    land(
        charge(
            today(),
            billed_cost="14",
            service_name=HOSTILE,
            sku_meter="tokens | cached",
            service_provider_name="Initech",
        )
    )
    assert "Nothing that looks like AI waits" in engineer.get("/bills/kinds/").content.decode()


@pytest.mark.usefixtures("waiting")
def test_a_rule_is_tried_in_dollars_and_nothing_is_saved(engineer: Client) -> None:
    before = ChargeKindRule.objects.count()
    typed = {"name": "Initech", "kind": "gateway", "service_provider": "initech", "do": "try"}
    page = engineer.post("/bills/kinds/add/", typed)
    assert page.context["trial"].moved_rows == 1
    assert "It moves $13.37 of $13.37 billed in the last 30 days" in page.content.decode()
    assert ChargeKindRule.objects.count() == before


def rule_form(rule: ChargeKindRule, **changes: Any) -> dict[str, Any]:
    return {
        "name": rule.name,
        "kind": rule.kind,
        "service_name": rule.service_name,
        "applies": "always",
        "seen": version(rule),
        "do": "save",
    } | changes


def test_a_rule_is_saved_changed_moved_and_removed(engineer: Client) -> None:
    engineer.post(
        "/bills/kinds/add/", {"name": "Ours", "kind": "gpu", "service_name": "Farm", "do": "save"}
    )
    rule = ChargeKindRule.objects.get(name="Ours")
    engineer.post(f"/bills/kinds/{rule.pk}/", rule_form(rule, kind="gateway"))
    rule.refresh_from_db()
    assert (rule.position, rule.kind) == (1, "gateway")
    engineer.post(f"/bills/kinds/{rule.pk}/move/", {"to": "3"})
    rule.refresh_from_db()
    assert rule.position == 3
    engineer.post(f"/bills/kinds/{rule.pk}/remove/", {"how": "delete", "seen": version(rule)})
    assert not ChargeKindRule.objects.filter(pk=rule.pk).exists()


def test_what_is_wrong_stands_at_its_field_and_values_are_kept(engineer: Client) -> None:
    typed = {"name": "Ours", "kind": "gpu", "model_from": "sku_meter", "model_pattern": "((x+)+)"}
    page = engineer.post("/bills/kinds/add/", typed)
    assert page.status_code == 422
    assert {"service_name", "model_pattern"} <= set(page.context["form"].errors)
    assert "((x+)+)" in page.content.decode()


def test_whoever_was_overtaken_sees_both(engineer: Client) -> None:
    rule = ChargeKindRule.objects.order_by("position")[0]
    typed = rule_form(rule, name="Mine", service_name="x", seen="0" * 16)
    page = engineer.post(f"/bills/kinds/{rule.pk}/", typed)
    assert page.status_code == 409
    assert "What is stored now" in page.content.decode()
    assert "Mine" in page.content.decode()


def test_the_address_prefills_a_rule(engineer: Client) -> None:
    page = engineer.get("/bills/kinds/add/", {"service_name": "A|B", "sku_meter": "x" * 900})
    assert 'value="A*B"' in page.content.decode()
