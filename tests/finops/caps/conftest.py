"""Every test of caps has a ledger of its own, whose calls cost what they say."""

from __future__ import annotations

import pytest

from tests.finops.caps.runs_at_hand import source_that_counts_what_it_says


@pytest.fixture(autouse=True)
def _own_ledger(ledger: None) -> None:
    source_that_counts_what_it_says()
