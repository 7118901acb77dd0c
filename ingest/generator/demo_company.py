"""Larkmoor, the demo company: what it runs on LLMs, and what happened to it in 120 days.

Back-office software for other companies: contracts, support, code migrations, sales calls,
invoices, knowledge. Five workflows make up most of what it spends, and the dearest of them has
become dearer this month. Its calls come by three routes, as they do in real companies.
"""

from __future__ import annotations

import gzip
import io
import os
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Final, cast

from ingest.generator.company import ALWAYS, Change, Company, Model, Runaway, Step, Workflow
from ingest.generator.dialects import LITELLM, NATIVE, TABLE, Dialect
from ingest.generator.models_on_sale import GEMINI_FLASH, GPT_5, GPT_5_MINI, HAIKU, OPUS, SONNET
from ingest.generator.names import invented_customers
from ingest.generator.profiles import AGENT, BATCH, CHAT, Spread
from ingest.generator.rhythms import EVENING, NIGHT
from ingest.generator.stream import usage_rows

DAYS: Final = 120
CALLS: Final = 300_000
SEED: Final = 1
#: What its calls come from. LiteLLM's default rules hold for names that begin so.
SOURCES: Final = ("sample-gateway", "litellm-sample", "sample-batch")

#: The key with which each of them calls the providers.
KEYS: Final = dict(zip(SOURCES, ("key-gateway", "key-litellm", "key-batch"), strict=True))

#: For how long a source has sent nothing: the batch system's last export failed, and nobody saw.
SILENT: Final = {SOURCES[2]: timedelta(hours=40)}

#: The company's own provider of models: no price book knows it, finance wrote its prices down.
OWN_PROVIDER: Final = "larkmoor-cluster"
EXTRACTOR: Final = Model(OWN_PROVIDER, "larkmoor-extract-70b")
#: On trial for some days, and nobody has said yet what it costs.
TRIAL: Final = Model(OWN_PROVIDER, "larkmoor-extract-next")

#: Pays a flat rate, and has its contracts reviewed as if that were free.
FLAT_RATE_CUSTOMER: Final = "juniper-works"

FEATURES: Final = {
    "contract-review": "legal-operations",
    "support-desk": "customer-support",
    "code-migration": "platform-engineering",
    "knowledge-search": "platform-engineering",
    "sales-calls": "revenue-operations",
    "invoice-processing": "finance-operations",
}

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Calendar:
    """When what happens, all counted back from ``now``; ``month`` is when this month began."""

    now: datetime
    month: datetime

    @property
    def start(self) -> datetime:
        """The first day's begin; the last day ends now."""
        return self._midnight(DAYS)

    @property
    def caching_on(self) -> datetime:
        """Somebody switched prompt caching on for the summaries of sales calls."""
        return self._midnight(61)

    @property
    def price_change(self) -> datetime:
        """The cluster's new lease made the company's own model dearer."""
        return self._midnight(48)

    @property
    def outage(self) -> datetime:
        """A provider had a bad Tuesday afternoon: many calls failed and were tried again."""
        day = self._midnight(33)
        return day - (day.weekday() - 1) % 7 * _DAY + timedelta(hours=13)

    @property
    def trial(self) -> datetime:
        """The trial of a model without a price began."""
        return self._midnight(18)

    @property
    def prompt_change(self) -> datetime:
        """A new prompt made contract reviews dearer: this month, some 12 days ago at most."""
        return max(self.month, self._midnight(12))

    @property
    def runaway(self) -> datetime:
        """The night in which runs went round in circles: this month, three days ago at most."""
        return max(self.month, min(self._midnight(3), self.now - timedelta(hours=6)))

    def _midnight(self, days_ago: int) -> datetime:
        """The begin (UTC) of a day some days ago; a change takes effect on a full hour."""
        return self.now.replace(hour=0, minute=0, second=0, microsecond=0) - days_ago * _DAY


@dataclass(frozen=True, kw_only=True)
class Gateway:
    """One route by which calls come in: its source's name, its files, and what goes through it.

    Its last call was ``silent_for`` ago.
    """

    source: str
    dialect: Dialect
    company: Company
    calls: int
    reported_cost_share: float = 0.0
    silent_for: timedelta = timedelta(0)

    def write(self, path: Path, calendar: Calendar) -> None:
        """Write all its calls to a file, compressed; the file is whole from the moment it is there.

        The same calendar gives the same bytes.
        """
        rows = usage_rows(
            seed=SEED,
            calls=self.calls,
            start=calendar.start,
            end=calendar.now - self.silent_for,
            company=self.company,
            dialect=self.dialect,
            reported_cost_share=self.reported_cost_share,
        )
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        with (
            draft.open("wb") as raw,
            gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=1, mtime=0) as packed,
            io.BufferedWriter(cast("io.RawIOBase", packed), 1 << 20) as out,
        ):
            out.write(self.dialect.header)
            out.writelines(rows)
        draft.replace(path)


def gateways(calendar: Calendar, *, calls: int = CALLS) -> tuple[Gateway, ...]:
    """Return the company's routes; together they carry exactly so many calls."""
    routes = (
        (SOURCES[0], NATIVE, _through_the_gateway(calendar), 0.0),
        (SOURCES[1], LITELLM, _through_litellm(), 1.0),
        (SOURCES[2], TABLE, _in_batches(calendar), 0.0),
    )
    shares = [sum(each.share for each in workflows) for _, _, workflows, _ in routes]
    due = [calls * running // sum(shares) for running in accumulate(shares, initial=0)]
    return tuple(
        Gateway(
            source=source,
            dialect=dialect,
            company=replace(
                COMPANY,
                name=f"{COMPANY.name} {source}",
                workflows=workflows,
                api_key_id=KEYS[source],
            ),
            calls=until - begin,
            reported_cost_share=reported,
            silent_for=SILENT.get(source, timedelta(0)),
        )
        for (source, dialect, workflows, reported), (begin, until) in zip(
            routes, pairwise(due), strict=True
        )
    )


COMPANY: Final = Company(
    name="larkmoor",
    features=FEATURES,
    customers=invented_customers(60),
    users=tuple(f"larkmoor-{number:02d}" for number in range(1, 25)),
    workflows=(),
    untagged_share=0.03,
    environments=(("production", 29), ("staging", 1)),
    daily_growth=0.0015,
    shared_run=False,
)


# --- workloads --------------------------------------------------------------------------------

#: Whole contracts, clause by clause, without a cache: every step sends the document again.
CONTRACTS: Final = replace(
    AGENT,
    name="contracts",
    prompt=Spread(16_000, 74_000, 120_000, 150_000, 165_000),
    output=Spread(160, 1_900, 4_600, 8_000, 11_000),
    growth=Spread(200, 1_900, 5_200, 12_000, 20_000),
    abort_share=0.012,
    helper_share=0.0,
)
#: Repositories: large contexts of which about half is read from a cache.
REPOSITORIES: Final = replace(
    AGENT,
    name="repositories",
    prompt=Spread(8_000, 48_000, 88_000, 120_000, 150_000),
    output=Spread(80, 1_700, 5_600, 12_000, 16_000),
    warm_permille=(420, 640),
    cold_permille=(0, 250),
)
#: A ticket with its whole history and the pages of the handbook that may help.
REPLIES: Final = replace(
    CHAT,
    name="replies",
    prompt=Spread(6_000, 58_000, 98_000, 140_000, 170_000),
    output=Spread(90, 900, 2_000, 3_400, 5_000),
)
#: Transcripts of calls with the account's history; the history can be cached.
TRANSCRIPTS: Final = replace(
    CHAT,
    name="transcripts",
    prompt=Spread(9_000, 84_000, 134_000, 162_000, 175_000),
    output=Spread(300, 1_700, 3_300, 5_000, 7_000),
    warm_permille=(560, 780),
    cold_permille=(100, 400),
    gateway_cached_share=0.0,
)
#: Scanned invoices with the supplier's contract.
INVOICES: Final = replace(
    BATCH,
    name="invoices",
    prompt=Spread(8_000, 52_000, 90_000, 135_000, 165_000),
    output=Spread(60, 500, 1_400, 2_600, 4_000),
)
#: Questions with the pages that may hold the answer.
QUESTIONS: Final = replace(
    CHAT,
    name="questions",
    prompt=Spread(1_500, 16_000, 32_000, 50_000, 70_000),
    output=Spread(40, 300, 800, 1_500, 2_500),
)
#: Agents that look things up before they answer.
LOOK_UPS: Final = replace(
    AGENT,
    name="look-ups",
    prompt=Spread(4_000, 40_000, 78_000, 115_000, 140_000),
    output=Spread(60, 900, 2_600, 5_500, 8_000),
    growth=Spread(150, 1_900, 6_000, 13_000, 22_000),
)


# --- what goes through the company's own gateway ----------------------------------------------

_COMPARE: Final = Step("compare-to-playbook", model=OPUS, output=1.3)


def _review_steps(*, comparisons: int) -> tuple[Step, ...]:
    return (
        Step("plan-review", model=SONNET, prompt=0.7, output=0.6),
        Step("extract-clauses"),
        Step("sort-clauses", model=HAIKU, prompt=0.3, output=0.4),
        Step("find-precedents", model=SONNET, prompt=0.5, output=0.3),
        *(comparisons * (_COMPARE,)),
        Step("draft-changes", output=1.6),
        Step("check-draft", output=0.6),
        Step("summarise-for-lawyer", model=SONNET, prompt=0.6, output=0.7),
    )


def _through_the_gateway(calendar: Calendar) -> tuple[Workflow, ...]:
    review = Workflow(
        name="contract-review-agent",
        feature="contract-review",
        share=76,
        profile=CONTRACTS,
        models=((OPUS, 1),),
        steps=_review_steps(comparisons=1),
        calls_per_run=(6, 11),
        main_customer=FLAT_RATE_CUSTOMER,
        main_customer_share=0.3,
        tags=(("prompt", "v13"),),
        changes=(
            Change(
                since=calendar.prompt_change,
                prompt=1.05,
                calls_per_run=(8, 13),
                steps=_review_steps(comparisons=3),
                tags=(("prompt", "v14"),),
            ),
        ),
        runaways=tuple(
            Runaway(at=calendar.runaway + timedelta(minutes=after), calls=calls, step=_COMPARE)
            for after, calls in ((72, 96), (101, 41), (144, 33))
        ),
    )
    replies = Workflow(
        name="support-reply-drafter",
        feature="support-desk",
        share=80,
        profile=REPLIES,
        models=((OPUS, 4), (SONNET, 1)),
        steps=_steps("understand-ticket", "find-articles", "draft-reply"),
        calls_per_run=(3, 5),
        hours=EVENING,
        weekend=0.55,
        main_customer=FLAT_RATE_CUSTOMER,
        main_customer_share=0.12,
    )
    migration = Workflow(
        name="code-migration-agent",
        feature="code-migration",
        share=44,
        profile=REPOSITORIES,
        models=((OPUS, 3), (SONNET, 1)),
        steps=(
            Step("plan-migration", output=2.0),
            *(Step("read-module"), Step("rewrite-module", output=2.0), Step("run-tests")),
            Step("open-pull-request", model=SONNET),
        ),
        calls_per_run=(7, 20),
        helper=HAIKU,
        caching_from=ALWAYS,
        weekend=0.1,
        changes=(Change(since=max(calendar.month, calendar.now - 9 * _DAY), volume=1.12),),
    )
    dispute = Workflow(
        name="dispute-resolution-agent",
        feature="invoice-processing",
        share=14,
        profile=LOOK_UPS,
        models=((SONNET, 1),),
        steps=_steps("read-dispute", "find-invoice", "check-terms", "propose-settlement"),
        calls_per_run=(5, 12),
        helper=HAIKU,
    )
    research = Workflow(
        name="research-agent",
        feature="knowledge-search",
        share=18,
        profile=LOOK_UPS,
        models=((GPT_5, 1), (OPUS, 1)),
        steps=_steps("plan", "search", "read", "take-notes", "write-answer"),
        calls_per_run=(5, 18),
        helper=GPT_5_MINI,
        internal=True,
    )
    clauses = Workflow(
        name="clause-search",
        feature="contract-review",
        share=12,
        profile=QUESTIONS,
        models=((SONNET, 1),),
        steps=_steps("rewrite-question", "answer"),
        calls_per_run=(2, 4),
    )
    return review, replies, migration, dispute, research, clauses


# --- what goes through LiteLLM ----------------------------------------------------------------


def _through_litellm() -> tuple[Workflow, ...]:
    escalation = Workflow(
        name="support-escalation-agent",
        feature="support-desk",
        share=18,
        profile=LOOK_UPS,
        models=((SONNET, 3), (OPUS, 1)),
        steps=_steps("read-thread", "reproduce", "search-known-issues", "write-handover"),
        calls_per_run=(5, 14),
        helper=HAIKU,
        hours=EVENING,
        weekend=0.5,
    )
    answers = Workflow(
        name="knowledge-answers",
        feature="knowledge-search",
        share=14,
        profile=QUESTIONS,
        models=((GEMINI_FLASH, 2), (GPT_5_MINI, 1), (SONNET, 1)),
        steps=_steps("rewrite-question", "answer"),
        calls_per_run=(2, 5),
        hours=EVENING,
        weekend=0.6,
    )
    triage = Workflow(
        name="ticket-triage",
        feature="support-desk",
        share=12,
        profile=BATCH,
        models=((GEMINI_FLASH, 1),),
        steps=_steps("classify", "route"),
        calls_per_run=(2, 2),
        hours=EVENING,
        weekend=0.6,
    )
    return escalation, answers, triage


# --- what the batch system runs ---------------------------------------------------------------


def _in_batches(calendar: Calendar) -> tuple[Workflow, ...]:
    summaries = Workflow(
        name="sales-call-summaries",
        feature="sales-calls",
        share=33,
        profile=TRANSCRIPTS,
        models=((OPUS, 1),),
        steps=_steps("clean-transcript", "summarise", "list-next-steps"),
        calls_per_run=(3, 3),
        caching_from=calendar.caching_on,
        weekend=0.05,
        changes=(
            Change(since=calendar.outage, until=calendar.outage + timedelta(hours=5), failures=22),
        ),
    )
    invoices = Workflow(
        name="invoice-extraction",
        feature="invoice-processing",
        share=35,
        profile=INVOICES,
        models=((EXTRACTOR, 1),),
        steps=_steps("read-pages", "extract-lines", "match-order"),
        calls_per_run=(3, 6),
        hours=NIGHT,
        weekend=0.4,
        changes=(Change(since=calendar.trial, models=((EXTRACTOR, 6), (TRIAL, 1))),),
    )
    leads = Workflow(
        name="lead-qualification",
        feature="sales-calls",
        share=6,
        profile=BATCH,
        models=((GPT_5_MINI, 1),),
        steps=_steps("enrich", "score"),
        calls_per_run=(2, 4),
        hours=NIGHT,
        weekend=0.3,
    )
    return summaries, invoices, leads


def _steps(*names: str) -> tuple[Step, ...]:
    return tuple(Step(name) for name in names)
