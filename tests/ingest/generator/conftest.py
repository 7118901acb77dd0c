"""One generated file, read once for all tests of the generator."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.generator import usage_rows

START = datetime(2026, 9, 1, tzinfo=UTC)
END = datetime(2026, 9, 15, tzinfo=UTC)


@pytest.fixture(scope="session")
def usage() -> list[dict[str, Any]]:
    """30,000 calls of the default company in two weeks."""
    return [json.loads(row) for row in usage_rows(seed=7, calls=30_000, start=START, end=END)]


@pytest.fixture(scope="session")
def usage_runs(usage: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The calls of each run, in order."""
    runs: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for call in usage:
        if "run" in call:
            runs[call["run"]].append(call)
    return runs
