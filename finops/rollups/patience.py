"""How long a page waits for an answer before it says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError
from psycopg.errors import QueryCanceled

from finops.sql import snapshot


class TookTooLong(ValueError):
    """A statement was stopped because it took longer than whoever asked would wait."""


@contextmanager
def patience(seconds: int) -> Iterator[None]:
    """Read in one snapshot, no statement of which may take longer. Raises TookTooLong."""
    try:
        with snapshot() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{seconds}s"])
            yield
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        raise TookTooLong(
            f"this question takes longer than {seconds} seconds; ask for fewer days or dimensions"
        ) from error
