"""Publications take turns: of one source one after the other, of all beside what excludes them.

Both are advisory locks of the running transaction, let go when it ends; a session's own where a
snapshot has to come after them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from django.db import connection

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

#: First half of the lock that orders the publications of one source.
_SOURCE_LOCK: Final = 7_310_002
#: Shared by publications; whoever closes a month or takes rows away holds it alone.
PUBLICATIONS_LOCK: Final = 7_310_004


def take_turns(cursor: CursorWrapper, source_id: int) -> None:
    """Wait for the source's other publications; hold off what must not happen beside any.

    What else a publication depends on (clock, currency, closed months) is read afterwards: it
    changes only in between.
    """
    cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_SOURCE_LOCK, source_id])
    cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [PUBLICATIONS_LOCK])


def keep_open(cursor: CursorWrapper) -> None:
    """Let no month be closed, and no rows be taken away, until the transaction ends."""
    cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [PUBLICATIONS_LOCK])


def hold_off(cursor: CursorWrapper) -> None:
    """Wait for the publications under way, and let none begin until the transaction ends."""
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [PUBLICATIONS_LOCK])


@contextmanager
def held_off(patience: str) -> Iterator[None]:
    """Hold publications off for the session, so that a snapshot can come after them.

    Waits for those under way, as long as ``patience`` says (``"30s"``); raises OperationalError
    (lock not available) when they take longer.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [patience])
        try:
            cursor.execute("SELECT pg_advisory_lock(%s)", [PUBLICATIONS_LOCK])
        finally:
            if connection.is_usable():
                cursor.execute("RESET lock_timeout")
        try:
            yield
        finally:
            if connection.is_usable():
                cursor.execute("SELECT pg_advisory_unlock(%s)", [PUBLICATIONS_LOCK])
