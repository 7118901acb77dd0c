"""Work that must survive its worker: a row with a lease, a heartbeat and a resume point."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from django.db import models, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce

#: How long a silent worker keeps its job. Workers say that they live once per staged batch.
LEASE: Final = timedelta(seconds=30)


class LeaseLost(Exception):
    """Somebody else took the job over; whatever this worker has not committed is void."""


def takeable(now: datetime) -> Q:
    """Describe jobs that wait, or whose worker has been silent for longer than its lease.

    A waiting job may carry a lease too: its maker means to do it at once.
    """
    unfinished = Q(status__in=[LeasedJob.QUEUED, LeasedJob.RUNNING])
    return unfinished & (Q(lease_until=None) | Q(lease_until__lt=now))


class LeasedJob(models.Model):
    """The state of a long job. The broker only wakes workers; this row says what is to do."""

    QUEUED, RUNNING, DONE, PARTIAL, FAILED, CANCELLED, DELETED = (
        "queued",
        "running",
        "done",
        "partial",
        "failed",
        "cancelled",
        "deleted",
    )
    STATUSES: Final = (QUEUED, RUNNING, DONE, PARTIAL, FAILED, CANCELLED, DELETED)

    status = models.CharField(max_length=20, default=QUEUED, choices=[(s, s) for s in STATUSES])
    lease_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    resume_point = models.BigIntegerField(default=0)
    cancel_requested = models.BooleanField(default=False)
    error = models.TextField(blank=True, default="")
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=200, blank=True, default="")
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    def take(self, now: datetime) -> UUID:
        """Lease the job to the caller. Raises LeaseLost when somebody holds it or it has ended.

        A worker that is publishing holds the row itself, so such a job is passed over at once.
        """
        manager = type(self)._default_manager
        with transaction.atomic():
            mine = Q(status=self.QUEUED, lease_token=self.lease_token, lease_token__isnull=False)
            free = manager.filter(takeable(now) | mine, pk=self.pk)
            if not free.select_for_update(skip_locked=True).exists():
                raise LeaseLost(f"{self._meta.verbose_name} {self.pk} is not free")
            token = uuid4()
            manager.filter(pk=self.pk).update(
                status=self.RUNNING,
                lease_token=token,
                lease_until=now + LEASE,
                attempts=F("attempts") + 1,
                started_at=Coalesce("started_at", Value(now)),
            )
        self.refresh_from_db()
        return token

    def reserve(self, now: datetime) -> None:
        """Keep a job that is about to be saved for its maker, who will take it at once."""
        self.lease_token, self.lease_until = uuid4(), now + LEASE

    def beat(self, now: datetime, *, resume_point: int, **progress: object) -> None:
        """Say that the worker lives and how far it is. Raises LeaseLost after a take-over."""
        self._while_leased(lease_until=now + LEASE, resume_point=resume_point, **progress)

    def end(self, now: datetime, *, status: str, **result: object) -> None:
        """Close the job. Raises LeaseLost after a take-over, so that only one worker ends it."""
        self._while_leased(
            status=status, finished_at=now, lease_token=None, lease_until=None, **result
        )

    def lock(self) -> None:
        """Hold the row until the transaction ends. Raises LeaseLost after a take-over."""
        held = type(self)._default_manager.filter(
            pk=self.pk, lease_token=self.lease_token, status=self.RUNNING
        )
        if not held.select_for_update().exists():
            raise LeaseLost(f"{self._meta.verbose_name} {self.pk} was taken over")

    def _while_leased(self, **changes: object) -> None:
        kept = (
            type(self)
            ._default_manager.filter(pk=self.pk, lease_token=self.lease_token, status=self.RUNNING)
            .update(**changes)
        )
        if not kept:
            raise LeaseLost(f"{self._meta.verbose_name} {self.pk} was taken over")
        for name, value in changes.items():
            setattr(self, name, value)
