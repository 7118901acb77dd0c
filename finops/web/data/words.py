"""What the Data room says: states, sentences and short numbers, each a function with a test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.utils.html import format_html

from finops.domain import display
from finops.models import Source
from ingest.models import Import


class State(NamedTuple):
    """A state as shape, word and colour: the icon and class, and what it is called."""

    kind: str
    label: str


_STATES: Final[Mapping[str, State]] = {
    Import.QUEUED: State("none", "Waiting"),
    Import.RUNNING: State("stale", "Running"),
    Import.DONE: State("ok", "Done"),
    Import.PARTIAL: State("warn", "Done, with rejects"),
    Import.FAILED: State("bad", "Failed"),
    Import.CANCELLED: State("none", "Cancelled"),
    Import.DELETED: State("none", "Deleted"),
}
#: What the reasons of unpriced calls mean, and what can be done.
REASONS: Final[Mapping[str, str]] = {
    "no_usage": "The source sent no counts. No price can help.",
    "unknown_model": "No price is known under this name.",
    "no_price": "The model is known, but no price was in force at that time.",
    "no_rate": "The price lacks a rate for a part of these calls.",
}


def state_of(job: Import) -> State:
    """Give the state of an import."""
    if job.waits:
        return State("warn", "Needs you")
    if job.is_under_way and job.cancel_requested:
        return State("none", "Stopping")
    return _STATES[job.status]


def statuses() -> list[tuple[str, str]]:
    """List the statuses of imports, with their words."""
    return [(status, state.label) for status, state in _STATES.items()]


def freshness_story(
    complete_to: datetime | None, *, moment: str, is_fresh: bool, silent: Sequence[str]
) -> str:
    """Say up to when the numbers hold everything, and who has been silent for too long."""
    if complete_to is None:
        return "No calls yet. Connect a source to see the first dollars."
    told = format_html("The numbers are complete to <b>{}</b>.", moment)
    if not is_fresh:
        told = format_html("{} Newer calls are being added up.", told)
    if len(silent) == 1:
        return format_html(
            "{} The source <b>{}</b> has been silent for longer than usual.", told, silent[0]
        )
    if silent:
        return format_html("{} {} sources have been silent for too long.", told, len(silent))
    return told


def progress_sentence(job: Import) -> str:
    """Say how far an import is."""
    if job.waits:
        if job.kind == Source.BILLING:
            return "Look at what it comes to, and it starts."
        return "Say what its columns mean, and it starts."
    if job.status == Import.QUEUED:
        return "Waits for a worker."
    if job.cancel_requested:
        return "Stops at its next batch. Nothing of it will be kept."
    if not job.rows:
        return "Opens the file."
    if job.percent_read == 100:
        return f"{display.counted(job.rows, 'row')} read. They become visible together now."
    return f"{display.counted(job.rows, 'row')} read."


def noun_of(job: Import) -> str:
    """Say what the rows of an import become."""
    return "charge" if job.kind == Source.BILLING else "call"


def fates(job: Import) -> list[tuple[str, int, str]]:
    """List what became of the rows: the fate, how many, and what it means."""
    if job.kind == Source.BILLING:
        return [
            ("Accepted", job.accepted, "are on the bill"),
            ("Known already", job.duplicates, "the same bill is in place"),
            ("Rejected", job.rejected, "could not be read"),
            ("Skipped", job.skipped, "are no charges"),
        ]
    return [
        ("Accepted", job.accepted, "new calls"),
        ("Known already", job.duplicates, "counted once, not twice"),
        ("Superseding", job.superseded, "took the place of a known call"),
        ("Rejected", job.rejected, "could not be read"),
        ("Skipped", job.skipped, "are no calls"),
    ]


def outcome_sentence(job: Import) -> str:
    """Say in words how an import ended."""
    if job.status == Import.DELETED:
        return "Deleted. What only this import had brought is gone."
    if job.status == Import.CANCELLED:
        return "Cancelled. Nothing of it was kept."
    if job.status == Import.FAILED:
        reason = job.reason.strip().rstrip(".")
        return f"Nothing was imported: {reason}." if reason else "Nothing was imported."
    if not job.rows:
        return f"The file was empty. It holds no {noun_of(job)}s."
    if not job.accepted and not job.superseded and job.duplicates == job.rows:
        if job.kind == Source.BILLING:
            return "The same bill is in place already. Nothing changed."
        return "Every call was known already. Nothing was counted twice."
    told = f"{display.counted(job.accepted + job.superseded, noun_of(job))} came in."
    if job.rejected:
        told += f" {display.counted(job.rejected, 'row')} could not be read."
    return told


def lag(since: datetime | None, now: datetime) -> str:
    """Say how long ago the last call was."""
    return "never" if since is None else display.ago(since, now)


def silence(allowed: timedelta) -> str:
    """Say how long a source may be silent: ``26 hours``, ``3 days``."""
    hours = int(allowed.total_seconds() // 3600)
    return display.counted(hours, "hour") if hours < 48 else display.counted(hours // 24, "day")


def short_count(count: int) -> str:
    """Write a count in few letters: ``950``, ``4.1k``, ``120k``, ``1.2M``, cut and not rounded."""
    for size, letter in ((10**9, "B"), (10**6, "M"), (10**3, "k")):
        if count >= size:
            whole, tenth = divmod(count * 10 // size, 10)
            return f"{whole}.{tenth}{letter}" if whole < 10 and tenth else f"{whole:,}{letter}"
    return str(count)
