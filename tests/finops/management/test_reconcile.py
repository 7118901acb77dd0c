"""``manage.py reconcile``: the answer of CONTRACT 6, exact, and refusals in plain words."""

from __future__ import annotations

import json
from decimal import Decimal as D
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from finops.access.keys import create_key
from finops.models import ApiKey
from finops.models.reconciliation import PARTS
from tests.finops.bills.charges import charge, land
from tests.finops.ledger.usage import import_rows
from tests.finops.reconciliation.bills_and_calls import billed, used


def told(*options: str) -> str:
    out = StringIO()
    call_command("reconcile", "--period", "2026-10", *options, stdout=out)
    return out.getvalue()


@pytest.mark.usefixtures("ledger")
def test_the_command_and_the_api_answer_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    import_rows(used(), used("output"))
    land(
        billed(),
        billed("Output", "3000", billed_cost="0.03"),
        billed(charge_category="Credit", billed_cost="-0.001"),
        charge(charge_category="Tax", billed_cost="0.7"),
        charge(service_provider_name="Anthropic", service_name="Claude", billed_cost="70"),
    )
    answer = json.loads(told("--json"))
    assert answer["period"] == "2026-10"
    anthropic, openai = answer["providers"]
    assert openai == {
        "provider": "openai",
        "metered": "0.0125",
        "billed": "0.0315",
        "difference": "0.019",
        "parts": {
            "cut_off": "0",
            "missing_logs": "0.02",
            "unlogged_keys": "0",
            "price": "0",
            "discount": "0",
            "credits": "-0.001",
            "unexplained": "0",
        },
        "tax": "0.7",
        "not_llm": "0",
        "status": "matched",
        "reported": None,
        "grain": "model, token kind, day",
        "unconverted": {},
    }
    for each in answer["providers"]:
        assert sum(D(each["parts"][part]) for part in PARTS) == D(each["difference"])
    assert [
        each["provider"]
        for each in json.loads(told("--json", "--provider", "anthropic"))["providers"]
    ] == ["anthropic"]
    assert anthropic["status"] == "investigating"
    _, key = create_key(name="reader", source=None, scope=ApiKey.READ)
    client = Client(headers={"Authorization": f"Bearer {key}"})
    assert client.get("/api/v1/reconciliation/?period=2026-10").json() == answer
    told()
    printed = capsys.readouterr().out
    assert "missing logs" in printed
    assert "0.019" in printed


@pytest.mark.django_db
def test_a_month_without_anything_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    told()
    assert "No calls and no bills" in capsys.readouterr().out
    with pytest.raises(CommandError, match="a period reads 2026-10, not '2026'"):
        call_command("reconcile", "--period", "2026")
