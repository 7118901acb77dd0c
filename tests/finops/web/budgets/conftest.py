"""Who looks at budgets, on a Friday afternoon in November."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from unittest.mock import patch

import pytest
from django.test import Client

from tests.finops.budgets.drawn import NOW


@pytest.fixture(autouse=True)
def _it_is_friday(ledger: None) -> Iterator[None]:
    with patch("django.utils.timezone.now", return_value=NOW):
        yield


@pytest.fixture
def finance(signed_in: Callable[[str], Client], ledger: None) -> Client:
    return signed_in("finance")


@pytest.fixture
def viewer(signed_in: Callable[[str], Client], ledger: None) -> Client:
    return signed_in("viewer")
