"""Hold runs against the caps of their workflows, soon after each refresh of the rollups.

Every run that was refreshed since the last check is looked at, and every run of the last month for
a cap that is new, or whose workflow was merged meanwhile. What is found is stored in the
transaction that moves the mark, so a check may be killed, or run twice, and miss nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.db import connection, transaction

from finops.caps.in_force import InForce, caps_in_force
from finops.caps.measuring import Limit, lay_out, measure, run
from finops.models import CapCheck

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

#: How far a new cap looks back.
LOOK_BACK: Final = timedelta(days=30)
#: One check at a time; the next one waits, and then sees what the first has done.
_CHECK_LOCK: Final = 7_310_043
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


def check_caps(now: datetime) -> int:
    """Hold the runs that were refreshed since the last check against the caps; give how many broke.

    Counts violations that were not known, or had been cleared. Those that corrected data undid are
    cleared. Safe to run at any time, in any number of workers.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CHECK_LOCK])
        mark, _ = CapCheck.objects.get_or_create(pk=1)
        since = mark.checked_to or _NEVER
        # What a refresh commits after this line is looked at next time.
        cursor.execute("SELECT coalesce(max(refreshed_at), %s) FROM runs", [since])
        window = {"checked_to": since, "reaches_to": max(since, cursor.fetchone()[0])}
        caps = caps_in_force()
        held = {str(each.cap.pk): list(each.stored) for each in caps}
        run(cursor, "clear_gone", now=now)
        if window["reaches_to"] == since and held == mark.held:
            return 0
        found = _check(cursor, [_limit(each, mark.held, now) for each in caps], window, now)
        mark.checked_to, mark.held = window["reaches_to"], held
        mark.save()
    return found


def _limit(held: InForce, before: Mapping[str, Sequence[str]], now: datetime) -> Limit:
    """Say which runs a cap is held against: all of the last month, if it has not been before."""
    cap, stored = held.cap, list(held.stored)
    since = cap.set_at - LOOK_BACK
    known = before.get(str(cap.pk))
    again_from = None
    if known is None:
        again_from = since
    elif known != stored:
        again_from = max(since, now - LOOK_BACK)
    return Limit(cap.pk, cap.kind, cap.limit, cap.set_at, stored, since, again_from)


def _check(
    cursor: CursorWrapper, limits: Sequence[Limit], window: Mapping[str, datetime], now: datetime
) -> int:
    lay_out(cursor, limits)
    run(cursor, "gather_runs", **window)
    measure(cursor)
    run(cursor, "store", now=now)
    found = int(cursor.fetchone()[0])
    run(cursor, "clear", now=now, **window)
    return found
