"""Setting, changing and lifting caps. A cap is never edited: a change lifts it and sets another."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from django.db import connection, transaction

from finops.attribution.refusals import ChangedMeanwhile, Refused
from finops.attribution.values import canonical, spellings
from finops.caps.kinds import checked, kind_named
from finops.domain.dimensions import UNALLOCATED
from finops.models import Cap

LONGEST_REASON: Final = 2_000
#: One change at a time, so that two people cannot both set a first cap.
_SETTING_LOCK: Final = 7_310_041


class Change(NamedTuple):
    """What became of a workflow's cap of one kind; None stands for no cap."""

    kind: str
    was: Decimal | None
    now: Decimal | None


@transaction.atomic
def set_caps(
    workflow: str,
    limits: Mapping[str, Decimal | None],
    *,
    reason: str = "",
    by: str,
    now: datetime,
    seen: str | None = None,
) -> list[Change]:
    """Set the caps of a workflow by kind, None to lift one; gives what changed, nothing twice.

    Kinds that are not named stay as they are. A merged workflow stands for its target, and what is
    set there replaces the caps that came along. Raises Refused for a limit that is none, and for a
    change or a lift without a reason; ChangedMeanwhile when ``seen``, the ``version`` that was
    shown, is not the one that is stored.
    """
    final = _target(workflow)
    wanted = {name: _limit(name, limit) for name, limit in limits.items()}
    if len(reason) > LONGEST_REASON or "\0" in reason:
        raise Refused(f"A reason has at most {LONGEST_REASON:,} letters.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_SETTING_LOCK])
    if seen is not None and seen != version(final):
        raise ChangedMeanwhile
    return [
        change
        for kind, limit in wanted.items()
        if (change := _set(final, kind, limit, reason=reason.strip(), by=by, now=now))
    ]


def version(workflow: str) -> str:
    """Give a mark of the caps that are set; two people who saw the same hold the same."""
    return "-".join(str(cap.pk) for cap in _set_now(workflow))


def _set(
    workflow: str, kind: str, limit: Decimal | None, *, reason: str, by: str, now: datetime
) -> Change | None:
    """Set one cap, or lift it; None when it is so already."""
    own = [cap for cap in _set_now(workflow) if cap.kind == kind]
    if [cap.limit for cap in own if cap.workflow == workflow] == [limit] or (
        not own and limit is None
    ):
        return None
    if own and not reason:
        raise Refused("Say why the cap changes. It stays on record.")
    for cap in own:
        _lift(cap, reason if limit is None else "", by=by, now=now)
    if limit is not None:
        Cap.objects.create(
            workflow=workflow, kind=kind, limit=limit, reason=reason, set_at=now, set_by=by[:200]
        )
    return Change(kind, own[0].limit if own else None, limit)


def _lift(cap: Cap, reason: str, *, by: str, now: datetime) -> None:
    """End a cap; a reason without a next cap to stand on joins the one that it was set for."""
    cap.lifted_at, cap.lifted_by = now, by[:200]
    if reason:
        cap.reason = f"{cap.reason}\nLifted: {reason}".strip()
    cap.save(update_fields=["lifted_at", "lifted_by", "reason"])


def _set_now(workflow: str) -> list[Cap]:
    """Give the caps of a workflow that are not lifted, and of those merged into it; own first."""
    stored = spellings("workflow", workflow)
    found = Cap.objects.filter(workflow__in=stored, lifted_at__isnull=True)
    return sorted(found, key=lambda cap: (cap.workflow != stored[0], cap.limit, cap.pk))


def _limit(name: str, limit: Decimal | None) -> Decimal | None:
    kind = kind_named(name)
    return None if limit is None else checked(kind, limit)


def _target(workflow: str) -> str:
    longest = Cap._meta.get_field("workflow").max_length or 0
    if workflow in {"", UNALLOCATED}:
        raise Refused("Calls without a workflow have no cap. Write a rule to allocate them.")
    if len(workflow) > longest or "\0" in workflow:
        raise Refused(f"A workflow has 1 to {longest} letters.")
    return canonical("workflow").get(workflow, workflow)
