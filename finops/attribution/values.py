"""What people say about the values of a dimension: names, owners, and which are read as which.

Calls keep the value that they were sent with. A name, an archive and a merge change only how that
value is read, so each of them can be taken back without touching history.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from django.db import connection, transaction

from finops.attribution.refusals import ChangedMeanwhile, Refused
from finops.domain.dimensions import UNALLOCATED
from finops.models import DimensionValue, Person
from finops.models.dimensions import NAMED_DIMENSIONS
from finops.sql import once_in_snapshot

#: One merge at a time: two that cross, A into B while B goes into A, then see each other.
_MERGE_LOCK: Final = 7_310_020

Finals = Mapping[str, Mapping[str, str]]


# --- reading ----------------------------------------------------------------------------------


@once_in_snapshot
def labels(dimension: str) -> dict[str, str]:
    """Map values to their display names; a value without one shows itself."""
    named = DimensionValue.objects.filter(dimension=dimension).exclude(display_name="")
    return dict(named.values_list("value", "display_name"))


def finals(dimensions: Iterable[str]) -> dict[str, dict[str, str]]:
    """Map merged values to what they are read as, by dimension: one query, or none.

    Dimensions without a merge are left out.
    """
    named = set(dimensions) & set(NAMED_DIMENSIONS)
    if not named:
        return {}
    return {name: dict(merged) for name, merged in _merges().items() if name in named}


@once_in_snapshot
def _merges() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    merged = DimensionValue.objects.filter(merged_into__isnull=False)
    for dimension, value, final in merged.values_list("dimension", "value", "merged_into__value"):
        found.setdefault(dimension, {})[value] = final
    return found


def canonical(dimension: str) -> dict[str, str]:
    """Map merged values to what they are read as; every other value is read as itself."""
    return finals([dimension]).get(dimension, {})


def spellings(dimension: str, value: str) -> list[str]:
    """List the stored values that are read as this one, or as the one it was merged into."""
    return spellings_of([value], canonical(dimension))


def spellings_of(values: Iterable[str], merged: Mapping[str, str]) -> list[str]:
    """List the stored values that stand for any of ``values``, each once, final values first."""
    wanted = dict.fromkeys(merged.get(value, value) for value in values)
    return [*wanted, *(value for value, final in merged.items() if final in wanted)]


# --- changing ---------------------------------------------------------------------------------


def find(dimension: str, value: str) -> DimensionValue:
    """Give what is known about a value, as an unsaved description when nobody has said anything.

    Raises Refused for a dimension without names, and for a value that no call can have.
    """
    _check(dimension, value)
    known = DimensionValue.objects.select_related(
        "merged_into", "business_owner", "technical_owner"
    )
    found = known.filter(dimension=dimension, value=value).first()
    return found or DimensionValue(dimension=dimension, value=value)


def version(described: DimensionValue) -> str:
    """Give a mark of what ``describe`` may change; two people who saw the same hold the same."""
    said = (
        described.display_name,
        described.business_owner_id,
        described.technical_owner_id,
    )
    return sha256(repr(said).encode()).hexdigest()[:16]


@transaction.atomic
def describe(
    dimension: str,
    value: str,
    *,
    display_name: str,
    business_owner: Person | None,
    technical_owner: Person | None,
    seen: str | None = None,
) -> DimensionValue:
    """Name a value and its owners; an empty name shows the value itself.

    Raises Refused for a name that is too long or cannot be stored, and ChangedMeanwhile when
    ``seen``, the ``version`` that was shown, is not the one that is stored now.
    """
    limit = DimensionValue._meta.get_field("display_name").max_length or 0
    name = display_name.strip()
    if len(name) > limit or "\0" in name:
        raise Refused(f"A display name has at most {limit} letters.")
    described = _held(dimension, value)
    if seen is not None and seen != version(described):
        raise ChangedMeanwhile
    return _save(
        described,
        display_name=name,
        business_owner=business_owner,
        technical_owner=technical_owner,
    )


@transaction.atomic
def archive(dimension: str, value: str, *, now: datetime) -> DimensionValue:
    """Take a value out of the lists of what can be chosen; its history stays.

    Raises Refused for a merged value: it is in no list already.
    """
    described = _held(dimension, value)
    if described.merged_into_id:
        raise Refused("A merged value is in no list already.")
    return described if described.archived_at else _save(described, archived_at=now)


@transaction.atomic
def bring_back(dimension: str, value: str) -> DimensionValue:
    """Put an archived value back into the lists."""
    return _save(_held(dimension, value), archived_at=None)


@transaction.atomic
def merge(dimension: str, value: str, *, into: str) -> DimensionValue:
    """Read a value as another one from now on, everywhere, and all of history too.

    What was merged into ``value`` goes along, and a target that is merged itself stands for its
    own target: ``merged_into`` is always final. Gives the target. Raises Refused for a value
    merged into itself, and for an archived target.
    """
    _check(dimension, into)
    if value == into:
        raise Refused(f"{value} is read as itself already.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_MERGE_LOCK])
    merged, target = _held(dimension, value), _held(dimension, into)
    target = target.merged_into or target
    if target.pk == merged.pk:
        raise Refused(f"{into} is read as {value} already.")
    if target.archived_at:
        raise Refused(f"{target.value} is archived. Bring it back first.")
    for each in (merged, *merged.merged_values.select_for_update().order_by("pk")):
        _save(each, merged_into=target)
    return target


@transaction.atomic
def unmerge(dimension: str, value: str) -> DimensionValue:
    """Read a value as itself again; others that share its target stay where they are."""
    return _save(_held(dimension, value), merged_into=None)


def _held(dimension: str, value: str) -> DimensionValue:
    """Lock the description of a value until the transaction ends; made when there is none."""
    _check(dimension, value)
    known = DimensionValue.objects.select_for_update(of=("self",))
    held, _ = known.get_or_create(dimension=dimension, value=value)
    return held


def _save(described: DimensionValue, **changes: Any) -> DimensionValue:
    """Write only what changes: somebody else may have changed the rest a moment ago."""
    for name, value in changes.items():
        setattr(described, name, value)
    described.save(update_fields=list(changes))
    return described


def _check(dimension: str, value: str) -> None:
    limit = DimensionValue._meta.get_field("value").max_length or 0
    if dimension not in NAMED_DIMENSIONS:
        raise Refused(f"Values of {dimension} have no names. Choose {', '.join(NAMED_DIMENSIONS)}.")
    if value in {"", UNALLOCATED}:
        raise Refused("Unallocated is the absence of a value. Write a rule to allocate its calls.")
    if len(value) > limit or "\0" in value:
        raise Refused(f"A value has 1 to {limit} letters.")
