"""One revaluation from question to ledger: read → value again → stage → compare → swap.

The same code makes previews and applies them, in the foreground of a command and in a worker.
Staging changes nothing; the swap is one transaction with before-images, stale marks and the job's
end. So a worker may die at any moment: whoever takes the run up starts over with staging.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Max

from finops.models import LeaseLost, Revaluation
from finops.revaluation.calls import CallWork
from finops.revaluation.charges.work import ChargeWork
from finops.revaluation.stage import Stage
from finops.revaluation.work import Figures, OutcomeDiffers, Work

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

#: Orders swaps and undos, so that "later" means the same to all of them.
LOCK: Final = 7_310_010
#: A run that keeps losing its worker is not tried for ever.
MAX_ATTEMPTS: Final = 20

Clock = Callable[[], datetime]
Progress = Callable[[int], None]


class _Cancelled(Exception):
    """Somebody asked to stop the run; nothing was changed."""


def run_revaluation(
    job: Revaluation, *, clock: Clock, progress: Progress | None = None
) -> Revaluation:
    """Make the preview of a run, or apply it when that was asked for; the row tells the outcome.

    A run that would not do what its preview says changes nothing: it waits again, with the
    difference in ``error``. ``progress`` is told how many calls were read. Raises LeaseLost when
    another worker has it, and OperationalError when the database went away: nothing is changed
    then, and whoever runs it next starts over. Every other failure ends it as ``failed``.
    """
    job.take(clock())
    with _ending(job, clock):
        if job.attempts > MAX_ATTEMPTS:
            raise ValueError(f"given up after {MAX_ATTEMPTS} attempts")
        work = _begin(job, clock)
        _stage_changes(job, work, clock, progress)
        if job.apply_requested_at:
            _apply(job, work, clock)
        else:
            _preview(job, work)
    return job


def _begin(job: Revaluation, clock: Clock) -> Work:
    work: Work = ChargeWork(job) if Revaluation.CHARGES in job.parts else CallWork(job)
    # With the lease, so that a worker that slept through its own never empties another's.
    with transaction.atomic(), connection.cursor() as cursor:
        job.beat(clock(), resume_point=0)
        work.stage.create(cursor)
    return work


def _stage_changes(job: Revaluation, work: Work, clock: Clock, progress: Progress | None) -> None:
    read = 0
    for rows in work.slices():
        read += rows
        with transaction.atomic(), connection.cursor() as cursor:
            work.stage.flush(cursor)
            job.beat(clock(), resume_point=read)
        if Revaluation.objects.filter(pk=job.pk, cancel_requested=True).exists():
            raise _Cancelled
        if progress:
            progress(read)
    with connection.cursor() as cursor:
        work.stage.analyze(cursor)


def _preview(job: Revaluation, work: Work) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        job.lock()
        found = work.figures(cursor)
        job.wait(preview=found, error="")
        work.stage.drop(cursor)


def _apply(job: Revaluation, work: Work, clock: Clock) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        job.lock()
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        work.hold(cursor)
        found = work.figures(cursor)
        promised = job.preview.get(work.changed)
        if promised and not job.forced:
            _refuse(work.differences(promised, found[work.changed]))
        swapped = _swap(cursor, work)
        passed_over = found[work.changed]["changed"] - swapped["changed"]
        if passed_over and promised and not job.forced:
            _refuse(
                [f"{passed_over} {work.rows} were replaced or deleted while the run was under way"]
            )
        now = clock()
        job.end(
            now,
            status=Revaluation.DONE,
            applied_at=_after_all_others(now),
            preview=job.preview or found,
            result=swapped | {"passed_over": passed_over},
            error="",
        )
        work.stage.drop(cursor)


def _swap(cursor: CursorWrapper, work: Work) -> Figures:
    return work.swap(cursor)


def _refuse(differences: list[str]) -> None:
    if differences:
        raise OutcomeDiffers("the outcome differs from the preview: " + "; ".join(differences))


def _after_all_others(now: datetime) -> datetime:
    """Give an instant later than every other run's, whatever this machine's clock says."""
    last: datetime | None = Revaluation.objects.aggregate(last=Max("applied_at"))["last"]
    return now if last is None or last < now else last + timedelta(microseconds=1)


@contextmanager
def _ending(job: Revaluation, clock: Clock) -> Iterator[None]:
    """Turn every outcome but a lost lease or database into the run's last state."""
    try:
        yield
    except (LeaseLost, OperationalError, InterfaceError):
        raise
    except OutcomeDiffers as error:
        _leave(job, partial(job.wait, error=str(error), apply_requested_at=None, forced=False))
    except _Cancelled:
        _end(job, clock, Revaluation.CANCELLED, "cancelled")
    except KeyboardInterrupt:
        _end(job, clock, Revaluation.CANCELLED, "interrupted")
        raise
    except Exception as error:
        _end(job, clock, Revaluation.FAILED, f"{type(error).__name__}: {error}"[:2000])
        raise


def _end(job: Revaluation, clock: Clock, status: str, reason: str) -> None:
    _leave(job, partial(job.end, clock(), status=status, error=reason))


def _leave(job: Revaluation, close: Callable[[], Any]) -> None:
    with transaction.atomic():
        close()
        with connection.cursor() as cursor:
            Stage(job.pk, {}).drop(cursor)
