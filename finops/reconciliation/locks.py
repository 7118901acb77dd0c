"""One at a time works out, or decides on, a provider's month."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Final

from django.db import connection

#: First half of the lock; the second is the provider's month.
_RECONCILIATION_LOCK: Final = 7_310_021


@contextmanager
def only_one(provider: str, month: date, *, wait: bool = True) -> Iterator[bool]:
    """Hold a provider's month for the session, so that a snapshot can come after it.

    Gives whether it is held: with ``wait=False`` it is not while somebody else has it.
    """
    which = zlib.crc32(f"{month:%Y-%m} {provider}".encode()) - 2**31
    lock = "pg_advisory_lock" if wait else "pg_try_advisory_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {lock}(%s, %s)", [_RECONCILIATION_LOCK, which])
        held = wait or bool(cursor.fetchone()[0])
        try:
            yield held
        finally:
            if held and connection.is_usable():
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_RECONCILIATION_LOCK, which])
