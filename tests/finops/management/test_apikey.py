"""Keys at the terminal."""

from __future__ import annotations

import json

import pytest
from django.core.management import CommandError, call_command

from finops.access.keys import find_key

pytestmark = pytest.mark.usefixtures("ledger")


def test_a_key_is_shown_once_and_works_until_revoked(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("apikey", "create", "my-service", source="service", json=True)
    made = json.loads(capsys.readouterr().out)
    key = find_key(made["key"])
    assert key is not None
    assert (made["name"], key.scope, key.requests_per_minute) == ("my-service", "write", 600)

    call_command("apikey", "list", json=True)
    assert made["key"] not in capsys.readouterr().out

    call_command("apikey", "revoke", key.prefix)
    assert find_key(made["key"]) is None


def test_a_writing_key_needs_a_source() -> None:
    with pytest.raises(CommandError, match="needs a source"):
        call_command("apikey", "create", "nobody")


def test_a_reading_key_needs_none(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("apikey", "create", "dashboard", scope="read", json=True)

    assert find_key(json.loads(capsys.readouterr().out)["key"]) is not None


def test_only_a_key_in_use_can_be_revoked() -> None:
    with pytest.raises(CommandError, match="no key in use"):
        call_command("apikey", "revoke", "feed")
