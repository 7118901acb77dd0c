"""Who looks at the Alerts room. The broker is never asked: each test says when a worker works."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client

from tests.finops.access.people_at_hand import browser, person


@pytest.fixture(autouse=True)
def _no_broker(ledger: None) -> Iterator[None]:
    person("admin")  # with an admin among people, first run is over
    with patch("finops.waking._wake"):
        yield


@pytest.fixture
def finance() -> Client:
    return browser(person("finance", name="Maya"))


@pytest.fixture
def engineer() -> Client:
    return browser(person("engineering", name="Priya"))


@pytest.fixture
def viewer() -> Client:
    return browser(person("viewer", name="Samir"))


@pytest.fixture
def keeps(settings: Any) -> None:
    """An installation without a mail server."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
