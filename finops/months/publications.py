"""Publications take turns: of one source one after the other, of all beside what excludes them.

Both are advisory locks of the running transaction, let go when it ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

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
