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
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Max
from psycopg import sql

from finops.attribution.match import Rule
from finops.attribution.queries import rules
from finops.ledger.publish import mark_stale
from finops.models import LeaseLost, Organization, Revaluation
from finops.pricing.price_book import PriceBook
from finops.revaluation import figures
from finops.revaluation.columns import VALUED, values_of
from finops.revaluation.effect import book_for
from finops.revaluation.scope import Scope
from finops.revaluation.stage import Stage
from finops.revaluation.value import Reviser
from finops.sql import load_sql

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

#: Orders swaps and undos, so that "later" means the same to all of them.
LOCK: Final = 7_310_010
#: A run that keeps losing its worker is not tried for ever.
MAX_ATTEMPTS: Final = 20

Clock = Callable[[], datetime]
Progress = Callable[[int], None]


class OutcomeDiffers(Exception):
    """The ledger, the price book or the rules have changed, so that the preview no longer holds."""


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
        run = _Run.begin(job, clock)
        _stage_changes(run, clock, progress)
        if job.apply_requested_at:
            _apply(run, clock)
        else:
            _preview(run)
    return job


class _Run(NamedTuple):
    """A run under way: its row and scope, the prices and rules that it goes by, and its stage."""

    job: Revaluation
    scope: Scope
    book: PriceBook
    book_version: tuple[int, ...]
    rules: tuple[Rule, ...]
    organization: Organization
    stage: Stage

    @classmethod
    def begin(cls, job: Revaluation, clock: Clock) -> _Run:
        stage = Stage(job.pk)
        # With the lease, so that a worker that slept through its own never empties another's.
        with transaction.atomic(), connection.cursor() as cursor:
            job.beat(clock(), resume_point=0)
            stage.create(cursor)
        version = PriceBook.version()  # before anything of it is read
        book, organization = book_for(job), Organization.current()
        return cls(job, Scope.of(job), book, version, rules(), organization, stage)

    def reviser(self) -> Reviser:
        """Make the one that values calls by the run's prices and rules."""
        return Reviser(
            parts=self.job.parts,
            book=self.book,
            rules=self.rules,
            currency=self.organization.currency,
        )

    def figures(self, cursor: CursorWrapper) -> figures.Figures:
        """Sum up; refuse what was staged by prices or rules that have changed since."""
        if self.book_version != PriceBook.version() or self.rules != rules():
            raise OutcomeDiffers("prices or rules changed while the run was under way")
        currency = self.organization.currency
        return figures.summarise(cursor, self.stage, self.scope, currency=currency)


def _stage_changes(run: _Run, clock: Clock, progress: Progress | None) -> None:
    job, stage, revise = run.job, run.stage, run.reviser().revise
    read = 0
    for calls in run.scope.slices():
        for call in calls:
            revised = revise(call)
            if revised is not None:
                stage.add(call, revised)
        read += len(calls)
        with transaction.atomic(), connection.cursor() as cursor:
            stage.flush(cursor)
            job.beat(clock(), resume_point=read)
        if Revaluation.objects.filter(pk=job.pk, cancel_requested=True).exists():
            raise _Cancelled
        if progress:
            progress(read)
    with connection.cursor() as cursor:
        stage.analyze(cursor)


def _preview(run: _Run) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        run.job.lock()
        found = run.figures(cursor)
        run.job.wait(preview=found, error="")
        run.stage.drop(cursor)


def _apply(run: _Run, clock: Clock) -> None:
    job = run.job
    with transaction.atomic(), connection.cursor() as cursor:
        job.lock()
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        found = run.figures(cursor)
        promised = job.preview.get("changed_calls")
        if promised and not job.forced:
            _refuse(figures.differences(promised, found["changed_calls"]))
        swapped, hours = _swap(cursor, run)
        passed_over = found["changed_calls"]["changed"] - swapped["changed"]
        if passed_over and promised and not job.forced:
            _refuse([f"{passed_over} calls were replaced or deleted while the run was under way"])
        mark_stale(cursor, hours)
        now = clock()
        job.end(
            now,
            status=Revaluation.DONE,
            applied_at=_after_all_others(now),
            preview=job.preview or found,
            result=swapped | {"passed_over": passed_over},
            error="",
        )
        run.stage.drop(cursor)


def _refuse(differences: list[str]) -> None:
    if differences:
        raise OutcomeDiffers("the outcome differs from the preview: " + "; ".join(differences))


def _swap(cursor: CursorWrapper, run: _Run) -> tuple[figures.Figures, list[datetime]]:
    """Write the staged values and keep what was; gives the figures and the touched hours."""
    stage = run.stage.table
    cursor.execute(sql.SQL("SELECT min(started_at), max(started_at) FROM {}").format(stage))
    first, last = cursor.fetchone()
    assignments = sql.SQL(", ").join(
        sql.SQL("{} = {}").format(sql.Identifier(name), sql.Identifier("stage", name))
        for name in VALUED
    )
    statement = load_sql("revaluation/swap.sql").format(
        assignments=assignments, stage=stage, values=values_of("call")
    )
    cursor.execute(statement, {"revaluation_id": run.job.pk, "first": first, "last": last})
    *swapped, hours = cursor.fetchone()
    return figures.swapped_figures(tuple(swapped)), hours


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
            Stage(job.pk).drop(cursor)
