"""What the tests of the Data room share: people, an upload folder of their own, and no broker."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.test import Client

from ingest import uploads


@pytest.fixture
def engineer(ledger: None, signed_in: Callable[[str], Client]) -> Client:
    """Somebody who may connect sources."""
    return signed_in("engineering")


@pytest.fixture
def viewer(ledger: None, signed_in: Callable[[str], Client]) -> Client:
    """Somebody who may only look."""
    return signed_in("viewer")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An upload folder of the test's own."""
    own = tmp_path / "uploads"
    own.mkdir()
    monkeypatch.setattr(uploads, "paths", SimpleNamespace(sub_dir=lambda name: own))
    return own


@pytest.fixture(autouse=True)
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tasks that workers were told of; none of them runs by itself."""
    told: list[str] = []
    monkeypatch.setattr("finops.waking.app", SimpleNamespace(send_task=told.append))
    return told
