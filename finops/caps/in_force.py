"""Which caps hold, and for which workflows: merged ones count as what they are read as."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from finops.attribution.values import canonical, spellings_of
from finops.models import Cap


class InForce(NamedTuple):
    """A cap that holds: for which workflow, and under which names that one is stored."""

    cap: Cap
    workflow: str
    stored: tuple[str, ...]


def caps_in_force() -> list[InForce]:
    """Give the caps that hold now, one per workflow and kind.

    A workflow's own cap goes before one that came along with a merge, and of those the lowest
    holds; the others rest until the merge is taken back.
    """
    merged = canonical("workflow")
    chosen: dict[tuple[str, str], Cap] = {}
    for cap in sorted(_set_now(), key=lambda cap: _rank(cap, merged)):
        chosen.setdefault((merged.get(cap.workflow, cap.workflow), cap.kind), cap)
    return [
        InForce(cap, workflow, tuple(sorted(spellings_of([workflow], merged))))
        for (workflow, _), cap in chosen.items()
    ]


def caps_of(workflow: str) -> list[InForce]:
    """Give the caps that hold for a workflow, in the order of their kinds."""
    final = canonical("workflow").get(workflow, workflow)
    found = [each for each in caps_in_force() if each.workflow == final]
    return sorted(found, key=lambda each: Cap.KINDS.index(each.cap.kind))


def _set_now() -> list[Cap]:
    return list(Cap.objects.filter(lifted_at__isnull=True))


def _rank(cap: Cap, merged: Mapping[str, str]) -> tuple[object, ...]:
    return cap.workflow in merged, cap.limit, cap.pk
