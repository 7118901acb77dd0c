"""A meeting on a Monday in June, with calls, budgets and people; its clock stands still."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from unittest.mock import patch

import pytest
from django.test import Client

from finops.models import Review
from tests.finops.reviews.meetings import MONDAY, meeting
from tests.finops.web.reviews.weekly.table import budgets, week_of_the_agent


@pytest.fixture(autouse=True)
def _monday(ledger: None) -> Iterator[None]:
    """The page reads the clock; it says Monday morning."""
    with patch("django.utils.timezone.now", return_value=MONDAY), patch("finops.waking._wake"):
        yield


@pytest.fixture
def review(_monday: None) -> Review:
    week_of_the_agent()
    budgets()
    return meeting()


@pytest.fixture
def finance(signed_in: Callable[[str], Client], _monday: None) -> Client:
    return signed_in("finance")


@pytest.fixture
def engineer(signed_in: Callable[[str], Client], _monday: None) -> Client:
    return signed_in("engineering")


@pytest.fixture
def viewer(signed_in: Callable[[str], Client], _monday: None) -> Client:
    return signed_in("viewer")
