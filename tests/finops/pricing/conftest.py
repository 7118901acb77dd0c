"""A database whose price book is seeded once for this folder's tests."""

from __future__ import annotations

from typing import Any

import pytest

from finops.pricing.price_book import PriceBook
from finops.pricing.seed import seed_price_book


@pytest.fixture(scope="session")
def seeded(django_db_setup: None, django_db_blocker: Any) -> None:
    """Seed the test database outside any test's transaction; harmless when it has been already."""
    with django_db_blocker.unblock():
        seed_price_book()


@pytest.fixture(scope="session")
def book(seeded: None) -> PriceBook:
    """One price book for all tests that only read; each of them asks for database access."""
    return PriceBook()
