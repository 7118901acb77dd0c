"""Changes of prices and rules that are taken back, and runs over what was imported before them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from finops.models import AttributionRule, ModelAlias, Price, Rate, Revaluation
from finops.revaluation.apply import run_revaluation
from finops.revaluation.plan import queue_revaluation, request_apply
from finops.revaluation.scope import Scope
from finops.revaluation.undo import undo_revaluation
from finops.rollups.refresh import refresh
from tests.finops.ledger.usage import call, read

BOTH = ("price", "attribution")
NOW = datetime(2026, 11, 21, tzinfo=UTC)


class Clock:
    """A clock that goes on by a second whenever somebody looks."""

    def __init__(self, start: datetime = NOW) -> None:
        self.now = start

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def own_model(**fields: object) -> dict[str, object]:
    """A call of a model that no catalogue knows: 1,000 tokens in, 500 out."""
    return call(provider="acme", model="house-7b", **fields)


@contextmanager
def price(
    amount: str, *, model: str = "house-7b", provider: str = "acme", since: str | None = None
) -> Iterator[Price]:
    """A card of so many dollars per million tokens, in and out, for as long as the block lasts."""
    card = Price.objects.create(
        provider=provider,
        model=model,
        effective_from=since and datetime.fromisoformat(since),
        source="contract",
        approved_by="finance",
    )
    for kind in ("input_tokens", "output_tokens"):
        Rate.objects.create(price=card, kind=kind, amount=Decimal(amount))
    try:
        yield card
    finally:
        Price.objects.filter(pk=card.pk).delete()


@contextmanager
def rule(dimension: str, value: str, **conditions: Any) -> Iterator[AttributionRule]:
    """A rule after all others, for as long as the block lasts."""
    last = AttributionRule.objects.order_by("-position").first()
    made = AttributionRule.objects.create(
        position=last.position + 1 if last else 1,
        name=f"{dimension} is {value}",
        dimension=dimension,
        value=value,
        **conditions,
    )
    try:
        yield made
    finally:
        AttributionRule.objects.filter(pk=made.pk).delete()


@contextmanager
def alias(spelling: str, model: str, *, provider: str) -> Iterator[ModelAlias]:
    """Another spelling of a model, for as long as the block lasts."""
    made = ModelAlias.objects.create(
        provider=provider, pattern=spelling, model=model, source="people"
    )
    try:
        yield made
    finally:
        ModelAlias.objects.filter(pk=made.pk).delete()


def queue(*parts: str, **scope: Any) -> Revaluation:
    """A run that is written down, and nothing else."""
    return queue_revaluation(
        parts=parts or BOTH, scope=Scope(**scope), now=NOW, by="finance", reason="a test"
    )


def preview(*parts: str, **scope: Any) -> Revaluation:
    """A run as far as its preview."""
    return run_revaluation(queue(*parts, **scope), clock=Clock())


def apply(job: Revaluation, *, force: bool = False) -> Revaluation:
    """Ask for a run and run it, and bring the rollups up to date."""
    request_apply(job, by="finance", now=NOW, force=force)
    run_revaluation(job, clock=Clock())
    refresh()
    return job


def revalue(*parts: str, **scope: Any) -> Revaluation:
    """Apply a run at once."""
    return apply(queue(*parts, **scope))


def undo(job: Revaluation) -> Revaluation:
    """Undo a run, and bring the rollups up to date."""
    undone = undo_revaluation(job, by="finance", now=NOW, reason="a mistake")
    refresh()
    return undone


def ledger_rows() -> list[str]:
    """Every call, every column, as the database writes it."""
    return [text for (text,) in read("SELECT calls::text FROM calls ORDER BY started_at, id")]


def images() -> int:
    """How many before-images are kept."""
    ((count,),) = read("SELECT count(*) FROM call_before_images")
    return int(count)


def column(name: str) -> list[Any]:
    """One column of all calls, in order of time."""
    return [value for (value,) in read(f"SELECT {name} FROM calls ORDER BY started_at, id")]


def told() -> list[str]:
    """Every call without the numbers that depend on when it came."""
    numbers = "{id,import_id,line,source_id}"
    return [
        text
        for (text,) in read(
            f"SELECT (to_jsonb(calls) - '{numbers}'::text[])::text FROM calls ORDER BY 1"
        )
    ]
