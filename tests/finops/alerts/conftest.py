"""Tests of alerts never ask the broker."""

from __future__ import annotations

from collections.abc import Iterator
from unittest.mock import patch

import pytest


@pytest.fixture(autouse=True)
def _no_broker() -> Iterator[None]:
    with patch("finops.waking._wake"):
        yield
