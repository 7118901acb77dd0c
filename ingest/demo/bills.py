"""The sample's bills: four months of FOCUS files and cloud reports, imported as any other file.

They are made from what the imported calls really used, so that metered and billed differ by the
story's causes and by nothing else. Then finance does what it does every month: it looks into the
differences, splits what is shared, and publishes the statements.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django.db import connection, transaction

from finops.allocation.checks import PoolDraft, SplitDraft
from finops.allocation.editing import add_pool
from finops.allocation.running import publish
from finops.domain.periods import month_of
from finops.domain.usage import TOKEN_KINDS
from finops.models import AllocationRun, CostPool, ReconciliationEvent, Source
from finops.pricing.calculate import rate_table
from finops.pricing.history import lines_of
from finops.reconciliation.acting import accept, investigate
from finops.reconciliation.computing import reconcile
from ingest.deletion import delete_import
from ingest.demo import cloud, sellers
from ingest.demo.bill_rows import DAY, Month, Row, write
from ingest.demo.people import PEOPLE
from ingest.demo.removal import Removal
from ingest.demo.sellers import Used
from ingest.demo.story import SAMPLE, Story, folder
from ingest.foreground import finish, queue
from ingest.generator.demo_company import SOURCES
from ingest.models import Import

#: Whose bills they are: of all sellers of models together, and of the cloud.
BILLS: Final = ("sample-vendors", "sample-cloud")
_FORMATS: Final = dict(zip(BILLS, ("focus", "aws-cur"), strict=True))
_MONTHS: Final = 4
_MILLION: Final = 1_000_000
_NAMES: Final = {person.role: person.name for person in PEOPLE}
#: Kinds of tokens that the sellers charge for; reasoning is output.
_KINDS: Final = {
    "input_tokens": "input",
    "cache_read_tokens": "cache_read",
    "cache_write_tokens": "cache_write",
    "cache_write_1h_tokens": "cache_write_1h",
    "output_tokens": "output",
    "reasoning_tokens": "output",
}
_USED: Final = """
SELECT provider, model, (started_at AT TIME ZONE 'UTC')::date,
    coalesce(tags ->> 'api_key_id', tags ->> 'litellm.key_alias'), price_id,
    {kinds}
FROM calls
WHERE source_id IN (SELECT id FROM finops_source WHERE name = ANY (%(sources)s))
  AND provider = ANY (%(providers)s) AND status <> 'cached' AND cost IS NOT NULL
  AND started_at >= %(since)s
GROUP BY 1, 2, 3, 4, 5
ORDER BY 1, 2, 3, 4, 5
"""
#: What is shared, and how: pool, stage, kinds of charges, method.
POOLS: Final = (
    ("Models", 1, ("llm_usage",), "metered"),
    ("GPU node", 2, ("gpu",), "priced_tokens"),
    ("Vector store", 2, ("vector_store",), "calls"),
)


#: What people said about differences: provider, months back from the running one, and why.
_ACCEPTED: Final = (
    ("anthropic", 3, "Known before the notebooks' key was found. Paid as billed."),
    ("anthropic", 2, "Cache writes that the gateway's library does not report. Paid as billed."),
)
_TAKEN_UP: Final = (
    ("anthropic", 1, "Whose is key-notebooks? The gateway's library gets an update."),
)


def load(story: Story) -> None:
    """Write and import the bills that are not there yet, then do finance's work, once."""
    if CostPool.objects.filter(is_sample=True).exists():
        return
    months = _months(story.calendar.now)
    _make_sources(story.calendar.now)
    for job in finish(_deliveries(months), quiet=False):
        if job.status != Import.DONE:
            raise ValueError(f"{job} {job.status}: {job.error}")
    with transaction.atomic():
        _look_into_differences(months, story.calendar.now)
        _share(months, story.calendar.now)


def remove(story: Story, removal: Removal) -> Iterator[str]:
    """Take bills, pools and statements away; what else stands on them is worked out anew."""
    CostPool.objects.filter(is_sample=True).delete()
    AllocationRun.objects.filter(run_by=SAMPLE).delete()
    reasons = [reason for _, _, reason in (*_ACCEPTED, *_TAKEN_UP)]
    ReconciliationEvent.objects.filter(reason__in=reasons).delete()
    for job in Import.objects.filter(created_by=SAMPLE, options__source__in=BILLS):
        if job.status == Import.DONE:
            delete_import(job.pk, now=removal.now, by=SAMPLE)
        job.delete()
    for month in _months(story.calendar.now):
        reconcile(month.first, now=removal.now)
    yield from _remove_sources()


def _remove_sources() -> Iterator[str]:
    for source in Source.objects.filter(name__in=BILLS, is_sample=True):
        if source.imports.exists():
            source.is_sample = False
            source.save(update_fields=["is_sample"])
            yield f"source {source.name}: it has bills of yours"
        else:
            source.bill_snapshots.all().delete()
            source.delete()


# --- deliveries -----------------------------------------------------------------------------------


def _months(now: datetime) -> list[Month]:
    """Give the months that are billed, oldest first; the running one up to yesterday."""
    today = now.date()
    months = [Month(month_of(today), today, invoiced=False)]
    for _ in range(_MONTHS - 1):
        until = months[0].first
        months.insert(0, Month(month_of(until - DAY), until, invoiced=True))
    return [month for month in months if month.days]


def _make_sources(now: datetime) -> None:
    """Make the sources. Raises ValueError when a real one has the name."""
    for name in BILLS:
        source, _ = Source.objects.get_or_create(
            name=name, defaults={"is_sample": True, "kind": Source.BILLING, "created_at": now}
        )
        if not source.is_sample:
            raise ValueError(f"the source {name} holds bills of yours; sample data needs that name")


def _deliveries(months: list[Month]) -> Iterator[Import]:
    """Write each bill and give its import; the last whole month's cloud report came twice."""
    used = list(_used(months[0].first))
    last, before = months[-2], months[-3]
    for month in months:
        rows = sellers.sellers_bill(month, used, with_credit=month is before)
        yield from _delivery(BILLS[0], month.name, sellers.FOCUS_COLUMNS, rows)
        if month is last:
            first = cloud.cloud_bill(month, restated=True)
            yield from _delivery(BILLS[1], f"{month.name}-first", cloud.CUR_COLUMNS, first)
        rows = cloud.cloud_bill(month, restated=False)
        yield from _delivery(BILLS[1], month.name, cloud.CUR_COLUMNS, rows)


def _delivery(
    source: str, name: str, columns: Iterable[str], rows: Iterable[Row]
) -> Iterator[Import]:
    """Give the import of a bill, unless an earlier load has brought it in."""
    path = folder() / f"{source}-{name}.csv.gz"
    known = Import.objects.filter(created_by=SAMPLE, path=str(path))
    if known.filter(status=Import.DONE).exists():
        return
    left = known.filter(status__in=(Import.QUEUED, Import.RUNNING)).first()
    if left is not None:
        left.lease_token = None  # the killed load's, and not ours to take
        yield left
        return
    write(path, columns, rows)
    yield queue(str(path), {"format": _FORMATS[source], "source": source}, by=SAMPLE)


def _used(since: date) -> Iterator[Used]:
    """Read what the sample's calls used, by the key, at list prices."""
    kinds = ", ".join(f"coalesce(sum({kind}), 0)::bigint" for kind in _KINDS)
    with connection.cursor() as cursor:
        cursor.execute(
            _USED.format(kinds=kinds),
            {"sources": list(SOURCES), "providers": list(sellers.SELLERS), "since": since},
        )
        rows = cursor.fetchall()
    prices = _prices({row[4] for row in rows})
    for provider, model, day, key, price_id, *counts in rows:
        tokens: dict[str, int] = {}
        for kind, count in zip(_KINDS.values(), counts, strict=True):
            tokens[kind] = tokens.get(kind, 0) + count
        for kind, count in tokens.items():
            price = prices[price_id].get(kind)
            if price and (count or kind == "cache_write"):
                yield Used(provider, model, day, key, kind, count, price)


def _prices(price_ids: set[int]) -> dict[int, dict[str, Decimal]]:
    """Give what a million tokens of each kind cost, by card."""
    found = {}
    for price_id, lines in lines_of(price_ids).items():
        table = rate_table(lines)
        rates = dict(zip(TOKEN_KINDS, table.tiers[-1].rates, strict=True))
        found[price_id] = {
            name: (rates[kind] or 0) * table.unit * _MILLION
            for kind, name in _KINDS.items()
            if kind != "reasoning_tokens"
        }
    return found


# --- what finance does with them ------------------------------------------------------------------


def _look_into_differences(months: list[Month], now: datetime) -> None:
    compared = {
        (row.provider, month.first): row
        for month in months
        for row in reconcile(month.first, now=now)
    }
    for provider, back, reason in _ACCEPTED:
        if row := compared.get((provider, months[-1 - back].first)):
            accept(
                provider,
                row.month,
                seen=row.inputs_hash,
                reason=reason,
                by=_NAMES["finance"],
                now=now,
            )
    for provider, back, reason in _TAKEN_UP:
        if row := compared.get((provider, months[-1 - back].first)):
            investigate(provider, row.month, reason=reason, by=_NAMES["engineering"], now=now)


def _share(months: list[Month], now: datetime) -> None:
    """Make the pools, and publish the statements of all months that are over."""
    for name, stage, kinds, method in POOLS:
        add_pool(
            PoolDraft(name=name, stage=stage, kinds=kinds),
            SplitDraft(method=method, fallback="even"),
            since=months[0].first,
            now=now,
            by=_NAMES["finance"],
            is_sample=True,
        )
    for month in months:
        if month.invoiced:
            publish(month.first, now=now, by=SAMPLE)
