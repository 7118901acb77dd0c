"""Packaged SQL: set work lives in ``.sql`` files beside its caller, read once.

Files hold one statement with named parameters (``%(name)s``); ``{name}`` stands for an
identifier or a composed fragment, filled in with ``psycopg.sql`` and never by text.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import LiteralString, cast

from psycopg import sql


@cache
def load_sql(path: str) -> sql.SQL:
    """Read ``"ledger/insert_calls.sql"`` below ``finops/*/sql``.

    Raises FileNotFoundError for a file that is not packaged.
    """
    package, _, name = path.partition("/")
    text = files(f"finops.{package}").joinpath("sql", name).read_text(encoding="utf-8")
    return sql.SQL(cast("LiteralString", text))
