"""What became of a revaluation, for scripts."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from finops.models import Revaluation

_TURNS: Final = ("becoming_priced", "becoming_unpriced")


def as_json(job: Revaluation) -> dict[str, Any]:
    """Give the record: money as decimal strings, instants in RFC 3339.

    ``state`` is queued, running, previewed, applied, undone, failed or cancelled. ``preview`` is
    as ``figures.summarise`` (of calls, or of charges) writes it. ``result`` counts the rows that
    were changed, those passed over because they had been replaced meanwhile, and after an undo
    those restored and skipped.
    """
    return {
        "id": job.pk,
        "state": job.state,
        "parts": job.parts,
        "since": _instant(job.since),
        "until": _instant(job.until),
        "filters": job.filters,
        "unpriced_only": job.unpriced_only,
        "reason": job.reason,
        "created_at": _instant(job.created_at),
        "created_by": job.created_by,
        "preview": job.preview or None,
        "applied_at": _instant(job.applied_at),
        "applied_by": job.applied_by if job.applied_at else "",
        "result": job.result or None,
        "undone_at": _instant(job.undone_at),
        "undone_by": job.undone_by,
        "undo_reason": job.undo_reason,
        "error": job.error,
    }


def as_sentence(job: Revaluation) -> str:
    """Say in one line where a run stands and what it does."""
    head = f"revaluation {job.pk} ({', '.join(job.parts)}) {job.state}"
    if job.error:
        head += f": {job.error}"
    if not job.preview:
        return head
    told = _charges(job) if Revaluation.CHARGES in job.parts else _calls(job)
    return f"{head} - {told}{_left_out(job)}"


def _calls(job: Revaluation) -> str:
    changed, total = job.preview["changed_calls"], job.preview["total"]
    counts = [_counted((job.result or changed)["changed"], "call", job)]
    counts += [f"{changed[name]:,} {name.replace('_', ' ')}" for name in _TURNS if changed[name]]
    before, after = (total[name] or "unpriced" for name in ("cost_before", "cost_after"))
    return f"{', '.join(counts)}, {job.preview['currency']} {before} → {after}"


def _charges(job: Revaluation) -> str:
    changed = job.preview["changed_charges"]
    count = _counted((job.result or changed)["changed"], "charge", job)
    return f"{count}, billed {job.preview['currency']} {changed['billed']}"


def _counted(rows: int, name: str, job: Revaluation) -> str:
    verb = "changed" if job.applied_at else "would change"
    return f"{rows:,} {name if rows == 1 else f'{name}s'} {verb}"


def _left_out(job: Revaluation) -> str:
    left_out: dict[str, int] = job.preview.get("left_out", {})
    if not left_out:
        return ""
    return f", {sum(left_out.values()):,} left out in closed months ({', '.join(left_out)})"


def _instant(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
