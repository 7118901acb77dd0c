"""Reading the change log: who changed which setting, when, from what to what."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, QuerySet

from finops.access.changes import AUDITED
from finops.domain.money import plain
from finops.models import Person

#: What the log calls whoever works without signing in: commands, workers, the installation.
NOBODY: Final = "Command or schedule"

_ACTIONS: Final = {
    LogEntry.Action.CREATE: "Added",
    LogEntry.Action.UPDATE: "Changed",
    LogEntry.Action.DELETE: "Removed",
}
#: A value in the log is cut here; a rule's pattern may have 500 characters.
_LONGEST: Final = 500
#: Names of fields whose own is no plain English.
_FIELDS: Final = {"is_active": "active", "is_sample": "sample", "secret_hash": "secret"}
#: How the log spells small amounts and instants; people know neither.
_EXPONENT: Final = re.compile(r"-?\d(\.\d{1,40})?E[+-]?\d{1,3}")
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?")


class Field(NamedTuple):
    """One field of a change; the empty text stands for nothing."""

    name: str
    before: str
    after: str


class Change(NamedTuple):
    """One entry: when, by whom, what was done to which thing, and the fields that moved."""

    at: datetime
    who: str
    kind: str
    action: str
    thing: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which entries: of one person, of one kind (a name in ``AUDITED``), of ``[since, until)``."""

    person: int | None = None
    kind: str = ""
    since: datetime | None = None
    until: datetime | None = None


def entries(wanted: Wanted) -> QuerySet[LogEntry]:
    """Give the entries, newest first, unread; ``read`` makes changes of them."""
    found: QuerySet[LogEntry] = LogEntry.objects.select_related("actor").order_by(
        "-timestamp", "-id"
    )
    if wanted.person is not None:
        found = found.filter(actor_id=wanted.person)
    if wanted.kind:
        found = found.filter(content_type_id__in=[_types()[wanted.kind]])
    if wanted.since:
        found = found.filter(timestamp__gte=wanted.since)
    if wanted.until:
        found = found.filter(timestamp__lt=wanted.until)
    return found


def history(row: Model, *, limit: int = 50) -> list[Change]:
    """Give the newest changes of one row, newest first; none for a row that is not saved."""
    if row.pk is None:
        return []
    found = LogEntry.objects.get_for_object(row).select_related("actor")
    return list(read(found.order_by("-timestamp", "-id")[:limit]))


def read(found: Iterable[LogEntry]) -> Iterator[Change]:
    """Turn entries into changes that people can read."""
    kinds = {type_id: name for name, type_id in _types().items()}
    for entry in found:
        yield Change(
            at=entry.timestamp,
            who=_who(entry),
            kind=kinds.get(entry.content_type_id, "Setting"),
            action=_ACTIONS.get(entry.action, "Seen"),
            thing=entry.object_repr,
            fields=tuple(_fields(entry.changes or {})),
        )


def kinds() -> list[str]:
    """Name the kinds of things whose changes are recorded."""
    return [watched.name for watched in AUDITED]


def authors() -> list[Person]:
    """Give the people who have changed something, by name."""
    ids = LogEntry.objects.exclude(actor=None).order_by().values("actor_id").distinct()
    return list(Person.objects.filter(pk__in=ids).order_by("name", "email"))


def as_table(changes: Iterable[Change]) -> tuple[list[str], list[list[object]]]:
    """Give header and rows for CSV, a row for each field; instants are UTC."""
    header = ["time", "who", "kind", "thing", "action", "field", "before", "after"]
    rows: list[list[object]] = [
        [change.at.isoformat(), change.who, change.kind, change.thing, change.action, *field]
        for change in changes
        for field in change.fields or (Field("", "", ""),)
    ]
    return header, rows


def _types() -> dict[str, int]:
    found = ContentType.objects.get_for_models(*(watched.model for watched in AUDITED))
    return {watched.name: found[watched.model].pk for watched in AUDITED}


def _who(entry: LogEntry) -> str:
    if entry.actor is not None:
        return str(entry.actor)
    return entry.actor_email or NOBODY


def _fields(changes: Mapping[str, Any]) -> Iterator[Field]:
    for name, (before, after) in sorted(changes.items()):
        field = Field(_FIELDS.get(name, name.replace("_", " ")), _text(before), _text(after))
        if field.before or field.after:
            yield field


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    if _EXPONENT.fullmatch(text):
        return plain(Decimal(text))
    return f"{text} UTC" if _INSTANT.fullmatch(text) else text[:_LONGEST]
