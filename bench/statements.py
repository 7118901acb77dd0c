"""Where the time goes: by stage of an import, and by packaged statement (its ``.sql`` file)."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any, Final
from unittest.mock import patch

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql

from bench.ground import REPOSITORY

REST: Final = "everything else"


class Clock:
    """Seconds by name; what happens inside another name counts for the inner one alone."""

    def __init__(self) -> None:
        self.spent: Counter[str] = Counter()
        self._inside: list[float] = [0.0]

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Time a block."""
        start = time.perf_counter()
        self._inside.append(0.0)
        try:
            yield
        finally:
            elapsed = time.perf_counter() - start
            self.spent[name] += elapsed - self._inside.pop()  # type: ignore[assignment]
            self._inside[-1] += elapsed

    def around(self, work: Callable[..., Any], name: str) -> Callable[..., Any]:
        """Time every call of a function."""

        def timed(*args: Any, **options: Any) -> Any:
            with self.timed(name):
                return work(*args, **options)

        return timed

    def statement(self, execute: Any, query: Any, params: Any, many: bool, context: Any) -> Any:
        """Time a statement, as Django's execute wrapper."""
        text = query.as_string() if isinstance(query, sql.Composable) else str(query)
        with self.timed(_name(text)):
            return execute(query, params, many, context)


def measure(work: Callable[[], object]) -> dict[str, float]:
    """Run work in this process; gives seconds by what they went to, dearest first."""
    from finops.ledger import stage
    from ingest import pipeline

    parts = (
        (pipeline._Reading, "begin", "begin: source, price book, rules"),  # noqa: SLF001
        (pipeline, "_stage_rows", "stage: decode, value, attribute"),
        (stage, "copy_lines", "stage: COPY"),
        (BaseDatabaseWrapper, "_commit", "commit"),
    )
    clock = Clock()
    with ExitStack() as held:
        for place, name, label in parts:
            held.enter_context(patch.object(place, name, clock.around(getattr(place, name), label)))
        held.enter_context(connection.execute_wrapper(clock.statement))
        held.enter_context(clock.timed(REST))
        work()
    return {name: round(seconds, 4) for name, seconds in clock.spent.most_common()}


@cache
def _name(statement: str) -> str:
    """Name a statement by the file that it was composed from, else by its first words."""
    for name, pattern in _patterns():
        if pattern.fullmatch(statement):
            return name
    return re.sub(r"\d+", "N", " ".join(statement.split()[:3]))


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
