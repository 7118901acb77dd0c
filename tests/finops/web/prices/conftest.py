"""People who look at prices, over a book that is left as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from unittest.mock import patch

import pytest
from django.test import Client

from tests.finops.pricing.by_hand import taken_back


@pytest.fixture(autouse=True)
def _own_prices(ledger: None) -> Iterator[None]:
    """The broker is not asked: each test says when a worker works."""
    with taken_back(), patch("finops.waking._wake"):
        yield


@pytest.fixture
def finance(signed_in: Callable[[str], Client], ledger: None) -> Client:
    return signed_in("finance")


@pytest.fixture
def engineer(signed_in: Callable[[str], Client], ledger: None) -> Client:
    return signed_in("engineering")


@pytest.fixture
def viewer(signed_in: Callable[[str], Client], ledger: None) -> Client:
    return signed_in("viewer")
