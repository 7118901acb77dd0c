"""The company of tests and benchmarks, middling in everything."""

from __future__ import annotations

from typing import Final

from ingest.generator.company import ALWAYS, Company, Model, Step, Workflow
from ingest.generator.models_on_sale import (
    DEEPSEEK_R1,
    GEMINI_FLASH,
    GEMINI_PRO,
    GPT_4O,
    GPT_4O_MINI,
    GPT_5,
    GPT_5_MINI,
    HAIKU,
    MISTRAL_SMALL,
    O3,
    OPUS,
    SONNET,
)
from ingest.generator.names import invented_customers
from ingest.generator.profiles import AGENT, BATCH, CHAT, REASONING
from ingest.generator.rhythms import EVENING, NIGHT

MODELS: Final = (
    *(GPT_4O, GPT_4O_MINI, GPT_5, GPT_5_MINI, O3, OPUS, SONNET, HAIKU),
    *(GEMINI_PRO, GEMINI_FLASH, MISTRAL_SMALL, DEEPSEEK_R1),
)
#: A model of the company's own: no price book knows it.
IN_HOUSE: Final = Model("mistral", "acme-router-7b")

_TEAMS: Final = {
    "support": ("ticket-triage", "help-chat", "reply-drafts", "voice-summaries"),
    "search": ("semantic-search", "query-rewrite", "answer-box", "synonyms"),
    "legal": ("contract-review", "clause-library", "policy-check", "nda-bot"),
    "developer-experience": ("code-agent", "code-review", "test-writer", "incident-notes"),
    "sales": ("lead-scoring", "call-notes", "proposal-writer"),
    "marketing": ("campaign-copy", "image-captions", "seo-briefs"),
    "finance-ops": ("invoice-extraction", "expense-audit", "forecast-notes"),
    "risk": ("fraud-review", "kyc-check", "sanctions-screening"),
    "data-platform": ("sql-assistant", "data-catalogue", "anomaly-notes"),
    "content": ("translation", "moderation", "article-summaries"),
    "onboarding": ("product-tour", "form-filler", "email-parser"),
    "research": ("deep-research", "experiment-review", "paper-digest"),
}
_FEATURES: Final = {feature: team for team, features in _TEAMS.items() for feature in features}


def _steps(*names: str) -> tuple[Step, ...]:
    return tuple(Step(name) for name in names)


_WORKFLOWS: Final = (
    Workflow(
        name="support-chat",
        feature="help-chat",
        share=170,
        profile=CHAT,
        models=((GPT_4O_MINI, 6), (GPT_4O, 3), (GEMINI_FLASH, 1)),
        steps=_steps("understand", "retrieve", "answer"),
        calls_per_run=(2, 9),
        caching_from=ALWAYS,
        hours=EVENING,
        weekend=0.7,
    ),
    Workflow(
        name="ticket-triage",
        feature="ticket-triage",
        share=130,
        profile=BATCH,
        models=((GPT_4O_MINI, 3), (MISTRAL_SMALL, 1)),
        steps=_steps("classify", "route"),
        calls_per_run=(4, 16),
        main_customer="alder-bank",
        main_customer_share=0.4,
    ),
    Workflow(
        name="coding-agent",
        feature="code-agent",
        share=75,
        profile=AGENT,
        models=((OPUS, 3), (SONNET, 5), (GPT_5, 2)),
        steps=(
            Step("plan", output=3.0),
            *_steps("search", "read", "edit", "test"),
            Step("summarise"),
        ),
        calls_per_run=(5, 20),
        helper=HAIKU,
        caching_from=ALWAYS,
        internal=True,
    ),
    Workflow(
        name="invoice-extraction",
        feature="invoice-extraction",
        share=90,
        profile=BATCH,
        models=((GEMINI_FLASH, 3), (GPT_4O_MINI, 1)),
        steps=_steps("read", "extract", "validate"),
        calls_per_run=(6, 24),
        hours=NIGHT,
        weekend=0.6,
        processing="batch",
    ),
    Workflow(
        name="contract-review",
        feature="contract-review",
        share=45,
        profile=AGENT,
        models=((SONNET, 3), (GEMINI_PRO, 1)),
        steps=_steps("plan", "read-clause", "compare", "flag", "report"),
        calls_per_run=(5, 20),
        helper=HAIKU,
        caching_from=ALWAYS,
    ),
    Workflow(
        name="answer-box",
        feature="answer-box",
        share=70,
        profile=CHAT,
        models=((GEMINI_FLASH, 4), (GPT_5_MINI, 1)),
        steps=_steps("rewrite", "answer"),
        calls_per_run=(2, 6),
        hours=EVENING,
        weekend=0.8,
    ),
    Workflow(
        name="deep-research",
        feature="deep-research",
        share=30,
        profile=AGENT,
        models=((GEMINI_PRO, 2), (GPT_5, 2), (OPUS, 1)),
        steps=_steps("plan", "search", "read", "note", "write"),
        calls_per_run=(5, 20),
        helper=GEMINI_FLASH,
    ),
    Workflow(
        name="fraud-review",
        feature="fraud-review",
        share=40,
        profile=REASONING,
        models=((O3, 2), (DEEPSEEK_R1, 3)),
        steps=_steps("collect", "reason", "decide"),
        calls_per_run=(3, 9),
        hours=EVENING,
        weekend=0.9,
    ),
    Workflow(
        name="code-review",
        feature="code-review",
        share=35,
        profile=AGENT,
        models=((SONNET, 4), (HAIKU, 1)),
        steps=_steps("outline", "read", "comment", "verdict"),
        calls_per_run=(5, 16),
        helper=HAIKU,
        caching_from=ALWAYS,
        internal=True,
    ),
    Workflow(
        name="sql-assistant",
        feature="sql-assistant",
        share=35,
        profile=CHAT,
        models=((GPT_5_MINI, 3), (GPT_4O, 1)),
        steps=_steps("schema", "draft", "check"),
        calls_per_run=(3, 8),
        caching_from=ALWAYS,
    ),
    Workflow(
        name="moderation",
        feature="moderation",
        share=80,
        profile=BATCH,
        models=((MISTRAL_SMALL, 4), (GPT_4O_MINI, 1)),
        steps=_steps("classify", "explain"),
        calls_per_run=(5, 20),
        hours=EVENING,
        weekend=1.0,
        main_customer="birch-foods",
        main_customer_share=0.3,
    ),
    Workflow(
        name="lead-scoring",
        feature="lead-scoring",
        share=25,
        profile=BATCH,
        models=((GPT_4O_MINI, 1),),
        steps=_steps("enrich", "score"),
        calls_per_run=(6, 18),
        hours=NIGHT,
        weekend=0.3,
    ),
    Workflow(
        name="proposal-writer",
        feature="proposal-writer",
        share=15,
        profile=CHAT,
        models=((SONNET, 2), (GPT_4O, 1)),
        steps=_steps("brief", "outline", "draft", "polish"),
        calls_per_run=(4, 10),
    ),
    Workflow(
        name="kyc-check",
        feature="kyc-check",
        share=12,
        profile=REASONING,
        models=((GPT_5, 1), (O3, 1)),
        steps=_steps("extract", "match", "decide"),
        calls_per_run=(3, 8),
    ),
    Workflow(
        name="translation",
        feature="translation",
        share=28,
        profile=CHAT,
        models=((GEMINI_FLASH, 2), (MISTRAL_SMALL, 1)),
        steps=_steps("translate", "review"),
        calls_per_run=(4, 14),
        weekend=0.5,
    ),
)

#: What the features without a workflow use, in turn.
_DIRECT_USES: Final = (
    (CHAT, ((GPT_4O_MINI, 2), (GPT_4O, 1))),
    (BATCH, ((MISTRAL_SMALL, 1), (GEMINI_FLASH, 1))),
    (CHAT, ((HAIKU, 2), (SONNET, 1))),
    (BATCH, ((GPT_5_MINI, 1),)),
    (REASONING, ((DEEPSEEK_R1, 1),)),
)


def _direct_calls() -> tuple[Workflow, ...]:
    """Give every feature without a workflow single calls, the later ones ever fewer."""
    taken = {workflow.feature for workflow in _WORKFLOWS}
    calls = []
    for rank, feature in enumerate(name for name in _FEATURES if name not in taken):
        profile, models = _DIRECT_USES[rank % len(_DIRECT_USES)]
        share = 2 + 24 // (rank + 1)
        calls.append(
            Workflow(name="", feature=feature, share=share, profile=profile, models=models)
        )
    return tuple(calls)


#: A middling company: 12 teams, 40 features, 15 workflows, 200 customers, 12 models of 5 providers.
DEFAULT: Final = Company(
    name="default",
    features=_FEATURES,
    customers=invented_customers(200),
    users=tuple(f"dev-{number:02d}" for number in range(1, 61)),
    workflows=_WORKFLOWS,
    direct=_direct_calls(),
    unknown_model=IN_HOUSE,
    unknown_model_share=0.006,
    untagged_share=0.03,
    environments=(("production", 46), ("staging", 3), ("development", 1)),
)
