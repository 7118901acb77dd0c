"""A change of the reporting time zone: on record, done by a worker, at one stroke for every reader.

Days and months are cut in the zone, so the zone and every rollup change together, in one
transaction that holds the refresh's lock. Readers see the old clock with the old days until it
commits, and the new ones from then on. A worker that dies in the middle has changed nothing: its
session ends, the lock is free, and once the lease has run out the scheduler hands the change to
the next worker. The lock is held by the session as long as the worker works, so a change that
takes longer than its lease is never done by two.

How far it is cannot be written to the row before the transaction ends. The session says it in its
application name, which everybody may read at any time, and which dies with the worker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final, NamedTuple, Self
from zoneinfo import available_timezones

from django.db import InterfaceError, OperationalError, connection, transaction

from finops.access.changes import acting
from finops.domain.periods import zone_named
from finops.models import LeaseLost, Organization, Person, ZoneChange
from finops.models.jobs import takeable
from finops.months.closed import closed_months
from finops.months.publications import hold_off, keep_open
from finops.rollups.refresh import only_refresher, rebuild_at_once
from finops.sql import load_sql, snapshot

Clock = Callable[[], datetime]

#: A change that keeps losing its worker is not tried for ever.
MAX_ATTEMPTS: Final = 20
#: Where a change stands that has its rollups and still lacks its accounting months.
_REBUILT: Final = 1
_NAME: Final = "costline zone change"
_UNFINISHED: Final = (ZoneChange.QUEUED, ZoneChange.RUNNING)


def request_zone_change(zone: str, *, reason: str, by: str, now: datetime) -> ZoneChange:
    """Put a change on record for a worker to make.

    Raises ValueError, with a sentence for people, for a zone that is unknown or in use already,
    while another change is under way, and while a month is closed: its days would be cut anew.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        keep_open(cursor)
        organization = Organization.objects.select_for_update().get(pk=1)
        if zone not in available_timezones():
            raise ValueError("Choose a time zone by its name, such as Europe/Berlin.")
        if zone == organization.time_zone:
            raise ValueError(f"The reporting time zone is {zone} already.")
        if under_way() is not None:
            raise ValueError("Another change of the time zone is under way. Wait for its end.")
        _refuse_closed_months()
        return ZoneChange.objects.create(
            before=organization.time_zone,
            after=str(zone_named(zone)),
            reason=reason.strip(),
            created_by=by,
            created_at=now,
        )


def _refuse_closed_months() -> None:
    if closed := sorted(closed_months()):
        named = f"{closed[0]:%B %Y}" if len(closed) == 1 else f"{len(closed)} months"
        verb = "is" if len(closed) == 1 else "are"
        raise ValueError(f"{named} {verb} closed by this clock. Finance can reopen under Bills.")


def under_way() -> ZoneChange | None:
    """Give the change that waits or runs, if any."""
    return ZoneChange.objects.filter(status__in=_UNFINISHED).order_by("pk").first()


def due(now: datetime) -> list[ZoneChange]:
    """Give the changes that a worker should take up."""
    return list(ZoneChange.objects.filter(takeable(now)).order_by("pk"))


def run_zone_change(job: ZoneChange, *, clock: Clock) -> ZoneChange:
    """Make a change; the row tells the outcome. While figures are refreshed it is left waiting.

    Raises LeaseLost when another worker has it, and OperationalError when the database went away:
    nothing is changed then, and whoever runs it next starts over. Every other failure ends it as
    ``failed``.
    """
    with only_refresher(wait=False) as alone:
        if not alone:
            return job
        job.take(clock())
        with _ending(job, clock), acting_for(job):
            if job.attempts > MAX_ATTEMPTS:
                raise ValueError(f"given up after {MAX_ATTEMPTS} attempts")
            if job.resume_point < _REBUILT:
                _turn_the_clock(job, clock)
            _move_months(job, clock)
    return job


def _turn_the_clock(job: ZoneChange, clock: Clock) -> None:
    """Set the zone and rebuild every rollup, in one transaction."""
    with snapshot(), _announced(job) as announce:
        job.lock()
        _refuse_closed_months()
        organization = Organization.current()
        organization.time_zone = job.after
        organization.save(update_fields=["time_zone"])
        rebuild_at_once(progress=announce)
        job.beat(clock(), resume_point=_REBUILT)


def _move_months(job: ZoneChange, clock: Clock) -> None:
    """Book calls near a turn of the month by the new clock, once nobody publishes by the old."""
    with transaction.atomic(), connection.cursor() as cursor:
        job.lock()
        hold_off(cursor)
        cursor.execute(
            load_sql("organization/move_months.sql"), {"before": job.before, "after": job.after}
        )
        job.end(clock(), status=ZoneChange.DONE, error="")


@contextmanager
def acting_for(job: ZoneChange) -> Iterator[None]:
    """Record what a worker does as done by whoever asked for it."""
    person = Person.objects.filter(email=job.created_by).first()
    if person is None:
        yield
        return
    with acting(person):
        yield


@contextmanager
def _ending(job: ZoneChange, clock: Clock) -> Iterator[None]:
    """Turn every outcome but a lost lease or database into the change's last state."""
    try:
        yield
    except (LeaseLost, OperationalError, InterfaceError):
        raise
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"[:2000]
        job.end(clock(), status=ZoneChange.FAILED, error=reason)
        raise


class Progress(NamedTuple):
    """How far the worker of a change is: hours of all hours."""

    done: int
    total: int

    @classmethod
    def of(cls, job: ZoneChange) -> Self | None:
        """Read it from the session that works on the change; None when there is none."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT application_name FROM pg_stat_activity"
                " WHERE datname = current_database() AND starts_with(application_name, %s)",
                [_name(job)],
            )
            found = cursor.fetchone()
        if found is None:
            return None
        done, _, total = found[0].removeprefix(_name(job)).partition("/")
        return cls(int(done), int(total))


@contextmanager
def _announced(job: ZoneChange) -> Iterator[Callable[[int, int], None]]:
    """Let the session say how far it is, until the end of the block."""
    with connection.cursor() as cursor:

        def announce(done: int, total: int) -> None:
            cursor.execute(
                "SELECT set_config('application_name', %s, true)", [f"{_name(job)}{done}/{total}"]
            )

        # Local to the transaction: the end of it, whichever, takes the name back.
        yield announce


def _name(job: ZoneChange) -> str:
    return f"{_NAME} {job.pk}: "
