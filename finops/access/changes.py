"""The change log: which settings are watched, and what is never written down.

django-auditlog writes an entry whenever a watched row is saved or deleted. Rows that are written
by SQL (the price catalogue, imports) pass it by on purpose; ``unrecorded`` spares the rest of the
set-up. To watch another table, add a line to ``AUDITED``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, NamedTuple

from auditlog.context import disable_auditlog
from auditlog.models import LogEntry
from auditlog.registry import auditlog
from django.db.models import Model
from django.db.models.signals import pre_save

from finops.models import (
    AcceptedShare,
    Action,
    AlertSettings,
    ApiKey,
    AttributionRule,
    Budget,
    BudgetLine,
    BudgetRevision,
    Cap,
    ChargeKindRule,
    CostPool,
    DimensionValue,
    Endpoint,
    ExchangeRate,
    ForecastOverride,
    ModelAlias,
    MonthClose,
    Organization,
    Person,
    PoolSplit,
    Price,
    PriceProposal,
    Rate,
    ReconciliationTolerance,
    Review,
    Source,
    ZoneChange,
)

#: What stands for a value that is secret: the log says that it changed, and nothing more.
NOT_SHOWN: Final = "not shown"

#: Parts of a job that say how its work goes, and no setting.
_JOB_STATE: Final = (
    "status",
    "lease_token",
    "lease_until",
    "attempts",
    "resume_point",
    "cancel_requested",
    "error",
    "started_at",
    "finished_at",
)


#: What an entry says anyway.
_KNOWN: Final = ("id", "created_at", "created_by", "added_by")


class Audited(NamedTuple):
    """A watched table: what a page calls one of its rows, and what is left out or not shown."""

    model: type[Model]
    name: str
    left_out: tuple[str, ...] = ()
    not_shown: tuple[str, ...] = ()


AUDITED: Final = (
    Audited(Person, "Person", left_out=("last_login",), not_shown=("password",)),
    Audited(Organization, "Organisation"),
    Audited(ZoneChange, "Time zone change", left_out=_JOB_STATE),
    Audited(ApiKey, "API key", left_out=("secret_hash",)),
    Audited(Source, "Source"),
    Audited(Price, "Price"),
    Audited(PriceProposal, "Price proposal"),
    Audited(Rate, "Rate"),
    Audited(ModelAlias, "Model alias"),
    Audited(ExchangeRate, "Exchange rate", left_out=("set_at", "set_by")),
    Audited(AttributionRule, "Rule"),
    Audited(ChargeKindRule, "Rule of what is AI"),
    Audited(DimensionValue, "Name and owners"),
    Audited(AlertSettings, "How alerts are sent"),
    Audited(Endpoint, "Endpoint", not_shown=("url", "secret")),
    Audited(Budget, "Budget"),
    Audited(BudgetRevision, "Change of lines"),
    Audited(BudgetLine, "Lines"),
    Audited(AcceptedShare, "Accepted share"),
    Audited(ForecastOverride, "Forecast by hand"),
    Audited(Cap, "Cap for agents"),
    Audited(Review, "Review", left_out=("prepared_at", "started_by")),
    Audited(CostPool, "Cost pool", left_out=("version",)),
    Audited(PoolSplit, "Split of a pool"),
    Audited(MonthClose, "Month close", left_out=("checklist", "figures")),
    Audited(ReconciliationTolerance, "Tolerance of bills"),
    Audited(Action, "Action", left_out=("baseline", "version", "changed_at", "changed_by")),
)

_acting: ContextVar[Person | None] = ContextVar("acting", default=None)


def register() -> None:
    """Watch every table of ``AUDITED``. Called once, when Django is ready."""
    for watched in AUDITED:
        auditlog.register(
            watched.model,
            include_fields=[field.name for field in watched.model._meta.fields],
            exclude_fields=[*_KNOWN, *watched.left_out],
            mask_fields=list(watched.not_shown),
            mask_callable=f"{__name__}.hide",
        )
    pre_save.connect(_sign, sender=LogEntry, dispatch_uid="finops.access.changes")


def hide(value: str) -> str:
    """Stand in for a secret value; an absent one stays absent."""
    return "" if value in {"", "None"} else NOT_SHOWN


@contextmanager
def acting(person: Person) -> Iterator[None]:
    """Record what happens inside as done by a person, where nobody is signed in."""
    token = _acting.set(person)
    try:
        yield
    finally:
        _acting.reset(token)


@contextmanager
def unrecorded() -> Iterator[None]:
    """Record nothing of what happens inside: it is no decision of anybody's."""
    with disable_auditlog():
        yield


def _sign(sender: type[LogEntry], instance: LogEntry, **_: Any) -> None:
    person = _acting.get()
    if person is not None and instance.actor_id is None:
        instance.actor, instance.actor_email = person, person.email
