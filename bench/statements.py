"""Where the time goes: seconds per packaged statement, by the name of its ``.sql`` file."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any, NamedTuple
from unittest.mock import patch

from django.db import connection
from psycopg import sql

from bench.ground import REPOSITORY


class Spent(NamedTuple):
    """Seconds by name. ``total`` holds what no other name does, too."""

    total: float
    stage: float
    copy: float
    statements: dict[str, float]

    def lines(self) -> list[tuple[str, float]]:
        """Give the parts, dearest first after staging; they add up to the total."""
        dear = sorted(self.statements.items(), key=lambda item: -item[1])
        told = [
            ("stage: decode, value, attribute", self.stage - self.copy),
            ("stage: COPY", self.copy),
            *dear,
        ]
        rest = self.total - sum(seconds for _, seconds in told)
        return [*told, ("everything else (commits, small statements)", rest)]


def measure(work: Callable[[], object]) -> Spent:
    """Run an import in this process and see what its time went to."""
    from finops.ledger import stage
    from ingest import pipeline

    parts: Counter[str] = Counter()
    with (
        patch.object(stage, "_copy", _timed(stage._copy, parts, "copy")),  # noqa: SLF001
        patch.object(pipeline, "_stage_rows", _timed(pipeline._stage_rows, parts, "stage")),  # noqa: SLF001
        _timed_statements() as statements,
    ):
        start = time.perf_counter()
        work()
        total = time.perf_counter() - start
    return Spent(total, parts["stage"], parts["copy"], statements)


def _timed(work: Callable[..., Any], spent: Counter[str], name: str) -> Callable[..., Any]:
    def timed(*args: Any, **options: Any) -> Any:
        start = time.perf_counter()
        try:
            return work(*args, **options)
        finally:
            spent[name] += time.perf_counter() - start  # type: ignore[assignment]

    return timed


@contextmanager
def _timed_statements() -> Iterator[dict[str, float]]:
    spent: dict[str, float] = {}

    def wrapper(execute: Any, query: Any, params: Any, many: bool, context: Any) -> Any:
        name = _name(query.as_string()) if isinstance(query, sql.Composable) else None
        start = time.perf_counter()
        try:
            return execute(query, params, many, context)
        finally:
            if name:
                spent[name] = spent.get(name, 0) + time.perf_counter() - start

    with connection.execute_wrapper(wrapper):
        yield spent


def _name(statement: str) -> str | None:
    """Find the file that a statement was composed from."""
    for name, pattern in _patterns():
        if pattern.fullmatch(statement):
            return name
    return None


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    """Make a pattern of each file, a gap for each ``{name}``; the most telling ones first."""
    found = []
    for path in sorted(Path(REPOSITORY, "finops").glob("*/sql/*.sql")):
        parts = [literal for literal, *_ in Formatter().parse(path.read_text(encoding="utf-8"))]
        gaps = path.read_text(encoding="utf-8").rstrip().endswith("}")
        pattern = ".*?".join(map(re.escape, parts)) + (".*" if gaps else "")
        name = f"{path.parents[1].name}/{path.stem}"
        found.append((sum(map(len, parts)), name, re.compile(pattern, re.DOTALL)))
    return [(name, pattern) for _, name, pattern in sorted(found, key=lambda each: -each[0])]
