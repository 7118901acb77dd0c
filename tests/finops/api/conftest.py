"""Keys of every kind, and a client that sends them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from finops.access.keys import create_key
from finops.ledger.sources import source_named
from finops.models import ApiKey

Ask = Callable[..., Any]


@pytest.fixture
def keys(ledger: None) -> dict[str, str]:
    """One key of each scope, of the source `service`."""
    source = source_named("service")
    return {scope: create_key(name=scope, source=source, scope=scope)[1] for scope in ApiKey.SCOPES}


@pytest.fixture
def ask(keys: dict[str, str]) -> Ask:
    """Get an address, or post calls to it, with the key of a scope (or any token)."""
    client = Client()

    def send(address: str, *, key: str | None = "read", calls: Any = None, body: Any = None) -> Any:
        headers = {} if key is None else {"Authorization": f"Bearer {keys.get(key, key)}"}
        if calls is None and body is None:
            return client.get(address, headers=headers)
        content = json.dumps(calls) if body is None else body
        return client.post(address, content, content_type="application/json", headers=headers)

    return send


def call(**fields: Any) -> dict[str, Any]:
    """A priced call: 1,000 tokens in, 500 out, $0.0075."""
    return {
        "time": "2026-11-01T10:00:00Z",
        "provider": "openai",
        "model": "gpt-4o",
        "input_tokens": 1000,
        "output_tokens": 500,
    } | fields
